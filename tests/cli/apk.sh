# Packages for apk, looked at byte by byte by a program that knows nothing of ours: no apk-tools are in Debian.
mkdir tree && cd tree
mkdir -p etc/demo opt/demo/bin "opt/demo/empty dir" srv
echo 'a = 1' > etc/demo/demo.conf
printf '#!/bin/sh\n' > opt/demo/bin/demo
ln opt/demo/bin/demo srv/again
ln -s ../bin/demo opt/demo/link
ln -s "$(printf '/long/%.0s' {1..30})" opt/demo/long-link
: > opt/demo/empty
: > "opt/demo/$(printf 'n%.0s' {1..150})"
: > $'opt/demo/odd \xff \'"$(x)'
head -c 5000000 /dev/zero > opt/demo/zeros
head -c 1048576 /dev/zero | tr '\0' x > opt/demo/one-mebibyte
head -c 1048577 /dev/zero | tr '\0' y > opt/demo/and-a-byte
tar --sort=name --owner=0 --group=0 --mtime=@1700000000 --format=pax -cf ../demo-1.2.tar ./*
cd ..
cat > recipe.yaml <<'R'
version: 1
product: demo
package: {name: demo, version: {match: 'demo-([0-9.]*)[.]tar'}, release: "1", summary: a demo, architecture: noarch, license: MIT}
files:
  - {match: "/etc/demo/*.conf", config: keep}
R
"$SLUICE" --quiet convert demo-1.2.tar --recipe recipe.yaml --to apk --output made > paths
for file in full.deb full.rpm; do
	"$SLUICE" --quiet convert "$SOURCES/tests/data/fidelity/$file" --to apk --output made --allow-lossy > paths 2> losses
done
[ "$(find made -name '*.apk' | wc -l)" = 3 ]
python3 "$SOURCES/tests/cli/apk_check.py" made/*.apk

# Read back and written again: the same bytes.
for file in made/*.apk; do
	"$SLUICE" --quiet convert "$file" --to apk --output again --allow-lossy > paths
	cmp "$file" "again/$(basename "$file")"
done
# apk keeps changed files below /etc without being told; dpkg and rpm are told.
"$SLUICE" --quiet convert made/demo-*.apk --to deb,rpm --output kept > paths
[ "$(dpkg-deb -I kept/demo_*.deb conffiles)" = /etc/demo/demo.conf ]
[ "$(rpm -qp --configfiles kept/demo-*.rpm)" = /etc/demo/demo.conf ]

# The check sees what is wrong: one bit of the data segment, another member, an end mark in control.
demo=$(echo made/demo-*.apk)
python3 - "$demo" <<'P'
import gzip, sys, zlib
data = open(sys.argv[1], "rb").read()
d = zlib.decompressobj(31)
control = d.decompress(data)
rest = d.unused_data
open("twice.apk", "wb").write(data + gzip.compress(b"\0" * 1024, mtime=0))
open("ended.apk", "wb").write(gzip.compress(control + b"\0" * 1024, mtime=0) + rest)
open("other.apk", "wb").write(data[:-len(rest)] + gzip.compress(zlib.decompress(rest, 31), 1, mtime=0))
P
for wrong in twice ended other; do
	if python3 "$SOURCES/tests/cli/apk_check.py" $wrong.apk > said 2>&1; then echo "$wrong passes"; exit 1; fi
done
