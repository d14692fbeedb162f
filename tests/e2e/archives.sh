# Archives that the real tools write are read entry for entry; trees that we write are what went in, attributes and all.
# needs: root
compare() { # WANT.json GOT.json FIELDS...: the entries of both, by path
	python3 "$SOURCES/tests/e2e/archives_compare.py" "$@"
}
look() { # FILE NAME
	"$SLUICE" --quiet --json inspect "$1" > "$2.json" || { cat "$2.json"; echo "cannot read $1"; exit 1; }
}
umask 022
mkdir -p tree/opt/acme/bin tree/opt/acme/empty "tree/opt/acme/odd names" && cd tree
echo hello > opt/acme/bin/a
ln opt/acme/bin/a opt/acme/bin/b
ln opt/acme/bin/a opt/acme/zz
: > opt/acme/nothing
ln opt/acme/nothing opt/acme/nothing-too
ln -s bin/a opt/acme/link
ln -s ../../../etc/passwd "opt/acme/odd names/outside"
printf x > "opt/acme/odd names/ünï ; \$(touch owned) 'q"
head -c 300000 /dev/urandom > opt/acme/random
chmod 4755 opt/acme/bin/a
chmod 2770 opt/acme/empty
find . -exec touch -h -d @1700000000 {} +
cd ..
look tree want
plain=(type size sha256 mode mtime target)

# cpio, of every kind
for kind in newc crc odc bin; do
	(cd tree && find opt -print0 | LC_ALL=C sort -z | cpio --quiet -0 -o -H $kind > ../$kind.cpio)
	look $kind.cpio $kind
	compare want.json $kind.json "${plain[@]}"
done
gzip -c newc.cpio > newc.cpio.gz
look newc.cpio.gz newc-gz
compare want.json newc-gz.json "${plain[@]}"
# compression that is only read; two layers at most
tar -C tree --sort=name -cf plain.tar opt
look plain.tar tar
lz4 -q plain.tar plain.tar.lz4
compress -c -f plain.tar > plain.tar.Z
lzop -q -o plain.tar.lzo plain.tar
bzip2 -k plain.tar
for packed in lz4 Z lzo bz2; do
	look plain.tar.$packed packed
	compare tar.json packed.json "${plain[@]}" owner group
	gzip -c plain.tar.$packed > twice.gz
	look twice.gz twice
	compare tar.json twice.json "${plain[@]}" owner group
	xz -0 -c twice.gz > thrice.xz
	"$SLUICE" --json inspect thrice.xz > thrice.json 2> /dev/null && exit 1
	grep -q E_LIMIT_DEPTH thrice.json
done
# 7z has no hard links and no setuid owner; links and times it has
rm -f all.7z
(cd tree && 7z a -bd -snl ../all.7z opt > ../log)
look all.7z 7z
compare want.json 7z.json sha256 size mode target --hard-links-are-files
7z a -bd -psecret locked.7z tree/opt > log
"$SLUICE" --json inspect locked.7z > locked.json 2> /dev/null && exit 1
grep -q E_ENCRYPTED locked.json
7z a -bd -psecret -mhe=on locked-too.7z tree/opt > log
"$SLUICE" --json inspect locked-too.7z > locked.json 2> /dev/null && exit 1
grep -q E_ENCRYPTED locked.json
7z a -bd -v100k volumes.7z tree/opt > log
"$SLUICE" --json inspect volumes.7z.001 > volumes.json 2> /dev/null && exit 1
grep -q E_TRUNCATED volumes.json
# images, by both makers
genisoimage -quiet -R -J -joliet-long -input-charset utf-8 -o gen.iso tree 2> log || { cat log; exit 1; }
xorriso -outdev xor.iso -joliet on -hardlinks on -map tree / > log 2>&1 || { cat log; exit 1; }
for image in gen xor; do
	look $image.iso $image
	compare want.json $image.json "${plain[@]}" --hard-links-are-files
done
grep -q '"type": *"hardlink"' xor.json
genisoimage -quiet -R -input-charset utf-8 -o rock.iso tree 2> log
look rock.iso rock
compare want.json rock.json "${plain[@]}" --hard-links-are-files
# ar, with long names
printf 'int answer(void) { return 42; }' > answer.c
gcc -c answer.c -o an-object-with-a-long-name.o
cp an-object-with-a-long-name.o s.o
ar rcs lib.a an-object-with-a-long-name.o s.o
look lib.a ar
python3 - << 'P'
import hashlib, json
entries = {e["path"]: e for e in json.load(open("ar.json"))["entries"]}
assert set(entries) == {"/an-object-with-a-long-name.o", "/s.o"}, entries
assert entries["/s.o"]["sha256"] == hashlib.sha256(open("s.o", "rb").read()).hexdigest()
P

# ---- trees that we write
cd tree
setfattr -n user.note -v "an attribute" opt/acme/random
setfacl -m u:1000:r opt/acme/nothing
setfacl -d -m g:55:rx opt/acme/empty
setcap cap_net_raw+ep opt/acme/random
truncate -s 4300M opt/acme/sparse
printf data | dd of=opt/acme/sparse bs=1 seek=4300000000 conv=notrunc status=none
printf y > "$(printf 'opt/acme/odd names/\377 bytes')"
touch -d '2020-02-02 02:02:02.123456789' opt/acme/random
find . -type f ! -name random -exec touch -d @1700000000 {} +
find . -depth -type d -exec touch -d @1700000000 {} +
cd ..
set=(--set name=acme --set version=1.0 --set release=1 --set architecture=x86_64)
tar -C tree --sort=name --owner=root:0 --group=root:0 --xattrs --xattrs-include='*' --acls -S --format=pax -cf full.tar opt
look full.tar full
all=(type size sha256 mode mtime target owner group capabilities acl acl_default xattrs)
"$SLUICE" --quiet convert full.tar --to tar.zst,directory --output out "${set[@]}" > paths
[ "$(cat paths)" = "$(printf 'out/acme-1.0-1.x86_64.tar.zst\nout/acme-1.0-1.x86_64')" ]
look out/acme-1.0-1.x86_64.tar.zst zst
compare full.json zst.json "${all[@]}"
look out/acme-1.0-1.x86_64 directory
compare full.json directory.json "${all[@]}"
# what a user has: GNU tar, and the tree itself
mkdir unpacked
tar --zstd --xattrs --xattrs-include='*' --acls -C unpacked -xf out/acme-1.0-1.x86_64.tar.zst 2> log
for made in unpacked out/acme-1.0-1.x86_64; do
	[ "$(stat -c %i $made/opt/acme/bin/a)" = "$(stat -c %i $made/opt/acme/zz)" ]
	[ "$(stat -c %a $made/opt/acme/bin/a)" = 4755 ]
	[ "$(stat -c %.9Y $made/opt/acme/random)" = "$(stat -c %.9Y tree/opt/acme/random)" ]
	[ "$(stat -c %Y $made/opt/acme)" = 1700000000 ]
	[ "$(getcap $made/opt/acme/random | cut -d' ' -f2)" = cap_net_raw=ep ]
	[ "$(getfattr --only-values -n user.note $made/opt/acme/random)" = "an attribute" ]
	getfacl -n -p $made/opt/acme/nothing | finds '^user:1000:r--'
	getfacl -n -p $made/opt/acme/empty | finds '^default:group:55:r-x'
	[ "$(stat -c %s $made/opt/acme/sparse)" = 4508876800 ]
	[ "$(stat -c %b $made/opt/acme/sparse)" -lt 1000 ]
	[ "$(readlink "$made/opt/acme/odd names/outside")" = ../../../etc/passwd ]
done
# a folder that is there is never touched
echo mine > out/acme-1.0-1.x86_64/mine
"$SLUICE" --quiet convert full.tar --to tar.zst,directory --output out "${set[@]}" > paths 2> log && exit 1
grep -q 'exists already' log
[ "$(cat out/acme-1.0-1.x86_64/mine)" = mine ]
[ -z "$(find out -name '.sluice*')" ]
# a deb's entries survive the way through a tar; its scripts are told
tar -C tree --sort=name --owner=root:0 --group=root:0 --format=gnu --exclude=sparse -cf small.tar opt
"$SLUICE" --quiet convert small.tar --to deb --output deb "${set[@]}" --allow-lossy > paths
look deb/*.deb deb
"$SLUICE" --quiet convert deb/*.deb --to tar.zst,directory --output via --allow-lossy > paths
"$SLUICE" --quiet convert via/*.tar.zst --to deb --output back "${set[@]}" --allow-lossy > paths
look back/*.deb back
compare deb.json back.json type size sha256 mode mtime target owner group
cp "$SOURCES/tests/data/vendor-tool-1.0-1.noarch.rpm" .
"$SLUICE" --quiet --json convert vendor-tool-1.0-1.noarch.rpm --to tar.zst --output lossy > lossy.json 2> /dev/null && exit 1
grep -q '"behaviour"' lossy.json
[ ! -e lossy ]
