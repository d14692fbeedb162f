"""fidelity.py SLUICE DEPMAP.c WORK FILE...: converts every FILE to deb and rpm and holds the results against it, read by dpkg-deb, rpm and rpm2cpio.

Every difference must stand in `lost` of `convert --json`, under the right kind; then the result is installed for real below a throw-away root
and the tree is held against the source once more. Run it as root in namespaces of its own (fidelity.sh): it binds its own /etc/passwd.
Prints one line a conversion and one a problem; ends with 1 when there was a problem. A refusal is a problem, but for source packages."""
import collections, hashlib, json, os, re, shutil, stat, subprocess, sys, time
import fidelity_install, fidelity_read

sluice, depmap, work = sys.argv[1:4]
INSTALLS = os.environ.get("SLUICE_NO_INSTALL") != "1"
ARCHES = {"amd64": "x86_64", "all": "noarch", "arm64": "aarch64", "ppc64el": "ppc64le"}
PAIRS = [(a, b) for a, b in re.findall(r'\{ "([^"/]+)", "([^"]*)"', open(depmap).read())]
KEPT = ("guessed", "mapped", "changed")                  # what a note says first of a relation that is still there
NOISE = re.compile(r"rpmlib\(|config\(")


class Case:
    def __init__(self, source, result, lost):
        self.source, self.result, self.problems = source, result, []
        self.lost = [(l["what"] if "what" in l else fidelity_read.text(l["what_raw"].encode("latin-1")), l.get("why", "")) for l in lost]
        self.same = source["format"] == result["format"]

    def wrong(self, what):
        self.problems.append(what)

    def is_lost(self, *prefixes):
        return any(what.startswith(prefix) for what, _ in self.lost for prefix in prefixes)

    def same_or_lost(self, what, a, b, *prefixes):
        if a != b and not self.is_lost(*prefixes):
            self.wrong(f"{what}: {a!r} became {b!r}, and {' or '.join(prefixes) or 'nothing'} is not in lost")


# ---- identity

def squeeze(words):
    return re.sub(r"\s+", " ", words).strip()


def identity(c):
    s, r = c.source, c.result
    # rpm knows no difference between 0 and none
    c.same_or_lost("epoch", s["epoch"], r["epoch"])
    if c.same:
        for what in ("name", "version", "release", "arch"):
            c.same_or_lost(what, s[what], r[what])
    else:
        c.same_or_lost("name", s["name"].lower().replace("_", "-"), r["name"], "name:")
        arches = ARCHES if s["format"] == "deb" else {b: a for a, b in ARCHES.items()}
        if s["arch"] in arches:
            c.same_or_lost("architecture", arches[s["arch"]], r["arch"])
        if re.fullmatch(r"[0-9]+(\.[0-9]+)*", s["version"]):
            c.same_or_lost("version", s["version"], r["version"])
        if re.fullmatch(r"[0-9]+", s["release"]):
            c.same_or_lost("release", s["release"], r["release"])
    for what in ("summary", "description", "homepage", "vendor", "maintainer", "license"):
        if s[what]:
            c.same_or_lost(what, squeeze(s[what]), squeeze(r[what]), what + ":", "field:" + what.capitalize())
    if s["changelog"]:
        c.same_or_lost("changelog", s["changelog"], r["changelog"], "changelog")
    told = {"package", "version", "architecture", "installed-size", "maintainer", "homepage", "description", "license", "vendor"} | {
        n.lower() for n in fidelity_read.NAMES}
    for name, value in s["fields"].items():
        if value and name.lower() not in told:
            c.same_or_lost("field " + name, squeeze(value), squeeze(r["fields"].get(name, "")), "field:" + name)
    for name, value in s["extra"].items():
        if value:
            c.same_or_lost("control file " + name, value, r["extra"].get(name), "control-file:" + name, "field:control-file:" + name)


# ---- relations

def relation(words):
    """name, operator, version of deb's "a (>= 1)" or rpm's "a >= 1"; None for alternatives and rich ones."""
    found = re.fullmatch(r"([^\s(|]\S*?)(?:\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^)]+)\)|(<=|>=|<|>|=) (\S+)))?(?:\s*\[[^]]*\])?", words)
    if not found or "|" in words:
        return None
    name, one, version, two, other = found.groups()
    return name, {"<<": "<", ">>": ">"}.get(one or two or "", one or two or ""), (version or other or "").strip()


def names_for(name, to_rpm):
    """What a name may be called in the other family."""
    base = re.sub(r":(any|native|amd64|[a-z0-9-]+)$", "", name) if to_rpm else name.lower().replace("_", "-")
    soname, plain = name.split("(")[0], re.sub(r"\((x86|aarch|s390|ppc|riscv)-\d+\)$", "", name)
    right = {b if to_rpm else a for a, b in PAIRS if (a if to_rpm else b) in (base, plain)}
    return {base, plain, plain.lower().replace("_", "-")} | right | {b for a, b in PAIRS if a == soname and not to_rpm}


def family(kind):
    return {"pre-requires": "requires", "breaks": "conflicts", "supplements": "enhances"}.get(kind, kind)


def is_own(package, words):
    """foo = 1, foo(x86-64) = 1: every package says it of itself."""
    return re.match(re.escape(package["name"]) + r"(\((x86|aarch|s390|ppc|riscv)-\d+\))? = ", words) is not None


def relations(c):
    s, r = c.source, c.result
    if c.same:
        mine = collections.Counter((family(k), t) for k, t in s["relations"] if not NOISE.match(t))
        theirs = collections.Counter((family(k), t) for k, t in r["relations"] if not NOISE.match(t))
        for kind, words in mine.keys() - theirs.keys():
            if not c.is_lost(f"relation:{kind} {words}", f"relation:pre-{kind} {words}") and not is_own(s, words):
                c.wrong(f"relation {kind} {words} is neither there nor in lost")
        for kind, words in theirs.keys() - mine.keys():
            if not (kind == "requires" and words.startswith("/")) and not is_own(r, words):
                c.wrong(f"relation {kind} {words} came from nowhere")
        return
    have = collections.defaultdict(list)
    for kind, words in r["relations"]:
        have[kind].append(words)
    c.told = told = {re.sub(r"\s+", " ", what): why for what, why in c.lost if what.startswith("relation:")}
    for kind, words in s["relations"]:
        why = told.get(f"relation:{kind} {words}") or (told.get("relation:pre-requires " + words) if kind == "requires" else None) or (
            told.get("relation:requires " + words) if kind == "pre-requires" else None)
        if (why and not why.startswith(KEPT)) or (kind == "provides" and is_own(s, words)):
            continue
        related(c, kind, words, have)


def related(c, kind, words, have):
    to_rpm = c.result["format"] == "rpm"
    wanted = {"breaks": ["conflicts"] if to_rpm else ["breaks"], "obsoletes": ["replaces"] if not to_rpm else ["obsoletes"],
              "replaces": ["obsoletes"], "supplements": ["enhances"]}.get(kind, [kind])
    if family(kind) == "requires":
        wanted = ["requires", "pre-requires"]
    there = [t for k in wanted for t in have[k]]
    parsed = relation(words)
    if parsed is None:                                  # alternatives, rich: every name of it stands in one relation there
        parts = [p for p in (relation(w.strip().strip("()")) for w in re.split(r"\||\b(?:or|and|if|with|unless|without|else)\b", words) if w.strip()) if p]
        if any(why and not why.startswith(KEPT) for why in (c.told.get(f"relation:{kind} {w.strip()}") for w in words.split("|"))):
            return                                      # one that is always met, or never: it stands in lost on its own
        if not any(all(any(n in t for n in names_for(p[0], to_rpm)) for p in parts) for t in there + [", ".join(there)]):
            c.wrong(f"relation {kind} {words} is neither there nor in lost")
        return
    name, op, version = parsed
    found = [t for t in there if (relation(t) or ("",))[0] in names_for(name, to_rpm)]
    if not found:
        c.wrong(f"relation {kind} {words} is neither there nor in lost")
    elif op and not any((relation(t)[1] or op) == op or (op == "=" and relation(t)[1] == ">=") for t in found):
        c.wrong(f"relation {kind} {words} became {found}")
    elif op and not any(relation(t)[1] for t in found) and not c.is_lost(f"relation:{kind} {words}"):
        c.wrong(f"relation {kind} {words} lost its version: {found}")
    elif op and re.fullmatch(r"[0-9.]+", version) and relation(found[0])[0] in (name, name.split(":")[0]) and not any(
            relation(t)[2].removesuffix("-0").removesuffix("A") == version for t in found):
        c.wrong(f"relation {kind} {words} became {found}")


# ---- scripts

def quoted(line):
    """A line of the vendor's script as it may stand in a generated one: as it is, in single quotes, as printf's format."""
    octal = b"".join(b"\\%03o" % c if c > 126 or c in b"\\'" else b"%%" if c == 37 else b"%c" % c for c in line)
    return line, line.replace(b"'", b"'\\''"), octal


def scripts(c):
    s, r = c.source, c.result
    if c.same:
        for name, body in s["scripts"].items():
            c.same_or_lost("script " + name, body, r["scripts"].get(name), "script:" + name)
    else:
        everything = b"".join(v if isinstance(v, bytes) else "\0".join(v).encode("utf-8", "surrogateescape") for v in r["scripts"].values())
        for name, body in s["scripts"].items():
            raw = body if isinstance(body, bytes) else body[1].encode("utf-8", "surrogateescape")
            lines = [l.strip() for l in raw.splitlines() if len(l.strip()) > 3 and not l.startswith(b"#")]
            if not c.is_lost("script:" + name, "script:" + name.lstrip("%")) and not all(
                    any(form in everything for form in quoted(l)) for l in lines) and body[0] != "/sbin/ldconfig":
                c.wrong(f"script {name} is neither there as it was nor in lost")
    kept = {t if isinstance(t, str) else tuple(t) for t in r["triggers"]}
    for trigger in s["triggers"]:
        key = trigger if isinstance(trigger, str) else tuple(trigger)
        if key not in kept and not c.is_lost("trigger:", "script:%trigger", "script:%filetrigger", "script:%transfiletrigger"):
            c.wrong(f"trigger {trigger} is neither there nor in lost")
    for name, body in r["scripts"].items():
        program, raw = (body[0], body[1].encode("utf-8", "surrogateescape")) if isinstance(body, tuple) else (
            (re.match(rb"#!\s*(\S+)", body) or [b"", b""])[1].decode(), body)
        if os.path.basename(program.split(" ")[0]) in ("sh", "bash", "dash"):
            checked = subprocess.run([program.split(" ")[0], "-n"], input=raw, capture_output=True)
            if checked.returncode:
                c.wrong(f"script {name} of the result does not parse: {checked.stderr.decode(errors='replace')[:200]}")


# ---- files

ASPECTS = {"type": (), "mode": (), "owner": ("owner:",), "group": ("owner:",), "mtime": ("mtime:",), "size": (), "sha256": (), "target": (),
           "device": (), "caps": ("capabilities:", "capability:")}


def caps(words):
    return tuple(sorted(re.sub(r"[+=]", "=", word) for word in words.lstrip("= ").split()))


def files(c):
    s, r = c.source, c.result
    for path, a in s["files"].items():
        b = r["files"].get(path)
        if b is None:
            if not ("ghost" in a["flags"] and c.is_lost("ghost:")) and not (a["type"] == "dir" and c.is_lost("directory:")) and not c.is_lost("entry:" + path):
                c.wrong(f"{path} is missing")
            continue
        for aspect, prefixes in ASPECTS.items():
            x, y = a[aspect], b[aspect]
            if aspect == "caps":
                x, y = caps(x), caps(y)
                if x != y and b"setcap" in b"".join(v for v in r["scripts"].values() if isinstance(v, bytes)):
                    continue
            if aspect in ("size", "sha256") and "ghost" in a["flags"]:
                continue
            if aspect in ("mode", "owner", "group", "mtime") and len(a["links"]) > 1 and len({f[aspect] for f in (s["files"][n] for n in a["links"])}) > 1:
                continue                            # one inode cannot be both; the installed trees are compared
            if x != y:
                c.same_or_lost(f"{path}: {aspect}", x, y, *prefixes)
        if a["links"] != b["links"]:
            c.wrong(f"{path}: its hard links {sorted(a['links'])} became {sorted(b['links'])}")
        flags(c, path, a, b)
    for path in r["files"].keys() - s["files"].keys():
        if not (r["files"][path]["type"] == "dir" and any(p.startswith(path + "/") for p in s["files"])):
            c.wrong(f"{path} came from nowhere")


KINDS = {"config": ("flag:config",), "noreplace": ("flag:config",), "doc": ("flag:doc",), "license": ("flag:doc",), "readme": ("flag:doc",),
         "ghost": ("ghost:",), "missingok": ("flag:missingok",)}


def flags(c, path, a, b):
    for flag in a["flags"] - b["flags"]:
        if not c.is_lost(*KINDS[flag]):
            c.wrong(f"{path}: flag {flag} is gone and not in lost")
    for flag in b["flags"] - a["flags"]:
        if not (flag == "noreplace" and c.is_lost("flag:config-replace")):
            c.wrong(f"{path}: flag {flag} came from nowhere")
    if a.get("lang") and a["lang"] != b.get("lang", "") and not c.is_lost("field:filelangs"):
        c.wrong(f"{path}: language {a['lang']} is gone and not in lost")


def conffiles(c):
    for line in c.source["conffiles"]:
        if c.same and line not in c.result["conffiles"] and not c.is_lost("conffile:" + line):
            c.wrong(f"conffile {line} is gone")
        elif not c.same and not line.startswith("/") and not c.is_lost("conffile", "field:conffile-removed"):
            c.wrong(f"conffile line '{line}' is gone and not in lost")


CHECKS = (identity, relations, scripts, files, conffiles)


def tree(c, path, home, root):
    """Installs the result; what lies there is what lies there at home."""
    try:
        found = fidelity_install.install(path, c.result, root)
    except AssertionError as error:
        return c.wrong(f"cannot be installed: {error}")
    for name, want in home.items():
        if name not in c.result["files"]:
            continue
        have = found.get(name)
        if have is None:
            c.wrong(f"installed: {name} is missing")
            continue
        for aspect in ("type", "mode", "owner", "group", "mtime", "size", "sha256", "target", "device"):
            if have[aspect] == want[aspect] or (aspect == "mtime" and (want["type"] == "dir" or c.is_lost("mtime:"))):
                continue
            if aspect in ("owner", "group") and c.is_lost("owner:"):
                continue
            c.wrong(f"installed: {name}: {aspect} is {have[aspect]!r}, was {want[aspect]!r}")
        if have["links"] != want["links"]:
            c.wrong(f"installed: {name}: its hard links are {sorted(have['links'])}")
        if want["caps"] != have["caps"] and c.result["format"] == "rpm":
            c.wrong(f"installed: {name}: its capabilities are {have['caps']!r}, were {want['caps']!r}")


def convert(path, target, output):
    shutil.rmtree(output, ignore_errors=True)
    begun = time.monotonic()
    done = subprocess.run([sluice, "--quiet", "--json", "convert", path, "--to", target, "--output", output, "--allow-lossy"], capture_output=True)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        said = {}
    return done, said, time.monotonic() - begun


def judge(path):
    problems, source, home = [], None, {}
    for target in ("deb", "rpm"):
        output, name = os.path.join(work, "out"), os.path.basename(path)
        done, said, seconds = convert(path, target, output)
        if done.returncode == 3:
            error = said.get("error", {})
            print(f"refused  {name} -> {target}: {error.get('code')} {error.get('text', done.stderr.decode(errors='replace'))[:200]}", flush=True)
            refused.append((name, target))
            problems += [] if "a source rpm" in error.get("text", "") else [f"{name} -> {target}: refused"]
            continue
        if done.returncode:
            problems.append(f"{name} -> {target}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
            print(problems[-1], flush=True)
            continue
        if source is None:
            source = fidelity_read.read(path)
            try:
                home = fidelity_install.install(path, source, os.path.join(work, "root")) if INSTALLS else {}
            except AssertionError as error:
                print(f"at home {name} cannot be installed: {error}")
        result = said["outputs"][0]["path"]
        case = Case(source, fidelity_read.read(result), said["lost"])
        for check in CHECKS:
            check(case)
        if INSTALLS:
            tree(case, result, home, os.path.join(work, "root"))
        print(f"{'ok' if not case.problems else 'PROBLEM':8} {name} -> {target}: {len(source['files'])} entries, {len(case.lost)} lost, {seconds:.1f} s", flush=True)
        for text in case.problems[:12] + ([f"and {len(case.problems) - 12} more"] if len(case.problems) > 12 else []):
            print("    " + text.encode("utf-8", "backslashreplace").decode(), flush=True)
        problems += [f"{name} -> {target}: {text}" for text in case.problems]
    return problems


refused, problems = [], []
for path in sys.argv[4:]:
    try:
        problems += judge(path)
    except AssertionError as error:
        problems.append(f"{os.path.basename(path)}: cannot be judged: {error}")
        print(problems[-1], flush=True)
print(f"{len(sys.argv) - 4} files, {len(refused)} conversions refused, {len(problems)} problems")
sys.exit(1 if problems else 0)
