# A real apt, a real dnf and a real zypper, each with a state of its own, take the channel over HTTP with the configuration we hand out, and nothing else.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_clients.sh"
new_org
release_acme 1.0 1
# The next release key reaches the clients in a package of the organisation's own, before it signs anything.
next=$(olga key new release)
expect 2 olga key package
expect 0 olga key package --output keyring --vendor acme
sign_detached people/acme keyring/*.tar
expect 0 pat submit keyring/*.tar --recipe keyring/example-ag-keyring.yaml --signature keyring/*.tar.asc
expect 0 pat rfc open C-2 --reason "the next key" --urgency low --impact minor
expect 0 carl rfc vote R-2 --role change-manager --decision approve
expect 0 pat release R-2 --to production
tree=$(olga channel tree production)

# Our own server; what it holds open is nothing of the store but its channels.
serve_store
trap 'kill $server' EXIT
url=${url}production
if find /proc/$server/fd -lname "$store*" ! -lname "$store/channels" | grep .; then echo "the server holds more than channels open"; exit 1; fi

# ---- a distribution server
olga trust export > trust.json
expect 0 "$SLUICE" pull "$url" --trust trust.json --into site
cmp site/current/release.json "$tree/release.json"

# ---- apt
a=$WORK/apt
apt_client "$a"
echo "Sluice::Channels \"$WORK/guard/channels\"; Sluice::State \"$WORK/guard/state\";" >> "$a/apt.conf"
sed "s#/usr/lib/sluice/#$SOURCES/clients/guard/#g" "$SOURCES/clients/guard/60sluice-guard" >> "$a/apt.conf"
export APT_CONFIG=$a/apt.conf
olga channel client production --format apt --url "$url" > "$a/etc/apt/sources.list.d/production.sources"
expect 0 apt-get --error-on=any update
expect 0 apt-get download org-acme-agent
cmp org-acme-agent_*.deb "$(find -L "$tree/deb/pool" -name 'org-acme-agent*.deb')"
expect 0 apt-get download example-ag-keyring
dpkg-deb -x example-ag-keyring_*.deb root
cp "$a/etc/apt/sources.list.d/production.sources" ours.sources
# the same with another organisation's key: refused
"$SLUICE" --quiet --store "$WORK/other" init --org Other > /dev/null 2>&1
other=$("$SLUICE" --quiet --store "$WORK/other" channel client production --format apt --url "$url")
echo "$other" | sed 's/^Suites: .*/Suites: bookworm/' > "$a/etc/apt/sources.list.d/production.sources"
rm -rf "$a/var/lib/apt/lists"
expect 100 apt-get --error-on=any update

# ---- dnf
d=$WORK/dnf
dnf_client "$d"
dnf_guard "$d"
olga channel client production --format dnf --url "$url" > "$d/repos/production.repo"
dnf() { dnf_at "$d" "$@"; }
expect 0 dnf list --available org-acme-agent
grep -q 'org-acme-agent.noarch  *1.0-1' out

# ---- zypper, which installs what it took into a root of its own; a key that it does not have is nobody's
z=$WORK/zypper
has_zypper=yes unknown="signed with an unknown key\|Do you want to reject the key"
zypper_there || { has_zypper=; echo "left out: zypper, which this machine's apt has no packages of"; }
zypper() { [ -z "$has_zypper" ] || zypper_at "$z" "$@"; }
zypper_refused() { # WHY WORD...
	[ -n "$has_zypper" ] || return 0
	if zypper_at "$z" "${@:2}" > out 2>&1 || ! grep -q "$1" out; then
		echo "zypper says nothing of '$1': ${*:2}"
		cat out
		exit 1
	fi
}
zypper_client "$z" "$tree/keys/release.asc" "$tree/keys/package.asc"
olga channel client production --format zypper --url "$url" > "$z/etc/zypp/repos.d/production.repo"
expect 0 zypper refresh
expect 0 zypper --no-refresh search --details org-acme-agent
[ -z "$has_zypper" ] || grep -q 'org-acme-agent *| package *| 1.0-1 *| noarch *|' out
expect 0 zypper --no-refresh install org-acme-agent
[ -z "$has_zypper" ] || HOME=$z rpm --root "$z" -V org-acme-agent
zypper_client "$WORK/stranger" "$WORK/other/keys/release.asc" "$WORK/other/keys/package.asc"
cp "$z/etc/zypp/repos.d/production.repo" stranger/etc/zypp/repos.d/
z=$WORK/stranger zypper_refused "$unknown" refresh

# ---- their guard: an older state, validly signed, and one that never changes
says() { # CODE WORD COMMAND...
	expect "$1" "${@:3}"
	grep -q "sluice-guard: .*channel production: $2: " out err || { echo "no $2: ${*:3}"; cat out err; exit 1; }
}
cp ours.sources "$a/etc/apt/sources.list.d/production.sources"
rm -rf "$a/var/lib/apt/lists"
mkdir -p guard/channels
olga channel client production --format guard --url "$url" > guard/channels/production.json
expect 0 apt-get --error-on=any update
expect 0 dnf --refresh list --available org-acme-agent
cp -a "$(realpath "$tree")" before
expect 0 olga channel stop production --reason "to have it signed again"
channel=$(dirname "$tree") now=$(readlink "$tree")
old() { mv before "$channel/snapshots/0" && ln -sfn snapshots/0 "$tree"; }
new() { ln -sfn "$now" "$tree" && mv "$channel/snapshots/0" before; }
expect 0 apt-get --error-on=any update
expect 0 dnf --refresh list --available org-acme-agent
old
says 100 E_ROLLBACK apt-get --error-on=any update
says 1 E_ROLLBACK dnf --refresh list --available org-acme-agent
says 1 E_ROLLBACK dnf -C list --available org-acme-agent
mkdir dpkg
cp /var/lib/dpkg/status dpkg/
says 100 E_ROLLBACK apt-get -y -o Dir::State::status="$WORK/dpkg/status" -o Dir::Bin::dpkg=/bin/false install --no-install-recommends org-acme-agent
new
expect 0 apt-get --error-on=any update
# today's release.json over yesterday's indexes
cp -a "$(realpath "$tree")" mixed
rm -rf mixed/rpm
cp -a before/rpm mixed/rpm
mv before kept && mv mixed before
old
says 1 E_ROLLBACK dnf --refresh list --available org-acme-agent
new
rm -rf before && mv kept before
expect 0 dnf --refresh list --available org-acme-agent
# nothing new for longer than what is served is good for: dnf by itself would not mind
sed -i 's/"checked": [0-9]*/"checked": 0/' guard/state/*
DNF_AT="faketime -f +8d" says 1 E_FREEZE dnf --refresh list --available org-acme-agent
says 100 E_FREEZE faketime -f +8d apt-get --error-on=any update
expect 0 apt-get --error-on=any update
# another channel's key, and a state that somebody spoilt: an error is a no
sed -i 's/"serial": 3/"serial": "3"/' guard/state/*
says 100 E_STATE apt-get --error-on=any update
rm -rf guard/state
"$SLUICE" --quiet --store "$WORK/other" channel client production --format guard --url "$url" > guard/channels/production.json
says 100 E_SIG_BAD apt-get --error-on=any update
rm -rf guard

# ---- mirrors, while the channel is signed again and again; who meets a publication between two files may try once more, as its operator would
republish() { for _ in $(seq 5); do olga channel stop production --reason "signed again" > /dev/null || return 1; done; }
republish &
publisher=$!
tried() { # COMMAND...: three times at most
	"$@" > out 2>&1 || "$@" > out 2>&1 || "$@" > out 2>&1 || { cat out; return 1; }
}
gpg --homedir people/pat --batch --dearmor < "$tree/keys/release.asc" > ring.gpg
host=${url#http://} host=${host%%/*}
if command -v debmirror > /dev/null; then
	tried debmirror mirror-deb --method=http --host="$host" --root=production/deb --dist=bookworm --section=main --arch=amd64 --nosource --rsync-extra=none --keyring="$WORK/ring.gpg"
	cmp "$(find mirror-deb/pool -name 'org-acme-agent*.deb')" "$(find -L "$tree/deb/pool" -name 'org-acme-agent*.deb')"
fi
if command -v aptly > /dev/null; then
	printf '{"rootDir": "%s/aptly", "gpgProvider": "gpg"}\n' "$WORK" > aptly.conf
	mirror() { GNUPGHOME=$WORK/people/pat aptly -config=aptly.conf mirror "$@"; }
	tried mirror create -architectures=amd64 -keyring="$WORK/ring.gpg" ours "${url}/deb" bookworm main
	tried mirror update -keyring="$WORK/ring.gpg" ours
	mirror show -with-packages ours | finds org-acme-agent
fi
plugins=/usr/lib/python3/dist-packages/dnf-plugins
if [ -e "$plugins/reposync.py" ]; then
	tried dnf --setopt=pluginpath="$plugins" --refresh reposync --repoid=production --download-path="$WORK/mirror-rpm" --download-metadata
	cmp "$(find mirror-rpm -name 'org-acme-agent*.rpm')" "$(find -L "$tree/rpm" -name 'org-acme-agent*.rpm')"
fi
for _ in 1 2 3; do
	expect 0 zypper refresh
	expect 0 zypper --no-refresh --xmlout search org-acme-agent
	[ -z "$has_zypper" ] || grep -q '<solvable status="installed" name="org-acme-agent"' out
done
wait $publisher

# ---- the release key changes: who has the package with the next one goes on, who knows the one of before only does not
cp "$tree/keys/release.asc" old.asc
echo "own-keys: {release: [\"openpgp:$next\"]}" >> policy.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
expect 0 olga channel stop production --reason "signed again, by the next key alone"
apt_asks() { # CODE: with no lists of before
	rm -rf "$a/var/lib/apt/lists"
	expect "$1" apt-get --error-on=any update
}
apt_asks 100
olga channel client production --format apt-keyring --url "$url" | sed "s#: /usr/share#: $WORK/root/usr/share#" > "$a/etc/apt/sources.list.d/production.sources"
apt_asks 0
dnf_keys() { # FILE...: the keys that dnf is told to ask for
	olga channel client production --format dnf-keyring --url "$url" | sed "s#^gpgkey=.*#gpgkey=$*#" > "$d/repos/production.repo"
}
dnf_keys "file://$WORK/old.asc"
expect 1 dnf --refresh makecache
dnf_keys "file://$WORK/root/etc/pki/rpm-gpg/RPM-GPG-KEY-example-ag-keyring-release"
expect 0 dnf --refresh makecache
zypper_refused "$unknown" refresh
zypper_client "$z" "$WORK/root/etc/pki/rpm-gpg/RPM-GPG-KEY-example-ag-keyring-release"
expect 0 zypper refresh
olga channel client production --format dnf-keyring --url "$url" | grep -q "^gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-example-ag-keyring-release file:///etc/pki/rpm-gpg/RPM-GPG-KEY-example-ag-keyring-package$"
# another organisation's key: its software, or ours for somebody else, is not taken
rm -rf "$d/root$d/cache"
dnf_keys "file://$WORK/other/keys/release.asc"
expect 1 dnf --refresh makecache
dnf_keys "file://$WORK/root/etc/pki/rpm-gpg/RPM-GPG-KEY-example-ag-keyring-release"

# ---- a server that lies: what is not what was signed is refused, and what never ends is broken off
rm -rf served
cp -rL "$tree" served
kill $server
wait $server || true
lie() { # [OPTION...]: sets what both ask
	rm -rf port "$d/root$d/cache" "$a/var/lib/apt/lists" "$z/var/cache/zypp"
	mkfifo port
	"$SOURCES/tests/e2e/http_server.py" served log "$@" > port &
	server=$!
	read -r number < port
	sed -i "s#^URIs: .*#URIs: http://127.0.0.1:$number/deb#" "$a/etc/apt/sources.list.d/production.sources"
	sed -i "s#^baseurl=.*#baseurl=http://127.0.0.1:$number/rpm#" "$d/repos/production.repo" "$z/etc/zypp/repos.d/production.repo"
}
honest() { kill $server; wait $server || true; }
# no file may grow beyond 64 MiB here: who goes on writing dies of it
bounded() { (ulimit -f 65536 && "$@"); }
# endless data
lie --endless by-hash
expect 100 bounded timeout 60 apt-get --error-on=any update
[ "$(du -sk "$a/var/lib/apt/lists" | cut -f1)" -lt 1024 ]
honest
lie --endless InRelease
expect 100 bounded timeout 60 apt-get --error-on=any update
honest
lie --endless primary.xml
DNF_AT="timeout 60" expect 1 bounded dnf --refresh makecache
honest
# extraneous dependencies
lie
cp -a served kept
find served/deb/dists -path '*by-hash*' -type f | while read -r file; do
	gzip -dcf "$file" | sed 's/^Package: org-acme-agent$/&\nDepends: malware/' > longer
	if gzip -t "$file" 2> /dev/null; then gzip -n longer && mv longer.gz longer; fi
	cp longer "$file"
done
apt_asks 100
for file in served/rpm/repodata/*-primary.xml.gz; do
	zcat "$file" | sed 's#<rpm:provides>#<rpm:requires><rpm:entry name="malware"/></rpm:requires>&#' | gzip -n > longer
	cp longer "$file"
done
rm -rf "$d/root$d/cache"
expect 1 dnf --refresh makecache
zypper_refused "has wrong checksum" refresh
olga trust export > trust.json
expect 1 "$SLUICE" --json pull "http://127.0.0.1:$number" --trust trust.json --into fresh
grep -qE 'E_DIGEST|E_LIMIT_SIZE' out
rm -rf served fresh
mv kept served
# a leap of the serial: nobody but the key can make one
sed 's/"serial":[0-9]*/"serial":1000000/' served/release.json > leap
cp leap served/release.json
expect 1 "$SLUICE" --json pull "http://127.0.0.1:$number" --trust trust.json --into fresh
grep -q E_SIG_BAD out
honest
# an index that is not the one signed
lie
sed -i 's/<revision>/<revision>1/' served/rpm/repodata/repomd.xml
expect 1 dnf --refresh makecache
zypper_refused "Signature verification failed" refresh
honest
trap - EXIT
