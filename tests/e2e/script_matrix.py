"""script_matrix.py SLUICE DATA WORK SOURCES TARGETS: vendor packages of every source under every target's package manager, event by event
(tests/data/script-matrix); both are words with commas.

What the scripts wrote down at home and translated must be the same, or an item of the conversion's `lost` says so (DATA/explained). Prints the
table of docs/script-matrix.md; problems go to stderr, and end it with 1."""
import concurrent.futures, fnmatch, glob, json, os, re, shutil, subprocess, sys
import script_matrix_make as make
import script_matrix_table as table

sluice, data, work = sys.argv[1:4]
formats, targets = sys.argv[4].split(","), sys.argv[5].split(",")
MANAGERS = ("deb", "rpm", "pacman")  # those that are here
problems = []


# ---- what is to happen

def columns(name):
    for line in open(os.path.join(data, name)):
        if line.strip() and not line.startswith("#"):
            yield [part.strip() for part in line.split("|")]


def rows_for(family):
    return [{"name": name, "setup": [step for step in setup.split(", ") if step], "step": step, "fails": fails}
            for name, setup, step, fails, families in columns("rows") if families in ("all", family)]


def row_script(row):
    lines = [f"printf 'row\\n' >> /share/record"]
    lines += [f"do_it {step}" for step in row["setup"]]
    lines += [f"printf '%s\\n' '{row['fails']}' > /share/fail" if row["fails"] else ":", "printf 'step\\n' >> /share/record"]
    lines += [f"if {row['step']} >> /share/log 2>&1; then outcome=ok; else outcome=fails; fi"]
    lines += ["printf 'outcome\\t%s\\t%s\\t%s\\n' \"$outcome\" \"$(tree)\" \"$(kept)\" >> /share/record"]
    return "\n".join(lines + ["rm -f /share/fail", "clear >> /share/log 2>&1 || { cat /share/log; exit 1; }", "rm -rf /opt/rec /var/lib/sluice-scripts"])


HEAD = """
mount -t proc proc /proc
do_it() { echo "+ $*" >> /share/log; "$@" >> /share/log 2>&1 || { cat /share/log; echo "setup fails: $*"; exit 1; }; }
tree() { for file in /opt/rec/only-?; do [ ! -e "$file" ] || printf '%s ' "${file##*/}"; done; }
kept() { if [ -e /opt/rec ]; then echo -; else ls -A /var/lib/sluice-scripts 2> /dev/null || :; fi; }
"""


def live(name, packages, manager, rows):
    """All rows in one throw-away root; the record, split by row."""
    place = os.path.join(work, name)
    os.makedirs(f"{place}/root")
    shutil.copytree(packages, f"{place}/share")
    script = open(os.path.join(data, f"verbs-{manager}.sh")).read() + HEAD + "\n".join(row_script(row) for row in rows)
    open(f"{place}/share/record", "w").close()
    open(f"{place}/stdin", "w").write("the caller's\n")
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run(["unshare", "-m", "-p", "-f", "-n", "-i", "-u", "--kill-child", "sh", "enter", place, script], cwd=work, env=env, stdin=open(f"{place}/stdin"), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"{name}: the life ended early:\n{done.stdout[-3000:]}")
    return [parse(part) for part in open(f"{place}/share/record").read().split("row\n")[1:]]


def parse(text):
    calls, outcome = [], None
    for line in text.split("step\n", 1)[1].splitlines():
        words = line.split("\t")
        if words[0] == "outcome":
            outcome = {"ends": words[1], "tree": words[2].strip(), "kept": words[3].strip()}
            break  # what is called to clear up is not compared
        else:
            env = dict(item.split("=", 1) for item in words[4].split(";") if item)
            env["stdin"] = "nothing" if re.match(r"pipe:|socket:|/dev/null", env["stdin"]) else "the caller's"
            env["PATH"] = env["PATH"].replace(":/usr/X11R6/bin", "")  # what Debian's rpm adds to rpm's own
            calls.append({"version": words[0], "name": words[1], "args": words[2].strip(), "sees": words[3].strip(), "env": env})
    return {"calls": calls, "outcome": outcome}


# ---- apk is not here to be asked: its documented calls

def apk_calls(row):
    calls, installed = [], None
    env = {"cwd": "/", "umask": "0022", "stdin": "the caller's", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    ends = "ok"

    def call(version, name, args, tree):
        nonlocal ends
        if make.has_scripts(version):
            words = " ".join(f"'{v}-r1'" for v in args)
            calls.append({"version": str(version), "name": name, "args": words, "sees": f"only-{tree}" if tree is not None else "", "env": env})
            if row["fails"] == f"{version} {name} {args[0]}-r1":
                ends = "fails"

    for step in row["setup"] + [row["step"]]:
        if step is row["step"]:
            calls.clear()
        verb, _, version = step.partition(" ")
        if verb in ("install", "upgrade"):
            new, kind = int(version), "install" if installed is None else "upgrade"
            args = [new] if installed is None else [new, installed]
            call(new, f".pre-{kind}", args, installed)
            call(new, f".post-{kind}", args, new)
            installed = new
        elif installed is not None:
            call(installed, ".pre-deinstall", [installed], installed)
            call(installed, ".post-deinstall", [installed], None)
            installed = None
    return {"calls": calls, "outcome": {"ends": ends, "tree": f"only-{installed}" if installed is not None else "",
                                         "kept": "" if installed is None else "-"}}


# ---- the comparison

def words_of(call):
    return f"{call['name']} {call['args']}".strip()


def pair_up(home, there):
    """Calls that are the same script of the same version, in order; what is left over on either side."""
    pairs, left = [], list(there)
    missing = []
    for call in home:
        same = [c for c in left if (c["version"], c["name"]) == (call["version"], call["name"])]
        exact = [c for c in same if c["args"] == call["args"]]
        best = (exact or same or [None])[0]
        if best is None:
            missing.append(call)
        else:
            left.remove(best)
            pairs.append((call, best))
    return pairs, missing, left


def differences(home, there):
    pairs, missing, extra = pair_up(home["calls"], there["calls"])
    for call in missing:
        yield f"not called: {words_of(call)}"
    for call in extra:
        yield f"called: {words_of(call)}"
    order = [there["calls"].index(b) for _, b in pairs]
    if order != sorted(order):
        yield "order"
    for a, b in pairs:
        if a["args"] != b["args"]:
            yield f"arguments: {words_of(a)} -> {b['args']}"
        if a["sees"] != b["sees"]:
            yield f"sees: {words_of(a)}: {a['sees']} -> {b['sees']}"
        for key in sorted(set(a["env"]) | set(b["env"])):
            
            if a["env"].get(key) != b["env"].get(key):
                yield f"{key}: {a['name']}: {a['env'].get(key)} -> {b['env'].get(key)}"
    for key in ("ends", "tree", "kept"):
        if home["outcome"][key] != there["outcome"][key]:
            yield f"{key}: {home['outcome'][key]} -> {there['outcome'][key]}"


def explain(pair, row, difference, lost, rules, used):
    for rule in rules:
        if fnmatch.fnmatchcase(pair, rule[0]) and fnmatch.fnmatchcase(row["name"], rule[1]) and fnmatch.fnmatchcase(difference, rule[2]):
            used.add(tuple(rule))
            if rule[3] in lost:
                return rule[3]
            problems.append(f"{pair}: {row['name']}: {difference}: '{rule[3]}' is not in lost")
            return "?"
    problems.append(f"{pair}: {row['name']}: {difference}: nothing explains it")
    return "?"


# ---- all of it

def convert(source, target):
    """Versions 0 to 3 of that source as packages of the target; `lost` of version 2."""
    place = f"{work}/{source}-{target}"
    os.makedirs(place)
    for version in range(4):
        out = f"{place}/out"
        made = make.run(sluice, "--json", "convert", f"{work}/{source}/{version}{make.SUFFIX[source]}", "--to", target, "--output", out)
        if version == 2:
            lost = {item["what"]: item for item in json.loads(made)["lost"]}
        os.rename(glob.glob(f"{out}/*{make.SUFFIX[target]}")[0], f"{place}/{version}{make.SUFFIX[target]}")
        shutil.rmtree(out)
    return place, lost


def main():
    for family in formats:
        make.make(family, work)
    pairs = [(s, t) for s in formats for t in targets if s != t]
    converted = {pair: convert(*pair) for pair in pairs}
    jobs = {(s, s): (f"{work}/{s}", s) for s in formats if s in MANAGERS}
    jobs.update({(s, t): (converted[s, t][0], t) for s, t in pairs})
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        lives = {key: pool.submit(live, f"life-{key[0]}-{key[1]}", packages, manager, rows_for(key[0]))
                 for key, (packages, manager) in jobs.items()}
        records = {key: future.result() for key, future in lives.items()}
    if "apk" in formats:
        records["apk", "apk"] = [apk_calls(row) for row in rows_for("apk")]
    rules, used = list(columns("explained")), set()
    cells = {}
    for source, target in pairs:
        lost = converted[source, target][1]
        for i, row in enumerate(rows_for(source)):
            found = list(differences(records[source, source][i], records[source, target][i]))
            cells[source, target, row["name"]] = sorted({explain(f"{source} {target}", row, d, lost, rules, used) for d in found})
    for rule in rules:
        if tuple(rule) not in used and set(rule[0].replace("*", " ").split()) <= set(formats) | set(targets):
            problems.append(f"explained: '{' | '.join(rule)}' explains nothing")
    calls = sum(len(record["calls"]) for key, life in records.items() for record in life)
    print(table.document(formats, targets, rows_for, records, cells, {p: converted[p][1] for p in pairs}), end="")
    print(f"{len(records)} lives, {calls} calls, {len(problems)} problems", file=sys.stderr)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
