# logs.sh - a failure that stands only in a log is caught; what the old version writes as well is normal; decisions hold for the same line.
# needs: root
. "$SOURCES/tests/e2e/_report.sh"
build() { # VERSION LINE: a package that writes LINE to its log
	mkdir -p "acme$1/DEBIAN"
	printf 'Package: acme\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n' "$1" >"acme$1/DEBIAN/control"
	printf '#!/bin/sh\nset -e\nif [ "$1" = configure ]; then mkdir -p /var/log/acme; echo "started $$" >>/var/log/acme/agent.log; echo "%s" >>/var/log/acme/agent.log; fi\n' "$2" >"acme$1/DEBIAN/postinst"
	printf '#!/bin/sh\nset -e\nif [ "$1" = purge ]; then rm -rf /var/log/acme; fi\n' >"acme$1/DEBIAN/postrm"
	chmod 755 "acme$1/DEBIAN/postinst" "acme$1/DEBIAN/postrm"
	dpkg-deb -Zgzip --root-owner-group -b "acme$1" "acme_$1_all.deb" >/dev/null
}
try() { # WANTED REPORT ARG...: sluice test ends so
	local wanted=$1 report=$2 status=0
	shift 2
	"$SLUICE" --quiet test "$@" --root / --scenario install --report "$report" >"$report.out" 2>"$report.err" || status=$?
	[ "$status" = "$wanted" ] || { echo "$report ended with $status"; cat "$report.out" "$report.err"; exit 1; }
	[ ! -e "$report/report.json" ] || keep "$report/report.json"
}
digest() { # REPORT: of the finding in acme's log
	python3 -c 'import json, sys; print([f["digest"] for l in json.load(open(sys.argv[1] + "/report.json"))["logs"] if "acme" in l["path"] for f in l["findings"]][0])' "$1"
}
build 1.0 '10:00:0$$ ERROR: cannot reach licence server $$'
build 1.1 '11:00:0$$ ERROR: cannot reach licence server $$'
build 1.2 '10:00:00 ERROR: all is lost'
build 1.3 '10:00:00 finished with 0 errors'

try 1 faulty acme_1.0_all.deb
grep -q 'ERROR: cannot reach' faulty.out
try 0 clean acme_1.3_all.deb
try 0 known acme_1.1_all.deb --upgrade-from acme_1.0_all.deb
grep -q 'normal: the version in use' known/report.json
try 1 new acme_1.2_all.deb --upgrade-from acme_1.0_all.deb
grep -q '"is_new": true' new/report.json

# The same line of another day has the same digest; who accepted it has not accepted another.
try 1 again acme_1.1_all.deb
[ "$(digest faulty)" = "$(digest again)" ]
printf -- '- digest: %s\n  reason: known\n  role: change-manager\n  until: 2999-01-01T00:00:00Z\n' "$(digest faulty)" >decided.yaml
try 0 accepted acme_1.1_all.deb --dispositions decided.yaml
grep -q 'accepted: known by change-manager until 2999' accepted/report.json
grep -q 'accepted: known' accepted/report.html
try 1 other acme_1.2_all.deb --dispositions decided.yaml

# A file of patterns of one's own replaces the one built in; a broken one is a mistake of usage with its place.
echo '- {id: licence, level: hard, match: "all is lost"}' >own.yaml
try 0 own acme_1.0_all.deb --log-patterns own.yaml
try 1 own2 acme_1.2_all.deb --log-patterns own.yaml
echo '- {id: licence, level: hard, match: "("}' >broken.yaml
try 2 broken acme_1.0_all.deb --log-patterns broken.yaml
grep -q 'broken.yaml:1:' broken.err
fits kept/*
