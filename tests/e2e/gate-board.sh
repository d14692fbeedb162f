# A board of five, forty requests (six without SLUICE_FULL), one evening: the agenda, pages to read, and one signature a member over all of them.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
last=${SLUICE_FULL:+40}
last=${last:-6}
new_org
for who in erin finn; do
	new_key "$WORK/people/$who" "$who <$who@example.org>"
	gpg --homedir "$WORK/people/$who" --batch --armor --export 2> /dev/null >> keyring.asc
done
sed -i -e "s|^  dana: .*|&\n  erin: {keys: [\"openpgp:$(fingerprint people/erin)\"]}\n  finn: {keys: [\"openpgp:$(fingerprint people/finn)\"]}|" \
	-e 's/^  cab: .*/  cab: [carl, dana, trial, erin, finn]\n  management: [trial]\n  department\/finance: [finn]/' \
	-e 's/{role: cab, count: 2}/{role: cab, count: 3}/' policy.yaml
cat >> policy.yaml <<-POLICY
	services: {agent: {packages: ["*acme-agent*"]}}
	processes: {monitoring: {department: finance, services: [agent], expected-downtime: 10m}}
	external: {required: false, pattern: 'CHG[0-9]{7}'}
POLICY
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
erin() { "$SLUICE" --quiet --store "$store" --as erin --home "$WORK/people/erin" "$@"; }
finn() { "$SLUICE" --quiet --store "$store" --as finn --home "$WORK/people/finn" "$@"; }
acme 1.0
expect 0 submit_acme 1.0

# The requests, from another tool's file.
cat > ticket.json <<-JSON
	{"short_description": "Agent <b>1.0</b>", "justification": "a hole is used", "implementation_plan": "one night", "backout_plan": "the old version",
	 "test_plan": "start it", "risk_impact_analysis": "few", "number": "CHG0000001", "start_date": "2026-01-01 20:00", "end_date": "2099-01-01 22:00"}
JSON
expect 2 pat rfc open C-1 --urgency low --impact significant --from ticket.json --external CHG1
grep -q 'not of the form' err
for n in $(seq "$last"); do
	urgency=low
	[ "$n" != 5 ] || urgency=high
	expect 0 pat rfc open C-1 --urgency $urgency --impact significant --from ticket.json
done
[ "$(cat out)" = "R-$last" ]
mapfile -t most < <(seq "$last" | sed 's/^/R-/' | grep -vx R-5)
expect 0 olga rfc show "R-$last" --json
jq -e '.state == "voting" and (.request.window | startswith("2026-01-01T19:00:00Z/")) and .request.title == "Agent <b>1.0</b>" and .request.external == "CHG0000001"' out > /dev/null

# The list: the urgent one first, and who is waited for.
expect 0 carl rfc agenda --json
jq -e --argjson last "$last" '(.agenda | length) == $last and .agenda[0].id == "R-5" and .agenda[1].id == "R-1" and .agenda[0].waits == ["cab", "department/finance"]' out > /dev/null
expect 0 carl rfc agenda --until 2025-01-01T00:00:00Z --json
jq -e '.agenda == []' out > /dev/null

# Pages to read: what the department signs, and nothing of the text acts as markup.
expect 0 finn rfc brief R-5 --for department/finance
grep -q 'monitoring of finance rests on it' out
grep -q "Revision $(olga --json rfc show R-5 | jq -r .revision)" out
grep -q 'What if not' out
expect 0 finn rfc brief R-5 --for department/finance --format html
grep -q 'Agent &lt;b&gt;1.0&lt;/b&gt;' out
refuses() { ! grep -q "$@"; }
refuses '<b>' out
expect 2 finn rfc brief R-5 --for department/marketing
expect 0 dana rfc show R-5 --format html
grep -q '<h2>What happened</h2>' out

# One signature each. Whoever asked, or built it, has no voice; R-5 is not wanted by two of them.
# shellcheck disable=SC2068
for who in carl dana erin; do expect 0 $who rfc vote ${most[@]} --role cab --decision approve; done
# shellcheck disable=SC2068
expect 0 finn rfc vote ${most[@]} --role department/finance --decision approve
expect 1 pat rfc vote R-1 --role cab --decision approve
expect 0 olga rfc vote R-5 --role cab --decision reject --comment "not in this quarter"
expect 0 olga audit show --json
[ "$(jq '[.log[] | select(.action == "vote" and .record != "")] | length' out)" = 5 ]
expect 0 olga rfc list --json
jq -e --argjson last "$last" '[.rfcs[] | select(.state == "authorised")] | length == $last - 1' out > /dev/null
expect 0 olga rfc list --state rejected --json
jq -e '[.rfcs[].id] == ["R-5"]' out > /dev/null

# Asked for again it has to be voted on again; the decision that it is not installed ends it.
expect 0 pat rfc resubmit R-5 --reason "next quarter"
expect 0 carl rfc agenda --json
jq -e '[.agenda[].id] == ["R-5"]' out > /dev/null
expect 1 pat rfc not-installed R-5 --reason "no"
expect 0 carl rfc not-installed R-5 --reason "the agent goes away"
expect 0 carl rfc agenda
[ ! -s out ]
expect 1 olga gate R-5
grep -q 'is not installed: the agent goes away' out

expect 0 olga gate R-3
expect 0 olga release R-3 --to production
expect 0 pat rfc edit R-3 --field "actual-time=22:10 to 22:20"
expect 0 carl rfc pir R-3 --result success --text "no complaints"
expect 0 olga rfc show R-3 --json
jq -e '.state == "reviewed" and .life.reviews[0].comment_text == "no complaints"' out > /dev/null
expect 0 pat rfc edit R-3 --field "results=all agents answer"
expect 0 olga rfc list --state closed --json
jq -e '[.rfcs[].id] == ["R-3"]' out > /dev/null

# For other programs: a table with no formula in it.
expect 0 olga rfc export R-3 R-5 --format csv
head -n 1 out | grep -q '^id,state,.*short_description,justification.*,start_date,end_date,number'
grep -q '"2026-01-01T19:00:00Z","2099-01-01T21:00:00Z","CHG0000001"' out
[ "$(wc -l < out)" = 3 ]
expect 0 olga rfc export --state closed
jq -e '.rfcs | length == 1 and .[0].id == "R-3"' out > /dev/null
expect 0 olga audit verify
