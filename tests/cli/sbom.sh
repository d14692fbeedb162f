# The house's lists of components: SPDX 2.3 and CycloneDX 1.5 beside each package, with the sums of what is in it, the same every time.
. "$SOURCES/tests/cli/_expect.sh"
deb=$SOURCES/tests/data/fidelity/full.deb
printf 'organisation: Example AG\nsbom: [spdx, cyclonedx]\n' > house.yaml
printf 'product: full\npackage: {license: MIT AND (Apache-2.0 OR ISC)}\n' > r.yaml
expect 0 "$SLUICE" --json convert "$deb" --to deb,rpm --output made --house house.yaml --recipe r.yaml
[ "$(find made -name '*.json' | wc -l)" = 4 ]
[ "$(jq '[.outputs[].sbom[].kind] | sort == ["cyclonedx", "cyclonedx", "spdx", "spdx"]' out)" = true ]
jq -r '.outputs[].sbom[] | .sha256 + "  " + .path' out | sha256sum --quiet -c
jq -r '.outputs[] | .sha256 + " " + .path' out > packages

while read -r sha path; do
	jq -e --arg sha "$sha" --arg name "${path#made/}" '.spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and (.documentNamespace | endswith($sha))
		and .packages[0].packageFileName == $name and .packages[0].checksums == [{algorithm: "SHA256", checksumValue: $sha}] and .packages[0].licenseDeclared == "MIT AND (Apache-2.0 OR ISC)"
		and .packages[0].supplier == "Organization: Example AG" and (.creationInfo.created | test("^[0-9]{4}-[0-9-]+T[0-9:]+Z$"))
		and ([.files[].SPDXID, .packages[].SPDXID] | length == (unique | length))' "$path.spdx.json" > /dev/null
	jq -e --arg sha "$sha" '.bomFormat == "CycloneDX" and .specVersion == "1.5" and (.serialNumber | test("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$"))
		and .metadata.component.hashes == [{alg: "SHA-256", content: $sha}] and .metadata.component.licenses == [{expression: "MIT AND (Apache-2.0 OR ISC)"}]
		and ([.components[]["bom-ref"]] | length == (unique | length)) and ((.dependencies[0].dependsOn - [.components[]["bom-ref"]]) == [])' "$path.cdx.json" > /dev/null
done < packages
grep -q 'pkg:deb/full-featured@2%3A1.5~rc1%2Bdfsg-3~deb12u1?arch=all' made/*.deb.spdx.json
grep -q 'pkg:rpm/full-featured@.*?arch=noarch&epoch=2' made/*.rpm.cdx.json

# Every file of the package is there with its true sums, and nothing else; clause 7.9's verification code is recomputed.
dpkg-deb -x made/*.deb x
find x -type f -printf '%P\n' | LC_ALL=C sort > paths
spdx=$(echo made/*.deb.spdx.json)
[ "$(jq '.files | length' "$spdx")" = "$(wc -l < paths)" ]
jq -r '.files[] | select(.fileName | contains("\\") | not) | (.checksums[] | select(.algorithm == "SHA1").checksumValue) + "  x" + (.fileName | ltrimstr("."))' "$spdx" > sums
[ "$(wc -l < sums)" -ge 9 ]
sha1sum --quiet -c sums
code=$(jq -r '.files[].checksums[] | select(.algorithm == "SHA1").checksumValue' "$spdx" | LC_ALL=C sort | tr -d '\n' | sha1sum | cut -d' ' -f1)
[ "$code" = "$(jq -r '.packages[0].packageVerificationCode.packageVerificationCodeValue' "$spdx")" ]
jq -e '[.relationships[] | select(.relationshipType == "DEPENDS_ON")] | length > 3' "$spdx" > /dev/null

# A licence that SPDX does not know is a reference that says so.
printf 'product: full\npackage: {license: "Proprietary, (c) Acme"}\n' > r2.yaml
expect 0 "$SLUICE" --quiet convert "$deb" --to deb --output other --house house.yaml --recipe r2.yaml
jq -e '.packages[0].licenseDeclared == .hasExtractedLicensingInfos[0].licenseId and (.packages[0].licenseDeclared | test("^LicenseRef-[A-Za-z0-9.-]+$")) and .hasExtractedLicensingInfos[0].extractedText == "Proprietary, (c) Acme"' other/*.spdx.json > /dev/null

# The same bytes again; nothing stays behind when a conversion is refused.
expect 0 "$SLUICE" --quiet convert "$deb" --to deb,rpm --output again --house house.yaml --recipe r.yaml
diff -r made again
expect 3 "$SLUICE" convert "$SOURCES/tests/data/fidelity/full.rpm" --to deb --output no --house house.yaml
[ ! -e no ]

# What was built into programs, and what lies in files, is a component of both with the name its registry knows it by.
mkdir -p parts/opt/acme/node_modules/feed parts/opt/acme/x-1.0.dist-info
python3 - > parts/opt/acme/tool << 'EOP'
import sys
def text(s): return bytes([len(s) & 127 | 128, len(s) >> 7] if len(s) > 127 else [len(s)]) + s
mod = b"path\tacme.net/a\nmod\tacme.net/a\t(devel)\t\ndep\tgolang.org/x/Net\tv0.17.0\th1:x\n"
mod = bytes.fromhex("3077af0c9274080241e1c107e6d618e6") + mod + bytes.fromhex("f932433186182072008242104116d8f2")
sys.stdout.buffer.write(open("/bin/true", "rb").read() + bytes(32))
sys.stdout.buffer.write(b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16) + text(b"go1.21.5") + text(mod) + bytes(64))
EOP
printf '{"name": "@acme/feed", "version": "1.2.0", "license": "MIT"}' > parts/opt/acme/node_modules/feed/package.json
printf 'Name: Acme_Tools\nVersion: 2.0\n' > parts/opt/acme/x-1.0.dist-info/METADATA
tar cf parts.tar -C parts opt
printf 'product: parts\npackage: {name: parts, version: "1.0", architecture: amd64}\n' > r3.yaml
expect 0 "$SLUICE" --quiet convert parts.tar --to deb --output inside --house house.yaml --recipe r3.yaml
jq -r '.packages[] | select(.SPDXID | startswith("SPDXRef-Component-")) | .externalRefs[0].referenceLocator + " " + .comment' inside/*.spdx.json | LC_ALL=C sort > got
cat > want << 'EOW'
pkg:golang/acme.net/a found in /opt/acme/tool
pkg:golang/golang.org/x/net@v0.17.0 found in /opt/acme/tool
pkg:golang/stdlib@1.21.5 found in /opt/acme/tool
pkg:npm/%40acme/feed@1.2.0 found in /opt/acme/node_modules/feed/package.json
pkg:pypi/acme-tools@2.0 found in /opt/acme/x-1.0.dist-info/METADATA
EOW
diff want got
jq -e '[.relationships[] | select(.relationshipType == "CONTAINS" and (.relatedSpdxElement | startswith("SPDXRef-Component-")))] | length == 5' inside/*.spdx.json > /dev/null
jq -r '.components[] | select(.["bom-ref"] | startswith("component-")) | .purl + " found in " + .properties[0].value' inside/*.cdx.json | LC_ALL=C sort | diff want -
