# _faults.sh - sourced by end-to-end tests: a package is tried, and what was found is held against what was seeded.
. "$SOURCES/tests/e2e/_report.sh"
try() { # VERDICT NAME [OPTION...]: NAME.rpm or NAME.deb; report in NAME.out/
	local want=$1 name=$2 file=$2.deb status=0
	shift 2
	[ ! -e "$name.rpm" ] || file=$name.rpm
	"$SLUICE" test "$file" --root / --report "$name.out" "$@" > "$name.said" 2>&1 || status=$?
	if [ "$want" = pass ] && [ $status != 0 ] || [ "$want" = fail ] && [ $status != 1 ]; then
		echo "$name: exit $status, expected to $want"; cat "$name.said"; exit 1
	fi
	fits "$name.out/report.json"
}
# finding NAME SCENARIO SEVERITY CHECK WHERE
finding() {
	python3 - "$@" <<'PY'
import json, sys
name, scenario, severity, check, where = sys.argv[1:]
report = json.load(open(name + '.out/report.json'))
found = [f for r in report['runs'] for s in r['scenarios'] if s['name'] == scenario for f in s['findings']]
if not any((f['severity'], f['check'], f['where']) == (severity, check, where) for f in found):
    sys.exit(f'{name}: no {severity} {check} at {where} in {scenario}, but: ' + '; '.join(f"{f['severity']} {f['check']} {f['where']}" for f in found))
PY
}
quiet() { # NAME: not one finding
	python3 - "$1" <<'PY'
import json, sys
report = json.load(open(sys.argv[1] + '.out/report.json'))
found = [(s['name'], f['severity'], f['check'], f['where'], f['text']) for r in report['runs'] for s in r['scenarios'] for f in s['findings'] if f['severity'] != 'info']
if found:
    sys.exit(f'{sys.argv[1]}: clean, but: {found}')
PY
}
