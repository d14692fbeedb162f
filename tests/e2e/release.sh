# Submit, vote, release: a signed channel that verifies by its own records; anything changed in it is found.
# The package has a service, a user and scripts: the way that a real one goes, upgrade and way back included.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
ACME_RECIPE=$SOURCES/tests/data/acme/recipe.yaml
new_org
acme 1.0
expect 0 submit_acme 1.0
expect 0 pat rfc open C-1 --reason "first release" --urgency low --impact minor
expect 0 carl rfc vote R-1 --role change-manager --decision approve --comment "secret words"
expect 0 olga gate R-1
expect 0 pat release R-1 --to production
tree=$(olga channel tree production)
olga trust export > trust.json
expect 0 "$SLUICE" audit verify "$tree" --trust trust.json
expect 0 olga audit verify
if grep -rl "secret words" "$tree"; then exit 1; fi
for file in deb/dists/bookworm/InRelease deb/dists/bookworm/Release deb/dists/bookworm/Release.gpg rpm/repodata/repomd.xml rpm/repodata/repomd.xml.asc keys/release.asc keys/package.asc release.json release.json.asc; do
	[ -s "$tree/$file" ] || { echo "missing: $file"; exit 1; }
done

# Two keys: the package key signed the rpm, the release key the indexes.
mkdir -m 700 release-home package-home
gpg --homedir release-home --batch --quiet --import "$tree/keys/release.asc"
gpg --homedir package-home --batch --quiet --import "$tree/keys/package.asc"
gpg --homedir release-home --batch --verify "$tree/deb/dists/bookworm/Release.gpg" "$tree/deb/dists/bookworm/Release" 2> /dev/null
gpg --homedir release-home --batch --verify "$tree/rpm/repodata/repomd.xml.asc" "$tree/rpm/repodata/repomd.xml" 2> /dev/null
expect 2 gpg --homedir package-home --batch --verify "$tree/rpm/repodata/repomd.xml.asc" "$tree/rpm/repodata/repomd.xml"
mkdir rpmdb
rpmkeys --define "_dbpath $WORK/rpmdb" --import "$tree/keys/package.asc"
rpm=$(find -L "$tree/rpm" -name '*.rpm')
rpmkeys --define "_dbpath $WORK/rpmdb" --define "_pkgverify_level all" -K "$rpm"

# One byte anywhere is noticed.
for file in deb/dists/bookworm/InRelease rpm/repodata/repomd.xml release.json "$(cd "$tree" && find -L . -name '*.deb' | sed -n 1p)"; do
	rm -rf copy
	cp -rL "$tree" copy
	printf 'x' | dd of="copy/$file" bs=1 seek=100 conv=notrunc status=none
	expect 1 "$SLUICE" --json audit verify copy --trust trust.json
done
rm -rf copy
cp -rL "$tree" copy
find copy/records -type f | sed -n 1,3p | xargs rm
expect 1 "$SLUICE" audit verify copy --trust trust.json

# The next version goes the same way; the old snapshot's by-hash files stay for those who still hold its Release.
acme 1.1
expect 0 submit_acme 1.1
expect 0 pat rfc open C-2 --reason "second release" --urgency low --impact minor
expect 1 pat release R-2 --to production
expect 0 carl rfc vote R-2 --role change-manager --decision approve
old_hashes=$(cd "$tree/deb/dists/bookworm" && find . -path '*by-hash*' -type f | sort)
# The keys lie there without passphrases, and gpg told of the others before: it is not started (the counting is tried first).
mkdir counted
for tool in gpg gpgconf; do
	printf '#!/bin/sh\necho "%s $*" >> "%s/starts"\nexec "%s" "$@"\n' $tool "$PWD" "$(command -v $tool)" > counted/$tool
done
chmod +x counted/*
plain=$PATH
PATH=$PWD/counted:$PATH
gpg --version > /dev/null
[ "$(cat starts)" = "gpg --version" ]
: > starts
expect 0 pat release R-2 --to production
PATH=$plain
[ ! -s starts ] || { cat starts; exit 1; }
for hash in $old_hashes; do [ -e "$tree/deb/dists/bookworm/$hash" ]; done
expect 0 "$SLUICE" audit verify "$tree" --trust trust.json
grep -q 'Version: 1.1' "$tree/deb/dists/bookworm/main/binary-amd64/Packages"
expect 0 olga audit verify

# What the auditor takes along: both changes with who decided, what was refused, and which requirement it shows.
expect 2 olga audit report --from 2020-01-01 --output report
expect 0 olga audit report --from 2020-01-01 --to 2099-01-01 --output report
jq -e '[.changes[] | .rfc] == ["R-1", "R-2"] and all(.changes[]; (.votes | any(.person == "carl" and .decision == "approve")) and (.releases | length == 1) and .requester == "pat")' report/report.json > /dev/null || { cat report/report.json; exit 1; }
jq -e 'any(.refusals[]; .action == "release" and (.outcome | startswith("refused: votes"))) and any(.requirements[]; .id == "OPS.1.1.3.A10" and .number > 0)' report/report.json > /dev/null
grep -q '<td>R-2</td>' report/report.html
[ "$(wc -l < report/changes.csv)" = 3 ]
if grep -r "secret words" report; then exit 1; fi
expect 0 olga audit report --from 2020-01-01 --to 2020-12-31 --output nothing
jq -e '.changes == []' nothing/report.json > /dev/null
expect 0 olga --json audit show --about R-2 --refused
jq -e '.log | length > 0 and all(.[]; .outcome != "ok" and (.subject | test("R-2")))' out > /dev/null

# Installed somewhere, but released by no RfC.
jq -r '.packages[] | .name + "\t" + .version' "$tree/release.json" > inventory
expect 0 olga audit reconcile --inventory inventory
{ cat inventory; printf 'org-acme-agent\t9.9-1\nstranger\t1.0\n'; } > inventory.more
expect 1 olga --json audit reconcile --inventory inventory.more
jq -e '[.other_version[].version] == ["9.9-1"] and [.never_released[].name] == ["stranger"]' out > /dev/null || { cat out inventory; exit 1; }
expect 1 olga audit reconcile --inventory inventory.more --only 'org-*'
if grep -q stranger out; then exit 1; fi
echo bash > broken
expect 3 olga audit reconcile --inventory broken

# What monitoring asks for.
expect 0 pat rfc open C-2 --reason "again" --urgency low --impact minor
expect 0 olga status --format prometheus
grep -qx 'sluice_rfc_waiting{role="change-manager"} 1' out || { cat out; exit 1; }
grep -qx 'sluice_emergency_debt 0' out
grep -qE '^sluice_key_expiry_seconds\{key="release"\} [0-9]+$' out
grep -qE '^sluice_channel_valid_until_seconds\{channel="production"\} [0-9]+$' out
