# serve: files of the present snapshot and nothing else, parts of them, only when they changed, over TLS; what cannot be served is refused.
expect() { # CODE COMMAND...
	local want=$1 got=0
	shift
	"$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}
server=
# Under AddressSanitizer: the leak checker stops a process with ptrace, which the server has given up; everything else is looked at.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
trap '[ -z "$server" ] || kill "$server" 2> /dev/null || true' EXIT
start() { # OPTION...: sets url and server
	rm -f told
	mkfifo told
	"$SLUICE" serve --listen 127.0.0.1:0 "$@" > told 2> server.err &
	server=$!
	read -r url < told || { cat server.err; exit 1; }
}
stop() {
	kill -TERM "$server"
	wait "$server"
	server=
}
status() { : > body; curl -g -s -o body -D head -w '%{http_code}' "$@"; }
is() { # STATUS CURL-ARGUMENT...
	local want=$1 got
	shift
	got=$(status "$@")
	[ "$got" = "$want" ] || { echo "want $want, got $got: $*"; cat head body; exit 1; }
}
field() { sed -n "s/^$1: \(.*\)\r$/\1/ip" head; }

# Two snapshots by hand, long ago; beside and above them what nobody is to see.
mkdir -p site/snapshots/{1,2}/deb/pool site/snapshots/1/records
echo secret > site/seen.json
for n in 1 2; do
	printf '{"serial": %d}\n' $n > site/snapshots/$n/release.json
	echo "signature $n" > site/snapshots/$n/release.json.asc
	seq 1000 > site/snapshots/$n/deb/pool/a.deb
done
record=records/$(printf x | sha256sum | cut -d' ' -f1)
printf x > "site/snapshots/1/$record"
ln -s ../../seen.json site/snapshots/1/above
ln -s release.json site/snapshots/1/link
ln -s / site/snapshots/1/root
mkfifo site/snapshots/1/pipe
ln -s snapshots/1 site/current
find site -exec touch -h -d '2026-01-01 00:00:00 UTC' {} +

start --dir ch=site --dir site/
url=${url}ch
is 200 "$url/release.json"
cmp body site/snapshots/1/release.json
[ "$(field content-type)" = application/json ]
[ "$(field last-modified)" = "Thu, 01 Jan 2026 00:00:00 GMT" ]
[ "$(field cache-control)" = no-cache ]
etag=$(field etag)
is 200 "${url%ch}site/release.json"
is 200 -I "$url/release.json"
[ "$(field content-length)" = "$(stat -c %s site/snapshots/1/release.json)" ]
[ ! -s body ] || ! grep -q serial body
is 200 "$url/$record"
field cache-control | finds immutable
is 200 "$url/deb/%70ool/a.deb"
is 200 "${url%ch}/ch//deb///pool/a.deb"

# Nothing but files of the snapshot: no folder, no link, no pipe, nothing above.
for path in '' . deb deb/ deb/pool/ above link root root/etc/passwd pipe nothing ../seen.json ../../seen.json ../../../seen.json deb/../../../seen.json /etc/passwd \
	%2e%2e/%2e%2e/seen.json ..%2f..%2fseen.json seen.json current/release.json snapshots/1/release.json release.json/ release.json/x "$(printf 'a%.0s' $(seq 300))"; do
	is 404 --path-as-is "$url/$path"
done
for other in '' nothing/release.json ../release.json %2e%2e/release.json ch//etc/passwd; do
	is 404 --path-as-is "${url%ch}$other"
done
is 404 "${url%/ch}"
is 405 -X DELETE "$url/release.json"
[ "$(field allow)" = "GET, HEAD" ]
is 405 -X OPTIONS "$url/release.json"
is 413 -X GET --data x "$url/release.json"
is 413 -X POST -H 'Transfer-Encoding: chunked' --data x "$url/release.json"
is 431 -H "X: $(head -c 50000 /dev/zero | tr '\0' x)" "$url/release.json"

# Parts.
whole=$(stat -c %s site/snapshots/1/deb/pool/a.deb)
is 206 -r 10-19 "$url/deb/pool/a.deb"
cmp body <(tail -c +11 site/snapshots/1/deb/pool/a.deb | head -c 10)
[ "$(field content-range)" = "bytes 10-19/$whole" ]
is 206 -r -5 "$url/deb/pool/a.deb"
cmp body <(tail -c 5 site/snapshots/1/deb/pool/a.deb)
is 206 -r "$((whole - 1))-" "$url/deb/pool/a.deb"
is 416 -r "$whole-" "$url/deb/pool/a.deb"
[ "$(field content-range)" = "bytes */$whole" ]
is 200 -r 0-1,4-5 "$url/deb/pool/a.deb"
cmp body site/snapshots/1/deb/pool/a.deb
is 206 -r 1-1 -H "If-Range: $etag" "$url/release.json"
is 206 -r 1-1 -H "If-Range: Thu, 01 Jan 2026 00:00:00 GMT" "$url/release.json"
is 200 -r 1-1 -H 'If-Range: "other"' "$url/release.json"
head -c 100 site/snapshots/1/deb/pool/a.deb > part
curl -s -C - -o part "$url/deb/pool/a.deb"
cmp part site/snapshots/1/deb/pool/a.deb

# Only when it changed.
is 304 -H "If-None-Match: \"x\", $etag" "$url/release.json"
[ "$(field etag)" = "$etag" ]
[ ! -s body ]
is 304 -H "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT" "$url/release.json"
is 200 -H "If-Modified-Since: Wed, 31 Dec 2025 23:59:59 GMT" "$url/release.json"
is 200 -H 'If-None-Match: "x"' -H "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT" "$url/release.json"

# A publication between a file and its signature: one connection is given a pair that fits; who asks anew gets the new one, whatever date he has.
python3 - "$url" <<'PYTHON'
import http.client, os, sys, urllib.parse
at = urllib.parse.urlsplit(sys.argv[1])
line = http.client.HTTPConnection(at.hostname, at.port)
def get(connection, path, **fields):
    connection.request("GET", at.path + path, headers=fields)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers
assert get(line, "/release.json")[1] == b'{"serial": 1}\n'
os.symlink("snapshots/2", "site/new")
os.rename("site/new", "site/current")
assert get(line, "/release.json.asc")[1] == b"signature 1\n"
other = http.client.HTTPConnection(at.hostname, at.port)
assert get(other, "/release.json.asc")[1] == b"signature 2\n"
status, body, fields = get(line, "/release.json")
assert body == b'{"serial": 2}\n'
assert get(line, "/release.json.asc")[1] == b"signature 2\n"
# zypper asks for the signature first.
for n in 1, 2:
    os.makedirs(f"site/snapshots/{n}/rpm/repodata")
    os.makedirs(f"site/snapshots/{n}/keys")
    with open(f"site/snapshots/{n}/keys/release.asc", "w") as file:
        file.write("the key")
    for name in "repomd.xml", "repomd.xml.asc":
        with open(f"site/snapshots/{n}/rpm/repodata/{name}", "w") as file:
            file.write(f"{name} {n}")
os.symlink("snapshots/1", "site/new")
os.rename("site/new", "site/current")
assert get(line, "/rpm/repodata/repomd.xml.asc")[1] == b"repomd.xml.asc 1"
os.symlink("snapshots/2", "site/new")
os.rename("site/new", "site/current")
assert get(line, "/rpm/repodata/repomd.xml.key")[1] == b"the key"
assert get(line, "/rpm/repodata/repomd.xml")[1] == b"repomd.xml 1"
assert get(line, "/rpm/repodata/repomd.xml.asc")[1] == b"repomd.xml.asc 1"
assert get(line, "/deb/pool/a.deb")[0] == 200
assert get(line, "/rpm/repodata/repomd.xml")[1] == b"repomd.xml 2"
# Two publications in between: the later one is made out of the tree that the first half came from.
def switch(serial):
    os.symlink(f"snapshots/{serial}", "site/new")
    os.rename("site/new", "site/current")
def another(path):
    with open("site/new", "w") as file:
        file.write("another")
    os.rename("site/new", path)
for first, second in ("repomd.xml", "repomd.xml.asc"), ("repomd.xml.asc", "repomd.xml"):
    switch(2)
    get(other, "/deb/pool/a.deb")
    assert get(other, f"/rpm/repodata/{first}")[1] == f"{first} 2".encode()
    switch(1)
    os.rename("site/snapshots/2", "site/snapshots/3.new")
    for name in first, second:
        os.rename(f"site/snapshots/3.new/rpm/repodata/{name}", f"site/{name}.kept")
        another(f"site/snapshots/3.new/rpm/repodata/{name}")
    os.rename("site/snapshots/3.new", "site/snapshots/3")
    switch(3)
    assert get(other, f"/rpm/repodata/{second}")[1] == f"{second} 2".encode()
    get(other, "/deb/pool/a.deb")
    assert get(other, f"/rpm/repodata/{second}")[1] == b"another"
    for name in first, second:
        os.rename(f"site/{name}.kept", f"site/snapshots/3/rpm/repodata/{name}")
    os.rename("site/snapshots/3", "site/snapshots/2")
switch(2)
# A signature that is not there is no reason to keep what it would be of; nor the other way round.
os.rename("site/snapshots/2/release.json.asc", "site/kept")
assert [get(other, p)[0] for p in ("/release.json", "/release.json.asc")] == [200, 404]
os.rename("site/kept", "site/snapshots/2/release.json.asc")
os.rename("site/snapshots/2/release.json", "site/kept")
assert [get(other, p)[0] for p in ("/release.json.asc", "/release.json")] == [200, 404]
os.rename("site/kept", "site/snapshots/2/release.json")
# Files of a tree may be older than the tree: what tells is when it became the present one.
assert get(other, "/release.json", **{"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})[0] == 200
assert get(other, "/release.json", **{"If-None-Match": fields["ETag"]})[0] == 304
PYTHON
# A link that leads elsewhere is no snapshot.
ln -sfn / site/current
is 404 "$url/etc/passwd"
ln -sfn snapshots/../../site/snapshots/1 site/current
is 404 "$url/release.json"
rm site/current
is 404 "$url/release.json"
ln -sfn snapshots/1 site/current
is 200 "$url/release.json"

# What the process has given up. (Machines without seccomp or Landlock are told of at the start.)
[ ! -s server.err ]
grep -q '^NoNewPrivs:	1$' /proc/"$server"/status
grep -q '^Seccomp:	2$' /proc/"$server"/status
grep -qE '^CapPrm:	000000000000000[04]$' /proc/"$server"/status
grep -qE '^CapBnd:	000000000000000[04]$' /proc/"$server"/status || [ "$(id -u)" != 0 ]

# A signal to end: a body under way is finished, nobody new is let in.
truncate -s 64MiB site/snapshots/1/big.rpm
python3 - "$url" "$server" <<'PYTHON'
import http.client, os, signal, socket, sys, urllib.parse
at = urllib.parse.urlsplit(sys.argv[1])
line = http.client.HTTPConnection(at.hostname, at.port)
line.request("GET", at.path + "/big.rpm")
answer = line.getresponse()
assert answer.status == 200
answer.read(1 << 20)
os.kill(int(sys.argv[2]), signal.SIGTERM)
while True:  # until the port is closed
    try:
        socket.create_connection((at.hostname, at.port)).close()
    except ConnectionRefusedError:
        break
assert len(answer.read()) == 63 << 20
PYTHON
wait "$server"
server=

# No more at once than was said.
start --dir ch=site --connections 4 --per-address 2
python3 - "$url" <<'PYTHON'
import http.client, sys, urllib.parse
at = urllib.parse.urlsplit(sys.argv[1])
lines = []
for n in range(3):
    line = http.client.HTTPConnection(at.hostname, at.port)
    try:
        line.request("GET", "/ch/release.json")
        answer = line.getresponse()
        answer.read()
        lines.append(line if answer.status == 200 else None)
    except (ConnectionError, http.client.HTTPException):
        lines.append(None)
assert lines[0] and lines[1] and not lines[2], lines
PYTHON
stop

# TLS.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2> /dev/null
start --dir ch=site --tls-cert cert.pem --tls-key key.pem --verbose
[ "${url%%:*}" = https ]
is 200 --cacert cert.pem "${url}ch/release.json"
cmp body site/snapshots/1/release.json
is 206 --cacert cert.pem -r 0-3 "${url}ch/big.rpm"
expect 60 curl -s "${url}ch/release.json"
expect 35 curl -s --cacert cert.pem --tls-max 1.1 "${url}ch/release.json"
is 404 --cacert cert.pem "${url}ch/%1b[31m"
stop
grep -q '127.0.0.1 GET /ch/release.json 200 14$' server.err
if grep -q "$(printf '\033')" server.err; then echo "control bytes in the log"; exit 1; fi

# Clients by their certificate: by that authority, for clients, in its time; whoever has none is told nothing of what is there.
authority() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 9 -subj "/CN=$1" 2> /dev/null
}
client() { # NAME AUTHORITY PURPOSE [COMMAND...]: through the command
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2> /dev/null
	"${@:4}" openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -days 2 -extfile <(echo "extendedKeyUsage = $3") -out "$1.pem" 2> /dev/null
}
authority ours
authority theirs
client good ours clientAuth
client foreign theirs clientAuth
client server ours serverAuth
client late ours clientAuth faketime -f -5d
start --dir ch=site --tls-cert cert.pem --tls-key key.pem --client-ca ours.pem
as() { is "$1" --cacert cert.pem --cert "$2.pem" --key "$2.key" "${url}ch/release.json"; }
as 200 good
cmp body site/snapshots/1/release.json
for name in foreign server late; do
	as 403 $name
	if grep -q serial body; then echo "told to $name"; exit 1; fi
done
is 403 --cacert cert.pem "${url}ch/release.json"
is 403 --cacert cert.pem "${url}nothing/there"
is 200 --cacert cert.pem --cert good.pem --key good.key "${url}ch/release.json" --next -g -s -o /dev/null -w '' --cacert cert.pem --cert good.pem --key good.key "${url}ch/release.json"
stop
expect 2 "$SLUICE" serve --dir ch=site --client-ca ours.pem
expect 4 "$SLUICE" serve --dir ch=site --listen 127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem --client-ca key.pem
finds 'holds no certificate' < err

# Refused to start: port taken, nothing to serve, halves.
start --dir ch=site
expect 4 "$SLUICE" serve --dir ch=site --listen "$(sed 's,http://\(.*\)/,\1,' <<< "$url")"
finds 'cannot listen' < err
stop
expect 2 "$SLUICE" serve --dir ch=site --listen 127.0.0.1
expect 2 "$SLUICE" serve --dir ch=site --listen 127.0.0.1:70000
expect 2 "$SLUICE" serve --dir ch=site --listen ::1:80
expect 2 "$SLUICE" serve --dir ch=site --dir ch=site
expect 2 "$SLUICE" serve --dir ../x=site
expect 4 "$SLUICE" serve --dir ch=nothing
mkdir empty
expect 4 "$SLUICE" serve --dir empty
finds 'nothing was pulled' < err
expect 4 "$SLUICE" --store empty serve
finds 'nothing was ever published' < err
expect 2 "$SLUICE" serve --dir ch=site --tls-cert cert.pem
expect 4 "$SLUICE" serve --dir ch=site --tls-cert cert.pem --tls-key nothing.pem
expect 4 "$SLUICE" serve --dir ch=site --listen 127.0.0.1:0 --tls-cert cert.pem --tls-key cert.pem
expect 2 "$SLUICE" serve --dir ch=site --connections 0
expect 4 bash -c 'ulimit -n 100 && exec "$0" serve --dir ch=site --listen 127.0.0.1:0' "$SLUICE"
