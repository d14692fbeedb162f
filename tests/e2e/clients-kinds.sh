# Clients of several kinds, with what `channel client` prints, word for word in a fresh root each: two architectures and packages for all, two components, apt's end of validity, dnf's $basearch, and ansible's tasks.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_clients.sh"
new_org "deb, el9"
# What is for another processor cannot be tried here, so nobody is asked for a test.
sed -i 's/^  minor: {evidence: \[[^]]*\]/  minor: {evidence: [vendor-signature]/; s/components: \[main\]/components: [main, contrib], architectures: [arm64]/' policy.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
cat > main.yaml << 'HOUSE'
version: 1
targets:
  deb: {format: deb, suite: bookworm}
  el9: {format: rpm, path: el9/$basearch}
HOUSE
sed "s/suite: bookworm/&, component: contrib/" main.yaml > contrib.yaml
mkdir -p tree/opt/tool
echo tool > tree/opt/tool/data
product=0
lets_out() { # NAME ARCHITECTURE HOUSE
	product=$((product + 1))
	tar --owner=0 --group=0 --mtime=@1700000000 -C tree -czf "$1-1.0.tar.gz" opt
	printf 'version: 1\nproduct: %s\nvendor: acme\npackage: {name: org-%s, version: "1.0", architecture: %s}\nfiles: [{move: /opt/tool, to: /opt/%s}]\n' "$1" "$1" "$2" "$1" > "$1.yaml"
	sign_detached people/acme "$1-1.0.tar.gz"
	pat submit "$1-1.0.tar.gz" --recipe "$1.yaml" --house "$3" --signature "$1-1.0.tar.gz.asc" > out 2> err || [ -s out ] || { cat out err; exit 1; }
	expect 0 pat rfc open "C-$product" --reason "$1" --urgency low --impact minor
	expect 0 carl rfc vote "R-$product" --role change-manager --decision approve
	expect 0 pat release "R-$product" --to production
}
lets_out every noarch main.yaml
lets_out there aarch64 main.yaml
lets_out other x86_64 contrib.yaml
tree=$(olga channel tree production)
serve_store
trap 'kill $server' EXIT
url=${url}production

# Where its first line says that it belongs, below a root.
lay() { # ROOT FORMAT
	olga channel client production --format "$2" --url "$url" > text
	file=$1$(sed -n '1s/^# //p' text)
	mkdir -p "$(dirname "$file")"
	cp text "$file"
}
is_there() { # NAME... : what apt would take, all of ours
	expect 0 apt-cache pkgnames org-
	[ "$(sort out | tr '\n' ' ')" = "$* " ] || { echo "apt sees: $(sort out | tr '\n' ' '); wanted: $*"; exit 1; }
}
a=$WORK/apt
apt_client "$a"
export APT_CONFIG=$a/apt.conf
lay "$a" apt
expect 0 apt-get --error-on=any update
is_there org-every org-other
expect 0 apt-get download org-every org-other
if apt-get download org-there > out 2>&1; then echo "a package for another processor"; exit 1; fi
cmp org-other_*_amd64.deb "$(find -L "$tree/deb/pool/contrib" -name 'org-other*.deb')"
sed -i 's/APT::Architectures {"amd64";}/APT::Architectures {"amd64"; "arm64";}/' "$a/apt.conf"
expect 0 apt-get --error-on=any update
is_there org-every org-other org-there
expect 0 apt-get download org-there:arm64
[ "$(dpkg-deb -f org-there_*.deb Architecture)" = arm64 ]
# nothing new within the time that a snapshot is good for: apt says so, by itself
expect 100 faketime -f +8d apt-get --error-on=any update
grep -q 'is expired' err
expect 0 faketime -f +6d apt-get --error-on=any update
# only one component
sed -i 's/^Components: .*/Components: contrib/' "$file"
expect 0 apt-get --error-on=any update
is_there org-other

# dnf fills in the machine's own
d=$WORK/dnf
dnf_client "$d"
olga channel client production --format dnf --url "$url" > "$d/repos/production.repo"
# shellcheck disable=SC2016
grep -qx 'baseurl=.*/rpm/el9/$basearch' "$d/repos/production.repo"
has() { # PROCESSOR NAME...
	expect 0 dnf_at "$d" --forcearch="$1" --refresh repoquery --qf '%{name}'
	[ "$(grep '^org-' out | sort | tr '\n' ' ')" = "${*:2} " ] || { echo "dnf sees on $1:"; cat out; exit 1; }
}
has x86_64 org-every org-other
has aarch64 org-there

# ansible's tasks, carried out as they stand by who knows these two modules only, on a machine of each kind
olga channel client production --format ansible --url "$url" > tasks.yaml
python3 - << 'PYTHON' || { [ $? = 77 ] || exit 1; echo "left out: ansible's tasks, as this python has no yaml"; exit 0; }
import os, sys
try:
    import yaml
except ImportError:
    sys.exit(77)
with open("tasks.yaml", encoding="utf-8") as file:
    tasks = yaml.safe_load(file)
for manager in "apt", "dnf":
    for task in tasks:
        when = task.get("when", "True")
        if not eval(when, {"__builtins__": {}}, {"ansible_pkg_mgr": manager}):
            continue
        if "ansible.builtin.file" in task:
            what = task["ansible.builtin.file"]
            assert what["state"] == "directory"
            os.makedirs(f"{manager}-machine{what['path']}", int(what["mode"], 8))
        else:
            what = task["ansible.builtin.copy"]
            path = f"{manager}-machine{what['dest']}"
            if os.path.dirname(what["dest"]) in ("/etc/apt/sources.list.d", "/etc/yum.repos.d"):
                os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "x", encoding="utf-8") as file:
                file.write(what["content"])
PYTHON
rm -rf "$a/etc/apt/sources.list.d" "$a/var/lib/apt/lists"
cp -r apt-machine/etc/apt/sources.list.d "$a/etc/apt/"
expect 0 apt-get --error-on=any update
is_there org-every org-other org-there
[ ! -e apt-machine/etc/yum.repos.d ]
rm -rf "$d" && dnf_client "$d"
sed "s#file:///etc#file://$WORK/dnf-machine/etc#g" dnf-machine/etc/yum.repos.d/production.repo > "$d/repos/production.repo"
has x86_64 org-every org-other
expect 0 dnf_at "$d" install org-every
olga channel client production --format guard --url "$url" | jq -S . > guard.json
for kind in apt dnf; do jq -S . "$kind-machine/etc/sluice/channels/production.json" | cmp - guard.json; done
