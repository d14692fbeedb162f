"""fidelity_read.py - what a deb or an rpm holds, as dpkg-deb, rpm and rpm2cpio tell it; nothing of ours reads here.

Both become the same dictionary: identity, relations by kind, scripts by name, files by path. Names are text with surrogates for odd bytes."""
import hashlib, io, os, re, subprocess, tarfile

NAMES = {"Depends": "requires", "Pre-Depends": "pre-requires", "Recommends": "recommends", "Suggests": "suggests", "Enhances": "enhances",
         "Conflicts": "conflicts", "Breaks": "breaks", "Replaces": "replaces", "Provides": "provides"}
RPM_KINDS = {"REQUIRE": "requires", "PROVIDE": "provides", "CONFLICT": "conflicts", "OBSOLETE": "obsoletes", "RECOMMEND": "recommends",
             "SUGGEST": "suggests", "SUPPLEMENT": "supplements", "ENHANCE": "enhances"}
RPM_SCRIPTS = ("PREIN", "POSTIN", "PREUN", "POSTUN", "PRETRANS", "POSTTRANS", "VERIFYSCRIPT")
FLAGS = {"config": 1, "doc": 2, "missingok": 8, "noreplace": 16, "ghost": 64, "license": 128, "readme": 256}
TYPES = {0o10: "file", 0o4: "dir", 0o12: "symlink", 0o2: "char", 0o6: "block", 0o1: "fifo"}


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, **more)
    assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')[-400:]}"
    return done.stdout


def text(raw):
    return raw.decode("utf-8", "surrogateescape")


def sha256(stream):
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


# ---- deb

def paragraph(control):
    """deb822: fields as written, continuation lines joined with their newlines."""
    fields, last = {}, None
    for line in control.splitlines():
        if line[:1] in (" ", "\t") and last:
            fields[last] += "\n" + line[1:]
        elif ":" in line:
            last, value = line.split(":", 1)
            fields[last] = value.strip()
    return fields


def tar_of(path, option):
    process = subprocess.Popen(["dpkg-deb", option, path], stdout=subprocess.PIPE)
    with tarfile.open(fileobj=process.stdout, mode="r|", errors="surrogateescape", encoding="utf-8") as tar:
        yield from ((tar, member) for member in tar)
    process.stdout.read()
    assert process.wait() == 0, f"dpkg-deb {option} {path}"


def deb_files(path, conffiles):
    files, kinds = {}, {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink",
                        tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}
    for tar, member in tar_of(path, "--fsys-tarfile"):
        name = os.path.normpath("/" + member.name.lstrip("./") if not member.name.startswith("./") else member.name[1:])
        name = re.sub("^/+", "/", name)
        if name == "/":
            continue
        if member.type == tarfile.LNKTYPE:
            first = files[re.sub("^/+", "/", os.path.normpath("/" + re.sub(r"^\./", "", member.linkname)))]
            files[name] = dict(first, links=first["links"])
            first["links"].add(name)
            continue
        kind = kinds[member.type]
        files[name] = {
            "type": kind, "mode": member.mode & 0o7777, "owner": member.uname or str(member.uid), "group": member.gname or str(member.gid),
            "mtime": int(member.mtime), "size": member.size if kind == "file" else 0, "target": member.linkname if kind == "symlink" else "",
            "sha256": sha256(tar.extractfile(member)) if kind == "file" else "", "caps": "",
            "device": (member.devmajor, member.devminor) if kind in ("char", "block") else None, "flags": set(), "links": {name}}
    for name in conffiles:
        if name in files:
            files[name]["flags"] = {"config", "noreplace"}
    return files


def deb(path):
    control, extra = {}, {}
    for tar, member in tar_of(path, "--ctrl-tarfile"):
        if member.isfile():
            extra[member.name.removeprefix("./")] = tar.extractfile(member).read()
    fields = paragraph(text(extra.pop("control")))
    assert fields == {**fields, **paragraph(text(run("dpkg-deb", "-f", path)))}
    conffiles = [line for line in text(extra.pop("conffiles", b"")).splitlines() if line]
    epoch, _, rest = fields["Version"].rpartition(":")
    version, _, release = rest.rpartition("-") if "-" in rest else (rest, "", "")
    summary, _, description = fields.get("Description", "").partition("\n")
    relations = [(kind, re.sub(r"\s+", " ", one.strip())) for name, kind in NAMES.items() if name in fields
                 for one in fields[name].split(",") if one.strip()]
    scripts = {name: extra.pop(name) for name in ("preinst", "postinst", "prerm", "postrm", "config") if name in extra}
    extra.pop("md5sums", None)
    return {"format": "deb", "name": fields["Package"], "epoch": int(epoch or 0), "version": version, "release": release,
            "arch": fields["Architecture"], "summary": summary, "description": "\n".join("" if l == "." else l for l in description.split("\n")),
            "homepage": fields.get("Homepage", ""), "license": fields.get("License", ""), "vendor": fields.get("Vendor", ""),
            "maintainer": fields.get("Maintainer", ""), "changelog": "", "relations": relations, "scripts": scripts,
            "triggers": [l.split("#")[0].strip() for l in text(extra.pop("triggers", b"")).splitlines() if l.split("#")[0].strip()],
            "conffiles": conffiles, "fields": fields, "extra": extra, "files": deb_files(path, {c for c in conffiles if c.startswith("/")})}


# ---- rpm

def query(path, form):
    return text(run("rpm", "-qp", "--nosignature", "--nodigest", "--qf", form, path))


def rows(path, *tags):
    """One row an item of the arrays; \\x1f between columns, \\x1e behind a row."""
    form = "[" + "\x1f".join("%{" + t + "}" for t in tags) + "\x1e]"
    return [row.split("\x1f") for row in query(path, form).split("\x1e") if row]


def one(path, tag):
    value = query(path, "%{" + tag + "}")
    return "" if value == "(none)" else value


def archive_files(path):
    """The same of packages whose sizes need 64 bits (v6, files over 4 GiB): rpm2cpio refuses them."""
    found, process = {}, subprocess.Popen(["rpm2archive", "-n", "-"], stdin=open(path, "rb"), stdout=subprocess.PIPE)
    with tarfile.open(fileobj=process.stdout, mode="r|", errors="surrogateescape", encoding="utf-8") as tar:
        for member in tar:
            name = "/" + member.name.removeprefix("./")
            if member.isreg():
                found[name] = sha256(tar.extractfile(member))
            elif member.islnk():
                found[name] = "/" + member.linkname.removeprefix("./")
    process.stdout.read()
    assert process.wait() == 0, f"rpm2archive {path}"
    return {name: found.get(value, value) for name, value in found.items()}


def cpio_files(path):
    """name -> sha256 of every regular file's bytes in the payload, by inode: rpm gives a set's bytes to one of its names."""
    process = subprocess.Popen(["rpm2cpio", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    stream, found, bodies = process.stdout, {}, {}
    while True:
        head = stream.read(110)
        if len(head) < 110 or head[:5] != b"07070":
            process.communicate()
            return archive_files(path)
        number = lambda i: int(head[6 + 8 * i:14 + 8 * i], 16)
        length = number(11)
        name = text(stream.read(length)[:-1])
        stream.read(-(110 + length) % 4)
        if name == "TRAILER!!!":
            break
        size, left, digest = number(6), number(6), hashlib.sha256()
        while left:
            block = stream.read(min(left, 1 << 20))
            assert block, f"{path}: the payload ends inside {name}"
            digest.update(block)
            left -= len(block)
        stream.read(-size % 4)
        if number(1) >> 12 == 0o10:
            name, inode = "/" + name.lstrip("./"), (number(0), number(7), number(8))
            found[name] = inode if number(4) > 1 else name
            if size or found[name] == name:
                bodies[found[name]] = digest.hexdigest()
    process.stdout.read()
    process.wait()                      # 1 for archives without a name: nothing was opened
    empty = hashlib.sha256(b"").hexdigest()
    return {name: bodies.get(key, empty) for name, key in found.items()}


def rpm_files(path):
    files, sets = {}, {}
    table = rows(path, "FILENAMES", "FILEMODES", "FILEUSERNAME", "FILEGROUPNAME", "FILEMTIMES", "LONGFILESIZES", "FILELINKTOS", "FILECAPS",
                 "FILERDEVS", "FILEFLAGS", "FILEINODES", "FILEDEVICES", "FILELANGS")
    payload = cpio_files(path) if table else {}
    for name, mode, owner, group, mtime, size, target, caps, rdev, flags, inode, device, lang in table:
        kind = TYPES[(int(mode) & 0xffff) >> 12]
        flags = {flag for flag, bit in FLAGS.items() if int(flags) & bit}
        have = name in payload
        files[name] = {
            "type": kind, "mode": int(mode) & 0o7777, "owner": owner, "group": group, "mtime": int(mtime), "size": int(size) if kind == "file" else 0,
            "target": target if kind == "symlink" else "", "caps": "" if caps == "(none)" else caps,
            "sha256": payload.get(name, "") if kind == "file" else "", "flags": flags, "lang": "" if lang == "(none)" else lang,
            "device": (int(rdev) >> 8 & 0xff, int(rdev) & 0xff) if kind in ("char", "block") else None, "links": {name}}
        if kind == "file" and "ghost" not in flags:
            assert have, f"{path}: {name} is not in the payload"
            links = sets.setdefault((device, inode), set())
            links.add(name)
            files[name]["links"] = links
    return files


def relation_text(name, flags, version):
    sign = {0: "", 2: "<", 10: "<=", 8: "=", 12: ">=", 4: ">"}[flags & 14]
    return f"{name} {sign} {version}" if sign else name


def rpm(path):
    relations = []
    for tag, kind in RPM_KINDS.items():
        for name, flags, version in rows(path, tag + "NAME", tag + "FLAGS", tag + "VERSION"):
            if name != "(none)":
                early = kind == "requires" and int(flags) & (1 << 9 | 1 << 6) and not int(flags) & (1 << 24)
                relations.append(("pre-requires" if early and int(flags) & (1 << 9) else kind, relation_text(name, int(flags), version)))
    scripts = {}
    for tag in RPM_SCRIPTS:
        body, program = one(path, tag), " ".join(r[0] for r in rows(path, (tag if tag != "VERIFYSCRIPT" else tag) + "PROG"))
        if body or program not in ("", "(none)"):
            scripts[{"PREIN": "%pre", "POSTIN": "%post", "VERIFYSCRIPT": "%verify"}.get(tag, "%" + tag.lower())] = (program, body)
    triggers = []
    for kind in ("TRIGGER", "FILETRIGGER", "TRANSFILETRIGGER"):
        triggers += [(kind, *r) for r in rows(path, kind + "NAME", kind + "FLAGS", kind + "VERSION") if r[0] != "(none)"]
    return {"format": "rpm", "name": one(path, "NAME"), "epoch": int(one(path, "EPOCH") or 0), "version": one(path, "VERSION"),
            "release": one(path, "RELEASE"), "arch": one(path, "ARCH"), "summary": one(path, "SUMMARY"), "description": one(path, "DESCRIPTION"),
            "homepage": one(path, "URL"), "license": one(path, "LICENSE"), "vendor": one(path, "VENDOR"), "maintainer": one(path, "PACKAGER"),
            "conffiles": [], "changelog": "\n".join(":".join(r) for r in rows(path, "CHANGELOGTIME", "CHANGELOGNAME", "CHANGELOGTEXT") if r[0] != "(none)"),
            "relations": relations, "scripts": scripts, "triggers": triggers, "fields": {"Section": one(path, "GROUP")}, "extra": {},
            "source": one(path, "SOURCERPM") == "", "files": rpm_files(path)}


def read(path):
    return rpm(path) if open(path, "rb").read(4) == b"\xed\xab\xee\xdb" else deb(path)
