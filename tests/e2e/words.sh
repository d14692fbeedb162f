# What people get wrong on a store: a vote recorded twice or for another RfC, a state that is none, one bad file among good ones.
. "$SOURCES/tests/e2e/_org.sh"
new_org deb
acme 1.0
mkdir unsigned
cp vendor/acme-agent-1.0.tar.gz unsigned/
recipe=$SOURCES/tests/data/acme/plain.yaml

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

# Fields from a file; the command line outranks it. A refusal to release is an error document with the gate's reasons.
printf 'reason: from a file\nurgency: low\nimpact: significant\nrisks: |\n  one\n  two\nplan: p\nback-out: b\n' > fields.yaml
echo attached > attachment
expect 0 pat rfc open C-2 --from fields.yaml --urgency high --attach attachment
[ "$(cat out)" = R-2 ]
expect 0 pat rfc show R-2 --json
jq -e --arg digest "$(sha256sum attachment | cut -d ' ' -f 1)" '.state == "voting" and .request.reason == "from a file" and .request.urgency == "high" and .request.attach == [$digest]' out > /dev/null
echo 'reason: [x]' > fields.yaml
expect 2 pat rfc open C-2 --from fields.yaml
grep -q 'fields.yaml:1:' err
expect 2 pat rfc open C-2 --reason x --urgency low
expect 1 pat release R-2 --to production --json
jq -e '.error.code == "E_GATE" and (.allow | not) and (.reasons | length > 0)' out > /dev/null

# A test that fails says why, and how to see the whole report.
mkdir failing
grep -v ^expect: "$recipe" > failing/recipe.yaml
echo 'scripts: {after: {post-install: no.sh}}' >> failing/recipe.yaml
printf '#!/bin/sh\nexit 1\n' > failing/no.sh
expect 1 "$SLUICE" --store "$store" --as pat --home "$WORK/people/pat" submit vendor/acme-agent-1.0.tar.gz --recipe failing/recipe.yaml
candidate=$(head -n 1 out)
grep -qE '^  test +fail deb: fail: install: [a-z]' out
grep -q "hint: 'sluice test $candidate --report DIR'" err
