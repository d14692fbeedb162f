# A small disk for real: full of bytes, full of inodes, read-only; and a store on another file system than its temporary folder. What fails says why and ends with 4,
# nothing is lost, and with room the same again does it.
# needs: root
if [ -z "${SMALL_DISK:-}" ]; then
	SMALL_DISK=$WORK/disk exec unshare --mount --propagation private "$BASH" -eEu -o pipefail "$SOURCES/tests/e2e/small-disk.sh" || skip "no mount namespaces"
fi
export SMALL_DISK
trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND" >&2' ERR
mkdir "$SMALL_DISK"
mount -t tmpfs -o size=48m,nr_inodes=4000,mode=755 tmpfs "$SMALL_DISK" 2> /dev/null || skip "no tmpfs can be mounted"
. "$SOURCES/tests/e2e/_org.sh"
store=$SMALL_DISK/store
site=$SMALL_DISK/site
new_org deb
release_acme 1.0 1
olga trust export > trust.json
expect 0 "$SLUICE" pull "$(olga channel tree production)" --trust trust.json --into "$site"
acme 1.1
expect 0 submit_acme 1.1
acme 1.2

full() { # KIB: that much is left
	dd if=/dev/zero of="$SMALL_DISK/ballast" bs=64k 2> /dev/null || :
	dd if=/dev/zero of="$SMALL_DISK/ballast" bs=4k oflag=append conv=notrunc 2> /dev/null || :
	truncate -s "-$(($1 * 1024))" "$SMALL_DISK/ballast"
}
room() { rm -rf "$SMALL_DISK/ballast"; }
crowded() { # INODES: that many are left
	python3 - "$SMALL_DISK/ballast" "$1" <<-'CROWD'
		import os, sys
		os.mkdir(sys.argv[1])
		made = 0
		try:
		    while True:
		        os.close(os.open(f'{sys.argv[1]}/{made}', os.O_CREAT | os.O_WRONLY))
		        made += 1
		except OSError:
		    pass
		for i in range(min(int(sys.argv[2]), made)):
		    os.unlink(f'{sys.argv[1]}/{i}')
	CROWD
}
whole() { expect 0 olga fsck; }
hows=('full 0' 'crowded 1')
[ -z "${SLUICE_FULL-}" ] || hows=('full 0' 'full 4' 'full 16' 'full 64' 'full 256' 'crowded 0' 'crowded 1' 'crowded 4' 'crowded 16')
# The command fails when there is nothing left, is told why, does no harm with however little, and works with room. A step that succeeded is not done twice.
try() { # COMMAND...
	local how code
	for how in "${hows[@]}"; do
		$how
		code=0
		"$@" > out 2> err || code=$?
		room
		case $code in
		0) ;;
		4)
			grep -qE 'No space left on device|disk is full' err || { echo "$how: $*"; cat out err; exit 1; }
			grep -q 'sluice: hint: ' err || { echo "$how: no hint: $*"; cat err; exit 1; }
			;;
		*) echo "$how: exit $code: $*"; cat out err; exit 1 ;;
		esac
		cp err err.first
		whole
		[ "$code" != 0 ] || return 0
		if [ "${3-}" = open ] && finds 'is recorded' < err.first; then return 0; fi # a second one would be another
	done
	expect 0 "$@"
	whole
}
try pat rfc open C-2 --reason "the second" --urgency low --impact minor
rfc=$(olga rfc list --json | jq -r '.rfcs[-1].id')
try carl rfc vote "$rfc" --role change-manager --decision approve
if [ -z "${SLUICE_FULL-}" ]; then hows=('full 0'); fi
try pat release "$rfc" --to production
try "$SLUICE" --quiet pull "$store/channels/production/current" --trust trust.json --into "$site"
try olga backup --output "$SMALL_DISK/copy"
try olga export production --output "$SMALL_DISK/carried.tar"
try olga gc
if [ -n "${SLUICE_FULL-}" ]; then
	try submit_acme 1.2
	expect 0 olga candidate list --json
	jq -e 'any(.candidates[]; .version | startswith("1.2"))' out > /dev/null || { cat out; exit 1; }
fi
expect 0 "$SLUICE" --store "$WORK/put-back" restore "$SMALL_DISK/copy"

# ---- read-only: what is there can be looked at or says why not, and is served; nothing is changed
mount -o remount,ro "$SMALL_DISK"
for words in status 'rfc list' 'channel show production' 'audit verify' "gate $rfc --channel production" 'policy show' 'fsck'; do
	code=0
	olga $words > out 2> err || code=$?
	case $code in
	0) ;;
	1) finds released < out || finds 'already' < out || { cat out err; exit 1; } ;;
	4) grep -qE 'ead-only' err || { echo "$words"; cat out err; exit 1; } ;;
	*) echo "exit $code: $words"; cat out err; exit 1 ;;
	esac
	echo "read-only: $words: $code"
done
expect 4 pat rfc open C-1 --reason x --urgency low --impact minor
grep -q 'ead-only' err || { cat err; exit 1; }
expect 4 "$SLUICE" --quiet pull "$store/channels/production/current" --trust trust.json --into "$site"
grep -q 'ead-only' err || { cat err; exit 1; }
expect 0 "$SLUICE" --quiet pull "$store/channels/production/current" --trust trust.json --into "$WORK/other"
mount -o remount,rw "$SMALL_DISK"
whole
