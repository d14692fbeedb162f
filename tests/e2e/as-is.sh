# A distribution's own package passes as it is: its bytes are the vendor's but for our signature, its index entry is its own, and it is judged like any other.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org
mkdir -p tree/DEBIAN tree/usr/share/errata
printf 'Package: errata\nVersion: 2:1.4-3+deb12u1\nArchitecture: all\nMulti-Arch: foreign\nMaintainer: Acme <acme@example.org>\nInstalled-Size: 77\nX-Tracker: 4711\nDescription: a mended file\n of the distribution\n' > tree/DEBIAN/control
echo mended > tree/usr/share/errata/text
touch -d 2026-01-01 tree/usr/share/errata/text
dpkg-deb --root-owner-group -Zgzip -b tree errata_1.4-3+deb12u1_all.deb > /dev/null
sign_detached people/acme errata_1.4-3+deb12u1_all.deb
expect 2 pat submit errata_1.4-3+deb12u1_all.deb --as-is
expect 2 pat submit errata_1.4-3+deb12u1_all.deb --as-is --reason x --recipe "$SOURCES/tests/data/acme/recipe.yaml"
echo text > text
expect 3 pat submit text --as-is --reason x
expect 0 pat submit errata_1.4-3+deb12u1_all.deb --as-is --reason "DSA-1" --signature errata_1.4-3+deb12u1_all.deb.asc
finds 'vendor-signature  *pass' < out
expect 0 olga candidate show C-1 --json
jq -e '[.. | objects | select(has("as_is")) | .as_is] | index("DSA-1") != null' out > /dev/null || { cat out; exit 1; }
expect 0 pat rfc open C-1 --reason "DSA-1" --urgency high --impact minor
expect 0 carl rfc vote R-1 --role change-manager --decision approve
expect 0 pat release R-1 --to production # the channel has rpm targets too: this package has no use for them
tree=$(olga channel tree production)
deb=$(find -L "$tree/deb/pool" -name '*.deb')
for member in debian-binary control.tar.gz data.tar.gz; do
	cmp <(ar p "$deb" "$member") <(ar p errata_1.4-3+deb12u1_all.deb "$member")
done
# the stanza says what dpkg will know of it once it is installed, word for word
packages=$(find -L "$tree/deb/dists" -name Packages | head -n 1)
head -n "$(wc -l < tree/DEBIAN/control)" "$packages" | cmp - tree/DEBIAN/control
olga trust export > trust.json
expect 0 "$SLUICE" audit verify "$tree" --trust trust.json

# Not the vendor's: recorded, and the gate refuses. A control file that speaks for an index is none.
cp errata_1.4-3+deb12u1_all.deb.asc wrong.asc
sed -i 's/^Version: .*/Version: 2:1.4-4\nSHA256: 00/' tree/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip -b tree errata_1.4-4_all.deb > /dev/null
expect 3 pat submit errata_1.4-4_all.deb --as-is --reason "DSA-2" --signature wrong.asc
finds 'SHA256: belongs into an index' < err

# ---- an rpm: the header that was signed by its maker is the one that dnf is shown
cat > errata.spec <<'SPEC'
Name: errata
Version: 1.4
Release: 3.el9
Summary: mended
License: none
BuildArch: noarch
%description
mended
%install
mkdir -p %{buildroot}/usr/share/errata
echo 1 > %{buildroot}/usr/share/errata/file
%files
/usr/share/errata
SPEC
rpmbuild -bb --define "_topdir $WORK/rpm" --define "_rpmdir $WORK/rpm" errata.spec > /dev/null 2>&1
sign_detached people/acme rpm/noarch/errata-1.4-3.el9.noarch.rpm
expect 0 pat submit rpm/noarch/errata-1.4-3.el9.noarch.rpm --as-is --reason "RHSA-1" --signature rpm/noarch/errata-1.4-3.el9.noarch.rpm.asc
candidate=$(head -n 1 out)
expect 0 pat rfc open "$candidate" --reason "RHSA-1" --urgency high --impact minor
expect 0 carl rfc vote R-2 --role change-manager --decision approve
expect 0 pat release R-2 --to production
rpm=$(find -L "$tree/rpm" -name 'errata*.rpm')
[ "$(rpm -qp --nosignature --qf '%{SHA256HEADER} %{PAYLOADDIGEST}' "$rpm")" = "$(rpm -qp --nosignature --qf '%{SHA256HEADER} %{PAYLOADDIGEST}' rpm/noarch/*.rpm)" ]
read -r start end < <(zcat "$tree"/rpm/repodata/*-primary.xml.gz | sed -n 's/.*header-range start="\([0-9]*\)" end="\([0-9]*\)".*/\1 \2/p')
[ "$(tail -c +$((start + 1)) "$rpm" | head -c $((end - start)) | sha256sum | cut -d' ' -f1)" = "$(rpm -qp --nosignature --qf '%{SHA256HEADER}' "$rpm")" ]
