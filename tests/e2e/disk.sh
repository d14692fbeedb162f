# The disk is full from one write on, one read fails, or everything is killed before one change of the disk: at one place after the other of every command that
# changes something. It is told as what it is (exit 4), nothing that was acknowledged is lost, nothing is torn, and the same again does it. A few places of a few
# commands; 25 of each kind of each command with SLUICE_FULL=1.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
shim=$BUILD/tests/faulty_shim.so
[ -e "$shim" ] || skip "no $shim"

# ---- a world in which each of them has something to do
mkdir base base/tmp
export TMPDIR=$WORK/base/tmp
cd base
WORK=$WORK/base
store=$WORK/store
expect 0 "$SLUICE" --quiet --store "$store" init --org "Example AG"
make_policy "$WORK" "$store" deb
echo '  taken: {targets: [deb], valid-for: 7d, apt: {origin: Test, label: Test, suite: stable, components: [main]}}' >> policy.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
release_acme 1.0 1
olga trust export > trust.json
expect 0 "$SLUICE" pull "$(olga channel tree production)" --trust trust.json --into site
expect 0 olga backup --output kept
acme 1.1
expect 0 submit_acme 1.1
expect 0 pat rfc open C-2 --reason "the second" --urgency low --impact minor
acme 1.2
cp -a store next
(
	store=$WORK/next
	expect 0 carl rfc vote R-2 --role change-manager --decision approve
	expect 0 pat release R-2 --to production
	expect 0 olga export production --output carried.tar
	cp -aL "$(olga channel tree production)" tree
)
rm -rf next
cp policy.yaml second.yaml
echo '# another one' >> second.yaml
sign_detached "$store/trial" second.yaml
mkdir -p old/pool old/dists/stable/main/binary-amd64 "vendor/one/DEBIAN"
printf 'Package: one\nVersion: 1\nArchitecture: amd64\nMaintainer: T <t@example.org>\nDescription: one\n' > vendor/one/DEBIAN/control
dpkg-deb -Zgzip --root-owner-group -b vendor/one old/pool/one.deb > out
(
	cd old
	{
		cat ../vendor/one/DEBIAN/control
		printf 'Filename: pool/one.deb\nSize: %s\nSHA256: %s\n\n' "$(stat -c %s pool/one.deb)" "$(sha256sum < pool/one.deb | cut -c1-64)"
	} > dists/stable/main/binary-amd64/Packages
	printf 'Origin: Test\nLabel: Test\nSuite: stable\nCodename: stable\nArchitectures: amd64\nComponents: main\nSHA256:\n %s %s main/binary-amd64/Packages\n' \
		"$(sha256sum < dists/stable/main/binary-amd64/Packages | cut -c1-64)" "$(stat -c %s dists/stable/main/binary-amd64/Packages)" > dists/stable/Release
)
cp old/pool/one.deb unsigned.deb
sed -i 's/^Version: 1/Version: 2/' vendor/one/DEBIAN/control
dpkg-deb -Zgzip --root-owner-group -b vendor/one vendor/two.deb > out
rm -rf tmp/*
cd ..
python3 "$SOURCES/tests/e2e/disk.py" "$SLUICE" "$shim" "$SOURCES" base
