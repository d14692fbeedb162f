# sluice_guard.py - what a client must remember about a channel: shared by the hook of apt (apt-guard) and the plugin of dnf (dnf_plugin.py).
#
# apt and dnf verify who signed an index, but neither minds that it is an old one: a server that replays an older, validly signed tree freezes apt and
# takes dnf back. So after each refresh the channel's release.json is fetched as well. It is believed by its signature alone, its serial may never be
# smaller than the highest one seen, its valid_until may not be over, and the index that the package manager holds must be the one it names.
#
#   CHANNELS/NAME.json   written by `sluice channel client NAME --format guard`: {"version", "channel", "channel_id", "url", "keys" (armored)}
#   STATE/CHANNEL_ID.json  the highest serial, the digest of its release.json, until when it is good, and each index held
#
# Everything that cannot be checked is a no. The caller gives `fetch(url, file)`, so that proxies, certificates and file: URLs are the package manager's own.
import base64
import calendar
import email.utils
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time

RELEASE_MAX = 64 << 20  # as `sluice pull`
LEAP_MAX = 1 << 40  # as `sluice pull`: more serials than any channel lives to publish
VALID_MAX = 366 * 86400  # as `sluice pull`
AHEAD = 300  # seconds a clock may be behind the signer's
RECENT = 300  # seconds in which dnf, asked again and holding the same, asks nobody
TRIES = 3  # a publication between the file and its signature is taken twice in a row by nobody

HINTS = {
    "E_ROLLBACK": "this server shows an older state than it did before; ask who runs it, and change nothing until they answer",
    "E_FREEZE": "nothing new was signed, or this server keeps it back; ask who runs the channel, and look at this machine's clock",
    "E_SIG_BAD": "do not take anything from this server; compare the key with `sluice channel client --format guard`",
}


class Refused(Exception):
    """The channel is not to be used now. str() is one line for a person."""

    def __init__(self, channel, code, text):
        hint = HINTS.get(code)
        super().__init__("channel %s: %s: %s%s" % (channel, code, text, "; " + hint if hint else ""))
        self.code = code


class Unreachable(Exception):
    """The server did not give a file."""


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def printable(text):
    return "".join(c if c.isprintable() else "?" for c in str(text))


# ---- what is configured


def load_channels(folder):
    """The configurations in the folder, by name. One that cannot be read refuses: it would be a channel that nobody watches."""
    channels = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not name.endswith(".json"):
            continue
        path = os.path.join(folder, name)
        try:
            with open(path, encoding="utf-8") as file:
                channel = json.load(file)
            if channel["version"] != 1 or not all(isinstance(channel[k], str) and channel[k] for k in ("channel", "channel_id", "url", "keys")):
                raise ValueError("it is of another version, or a member is missing")
        except (OSError, ValueError, KeyError, TypeError) as why:
            raise Refused(name, "E_CONFIG", "%s cannot be read: %s" % (path, why)) from why
        channel["url"] = channel["url"].rstrip("/")
        channels.append(channel)
    return channels


def dearmored(text):
    """The bytes of every armored block: gpgv reads binary keyrings only."""
    keys = b""
    for block in re.findall(r"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(.*?)-----END PGP PUBLIC KEY BLOCK-----", text, re.S):
        body = block.replace("\r", "").split("\n\n", 1)[-1]
        keys += base64.b64decode("".join(line for line in body.split("\n") if not line.startswith("=")))
    return keys


# ---- what is remembered


class Memory:
    """The state of one channel: replaced as a whole, so that a kill leaves the old one or the new one."""

    def __init__(self, folder, channel):
        self.path = os.path.join(folder, re.sub(r"[^A-Za-z0-9._-]", "_", channel["channel_id"]) + ".json")
        self.channel = channel
        self.now = {"version": 1, "channel_id": channel["channel_id"], "serial": 0, "digest": "", "valid_until": "", "checked": 0, "refused": "", "held": {}}
        if os.path.exists(self.path):
            try:
                with open(self.path, encoding="utf-8") as file:
                    kept = json.load(file)
                if kept["version"] != 1 or not isinstance(kept["serial"], int) or not isinstance(kept["held"], dict):
                    raise ValueError("it is of another version")
                self.now.update(kept)
            except (OSError, ValueError, KeyError, TypeError) as why:
                raise Refused(channel["channel"], "E_STATE", "what was seen before (%s) cannot be read: %s" % (self.path, why)) from why

    def save(self):
        folder = os.path.dirname(self.path)
        try:
            os.makedirs(folder, mode=0o755, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
                json.dump(self.now, file, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)
            os.replace(file.name, self.path)
        except OSError as why:
            if os.geteuid() == 0:  # an ordinary user asks (dnf list); who installs is root
                raise Refused(self.channel["channel"], "E_STATE", "%s cannot be written: %s" % (self.path, why)) from why


# ---- release.json


def good_signature(status):
    """gpgv's status lines: one signature by a key of ours that is good now, and none that is false. Between two keys of a channel release.json is signed by both,
    and a client may know only one of them yet: a signature by a key that is not here says nothing."""
    blocks = [set()]
    for line in status.splitlines():
        words = line.split()
        if line.startswith("[GNUPG:] ") and len(words) > 1:
            if words[1] == "NEWSIG":
                blocks.append(set())
            blocks[-1].add(words[1])
    bad = {"BADSIG", "ERRSIG", "EXPKEYSIG", "REVKEYSIG", "EXPSIG"}
    return any({"GOODSIG", "VALIDSIG"} <= block and not bad & block for block in blocks) and not any("BADSIG" in block for block in blocks)


def verified(channel, folder, path, signature):
    ring = os.path.join(folder, "keys.gpg")
    with open(ring, "wb") as file:
        file.write(dearmored(channel["keys"]))
    told = subprocess.run(["gpgv", "--status-fd", "1", "--keyring", ring, signature, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return good_signature(told.stdout.decode("ascii", "replace"))


def once(pairs):
    """An object of JSON in which no name stands twice: other readers would take the other value."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("release.json says something twice")
    return members


def fetch_release(channel, fetch):
    """release.json and its digest, believed by its signature."""
    with tempfile.TemporaryDirectory(prefix="sluice-guard.") as folder:
        for _ in range(TRIES):
            path, signature = os.path.join(folder, "release.json"), os.path.join(folder, "release.json.asc")
            for url, to in ((channel["url"] + "/release.json", path), (channel["url"] + "/release.json.asc", signature)):
                if os.path.exists(to):
                    os.unlink(to)
                fetch(url, to)
                if os.path.getsize(to) > RELEASE_MAX:
                    raise Refused(channel["channel"], "E_LIMIT", "%s is larger than %d bytes" % (url, RELEASE_MAX))
            if verified(channel, folder, path, signature):
                with open(path, "rb") as file:
                    data = file.read()
                release = json.loads(data, object_pairs_hook=once)
                if not isinstance(release, dict):
                    raise ValueError("release.json is no object")
                return release, hashlib.sha256(data).hexdigest()
    raise Refused(channel["channel"], "E_SIG_BAD", "release.json has no good signature by a key of this channel")


def judge_release(channel, memory, release, digest):
    name, seen = channel["channel"], memory.now
    now = time.time()
    if release.get("version") != 1 or release.get("channel_id") != channel["channel_id"]:
        raise Refused(name, "E_MISMATCH", "release.json is of channel %s, not of %s" % (printable(release.get("channel_id")), channel["channel_id"]))
    if release.get("export") and not channel.get("exported"):
        raise Refused(name, "E_FREEZE", 'release.json was signed for being carried; where that is meant, "exported": true in the configuration says so')
    if type(release["serial"]) is not int or not 0 < release["serial"] <= seen["serial"] + LEAP_MAX:
        raise ValueError("its serial is no number that a snapshot could have")
    if release["serial"] < seen["serial"]:
        raise Refused(name, "E_ROLLBACK", "serial %d is served, %d was seen before" % (release["serial"], seen["serial"]))
    if release["serial"] == seen["serial"] and digest != seen["digest"]:
        raise Refused(name, "E_ROLLBACK", "another release.json with serial %d was seen before" % seen["serial"])
    if seconds(release["time"]) > now + AHEAD:
        raise Refused(name, "E_CLOCK", "release.json is of %s, which is in the future; this machine's clock is wrong" % release["time"])
    if seconds(release["valid_until"]) <= now:
        raise Refused(name, "E_FREEZE", "what is served was valid until %s" % release["valid_until"])
    if seconds(release["valid_until"]) - seconds(release["time"]) > VALID_MAX:
        raise Refused(name, "E_FREEZE", "what is served says that it is good until %s, more than a year" % release["valid_until"])


# ---- the index that is held


class Index:
    """An index of the package manager: its place in the tree, its file here, when it says it was made."""

    def __init__(self, path, file, made):
        self.path, self.file, self.made, self.digest = path, file, made, digest_of(file)


def apt_index_time(file):
    with open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("Date:"):
                return email.utils.mktime_tz(email.utils.parsedate_tz(line[5:].strip()))
    raise ValueError("%s has no Date" % file)


def dnf_index_time(file):
    with open(file, encoding="utf-8", errors="replace") as text:
        found = re.search(r"<revision>\s*(\d{1,12})\s*</revision>", text.read(1 << 20))
    if not found:
        raise ValueError("%s has no revision" % file)
    return int(found.group(1))


def judge_index(channel, memory, index, release):
    """Named by release.json: good as long as that is. Taken before: good until what it was named by ends. Between two publications: newer than what was held."""
    name, before = channel["channel"], memory.now["held"].get(index.file)
    named = release and any(i["path"] == index.path and i["sha256"] == index.digest for i in release["indexes"])
    now = time.time()
    if named:
        memory.now["held"][index.file] = {"digest": index.digest, "made": seconds(release["time"]), "valid_until": release["valid_until"]}
    elif before and before["digest"] == index.digest:
        if seconds(before["valid_until"]) <= now:
            raise Refused(name, "E_FREEZE", "%s is still the one that was valid until %s" % (index.path, before["valid_until"]))
    elif not release:
        raise Refused(name, "E_FREEZE", "%s has changed, but release.json, which says whether that is right, cannot be had" % index.path)
    else:
        judge_between(name, before, memory, index, release, now)


def judge_between(name, before, memory, index, release, now):
    span = seconds(release["valid_until"]) - seconds(release["time"])
    if before and index.made < before["made"]:
        raise Refused(name, "E_ROLLBACK", "%s is of %s, older than the one that was held" % (index.path, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(index.made))))
    if index.made > now + AHEAD or index.made + span <= now:
        raise Refused(name, "E_FREEZE", "%s is not the one that release.json names, and not a recent one" % index.path)
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(index.made + span))
    memory.now["held"][index.file] = {"digest": index.digest, "made": index.made, "valid_until": end}


# ---- the question


def check(channel, state, fetch, indexes_of):
    """Judges the channel; indexes_of(release or None, paths known) lists what is held of it. Returns a warning or None; raises Refused, which is remembered."""
    memory = Memory(state, channel)
    warning = None
    try:
        try:
            release, digest = fetch_release(channel, fetch)
            judge_release(channel, memory, release, digest)
        except Unreachable as why:
            release, digest = None, None
            warning = "channel %s: release.json cannot be had (%s); what is held stays good until it ends" % (channel["channel"], printable(why))
        for index in indexes_of(release):
            judge_index(channel, memory, index, release)
    except Refused as no:
        memory.now["refused"] = str(no)
        memory.save()
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OSError, OverflowError, RecursionError) as why:
        memory.now["refused"] = "channel %s: E_METADATA: %s" % (channel["channel"], printable(why))
        memory.save()
        raise Refused(channel["channel"], "E_METADATA", printable(why)) from why
    if release:
        memory.now.update(serial=release["serial"], digest=digest, valid_until=release["valid_until"], checked=int(time.time()), refused="")
    memory.save()
    return warning


def recent(channel, state, indexes):
    """Nothing has changed here since it was looked at a moment ago."""
    memory = Memory(state, channel)
    held = memory.now["held"]
    return standing(channel, state) is None and 0 <= time.time() - memory.now["checked"] < RECENT and all(held.get(i.file, {}).get("digest") == i.digest for i in indexes)


def standing(channel, state):
    """What is known without asking anybody: None, or why the channel is not to be used."""
    memory = Memory(state, channel)
    if memory.now["refused"]:
        return memory.now["refused"]
    if memory.now["valid_until"] and seconds(memory.now["valid_until"]) <= time.time():
        return str(Refused(channel["channel"], "E_FREEZE", "what is known was valid until %s; refresh first" % memory.now["valid_until"]))
    return None
