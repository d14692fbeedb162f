"""apk_check.py FILE...: is it what apk-package(5) says, byte by byte? Nothing of ours is used: gzip by zlib, tar headers by hand.

Three things are looked at: the segments (order, what may stand where, end marks), the digests (datahash over the compressed data segment, SHA-1 of
every file and symlink target in pax records before them), and what apk's own tar reader cannot read (numbers that are not octal, long link targets outside
pax records, sizes from 4 GiB on, files in folders that no entry made)."""
import hashlib, re, sys, zlib

def members(data):
    at = 0
    while at < len(data):
        assert data[at:at + 3] == b"\x1f\x8b\x08", f"no gzip member at {at}"
        assert data[at + 3] == 0 and data[at + 4:at + 8] == b"\0\0\0\0", "a name or time in a gzip header"
        d = zlib.decompressobj(31)
        out = d.decompress(data[at:]) + d.flush()
        assert d.eof, "a gzip member is cut"
        size = len(data) - at - len(d.unused_data)
        yield data[at:at + size], out
        at += size

def octal(field, what):
    text = field.rstrip(b"\0 ")
    assert re.fullmatch(rb"[0-7]*", text), f"{what}: {field!r} is not octal"
    value = int(text or b"0", 8)
    assert value < 1 << 32, f"{what} has more than 32 bits"
    return value

def pax(body):
    records = {}
    while body:
        size, _, rest = body.partition(b" ")
        record, body = body[:int(size)], body[int(size):]
        assert record.endswith(b"\n")
        key, _, value = record[len(size) + 1:-1].partition(b"=")
        assert key not in records, f"{key} twice"
        records[key] = value
    return records

def entries(stream):
    """(name, type, link target, mode, records, content) of each; the rest after the last one."""
    at, extra = 0, {}
    while at + 512 <= len(stream) and stream[at] != 0:
        head = stream[at:at + 512]
        assert head[257:262] == b"ustar", "no ustar header"
        assert octal(head[148:156], "checksum") == sum(head[:148]) + 8 * 32 + sum(head[156:]), "checksum"
        for place, what in ((slice(100, 108), "mode"), (slice(108, 116), "uid"), (slice(116, 124), "gid"), (slice(136, 148), "mtime")):
            octal(head[place], what)
        size, type = octal(head[124:136], "size"), head[156:157]
        body = stream[at + 512:at + 512 + size]
        assert len(body) == size and not stream[at + 512 + size:at + 512 + (size + 511) // 512 * 512].strip(b"\0"), "padding"
        at += 512 + (size + 511) // 512 * 512
        if type == b"x":
            assert not extra, "two extended headers in a row"
            extra = pax(body)
            continue
        assert type in b"0123456", f"type {type}"
        assert not {b"size", b"uid", b"gid", b"mtime"} & set(extra), f"apk does not read {extra.keys()}"
        name = extra.get(b"path", head[:100].rstrip(b"\0"))
        link = extra.get(b"linkpath", head[157:257].rstrip(b"\0"))
        yield name, type, link, octal(head[100:108], "mode"), extra, body
        extra = {}
    assert not extra, "an extended header before nothing"
    yield stream[at:]

SCRIPTS = {b".pre-install", b".post-install", b".pre-upgrade", b".post-upgrade", b".pre-deinstall", b".post-deinstall", b".trigger"}

def check(path):
    with open(path, "rb") as f:
        segments = list(members(f.read()))
    assert len(segments) == 2, f"{len(segments)} segments, want control and data"
    (_, control), (packed, data) = segments
    *files, rest = entries(control)
    assert rest == b"", "the control segment has an end mark: apk would stop there"
    assert files[0][0] == b".PKGINFO", "control does not begin with .PKGINFO"
    assert {f[0] for f in files[1:]} <= SCRIPTS and len({f[0] for f in files}) == len(files), [f[0] for f in files]
    assert all(f[1] == b"0" for f in files) and all(f[3] == (0o644 if f[0] == b".PKGINFO" else 0o755) for f in files)
    info = {}
    for line in files[0][5].decode().splitlines():
        key, _, value = line.partition(" = ")
        info.setdefault(key, []).append(value)
    for key in ("pkgname", "pkgver", "pkgdesc", "arch", "size", "builddate", "origin", "datahash"):
        assert len(info.get(key, [])) == 1, f"{key}: {info.get(key)}"
    assert info["datahash"][0] == hashlib.sha256(packed).hexdigest(), "datahash"
    assert re.fullmatch(r"\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*-r\d+", info["pkgver"][0]), info["pkgver"]
    if any(f[0] == b".trigger" for f in files):
        assert all(p.startswith("/") for p in info["triggers"][0].split())
    *all_entries, rest = entries(data)
    assert rest == b"\0" * 1024, "the data segment does not end with two empty blocks"
    folders, contents, total, links = {b""}, {}, 0, 0
    for name, type, link, mode, extra, body in all_entries:
        sha1 = extra.get(b"APK-TOOLS.checksum.SHA1")
        plain = name.rstrip(b"/")
        assert plain and not plain.startswith((b"/", b"./")) and b".." not in plain.split(b"/"), name
        assert b"/" in name or not plain.startswith(b"."), f"{name}: apk takes it for control"
        assert plain.rpartition(b"/")[0] in folders, f"{name}: its folder has no entry"
        if type == b"5":
            folders.add(plain)
        elif type == b"0":
            assert sha1 == hashlib.sha1(body).hexdigest().encode(), f"{name}: checksum {sha1}"
            contents[plain] = body
            total += len(body)
        elif type == b"2":
            assert sha1 == hashlib.sha1(link).hexdigest().encode(), f"{name}: checksum of its target"
        elif type == b"1":
            assert link in contents, f"{name}: a link to {link}, which did not come before"
            assert sha1 is None and not body
            links += 1
    assert int(info["size"][0]) == total, f"size {info['size']} is not {total}"
    print(f"{path}: {len(files)} control files, {len(all_entries)} entries, {links} links, {total} bytes")

for path in sys.argv[1:]:
    check(path)
