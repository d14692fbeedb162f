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


def lay(root, files):
    for name, (text, mode) in files.items():
        os.makedirs(os.path.dirname(f"{root}/{name}"), exist_ok=True)
        open(f"{root}/{name}", "w").write(text)
        os.chmod(f"{root}/{name}", mode)


def build_deb(place, path, name, version, scripts, files):
    lay(place, files)
    control = f"Package: {name}\nVersion: {version}-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: a test\n"
    lay(place, {"DEBIAN/control": (control, 0o644), **{f"DEBIAN/{script}": ("#!/bin/sh\n" + text, 0o755) for script, text in scripts.items()}})
    run("dpkg-deb", "--root-owner-group", "-b", place, path)


def build_rpm(place, path, name, version, scripts, files):
    lay(f"{place}/files", files)
    spec = (f"Name: {name}\nVersion: {version}\nRelease: 1\nSummary: a test\nLicense: none\nBuildArch: noarch\n%description\na test\n"
            f"%install\nmkdir -p %{{buildroot}}\ncp -a {place}/files/. %{{buildroot}}\n%files\n" + "".join(f"/{file}\n" for file in files))
    spec += f"%dir /opt/{name}\n"
    for script, text in scripts.items():
        spec += f"{script}\n" + text.replace("%", "%%")
    lay(place, {"it.spec": (spec, 0o644)})
    run("rpmbuild", "--quiet", "--define", f"_topdir {place}", "--define", f"_rpmdir {place}/made", "--define",
        "_build_name_fmt it.rpm", "-bb", f"{place}/it.spec")
    os.rename(f"{place}/made/it.rpm", path)


def tar_of(members, end=True, pax=None):
    """members: name -> (text, mode); the folders above come by themselves."""
    out, folders = io.BytesIO(), set()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        def add(name, data, mode):
            info = tarfile.TarInfo(name)
            info.mtime, info.uname, info.gname, info.mode = 1700000000, "root", "root", mode
            info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            info.size = len(data or b"")
            if pax and data is not None:
                info.pax_headers = pax(data)
            tar.addfile(info, io.BytesIO(data) if data is not None else None)

        for name, (text, mode) in members.items():
            parts = name.split("/")[:-1]
            for k in range(1, len(parts) + 1):
                folder = "/".join(parts[:k])
                if folder not in folders:
                    folders.add(folder)
                    add(folder, None, 0o755)
            add(name, text.encode(), mode)
        if not end:  # a segment that more follows: without the two empty blocks
            return out.getvalue()[:tar.offset]
    return out.getvalue()


def build_pacman(place, path, name, version, scripts, files):
    info = (f"pkgname = {name}\npkgbase = {name}\npkgver = {version}-1\npkgdesc = a test\nbuilddate = 1700000000\npackager = Nobody\n"
            f"size = 2\narch = any\n")
    members = {".PKGINFO": (info, 0o644)}
    if scripts:
        members[".INSTALL"] = ("".join(f"{function}() {{\n{text}}}\n" for function, text in scripts.items()), 0o644)
    subprocess.run(["zstd", "-q", "-f", "-o", path], input=tar_of({**members, **files}), check=True)


def build_apk(place, path, name, version, scripts, files):
    data = gzip.compress(tar_of(files, pax=lambda d: {"APK-TOOLS.checksum.SHA1": hashlib.sha1(d).hexdigest()}), mtime=0)
    info = (f"pkgname = {name}\npkgver = {version}-r1\npkgdesc = a test\nurl = https://example.org\nbuilddate = 1700000000\n"
            f"packager = Nobody\nsize = 2\narch = noarch\norigin = {name}\nlicense = MIT\ndatahash = {hashlib.sha256(data).hexdigest()}\n")
    members = {".PKGINFO": (info, 0o644), **{script: ("#!/bin/sh\n" + text, 0o755) for script, text in scripts.items()}}
    open(path, "wb").write(gzip.compress(tar_of(members, end=False), mtime=0) + data)


BUILDERS = {"deb": build_deb, "rpm": build_rpm, "pacman": build_pacman, "apk": build_apk}


def make(family, work):
    """The vendor's packages that write down: WORK/FAMILY/VERSION.SUFFIX."""
    os.makedirs(f"{work}/{family}")
    for version in range(4):
        scripts = {name: ("# also on purge\n" if family == "deb" else "") + body(version, name, "return" if family == "pacman" else "exit")
                   for name in (SCRIPTS[family] if has_scripts(version) else [])}
        BUILDERS[family](f"{work}/{family}-{version}", f"{work}/{family}/{version}{SUFFIX[family]}", "rec", version, scripts,
                         {f"opt/rec/only-{version}": (f"{version}\n", 0o644)})
