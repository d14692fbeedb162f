"""corpus.py SLUICE INDEX.tsv FOLDER: runs `inspect --json` over the corpus and compares with the index.

Formats read in this version must meet their exits, and nine of ten hostile files one of their codes; all others must end in 0 or 3 without a crash.
Files judged by `verify` have tests of their own; here they only must not crash."""
import csv, json, os, resource, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

sluice, index, folder = sys.argv[1:]
READ = ("deb", "rpm", "tar", "tar.gz", "tar.xz", "tar.zst", "tar.bz2", "tar.lzma", "zip", "7z", "cpio", "iso", "cab", "msi", "mtree", "gzip", "snap", "run", "appimage", "apk", "pkg.tar")
ASAN = b"__asan_init" in open(sluice, "rb").read()

def limit():
    if not ASAN:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

def run(row):
    path = os.path.join(folder, row["path"])
    try:
        done = subprocess.run([sluice, "--quiet", "--json", "inspect", path], capture_output=True, timeout=60 if ASAN else 10, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return row, None, set(), "took over 10 s"
    try:
        said = json.loads(done.stdout)
    except ValueError as error:
        return row, done.returncode, set(), f"no JSON: {error}: {done.stderr[-300:]!r}"
    codes = {said["error"]["code"]} if "error" in said else {w["code"] for w in said["warnings"]}
    text = said["error"]["text"] if "error" in said else ""
    if "the decoder crashed (" in text:
        return row, done.returncode, codes, "the decoder crashed: " + text
    return row, done.returncode, codes, ""

rows = [r for r in csv.DictReader(open(index), delimiter="\t", quoting=csv.QUOTE_NONE)]
rows = [r for r in rows if os.path.isfile(os.path.join(folder, r["path"]))]
assert len(rows) > 400, "the corpus is not whole"
failed, wanted, met = [], 0, 0
with ThreadPoolExecutor(2) as pool:
    for row, code, codes, problem in pool.map(run, rows):
        judged = row["command"] == "inspect" and row["format"] in READ
        exits = {int(x) for x in row["exits"].replace("|", ",").split(",")} if judged else {0, 1, 3}
        if problem or code not in exits:
            failed.append(f"{row['path']}: exit {code}, want {sorted(exits)}: {problem or sorted(codes)}")
        elif judged and row["kind"] == "hostile" and row["codes"] != "-":
            wanted += 1
            if codes & set(row["codes"].split("|")):
                met += 1
            else:
                print(f"another code: {row['path']}: {sorted(c for c in codes if c)}, want {row['codes']}")
print(f"{len(rows)} files, {met} of {wanted} hostile ones with their code")
for line in failed:
    print("FAILED", line)
sys.exit(1 if failed or met * 10 < wanted * 9 else 0)
