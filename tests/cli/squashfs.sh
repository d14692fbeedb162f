# needs: root
# squashfs images and snaps made by the real mksquashfs: metadata, capabilities, links and devices arrive in a deb and an rpm, or are named as lost.
. "$SOURCES/tests/cli/_expect.sh"
mkdir -p t/opt/x t/usr/bin
printf 'hello\n' > t/opt/x/file
ln t/opt/x/file t/opt/x/twin
ln -s ../../opt/x/file t/usr/bin/link
cp /bin/true t/usr/bin/tool
chmod 750 t/usr/bin/tool
chown 0:12 t/usr/bin/tool
setcap cap_net_raw=ep t/usr/bin/tool || skip "no capabilities on this file system"
truncate -s 1M t/opt/x/sparse
printf end >> t/opt/x/sparse
find t -exec touch -h -d @1700000000 {} +
mksquashfs t plain.squashfs -quiet -no-progress -comp zstd

expect 0 "$SLUICE" --json inspect plain.squashfs
jq -e '.format == "squashfs" and ([.warnings[].code] | unique == ["E_POLICY_FILECAP"])' out > /dev/null
jq -e '[.entries[] | select(.path == "/usr/bin/tool")][0] | .capabilities == "cap_net_raw=ep" and .mode == "0750" and .group == "12"' out > /dev/null ||
	{ jq '.entries[] | select(.path == "/usr/bin/tool")' out; exit 1; }
expect 0 "$SLUICE" convert plain.squashfs --to deb,rpm --output made --set name=plain --set version=1.0 --set architecture=x86_64
dpkg-deb --fsys-tarfile made/plain_1.0-1_amd64.deb | tar -tvf - > list
grep -q 'link to ./opt/x/file' list
grep -Eq '^l.* ./usr/bin/link -> ../../opt/x/file$' list
[ "$(rpm -qp --qf '[%{filecaps} ]' made/plain-1.0-1.x86_64.rpm | tr -d ' ')" = cap_net_raw=ep ]
mkdir x
dpkg-deb -x made/plain_1.0-1_amd64.deb x
diff -r --no-dereference t x
[ "$(stat -c %Y x/opt/x/file)" = 1700000000 ]

# A device only where a recipe allows it; a socket never.
mksquashfs t device.squashfs -quiet -no-progress -p 'null c 666 0 0 1 3'
expect 3 "$SLUICE" --json inspect device.squashfs
jq -e '.error.code == "E_SPECIAL_FILE" and .error.member == "/null"' out > /dev/null

# Bytes behind the image are told; padding is not.
cp plain.squashfs more.squashfs
printf hidden >> more.squashfs
expect 0 "$SLUICE" --json inspect more.squashfs
jq -e 'any(.warnings[]; .code == "E_TRAILING_DATA")' out > /dev/null

# A snap brings its own name, version and architecture; what only snapd does for it is lost, and a loss of behaviour must be allowed.
mkdir t/meta
printf 'name: acme-agent\nversion: 2.1\nsummary: An agent\ndescription: Does things.\narchitectures: [amd64]\nconfinement: strict\nbase: core22\napps:\n  agent: {command: usr/bin/tool, daemon: simple}\n' > t/meta/snap.yaml
mksquashfs t acme.snap -quiet -no-progress -comp xz
expect 0 "$SLUICE" --json inspect acme.snap
jq -e '.format == "snap" and .package.name == "acme-agent" and .package.version == "2.1" and .package.architecture == "x86_64"' out > /dev/null
expect 3 "$SLUICE" convert acme.snap --to deb --output snap
grep -q 'snapd' err
expect 0 "$SLUICE" --json convert acme.snap --to deb --output snap --allow-lossy
jq -e 'any(.lost[]; .what == "snap:confinement=strict" and .class == "behaviour")' out > /dev/null
[ "$(dpkg-deb -f snap/acme-agent_2.1_amd64.deb Package Version Architecture | tr '\n' ' ')" = 'Package: acme-agent Version: 2.1 Architecture: amd64 ' ]
printf 'name: ../x\nversion: 1\n' > t/meta/snap.yaml
mksquashfs t bad.snap -quiet -no-progress
expect 3 "$SLUICE" --json inspect bad.snap
jq -e '.error.code == "E_METADATA" and .error.member == "meta/snap.yaml"' out > /dev/null
