# What moves is found wherever it is still named: rewritten where a rule says so and there is room, told where not. With real programs.
. "$SOURCES/tests/cli/_expect.sh"
command -v gcc > /dev/null || skip "no gcc"
command -v readelf > /dev/null || skip "no readelf"

# tree ROOT PREFIX: a product below PREFIX
tree() {
	local root=$1 prefix=$2
	mkdir -p "$root$prefix"/{bin,lib/pkgconfig,share} "$root"/lib/systemd/system "$root"/usr/share/{applications,doc/acme} "$root"/etc/{cron.d,logrotate.d,profile.d} "$root/DEBIAN"
	printf 'int answer(void) { return 42; }\n' > lib.c
	printf 'extern int answer(void);\nint main(void) { return answer() == 42 ? 0 : 1; }\n' > main.c
	gcc -shared -fPIC -o "$root$prefix/lib/libacme.so" lib.c
	gcc -o "$root$prefix/bin/tool" main.c -L"$root$prefix/lib" -lacme -Wl,-rpath,"$prefix/lib"
	gcc -o "$root$prefix/bin/old-tool" main.c -L"$root$prefix/lib" -lacme -Wl,--disable-new-dtags,-rpath,"$prefix/lib:/usr/lib/x"
	printf '#!%s/bin/python\nprint()\n' "$prefix" > "$root$prefix/bin/script"
	chmod 755 "$root$prefix"/bin/*
	printf 'prefix=%s\nLibs: -L%s/lib -lacme\n' "$prefix" "$prefix" > "$root$prefix/lib/pkgconfig/acme.pc"
	printf '[Service]\nExecStart=-%s/bin/tool\nWorkingDirectory=%s\nEnvironmentFile=%s/share/env\n' "$prefix" "$prefix" "$prefix" > "$root/lib/systemd/system/acme.service"
	printf '[Desktop Entry]\nExec=%s/bin/tool %%U\n' "$prefix" > "$root/usr/share/applications/acme.desktop"
	printf '* * * * * root %s/bin/tool\n' "$prefix" > "$root/etc/cron.d/acme"
	printf '%s/share/*.log {\n}\n' "$prefix" > "$root/etc/logrotate.d/acme"
	printf 'PATH=$PATH:%s/bin\n' "$prefix" > "$root/etc/profile.d/acme.sh"
	printf 'See %s/share.\n' "$prefix" > "$root/usr/share/doc/acme/README"
	printf 'a\0%s/x\0b' "$prefix" > "$root$prefix/share/data.bin"
	{ head -c 1100000 /dev/zero | tr '\0' x; printf '\n%s/y\n' "$prefix"; } > "$root$prefix/share/large.conf"
	ln -s "$prefix/bin/tool" "$root/usr/tool"
	printf 'Package: acme\nVersion: 1\nArchitecture: amd64\nMaintainer: A <a@example.org>\nDescription: x\n' > "$root/DEBIAN/control"
}
losses() { jq -r '.lost[] | select(.what | startswith("moved:")) | .class + " " + .what' out | LC_ALL=C sort; }
p=/opt/acme-agent
tree v $p
dpkg-deb -Zgzip -b --root-owner-group v acme.deb > /dev/null

# Nothing is rewritten unasked, and nothing that still names the old place is passed over.
printf 'product: acme\nfiles:\n  - {move: /opt/acme-agent, to: /opt/org/acme-agent}\n' > r.yaml
expect 3 "$SLUICE" --json convert acme.deb --to deb --output no --recipe r.yaml
losses > told
cat > want <<END
behaviour moved:/etc/cron.d/acme names $p
behaviour moved:/etc/logrotate.d/acme names $p
behaviour moved:/etc/profile.d/acme.sh names $p
behaviour moved:/lib/systemd/system/acme.service names $p
behaviour moved:/opt/org/acme-agent/bin/old-tool RPATH names $p
behaviour moved:/opt/org/acme-agent/bin/script names $p
behaviour moved:/opt/org/acme-agent/bin/tool RUNPATH names $p
behaviour moved:/opt/org/acme-agent/lib/pkgconfig/acme.pc names $p
behaviour moved:/opt/org/acme-agent/share/large.conf names $p
behaviour moved:/usr/share/applications/acme.desktop names $p
note moved:/opt/org/acme-agent/share/data.bin names $p
note moved:/usr/share/doc/acme/README names $p
END
diff want told
[ ! -e no ]
expect 0 "$SLUICE" recipe check r.yaml acme.deb
[ "$(grep -c ': warning: moved:' out)" = 10 ]

# A link at the old place serves whatever names it.
cp r.yaml linked.yaml
echo '  - {symlink: /opt/acme-agent, to: org/acme-agent}' >> linked.yaml
expect 0 "$SLUICE" --json convert acme.deb --to deb,rpm --output linked --recipe linked.yaml
[ -z "$(losses)" ]

echo '  - {rewrite: "**"}' >> linked.yaml
expect 0 "$SLUICE" --json convert acme.deb --to deb --output both --recipe linked.yaml
[ -z "$(losses)" ]
dpkg-deb -x both/acme_1_amd64.deb y
readelf -d y/opt/org/acme-agent/bin/tool | grep -e 'RUNPATH.*\[$ORIGIN/../lib\]'

# Rewritten: texts, and search paths that fit, here through $ORIGIN.
echo '  - {rewrite: "**"}' >> r.yaml
expect 3 "$SLUICE" --json convert acme.deb --to deb --output no --recipe r.yaml
losses > told
cat > want <<END
behaviour moved:/opt/org/acme-agent/share/large.conf names $p
note moved:/opt/org/acme-agent/share/data.bin names $p
END
diff want told
echo 'accept-losses: ["moved:*/large.conf names *"]' >> r.yaml
expect 0 "$SLUICE" --json convert acme.deb --to deb,rpm --output made --recipe r.yaml
dpkg-deb -x made/acme_1_amd64.deb x
q=/opt/org/acme-agent
[ "$(head -1 x$q/bin/script)" = "#!$q/bin/python" ]
[ "$(cat x$q/lib/pkgconfig/acme.pc)" = "prefix=$q
Libs: -L$q/lib -lacme" ]
[ "$(cat x/lib/systemd/system/acme.service)" = "[Service]
ExecStart=-$q/bin/tool
WorkingDirectory=$q
EnvironmentFile=$q/share/env" ]
grep -qx "Exec=$q/bin/tool %U" x/usr/share/applications/acme.desktop
grep -qx "\* \* \* \* \* root $q/bin/tool" x/etc/cron.d/acme
grep -qx "$q/share/\*.log {" x/etc/logrotate.d/acme
grep -qxF "PATH=\$PATH:$q/bin" x/etc/profile.d/acme.sh
grep -qx "See $q/share." x/usr/share/doc/acme/README
[ "$(readlink x/usr/tool)" = "$q/bin/tool" ]
cmp x$q/share/large.conf v$p/share/large.conf
cmp x$q/share/data.bin v$p/share/data.bin
readelf -d x$q/bin/tool | grep -e 'RUNPATH.*\[$ORIGIN/../lib\]'
readelf -d x$q/bin/old-tool | grep -e 'RPATH.*\[$ORIGIN/../lib:/usr/lib/x\]'
x$q/bin/tool # finds its library where it is now
x$q/bin/old-tool
[ "$(stat -c %s x$q/bin/tool)" = "$(stat -c %s v$p/bin/tool)" ]
# The digests in the package are those of what was written, and the same again.
rpm -qp --qf '[%{filedigests} %{filenames}\n]' made/acme-1-0.x86_64.rpm > digests
grep -qx "$(sha256sum x$q/bin/tool | cut -d' ' -f1) $q/bin/tool" digests
grep -qx "$(sha256sum x$q/bin/script | cut -d' ' -f1) $q/bin/script" digests
rpm -K --nosignature made/acme-1-0.x86_64.rpm > /dev/null
expect 0 "$SLUICE" --quiet convert acme.deb --to deb,rpm --output again --recipe r.yaml
cmp made/acme_1_amd64.deb again/acme_1_amd64.deb
cmp made/acme-1-0.x86_64.rpm again/acme-1-0.x86_64.rpm

# To a shorter place an absolute path fits.
printf 'product: acme\nfiles:\n  - {move: /opt/acme-agent, to: /opt/a}\n  - {rewrite: "/opt/a/bin/*"}\naccept-losses: ["moved:*"]\n' > short.yaml
expect 0 "$SLUICE" --json convert acme.deb --to deb --output short --recipe short.yaml
rm -r x
dpkg-deb -x short/acme_1_amd64.deb x
readelf -d x/opt/a/bin/tool | grep -e 'RUNPATH.*\[/opt/a/lib\]'
readelf -d x/opt/a/bin/old-tool | grep -e 'RPATH.*\[/opt/a/lib:/usr/lib/x\]'
grep -qx 'prefix=/opt/acme-agent' x/opt/a/lib/pkgconfig/acme.pc # no rule names it

# What has no room is told with the remedy; a set-user-id program gets no $ORIGIN, which its loader would not follow.
tree w /opt/acme
dpkg-deb -Zgzip -b --root-owner-group w tight.deb > /dev/null
printf 'product: acme\nfiles:\n  - {move: /opt/acme, to: /opt/org/acme}\n  - {rewrite: "**"}\n' > tight.yaml
expect 3 "$SLUICE" --json convert tight.deb --to deb --output no --recipe tight.yaml
jq -e '[.lost[] | select(.what == "moved:/opt/org/acme/bin/tool RUNPATH names /opt/acme" and (.why | contains("no room") and contains("symlink")))] | length == 1' out > /dev/null
chmod 4755 v$p/bin/tool
dpkg-deb -Zgzip -b --root-owner-group v setuid.deb > /dev/null
expect 3 "$SLUICE" --json convert setuid.deb --to deb --output no --recipe r.yaml
losses | grep -x "behaviour moved:$q/bin/tool RUNPATH names $p"

# A house can say it for every product.
printf 'relocate: {"/opt/{vendor}": "/opt/org/{vendor}"}\nrules: {rewrite: ["**/*.pc"]}\n' > house.yaml
printf 'product: acme\nvendor: acme\naccept-losses: ["moved:*"]\n' > bare.yaml
expect 0 "$SLUICE" --json convert tight.deb --to deb --output housed --recipe bare.yaml
losses > told
if grep -q 'acme.pc' told; then exit 1; fi
grep -q '^behaviour moved:/etc/cron.d/acme names /opt/acme$' told
