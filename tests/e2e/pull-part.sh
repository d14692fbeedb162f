# A distribution server takes some of a channel's targets: what is there is proved and serves apt or dnf, what is left out is told, by the tree and by every pull from it.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_clients.sh"
new_org
release_acme 1.0 1
tree=$(olga channel tree production)
olga trust export > trust.json
pull() { "$SLUICE" --json pull "$@" --trust trust.json; }
verify() { "$SLUICE" --json audit verify "$@" --trust trust.json; }

expect 2 pull "$tree" --into site --target debian
finds "it has some for deb, rpm" < out
expect 2 pull "$tree" --into site --target ,
expect 0 pull "$tree" --into site --target deb --receipt receipt --site south
jq -e '.targets == ["deb"] and .left_out == ["rpm"] and .changed' out > /dev/null || { cat out; exit 1; }
cmp site/current/release.json "$tree/release.json"
if find site/current/rpm -type f 2> /dev/null | grep .; then echo "a package that nobody asked for"; exit 1; fi
expect 0 verify site/current
jq -e '.ok and .left_out == ["rpm"]' out > /dev/null || { cat out; exit 1; }
expect 0 "$SLUICE" audit verify site/current --trust trust.json
finds left_out < out
expect 0 pull "$tree" --into site --target deb --check
jq -e '.newer == false and .left_out == ["rpm"]' out > /dev/null || { cat out; exit 1; }
expect 0 pull "$tree" --into site --target deb
jq -e '.changed == false' out > /dev/null
expect 0 olga site add receipt
expect 0 olga site list --json
jq -e '.sites[0].targets == ["deb"]' out > /dev/null || { cat out; exit 1; }
# what is served does not change under its readers
expect 2 pull "$tree" --into site
finds 'with deb; other targets come with the next one' < out

# A site behind it has what it has, and says what it lacks.
expect 0 pull "$WORK/site/current" --into behind --target deb
expect 0 verify behind/current
expect 4 pull "$WORK/site/current" --into whole
finds "leaves out 'rpm'" < out
[ ! -e whole/current ]
expect 4 pull "$WORK/site/current" --into whole --target rpm

# The real apt and the real dnf, each from a site with its own half.
serve() { # DIR NAME: sets url and server
	rm -f told && mkfifo told
	"$SLUICE" serve --listen 127.0.0.1:0 --dir "$2=$1" > told &
	server=$!
	trap 'kill $server 2> /dev/null || true' EXIT
	read -r url < told
	url=$url$2
}
serve "$WORK/site" south
a=$WORK/apt
apt_client "$a"
olga channel client production --format apt --url "$url" > "$a/etc/apt/sources.list.d/production.sources"
APT_CONFIG=$a/apt.conf expect 0 apt-get --error-on=any update
APT_CONFIG=$a/apt.conf expect 0 apt-get download org-acme-agent
cmp org-acme-agent_*.deb "$(find -L "$tree/deb/pool" -name 'org-acme-agent*.deb')"
kill $server
expect 0 pull "$tree" --into east --target rpm
[ ! -e east/current/deb ]
serve "$WORK/east" east
d=$WORK/dnf
dnf_client "$d"
olga channel client production --format dnf --url "$url" > "$d/repos/production.repo"
expect 0 dnf_at "$d" makecache
expect 0 dnf_at "$d" list --available org-acme-agent
finds 'org-acme-agent.noarch  *1.0-1' < out
kill $server

# The next snapshot may bring other targets.
expect 0 pat channel stop production --reason "a new serial, without a new package"
expect 0 pull "$tree" --into site
jq -e 'has("left_out") | not' out > /dev/null || { cat out; exit 1; }
expect 0 verify site/current
expect 0 pull "$tree" --into east --target rpm,deb --target rpm
jq -e '.left_out == []' out > /dev/null || { cat out; exit 1; }
expect 0 verify east/current

# Whoever keeps the tree can say that something is left out; that makes nothing good that is there, and nothing whole that is not.
expect 0 pull "$tree" --into lies --target deb
cp -rL lies/current tampered
package=$(cd tampered && find deb/pool -name '*.deb')
cp -r tampered lost
rm "lost/$package"
expect 1 verify lost
jq -e --arg package "$package" 'any(.findings[]; .code == "E_DIGEST" and .where == $package)' out > /dev/null || { cat out; exit 1; }
chmod u+w "tampered/$package"
printf x >> "tampered/$package"
echo '{"targets":["rpm"],"type":"sluice-targets","version":1}' > tampered/targets.json
expect 1 verify tampered
jq -e --arg package "$package" 'any(.findings[]; .code == "E_DIGEST" and .where == $package)' out > /dev/null || { cat out; exit 1; }
echo '{"targets":[],"type":"sluice-targets","version":1}' > lost/targets.json
expect 1 verify lost
jq -e 'any(.findings[]; .code == "E_METADATA")' out > /dev/null || { cat out; exit 1; }
