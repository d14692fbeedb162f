# A vendor's services on Alpine, which has no systemd: what its scripts do to enable and start them is lost, and said so as a change of
# behaviour, unless the recipe's own words bring them up.
. "$SOURCES/tests/cli/_expect.sh"

mkdir -p v/DEBIAN v/etc/init.d
printf 'Package: svc\nVersion: 1-1\nArchitecture: all\nMaintainer: N <n@example.org>\nDescription: r\n' > v/DEBIAN/control
printf '#!/sbin/openrc-run\n' > v/etc/init.d/svc
cat > v/DEBIAN/postinst <<'POSTINST'
#!/bin/sh
set -e
if deb-systemd-helper --quiet was-enabled svc.service; then
	deb-systemd-helper enable svc.service > /dev/null || true
fi
update-rc.d svc defaults
POSTINST
printf '#!/bin/sh\nsystemctl daemon-reload || true\n' > v/DEBIAN/prerm
printf '#!/bin/sh\nif [ -x /usr/bin/systemctl ]; then systemctl daemon-reload; fi\n' > v/DEBIAN/postrm
chmod 755 v/DEBIAN/p* v/etc/init.d/svc
dpkg-deb --root-owner-group -b v svc.deb > /dev/null
losses() { jq -r '.lost[] | select(.what | test("^(helper|units|service):")) | .class + " " + .what' out | LC_ALL=C sort; }

expect 3 "$SLUICE" --json convert svc.deb --to apk --output no
losses > told
cat > want <<'END'
behaviour helper:deb-systemd-helper in postinst
behaviour helper:systemctl in prerm
behaviour helper:update-rc.d in postinst
END
diff -u want told

printf 'product: svc\nservices: [svc]\n' > r.yaml
expect 0 "$SLUICE" --json convert svc.deb --to apk --output made --recipe r.yaml
losses > told
printf 'note helper:deb-systemd-helper in postinst\nnote helper:update-rc.d in postinst\n' > want
diff -u want told

# Where there is systemd nothing is lost.
expect 0 "$SLUICE" --json convert svc.deb --to rpm,pacman --output made
losses > told
grep -q '^note helper:deb-systemd-helper' told
if grep '^behaviour' told; then exit 1; fi
