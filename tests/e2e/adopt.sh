# A real reprepro and a real createrepo_c repository are taken over: bytes and paths as they were, a client that was set up for the old ones notices nothing.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
expect 0 "$SLUICE" --quiet --store "$store" init --org "Example AG"
make_policy "$WORK" "$store" "deb, rpm"
put_policy() {
	sign_detached "$store/trial" policy.yaml
	expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
}
put_policy
new_key people/old "Old Repository <old@example.org>"
gpg --homedir people/old --batch --armor --export > old.asc 2> /dev/null

deb() { # NAME VERSION ARCH
	mkdir -p "tree/$1/DEBIAN" "tree/$1/usr/share/$1"
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: Acme <acme@example.org>\nSection: misc\nPriority: optional\nX-Tracker: 4711\nDescription: %s of old\n two lines\n' "$1" "$2" "$3" "$1" > "tree/$1/DEBIAN/control"
	echo "$2" > "tree/$1/usr/share/$1/file"
	dpkg-deb --root-owner-group -Zgzip -b "tree/$1" "$1_$2_$3.deb" > /dev/null
}
deb one 1:1.0-1 amd64
deb everywhere 2.0 all
deb org-acme-agent 0.9-1 all
deb extra 3.0+x1 amd64
mkdir -p old/conf
printf 'Origin: Old House\nLabel: Old Label\nSuite: stable\nCodename: bookworm\nArchitectures: amd64 arm64\nComponents: main contrib\nSignWith: %s\n' "$(fingerprint people/old)" > old/conf/distributions
repo() { reprepro --silent --gnupghome "$WORK/people/old" -b old "$@" > repo.log 2>&1 || { cat repo.log; exit 1; }; }
repo includedeb bookworm one_*.deb everywhere_*.deb org-acme-agent_*.deb
repo -C contrib includedeb bookworm extra_*.deb

# ---- the client, set up for the old one
ln -s old served
a=$WORK/apt
mkdir -p "$a"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$a"/var/{lib/apt/lists/partial,cache/apt/archives/partial,log/apt}
# what it installed from there before
printf 'Package: one\nStatus: install ok installed\nVersion: 1:1.0-1\nArchitecture: amd64\nMaintainer: Acme <acme@example.org>\nDescription: one of old\n two lines\n\n' > "$a/status"
cat > "$a/apt.conf" <<CONF
Dir "$a/"; Dir::Etc "etc/apt"; Dir::State "var/lib/apt"; Dir::State::status "$a/status"; Dir::Cache "var/cache/apt"; Dir::Log "var/log/apt";
Dir::Etc::Trusted "/dev/null"; Dir::Etc::TrustedParts "$a/etc/apt/trusted.gpg.d"; APT::Architecture "amd64"; APT::Architectures {"amd64"; "arm64";};
APT::Sandbox::User ""; Acquire::Languages "none";
#clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;
CONF
if (mkdir fetched && cd fetched && apt-get -qq download apt-file) 2> fetching; then dpkg-deb -x fetched/apt-file_*.deb file; fi
export APT_CONFIG=$a/apt.conf
cp old.asc "$a/keys.asc"
echo "deb [signed-by=$a/keys.asc] file:$WORK/served bookworm main contrib" > "$a/etc/apt/sources.list"
quiet_update() {
	expect 0 apt-get --error-on=any update
	if grep -E '^(W|E|N):' out err; then echo "the client noticed something"; exit 1; fi
}
offers() { apt-cache madison one everywhere org-acme-agent extra | sort; apt-cache policy one; apt-cache show one everywhere extra | grep -vE '^(MD5sum|SHA1|SHA512|Description-md5):' | sort; }
quiet_update
offers > before

# ---- what cannot be taken over, and why
adopt() { pat channel adopt production --from "${FROM:-old}" --reason "it was there before" "$@"; }
expect 2 adopt
expect 2 adopt --target elsewhere
expect 2 pat channel adopt nowhere --target deb --from old --reason x
expect 2 adopt --target rpm
finds "target 'rpm' is of the format rpm" < err
expect 2 adopt --target deb
for word in "Origin 'Old House'" "Label 'Old Label'" "Suite 'stable'" "component 'contrib'" "architecture 'arm64'"; do
	grep -q "$word" err || { echo "it does not tell: $word"; cat err; exit 1; }
done
sed -i "s/apt: {.*components: \[main\]}/apt: {origin: Old House, label: Old Label, suite: bookworm, release-suite: stable, components: [main, contrib], architectures: [arm64]}/" policy.yaml
put_policy
gpg --homedir people/acme --batch --armor --export > acme.asc 2> /dev/null
expect 1 adopt --target deb --keyring acme.asc
cp -r old spoilt
chmod -R u+w spoilt
echo more >> spoilt/pool/main/o/one/one_1.0-1_amd64.deb
FROM=spoilt expect 1 adopt --target deb --keyring old.asc
finds 'its index says' < err
expect 0 olga rfc list --json
jq -e '.rfcs == []' out > /dev/null

# ---- as every RfC: nobody but the owners lets it in
expect 0 adopt --target deb --keyring old.asc --json
jq -e --arg k "$(fingerprint people/old)" '.rfc == "R-1" and .packages == 4 and .signed == $k and .text == "taken over, not examined"' out > /dev/null || { cat out; exit 1; }
expect 1 olga release R-1 --to production
expect 1 carl rfc vote R-1 --role policy-owner --decision approve
expect 0 carl rfc vote R-1 --role change-manager --decision approve
expect 1 pat release R-1 --to production
finds 'policy-owner: 0 of 1 yes' < err
expect 0 olga rfc show R-1 --format text
finds 'taken over, not examined' < out
expect 0 olga rfc vote R-1 --role policy-owner --decision approve
expect 0 pat release R-1 --to production
tree=$(olga channel tree production)
jq -e '.releases[0].adopts.text == "taken over, not examined" and (.packages | length == 4 and all(.adopted)) and .releases[0].adopts.packages == 4' "$tree/release.json" > /dev/null
for file in old/pool/*/*/*/*.deb; do cmp "$file" "$tree/deb/${file#old/}"; done
expect 0 olga channel history production --json
jq -e '.history[-1].what == "adoption"' out > /dev/null

# ---- the same sources.list, the channel's key beside the old one: nothing is noticed
cat "$tree/keys/release.asc" >> "$a/keys.asc"
ln -sfn "$tree/deb" served
quiet_update
offers > after
diff before after
expect 0 apt-get -s dist-upgrade
finds '0 upgraded, 0 newly installed' < out
expect 0 apt-get download extra
cmp extra_*.deb "$tree"/deb/pool/contrib/e/extra/*.deb

# ---- rpm-md, into the other target of the same channel
mkdir -p rpm yum/Packages
for v in 1.0-1 1.1-1; do
	cat > old.spec <<-SPEC
		Name: oldie
		Epoch: 3
		Version: ${v%-*}
		Release: ${v#*-}
		Summary: old & "tried"
		License: MIT
		BuildArch: noarch
		%description
		<old>
		%install
		mkdir -p %{buildroot}/usr/share/oldie
		echo $v > "%{buildroot}/usr/share/oldie/file & more"
		%files
		/usr/share/oldie
		%changelog
		* Thu Jan 01 2026 Old <old@example.org> - $v
		- first
	SPEC
	rpmbuild -bb --define "_topdir $WORK/rpm" --define "_rpmdir $WORK/rpm" old.spec > /dev/null 2>&1
done
sed 's/oldie/org-acme-agent/; s/^Epoch: .*//; s/^Version: .*/Version: 0.9/; s/^Release: .*/Release: 1/' old.spec > agent.spec
rpmbuild -bb --define "_topdir $WORK/rpm" --define "_rpmdir $WORK/rpm" agent.spec > /dev/null 2>&1
cp rpm/noarch/*.rpm yum/Packages/
expect 0 "$SLUICE" --quiet --home people/old --key "$(fingerprint people/old)" sign yum/Packages/*.rpm
createrepo_c --quiet yum
sign_detached people/old yum/repodata/repomd.xml
FROM=yum expect 0 adopt --target rpm --keyring old.asc
finds 'R-2: 2 packages for target rpm' < out
finds 'oldie  *3:1.0-1  *noarch  *a higher version is there' < out
expect 0 olga rfc vote R-2 --role policy-owner --decision approve
expect 0 pat release R-2 --to production
cmp yum/Packages/oldie-1.1-1.noarch.rpm "$tree/rpm/Packages/oldie-1.1-1.noarch.rpm"
mkdir -p dnf/{root,cache,persist,log,repos}
printf '[old]\nname=old\nbaseurl=file://%s/rpm\ngpgcheck=0\nrepo_gpgcheck=1\ngpgkey=file://%s/keys/release.asc\n' "$tree" "$tree" > dnf/repos/old.repo
printf '%%_dbpath /var/lib/rpm\n' > dnf/.rpmmacros
dnf() { HOME=$WORK/dnf command dnf -y --setopt=reposdir="$WORK/dnf/repos" --setopt=cachedir="$WORK/dnf/cache" --setopt=persistdir="$WORK/dnf/persist" --setopt=logdir="$WORK/dnf/log" --installroot="$WORK/dnf/root" --releasever=9 --forcearch=x86_64 "$@"; }
expect 0 dnf repoquery --qf '%{name} %{epoch}:%{version}-%{release} %{summary}' oldie
finds 'oldie 3:1.1-1 old & "tried"' < out
expect 0 dnf repoquery -l oldie
finds '/usr/share/oldie/file & more' < out
# who checks packages takes none of the old ones, until the policy names their key beside our own: then keys/package.asc brings it
sed -i "s#^gpgcheck=0#gpgcheck=1#; s#^gpgkey=.*#& file://$tree/keys/package.asc#" dnf/repos/old.repo
expect 1 dnf --repo=old install oldie
cat out err | finds "GPG check FAILED"
[ -z "$(HOME=$WORK/dnf rpm --root "$WORK/dnf/root" -qa oldie)" ]
gpg --homedir people/old --batch --armor --export >> keyring.asc
ours=$(gpg --homedir people/pat --show-keys --with-colons "$store/keys/package.asc" | awk -F: '/^fpr/ {print $10; exit}')
echo "own-keys: {package: [\"openpgp:$ours\", \"openpgp:$(fingerprint people/old)\"]}" >> policy.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
expect 0 pat release R-2 --to production
expect 0 dnf --refresh --repo=old install oldie
HOME=$WORK/dnf rpm --root "$WORK/dnf/root" -q oldie | finds '^oldie-1.1-1.noarch$'

# ---- offline, everybody who asks again hears the same
olga trust export > trust.json
expect 0 "$SLUICE" pull "$tree" --trust trust.json --into site
expect 0 "$SLUICE" audit verify site/current --trust trust.json
expect 0 olga audit verify
expect 1 adopt --target deb --keyring old.asc
finds 'already' < err
expect 1 pat rollback R-1 --reason "after all"

# ---- the next version goes the usual way and takes its place; the others stay
acme 1.0
expect 0 submit_acme 1.0 --json
jq -e '[.evidence[] | select(.kind == "comparison").text] | .[0] | endswith("findings against 0.9-1")' out > /dev/null || { cat out; exit 1; }
jq -e '[.evidence[] | select(.kind == "way-back").verdict] == ["pass", "pass"]' out > /dev/null || { cat out; exit 1; }
if jq -e 'any(.findings[]; .text | contains("could not run"))' out > /dev/null; then cat out; exit 1; fi
expect 0 pat rfc open C-1 --reason "the next one" --urgency low --impact minor --field cve="CVE-2026-0001, ACME-7" --field title="mends <it>"
expect 0 carl rfc vote R-3 --role change-manager --decision approve
expect 0 pat release R-3 --to production
jq -e '[.packages[] | select(.target == "deb") | .name + " " + .version] | sort == ["everywhere 2.0", "extra 3.0+x1", "one 1:1.0-1", "org-acme-agent 1.0-1"]' "$tree/release.json" > /dev/null || { cat "$tree/release.json"; exit 1; }
quiet_update
expect 0 apt-cache madison org-acme-agent
finds '1.0-1' < out
if finds '0.9-1' < out; then echo "the old version is offered still"; exit 1; fi
expect 0 "$SLUICE" pull "$tree" --trust trust.json --into site
expect 0 olga audit verify

# ---- apt-file finds whose a file is, where it was submitted; of what was taken over nobody looked at the files. It is not installed: its configuration would make
# every apt on this machine fetch Contents.
if [ -e file/usr/bin/apt-file ]; then
	cat file/etc/apt/apt.conf.d/50apt-file.conf >> "$a/apt.conf"
	expect 0 apt-get --error-on=any update
	expect 0 file/usr/bin/apt-file search -x '^/opt/.*acme'
	finds 'org-acme-agent: /opt/' < out
	expect 1 file/usr/bin/apt-file search usr/share/one/file
else
	echo "left out: apt-file, which this machine's apt has no package of"
fi

# ---- dnf says what it mends to whoever has an older one; what was taken over is no update
sed -e 's/oldie/org-acme-agent/; s/^Epoch: .*//; s/^Version: .*/Version: 0.5/' old.spec > older.spec
rpmbuild -bb --define "_topdir $WORK/rpm" --define "_rpmdir $WORK/rpm" older.spec > /dev/null 2>&1
HOME=$WORK/dnf rpm --root "$WORK/dnf/root" -i --nodeps --justdb rpm/noarch/org-acme-agent-0.5*.rpm 2> /dev/null
expect 0 dnf --refresh updateinfo info --all
finds 'mends <it>' < out
finds 'Update ID: R-3' < out
finds 'CVEs: CVE-2026-0001' < out
finds 'Severity: Low' < out
if finds 'R-2' < out; then exit 1; fi

# ---- and back to what was taken over, re-issued above it
expect 0 pat rollback R-3 --reason "it was better before"
jq -e '[.packages[] | select(.name == "org-acme-agent").version] == ["1.0+really0.9-1", "1.0+really0.9-1"]' "$tree/release.json" > /dev/null || { jq .packages "$tree/release.json"; exit 1; }
apt-get -qq update
expect 0 apt-get download org-acme-agent
dpkg-deb -x org-acme-agent_*really*.deb back
[ "$(cat back/usr/share/org-acme-agent/file)" = 0.9-1 ]
expect 0 "$SLUICE" pull "$tree" --trust trust.json --into site
expect 0 olga audit verify
