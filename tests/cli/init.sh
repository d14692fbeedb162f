# init and status: what is made, what is refused and then leaves nothing, odd places.
. "$SOURCES/tests/cli/_expect.sh"
. "$SOURCES/tools/people.sh"
export GNUPGHOME=$WORK/none
new_key "$WORK/boss" "boss <boss@example.org>"
key=$(fingerprint "$WORK/boss")

expect 4 "$SLUICE" --json --store store candidate list
jq -e '.error.hint | contains("init")' out > /dev/null
expect 0 "$SLUICE" --json --store store init --org 'A "B" C: D'
jq -e '.person == "trial" and .trial and (.package_key != .release_key)' out > /dev/null
grep -q 'for trying out' err
[ "$(stat -c %a store/trial store/keys/package store/keys/release | uniq)" = 700 ]
"$SLUICE" --store store policy show > policy.yaml
[ "$(sha256sum policy.yaml | cut -d ' ' -f 1)" = "$(jq -r .policy out)" ]
expect 0 "$SLUICE" policy check policy.yaml

# A store is made once.
find store -type f -exec sha256sum {} + | sort > before
expect 2 "$SLUICE" --json --store store init
expect 2 "$SLUICE" --store store init --org Other
find store -type f -exec sha256sum {} + | sort | cmp - before

# An owner: named `owner`, or by --as; asked for before anything is made.
for bad in 1234 "$(printf '0%.0s' {1..40})"; do
	expect 2 "$SLUICE" --store refused init --owner "$bad" --home boss
	[ ! -e refused ]
done
expect 0 "$SLUICE" --json --store owned init --owner "$key" --home boss
jq -e '.person == "owner" and (.trial | not)' out > /dev/null
[ ! -e owned/trial ]
expect 0 "$SLUICE" --json --store named --as olga init --owner "$key" --home boss
"$SLUICE" --store named policy show | finds '^owners: {threshold: 1, people: \[olga\]}'

# Long and odd paths: gpg's sockets and SQLite must not mind.
long=$WORK/$(printf 'l%.0s' {1..180})/'a b'
expect 0 "$SLUICE" --store "$long" init
expect 0 "$SLUICE" --store "$long" status

for format in text json prometheus; do expect 0 "$SLUICE" --store store status --format "$format"; done
grep -q '^sluice_channel_serial{channel="production"} 0$' out
expect 2 "$SLUICE" --store store status --format xml
expect 0 "$SLUICE" --store store status --json
jq -e '.channels[0].name == "production"' out > /dev/null

# The first step after trying out, as the README has it: somebody else in the policy. Without their certificate it is said how it is given.
mkdir next
sed 's/^people:/&\n  bea: {name: Bea, keys: ["openpgp:0123456789ABCDEF0123456789ABCDEF01234567"]}/' policy.yaml > next/policy.yaml
gpg --homedir store/trial --batch --quiet --armor --detach-sign next/policy.yaml
expect 2 "$SLUICE" --store store policy replace next/policy.yaml --signature next/policy.yaml.asc
grep -q "hint: 'gpg --armor --export" err || { cat err; exit 1; }

# A path that is not UTF-8 is a path; its document is one.
odd=$(printf 'st\377')
expect 0 "$SLUICE" --json --store "$odd" init
jq -e '.store_raw | endswith("/st\u00ff")' out > /dev/null
expect 0 "$SLUICE" --json --store "$odd" status
jq -e '.store_raw' out > /dev/null
expect 0 "$SLUICE" --json --store "$odd" channel tree production
jq -e '.tree_raw and (.published | not)' out > /dev/null
expect 2 "$SLUICE" --json --store "$odd" rfc open C-1 --reason $'bad\xff' --urgency low --impact minor
jq -e '.error.text == "reason: the text is not UTF-8"' out > /dev/null

# A service has no HOME: the account's own is taken, never the top folder. A store that cannot be read is not told to be made.
mkdir -p etc/sluice
echo 'store: ~/no-such-store-of-a-test' > etc/sluice/config.yaml
expect 4 env -u HOME -u SLUICE_STORE XDG_CONFIG_HOME="$WORK/etc" "$SLUICE" --json candidate list
jq -e --arg home "$(getent passwd "$(id -u)" | cut -d : -f 6)" '.error.text | startswith($home + "/no-such-store-of-a-test: ")' out > /dev/null
echo 'no database' > owned/catalogue.db
expect 4 "$SLUICE" --json --store owned candidate list
jq -e '.error.hint // "" | contains("init") | not' out > /dev/null
