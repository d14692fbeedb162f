# convert: what a refusal leaves (nothing), what --json tells beside the error, and odd words on the command line.
. "$SOURCES/tests/cli/_expect.sh"
deb=$SOURCES/tests/data/fidelity/full.deb rpm=$SOURCES/tests/data/fidelity/full.rpm

# A behaviour that is lost refuses, names every loss, and leaves neither a file nor a folder.
expect 3 "$SLUICE" --json convert "$rpm" --to deb,rpm --output new/a//b/
jq -e '.error.code == "E_UNSUPPORTED" and ([.lost[] | select(.class == "behaviour")] | length > 0) and ([.lost[] | select(.class == "note")] | length > 0)' out > /dev/null
jq -e 'all(.lost[]; has("target") and has("what") and has("why"))' out > /dev/null
[ ! -e new ]
mkdir there
expect 3 "$SLUICE" convert "$rpm" --to deb --output there/new
[ -z "$(ls -A there)" ]
expect 3 "$SLUICE" convert "$deb" /etc/passwd --to deb --output new
expect 2 "$SLUICE" convert "$deb" --to deb,nonsense --output new
expect 2 "$SLUICE" convert "$deb" --to deb --output ''
expect 2 "$SLUICE" convert "$deb" --to deb --output new --set colour=blue
expect 2 "$SLUICE" convert "$deb" --to deb --output new --set epoch=-1
many=$(seq -s , -f t%g 65)
expect 2 "$SLUICE" convert "$deb" --to "$many" --output new
grep -q 'more than 64 targets' err
mapfile -t many < <(seq -f --set=name=x%g 65)
expect 2 "$SLUICE" convert "$deb" --to deb --output new "${many[@]}"
grep -q 'more than 64 --set' err
[ ! -e new ]

# Made when missing; one path a line; every key of --set.
expect 0 "$SLUICE" --quiet convert "$rpm" --to deb,rpm --output new/deep --allow-lossy --set name=nn --set version=9.9 --set release=7 --set epoch=3 \
	--set architecture=x86_64 --set maintainer='Me <me@example.org>' --set license=BSD-2-Clause --set summary=short --set prefix=/opt/p
printf '%s\n' new/deep/nn_9.9-7_amd64.deb new/deep/nn-9.9-7.x86_64.rpm | cmp - out
[ "$(grep -c 'prefix=/opt/p does nothing here' err)" = 1 ]
[ "$(dpkg-deb -f new/deep/nn_9.9-7_amd64.deb Version Maintainer License)" = "Version: 3:9.9-7
Maintainer: Me <me@example.org>
License: BSD-2-Clause" ]
[ "$(rpm -qp --qf '%{name} %{epoch}:%{version}-%{release} %{arch} %{license} %{summary}' new/deep/nn-9.9-7.x86_64.rpm)" = 'nn 3:9.9-7 x86_64 BSD-2-Clause short' ]

# A plain archive goes below the prefix, which is one.
mkdir plain
echo hi > plain/file
tar -czf plain.tar.gz -C plain .
for bad in ../x /a/../b $'/a\nb'; do
	expect 2 "$SLUICE" convert plain.tar.gz --to deb --output new --set name=plain --set version=1 --set "prefix=$bad"
done
expect 0 "$SLUICE" convert plain.tar.gz --to deb --output new --set name=plain --set version=1 --set prefix=/opt/plain
dpkg-deb -c new/plain_1-1_all.deb | finds ' ./opt/plain/file$'

# A recipe's mistakes have a place.
printf 'version: 1\nproduct: x\nfilez: []\n' > r.yaml
expect 2 "$SLUICE" --json convert plain.tar.gz --to deb --output no --recipe r.yaml
jq -e '.error.text | startswith("r.yaml:3:1: ")' out > /dev/null
printf 'version: 1\nproduct: x\nfiles:\n  - {move: /a, to: /b/../../c}\n' > r.yaml
expect 2 "$SLUICE" convert plain.tar.gz --to deb --output no --recipe r.yaml --set name=plain --set version=1
grep -q 'r.yaml:4:6: ' err
[ ! -e no ]
