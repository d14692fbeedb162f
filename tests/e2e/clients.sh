# A real apt and a real dnf, each with a state of its own, take the channel over HTTP with the configuration we hand out, and nothing else.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_clients.sh"
new_org
release_acme 1.0 1
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
cmp org-acme-agent_*.deb "$(find -L "$tree/deb/pool" -name '*.deb')"
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
cp "$SOURCES/clients/guard/sluice_guard_dnf.py" "$d/plugins/"
sed "s#^library=.*#library=$SOURCES/clients/guard#; s#^channels=.*#channels=$WORK/guard/channels#; s#^state=.*#state=$WORK/guard/state#" \
	"$SOURCES/clients/guard/sluice_guard.conf" > "$d/plugins/sluice_guard.conf"
olga channel client production --format dnf --url "$url" > "$d/repos/production.repo"
dnf() { dnf_at "$d" "$@"; }
expect 0 dnf makecache
expect 0 dnf list --available org-acme-agent
grep -q 'org-acme-agent.noarch  *1.0-1' out

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
expect 0 dnf --refresh list --available org-acme-agent
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
sed -i 's/"serial": 2/"serial": "2"/' guard/state/*
says 100 E_STATE apt-get --error-on=any update
rm -rf guard/state
"$SLUICE" --quiet --store "$WORK/other" channel client production --format guard --url "$url" > guard/channels/production.json
says 100 E_SIG_BAD apt-get --error-on=any update
rm -rf guard

# ---- an index that is not the one signed: refused
rm -rf served "$d/cache"
cp -rL "$tree" served
kill $server
wait $server || true
sed -i 's/<revision>/<revision>1/' served/rpm/repodata/repomd.xml
sed "s#$url#file://$WORK/served#" "$d/repos/production.repo" > repo
mv repo "$d/repos/production.repo"
expect 1 dnf makecache
trap - EXIT
