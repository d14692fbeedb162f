"""coverage.py SUMMARY.json SOURCES: a table of the parsers' line coverage from llvm-cov's export.

A parser is a source file that reads bytes somebody else made. The list is of name patterns, so that a new reader is in it by its name."""
import fnmatch, json, os, sys

PARSERS = ["formats/read_*.c", "formats/tar_*.c", "formats/zip_*.c", "formats/rpm_*.c", "formats/deb*.c", "formats/relation*.c", "formats/version*.c", "formats/guard*.c",
           "formats/posix_attrs.c", "formats/pkginfo*.c", "formats/pkgsig.c", "formats/mtree*.c", "formats/oci*.c", "formats/run*.c", "formats/squashfs*.c", "formats/archive*.c",
           "formats/apk_*.c", "formats/pacman_*.c", "formats/dsc*.c", "base/codec*.c", "base/frame.c", "base/record.c", "base/json.c", "base/yaml.c",
           "repackager/wire_receive.c", "repackager/wire_pack.c", "repackager/recipe*.c", "sign/packets.c", "sign/armor.c", "sandbox/elf_versions.c", "inspect/script_lines.c"]
# Of the same folders, but not reading: they write, or talk to the parent.
NOT = ["formats/rpm_write*.c", "formats/rpm_own.c", "formats/tar_out.c", "formats/rpm_sig.c", "formats/deb_sig.c", "formats/deb_marks.c", "repackager/recipe_new*.c", "repackager/recipe_lint*.c", "repackager/recipe_digest.c"]

summary, sources = sys.argv[1:]
rows = []
for f in json.load(open(summary))["data"][0]["files"]:
    name = os.path.relpath(f["filename"], sources)
    if any(fnmatch.fnmatch(name, p) for p in PARSERS) and not any(fnmatch.fnmatch(name, p) for p in NOT):
        lines = f["summary"]["lines"]
        rows.append((name, lines["covered"], lines["count"]))
print(f"{'parser':<36}{'lines':>8}{'reached':>9}{'%':>7}")
for name, covered, count in sorted(rows):
    print(f"{name:<36}{count:>8}{covered:>9}{100 * covered / count:>7.1f}")
covered, count = sum(r[1] for r in rows), sum(r[2] for r in rows)
print(f"{'all':<36}{count:>8}{covered:>9}{100 * covered / count:>7.1f}")
