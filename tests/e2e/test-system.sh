# test-system.sh - the test system from the command line: a service that passes, one that fails, a package that is refused; nothing is left.
# needs: root
. "$SOURCES/tests/e2e/_report.sh"
build() { # NAME VERSION: the package's files stand in NAME/
	mkdir -p "$1/DEBIAN"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n' "$1" "$2" >"$1/DEBIAN/control"
	dpkg-deb -Zgzip --root-owner-group -b "$1" "$1_$2_all.deb" >/dev/null
}
before=$(stat -c '%i %Y' /etc/passwd /etc/group /opt)

mkdir -p calm/DEBIAN calm/etc calm/opt/calm
echo 'a = 1' >calm/etc/calm.conf
echo /etc/calm.conf >calm/DEBIAN/conffiles
printf '#!/bin/sh\necho calm 1.0\n' >calm/opt/calm/run
printf '#!/bin/sh\nset -e\n[ "$1" != configure ] || id calm >/dev/null 2>&1 || useradd -r calm\n' >calm/DEBIAN/postinst
printf '#!/bin/sh\nset -e\n[ "$1" != purge ] || userdel calm\n' >calm/DEBIAN/postrm
chmod 755 calm/opt/calm/run calm/DEBIAN/postinst calm/DEBIAN/postrm
build calm 1.0
cat >expect.yaml <<'YAML'
- file: /opt/calm/run
  mode: "0755"
- run: [/opt/calm/run]
  stdout: "calm 1.0"
- user: calm
YAML

"$SLUICE" test calm_1.0_all.deb --root / --scenario quick,cycle --expect expect.yaml --report good >out 2>err
grep -q '"verdict": "pass"' good/report.json
jq -e '[.runs[0].scenarios[] | select(.name == "cycle") | .scripts[].event] ==
	["post-install", "post-upgrade", "post-upgrade", "post-remove", "purge"]' good/report.json >/dev/null
for file in report.html junit.xml logs/install.log logs/remove.log logs/purge.log logs/cycle.log; do
	test -s "good/$file"
done

# The host stays as it was, and nothing of the test lives on.
test "$before" = "$(stat -c '%i %Y' /etc/passwd /etc/group /opt)"
if getent passwd calm; then exit 1; fi

mkdir -p rude/DEBIAN
printf '#!/bin/sh\nsetsid sleep 5%s >/dev/null 2>&1 &\nexit 0\n' $$ >rude/DEBIAN/postinst
chmod 755 rude/DEBIAN/postinst
build rude 1.0
status=0
"$SLUICE" test rude_1.0_all.deb --root / --scenario purge,cycle --report bad >out 2>err || status=$?
test "$status" = 1
jq -e '[.runs[0].scenarios[] | any(.findings[]; .check == "process-left")] == [true, true]' bad/report.json >/dev/null
if pgrep -f "sleep 5$$"; then exit 1; fi

# An expectation that is not met is a failed test; one that cannot be read is a mistake of usage, with its place.
echo '- file: /opt/calm/missing' >unmet.yaml
status=0
"$SLUICE" test calm_1.0_all.deb --root / --scenario install --expect unmet.yaml --report unmet >out 2>err || status=$?
test "$status" = 1
printf -- '- nonsense: 1\n' >broken.yaml
status=0
"$SLUICE" test calm_1.0_all.deb --root / --expect broken.yaml >out 2>err || status=$?
test "$status" = 2
grep -q 'broken.yaml:1:' err

# A root that does not exist is never replaced by this machine.
status=0
"$SLUICE" test calm_1.0_all.deb --root no-such-root >out 2>err || status=$?
test "$status" = 2

fits good/report.json bad/report.json unmet/report.json
for change in 'del(.runs[0].scenarios[0].network)' '.runs[0].scenarios[0].more = 1' '.verdict = "maybe"' '.runs[0].scenarios[0].verdict = "error"'; do
	jq "$change" good/report.json >changed.json
	! fits changed.json >/dev/null || { echo "the schema says nothing of $change"; exit 1; }
done

# What was cut off on its way here, or cannot be read by its package manager, is bad input and no result: nothing is written.
. "$SOURCES/tests/cli/_expect.sh"
refused() { # FILE WORDS
	expect 3 "$SLUICE" test "$1" --root / --scenario install --report refused
	grep -q "$2" err || { echo "want '$2'"; cat err; exit 1; }
	test ! -e refused
}
size=$(stat -c %s calm_1.0_all.deb)
head -c $((size - 100)) calm_1.0_all.deb >cut.deb
refused cut.deb "cut.deb: member 'data.tar.gz' says .* (E_TRUNCATED)"
head -c $(($(ar p calm_1.0_all.deb control.tar.gz | wc -c) / 2 * 2 + 132)) calm_1.0_all.deb >headless.deb
refused headless.deb 'E_TRUNCATED'
perl -e 'undef $/; $_ = <STDIN>; substr($_, 140, 40) = "x" x 40; print' <calm_1.0_all.deb >damaged.deb
refused damaged.deb 'damaged.deb: dpkg-deb cannot read it'
rpm=$SOURCES/tests/data/vendor-tool-1.0-1.noarch.rpm
head -c $(($(stat -c %s "$rpm") - 7)) "$rpm" >cut.rpm
refused cut.rpm 'cut.rpm: 7 bytes are missing at its end (E_TRUNCATED)'
head -c 1000 "$rpm" >cut.rpm
refused cut.rpm 'cut.rpm: it ends within its headers (E_TRUNCATED)'
