"""archives_compare.py WANT.json GOT.json FIELD... [--hard-links-are-files]: do two inspections tell the same entries?

Hard links are compared as sets of names: which of them is "the file" is the archive's choice. Where a format has none, each name is a file."""
import json, sys

want, got, *fields = sys.argv[1:]
loose = "--hard-links-are-files" in fields
fields = [f for f in fields if not f.startswith("--")]

def text(e, name):  # names that are no UTF-8 are told as bytes
    return e[name] if name in e else e[name + "_raw"]

def load(name):
    entries = {text(e, "path"): e for e in json.load(open(name))["entries"]}
    sets = {}
    for path, e in entries.items():
        sets.setdefault(text(e, "target") if e["type"] == "hardlink" else path, set()).add(path)
    result = {}
    for first, paths in sets.items():
        for path in paths:
            told = {f: entries[first].get(f) for f in fields}
            told["names"] = None if loose else sorted(paths)
            result[path] = told
    return result

a, b = load(want), load(got)
bad = 0
for path in sorted(set(a) | set(b)):
    if a.get(path) != b.get(path):
        bad += 1
        x, y = a.get(path), b.get(path)
        print(path, {k: (x[k], y[k]) for k in x if x[k] != y[k]} if x and y else (x, y))
if not a or bad:
    sys.exit(f"{got}: {bad} of {len(a)} entries differ from {want}")
