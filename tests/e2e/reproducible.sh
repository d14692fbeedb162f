# The same input gives the same bytes: another user, clock, umask, locale, folder, number of processors, temporary folder.
"$SOURCES/tests/data/acme/make-release" 1.0 "$WORK"
cp "$SOURCES/tests/data/vendor-tool-1.0-1.noarch.rpm" .
convert() { # OUT COMMAND-PREFIX...
	local out=$1
	shift
	"$@" "$SLUICE" --quiet convert "$WORK/acme-agent-1.0.tar.gz" --recipe "$SOURCES/tests/data/acme/recipe.yaml" --to deb,rpm,pacman,apk --output "$out" --allow-lossy > /dev/null
	"$@" "$SLUICE" --quiet convert "$WORK/vendor-tool-1.0-1.noarch.rpm" --to deb,rpm,pacman,apk --output "$out" --allow-lossy > /dev/null
	# trees: their digests, and what really lies there (owners need root)
	"$@" "$SLUICE" --quiet --json convert "$WORK/acme-agent-1.0.tar.gz" --recipe "$SOURCES/tests/data/acme/recipe.yaml" --to tar.zst,directory --output "$out/.trees" --allow-lossy > "$out/.json"
	jq -c '.outputs[] | [.format, .sha256, .size]' "$out/.json" > "$out/trees"
	(cd "$out/.trees" && find . -mindepth 1 ! -name '*.tar.zst' \( -type d -printf '%P %m %T@\n' -o -printf '%P %m %T@ %s %l\n' \) | LC_ALL=C sort) >> "$out/trees"
}
sums() { (cd "$1" && sha256sum *); }
convert "$WORK/plain" env
sums plain > want
[ "$(wc -l < want)" = 9 ]
convert "$WORK/again" env
mkdir elsewhere && cd elsewhere
convert "$WORK/locale" env LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo LANGUAGE=de
(umask 077 && convert "$WORK/umask" env)
convert "$WORK/clock" faketime '2031-05-05 05:05:05'
convert "$WORK/one-processor" taskset -c 0
mkdir "$WORK/temporary"
convert "$WORK/tmpdir" env TMPDIR="$WORK/temporary"
cd ..
checked="again locale umask clock one-processor tmpdir"
if [ "$(id -u)" = 0 ]; then
	mkdir -m 777 other-user
	chmod 755 "$WORK"
	reader=$(stat -c %A "$SLUICE" | cut -c8)
	[ "$reader" = r ]
	convert "$WORK/other-user" setpriv --reuid=12345 --regid=12345 --clear-groups env HOME=/nonexistent
	checked="$checked other-user"
fi
for folder in $checked; do
	sums "$folder" > got
	diff want got || { echo "differs: $folder"; exit 1; }
done
SOURCE_DATE_EPOCH=1000000000 "$SLUICE" --quiet convert vendor-tool-1.0-1.noarch.rpm --to deb --output early > /dev/null
dpkg-deb --contents early/*.deb > list
if grep -v '^d' list | grep -v '2001-09-09'; then exit 1; fi
