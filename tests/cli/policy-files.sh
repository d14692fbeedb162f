# policy: what a policy means and what is seldom meant; files it includes, who may change them, and what lies on disk without a signature; deputies.
. "$SOURCES/tests/cli/_expect.sh"
. "$SOURCES/tools/people.sh"
export GNUPGHOME=$WORK/none
store=$WORK/store
olga() { "$SLUICE" --store "$store" "$@"; }
as() { local who=$1; shift; "$SLUICE" --store "$store" --as "$who" --home "$WORK/people/$who" "$@"; }
calendar() { printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:%s\r\nEND:VCALENDAR\r\n' "$1"; }

expect 0 olga init --org "Example AG"
make_policy "$WORK" "$store" "deb12, el9"
expect 0 olga policy check policy.yaml
finds 'A change of impact significant needs .* and 2 yes of cab (carl, dana, trial)' < out
finds 'acts-alone: trial could act alone: one owner' < out

# carl's people file and calendars; contacts stay inside.
sed -i '/^  dana: /d; s/^  security-officer: .*/&\n  department\/finance: [dana]/; s/^unmapped: .*/unmapped: refuse/' policy.yaml
cat >> policy.yaml <<'POLICY'
include: {people: {file: people.yaml, owners: [carl]}, calendars: {dir: calendars, owners: [dana, carl]}, contacts: {file: contacts.yaml, publish: false}}
services: {reports: {packages: ["*acme-report*"]}}
processes: {regulatory-reporting: {department: finance, services: [reports], blackouts: calendars/reporting.ics}}
POLICY
expect 2 olga policy check policy.yaml
finds 'people.yaml' < err
echo "dana: {name: Dana Desk, keys: [\"openpgp:$(fingerprint people/dana)\"]}" > people.yaml
mkdir calendars
calendar one > calendars/reporting.ics
echo 'department/finance: {mail: finance@example.org, phone: "555 1234"}' > contacts.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga --json policy check policy.yaml
jq -e '.can_be_put_in_force and any(.lint[]; .check == "acts-alone" and (.text | contains("carl could act alone: as an owner of people.yaml")))' out > /dev/null
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
expect 0 olga --json policy show
state=$(jq -r .digest out)
jq -e '.digest != .text and (.files | length) == 3' out > /dev/null
olga policy show --file calendars/reporting.ics | cmp - calendars/reporting.ics
[ "$(jq -r '.files["contacts.yaml"]' out)" != "$(sha256sum contacts.yaml | cut -d ' ' -f 1)" ]

# A calendar on disk is nothing before an owner signs it; pat owns none.
: > calendars/reporting.ics
expect 2 as dana policy replace calendars/reporting.ics
calendar two > calendars/reporting.ics
expect 1 as pat policy replace calendars/reporting.ics
finds 'none of its owners signed' < err
olga policy show --file calendars/reporting.ics | finds 'PRODID:one'
expect 0 as dana --json policy replace calendars/reporting.ics
jq -e --arg old "$state" '.path == "calendars/reporting.ics" and .policy != $old' out > /dev/null
olga policy show --file calendars/reporting.ics | finds 'PRODID:two'
expect 2 as dana policy replace calendars/reporting.ics

# Elsewhere on disk it must be said which file it is.
cp calendars/reporting.ics reporting.ics
calendar three > reporting.ics
expect 2 as dana policy replace reporting.ics
finds 'path calendars/reporting.ics' < err
expect 2 as dana policy replace reporting.ics --path calendars/other.ics
expect 0 as dana policy replace reporting.ics --path calendars/reporting.ics

# A new colleague, with her certificate; another key for somebody with a role is the owners' word.
new_key people/nina "nina <nina@example.org>"
gpg --homedir people/nina --batch --armor --export >> keyring.asc 2> /dev/null
echo "nina: {keys: [\"openpgp:$(fingerprint people/nina)\"]}" >> people.yaml
expect 0 as carl --json policy replace people.yaml
jq -e '.warnings == []' out > /dev/null
sed -i "s/^dana: .*/dana: {keys: [\"openpgp:$(fingerprint people/carl | tr 0-9A-F 1-9A-F0)\"]}/" people.yaml
expect 1 as carl policy replace people.yaml
finds "gives 'dana', who holds a role, another key" < err
expect 0 olga policy replace people.yaml

# Deputies: named by who holds the role.
soon=$(date -u -d '+2 days' +%FT%TZ)
expect 1 as nina deputy add cab pat --until "$soon"
expect 2 as carl deputy add cab pat --until 2099-01-01T00:00Z
expect 2 as carl deputy add cab nobody --until "$soon"
expect 0 as carl deputy add cab nina --until "$soon"
expect 0 as carl deputy list
finds '^nina for carl as cab, ' < out
expect 0 as carl deputy end cab nina
expect 0 as carl --json deputy list
jq -e '.[0].ended' out > /dev/null
expect 0 olga audit verify
expect 0 olga audit show
finds 'none of its owners signed' < out

# The map of services comes from a table; what it prints is a file that the policy takes.
printf 'package,service,process,department\r\n"*acme-report*",reports,regulatory-reporting,finance\r\n' > map.csv
expect 0 olga policy map --from map.csv --section services
[ "$(cat out)" = 'reports: {"packages": ["*acme-report*"]}' ]
expect 0 olga --json policy map --from map.csv
jq -e '.processes == {"regulatory-reporting": {"department": "finance", "services": ["reports"]}}' out > /dev/null
printf 'package;service\n' > map.csv
expect 2 olga policy map --from map.csv
finds "map.csv:1: column 'package;service'" < err
expect 2 olga policy map --from map.csv --section people
# A map that one person alone can change decides which departments are asked: said to those who sign it.
printf 'package,service\n"*acme-report*",reports\n' > map.csv
expect 0 olga policy map --from map.csv --section services
cp out services.yaml
sed 's/include: {/include: {services: {file: services.yaml, owners: [carl]}, /; /^services:/d' policy.yaml > mapped.yaml
expect 0 olga policy check mapped.yaml
finds 'map-owned: each of carl alone can map packages away' < out
