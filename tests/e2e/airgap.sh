# Over an air gap: export, carry, import with pull's checks, receipt back, site list; and apt takes it from the imported tree.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org deb
olga trust export > trust.json
expect 2 olga export production --output none.tar
release_acme 1.0 1
expect 0 olga export production --output one.tar
release_acme 1.1 2
expect 0 olga export production --since 1 --output two.tar
[ "$(stat -c %s two.tar)" -lt "$(($(stat -c %s one.tar) * 2))" ]
import() { "$SLUICE" --json import "$@" --trust trust.json; }

# A plain tar, with what is believed first in front.
[ "$(tar -tf one.tar | sed -n 1,2p | tr '\n' ' ')" = "release.json release.json.asc " ]
expect 3 import two.tar --into site
finds 'since' < out
[ ! -e site/current ]
expect 0 import one.tar --into site
expect 0 import two.tar --into site --receipt receipt.json --site east
expect 0 "$SLUICE" audit verify site/current --trust trust.json
expect 1 import one.tar --into site
finds E_ROLLBACK < out
head -c 100000 one.tar > cut.tar
expect 3 import cut.tar --into other
finds E_TRUNCATED < out
expect 2 import one.tar
expect 3 import policy.yaml --into other
finds 'sluice export' < out
expect 0 olga backup --output whole.backup
expect 3 import whole.backup --into other
finds 'sluice restore' < out
expect 3 "$SLUICE" --store "$WORK/restored" restore policy.yaml
finds 'sluice backup' < err
mkdir -p apt/lists/partial apt/cache/archives/partial
olga channel client production --format apt --url "file://$WORK/site/current" > apt/sluice.sources
expect 0 apt-get -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$WORK/apt" -o Dir::State::Lists="$WORK/apt/lists" -o Dir::Cache="$WORK/apt/cache" \
	-o APT::Sandbox::User=root update

expect 0 carl site add receipt.json
expect 0 olga site list --json
jq -e '.sites == [.sites[0]] and .sites[0].site == "east" and .sites[0].serial == 2 and .sites[0].behind == 0 and (.sites[0].expired | not)' out > /dev/null || { cat out; exit 1; }
sed 's/"serial":2/"serial":3/' receipt.json > forged.json
expect 1 carl site add forged.json

# A validity of its own is the policy's to allow.
expect 2 olga export production --output long.tar --valid-for 60d
expect 0 olga export production --output short.tar --valid-for 2d
expect 0 import short.tar --into site
expect 1 "$SLUICE" --json pull "$WORK/site/current" --trust trust.json --into behind
finds E_FREEZE < out
expect 0 "$SLUICE" pull "$WORK/site/current" --trust trust.json --into behind --exported
expect 0 olga audit verify
