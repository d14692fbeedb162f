# codes.sh - every error code that the sources use is in base/err.c's table: a code outside it would not survive the way out of a confined process.
cd "$SOURCES"
sed -n 's/^\t"\(E_[A-Z_]*\)",$/\1/p' base/err.c | LC_ALL=C sort >"$WORK/known"
[ "$(wc -l <"$WORK/known")" -gt 50 ]
LC_ALL=C sort -c -u "$WORK/known"
grep -rhoE --include='*.[ch]' '"E_[A-Z_]+"' $(ls -d base formats sign inspect sandbox release repackager cli web 2>/dev/null || true) | tr -d '"' | LC_ALL=C sort -u >"$WORK/used"
LC_ALL=C comm -13 "$WORK/known" "$WORK/used" >"$WORK/unknown"
cat "$WORK/unknown"
[ ! -s "$WORK/unknown" ]
