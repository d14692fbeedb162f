# One RfC's packages go back to what was there before, above what they are; a machine upgrades to it, and the tree proves it.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org
release_acme 1.0 1
olga trust export > trust.json
expect 1 pat rollback R-1 --reason "first" --json
jq -e '.reasons | length > 0 and all(.text | contains("nothing to go back to"))' out > /dev/null || { cat out; exit 1; }
release_acme 1.1 2
expect 2 pat rollback R-2
expect 0 olga candidate show C-2 --json
jq -e '.submit.back | length == 2 and all(.version == "1.1+really1.0-1")' out > /dev/null || { cat out; exit 1; }
expect 0 pat channel stop production --reason "it must go"
# What is found afterwards makes a new revision, and is the reason to go back.
expect 0 carl evidence add C-2 --kind acceptance --file policy.yaml --verdict fail
expect 0 pat rollback R-2 --reason "machines hang"
tree=$(olga channel tree production)
expect 0 "$SLUICE" audit verify "$tree" --trust trust.json
expect 0 olga audit verify
finds 'Version: 1.1+really1.0-1' < "$tree/deb/dists/bookworm/main/binary-amd64/Packages"
deb=$(find -L "$tree/deb/pool" -name '*really1.0*.deb')
mkdir before now
dpkg-deb -x "$deb" now
old=$(find -L "$tree/deb/pool" -name '*_1.0-1_*.deb')
[ -n "$old" ]
dpkg-deb -x "$old" before
diff -r --no-dereference before now
dpkg --compare-versions 1.1+really1.0-1 gt 1.1-1
expect 1 pat rollback R-2 --reason again
expect 0 olga rfc list --json
jq -e '.rfcs[1].state == "rolled-back"' out > /dev/null || { cat out; exit 1; }
expect 1 pat release R-2 --to production
expect 0 "$SLUICE" pull "$tree" --trust trust.json --into site
