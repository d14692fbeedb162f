# _faults.sh - sourced by end-to-end tests: a package is tried, and what was found is held against what was seeded. They end with `fits kept/*`.
. "$SOURCES/tests/e2e/_report.sh"
try() { # VERDICT NAME [OPTION...]: NAME.rpm or NAME.deb; report in NAME.out/
	local want=$1 name=$2 file=$2.deb status=0
	shift 2
	[ ! -e "$name.rpm" ] || file=$name.rpm
	"$SLUICE" test "$file" --root / --report "$name.out" "$@" > "$name.said" 2>&1 || status=$?
	if [ "$want" = pass ] && [ $status != 0 ] || [ "$want" = fail ] && [ $status != 1 ]; then
		echo "$name: exit $status, expected to $want"; cat "$name.said"; exit 1
	fi
	keep "$name.out/report.json"
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

daemon_files() { # DIR NAME PORT READY: a small daemon with an init script and a configuration file, below DIR; READY is what its log says when it listens
	mkdir -p "$1/etc/init.d" "$1/opt/$2"
	echo "port = $3" > "$1/etc/$2.conf"
	cat > "$1/opt/$2/server" <<PERL
use IO::Socket::INET;
my \$s = IO::Socket::INET->new(LocalPort => $3, Listen => 5, ReuseAddr => 1) or die;
open(my \$l, '>>', '/var/log/$2.log'); print \$l "$4\n"; close \$l;
while (my \$c = \$s->accept) { close \$c }
PERL
	cat > "$1/etc/init.d/$2" <<SH
#!/bin/sh
### BEGIN INIT INFO
# Provides: $2
# Default-Start: 2 3 4 5
### END INIT INFO
case \$1 in
start) start-stop-daemon --start --background --oknodo --make-pidfile --pidfile /run/$2.pid --exec /usr/bin/perl -- /opt/$2/server ;;
stop) start-stop-daemon --stop --retry 5 --oknodo --pidfile /run/$2.pid --remove-pidfile ;;
restart) \$0 stop; \$0 start ;;
status) start-stop-daemon --status --pidfile /run/$2.pid ;;
esac
SH
	chmod 755 "$1/etc/init.d/$2"
}
