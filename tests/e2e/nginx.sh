# docs/nginx.conf with a real nginx: files of the present snapshot, parts, conditions; nothing beside them.
nginx=$(command -v nginx || echo /usr/sbin/nginx)
[ -x "$nginx" ] || skip "no nginx"
mkdir -p srv/ch/snapshots/{1,2}/deb/pool run
echo secret > srv/ch/seen.json
for n in 1 2; do
	printf '{"serial": %d}\n' $n > srv/ch/snapshots/$n/release.json
	seq 1000 > srv/ch/snapshots/$n/deb/pool/a+b~1.deb
done
ln -s snapshots/1 srv/ch/current
. "$SOURCES/tests/e2e/_clients.sh"
serve_nginx "$WORK/srv" "unix:$WORK/run/socket"
trap 'kill "$server" 2> /dev/null || true' EXIT
until [ -S run/socket ]; do kill -0 "$server"; done
is() { # STATUS PATH CURL-ARGUMENT...
	local want=$1 path=$2 got
	shift 2
	got=$(curl -g -s --path-as-is --unix-socket run/socket -o body -D head -w '%{http_code}' "$@" "http://localhost$path")
	[ "$got" = "$want" ] || { echo "want $want, got $got: $path $*"; cat head run/error.log; exit 1; }
}
is 200 /ch/release.json
cmp body srv/ch/snapshots/1/release.json
is 200 /ch/deb/pool/a+b~1.deb
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' head)
is 304 /ch/deb/pool/a+b~1.deb -H "If-None-Match: $etag"
is 206 /ch/deb/pool/a%2bb%7e1.deb -r 10-19
cmp body <(tail -c +11 srv/ch/snapshots/1/deb/pool/a+b~1.deb | head -c 10)
is 416 /ch/deb/pool/a+b~1.deb -r 999999-
for path in / /ch /ch/ /ch/deb/ /ch/deb/pool /ch/seen.json /ch/current/release.json /ch/snapshots/1/release.json /ch/deb/../../seen.json; do
	is 404 "$path"
done
is 404 /other/release.json
is 404 /-snapshot
is 400 /../etc/passwd
is 400 /ch/deb/..%2f..%2f..%2fseen.json
is 403 /ch/release.json -X POST -d x
# The switch is seen at once, in the same second, with the same number of bytes, whatever date the client has.
ln -s snapshots/2 new
mv -T new srv/ch/current
touch -r srv/ch/snapshots/1/release.json srv/ch/snapshots/2/release.json
is 200 /ch/release.json -H "If-Modified-Since: $(date -u -R -r srv/ch/snapshots/2/release.json | sed 's/+0000/GMT/')"
cmp body srv/ch/snapshots/2/release.json
# What is signed and its signature come from one snapshot on one connection, whichever is asked for first; release.json is always the present one.
for n in 1 2 3; do
	mkdir -p srv/ch/snapshots/$n/rpm/repodata
	mkdir srv/ch/snapshots/$n/keys
	echo "the key" > srv/ch/snapshots/$n/keys/release.asc
	echo "what is signed, $n" | tee srv/ch/snapshots/$n/rpm/repodata/repomd.xml > srv/ch/snapshots/$n/release.json
	echo "its signature, $n" | tee srv/ch/snapshots/$n/rpm/repodata/repomd.xml.asc > srv/ch/snapshots/$n/release.json.asc
done
python3 - <<- 'PY'
	import http.client, os, socket, sys
	class Client(http.client.HTTPConnection):
	    def connect(self):
	        self.sock = socket.socket(socket.AF_UNIX)
	        self.sock.connect("run/socket")
	def gives(client, path, text):
	    client.request("GET", f"/ch/{path}")
	    answer = client.getresponse()
	    got = answer.status, answer.read().decode().strip()
	    if got != (200, text):
	        sys.exit(f"{path}: want {text}, got {got}")
	def switch(n):
	    os.symlink(f"snapshots/{n}", "srv/ch/new")
	    os.rename("srv/ch/new", "srv/ch/current")
	switch(1)
	dnf, zypper, pull, late = (Client("x") for _ in range(4))
	gives(dnf, "rpm/repodata/repomd.xml", "what is signed, 1")
	gives(zypper, "rpm/repodata/repomd.xml.asc", "its signature, 1")
	gives(pull, "release.json", "what is signed, 1")
	switch(2)
	gives(dnf, "rpm/repodata/repomd.xml.asc", "its signature, 1")
	gives(zypper, "rpm/repodata/repomd.xml.key", "the key")
	gives(zypper, "rpm/repodata/repomd.xml", "what is signed, 1")
	gives(pull, "release.json.asc", "its signature, 1")
	gives(pull, "release.json", "what is signed, 2")
	switch(3)
	gives(pull, "release.json.asc", "its signature, 2")
	gives(late, "rpm/repodata/repomd.xml.asc", "its signature, 3")
	# a publisher makes the next snapshot out of that one: what it kept of it
	gives(zypper, "rpm/repodata/repomd.xml.asc", "its signature, 1")
	os.makedirs("srv/ch/pairs/1/rpm/repodata")
	for name in "repomd.xml", "repomd.xml.asc":
	    os.link(f"srv/ch/snapshots/1/rpm/repodata/{name}", f"srv/ch/pairs/1/rpm/repodata/{name}")
	os.rename("srv/ch/snapshots/1", "srv/ch/snapshots/4.new")
	gives(zypper, "rpm/repodata/repomd.xml", "what is signed, 1")
	os.rename("srv/ch/snapshots/4.new", "srv/ch/snapshots/1")
	os.rename("srv/ch/pairs", "srv/pairs")
	# a snapshot that is gone: the present one
	os.rename("srv/ch/snapshots/1", "srv/gone")
	gives(dnf, "rpm/repodata/repomd.xml", "what is signed, 3")
PY
