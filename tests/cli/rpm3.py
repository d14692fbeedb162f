"""rpm3.py OUT NAME [source] [bad-md5|big-size|path] - an rpm of format 3 as rpm 3.0 wrote it: lead 3.0, a signature header with size and
MD5 of header and payload and no region, whole file names (OLDFILENAMES), MD5 digests of files, a gzip cpio, no region in the header."""
import gzip
import hashlib
import io
import struct
import sys

out, name, words = sys.argv[1], sys.argv[2], sys.argv[3:]
INT16, INT32, STRING, BIN, STRINGS, I18N = 3, 4, 6, 7, 8, 9


def header(entries):
    index, data = b"", b""
    for tag, kind, value in entries:
        if kind in (INT16, INT32):
            size = {INT16: 2, INT32: 4}[kind]
            data += bytes(-len(data) % size)
            raw, count = b"".join(v.to_bytes(size, "big") for v in value), len(value)
        elif kind == BIN:
            raw, count = value, len(value)
        elif kind in (STRINGS, I18N):
            raw, count = b"".join(v.encode() + b"\0" for v in value), len(value)
        else:
            raw, count = value.encode() + b"\0", 1
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += raw
    return bytes.fromhex("8eade80100000000") + struct.pack(">II", len(entries), len(data)) + index + data


def member(path, mode, inode, links, content):
    fields = [inode, mode, 0, 0, links, 900000000, len(content), 3, 1, 0, 0, len(path) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + path.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


source = "source" in words
files = [("/etc/old.conf", 0o100640, b"a = 1\n", 1, ""), ("/opt/old", 0o040755, b"", 0, ""), ("/opt/old/link", 0o120777, b"", 0, "tool"),
         ("/opt/old/tool", 0o100755, b"#!/bin/sh\necho old\n", 0, "")]
if source:
    files = [("old.spec", 0o100644, b"Name: old\n", 32, ""), ("old-1.0.tar.gz", 0o100644, b"tar", 0, "")]
if "path" in words:
    files[0] = ("etc/../../x" if not source else "a/b", *files[0][1:])
payload = b""
for i, (path, mode, content, flags, target) in enumerate(files):
    payload += member(path.lstrip("/"), mode, i + 1, 1, target.encode() if target else content)
payload += member("TRAILER!!!", 0, 0, 1, b"")
payload += bytes(-len(payload) % 512)
buffer = io.BytesIO()
with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as z:
    z.write(payload)
payload = buffer.getvalue()

n = len(files)
main = header([
    (100, STRINGS, ["C"]), (1000, STRING, name), (1001, STRING, "1.0"), (1002, STRING, "2"), (1003, INT32, [3]), (1004, I18N, ["An old one"]),
    (1005, I18N, ["From another time.\n"]), (1006, INT32, [900000000]), (1007, STRING, "old.example.org"),
    (1009, INT32, [sum(len(f[2]) for f in files)]), (1014, STRING, "GPL"), (1016, I18N, ["Applications"]), (1021, STRING, "linux"),
    (1022, STRING, "i386"), *([] if source else [(1024, STRING, "echo \"post $1\"\n")]),
    (1027, STRINGS, [f[0] for f in files]), (1028, INT32, [len(f[2]) or len(f[4]) for f in files]), (1030, INT16, [f[1] for f in files]),
    (1033, INT16, [0] * n), (1034, INT32, [900000000] * n),
    (1035, STRINGS, [hashlib.md5(f[2]).hexdigest() if f[1] & 0o170000 == 0o100000 else "" for f in files]),
    (1036, STRINGS, [f[4] for f in files]), (1037, INT32, [f[3] for f in files]), (1039, STRINGS, ["root"] * n), (1040, STRINGS, ["root"] * n),
    *([(1018, STRINGS, ["i386"])] if source else [(1044, STRING, name + "-1.0-2.src.rpm"), (1047, STRINGS, ["old-role"])]),
    (1048, INT32, [1 << 6, 12]), (1049, STRINGS, ["/bin/sh", "libold"]), (1050, STRINGS, ["", "2:1.5-1"]), (1064, STRING, "3.0.6"),
    *([] if source else [(1086, STRING, "/bin/sh")]),
    (1095, INT32, [1] * n), (1096, INT32, list(range(1, n + 1))), (1097, STRINGS, [""] * n)])
md5 = hashlib.md5(main + payload).digest()
if "bad-md5" in words:
    md5 = bytes(16)
sig = header([(1000, INT32, [len(main) + len(payload) + (1 if "big-size" in words else 0)]), (1004, BIN, md5)])
lead = bytes.fromhex("edabeedb0300") + struct.pack(">HH", 1 if source else 0, 1) + f"{name}-1.0-2".encode().ljust(66, b"\0") + struct.pack(">HH", 1, 5) + bytes(16)
with open(out, "wb") as f:
    f.write(lead + sig + bytes(-len(sig) % 8) + main + payload)
