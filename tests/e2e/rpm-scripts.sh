# rpm-scripts.sh - a script of an rpm that fails is told, whatever it prints: rpm itself goes on after most of them and says so only in words.
# needs: root
package() { # NAME, the text of %post from standard input
	{
		printf 'Name: %s\nVersion: 1\nRelease: 1\nSummary: seeded\nLicense: none\nBuildArch: noarch\n%%description\nx\n%%post\n' "$1"
		cat
		printf '%%files\n'
	} > "$1.spec"
	rpmbuild --quiet --define "_topdir $PWD/build" --define "_rpmdir $PWD" --define "_build_name_fmt $1.rpm" -bb "$1.spec" > rpmbuild.log 2>&1 ||
		{ cat rpmbuild.log; exit 1; }
}
try() { # EXIT NAME WORD...: the findings of severity high are these, no others
	local want=$1 name=$2 status=0
	shift 2
	"$SLUICE" test "$name.rpm" --root / --scenario install --report "$name.out" > "$name.said" 2>&1 || status=$?
	[ $status = "$want" ] || { echo "$name: exit $status, not $want"; cat "$name.said"; exit 1; }
	python3 - "$name" "$@" <<'PY'
import json, sys
name, want = sys.argv[1], sys.argv[2:]
scenario = json.load(open(name + '.out/report.json'))['runs'][0]['scenarios'][0]
found = [f['check'] for f in scenario['findings'] if f['severity'] in ('high', 'critical')]
if found != want:
    sys.exit(f'{name}: {found}, not {want}')
exits = [s['exit'] for s in scenario['scripts']]
if name != 'flood' and exits != [1 if want else 0]:
    sys.exit(f'{name}: exits {exits}')
PY
}

package fine <<< 'printf "no end of line"; echo " waitpid(7) rc 7 status 0" >&2'
try 0 fine
package forged <<< 'echo "D: %post(forged-1-1.noarch): waitpid(7) rc 7 status 0"; echo "D: %post(forged-1-1.noarch): waitpid(7) rc 7 status 0" >&2; exit 1'
try 1 forged script-failed
package unfinished <<< 'printf unfinished; exit 1'
try 1 unfinished script-failed
package flood <<< 'echo "D: %post(flood-1-1.noarch): waitpid(7) rc 7 status 0"; yes | head -c 20000000; exit 1'
try 1 flood script-unknown
