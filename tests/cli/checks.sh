# `sluice checks` and `diff --explain`: every check in the table says its severity, who may accept it, what it looks at and why.
"$SLUICE" checks --json > checks.json
jq -e '(.checks | length) > 6 and ([.checks[].check] == ([.checks[].check] | sort)) and all(.checks[];
	(.severity | IN("info", "low", "medium", "high", "critical")) and (.waiver | length) > 4 and (.about | length) > 20 and (.looks_at | length) > 0)' checks.json > /dev/null
"$SLUICE" checks > checks.txt
[ "$(wc -l < checks.txt)" = "$(jq '.checks | length' checks.json)" ]
while read -r check severity waiver; do
	grep -Eq "^$check +$severity +$waiver +[A-Z]" checks.txt || { echo "$check: not in the text"; exit 1; }
	"$SLUICE" diff --explain "$check" > explained
	grep -q "$severity at most" explained
	grep -q "$waiver" explained
	grep -q 'looks at' explained
	"$SLUICE" diff --explain "$check" --json > explained.json
	jq -e --arg check "$check" '.check == $check and has("why") and has("about")' explained.json > /dev/null
done < <(jq -r '.checks[] | "\(.check) \(.severity) \(.waiver)"' checks.json)

# A check that is none is told so, with the way to the list.
code=0
"$SLUICE" diff --explain no-such-check > out 2> err || code=$?
[ "$code" = 2 ]
grep -q "no check is called 'no-such-check'" err
grep -q "sluice checks" err
