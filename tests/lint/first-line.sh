# first-line.sh - every C file says first what it is for: /* NAME - what it is for
cd "$SOURCES"
find $(ls -d base formats sign inspect sandbox release repackager cli web tests 2>/dev/null || true) -name '*.[ch]' | LC_ALL=C sort | while read -r file; do
	head -1 "$file" | grep -qF "/* $(basename "$file") - " || echo "$file: does not begin with \"/* $(basename "$file") - \""
done >"$WORK/found"
cat "$WORK/found"
[ ! -s "$WORK/found" ]
