# kill-test.sh - `sluice test` killed at any moment: the whole group, the supervisor, a worker, a keeper or the first process. Nothing runs, is mounted,
# lies in a control group, on a loop device or in a temporary folder after the next start. 10 times, 100 with SLUICE_FULL=1.
# needs: root
times=10
[ -z "${SLUICE_FULL:-}" ] || times=100
mark=8$$
export TMPDIR=$WORK/tmp
mkdir "$TMPDIR"

mkdir -p svc/DEBIAN svc/opt/svc
printf 'Package: svc\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: leaves a process\n' > svc/DEBIAN/control
printf '#!/bin/sh\n[ "$1" != configure ] || { setsid sleep %s </dev/null >/dev/null 2>&1 & dd if=/dev/zero of=/opt/svc/big bs=1M count=20 2>/dev/null; sleep 0.3; }\n' "$mark" > svc/DEBIAN/postinst
chmod 755 svc/DEBIAN/postinst
echo x > svc/opt/svc/x
dpkg-deb -Zgzip --root-owner-group -b svc svc.deb > /dev/null

cat > killer.py <<'KILLER'
"""killer.py SECONDS WHOM COMMAND...: starts it in a session of its own, and kills when that time is over. The keeper has a session of its own."""
import os, random, signal, subprocess, sys

def children(pid):
    found = []
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{p}/stat") as f:
                rest = f.read().rpartition(")")[2].split()
            if int(rest[1]) == pid:
                found.append(int(p))
        except OSError:
            pass
    return found

def below(pid, depth):  # the generation that many steps down: 1 workers, 2 keepers, 3 first processes
    generation = [pid]
    for _ in range(depth):
        generation = [c for p in generation for c in children(p)]
    return generation

def end(pids):
    for p in pids:
        try:
            os.kill(p, signal.SIGKILL)
        except ProcessLookupError:
            pass

run = subprocess.Popen(sys.argv[3:], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    run.wait(float(sys.argv[1]))
except subprocess.TimeoutExpired:
    whom = sys.argv[2]
    if whom == "group":
        os.killpg(run.pid, signal.SIGKILL)
    elif whom == "all":  # what a machine does that runs out of memory, or a service manager that stops a unit
        end([p for depth in (0, 1, 2, 3) for p in below(run.pid, depth)])
    else:
        victims = below(run.pid, {"supervisor": 0, "worker": 1, "keeper": 2, "first": 3}[whom])
        end(victims if whom == "supervisor" else random.sample(victims, min(1, len(victims))))
    run.wait()
KILLER

try() { "$SLUICE" --quiet test svc.deb --root / --scenario install,purge --report report; }
groups() { # without an owner: no keeper holds the lock
	find /sys/fs/cgroup -type d -name 'sluice-*-????????' 2> /dev/null | while read -r group; do flock -n "$group" echo "$group" || :; done
}
# This run's processes name the mark, or have our package mounted or on their command line; other tests may run beside this one.
cat > ours.py <<'OURS'
import os, sys
work, mark = sys.argv[1].encode(), sys.argv[2].encode()
def read(p, name):
    try:
        with open(f"/proc/{p}/{name}", "rb") as f:
            return f.read()
    except OSError:
        return b""
for p in filter(str.isdigit, os.listdir("/proc")):
    command = read(p, "cmdline")
    try:
        here = os.readlink(f"/proc/{p}/cwd").encode().startswith(work)
    except OSError:
        here = False
    if command == b"sleep\0" + mark + b"\0" or (here and b"test\0svc.deb\0" in command) or work + b"/svc.deb" in read(p, "mountinfo"):
        print(p, command.replace(b"\0", b" ").decode(errors="replace"))
OURS
clean() { # WHEN
	local left i
	for ((i = 0; i < 200; i++)); do # what was killed is gone when the kernel has cleared it away
		left=$(python3 ours.py "$WORK" "$mark")
		[ -n "$left" ] || break
		sleep 0.05
	done
	left+=$(grep -F "$WORK" /proc/self/mountinfo || :)
	left+=$(losetup -l -n -O BACK-FILE 2> /dev/null | grep -F "$WORK" || :)
	left+=$(find "$TMPDIR" -mindepth 1)
	[ -z "$left" ] || { echo "left $1: $left"; exit 1; }
}

t0=$(date +%s%3N)
try > out 2> err || [ $? = 1 ] || { cat out err; exit 1; }
took=$(($(date +%s%3N) - t0))
whom=(group supervisor worker keeper first all)
for ((i = 0; i < times; i++)); do
	victim=${whom[i % ${#whom[@]}]}
	python3 killer.py "$(((took * (2 * i + 1) / (2 * times)) / 1000)).$(printf %03d $(((took * (2 * i + 1) / (2 * times)) % 1000)))" "$victim" "$SLUICE" --quiet test svc.deb --root / --scenario install,purge --report report
	clean "after $victim was killed"
done
# The next start takes away what only a start can: control groups.
try > out 2> err || [ $? = 1 ] || { cat out err; exit 1; }
clean "at the end"
left=$(groups)
[ -z "$left" ] || { echo "control groups left: $left"; exit 1; }
[ "$(find . -maxdepth 1 -name 'report*' | wc -l)" = 1 ] || { ls -la; echo "half a report lies there"; exit 1; }
python3 -c 'import json; assert json.load(open("report/report.json"))["verdict"] in ("pass", "fail")'
