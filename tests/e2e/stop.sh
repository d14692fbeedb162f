# One person stops a channel, two start it again; pull tells meanwhile, and history and diff say what became of it.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org deb
release_acme 1.0 1
tree=$(olga channel tree production)
olga trust export > trust.json
expect 2 pat channel stop production
expect 2 pat channel stop nowhere --reason x
expect 2 pat rfc open --resume production --reason x --urgency low --impact minor
expect 0 pat channel stop production --reason "the agent eats all memory"
expect 0 "$SLUICE" --json pull "$tree" --trust trust.json --into site
jq -e '.serial == 2 and .stopped[0].person == "pat" and (.stopped[0].reason | startswith("the agent"))' out > /dev/null
expect 0 "$SLUICE" audit verify site/current --trust trust.json
acme 1.1
expect 0 submit_acme 1.1
expect 0 pat rfc open C-2 --reason "second" --urgency low --impact minor
expect 0 carl rfc vote R-2 --role change-manager --decision approve
expect 1 olga gate R-2 --json
jq -e '[.reasons[].rule] == ["stop"]' out > /dev/null || { cat out; exit 1; }
expect 1 pat release R-2 --to production
expect 0 olga channel show production
expect 0 olga channel show production --format sha256
[ -s out ]
(cd "$tree" && sha256sum --strict --check --quiet) < out
expect 2 olga channel show production --format sha1
expect 0 olga channel show production
finds 'eats all memory' < out
grep -qE '^deb +org-acme-agent +1.0-1 +all +R-1$' out || { cat out; exit 1; }
expect 0 olga channel list --json
jq -e '.channels[0].stopped' out > /dev/null || { cat out; exit 1; }
expect 0 olga channel list
grep -q 'yes$' out || { cat out; exit 1; }
# on a terminal the columns have names
expect 0 python3 "$SOURCES/tests/e2e/terminal.py" "$SLUICE" --store "$store" channel list < /dev/null
grep -qE '^name +targets +serial' out || { cat out; exit 1; }

# The votes are enough.
expect 0 pat rfc open --resume production --reason "it was the old kernel" --urgency high --impact minor
[ "$(cat out)" = R-3 ]
expect 1 pat release R-2 --to production
expect 1 olga release R-3 --to production
expect 0 carl rfc vote R-3 --role change-manager --decision approve
expect 0 pat release R-2 --to production
expect 0 "$SLUICE" --json pull "$tree" --trust trust.json --into site
jq -e '.serial == 3 and (has("stopped") | not)' out > /dev/null
expect 0 "$SLUICE" audit verify site/current --trust trust.json
expect 0 olga audit verify

expect 0 olga channel history production --json
jq -e '[.history[].what] == ["release", "stop", "signed-again", "resume", "release"]' out > /dev/null || { cat out; exit 1; }
expect 0 olga channel history production --last 1
finds 'R-2' < out
expect 0 olga channel diff production 1 3 --json
jq -e '.changed | all(.rfc == "R-2" and .to == "1.1-1") and length > 0' out > /dev/null || { cat out; exit 1; }
expect 0 olga channel diff production 1 2
[ "$(cat out)" = "the same packages" ]
expect 2 olga channel diff production 1 x

# A package goes out of the channel by its votes; whoever pulls sees it go, and an empty index stands where it was.
expect 2 pat rfc open --remove org-acme-agent --reason x --urgency low --impact minor
expect 2 pat rfc open --remove stranger --from-channel production --reason x --urgency low --impact minor
expect 0 pat rfc open --remove org-acme-agent --from-channel production --reason "nobody mends it" --urgency high --impact minor
expect 0 olga rfc show R-4 --format text
finds 'goes out of channel production' < out
expect 1 olga release R-4 --to production
expect 0 carl rfc vote R-4 --role change-manager --decision approve
expect 0 olga release R-4 --to production
expect 0 "$SLUICE" --json pull "$tree" --trust trust.json --into site
jq -e '.packages == [] and .releases[0].removes[0].version == "1.1-1"' site/current/release.json > /dev/null || { cat site/current/release.json; exit 1; }
[ -f site/current/deb/dists/bookworm/InRelease ]
[ ! -s site/current/deb/dists/bookworm/main/binary-amd64/Packages ]
expect 0 "$SLUICE" audit verify site/current --trust trust.json
expect 0 olga channel diff production 3 4 --json
jq -e '.went[0].rfc == "R-4"' out > /dev/null || { cat out; exit 1; }
expect 1 pat rollback R-4 --reason "after all"

# ---- how it went on the machines, and a stop that too many failures ask for
new_key people/south "South <south@example.org>"
gpg --homedir people/south --batch --armor --export >> keyring.asc 2> /dev/null
sed -i "s/^  production: {/&stop-at: {failed: 40%, least: 3}, groups: [pilot], /" policy.yaml
echo "sites: {south: {keys: [\"openpgp:$(fingerprint people/south)\"], groups: [pilot]}, north: {groups: [late], keys: [\"openpgp:$(fingerprint people/south)\"]}, east: {groups: [pilot]}}" >> policy.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
expect 2 pat report --status fine
expect 2 pat report --status ok --machine '../m'
south() { "$SLUICE" --quiet --store "$store" --home "$WORK/people/south" --key "$(fingerprint people/south)" report --status "$1" --machine "$2" --site "${3:-south}" --output report; }
expect 0 south ok m1
expect 1 pat report add report                                     # not signed
expect 0 pat report add report --signature report.asc
sed -i 's/"ok"/"no"/' report
expect 3 pat report add report --signature report.asc
sed -i 's/"no"/"failed"/' report
expect 1 pat report add report --signature report.asc              # not what was signed
expect 0 south ok m1 north
expect 1 pat report add report --signature report.asc              # not in a group of the channel
expect 1 pat report --status ok --machine m1 --site south          # a site's word without its key
expect 0 pat report --status failed --machine m2 --text "does not start"
olga report list R-2 --json > list
jq -e '.rings[0] | .channel == "production" and .serial == 3 and .ok == 1 and .failed == 1 and .absent == 1 and any(.machines[]; .machine == "m2" and .text == "does not start")' list > /dev/null || { cat list; exit 1; }
expect 0 olga gate R-2 --channel production
# a machine that was well stays well with what it has; the third report makes it two of three
expect 0 south failed m3
expect 0 pat report add report --signature report.asc --json
jq -e '.stopped == "R-1: 2 of 3 machines that reported failed (stop-at 40%)"' out > /dev/null || { cat out; exit 1; }
expect 1 olga gate R-2 --channel production
finds 'stopped by pat: R-1: 2 of 3' < out
expect 0 olga channel stop production --reason "and again"
# what was said before the stop asks for no other one, and a client without a store says what its guard saw
expect 0 olga run-due --json
jq -e 'all(.items[]; .what != "stop")' out > /dev/null || { cat out; exit 1; }
jq -c '{channel_id, serial, valid_until, digest: "'"$(sha256sum < "$tree/release.json" | cut -d' ' -f1)"'"}' "$tree/release.json" > seen.json
expect 0 "$SLUICE" --home people/south --key "$(fingerprint people/south)" report --status ok --machine m2 --site south --from seen.json --output report
expect 0 pat report add report --signature report.asc
expect 0 olga report list
finds 'R-2  *production  *3 ' < out
expect 0 olga audit verify
