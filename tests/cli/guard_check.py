#!/usr/bin/env python3
"""guard_check.py FOLDER: asks the guard of the clients (clients/guard) about release.json files that somebody made by hand; keys come from FOLDER/NAME.asc, signatures from gpg."""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["SOURCES"], "clients/guard"))
import sluice_guard as guard  # noqa: E402

folder = sys.argv[1]
failures = []
NOW = int(time.time())
ID = "store/production"


def when(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def release(**changes):
    told = {"version": 1, "channel_id": ID, "serial": 5, "time": when(NOW - 60), "valid_until": when(NOW + 7 * 86400), "indexes": []}
    told.update(changes)
    return json.dumps(told)


def signed(name, text, *keys, spoil=False, faked=None):
    """A folder that is served: release.json, and its signature by these keys."""
    tree = os.path.join(folder, name)
    os.makedirs(tree)
    path = os.path.join(tree, "release.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    words = ["gpg", "-q", "--batch"] + (["--faked-system-time", faked] if faked else [])
    subprocess.run(words + ["--detach-sign", "--armor", "-o", path + ".asc"] + [w for k in keys for w in ("-u", k)] + [path], check=True, stderr=subprocess.DEVNULL)
    if spoil:
        with open(path, "a", encoding="utf-8") as file:
            file.write(" ")
    return tree


def ask(tree, *keys, state=None):
    """What the guard says: "" or the code of its refusal."""
    state = state or os.path.join(tree, "state")
    text = ""
    for key in keys:
        with open(os.path.join(folder, key + ".asc"), encoding="ascii") as file:
            text += file.read()
    channel = {"version": 1, "channel": "production", "channel_id": ID, "url": "http://x", "keys": text}

    def fetch(url, to):
        shutil.copy(os.path.join(tree, os.path.basename(url)), to)

    try:
        guard.check(channel, state, fetch, lambda _: [])
    except guard.Refused as no:
        return no.code
    return ""


def expect(what, got, wanted):
    if got != wanted:
        failures.append("%s: '%s' is meant, not '%s'" % (what, wanted, got))


good = signed("good", release(), "old")
expect("signed", ask(good, "old"), "")
expect("by nobody we know", ask(good, "next"), "E_SIG_BAD")
expect("by one that was revoked", ask(signed("revoked", release(), "gone"), "gone"), "E_SIG_BAD")
expect("by one that has expired", ask(signed("expired", release(), "late", faked="20200110T000000"), "late"), "E_SIG_BAD")
expect("changed", ask(signed("changed", release(), "old", spoil=True), "old"), "E_SIG_BAD")

# Between two keys: whoever knows one of them goes on.
both = signed("both", release(), "old", "next")
expect("both, the old one known", ask(both, "old"), "")
expect("both, the next one known", ask(both, "next"), "")
expect("both known", ask(both, "old", "next"), "")
expect("both, neither known", ask(both, "other"), "E_SIG_BAD")
expect("both, changed", ask(signed("both-changed", release(), "old", "next", spoil=True), "old"), "E_SIG_BAD")
expect("a revoked one beside a good one", ask(signed("beside", release(), "gone", "old"), "gone", "old"), "")

# What the key signed all the same.
for name, text in {
    "a name twice": release()[:-1] + ', "serial": 9}',
    "a name twice, deeper": release()[:-1] + ', "log": {"seq": 1, "seq": 2}}',
    "no number": release(serial="5"),
    "a part": release(serial=5.5),
    "beyond all": '{"serial": 1e999, ' + release()[1:].replace('"serial": 5, ', ""),
    "yes": release(serial=True),
    "below": release(serial=-1),
    "too much to count to": release(serial=2**63),
    "a leap": release(serial=2**40 + 1),
    "no object": "[]",
    "no JSON": "{",
    "no time": release(time=""),
}.items():
    expect(name, ask(signed(name, text, "old"), "old"), "E_METADATA")
expect("for ever", ask(signed("ever", release(valid_until="9999-01-01T00:00:00Z"), "old"), "old"), "E_FREEZE")
expect("over", ask(signed("over", release(time=when(NOW - 900), valid_until=when(NOW - 60)), "old"), "old"), "E_FREEZE")
expect("of tomorrow", ask(signed("tomorrow", release(time=when(NOW + 86400)), "old"), "old"), "E_CLOCK")
expect("another channel", ask(signed("another", release(channel_id="store/pilot"), "old"), "old"), "E_MISMATCH")
expect("carried", ask(signed("carried", release(export=True), "old"), "old"), "E_FREEZE")

# What was seen stays seen, also where the answer was a no.
state = os.path.join(folder, "state")
expect("the first", ask(good, "old", state=state), "")
expect("an older one", ask(signed("older", release(serial=4), "old"), "old", state=state), "E_ROLLBACK")
expect("another with that serial", ask(signed("twin", release(note=1), "old"), "old", state=state), "E_ROLLBACK")
expect("a wrong one", ask(signed("leap", release(serial=2**40 + 6), "old"), "old", state=state), "E_METADATA")
expect("the next", ask(signed("newer", release(serial=6), "old"), "old", state=state), "")
expect("the first again", ask(good, "old", state=state), "E_ROLLBACK")

# dnf fetches into a file of its own, whatever comes; dnf itself is not asked here.
for name in ("dnf", "dnf.exceptions", "dnf.transaction", "libdnf", "libdnf.transaction"):
    sys.modules[name] = types.ModuleType(name)
dnf = sys.modules["dnf"]
dnf.Plugin, dnf.exceptions = object, sys.modules["dnf.exceptions"]
dnf.exceptions.Error = RuntimeError
import sluice_guard_dnf  # noqa: E402


class Endless:
    """A dnf whose server never ends; the file that it writes is looked at."""

    def __init__(self, most):
        self.most, self.written = most, 0

    def urlopen(self, _url, _repo):
        file = tempfile.TemporaryFile(dir=folder, buffering=0)
        while self.written < self.most:
            self.written += file.write(b"\0" * (1 << 20))
        file.seek(0)
        return file


def fetched(most):
    plugin = sluice_guard_dnf.SluiceGuard.__new__(sluice_guard_dnf.SluiceGuard)
    plugin.base, plugin.repositories = Endless(most), lambda _: iter(())
    try:
        plugin.fetch(guard, {})("http://x/release.json", os.path.join(folder, "fetched"))
    except guard.Unreachable:
        return "E_LIMIT" if plugin.base.written <= guard.RELEASE_MAX + (1 << 20) else "too much"
    return ""


before = resource.getrlimit(resource.RLIMIT_FSIZE)
expect("a file that ends", fetched(1 << 20), "")
expect("one that does not", fetched(200 << 20), "E_LIMIT")
expect("the limit of who asks", str(resource.getrlimit(resource.RLIMIT_FSIZE)), str(before))

print("\n".join(failures))
sys.exit(1 if failures else 0)
