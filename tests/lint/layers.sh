# layers.sh - the include law: who may use whom (docs/architecture.md). No arrow runs up, no circle.
law="
base            base
formats         base formats
sign            base sign
inspect         base formats inspect
sandbox         base formats sandbox
release         base formats sign release
repackager      base formats sign inspect sandbox release repackager
web             base formats sign inspect sandbox release repackager web
cli             base formats sign inspect sandbox release repackager web cli
"
# Within release: which rooms a room may use. `release` itself (its own headers) may use all of them, and they may use its contract.
rooms="
release/store       release/store
release/gate        release/store release/gate
release/channel     release/store release/gate release/channel
release/keep        release/store release/gate release/channel release/keep
"

# Every include of ours below $1 that the law forbids, one a line.
violations() {
	(cd "$1" && grep -rn --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' base formats sign inspect sandbox release repackager cli web 2>/dev/null || true) |
		awk -v law="$law" -v rooms="$rooms" '
		function folder(path, depth,   part, n) {
			n = split(path, part, "/")
			if (n <= depth) return ""
			return depth == 1 ? part[1] : part[1] "/" part[2]
		}
		BEGIN {
			lines = split(law rooms, line, "\n")
			for (i = 1; i <= lines; i++) {
				words = split(line[i], word, " ")
				for (j = 2; j <= words; j++) may[word[1], word[j]] = 1
				if (words) known[word[1]] = 1
			}
		}
		{
			file = $0; sub(/:.*/, "", file)
			used = $0; sub(/^[^"]*"/, "", used); sub(/".*/, "", used)
			from = folder(file, 1); to = folder(used, 1)
			if (to == "")
				print file ": \"" used "\": includes are written from the root: \"folder/file.h\""
			else if (!((from, to) in may))
				print file ": \"" used "\": " from " may not use " to
			else if (from == "release" && to == "release") {
				from_room = folder(file, 2); to_room = folder(used, 2)
				if ((from_room in known) && (to_room in known) && !((from_room, to_room) in may))
					print file ": \"" used "\": " from_room " may not use " to_room
			}
		}'
}

# The watch is watched: each planted fault must be seen, and what is allowed must not.
plant() { # FILE INCLUDE WANTED(bad|good)
	rm -rf "$WORK/planted"
	mkdir -p "$WORK/planted/$(dirname "$1")"
	printf '/* x */\n#include "%s"\n' "$2" >"$WORK/planted/$1"
	seen=$(violations "$WORK/planted")
	if [ "$3" = bad ] && [ -z "$seen" ]; then echo "not seen: $1 includes $2"; exit 1; fi
	if [ "$3" = good ] && [ -n "$seen" ]; then echo "wrongly refused: $seen"; exit 1; fi
}
plant base/a.c formats/pkg.h bad
plant base/a.c b.h bad
plant base/a.c base/b.h good
plant formats/a.c sign/b.h bad
plant sign/a.h formats/b.h bad
plant inspect/a.c sandbox/b.h bad
plant sandbox/a.c formats/b.h good
plant release/store/a.c release/store/b.h good
plant release/store/a.c release/gate/b.h bad
plant release/gate/a.c release/channel/b.h bad
plant release/channel/a.c release/gate/b.h good
plant release/gate/a.c repackager/b.h bad
plant repackager/a.c cli/b.h bad
plant cli/a.c repackager/b.h good
plant web/a.c cli/b.h bad
plant cli/a.c web/b.h good
plant release/channel/a.c web/b.h bad

found=$(violations "$SOURCES")
[ -z "$found" ] || { echo "$found"; exit 1; }
