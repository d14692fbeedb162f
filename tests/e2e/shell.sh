# shell.sh - a person in a throw-away root: on a terminal, from a pipe, at a failure (--shell-on-error), and afterwards (--keep-env).
# needs: root
build() { # NAME: the package's files stand in NAME/
	mkdir -p "$1/DEBIAN"
	printf 'Package: %s\nVersion: 1.0\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n' "$1" > "$1/DEBIAN/control"
	dpkg-deb -Zgzip --root-owner-group -b "$1" "$1.deb" > /dev/null
}
expect() { # CODE COMMAND...
	local want=$1 got=0
	shift
	"$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}
before=$(stat -c '%i %Y' /opt /etc/debian_version)
mkdir -p calm/DEBIAN calm/opt/calm bad/DEBIAN
echo calm > calm/opt/calm/file
printf '#!/bin/sh\nln /opt/calm/file /opt/calm/same\nchown 7:8 /opt/calm/file\nrm /etc/debian_version\n' > calm/DEBIAN/postinst
printf '#!/bin/sh\necho going wrong\nexit 3\n' > bad/DEBIAN/postinst
chmod 755 calm/DEBIAN/postinst bad/DEBIAN/postinst
build calm
build bad

# Commands from a pipe; the shell's exit is ours.
printf 'cat /opt/calm/file\ntest -t 0 || echo no terminal\nexit 7\n' > lines
expect 7 "$SLUICE" shell calm.deb --root / < lines
[ "$(cat out)" = "calm
no terminal" ]
# An end without an exit is one, too, and a root without packages is a root.
echo 'test ! -e /opt/calm && id -u' > lines
expect 0 "$SLUICE" shell --root / < lines
[ "$(cat out)" = 0 ]

# On a terminal: a real one inside, with its size, resized with ours; an interrupt is the command's, not ours.
printf '# \tstty size; echo $TERM; tty; echo "on"e\n' > steps
printf 'one\tsize 44 102\n' >> steps
printf '\tuntil [ "$(stty size)" = "44 102" ]; do sleep 0.1; done; echo "si"zed\n' >> steps
printf 'sized\tsh -c \x27echo "be"gun; exec sleep 1000\x27\nbegun\t\003\n^C\techo "tw"o\ntwo\texit 9\n' >> steps
TERM=xterm expect 9 python3 "$SOURCES/tests/e2e/terminal.py" "$SLUICE" shell calm.deb --root / < steps
grep -q '33 101' out
grep -q '^xterm' out
grep -q /dev/pts/ out

# At the moment of failure, on a terminal; then the test goes on and fails as it must.
printf '# \tdpkg-query -W -f \x27${Status}\\n\x27 bad; echo "do"ne\ndone\texit\n' > steps
expect 1 python3 "$SOURCES/tests/e2e/terminal.py" "$SLUICE" test bad.deb --root / --scenario install --shell-on-error < steps
grep -q 'half-configured' out
grep -q 'going wrong' out
# Without a terminal it is said, and the test goes on.
expect 1 "$SLUICE" test bad.deb --root / --scenario install --shell-on-error < /dev/null
grep -q 'no shell is opened' err

# The root stays: files, owners, hard links, what was removed.
expect 0 "$SLUICE" test calm.deb --root / --scenario install --keep-env --report report
grep -q 'sluice shell --kept report/kept/install' err
echo 'stat -c "%U %G %h" /opt/calm/file; test ! -e /etc/debian_version && dpkg-query -W calm' > lines
expect 0 "$SLUICE" shell --kept report/kept/install < lines
[ "$(cat out)" = "lp mail 2
calm	1.0" ]
# It is kept once; what is there is not written over.
expect 0 "$SLUICE" test calm.deb --root / --scenario install --keep-env --report report
grep -q 'is there already' err
# What is no kept root.
expect 2 "$SLUICE" shell --kept calm < /dev/null
expect 2 "$SLUICE" shell --kept report/kept/install calm.deb < /dev/null
expect 2 "$SLUICE" --json shell --root / < /dev/null
mkdir evil
cp report/kept/install/kept.json report/kept/install/changes.tar evil/
printf '/etc/x\0../../etc\0' > evil/removed
expect 3 "$SLUICE" shell --kept evil < /dev/null

# Nothing of the machine changed.
[ "$before" = "$(stat -c '%i %Y' /opt /etc/debian_version)" ]
