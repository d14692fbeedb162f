# Advisories at the command line: what is brought is signed and listed; what is no CSAF is refused with its place, and nothing is written.
export SLUICE_STORE=$WORK/store
"$SLUICE" --quiet init --org Example
expect() { # CODE COMMAND...
	local want=$1 got=0
	shift
	"$SLUICE" --quiet "$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}
data=$SOURCES/tests/data/csaf
expect 0 advisory list
grep -q 'no advisories' out
expect 0 advisory import "$data/acme-agent.json" --json
jq -e '.id == "ACME-SA-2026-001" and .severity == "critical" and .score == 98 and .state == "not-affected" and .cves == ["CVE-2026-12345"] and .deadline == ""' out > /dev/null
expect 0 advisory import "$data/relationships.json"
grep -q '^not-affected *medium *EL-2026:7  openssl$' out
expect 2 advisory import "$data/relationships.json"
grep -q 'imported already' err
expect 0 advisory list --json
jq -e '[.advisories[].id] == ["ACME-SA-2026-001", "EL-2026:7"] and .advisories[0].person == "trial" and (.advisories[0].remedies[0].text == "Update to 1.1.")' out > /dev/null
expect 0 advisory list --state late
expect 2 advisory list --state soon
expect 0 audit show --action advisory --json
jq -e '[.log[].subject] == ["advisory/ACME-SA-2026-001", "advisory/EL-2026:7"]' out > /dev/null
expect 0 status --format prometheus
grep -qx 'sluice_advisories{state="not-affected"} 2' out

before=$(find "$SLUICE_STORE/blobs" -type f | wc -l)
refused() { # WORDS
	expect 3 advisory import bad.json
	grep -qF -- "$1" err || { cat err; exit 1; }
}
jq '.document.csaf_version = "3.0"' "$data/acme-agent.json" > bad.json
refused "bad.json: /document/csaf_version: '3.0': only 2.0 is read"
jq '.vulnerabilities[0].product_status.fixed = ["AGENT-OLD"]' "$data/acme-agent.json" > bad.json
refused "product 'AGENT-OLD' is said to be affected and not to be"
jq '.document.tracking.id = " x"' "$data/acme-agent.json" > bad.json
refused "/document/tracking/id"
head -c 500 "$data/acme-agent.json" > bad.json
refused "bad.json:"
echo '[]' > bad.json
refused "this is no CSAF document"
truncate -s 16M bad.json
refused "bad.json"
expect 4 advisory import no-such.json
# The same number by somebody else, with a name that would be two words of the log.
jq '.document.tracking.id = "R-1 C-1"' "$data/acme-agent.json" > spaced.json
expect 0 advisory import spaced.json
expect 0 audit show --action advisory --json
jq -e '.log[-1].subject == "advisory/R-1_C-1"' out > /dev/null
expect 0 audit verify
[ "$(find "$SLUICE_STORE/blobs" -type f | wc -l)" = $((before + 3)) ]
