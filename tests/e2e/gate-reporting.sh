# The reporting date: a security patch is refused while the report is due and the department has not spoken; the risk of waiting is decided by signature.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org deb
fina() { "$SLUICE" --quiet --store "$store" --as fina --home "$WORK/people/fina" "$@"; }
mira() { "$SLUICE" --quiet --store "$store" --as mira --home "$WORK/people/mira" "$@"; }
for who in fina mira; do
	new_key "$WORK/people/$who" "$who <$who@example.org>"
	gpg --homedir "$WORK/people/$who" --batch --armor --export 2> /dev/null >> keyring.asc
	sed -i "/^  dana:/a\\  $who: {keys: [\"openpgp:$(fingerprint "$WORK/people/$who")\"]}" policy.yaml
done

blackout() { # FIRST-DAY: three days around the reporting date, every month
	mkdir -p calendars
	printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:-//Example//EN BEGIN:VEVENT UID:1 'SUMMARY:Report to the authority' \
		"DTSTART;TZID=Europe/Berlin:$(date -d "$1" +%Y%m%d)T000000" DURATION:P3D 'RRULE:FREQ=MONTHLY' END:VEVENT END:VCALENDAR > calendars/reporting.ics
}
sed -i 's/^  security-officer: .*/&\n  department\/finance: [fina]\n  emergency-cab: [dana]\n  management: [mira]/' policy.yaml
cat >> policy.yaml <<'POLICY'
services: {reporting-app: {packages: ["*acme*"]}}
processes: {regulatory-reporting: {department: finance, services: [reporting-app], blackouts: calendars/reporting.ics, expected-downtime: 10m}}
emergency: {votes: [{role: emergency-cab, count: 1}], post-approval-within: 72h, in-blackout: [management]}
POLICY
replace() { # N: a version of its own
	echo "# $1" >> policy.yaml
	sign_detached "$store/trial" policy.yaml
	expect "${2:-0}" olga policy replace policy.yaml --signature policy.yaml.asc
}
# A calendar that the gate could not read does not come into force.
echo BEGIN:VCALENDAR > /dev/null
mkdir -p calendars && printf 'BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nEND:VTODO\r\nEND:VCALENDAR\r\n' > calendars/reporting.ics
replace unreadable 2
grep -q "calendars/reporting.ics: line 2: 'VTODO'" err
blackout yesterday
replace reporting

rules() { jq -r '[.reasons[].rule] | unique | join(" ")' out; }
acme 1.0
expect 0 submit_acme 1.0
expect 0 pat rfc open C-1 --reason "security patch" --urgency high --impact minor
expect 0 carl rfc vote R-1 --role change-manager --decision approve
# Everybody but the department said yes, and the report is due: these two reasons.
expect 1 pat release R-1 --to production --json
[ "$(rules)" = "blackout department" ]
jq -e 'any(.reasons[]; .rule == "blackout" and (.text | contains("regulatory-reporting") and contains("Report to the authority")))
	and any(.reasons[]; .rule == "department" and (.text | contains("department/finance") and contains("fina")))' out > /dev/null
# What the department reads: its blackout by dates, and that it did not agree on the test beforehand.
expect 0 fina rfc brief R-1 --for department/finance
grep -q 'No release inside the blackouts of regulatory-reporting' out
grep -Eq 'From 20[0-9-]+T00:00:00.* to 20[0-9-]+T00:00:00.*: Report to the authority' out
grep -q 'department/finance did not sign beforehand what is to be tested' out
expect 0 fina rfc vote R-1 --role department/finance --decision approve
expect 1 pat release R-1 --to production --json
[ "$(rules)" = blackout ]
# It is planned for a day inside: refused; for one outside: taken, and the date holds.
expect 1 carl rfc schedule R-1 --at "$(date -u -d '+1 hour' +%FT%TZ)" --json
[ "$(rules)" = blackout ]
expect 0 carl rfc schedule R-1 --at "$(date -u -d '+8 days' +%FT%TZ)" --json
expect 0 olga calendar --to "$(date -u -d '+20 days' +%F)" --json
jq -e '(.changes[0].rfc == "R-1") and (.changes[0].processes == ["regulatory-reporting"]) and (.blackouts | length > 0) and (.conflicts == [])' out > /dev/null
expect 0 olga calendar --format svg
python3 -c 'import sys, xml.dom.minidom; d = xml.dom.minidom.parse("out"); assert len(d.getElementsByTagName("rect")) > 10'
grep -q 'class="blackout"' out
expect 0 olga calendar --format ics --from "$(date -u -d '-2 days' +%F)"
cp out forward.ics
expect 0 "$SLUICE" calendar --file forward.ics --from "$(date -u -d '-2 days' +%F)"
grep -q 'R-1: security patch' out
grep -q 'blackout regulatory-reporting: Report to the authority' out
expect 1 pat release R-1 --to production --json
[ "$(rules)" = "blackout schedule" ]
# An emptied calendar is a changed policy: nobody but its owners can give one.
blackout '+9 days'
expect 1 pat policy replace calendars/reporting.ics
expect 1 olga gate R-1 --channel production --json
[ "$(rules)" = "blackout schedule" ]

# The risk of waiting is not taken: the same patch as an emergency, with management's signed decision on the blackout. Who asked for it does not decide.
expect 0 pat rfc open C-1 --reason "exploited now" --urgency high --impact minor --type emergency
expect 0 dana rfc vote R-2 --role emergency-cab --decision approve
expect 0 fina rfc vote R-2 --role department/finance --decision approve
expect 1 pat release R-2 --to production --json
[ "$(rules)" = blackout ]
jq -e '.reasons[0].text | contains("management may decide otherwise")' out > /dev/null
expect 1 olga rfc vote R-2 --role management --decision approve
expect 0 mira rfc vote R-2 --role management --decision approve --comment "the hole is worse than a late report"
expect 0 pat release R-2 --to production
# What the change manager's approval of it would have been is owed; after three days nothing else goes out.
expect 1 olga gate R-1 --channel production --at "$(date -u -d '+9 days' +%FT%TZ)" --json
[ "$(rules)" = debt ]
jq -e '.reasons[0].text | contains("R-2")' out > /dev/null
expect 0 carl rfc vote R-2 --role change-manager --decision approve
expect 0 olga gate R-1 --channel production --at "$(date -u -d '+9 days' +%FT%TZ)"
expect 0 olga audit verify
expect 0 olga trust export
cp out trust.json
expect 0 "$SLUICE" audit verify "$(olga channel tree production)" --trust trust.json

# What is expected of the next version is agreed on before it is tested.
printf -- '- fle: /opt/x\n' > e.yaml
expect 2 fina expect sign acme-agent e.yaml --role department/finance
grep -q 'e.yaml:1:' err
printf -- '- file: /opt/x\n' > e.yaml
expect 1 dana expect sign acme-agent e.yaml --role department/finance
expect 0 fina expect sign acme-agent e.yaml --role department/finance
expect 0 olga expect list acme-agent --json
jq -e '.agreements[0] | .person == "fina" and .text == "- file: /opt/x\n"' out > /dev/null
expect 1 olga gate R-1 --channel production --json
jq -e 'any(.reasons[]; .rule == "expectations" and (.text | contains("it was tested against expectations")))' out > /dev/null
expect 0 fina expect withdraw acme-agent --role department/finance
expect 1 olga gate R-1 --channel production --json
jq -e 'all(.reasons[]; .rule != "expectations")' out > /dev/null
