# A real apt and a real dnf, each with a state of its own, take the channel over HTTP with the configuration we hand out, and nothing else.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org
release_acme 1.0 1
tree=$(olga channel tree production)

# Our own server, on a port of the kernel's choice; it says which one. What it holds open is nothing of the store but its channels.
mkfifo told
"$SLUICE" --store "$store" serve --listen 127.0.0.1:0 > told &
server=$!
trap 'kill $server' EXIT
read -r url < told
url=${url}production
if find /proc/$server/fd -lname "$store*" ! -lname "$store/channels" | grep .; then echo "the server holds more than channels open"; exit 1; fi

# ---- a distribution server
olga trust export > trust.json
expect 0 "$SLUICE" pull "$url" --trust trust.json --into site
cmp site/current/release.json "$tree/release.json"

# ---- apt
a=$WORK/apt
mkdir -p "$a"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$a"/var/{lib/apt/lists/partial,cache/apt/archives/partial,log/apt}
: > "$a/status"
cat > "$a/apt.conf" <<CONF
Dir "$a/"; Dir::Etc "etc/apt"; Dir::State "var/lib/apt"; Dir::State::status "$a/status"; Dir::Cache "var/cache/apt"; Dir::Log "var/log/apt";
Dir::Etc::Trusted "/dev/null"; Dir::Etc::TrustedParts "$a/etc/apt/trusted.gpg.d"; APT::Architecture "amd64"; APT::Architectures {"amd64";};
APT::Sandbox::User ""; Acquire::http::Proxy "DIRECT"; Acquire::Languages "none"; Acquire::Retries "0";
#clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;
CONF
export APT_CONFIG=$a/apt.conf
olga channel client production --format apt --url "$url" > "$a/etc/apt/sources.list.d/production.sources"
expect 0 apt-get --error-on=any update
expect 0 apt-get download org-acme-agent
cmp org-acme-agent_*.deb "$(find -L "$tree/deb/pool" -name '*.deb')"
# the same with another organisation's key: refused
"$SLUICE" --quiet --store "$WORK/other" init --org Other > /dev/null 2>&1
other=$("$SLUICE" --quiet --store "$WORK/other" channel client production --format apt --url "$url")
echo "$other" | sed 's/^Suites: .*/Suites: bookworm/' > "$a/etc/apt/sources.list.d/production.sources"
rm -rf "$a/var/lib/apt/lists"
expect 100 apt-get --error-on=any update

# ---- dnf
d=$WORK/dnf
mkdir -p "$d"/{root,cache,persist,log,repos,vars,home}
printf '%%_dbpath /var/lib/rpm\n' > "$d/home/.rpmmacros"
cat > "$d/dnf.conf" <<CONF
[main]
reposdir=$d/repos
varsdir=$d/vars
cachedir=$d/cache
persistdir=$d/persist
logdir=$d/log
assumeyes=1
retries=1
CONF
olga channel client production --format dnf --url "$url" > "$d/repos/production.repo"
dnf() { HOME=$d/home command dnf -c "$d/dnf.conf" --installroot="$d/root" --releasever=9 --forcearch=x86_64 --setopt=reposdir="$d/repos" --setopt=varsdir="$d/vars" "$@"; }
expect 0 dnf makecache
expect 0 dnf list --available org-acme-agent
grep -q 'org-acme-agent.noarch  *1.0-1' out
# an index that is not the one signed: refused
rm -rf served "$d/cache"
cp -rL "$tree" served
kill $server
wait $server || true
sed -i 's/<revision>/<revision>1/' served/rpm/repodata/repomd.xml
sed "s#$url#file://$WORK/served#" "$d/repos/production.repo" > repo
mv repo "$d/repos/production.repo"
expect 1 dnf makecache
trap - EXIT
