# The pilot's machines decide whether production may have it: a site's signed reports, whoever carries them, and nobody's own word for their own change.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org deb
new_key people/south "South <south@example.org>"
gpg --homedir people/south --batch --armor --export >> keyring.asc 2> /dev/null
sed -i 's/^  production: {/  pilot: {targets: [deb], valid-for: 7d, groups: [pilot]}\n  production: {after: pilot, reports: {ok: 2, failed: 30%}, /' policy.yaml
echo "sites: {south: {keys: [\"openpgp:$(fingerprint people/south)\"], groups: [pilot]}, east: {groups: [pilot]}}" >> policy.yaml
sed 's/after: pilot, //' policy.yaml > none.yaml
expect 2 olga policy check none.yaml
finds "say 'after'" < err
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
expect 0 olga policy check policy.yaml
tr -s " \n" " " < out | finds "Before channel production, 2 machines of pilot must have reported"
acme 1.0
expect 0 submit_acme 1.0
expect 0 pat rfc open C-1 --reason first --urgency low --impact minor
expect 0 carl rfc vote R-1 --role change-manager --decision approve
expect 0 olga release R-1 --to pilot

refused() { # TEXT: by the reports alone
	expect 1 olga gate R-1 --channel production --json
	jq -e --arg text "$1" '[.reasons[].rule] == ["reports"] and (.reasons[0].text | contains($text))' out > /dev/null || { cat out; exit 1; }
	expect 1 olga release R-1 --to production
}
south() { # STATUS MACHINE: signed by the site, carried by who made the change
	expect 0 "$SLUICE" --quiet --store "$store" --home people/south --key "$(fingerprint people/south)" report --status "$1" --machine "$2" --site south --channel pilot --output report
	expect 0 pat report add report --signature report.asc
}
refused '0 machines of pilot'
expect 0 pat report --status ok --machine m1 --channel pilot
expect 0 pat report --status ok --machine m2 --channel pilot
refused '0 machines of pilot'
south ok m1
expect 0 carl report --status ok --machine m9 --channel pilot
south failed m2
refused 'failed on 1 of the 3'
south ok m2
expect 0 olga release R-1 --to production
tree=$(olga channel tree production)
olga trust export > trust.json
expect 0 "$SLUICE" pull "$tree" --trust trust.json --into site
expect 0 "$SLUICE" audit verify site/current --trust trust.json
expect 0 olga audit verify
expect 0 "$SLUICE" pull "$tree" --trust trust.json --into site --receipt receipt --site north
expect 0 pat site add receipt

# who has what: machines behind a site, a site that took a snapshot, one of the group that never said anything
expect 0 olga site list --json
jq -e '[.sites[] | [.channel, .site, .how, .known, .late, .failed]] == [["pilot", "", "reports", 3, 0, 0], ["pilot", "east", "absent", 0, 0, 0],
	["pilot", "south", "reports", 2, 0, 0], ["production", "north", "pull", 0, 0, 0]]' out > /dev/null || { cat out; exit 1; }
jq -e '.sites[2] | .serials == [{"serial": 1, "ok": 2, "failed": 0}] and [.machines[] | [.machine, .status, .behind]] == [["m1", "ok", 0], ["m2", "ok", 0]]' out > /dev/null || { cat out; exit 1; }
expect 0 olga site list south
finds 'm2  *ok  *1 ' < out
expect 0 olga site list nowhere
# no machine's name is published
if grep -rq '"m9"' "$tree"; then echo "a report is published"; exit 1; fi
