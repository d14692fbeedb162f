"""fidelity_install.py - installs one package below an empty root with the real dpkg or rpm, without its scripts, and says what lies there."""
import io, os, shutil, stat, subprocess, tarfile
import fidelity_read

DPKG = ("dpkg", "--force-depends,conflicts,breaks,architecture,confnew,confmiss,bad-version,unsafe-io", "--no-triggers")
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink", stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFIFO: "fifo"}


def people(root, package):
    """Every owner the package names exists, on the machine (dpkg asks there) and below the root (rpm asks there)."""
    users, groups = ["root"], ["root"]
    for entry in package["files"].values():
        users += [entry["owner"]] if entry["owner"] not in users else []
        groups += [entry["group"]] if entry["group"] not in groups else []
    number = lambda name, at: int(name) if name.isdigit() else (0 if name == "root" else 5000 + at)
    tables = {"passwd": "".join(f"{n}:x:{number(n, i)}:0::/:/bin/false\n" for i, n in enumerate(users)),
              "group": "".join(f"{n}:x:{number(n, i)}:\n" for i, n in enumerate(groups))}
    os.makedirs(root + "/etc")
    for name, lines in tables.items():
        for path in (f"{root}/etc/{name}", f"{root}.{name}"):
            open(path, "w", encoding="utf-8", errors="surrogateescape").write(lines)
        subprocess.run(["mount", "--bind", f"{root}.{name}", f"/etc/{name}"], check=True)
    return {number(n, i): n for i, n in enumerate(users)}, {number(n, i): n for i, n in enumerate(groups)}


def without_scripts(path, into):
    """The same deb, its data member byte for byte, its control archive without what dpkg would run."""
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:gz", format=tarfile.GNU_FORMAT) as out:
        for tar, member in fidelity_read.tar_of(path, "--ctrl-tarfile"):
            if member.name.removeprefix("./") in ("control", "conffiles", "md5sums"):
                out.addfile(member, io.BytesIO(tar.extractfile(member).read()))
    with open(path, "rb") as source, open(into, "wb") as target:
        target.write(source.read(8))
        while len(head := source.read(60)) == 60:
            size, name = int(head[48:58]), head[:16].strip().rstrip(b"/")
            if name.startswith(b"control.tar"):
                body = kept.getvalue()
                source.seek(size + size % 2, 1)
                target.write(b"%-16s" % b"control.tar.gz" + head[16:48] + b"%-10d`\n" % len(body) + body + b"\n" * (len(body) % 2))
                continue
            target.write(head)
            left = size + size % 2
            while left:
                block = source.read(min(left, 1 << 20))
                target.write(block)
                left -= len(block)


def command(*words):
    done = subprocess.run(words, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-500:]


def install_deb(path, root):
    os.makedirs(root + "/var/lib/dpkg/info")
    os.makedirs(root + "/var/lib/dpkg/updates")
    open(root + "/var/lib/dpkg/status", "w").close()
    without_scripts(path, root + ".deb")
    command(*DPKG, f"--root={root}", "-i", root + ".deb")


def install_rpm(path, root):
    command("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-i", "--nodeps", "--noscripts", "--notriggers", "--nosignature", "--ignorearch",
            "--ignoreos", path)


def look(root, users, groups):
    found, inodes = {}, {}
    for folder, folders, names in os.walk(os.fsencode(root)):
        for name in folders + names:
            full = os.path.join(folder, name)
            s, path = os.lstat(full), os.fsdecode(full)[len(root):]
            kind = KINDS[stat.S_IFMT(s.st_mode)]
            capability = b"" if kind != "file" else os.getxattr(full, "security.capability") if "security.capability" in os.listxattr(full) else b""
            found[path] = {"type": kind, "mode": stat.S_IMODE(s.st_mode), "owner": users.get(s.st_uid, str(s.st_uid)), "group": groups.get(s.st_gid, str(s.st_gid)),
                           "mtime": int(s.st_mtime), "size": s.st_size if kind == "file" else 0, "caps": capability, "links": {path},
                           "target": os.fsdecode(os.readlink(full)) if kind == "symlink" else "", "sha256": "",
                           "device": (os.major(s.st_rdev), os.minor(s.st_rdev)) if kind in ("char", "block") else None}
            if kind == "symlink":
                found[path]["mode"] = 0o777
            if kind == "file":
                with open(full, "rb") as stream:
                    found[path]["sha256"] = fidelity_read.sha256(stream)
                found[path]["links"] = inodes.setdefault(s.st_ino, set())
                found[path]["links"].add(path)
    return found


def install(path, package, root):
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    users, groups = people(root, package)
    try:
        (install_deb if package["format"] == "deb" else install_rpm)(path, root)
        found = look(root, users, groups)
    finally:
        for name in ("passwd", "group"):
            subprocess.run(["umount", f"/etc/{name}"], check=True)
    shutil.rmtree(root)
    return found
