# rfc: the tables of fields and states, and that the manual shows the latter.
. "$SOURCES/tests/cli/_expect.sh"
expect 0 "$SLUICE" rfc states --json
jq -e '.transitions | length > 30 and all(.[]; has("from") and has("to") and has("who") and has("when") and has("command"))' out > /dev/null
# Every state but the first is reached from another one; the manual's table has each line of it.
for state in draft voting authorised scheduled released implemented reviewed closed rejected withdrawn failed rolled-back; do
	jq -e --arg s "$state" 'any(.transitions[]; .to == $s)' out > /dev/null || { echo "nothing leads to $state"; exit 1; }
done
jq -r '.transitions[] | "|  " + (if .from == "" then "-" else .from end) + "\n:  " + .to + "\n:  " + (if .command == "" then "-" else .command end) + "\n:  " + .who + "\n:  " + .when' out > rows
sed -n '/^# STATES/,/^# [^S]/p' "$SOURCES/docs/sluice.1.scd" | sed -nE 's/^([|:]).{2}(.*)/\1  \2/p' > manual
diff rows manual || { echo "the manual's table of states is another one than 'sluice rfc states'"; exit 1; }
expect 0 "$SLUICE" rfc fields --json
jq -e 'any(.fields[]; .key == "back-out" and .needed_for.significant == "voting" and .needed_for.minor == "" and .binds)' out > /dev/null
jq -e 'any(.fields[]; .key == "results" and .needed_for["far-reaching"] == "closed" and (.binds | not))' out > /dev/null
for act in reject resubmit not-installed priority dispute decide pir; do
	expect 2 "$SLUICE" rfc "$act"
	expect 0 "$SLUICE" rfc "$act" --help
done
