# sizes.sh - no file of ours is longer than 800 lines; look again above 500.
cd "$SOURCES"
find $(ls -d base formats sign inspect sandbox release repackager cli web tests 2>/dev/null || true) -name '*.[ch]' | LC_ALL=C sort | while read -r file; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 800 ] || echo "$file: $lines lines; split it"
done >"$WORK/found"
cat "$WORK/found"
[ ! -s "$WORK/found" ]
