# Packages inside an archive: each that fits the recipe's `inner` becomes packages of its own; nothing fits, or fits no package, is told.
. "$SOURCES/tests/cli/_expect.sh"
rpm=$SOURCES/tests/data/vendor-tool-1.0-1.noarch.rpm
mkdir -p outer/rpms/sub outer/doc made
cp "$rpm" outer/rpms/vendor-tool-1.0-1.noarch.rpm
cp "$rpm" outer/rpms/sub/other.rpm
echo text > outer/doc/README
tar -czf plain.tar.gz -C outer/doc README
mkdir p
echo hi > p/file
"$SLUICE" --quiet convert p --to deb --output made --set name=acme-agent --set version=2.0 > /dev/null
cp made/acme-agent_2.0*.deb outer/rpms/acme-agent.deb
tar -czf bundle.tar.gz -C outer .
(cd outer && zip -qr ../bundle.zip .)

recipe() { printf 'version: 1\nproduct: acme\nsource:\n  inner: "%s"\n' "$1" > r.yaml; }
names() { find made -type f -printf '%f\n' | sort | tr '\n' ' '; }

# One: the rpm becomes a deb with the rpm's name, not the archive's.
for bundle in bundle.tar.gz bundle.zip; do
	recipe 'rpms/*.rpm'
	rm -rf made
	expect 0 "$SLUICE" --json convert $bundle --to deb --output made --recipe r.yaml --allow-lossy
	"$SLUICE" --quiet convert "$rpm" --to deb --output alone --allow-lossy > /dev/null
	[ "$(find made -type f | wc -l)" = 1 ]
	[ "$(dpkg-deb -f made/*.deb Version Description)" = "$(dpkg-deb -f alone/*.deb Version Description)" ]
	cmp <(dpkg-deb --fsys-tarfile made/*.deb) <(dpkg-deb --fsys-tarfile alone/*.deb)
done

# Several: one output each and target, whatever their kinds. A slash in the path is not crossed by a star.
recipe 'rpms/*'
rm -rf made
expect 0 "$SLUICE" --json convert bundle.tar.gz --to deb,rpm --output made --recipe r.yaml --allow-lossy
[ "$(find made -type f | wc -l)" = 4 ] || { names; exit 1; }

# Nothing fits: the recipe's place is told. What fits is no package: its own error, with the member's name.
recipe 'debs/*.deb'
expect 2 "$SLUICE" --json convert bundle.tar.gz --to deb --output none --recipe r.yaml
jq -e '.error.text | startswith("r.yaml:4:10: nothing in bundle.tar.gz fits ")' out > /dev/null || { cat out; exit 1; }
recipe 'doc/README'
expect 3 "$SLUICE" --json convert bundle.tar.gz --to deb --output none --recipe r.yaml
jq -e '.error.code == "E_UNKNOWN_FORMAT" and (.error.text | contains("/doc/README"))' out > /dev/null || { cat out; exit 1; }
[ ! -e none ]

# A damaged package inside is refused as one by itself would be; so is a damaged archive.
head -c 1500 "$rpm" > outer/rpms/vendor-tool-1.0-1.noarch.rpm
tar -czf cut.tar.gz -C outer .
recipe 'rpms/*.rpm'
expect 3 "$SLUICE" --json convert cut.tar.gz --to deb --output none --recipe r.yaml
jq -e '.error.code == "E_TRUNCATED" or .error.code == "E_DIGEST"' out > /dev/null || { cat out; exit 1; }
head -c 2000 bundle.tar.gz > short.tar.gz
expect 3 "$SLUICE" --json convert short.tar.gz --to deb --output none --recipe r.yaml
jq -e '.error.code == "E_TRUNCATED"' out > /dev/null || { cat out; exit 1; }
# Without a recipe the outer archive is what is looked at.
expect 0 "$SLUICE" --json inspect bundle.tar.gz
jq -e '.format == "tar" and ([.entries[].path] | index("/rpms/acme-agent.deb"))' out > /dev/null
