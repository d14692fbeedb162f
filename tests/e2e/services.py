"""services.py SLUICE DATA VERBS WORK FORMAT...: a vendor's service under every package manager (tests/data/services): it runs after install, in its new
version after an upgrade, and neither runs nor starts again after removal. At home it must, too: else the test would prove nothing."""
import concurrent.futures, glob, os, shutil, subprocess, sys
import script_matrix_make as make

sluice, data, verbs, work = sys.argv[1:5]
formats = sys.argv[5:]
MANAGERS = ("deb", "rpm", "pacman")
UNIT = "[Unit]\nDescription=a test\n[Service]\nExecStart=/opt/svc/daemon\n[Install]\nWantedBy=multi-user.target\n"

# Where there is systemd, the machine's own systemctl is covered; where there is none, it is gone, and what asks it.
SYSTEMD = """
rm -rf /etc/systemd/system/multi-user.target.wants
mkdir -p /run/systemd/system /run/units
rm -f /usr/lib/systemd/systemd-update-helper
cp /share/systemctl /usr/bin/systemctl
chmod 755 /usr/bin/systemctl
state() {
	running=no enabled=no
	[ ! -e /run/units/svc.service ] || running=$(cat /run/units/svc.service)
	[ ! -L /etc/systemd/system/multi-user.target.wants/svc.service ] || enabled=yes
	[ ! -L /etc/systemd/system/svc.service ] || enabled=masked
	echo "$1: running $running, enabled $enabled" >> /share/states
}
"""
INIT = """
rm -f /usr/bin/systemctl /bin/systemctl
state() {
	running=no
	if [ -e /run/svc.pid ] && kill -0 "$(cat /run/svc.pid)"; then running=$(cat /run/svc.version); fi
	[ "$running" != no ] || ! pgrep -f '^/bin/sh /opt/svc/daemon' > /dev/null || running=left
	echo "$1: running $running" >> /share/states
}
"""
# What only the other families' machines have is not there, or the translation would not be needed; what this one's have and Debian lacks is.
WITHOUT_DEBIAN = """
rm -f /usr/sbin/invoke-rc.d /usr/sbin/update-rc.d /usr/bin/deb-systemd-helper /usr/bin/deb-systemd-invoke
printf '#!/bin/sh\\nexit 0\\n' > /usr/sbin/chkconfig
chmod 755 /usr/sbin/chkconfig
mkdir -p /usr/lib/systemd
printf '#!/bin/sh\\nverb=$1\\nshift\\ncase $verb in\\n*install-system*) systemctl preset "$@" ;;\\n*remove-system*) systemctl disable --now "$@" ;;\\n*restart-system*) systemctl try-restart "$@" ;;\\nesac\\n' > /tmp/helper
[ "$manager" != rpm ] || cp /tmp/helper /usr/lib/systemd/systemd-update-helper
chmod 755 /tmp/helper /usr/lib/systemd/systemd-update-helper 2> /dev/null || :
"""
LIFE = """
set -x
mount -t proc proc /proc
printf '#!/bin/sh\\nexit 0\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
install 1
state installed
upgrade 2
state upgraded
remove
state removed
"""
EXPECTED = {
    "systemd": ["installed: running 1, enabled yes", "upgraded: running 2, enabled yes", "removed: running no, enabled no"],
    "init": ["installed: running 1", "upgraded: running 2", "removed: running no"],
}


def build(family, kind, version, path):
    folder = f"{data}/{family}.{kind}"
    scripts = {name: open(f"{folder}/{name}").read() for name in sorted(os.listdir(folder))}
    files = {"opt/svc/version": (f"{version}\n", 0o644), "opt/svc/daemon": ("#!/bin/sh\nwhile sleep 1; do :; done\n", 0o755)}
    if kind == "init":
        files["etc/init.d/svc"] = (open(f"{data}/init").read(), 0o755)
    else:
        files["usr/lib/systemd/system/svc.service"] = (UNIT, 0o644)
    make.BUILDERS[family](f"{path}-made", path, "svc", version, scripts, files)


def live(family, kind, manager):
    name = f"{family}.{kind}-{manager}"
    place = f"{work}/{name}"
    os.makedirs(f"{place}/root")
    os.makedirs(f"{place}/share")
    for version in (1, 2):
        made = f"{place}/vendor-{version}{make.SUFFIX[family]}"
        build(family, kind, version, made)
        if family != manager:
            make.run(sluice, "--quiet", "convert", "--allow-lossy", made, "--to", manager, "--output", f"{place}/out-{version}")
            made = glob.glob(f"{place}/out-{version}/*{make.SUFFIX[manager]}")[0]
        os.rename(made, f"{place}/share/{version}{make.SUFFIX[manager]}")
    shutil.copy(f"{data}/systemctl", f"{place}/share/systemctl")
    mode = "init" if kind == "init" else "systemd"
    script = open(f"{verbs}/verbs-{manager}.sh").read().replace(" rec", " svc") + (INIT if mode == "init" else SYSTEMD)
    script += f"manager={manager}\n" + (WITHOUT_DEBIAN if manager != "deb" else "") + LIFE
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run(["unshare", "-m", "-p", "-f", "-n", "-i", "-u", "--kill-child", "sh", "enter", place, script], cwd=work, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    states = open(f"{place}/share/states").read().splitlines() if os.path.exists(f"{place}/share/states") else []
    expected = EXPECTED[mode]
    if (family, manager) == ("deb", "deb") and mode == "systemd":
        expected = expected[:2] + ["removed: running no, enabled masked"]  # as dpkg leaves it until the purge
    if done.returncode or states != expected:
        return f"{name}: {states} instead of {expected}\n{done.stdout[-6000:] if os.environ.get('SLUICE_VERBOSE') else done.stdout[-1500:]}"
    print(f"{name}: as expected")
    return None


kinds = [folder.split(".") for folder in sorted(os.listdir(data)) if "." in folder]
jobs = [(family, kind, manager) for family, kind in kinds for manager in MANAGERS if family in formats]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    problems = [problem for problem in pool.map(lambda job: live(*job), jobs) if problem]
print("\n".join(problems))
sys.exit(1 if problems else 0)
