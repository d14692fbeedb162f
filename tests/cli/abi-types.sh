# abi-types.sh - two real libraries of one name: other types under the same names are found by abidiff, a change that breaks nobody is none, and without
# abidiff that is said once.
. "$SOURCES/tests/cli/_expect.sh"
command -v abidiff > /dev/null || skip "no abidiff (abigail-tools)"
command -v dpkg-deb > /dev/null || skip "no dpkg-deb"

build() { # NAME SOURCE OPTIONS...
	local root=$1.root name=$1 source=$2
	shift 2
	mkdir -p "$root/DEBIAN" "$root/usr/lib"
	printf 'Package: libfeed1\nVersion: %s\nArchitecture: amd64\nMaintainer: A <a@a>\nDescription: a\n' "${name#v}" > "$root/DEBIAN/control"
	printf '%s\n' "$source" > "$name.c"
	gcc "$@" -shared -fPIC -Wl,-soname,libfeed.so.1 "$name.c" -o "$root/usr/lib/libfeed.so.1.${name#v}"
	dpkg-deb --root-owner-group -Znone -b "$root" "$name.deb" > /dev/null
}
build v1 'struct feed { int port; }; int feed_open(int port) { return port; } int feed_port(struct feed *f) { return f->port; }' -g
build v2 'struct feed { long id; int port; }; int feed_open(long port) { return port; } int feed_port(struct feed *f) { return f->port; }' -g
build v3 'struct feed { int port; }; int feed_open(int port) { return port + 1; } int feed_port(struct feed *f) { return f->port; } int feed_new(void) { return 1; }' -g
build v4 'struct feed { long id; int port; }; int feed_open(long port) { return port; } int feed_port(struct feed *f) { return f->port; }'
of() { # OLD NEW: findings of the check
	"$SLUICE" --json diff "$1.deb" "$2.deb" > diff.json
	jq -c '.findings[] | select(.check == "abi-broken") | [.severity, .where]' diff.json
}

# The same names, other types: only abidiff sees it. The text says which function, and whose argument.
of v1 v2 > got
[ "$(cat got)" = '["medium","/usr/lib/libfeed.so.1.2"]' ] || { cat diff.json; false; }
jq -e '.findings[] | select(.check == "abi-broken") | .new | test("feed_open\\(int\\)") and test("from .int. to .long int.") and (contains("\n") | not)' diff.json > /dev/null
# More functions and another body break nobody; nor does the same again.
[ -z "$(of v1 v3)" ]
[ -z "$(of v2 v2)" ]
# Without debug information on a side there is nothing to compare.
[ -z "$(of v1 v4)" ]

# Debug information that is no good: whatever abidiff makes of it, the comparison ends well.
cp -r v2.root v5.root
python3 - v5.root/usr/lib/libfeed.so.1.2 << 'EOP'
import sys, struct
path = sys.argv[1]; b = bytearray(open(path, "rb").read())
at, step, count, names = struct.unpack_from("<Q", b, 40)[0], *struct.unpack_from("<HHH", b, 58)
table = struct.unpack_from("<Q", b, at + step * names + 24)[0]
for i in range(count):
    name, = struct.unpack_from("<I", b, at + step * i)
    offset, size = struct.unpack_from("<QQ", b, at + step * i + 24)
    if b[table + name:].startswith((b".debug_abbrev\0", b".debug_info\0")):
        b[offset:offset + size] = bytes(0xff - (k & 0x7f) for k in range(size))
open(path, "wb").write(b)
EOP
dpkg-deb --root-owner-group -Znone -b v5.root v5.deb > /dev/null
"$SLUICE" --json diff v1.deb v5.deb > diff.json
jq -e '.findings | type == "array"' diff.json > /dev/null

# Not installed: one finding of information, nothing fails. Only where a library could have been compared.
if [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null; then
	unshare -m sh -c 'mount --bind /dev/null /usr/bin/abidiff && exec "$0" --json diff v1.deb v2.deb' "$SLUICE" > diff.json
	jq -e '[.findings[] | select(.check == "abi-broken")] | length == 1 and .[0].severity == "info" and (.[0].text | contains("not installed"))' diff.json > /dev/null
	unshare -m sh -c 'mount --bind /dev/null /usr/bin/abidiff && exec "$0" --json diff v1.deb v4.deb' "$SLUICE" > diff.json
	jq -e '[.findings[] | select(.check == "abi-broken")] == []' diff.json > /dev/null
fi
