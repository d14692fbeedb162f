# What people get wrong on a store: a vote recorded twice or for another RfC, a state that is none, one bad file among good ones.
. "$SOURCES/tests/e2e/_org.sh"
new_org deb
acme 1.0
mkdir unsigned
cp vendor/acme-agent-1.0.tar.gz unsigned/
recipe=$SOURCES/tests/data/acme/recipe.yaml

# Refused together: no candidate; negative evidence: one, and exit 1.
expect 3 pat submit vendor/acme-agent-1.0.tar.gz /etc/passwd --recipe "$recipe" --json
jq -e '.error.file == "/etc/passwd"' out > /dev/null
expect 2 pat submit vendor/acme-agent-1.0.tar.gz --recipe "$recipe" --recipes .
expect 0 pat candidate list --json
jq -e '.candidates == []' out > /dev/null
expect 1 pat submit unsigned/acme-agent-1.0.tar.gz --recipe "$recipe"
[ "$(head -n 1 out)" = C-1 ]
expect 0 pat submit vendor/acme-agent-1.0.tar.gz --recipe "$recipe" --json
jq -e '.candidate == "C-2" and .verdict == "pass"' out > /dev/null

expect 0 pat rfc open C-2 --reason "first release" --urgency low --impact significant
[ "$(cat out)" = R-1 ]
expect 2 pat rfc list --state nonsense
expect 0 pat rfc list --state draft --json
jq -e '.rfcs | length == 1' out > /dev/null
expect 0 pat rfc edit R-1 --field risks=few --field plan=now --field back-out=none
expect 0 carl rfc statement R-1 --role cab --decision approve
mv out statement
sign_detached "$WORK/people/carl" statement
expect 2 olga rfc vote R-2 --statement statement --signature statement.asc
expect 0 olga rfc vote R-1 --statement statement --signature statement.asc
expect 2 olga rfc vote R-1 --statement statement --signature statement.asc
grep -q 'recorded already' err

# A note voids nothing, a risk does.
expect 0 dana rfc vote R-1 --role cab --decision approve
expect 0 pat rfc edit R-1 --field notes=hello
expect 0 pat gate R-1
expect 0 pat rfc edit R-1 --field risks=many
expect 1 pat gate R-1
