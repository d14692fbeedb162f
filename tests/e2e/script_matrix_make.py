"""script_matrix_make.py - packages whose scripts write down how they were called: deb and rpm by their own tools, pacman and apk by hand.

Versions 1 and 2 have every script, 0 and 3 have none; each brings /opt/rec/only-VERSION. A script fails when its version, its name and its
first argument stand in /share/fail."""
import gzip, hashlib, io, os, subprocess, tarfile

SCRIPTS = {
    "deb": ["preinst", "postinst", "prerm", "postrm"],
    "rpm": ["%pretrans", "%pre", "%post", "%preun", "%postun", "%posttrans"],
    "pacman": ["pre_install", "post_install", "pre_upgrade", "post_upgrade", "pre_remove", "post_remove"],
    "apk": [".pre-install", ".post-install", ".pre-upgrade", ".post-upgrade", ".pre-deinstall", ".post-deinstall"],
}
RELEASE = {"deb": "-1", "rpm": "-1", "pacman": "-1", "apk": "-r1"}
SUFFIX = {"deb": ".deb", "rpm": ".rpm", "pacman": ".pkg.tar.zst", "apk": ".apk"}

BODY = r"""{
printf '%s\t%s\t' '@VERSION@' '@NAME@'
for word; do printf "'%s' " "$word"; done
printf '\t'
for file in /opt/rec/only-?; do [ ! -e "$file" ] || printf '%s ' "${file##*/}"; done
printf '\tcwd=%s;umask=%s;stdin=%s;' "$(pwd -P)" "$(umask)" "$(readlink /proc/self/fd/0)"
env | LC_ALL=C sort | grep -E '^(DPKG_[A-Z_]*|RPM_[A-Z_0-9]*|PATH|HOME)=' | tr '\n' ';'
echo
} >> /share/record
if grep -qxF '@VERSION@ @NAME@ '"${1-}" /share/fail 2> /dev/null; then @LEAVE@ 1; fi
"""


def body(version, name, leave="exit"):
    return BODY.replace("@VERSION@", str(version)).replace("@NAME@", name).replace("@LEAVE@", leave)


def has_scripts(version):
    return version in (1, 2)


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stdout}")
    return done.stdout


def make_deb(work, version, path):
    root = os.path.join(work, f"deb-{version}")
    os.makedirs(f"{root}/DEBIAN")
    os.makedirs(f"{root}/opt/rec")
    open(f"{root}/opt/rec/only-{version}", "w").write(f"{version}\n")
    open(f"{root}/DEBIAN/control", "w").write(
        f"Package: rec\nVersion: {version}-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: records\n")
    for name in SCRIPTS["deb"] if has_scripts(version) else []:
        open(f"{root}/DEBIAN/{name}", "w").write("#!/bin/sh\n# also on purge\n" + body(version, name))
        os.chmod(f"{root}/DEBIAN/{name}", 0o755)
    run("dpkg-deb", "--root-owner-group", "-b", root, path)


def make_rpm(work, version, path):
    root = os.path.join(work, f"rpm-{version}")
    os.makedirs(root)
    spec = (f"Name: rec\nVersion: {version}\nRelease: 1\nSummary: records\nLicense: none\nBuildArch: noarch\n%description\nrecords\n"
            f"%install\nmkdir -p %{{buildroot}}/opt/rec\necho {version} > %{{buildroot}}/opt/rec/only-{version}\n%files\n/opt/rec\n")
    for name in SCRIPTS["rpm"] if has_scripts(version) else []:
        spec += f"{name}\n" + body(version, name).replace("%", "%%")
    open(f"{root}/rec.spec", "w").write(spec)
    run("rpmbuild", "--quiet", "--define", f"_topdir {root}", "--define", f"_rpmdir {root}/made", "--define",
        "_build_name_fmt rec.rpm", "-bb", f"{root}/rec.spec")
    os.rename(f"{root}/made/rec.rpm", path)


def tar_of(members, mode=tarfile.PAX_FORMAT, end=True, pax=None):
    """members: name -> bytes or None for a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=mode) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.mtime, info.uname, info.gname = 1700000000, "root", "root"
            info.mode, info.type = (0o755, tarfile.DIRTYPE) if data is None else (0o644, tarfile.REGTYPE)
            info.size = len(data or b"")
            if pax and data is not None:
                info.pax_headers = pax(data)
            tar.addfile(info, io.BytesIO(data) if data is not None else None)
        if not end:  # a segment that more follows: without the two empty blocks
            return out.getvalue()[:tar.offset]
    return out.getvalue()


def payload(version):
    return {"opt": None, "opt/rec": None, f"opt/rec/only-{version}": f"{version}\n".encode()}


def make_pacman(work, version, path):
    info = (f"pkgname = rec\npkgbase = rec\npkgver = {version}-1\npkgdesc = records\nbuilddate = 1700000000\npackager = Nobody\n"
            f"size = 2\narch = any\n")
    members = {".PKGINFO": info.encode()}
    if has_scripts(version):
        members[".INSTALL"] = "".join(f"{name}() {{\n{body(version, name, 'return')}}}\n" for name in SCRIPTS["pacman"]).encode()
    members.update(payload(version))
    subprocess.run(["zstd", "-q", "-f", "-o", path], input=tar_of(members), check=True)


def make_apk(work, version, path):
    data = gzip.compress(tar_of(payload(version), pax=lambda d: {"APK-TOOLS.checksum.SHA1": hashlib.sha1(d).hexdigest()}), mtime=0)
    info = (f"pkgname = rec\npkgver = {version}-r1\npkgdesc = records\nurl = https://example.org\nbuilddate = 1700000000\n"
            f"packager = Nobody\nsize = 2\narch = noarch\norigin = rec\nlicense = MIT\ndatahash = {hashlib.sha256(data).hexdigest()}\n")
    members = {".PKGINFO": info.encode()}
    for name in SCRIPTS["apk"] if has_scripts(version) else []:
        members[name] = ("#!/bin/sh\n" + body(version, name)).encode()
    open(path, "wb").write(gzip.compress(tar_of(members, end=False), mtime=0) + data)


MAKERS = {"deb": make_deb, "rpm": make_rpm, "pacman": make_pacman, "apk": make_apk}


def make(family, work):
    """The vendor's packages: WORK/FAMILY/VERSION.SUFFIX."""
    os.makedirs(f"{work}/{family}")
    for version in range(4):
        MAKERS[family](work, version, f"{work}/{family}/{version}{SUFFIX[family]}")
