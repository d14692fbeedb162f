# root-images.sh - root images from container images, backups and folders: what is taken and what not; refreshed, removed, shared, swept; a system of rpm's kind.
# needs: root
. "$SOURCES/tests/e2e/_report.sh"
. "$SOURCES/tests/cli/_expect.sh"
. "$SOURCES/tests/e2e/_rpmroot.sh"
export XDG_DATA_HOME="$WORK/data"
roots=$XDG_DATA_HOME/sluice/roots
about() { "$SLUICE" --json root list > list.json && jq -r --arg name "$1" ".roots[] | select(.name == \$name) | $2" list.json; }

# ---- a system of rpm's kind as a container image of two layers
make_rpm_root tree
mkdir layer
tar -cf lower.tar -C tree .
mkdir -p layer/etc layer/usr/share/gone
echo new > layer/etc/motd
touch layer/etc/.wh.old-file layer/usr/share/gone/.wh..wh..opq
tar -cf upper.tar -C layer .
mkdir -p extra/etc extra/usr/share/gone
echo x > extra/etc/old-file
echo x > extra/usr/share/gone/inside
mknod extra/etc/device c 1 3
tar -rf lower.tar -C extra .
cat > image.py <<'PY'
import gzip, hashlib, json, os, subprocess, sys
os.makedirs("image/blobs/sha256")
def blob(data, media, **more):
    digest = hashlib.sha256(data).hexdigest()
    open("image/blobs/sha256/" + digest, "wb").write(data)
    return {"mediaType": media, "digest": "sha256:" + digest, "size": len(data), **more}
vnd = "application/vnd.oci.image."
lower, upper = open("lower.tar", "rb").read(), open("upper.tar", "rb").read()
layers = [blob(gzip.compress(lower, 1, mtime=0), vnd + "layer.v1.tar+gzip"),
          blob(subprocess.run(["zstd", "-q", "-1"], input=upper, capture_output=True, check=True).stdout, vnd + "layer.v1.tar+zstd")]
manifests = []
for machine in sys.argv[1:]:
    config = {"architecture": machine, "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(d).hexdigest() for d in (lower, upper)]}}
    manifest = {"schemaVersion": 2, "layers": layers, "config": blob(json.dumps(config).encode(), vnd + "config.v1+json")}
    manifests.append(blob(json.dumps(manifest).encode(), vnd + "manifest.v1+json", platform={"os": "linux", "architecture": machine}))
open("image/oci-layout", "w").write('{"imageLayoutVersion": "1.0.0"}')
open("image/index.json", "w").write(json.dumps({"schemaVersion": 2, "manifests": manifests}))
PY
own=$(case $(uname -m) in x86_64) echo amd64 ;; aarch64) echo arm64 ;; *) uname -m ;; esac)
other=$([ "$own" = arm64 ] && echo amd64 || echo arm64)
python3 image.py "$other" "$own"
tar -cf image.tar -C image .
expect 0 "$SLUICE" root create mini --from oci-archive:image.tar
[ "$(cat "$roots/mini/tree/etc/motd")" = new ]
for gone in etc/old-file etc/device usr/share/gone/inside etc/.wh.old-file; do
	[ ! -e "$roots/mini/tree/$gone" ]
done
[ "$(about mini '"\(.format) \(.packages) \(.distribution) \(.architecture) \(.age_days) \(.in_use)"')" = "rpm 1 mini 9 $own 0 false" ]
[ "$(about mini .digest)" = "$(sha256sum < image.tar | cut -d' ' -f1)" ]
# The folder of a layout is one, too; an image of another machine is none for us.
expect 0 "$SLUICE" root create layout --from image
rm -r image
python3 image.py "$other"
expect 3 "$SLUICE" root create foreign --from image
grep -q "an image for $other; this machine is $own" err

# ---- rpm's own world: nothing is provided, what is missing is named, folders within folders are looked through
spec() { # NAME REQUIRES
	printf 'Name: %s\nVersion: 1\nRelease: 1\nSummary: x\nLicense: none\nBuildArch: noarch\n%s\n%%description\nx\n%%post\n:\n%%files\n' "$1" "$2" > "$1.spec"
	rpmbuild --quiet --define "_topdir $WORK/$1" --define "_rpmdir $WORK" --define '_build_name_fmt %%{NAME}.rpm' -bb "$1.spec" > rpmbuild.log 2>&1
}
spec alone 'Requires: /bin/sh, mini >= 9'
expect 0 "$SLUICE" --json test alone.rpm --root mini --report alone
jq -e '.verdict == "pass" and .runs[0].provided == []' out > /dev/null || { cat out; exit 1; }

spec needy 'Requires: helper >= 1, other-thing'
spec helper 'Provides: nothing'
expect 1 "$SLUICE" --json test needy.rpm --root mini --scenario install
jq -r '.runs[0].scenarios[0].findings[] | select(.check == "dependency-missing") | .where' out | sort > needed
printf 'helper >= 1\nother-thing\n' | diff - needed
mkdir -p deps/a/b
mv helper.rpm deps/a/b/
spec other 'Provides: other-thing'
mv other.rpm deps/a/
expect 0 "$SLUICE" test needy.rpm --root mini --with deps

# ---- several formats, targets of a house, each on its own root: one report with a run for each; an old root is a finding
mkdir -p deb/DEBIAN
printf 'Package: d\nVersion: 1~deb12\nArchitecture: all\nDepends: not-there (>= 2)\nMaintainer: T <t@example.org>\nDescription: x\n' > deb/DEBIAN/control
dpkg-deb -Zgzip --root-owner-group -b deb d_1~deb12_all.deb > /dev/null
printf 'version: 1\ntargets:\n  one: {format: rpm, root: mini, suffix: .el9}\n  two: {format: rpm, root: layout}\n  deb12: {format: deb, root: /, suffix: "~deb12"}\n  deb13: {format: deb, root: no-such-root, suffix: "~deb13"}\n' > house.yaml
expect 1 "$SLUICE" --json test alone.rpm d_1~deb12_all.deb --house house.yaml --scenario install --report several
jq -r '.runs[] | [.target, .root.name, .root.age_days, .verdict, (.packages | join(","))] | @tsv' out > runs
printf 'deb12\t/\t\tfail\td\none\tmini\t0\tpass\talone\ntwo\tlayout\t0\tpass\talone\n' | diff - runs
jq -e '[.runs[0].scenarios[0].findings[] | select(.check == "dependency-missing") | .where] == ["not-there (>= 2)"]' out > /dev/null
fits alone/report.json several/report.json
for log in deb12 one two; do
	[ -s "several/logs/$log/install.log" ]
done
[ "$(grep -c '<testcase' several/junit.xml)" = 3 ]
expect 0 "$SLUICE" --json test alone.rpm --house house.yaml --target two --scenario install
jq -e '[.runs[].target] == ["two"]' out > /dev/null
expect 4 "$SLUICE" test d_1~deb12_all.deb --house house.yaml --target deb13
grep -q "target deb13 names the root 'no-such-root'" err
expect 2 "$SLUICE" test alone.rpm --house house.yaml --target none
printf 'version: 1\nproduct: alone\ntest: {root: {rpm: mini}, with: deps}\n' > recipe.yaml
mv house.yaml away.yaml
expect 0 "$SLUICE" --json test needy.rpm --recipe recipe.yaml --scenario install
jq -e '.runs[0].root.name == "mini" and (.runs[0].root.digest | length) == 64 and .runs[0].root.distribution == "mini 9"' out > /dev/null
sed -i 's/"created": "[^"]*"/"created": "2020-01-01T00:00:00Z"/' "$roots/mini/root.json"
expect 0 "$SLUICE" --json test alone.rpm --root mini --scenario install
jq -e '.runs[0].scenarios[0].findings[] | select(.check == "root-old") | .severity == "medium" and .remedy == "sluice root refresh mini"' out > /dev/null
expect 0 "$SLUICE" --json test alone.rpm --root mini --scenario install --max-root-age 5000w
jq -e '[.runs[0].scenarios[0].findings[] | select(.check == "root-old")] == []' out > /dev/null

# ---- hostile and broken images leave nothing
python3 "$SOURCES/tests/cli/oci_make.py" .
for bad in windows diff-id diff-count size encrypted chart escape nothing digest missing bad-json; do
	status=0
	"$SLUICE" root create bad --from "$bad" > out 2> err || status=$?
	[ "$status" = 3 ] || { echo "$bad: $status"; cat err; exit 1; }
done
expect 0 "$SLUICE" root create saved --from oci-archive:saved.tar
[ "$(cat "$roots/saved/tree/etc/changed")" = new ]
[ "$(readlink "$roots/saved/tree/srv/x")" = /etc ]
[ ! -e "$roots/saved/tree/opt/tool/a" ]
[ -e "$roots/saved/tree/opt/tool/c" ]

# ---- a machine's backup: nothing of its processes and devices; owners that no test root knows are nobody's; the overlay's marks go
mkdir -p backup/{usr/bin,etc,proc/1,sys/x,dev,run/x,tmp}
echo secret > backup/proc/1/environ
echo x > backup/tmp/x
mknod backup/dev/null c 1 3
echo one > backup/usr/bin/one
ln backup/usr/bin/one backup/usr/bin/two
chown 100000:5 backup/usr/bin/one
chmod 4755 backup/usr/bin/one
echo plain > backup/etc/plain
setfattr -n user.overlay.opaque -v y backup/etc/plain
setfattr -n user.kept -v y backup/etc/plain
tar --xattrs -czf backup.tar.gz -C backup .
for name in "backup --from backup.tar.gz" "folder --from backup"; do
	# shellcheck disable=SC2086
	expect 0 "$SLUICE" root create $name
	tree=$roots/${name%% *}/tree
	[ -d "$tree/proc" ]
	[ -z "$(find "$tree/proc" "$tree/sys" "$tree/dev" "$tree/run" "$tree/tmp" -mindepth 1)" ]
	[ "$(stat -c '%a %u %g %h' "$tree/usr/bin/two")" = "4755 65534 5 2" ]
	getfattr -d "$tree/etc/plain" 2> /dev/null > attributes
	grep -q user.kept attributes
	if grep -q overlay attributes; then exit 1; fi
done

# ---- refreshed: the same bytes change nothing; new ones come beside, and the old one stays while it is used
digest=$(about folder .digest)
expect 0 "$SLUICE" --json root refresh folder
jq -e '.changed == false' out > /dev/null
[ "$(about folder .digest)" = "$digest" ]
old=$(realpath "$roots/folder")
exec 9< "$old"
flock -s 9
[ "$(about folder .in_use)" = true ]
expect 4 "$SLUICE" root remove folder
grep -q 'a test uses the root folder right now' err
echo more > backup/etc/more
expect 0 "$SLUICE" --json root refresh folder
jq -e '.changed' out > /dev/null
[ -e "$roots/folder/tree/etc/more" ]
[ ! -e "$old/tree/etc/more" ]
[ -e "$old/tree/etc/plain" ]
exec 9<&-
"$SLUICE" root list > /dev/null
[ ! -e "$old" ]
# A source that is gone leaves the image as it is.
mv backup.tar.gz elsewhere.tar.gz
expect 2 "$SLUICE" root refresh backup
[ -e "$roots/backup/tree/etc/plain" ]
expect 0 "$SLUICE" root refresh backup --from elsewhere.tar.gz

# ---- what a killed process left goes; what one is making stays
mkdir -p "$roots/.dead-01234567/tree/etc" "$roots/.alive-01234567/tree"
exec 9< "$roots/.alive-01234567"
flock 9
"$SLUICE" root list > list
[ ! -e "$roots/.dead-01234567" ]
[ -e "$roots/.alive-01234567" ]
exec 9<&-

# ---- names and sources that are none
expect 2 "$SLUICE" root create backup --from backup
grep -q "a root named 'backup' exists" err
expect 2 "$SLUICE" root create a/b --from backup
expect 2 "$SLUICE" root create x --from debian:No/Such
expect 2 "$SLUICE" root create x --from no-such-file.tar
echo hello > text
expect 3 "$SLUICE" root create x --from text
expect 3 "$SLUICE" root create x --from oci-archive:lower.tar
expect 3 "$SLUICE" root create x --from layer/etc
head -c 300000 lower.tar > short.tar
expect 3 "$SLUICE" root create x --from short.tar

for name in mini layout saved backup folder; do
	expect 0 "$SLUICE" root remove "$name"
done
"$SLUICE" root list > list
[ ! -s list ]
[ -z "$(ls -A "$roots")" ]
