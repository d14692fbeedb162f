# Container images: layouts, tars of them and docker save read as one flat tree; every digest and size compared.
. "$SOURCES/tests/cli/_expect.sh"
python3 "$SOURCES/tests/cli/oci_make.py" .
tree() { jq -r '.entries[] | select(.type != "dir") | .path + (if .type == "file" then "" else " " + .type + " " + .target end)' out; }
want='/etc/changed
/etc/keep
/opt/tool/c
/srv/x symlink /etc
/usr/bin/one
/usr/bin/two hardlink /usr/bin/one
/var/d/g'

tar -cf layout.tar -C good .
(cd good && tar -cf ../unordered.tar index.json blobs oci-layout)
for image in good nested layout.tar unordered.tar saved.tar; do
	expect 0 "$SLUICE" --json inspect "$image"
	[ "$(tree)" = "$want" ] || { tree; exit 1; }
	jq -e '.format == "oci" and .warnings == [] and .package.name == "acme-image" and .package.version == "1.2.3" and .package.license == "MIT"' out > /dev/null || { jq 'del(.entries)' out; exit 1; }
done
expect 0 "$SLUICE" convert layout.tar --to deb,rpm --output made
mkdir x
dpkg-deb -x made/acme-image_1.2.3*_amd64.deb x
[ "$(cat x/etc/changed x/etc/keep)" = "new
lower" ]
[ "$(stat -c %i x/usr/bin/one)" = "$(stat -c %i x/usr/bin/two)" ]

refused() { # CODE IMAGE
	expect 3 "$SLUICE" --json inspect "$2"
	[ "$(jq -r .error.code out)" = "$1" ] || { cat out; exit 1; }
}
refused E_AMBIGUOUS two
grep -q 'linux/amd64, linux/arm64' err
refused E_UNSUPPORTED windows
refused E_DIGEST diff-id
refused E_MISMATCH diff-count
refused E_MISMATCH size
refused E_ENCRYPTED encrypted
refused E_UNSUPPORTED chart
refused E_PATH_ESCAPE escape
refused E_EMPTY nothing
refused E_UNSUPPORTED link-to-replaced
refused E_DIGEST digest
refused E_CORRUPT missing
refused E_CORRUPT bad-json
(cd good && tar -czf ../first.tar.gz oci-layout index.json blobs)
refused E_UNSUPPORTED first.tar.gz
grep -q 'decompress it first' err
# A manifest that is not the one whose digest the index names.
cp -r good swapped
manifest=$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' good/index.json)
sed -i 's/"schemaVersion": 2/"schemaVersion": 3/' "swapped/blobs/sha256/$manifest"
refused E_DIGEST swapped
# A link where a blob should be is not followed.
cp -r good linked
rm "linked/blobs/sha256/$manifest"
ln -s /etc/passwd "linked/blobs/sha256/$manifest"
refused E_CORRUPT linked
# A second tar behind the end.
cat layout.tar saved.tar > two.tar
refused E_TRAILING_DATA two.tar
# Files that belong to nothing are told.
cp -r good more
echo x > "more/blobs/sha256/$(printf x | sha256sum | cut -d' ' -f1)"
tar -cf more.tar -C more .
expect 0 "$SLUICE" --json inspect more.tar
jq -e '[.warnings[].code] == ["E_EXTRA_MEMBER"]' out > /dev/null
