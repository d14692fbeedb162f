#!/usr/bin/env python3
# publish_make.py STORE CANDIDATE FIRST COUNT GROUP FOLDER - makes COUNT real packages a format after the deb and the rpm of that candidate, for tests/bench/publish.
#
# The candidate's package is called bench-000000; the copies are called bench-FIRST and on, with a control file, an rpm header and digests of their own. Package files go
# into FOLDER/{deb,rpm} for the other tools and, with their fragments and evidence, into the store as blobs. What a submission would sign for each GROUP of them is
# printed, one JSON a line, for bench_publish_fill. The payload is the same in all of them, and evidence says of all what the first one's test found: nothing here is
# judged by the benchmark but what a release has to read, verify, hash and write.
import gzip, hashlib, io, json, os, sqlite3, struct, sys, tarfile

store, candidate, first, count, group, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
MODEL = b"bench-000000"


def path_of(digest):
    return os.path.join(store, "blobs", digest[:2], digest[2:])


def get(digest):
    with open(path_of(digest), "rb") as source:
        return source.read()


def put(data):
    digest = hashlib.sha256(data).hexdigest()
    if not os.path.exists(path_of(digest)):
        os.makedirs(os.path.dirname(path_of(digest)), exist_ok=True)
        with open(path_of(digest), "wb") as out:
            out.write(data)
    return digest


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def ar_members(data):
    at = 8
    while at < len(data):
        name, size = data[at:at + 16].strip().rstrip(b"/").decode(), int(data[at + 48:at + 58])
        yield name, data[at + 60:at + 60 + size]
        at += 60 + size + size % 2


def ar(members):
    out = b"!<arch>\n"
    for name, data in members:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    return out


def control_member(text):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("./control")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return gzip.compress(raw.getvalue(), 6, mtime=0)


def header_len(data, at):
    entries, size = struct.unpack(">II", data[at + 8:at + 16])
    return 16 + 16 * entries + size


class Model:
    def __init__(self, deb, deb_fragment, rpm, rpm_fragment):
        self.data_member = [m for m in ar_members(deb) if m[0].startswith("data.tar")][0]
        self.stanza = deb_fragment.decode()
        self.control = self.stanza.split("\nFilename:")[0].encode() + b"\n"
        self.sig_end = 96 + (header_len(rpm, 96) + 7) // 8 * 8
        self.head_end = self.sig_end + header_len(rpm, self.sig_end)
        self.rpm, self.rpm_fragment = rpm, rpm_fragment.decode()
        head, self.payload = rpm[self.sig_end:self.head_end], rpm[self.head_end:]
        self.old = [(hashlib.sha256(head).hexdigest().encode(), lambda h: hashlib.sha256(h).hexdigest().encode()),
                    (hashlib.sha1(head).hexdigest().encode(), lambda h: hashlib.sha1(h).hexdigest().encode()),
                    (hashlib.md5(head + self.payload).digest(), lambda h: hashlib.md5(h + self.payload).digest())]

    def make_deb(self, name):
        return ar([("debian-binary", b"2.0\n"), ("control.tar.gz", control_member(self.control.replace(MODEL, name))), self.data_member])

    def make_rpm(self, name):
        head = self.rpm[self.sig_end:self.head_end].replace(MODEL, name)
        start = self.rpm[:self.sig_end]
        for old, new in self.old:
            start = start.replace(old, new(head))
        return start + head + self.payload


def fragment(text, name, old, new):
    text = text.replace(MODEL.decode(), name)
    return text.replace(old["sha256"], new["sha256"]).replace(old["sha256"][:12], new["sha256"][:12])


db = sqlite3.connect(os.path.join(store, "catalogue.db"))
record = db.execute("select record from log where action = 'submit' and subject = ?", (candidate,)).fetchone()[0]
submit = json.loads(get(record))["body"]["submit"]
kinds = {p["format"]: p for p in submit["packages"]}
model = Model(get(kinds["deb"]["sha256"]), get(kinds["deb"]["fragment"]), get(kinds["rpm"]["sha256"]), get(kinds["rpm"]["fragment"]))
evidence = [json.loads(get(digest)) for digest in submit["evidence"]]
for form in ("deb", "rpm"):
    os.makedirs(os.path.join(folder, form), exist_ok=True)


def package(form, name):
    old, data = kinds[form], model.make_deb(name.encode()) if form == "deb" else model.make_rpm(name.encode())
    new = dict(old, name=name, sha256=put(data), size=len(data))
    new["location"] = fragment(old["location"], name, old, new)
    if form == "deb":
        text = fragment(model.stanza, name, old, new).replace(f"\nSize: {old['size']}\n", f"\nSize: {len(data)}\n").encode()
    else:
        assert len(data) == old["size"]
        text = fragment(model.rpm_fragment, name, old, new).encode()
    new["fragment"] = put(text)
    if "contents" in old:  # its lines for Contents, which end with the package's name
        new["contents"] = put(get(old["contents"]).replace(MODEL, name.encode()))
    with open(os.path.join(folder, form, os.path.basename(new["location"])), "wb") as out:
        out.write(data)
    return new


for at in range(first, first + count, group):
    names = [f"bench-{i:06}" for i in range(at, min(at + group, first + count))]
    packages = [package(form, name) for form in ("deb", "rpm") for name in names]
    source = put(f"source of {names[0]}\n".encode())
    listed = []
    for one in evidence:
        subjects = [source] if one["kind"] == "vendor-signature" else [p["sha256"] for p in packages]
        body = dict(one["body"], **({"sha256": source} if "sha256" in one["body"] else {}))
        listed.append(put(canonical(dict(one, subjects=subjects, body=body))))
    print(json.dumps(dict(submit, product=names[0], packages=packages, evidence=listed, source=dict(submit["source"], sha256=source))))
