# A package that was converted there and back: its shims ask one another's databases, and in the end the real one; no process too many.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root
mkdir -p deb/DEBIAN deb/opt/rec
printf 'Package: rec\nVersion: 1-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: records\n' > deb/DEBIAN/control
cat > deb/DEBIAN/postinst <<'POST'
#!/bin/sh
set -e
{
	if dpkg-query -W -f '${Package}' no-such-package 2> /dev/null; then echo found; else echo missing; fi
	if dpkg-query -W coreutils > /dev/null 2>&1; then echo found; else echo missing; fi
	if [ -e "$(dpkg-query --control-path coreutils md5sums)" ]; then echo found; else echo missing; fi
} > /share/said
POST
chmod 755 deb/DEBIAN/postinst
dpkg-deb --root-owner-group -b deb share/0.deb > /dev/null
for turn in 1 2; do
	"$SLUICE" --quiet convert share/$((turn - 1)).deb --to rpm --allow-lossy --output made > path
	mv "$(cat path)" share/$turn.rpm
	"$SLUICE" --quiet convert share/$turn.rpm --to deb --allow-lossy --output made > path
	mv "$(cat path)" share/$turn.deb
done
printf 'missing\nfound\nfound\n' > want
for file in 0.deb 1.deb 2.deb; do
	in_root "prlimit --nproc=400 timeout 120 dpkg -i /share/$file"
	cmp want share/said || { echo "$file"; cat share/said; exit 1; }
	rm share/said
done
