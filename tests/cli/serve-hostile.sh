# serve against clients that do not keep to HTTP: odd paths, long lines, two lengths, pieces, many that say nothing. It answers them or breaks off, goes on answering the others, and gives back what they took.
server=
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # see serve.sh
trap '[ -z "$server" ] || kill "$server" 2> /dev/null || true' EXIT
mkdir -p site/snapshots/1/{deb/pool,rpm/repodata}
echo secret > site/secret
printf '{"serial": 1}\n' > site/snapshots/1/release.json
echo signature > site/snapshots/1/release.json.asc
seq 100000 > site/snapshots/1/deb/pool/a.deb
ln -s snapshots/1 site/current
mkfifo told
"$SLUICE" serve --listen 127.0.0.1:0 --dir ch=site --connections 600 > told 2> server.err &
server=$!
read -r url < told || { cat server.err; exit 1; }
python3 - "$url" "$server" << 'PYTHON'
import os, re, socket, sys, time, urllib.parse
at = urllib.parse.urlsplit(sys.argv[1])
process = sys.argv[2]
body = open("site/snapshots/1/release.json", "rb").read()
big = open("site/snapshots/1/deb/pool/a.deb", "rb").read()

def connect():
    s = socket.create_connection((at.hostname, at.port))
    return s
def all_of(s):
    got = b""
    while True:
        try:
            more = s.recv(1 << 16)
        except OSError:
            return got
        if not more:
            return got
        got += more
def says(request):
    """All that comes for it, when nothing more is asked."""
    with connect() as s:
        try:
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it broke off
        return all_of(s)
def status(answer):
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(found[1]) if found else 0
def get(path, more=b"", version=b"HTTP/1.1", method=b"GET"):
    return says(method + b" " + path + b" " + version + b"\r\nHost: x\r\nConnection: close\r\n" + more + b"\r\n")
def fine():
    answer = get(b"/ch/release.json")
    assert status(answer) == 200 and answer.endswith(body), answer
def refused(answer, what):
    assert status(answer) in (0, 400, 403, 404, 405, 411, 413, 414, 431, 500, 501, 505), (what, answer[:200])
    assert b"secret" not in answer and b"serial" not in answer, (what, answer[:200])

def held():
    return len(os.listdir(f"/proc/{process}/fd"))
fine()
usual = held()
# ---- paths
for path in (b"/ch/%00release.json", b"/ch/release.json%00", b"/ch/release.json%00.asc", b"/%00", b"/ch%00/release.json", b"/ch/%2e%2e/%2e%2e/secret", b"/ch/..%2f..%2fsecret",
             b"/ch/%252e%252e/secret", b"/ch/\xff\xfe", b"/ch/..\\..\\secret", b"/ch/deb//pool/../../../../secret", b"//../secret", b"/ch/./release.json/..",
             b"/../../../../../etc/passwd", b"ch/release.json", b"*", b"http://x/ch/../secret", b"/ch/" + b"a/" * 1000, b"/" + b"x" * 20000, b"/ch/" + b"%41" * 3000,
             b"/ch/%", b"/ch/%2", b"/ch/%zz", b"/ch/release.json#x/../secret"):
    refused(get(path), path)
fine()
# Slashes in a row are one. A question mark begins what a file server does not look at.
assert get(b"//ch///release.json").endswith(body)
assert get(b"/ch/release.json?a=../../secret").endswith(body)
# ---- lines
refused(get(b"/ch/release.json", b"X: " + b"x" * 100000 + b"\r\n"), "a long field")
refused(get(b"/ch/release.json", b"".join(b"X%d: x\r\n" % i for i in range(20000))), "many fields")
refused(says(b"GET"), "half a line")
refused(says(b"\x00" * 1000), "zeros")
refused(says(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500), "TLS")
refused(says(b"GET " + b"/" * 200000), "a line without an end")
refused(get(b"/ch/release.json", version=b"HTTP/9.9"), "a version of its own")
for method in b"PUT", b"POST", b"PATCH", b"CONNECT", b"TRACE", b"get", b"X" * 5000:
    refused(get(b"/ch/release.json", method=method), method)
fine()
# ---- two requests in one: who comes behind a body that is refused is not heard
inside = b"GET /ch/deb/pool/a.deb HTTP/1.1\r\nHost: x\r\n\r\n"
for fields in (b"Content-Length: %d\r\n" % len(inside), b"Transfer-Encoding: chunked\r\n", b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(inside),
               b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: xchunked\r\n"):
    answer = says(b"GET /ch/release.json HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n" + inside)
    assert big[:1000] not in answer, fields
fine()
# ---- ranges
for value, want in ((b"bytes=0-0,2-2", 200), (b"bytes=-0", 416), (b"bytes=5-2", 200), (b"bytes=99999999999999999999-", 200), (b"bytes=0-99999999999999999999", (200, 206)), (b"bytes=", 200),
                    (b"bytes=a-b", 200), (b"lines=0-1", 200), (b"bytes=0-1" + b",0-1" * 2000, 200), (b"bytes=1-18446744073709551615", (200, 206)), (b"bytes= 0-0", (200, 206))):
    got = status(get(b"/ch/deb/pool/a.deb", b"Range: " + value + b"\r\n"))
    assert got in (want if isinstance(want, tuple) else (want,)), (value[:40], got)
# ---- one connection: requests that do not wait for answers are answered in their order, a HEAD has no body
with connect() as s:
    s.sendall(b"GET /ch/release.json HTTP/1.1\r\nHost: x\r\n\r\nHEAD /ch/deb/pool/a.deb HTTP/1.1\r\nHost: x\r\n\r\nGET /ch/nothing HTTP/1.1\r\nHost: x\r\n\r\n"
              b"GET /ch/release.json.asc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answers = all_of(s)
assert re.findall(rb"HTTP/1\.1 (\d+) ", answers) == [b"200", b"200", b"404", b"200"] and answers.endswith(b"\r\n\r\nsignature\n") and big[:100] not in answers, answers
# one byte at a time
with connect() as s:
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in b"GET /ch/release.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
        s.sendall(bytes((byte,)))
    assert all_of(s).endswith(body)
# ---- many that say nothing, and who leaves in the middle of a body: the others are answered, and nothing is kept
idle = [connect() for _ in range(200)]
for s in idle:
    s.sendall(b"GET /ch/release.json HTTP/1.1\r\nHo")
fine()
for s in idle:
    s.close()
fine()
for round in range(2):
    for _ in range(100):
        s = connect()
        s.sendall(b"GET /ch/deb/pool/a.deb HTTP/1.1\r\nHost: x\r\n\r\nGET /ch/release.json HTTP/1.1\r\nHost: x\r\n\r\n")
        s.recv(100)
        s.close()
    fine()
while held() > usual + 10:  # until it has seen that they left
    time.sleep(0.01)
fine()
PYTHON
kill -TERM "$server"
wait "$server"
server=
[ ! -s server.err ] || { cat server.err; exit 1; }
