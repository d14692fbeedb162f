# Sluice's own packages: made of what cmake installs, tested and released by Sluice, and they work where they were installed.
# needs: root
[ -f "$BUILD/docs/sluice.1" ] || skip "the manual was not built"
ldd "$SLUICE" | grep -q libasan && skip "a program with sanitizers is not what is packaged"
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_root.sh"
needs_root
expect 2 "$SOURCES/packaging/make"
expect 2 "$SOURCES/packaging/make" "$WORK" made
finds '^usage: packaging/make BUILD OUTPUT' < err
expect 0 "$SOURCES/packaging/make" "$BUILD" made
version=$(sed -n 's/.*\/sluice-\([0-9][0-9.]*\)\.tar$/\1/p' out)
expect 0 "$SLUICE" convert "made/sluice-pull-$version.tar" --to deb,rpm --output share --recipe made/sluice-pull.yaml
expect 0 "$SLUICE" convert "made/sluice-guard-$version.tar" --to deb,rpm --output share --recipe made/sluice-guard.yaml
rpm -qp --requires share/sluice-pull-*.rpm | finds 'librpm.so.9()(64bit)'

# apt's guard leaves nothing beside itself that a removal would not take.
dpkg-deb -x share/sluice-guard_*.deb guard
mkdir channels
echo "Sluice::Channels \"$WORK/channels\"; Sluice::State \"$WORK/state\";" > apt.conf
expect 0 env APT_CONFIG="$WORK/apt.conf" guard/usr/lib/sluice/apt-guard update
[ "$(ls guard/usr/lib/sluice)" = "apt-guard
sluice_guard.py
sluice_report.py" ] || { ls -R guard/usr/lib/sluice; exit 1; }

# The whole way takes a minute of processor time, for its tests copy this machine: in ./check --full.
if [ -n "${SLUICE_FULL:-}" ]; then
	new_org deb
	sed -i 's/^  debian: /  sluice: {name: Sluice, keys: ["openpgp:'"$(fingerprint people/dana)"'"]}\n&/' policy.yaml
	sed -i 's/^vendor: .*//; s/^product: sluice$/&\nvendor: sluice/' made/sluice.yaml
	sign_detached "$store/trial" policy.yaml
	expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
	sign_detached people/dana "made/sluice-$version.tar"
	expect 0 pat submit "made/sluice-$version.tar" --recipe made/sluice.yaml --signature "made/sluice-$version.tar.asc"
	expect 0 pat rfc open C-1 --reason "itself" --urgency low --impact minor
	expect 0 carl rfc vote R-1 --role change-manager --decision approve
	expect 0 pat release R-1 --to production
	cp "$(find -L "$(olga channel tree production)/deb/pool" -name 'sluice_*.deb')" share/
else
	expect 0 "$SLUICE" convert "made/sluice-$version.tar" --to deb,rpm --output share --recipe made/sluice.yaml
fi
in_root "dpkg -i /share/sluice_*.deb; /usr/bin/sluice --version; test -f /usr/lib/systemd/system/sluice-run-due.timer; getent passwd sluice
	dpkg -i /share/sluice-pull_*.deb /share/sluice-guard_*.deb; /usr/bin/sluice pull --help > /dev/null; test -x /usr/lib/sluice/apt-guard; test ! -e /usr/lib/systemd/system/sluice-run-due.timer; apt-config dump | grep apt-guard"
grep -q "^sluice.*$version" in_root.log
