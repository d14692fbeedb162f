# asserts.sh - lines of shell tests that look as if they asserted something and do not: `set -e` ignores what follows `!` and the left of `&&`.
silent() { # FOLDER
	(cd "$1" && grep -nE '^[[:space:]]*(![[:space:]]|(\[|test|grep|cmp|diff)[[:space:]].*&&)' tests/*/*.sh | grep -vE '\|\|' || true)
}

mkdir -p "$WORK/planted/tests/e2e"
for line in '! grep -q secret file' '	[ -e a ] && [ -e b ]' 'cmp a b && cmp b c'; do
	echo "$line" >"$WORK/planted/tests/e2e/a.sh"
	[ -n "$(silent "$WORK/planted")" ] || { echo "not seen: $line"; exit 1; }
done
echo '[ ! -e a ] || exit 1; if grep -q x y && [ -e b ]; then exit 1; fi' >"$WORK/planted/tests/e2e/a.sh"
[ -z "$(silent "$WORK/planted")" ] || { echo "wrongly seen"; exit 1; }

found=$(silent "$SOURCES")
[ -z "$found" ] || { echo "$found"; exit 1; }
