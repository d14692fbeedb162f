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
jq -e '[.evidence[] | select(.kind == "test") | .verdict] == ["pass", "pass"]' out > /dev/null || { cat out err; exit 1; }
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
jq -e '.candidate == "C-1" and .verdict == "pass" and (.evidence | length == 2) and [.runs[].root.name] == ["/", "mini"] and all(.expectations[]; .met)' out > /dev/null || { cat out err; exit 1; }
[ -s again/report.html ]
fits again/report.json
expect 0 olga --json candidate show C-1
jq -e --slurpfile before before '(.evidence | length) == ($before[0].evidence | length) + 2 and .evidence[:($before[0].evidence | length)] == $before[0].evidence' out > /dev/null
expect 0 olga audit verify

# Only some scenarios prove nothing; what it was tested with is not for the caller to change.
expect 0 pat --json test C-1 --scenario install
jq -e '.evidence == []' out > /dev/null
expect 2 pat test C-1 --upgrade-from "$(blob "$report")"
expect 2 pat test C-2

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
jq -e --slurpfile before before '(.evidence | length) == ($before[0].evidence | length) + 2' out > /dev/null
