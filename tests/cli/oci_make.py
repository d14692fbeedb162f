"""oci_make.py FOLDER: container images put together by hand below FOLDER, each a layout directory; `saved.tar` as docker save writes it."""
import gzip, hashlib, io, json, os, shutil, subprocess, sys, tarfile

root = sys.argv[1]

def tar(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.mtime = 1700000000
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, tuple):
                info.type, info.linkname = (tarfile.SYMTYPE if content[0] == "->" else tarfile.LNKTYPE), content[1]
            else:
                info.size = len(content)
            t.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()

def zstd(data):
    return subprocess.run(["zstd", "-q"], input=data, capture_output=True, check=True).stdout

LOWER = tar(("etc/", None), ("etc/keep", b"lower\n"), ("etc/changed", b"old\n"), ("etc/gone", b"gone\n"), ("opt/", None), ("opt/tool/", None),
            ("opt/tool/a", b"a\n"), ("opt/tool/b", b"b\n"), ("srv/", None), ("srv/x/", None), ("srv/x/deep", b"deep\n"), ("var/", None), ("var/d/", None), ("var/d/f", b"f\n"))
MIDDLE = tar(("etc/.wh.gone", b""), ("etc/changed", b"middle\n"), ("opt/tool/.wh..wh..opq", b""), ("opt/tool/c", b"c\n"), ("var/.wh.d", b""))
UPPER = tar(("etc/changed", b"new\n"), ("srv/x", ("->", "/etc")), ("usr/bin/one", b"one\n"), ("usr/bin/two", ("=", "usr/bin/one")), ("var/d/", None), ("var/d/g", b"g\n"))
PACK = {"tar": lambda d: d, "tar+gzip": lambda d: gzip.compress(d, mtime=0), "tar+zstd": zstd}
LAYERS = [(LOWER, "tar+gzip"), (MIDDLE, "tar"), (UPPER, "tar+zstd")]
LABELS = {"org.opencontainers.image.title": "acme-image", "org.opencontainers.image.version": "1.2.3", "org.opencontainers.image.licenses": "MIT",
          "org.opencontainers.image.url": "https://example.org", "org.opencontainers.image.description": "An image"}

class Layout:
    def __init__(self, name):
        self.dir = os.path.join(root, name)
        os.makedirs(os.path.join(self.dir, "blobs/sha256"))
        self.write("oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())

    def write(self, name, data):
        with open(os.path.join(self.dir, name), "wb") as f:
            f.write(data)

    def blob(self, data, media, **more):
        digest = hashlib.sha256(data).hexdigest()
        self.write("blobs/sha256/" + digest, data)
        return {"mediaType": media, "digest": "sha256:" + digest, "size": len(data), **more}

    def image(self, layers, platform=("linux", "amd64"), labels=LABELS, tweak=None):
        vnd = "application/vnd.oci.image."
        config = {"architecture": platform[1], "os": platform[0], "config": {"Labels": labels, "Entrypoint": ["/usr/bin/one", "-v"], "Env": ["A=b"]},
                  "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest() for data, _ in layers]}}
        manifest = {"schemaVersion": 2, "mediaType": vnd + "manifest.v1+json", "layers": [self.blob(PACK[how](data), vnd + "layer.v1." + how) for data, how in layers]}
        if tweak:
            tweak(manifest, config)
        manifest["config"] = self.blob(json.dumps(config).encode(), vnd + "config.v1+json")
        return self.blob(json.dumps(manifest).encode(), vnd + "manifest.v1+json", platform={"os": platform[0], "architecture": platform[1]})

    def index(self, *manifests):
        self.write("index.json", json.dumps({"schemaVersion": 2, "manifests": list(manifests)}).encode())
        return self

good = Layout("good")
good.index(good.image(LAYERS))
nested = Layout("nested")
inner = nested.blob(json.dumps({"schemaVersion": 2, "manifests": [nested.image(LAYERS), {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + "0" * 64,
                    "size": 1, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}]}).encode(), "application/vnd.oci.image.index.v1+json")
nested.index(inner)
two = Layout("two")
two.index(two.image(LAYERS), two.image(LAYERS, ("linux", "arm64")))
windows = Layout("windows")
windows.index(windows.image(LAYERS, ("windows", "amd64")))
diff = Layout("diff-id")
diff.index(diff.image(LAYERS, tweak=lambda m, c: c["rootfs"]["diff_ids"].reverse()))
count = Layout("diff-count")
count.index(count.image(LAYERS, tweak=lambda m, c: c["rootfs"]["diff_ids"].pop()))
size = Layout("size")
size.index(size.image(LAYERS, tweak=lambda m, c: m["layers"][0].update(size=1)))
locked = Layout("encrypted")
locked.index(locked.image(LAYERS, tweak=lambda m, c: m["layers"][0].update(mediaType="application/vnd.oci.image.layer.v1.tar+gzip+encrypted")))
chart = Layout("chart")
chart.index(chart.image(LAYERS, tweak=lambda m, c: m["layers"][0].update(mediaType="application/vnd.cncf.helm.chart.content.v1")))
escape = Layout("escape")
escape.index(escape.image([(tar(("../evil", b"x")), "tar")]))
device = Layout("nothing")
device.index(device.image([(tar((".wh.x", b"")), "tar")]))
replaced = Layout("link-to-replaced")
replaced.index(replaced.image([(tar(("a", b"old"), ("b", ("=", "a"))), "tar"), (tar(("a", b"new")), "tar")]))
digest = Layout("digest")
digest.index(digest.image(LAYERS))
blobs = os.path.join(digest.dir, "blobs/sha256")
name = [n for n in os.listdir(blobs) if open(os.path.join(blobs, n), "rb").read(2) == b"\x1f\x8b"][0]
with open(os.path.join(blobs, name), "r+b") as f:
    f.seek(9)
    f.write(b"\x01")
missing = Layout("missing")
missing.index(missing.image(LAYERS))
os.remove(os.path.join(missing.dir, "blobs/sha256", name))
deep = Layout("bad-json")
deep.write("index.json", b'{"manifests": ' + b"[" * 3000 + b"]" * 3000 + b"}")

# docker save: a configuration named by its digest, layers by ids of their own, one of them a link to another.
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": LABELS}, "rootfs": {"type": "layers",
                     "diff_ids": ["sha256:" + hashlib.sha256(d).hexdigest() for d in (LOWER, MIDDLE, UPPER, UPPER)]}}).encode()
ids = [hashlib.sha256(b"id%d" % i).hexdigest() for i in range(4)]
named = hashlib.sha256(config).hexdigest() + ".json"
with tarfile.open(os.path.join(root, "saved.tar"), "w", format=tarfile.USTAR_FORMAT) as t:
    def add(name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    for i, data in reversed(list(enumerate((LOWER, MIDDLE, UPPER)))):
        add(ids[i] + "/VERSION", b"1.0")
        add(ids[i] + "/layer.tar", data)
    link = tarfile.TarInfo(ids[3] + "/layer.tar")
    link.type, link.linkname = tarfile.SYMTYPE, "../" + ids[2] + "/layer.tar"
    t.addfile(link)
    add(named, config)
    add("manifest.json", json.dumps([{"Config": named, "RepoTags": ["acme/image:1.2.3"], "Layers": [i + "/layer.tar" for i in ids]}]).encode())
