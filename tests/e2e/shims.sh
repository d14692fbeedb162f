# The shims that stand in for helpers of maintainer scripts, one by one, under dash and bash, with fake tools that write down how they were
# called. The cases are files: tests/data/shims/README.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root
mkdir share/code
cp "$SOURCES"/repackager/shims/* share/code
cp "$SOURCES"/tests/data/shims/*.case share
for shim in "$SOURCES"/repackager/shims/*; do
	name=$(basename "$shim")
	case $name in nothing | *.lua) continue ;; esac
	 [ -e "$SOURCES/tests/data/shims/$name.case" ] || { echo "no case for $name"; exit 1; }
done
cat > share/go <<'GO'
PATH=/usr/sbin:/usr/bin:/sbin:/bin
base=$PATH
fail() { echo "$case under $sh: $*"; cat /tmp/log /tmp/out /tmp/err; exit 1; }
reset() { rm -rf /fake /lib0 /tmp/w /var/lib/sluice-scripts /run/systemd; mkdir -p /fake /tmp/w; : > /tmp/log; sluice_old=; sluice_state=/tmp/w/state; export sluice_old sluice_state; cd /tmp/w; }
booted() { mkdir -p /run/systemd/system; }
fake() { # NAME [EXIT [OUTPUT [WHEN]]]: with WHEN, only when its arguments hold that
	{
		printf '#!/bin/sh\nprintf %%s "%s" >> /tmp/log\nfor w; do printf " %%s" "$w" >> /tmp/log; done\necho >> /tmp/log\n' "$1"
		printf 'case " $* " in *"%s"*) printf "%%b" "%s"; exit %s ;; esac\nexit 0\n' "${4-}" "${3-}" "${2-0}"
	} > "/fake/$1"
	chmod 755 "/fake/$1"
}
also() { cp "/share/code/$1" "/fake/$1"; sed -i "1i#!/bin/sh" "/fake/$1"; chmod 755 "/fake/$1"; }
shim() { name=$1; shift; status=0; : > /tmp/log; PATH=/fake:$base $sh "/share/code/$name" "$@" > /tmp/out 2> /tmp/err || status=$?; }
source_shim() { # NAME LINES: reads it and runs the lines
	status=0; : > /tmp/log
	printf '. /share/code/%s\n%s\n' "$1" "$2" > /tmp/sourced
	PATH=/fake:$base $sh /tmp/sourced > /tmp/out 2> /tmp/err || status=$?
}
saw() { printf '%s' "${1:+$1
}" > /tmp/want; cmp -s /tmp/want /tmp/log || { diff /tmp/want /tmp/log; fail "calls"; }; }
out() { printf '%s' "${1:+$1
}" > /tmp/want; cmp -s /tmp/want /tmp/out || { diff /tmp/want /tmp/out; fail "output"; }; }
is() { [ "$status" = "$1" ] || fail "exit $status, not $1"; }
holds() { [ "$(cat "$1")" = "$2" ] || { cat "$1"; fail "$1"; }; }
there() { [ -e "$1" ] || [ -L "$1" ] || fail "$1 is missing"; }
gone() { [ ! -e "$1" ] && [ ! -L "$1" ] || fail "$1 is there"; }
for sh in dash bash; do
	for case in /share/*.case; do
		reset
		. "$case"
	done
done
GO
in_root 'sh -u /share/go'
