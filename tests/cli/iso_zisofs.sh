# ISO 9660 images whose files are compressed (zisofs), by each tool that writes them; what is damaged in one is refused.
. "$SOURCES/tests/cli/_expect.sh"
mkdir -p tree/sub
seq 1 40000 > tree/long.txt
head -c 200000 /dev/zero > tree/zeros
{ head -c 70000 /dev/zero; seq 1 9000; head -c 65536 /dev/urandom | base64; } > tree/mixed
head -c 65536 tree/long.txt > tree/two-blocks
echo small > tree/sub/small
: > tree/empty
ln tree/long.txt tree/sub/again
mkzftree tree packed
genisoimage -quiet -R -J -z -o gen.iso packed
xorrisofs -quiet -R -J -z -o xor.iso packed
xorriso -outdev filter.iso -map tree / -set_filter_r --zisofs / -- > log 2>&1 || { cat log; exit 1; }
xorriso -zisofs block_size=128k -outdev large.iso -map tree / -set_filter_r --zisofs / -- > log 2>&1 || { cat log; exit 1; }
for image in gen xor filter large; do
	grep -qaP 'ZF\x10\x01pz' $image.iso
	expect 0 "$SLUICE" --json inspect $image.iso
	jq -e '.warnings == [] and any(.entries[]; .path == "/zeros" and .size == 200000)' out > /dev/null
	expect 0 "$SLUICE" convert $image.iso --to directory --output made-$image --set name=z --set version=1 --set prefix=/opt/z
	diff -r tree made-$image/*/opt/z
done

refused() { # CODE FILE
	expect 3 "$SLUICE" --json inspect "$2"
	[ "$(jq -r .error.code out)" = "$1" ] || { echo "$2: want $1"; cat out; exit 1; }
}
# One file of two blocks, the first of them empty, in an image of its own; each change makes it another image.
mkdir one
{ head -c 32768 /dev/zero; seq 1 3000; } > one/file
mkzftree one one.z
genisoimage -quiet -R -z -no-pad -o one.iso one.z
expect 0 "$SLUICE" --json inspect one.iso
cat > damage.py <<'PY'
import struct, sys
good = open("one.iso", "rb").read()
zf, at = good.index(b"ZF\x10\x01pz"), good.index(bytes.fromhex("37e45396c9dbd607"))
size = struct.unpack_from("<I", good, at + 8)[0]
pointers = struct.unpack_from("<3I", good, at + 16)
assert pointers[:2] == (28, 28), pointers
both = lambda n: struct.pack("<I", n) + struct.pack(">I", n)
word = lambda n: struct.pack("<I", n)
stored = good.rindex(both(pointers[2]), 0, zf)  # the size in the record
changes = {
    "E_CORRUPT mark": (at, b"8"), "E_CORRUPT block": (zf + 7, b"\x12"), "E_CORRUPT header": (zf + 6, b"\x05"),
    "E_CORRUPT orders": (zf + 8, word(size + 1)), "E_MISMATCH size": (zf + 8, both(size + 1)), "E_MISMATCH head": (at + 8, word(size - 1)),
    "E_MISMATCH log": (at + 13, b"\x10"), "E_CORRUPT first": (at + 16, word(29)), "E_CORRUPT before": (at + 20, word(27)),
    "E_CORRUPT outside": (at + 20, word(1 << 31)), "E_TRUNCATED last": (at + 24, word(pointers[2] + 1)), "E_MISMATCH more": (at + 24, word(pointers[2] - 1)),
    "E_CORRUPT stream": (at + 60, bytes(b ^ 0x55 for b in good[at + 60:at + 64])), "E_CORRUPT sum": (at + pointers[2] - 1, bytes([good[at + pointers[2] - 1] ^ 1])),
    "E_CORRUPT shift": (at + 20, word(29)), "E_TRUNCATED table": (stored, both(20)), "E_TRUNCATED nothing": (stored, both(0)),
    "E_UNSUPPORTED second": (zf + 4, b"PZ"), "E_UNSUPPORTED z2": (zf, b"Z2"), "E_UNSUPPORTED other": (zf + 4, b"xz"), "E_UNSUPPORTED sparse": (zf, b"SF"),
}
for name, (where, what) in changes.items():
    open(name.replace(" ", "."), "wb").write(good[:where] + what + good[where + len(what):])
# A block's size says more than the stream gives, and less: both sizes agree, the stream does not.
for name, n in ("E_CORRUPT.longer", size + 1), ("E_CORRUPT.shorter", size - 1):
    image = bytearray(good)
    image[zf + 8:zf + 16], image[at + 8:at + 12] = both(n), word(n)
    open(name, "wb").write(image)
# 4 GiB of nothing: the pointers alone are an image of half a megabyte.
image = bytearray(good + bytes(1 << 20))
n = 0xffffffff
blocks = (n + 32767) // 32768
end = 16 + 4 * (blocks + 1)
image[zf + 8:zf + 16], image[stored:stored + 8] = both(n), both(end)
image[at:at + end] = bytes.fromhex("37e45396c9dbd607") + word(n) + b"\x04\x0f\0\0" + word(end) * (blocks + 1)
open("E_LIMIT_RATIO.bomb", "wb").write(image)
PY
python3 damage.py
for file in E_*.*; do
	refused "${file%.*}" "$file"
done
[ "$(find . -maxdepth 1 -name 'E_*.*' | wc -l)" = 24 ]
expect 3 "$SLUICE" inspect E_UNSUPPORTED.second
grep -q 'zisofs version 2' err

# Version 2 as its writer makes it.
xorriso -zisofs version_2=on -outdev second.iso -map tree / -set_filter_r --zisofs / -- > log 2>&1 || { cat log; exit 1; }
xorriso -zisofs version_2=on:susp_z2=on -outdev z2.iso -map tree / -set_filter_r --zisofs / -- > log 2>&1 || { cat log; exit 1; }
refused E_UNSUPPORTED second.iso
refused E_UNSUPPORTED z2.iso
