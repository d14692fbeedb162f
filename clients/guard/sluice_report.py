# sluice_report.py - tells a channel's owner how an update went on this machine; shared by the hook of apt and the plugin of dnf.
#
# Only where the channel's configuration asks for it: "report": {"site", "to"[, "home"]} (`sluice channel client CH --format guard --site S --report-to TO`).
# A report is what `sluice report --from STATE` writes, signed by the site's key in `home`. It is laid into STATE/reports; then all that lies there is sent, so
# that what could not be sent goes along with the next one. Nothing in here makes an update fail: what goes wrong is a warning.
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import sluice_guard as guard

HOME = "/etc/sluice/report"  # a GNUPGHOME with the site's secret key
KEPT = 64  # reports that wait to be sent; older ones are given up
TEXT_MAX = 1000
TIMEOUT = 20  # seconds that a server may take


def is_wanted(channel):
    return isinstance(channel.get("report"), dict)


def warn(channel, text):
    print("sluice-guard: warning: channel %s: no report: %s" % (channel["channel"], guard.printable(text)), file=sys.stderr)


def made(channel, seen, status, text):
    """The report as canonical JSON: keys sorted, no blanks; what it holds is plain text."""
    machine = socket.gethostname()[:64]
    if not re.fullmatch(r"[A-Za-z0-9._-]+", machine):
        raise ValueError("this machine's name has other characters than letters, digits, '.', '-', '_'")
    if not seen["serial"] or not seen["digest"]:
        raise ValueError("nothing was seen of the channel yet")
    report = {
        "type": "sluice-report",
        "version": 1,
        "site": channel["report"]["site"],
        "machine": machine,
        "channel": channel["channel_id"].rpartition("/")[2],
        "channel_id": channel["channel_id"],
        "serial": seen["serial"],
        "release": seen["digest"],
        "valid_until": seen["valid_until"],
        "status": status,
        "text": "".join(c if " " <= c <= "~" else "?" for c in text)[:TEXT_MAX],
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return json.dumps(report, sort_keys=True, separators=(",", ":")).encode("ascii")


def sign(home, path):
    gpg = ["gpg", "--homedir", home, "--batch", "--no-tty", "--yes"]
    told = subprocess.run(gpg + ["--armor", "--output", path + ".asc", "--detach-sign", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    with contextlib.suppress(OSError):  # the agent that gpg started is nobody's after this
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if told.returncode:
        raise ValueError("gpg does not sign with %s: %s" % (home, told.stderr.decode("utf-8", "replace").strip()))


def give(path, to):
    """One file, to a folder or by PUT; a reader of the folder sees it whole."""
    name = os.path.basename(path)
    if to.startswith("/"):
        part = os.path.join(to, "." + name + ".new")
        shutil.copyfile(path, part)
        os.replace(part, os.path.join(to, name))
        return
    if not to.startswith(("https://", "http://")):
        raise ValueError("'to' is a folder or an http or https URL, not %s" % to)
    with open(path, "rb") as file:
        asked = urllib.request.Request(to.rstrip("/") + "/" + name, data=file.read(), method="PUT", headers={"Content-Type": "application/octet-stream"})
    with urllib.request.urlopen(asked, timeout=TIMEOUT):
        pass


def flush(folder, to):
    """All that waits; the signature first, so that whoever sees a report has it."""
    waiting = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    for name in waiting[:-KEPT]:
        drop(os.path.join(folder, name))
    for name in waiting[-KEPT:]:
        path = os.path.join(folder, name)
        if os.path.exists(path + ".asc"):
            give(path + ".asc", to)
            give(path, to)
        drop(path)


def drop(path):
    for name in (path, path + ".asc"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def send(channel, state, status, text=""):
    """status: "ok" or "failed"."""
    try:
        where = channel["report"]
        memory = guard.Memory(state, channel)
        data = made(channel, memory.now, status, text)
        folder = os.path.join(state, "reports", os.path.splitext(os.path.basename(memory.path))[0])
        os.makedirs(folder, mode=0o755, exist_ok=True)
        path = os.path.join(folder, "%017d-%s.json" % (time.time_ns() // 1000, socket.gethostname()))
        with open(path, "xb") as file:
            file.write(data)
        sign(where.get("home", HOME), path)
        flush(folder, where["to"])
    except (guard.Refused, OSError, ValueError, KeyError, TypeError, AttributeError) as why:
        warn(channel, why)
