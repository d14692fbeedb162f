# rootless.sh - for an ordinary user with subordinate ids: a root of their own, a package tried in it, what the machine does not give him named.
# needs: root
command -v newuidmap > /dev/null || skip "no newuidmap"
uid=47110 name=sluice-rootless
# The user exists in a mount namespace only: nothing is added to this machine.
mkdir etc
for f in passwd group subuid subgid; do [ ! -e "/etc/$f" ] || cp "/etc/$f" etc/; touch "etc/$f"; done
echo "$name:x:$uid:$uid::$WORK/home:/bin/sh" >> etc/passwd
echo "$name:x:$uid:" >> etc/group
cp etc/subuid etc/subuid.without
echo "$name:1747100000:65536" | tee -a etc/subuid >> etc/subgid
chown -R "$uid:$uid" "$WORK/home"
chmod 755 "$WORK"
as_user() { # SUBUID COMMAND...
	local subuid=$1
	shift
	unshare -m sh -euc 'd=$1 s=$2 u=$3; shift 3; for f in passwd group subgid; do mount --bind "$d/$f" "/etc/$f"; done; mount --bind "$s" /etc/subuid; exec setpriv --reuid "$u" --regid "$u" --clear-groups "$@"' sh "$PWD/etc" "$PWD/etc/$subuid" "$uid" env HOME="$WORK/home" XDG_DATA_HOME="$WORK/home/data" "$@"
}

# The smallest root that dpkg works in, of this machine's own files.
mkdir -p tree/usr/bin tree/usr/sbin tree/usr/lib tree/usr/lib64 tree/etc tree/var/lib/dpkg/info tree/var/lib/dpkg/updates tree/tmp tree/proc tree/dev tree/run tree/root
for d in bin sbin lib lib64; do ln -s "usr/$d" "tree/$d"; done
for p in sh dpkg dpkg-deb dpkg-query dpkg-split dpkg-divert tar rm cat ls mkdir mv cp ln chmod chown touch sleep id stat diff sha256sum find sed grep readlink ldconfig start-stop-daemon; do
	from=$(command -v "$p") && cp -L "$from" tree/usr/bin/ && [ "$p" != ldconfig ] && ldd "$from" 2> /dev/null | grep -o '/[^ ]*' || :
done | sort -u | while read -r lib; do mkdir -p "tree$(dirname "$(realpath -m "/usr$lib")")"; cp -L "$lib" "tree/usr${lib#/usr}"; done
mv tree/usr/bin/ldconfig tree/usr/bin/start-stop-daemon tree/usr/sbin/ 2> /dev/null || :
printf 'root:x:0:0:root:/root:/bin/sh\n' > tree/etc/passwd
printf 'root:x:0:\n' > tree/etc/group
: > tree/var/lib/dpkg/status
tar -C tree -cf tree.tar .
chmod 644 tree.tar

mkdir -p one/DEBIAN one/opt/one
printf 'Package: one\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: one\n' > one/DEBIAN/control
printf '#!/bin/sh\n[ "$1" = configure ] || exit 0\nid -u\nchown 33:33 /opt/one/file && stat -c %%u:%%g /opt/one/file\ncat /proc/self/uid_map\n' > one/DEBIAN/postinst
chmod 755 one/DEBIAN/postinst
echo x > one/opt/one/file
dpkg-deb -Zgzip --root-owner-group -b one one.deb > /dev/null

as_user subuid "$SLUICE" --quiet root create mine --from "$PWD/tree.tar" > out 2> err || { cat out err; exit 1; }
status=0
as_user subuid "$SLUICE" --json --quiet test "$PWD/one.deb" --root mine --scenario install,purge --report "$WORK/home/report" > out 2> err || status=$?
[ "$status" = 0 ] || { echo "exit $status"; cat out err; cat home/report/logs/*.log; exit 1; }
jq -e '[.runs[0].scenarios[] | .verdict == "pass" and (.layers | index("userns") and index("seccomp") and index("netns") and index("timens"))] | all' out > /dev/null || { cat out; exit 1; }
# Root inside, of the subordinate ids outside; any owner can be given.
grep -q '^33:33$' home/report/logs/install.log
grep -Eq '^ *0 +0 +65536$|^ *0 +[0-9]+ +65536$' home/report/logs/install.log
tree=$(find home/data -type d -path '*/usr/bin' | sed -n 1p)
[ "$(stat -c %u "$tree/dpkg")" = 1747100000 ] || { stat "$tree/dpkg"; exit 1; }
# A control group that he may not make is named in the report.
jq -e '[.runs[0].scenarios[].findings[] | select(.check == "layer-missing" and (.text | contains("memory cgroup")))] | length == 2' out > /dev/null || { cat out; exit 1; }
# What its owner alone may read he is told of; what a test kept of its root can be looked at again.
chmod 600 one.deb
chown "$uid" one.deb
status=0
as_user subuid "$SLUICE" --quiet test "$PWD/one.deb" --root mine --scenario install > out 2> err || status=$?
[ "$status" = 4 ] && grep -q 'chmod o+r' err || { echo "exit $status"; cat out err; exit 1; }
chmod 644 one.deb
as_user subuid "$SLUICE" --quiet test "$PWD/one.deb" --root mine --scenario install --keep-env --report "$WORK/home/kept" > out 2> err || { cat out err; exit 1; }
echo 'cat /opt/one/file && id -u && exit 7' > typed
status=0
as_user subuid script -qec "$SLUICE shell --kept $WORK/home/kept/kept/install" /dev/null < typed > out 2> err || status=$?
[ "$status" = 7 ] && grep -Eq '^(# )?x' out || { echo "exit $status"; cat out err; exit 1; }
# Without subordinate ids: an error that says what to do; a copy of this machine is not for him.
status=0
as_user subuid.without "$SLUICE" --quiet test "$PWD/one.deb" --root mine --scenario install > out 2> err || status=$?
[ "$status" = 4 ] && grep -q 'range of 65536 ids' out err || { echo "exit $status"; cat out err; exit 1; }
status=0
as_user subuid "$SLUICE" --quiet test "$PWD/one.deb" --root / --profile plain --scenario install > out 2> err || status=$?
[ "$status" = 4 ] && grep -q 'needs root' out err || { echo "exit $status"; cat out err; exit 1; }
if pgrep -u 1747100000 > /dev/null; then echo "a process is left"; exit 1; fi
