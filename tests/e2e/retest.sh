# retest.sh - a candidate of two targets tested on their own roots in one report, and tested again from the store: what was there stays, only the submitter's pass counts.
# needs: root
. "$SOURCES/tests/e2e/_report.sh"
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_rpmroot.sh"
export XDG_DATA_HOME=$WORK/data
new_org
make_rpm_root tree
expect 0 "$SLUICE" root create mini --from tree
mkdir -p thing/opt/thing recipes/deps
echo hello > thing/opt/thing/x
tar -czf thing-1.0.tar.gz -C thing .
cat > recipes/recipe.yaml <<'YAML'
version: 1
product: thing
package: {name: thing, version: "1.0", release: "1", summary: x, license: MIT, architecture: noarch}
test: {root: {deb: /, rpm: mini}, with: deps}
expect: expect.yaml
YAML
echo '- file: /opt/thing/x' > recipes/expect.yaml

# The vendor signed nothing: a candidate all the same, and its packages are tested.
expect 1 pat --json submit thing-1.0.tar.gz --recipe recipes/recipe.yaml
jq -e '[.evidence[] | select(.kind == "test") | .verdict] == ["pass", "pass"] and ([.evidence[] | select(.kind == "rollback") | .text] == ["deb: taken away again, nothing older is released", "rpm: taken away again, nothing older is released"])' out > /dev/null || { cat out err; exit 1; }
expect 0 olga --json candidate show C-1
jq -e '[.evidence[] | select(.kind == "test") | .body] | length == 2 and .[0].report == .[1].report and map(.root) == ["/", "mini"] and all(.[]; .expect != "")' out > /dev/null || { cat out; exit 1; }
jq -e '.submit.reports | length == 1' out > /dev/null
cp out before
report=$(jq -r '[.evidence[] | select(.kind == "test")][0].body.report' out)
blob() { find "$store/blobs" -type f -path "*${1:0:2}*" -name "*${1:4:40}*" | sed -n 1p; }
jq -e '[.runs[] | [.target, .root.name, .verdict]] == [["deb", "/", "pass"], ["rpm", "mini", "pass"]] and ([.expectations[].target] == ["deb", "rpm"])' "$(blob "$report")" > /dev/null

# Again, by digest: the files, the recipe and its expectations may be gone. Each set's evidence is an act of who asked.
rm -r recipes thing-1.0.tar.gz
expect 0 pat --json test C-1 --report again
jq -e '.candidate == "C-1" and .verdict == "pass" and (.evidence | length == 4) and [.runs[].root.name] == ["/", "mini"] and all(.expectations[]; .met)' out > /dev/null || { cat out err; exit 1; }
[ -s again/report.html ]
fits again/report.json
expect 0 olga --json candidate show C-1
jq -e --slurpfile before before '(.evidence | length) == ($before[0].evidence | length) + 4 and .evidence[:($before[0].evidence | length)] == $before[0].evidence' out > /dev/null
expect 0 olga audit verify

# Only some scenarios prove nothing; what it was tested with is not for the caller to change.
expect 0 pat --json test C-1 --scenario install
jq -e '.evidence == []' out > /dev/null
expect 2 pat test C-1 --upgrade-from "$(blob "$report")"
expect 2 pat test C-2

# A line in a log that speaks of a hard failure is no verdict of the test: it is a finding that the gate refuses until somebody who may has
# decided on it; the next test knows of that.
"$SOURCES/tests/data/acme/make-release" 3.0 vendor && sign_detached "$WORK/people/acme" vendor/acme-agent-3.0.tar.gz
mkdir noisy && cat > noisy/recipe.yaml <<'YAML'
version: 1
product: acme-agent
vendor: acme
package: {name: noisy, version: "3.0", release: "1", summary: x, license: MIT, architecture: noarch}
scripts: {after: {post-install: crash.sh}}
test: {root: {deb: /}}
YAML
printf '#!/bin/sh\necho "noisy[$$]: segfault at 0 ip 0 sp 0 error 4" > /var/log/noisy.log\n' > noisy/crash.sh
expect 1 pat submit vendor/acme-agent-3.0.tar.gz --signature vendor/acme-agent-3.0.tar.gz.asc --recipe noisy/recipe.yaml
expect 0 olga --json candidate show C-2
jq -e '[.evidence[] | select(.kind == "test")] | length == 2 and all(.verdict == "pass") and all(.[]; .body.findings | any(.check == "log-crash" and .severity == "high"))' out > /dev/null || { cat out; exit 1; }
expect 0 pat rfc open C-2 --reason 'a crash' --urgency low --impact significant --field risks=few --field plan=tonight --field back-out=none
grep -qx R-1 out
refuses_log() { # yes|no: does the gate name the finding?
	"$SLUICE" --store "$store" --json gate R-1 > gate.json 2> err || :
	jq -e --arg want "$1" '(.reasons | any(.text | contains("log-crash"))) == ($want == "yes")' gate.json > /dev/null || { echo "not $1:"; cat gate.json; exit 1; }
}
refuses_log yes
expect 0 olga --json candidate show C-2
for digest in $(jq -r '[.evidence[].body.findings[]? | select(.check | startswith("log-")) | .digest] | unique[]' out | grep .); do
	expect 0 carl finding accept C-2 "${digest:0:12}" --role change-manager --reason 'known: see the vendor' --until 2099-01-01
done
refuses_log no
expect 0 pat --json test C-2 --report noisy-again
fits noisy-again/report.json
jq -e '[.logs[].findings[] | select(.pattern == "crash") | .disposition] | length > 0 and all(. == "accepted: known: see the vendor by change-manager until 2098-12-31T23:00:00Z")' noisy-again/report.json > /dev/null || { jq .logs noisy-again/report.json; exit 1; }
jq -e 'all(.runs[]; .verdict == "pass")' noisy-again/report.json > /dev/null
expect 0 carl rfc vote R-1 --role cab --decision approve
expect 0 dana rfc vote R-1 --role cab --decision approve
expect 0 olga gate R-1

# A root that is gone is an error of this machine, and no evidence.
expect 0 "$SLUICE" root remove mini
expect 4 pat test C-1
grep -q "the earlier test of target rpm names the root 'mini'" err
# A package that is not what it was is not tested.
sha=$(jq -r '.submit.packages[0].sha256' before)
chmod u+w "$(blob "$sha")"
echo x >> "$(blob "$sha")"
expect 1 pat test C-1
expect 0 olga --json candidate show C-1
jq -e --slurpfile before before '(.evidence | length) == ($before[0].evidence | length) + 4' out > /dev/null
