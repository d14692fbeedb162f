#!/usr/bin/env python3
# gate_fill.py STORE COUNT - adds COUNT RfCs that were withdrawn, each with a candidate of its own and two refusals in the log, for tests/bench/gate.
# Their records are whole and chained; their signatures are not made, because nobody asks about them: lists do not verify what they do not judge.
import hashlib, json, os, sqlite3, sys

store, count = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(os.path.join(store, "catalogue.db"))
names = [row[1] for row in db.execute("pragma table_info(log)")]
seq, last = db.execute("select seq, hash from log order by seq desc limit 1").fetchone()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def path_of(digest):
    return os.path.join(store, "blobs", digest[:2], digest[2:])


def put(data):
    digest = hashlib.sha256(data).hexdigest()
    os.makedirs(os.path.dirname(path_of(digest)), exist_ok=True)
    with open(path_of(digest), "wb") as out:
        out.write(data)
    return digest


def like(action):
    record = db.execute("select record from log where action = ? and record <> '' order by seq limit 1", (action,)).fetchone()[0]
    with open(path_of(record), "rb") as source:
        return json.load(source)


submit, opened = like("submit"), like("rfc-open")
first_rfc = db.execute("select count(*) from log where action = 'rfc-open' and record <> ''").fetchone()[0] + 1
first_candidate = db.execute("select count(*) from log where action = 'submit' and record <> ''").fetchone()[0] + 1
signature = put(b"not made")
rows = []


def row(person, action, subject, outcome, body):
    global seq, last
    record = ""
    if body is not None:
        record = put(canonical({"type": action, "version": 1, "time": opened["time"], "person": opened["person"], "key": opened["key"],
                                "policy": opened["policy"], "after": last, "body": body}))
    seq += 1
    one = {"seq": seq, "time": opened["time"], "person": person, "action": action, "subject": subject, "outcome": outcome, "record": record,
           "signature": signature if record else "", "previous": last}
    last = hashlib.sha256(canonical(one)).hexdigest()
    rows.append(tuple({**one, "hash": last}[name] for name in names))


for i in range(count):
    rfc, candidate = f"R-{first_rfc + i}", f"C-{first_candidate + i}"
    row(opened["person"], "submit", candidate, "ok", {**submit["body"], "candidate": candidate})
    row(opened["person"], "rfc-open", f"{rfc} {candidate}", "ok",
        {"rfc": rfc, "request": {**opened["body"]["request"], "candidates": [candidate], "reason": f"number {i}"}})
    row("carl", "gate", f"{rfc} production", "refused: votes", None)
    row("carl", "gate", f"{rfc} production", "refused: votes", None)
    row(opened["person"], "rfc-withdraw", rfc, "ok", {"rfc": rfc, "reason": "enough"})
db.executemany(f"insert into log ({', '.join(names)}) values ({', '.join('?' * len(names))})", rows)
db.commit()
