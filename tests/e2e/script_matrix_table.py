"""script_matrix_table.py - the script matrix as a page of docs/."""

HEAD = """# The script matrix

What the vendor's scripts see on another package manager, held against what they see at home. Written by `tests/e2e/script-matrix.sh` with SLUICE_WRITE=1; the
test fails when this page is not what ran. Scripts record their name, arguments, order, environment, working folder, umask, standard input and the files of
which version were there; the real dpkg, rpm and pacman run them in throw-away roots (apk's calls at home are those its documentation names).

A cell says `as at home` when nothing differs but what is said of every call below the table. Otherwise it names the items of the conversion's `lost` (see `sluice convert --json`) that say what does;
a difference that no item explains fails the test. Versions 1 and 2 of the vendor's package have every script, 0 and 3 have none.
"""


def call_text(call):
    return f"{call['name']} {call['args']}".strip().replace("'", "").strip() + f" ({call['version']})"


def home_text(record):
    calls = "; ".join(call_text(c) for c in record["calls"]) or "nothing"
    return calls if record["outcome"]["ends"] == "ok" else calls + " · fails"


def always(pair, rows, records, cells):
    """What stands in every row in which anything is called at home: said once."""
    whats = [set(cells[(*pair, row["name"])]) for row, record in zip(rows, records) if record["calls"]]
    return set.intersection(*whats)


def document(formats, managers, rows_for, records, cells, lost):
    out = [HEAD]
    for source in formats:
        targets, rows = [m for m in managers if m != source], rows_for(source)
        common = {t: always((source, t), rows, records[source, source], cells) for t in targets}
        titles = " | ".join(f"under {t}" for t in targets)
        out.append(f"## {source}\n\n| event | at home: script and arguments (of version) | {titles} |\n| --- | --- |{' --- |' * len(targets)}")
        for i, row in enumerate(rows):
            texts = ["<br>".join(f"`{what}`" for what in cells[source, t, row["name"]] if what not in common[t]) or "as at home" for t in targets]
            out.append(f"| {row['name']} | {home_text(records[source, source][i])} | {' | '.join(texts)} |")
        out.append("")
        for target in targets:
            used = sorted({what for (s, t, _), whats in cells.items() if (s, t) == (source, target) for what in whats if what in lost[s, t]})
            if used:
                out.append(f"What `lost` says under {target}:\n")
                out += [f"- `{what}` ({lost[source, target][what]['class']}{', of every call' if what in common[target] else ''}): "
                        f"{lost[source, target][what]['why']}" for what in used] + [""]
    return "\n".join(out).rstrip("\n") + "\n"
