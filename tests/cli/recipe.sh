# recipe check: every finding of tests/data/lint with its place, exit codes, JSON; recipe new: what it writes is whole.
. "$SOURCES/tests/cli/_expect.sh"
cp -r "$SOURCES/tests/data/lint" lint
chmod -x lint/scripts/plain.sh lint/scripts/mode.sh
chmod +x lint/scripts/make-user.sh lint/scripts/ruby.rb

# Each file says what is wrong with it: nothing more, nothing less.
check_one() { # NAME.yaml
	local got=0 with want line
	with=$(sed -n 's/^# with //p' "$1")
	want=$(grep -cE '^# (error|warning) ' "$1" || true)
	"$SLUICE" recipe check "$1" ${with:+"$SOURCES/tests/data/$with"} > out 2> err || got=$?
	if grep -q '^# error ' "$1"; then [ "$got" = 2 ]; else [ "$got" = 0 ]; fi || { echo "$1: exit $got"; cat out err; exit 1; }
	while read -r _ severity place text; do
		grep -qF "$1:$place: $severity: " out || { echo "$1: no $severity at $place"; cat out; exit 1; }
		grep -F "$1:$place: $severity: " out | grep -qF -- "$text" || { echo "$1: not told at $place: $text"; cat out; exit 1; }
	done < <(grep -E '^# (error|warning) ' "$1")
	[ "$(wc -l < out)" = "$want" ] || { echo "$1: wants $want findings"; cat out; exit 1; }
}
cd lint
for one in *.yaml; do
	case $one in house.yaml) continue ;; esac
	check_one "$one"
done
cd ..

# The schema's own errors have a place, too, and JSON tells all.
printf 'version: 1\nproduct: x\nfilez: []\n' > r.yaml
expect 2 "$SLUICE" --json recipe check r.yaml
jq -e '.error.text | startswith("r.yaml:3:1: unknown key")' out > /dev/null
expect 2 "$SLUICE" --json recipe check lint/words.yaml
jq -e '(.findings | length) == 8 and (.error.text | startswith("lint/words.yaml:")) and all(.findings[]; .line > 0 and .column > 0 and (.text | length) > 0)' out > /dev/null
expect 0 "$SLUICE" --json recipe check lint/clean.yaml
jq -e '.findings == []' out > /dev/null
expect 2 "$SLUICE" recipe check nothing-there.yaml
expect 2 "$SLUICE" recipe check lint/clean.yaml --house nothing-there.yaml
expect 3 "$SLUICE" recipe check lint/clean.yaml /etc/passwd
expect 2 "$SLUICE" recipe check
expect 2 "$SLUICE" recipe check a b c
