# diff-tls.sh - real programs built with TLS and without: every one that stops encrypting is found at its severity, and every clean twin (another
# version, another compiler's options, another interface of the same library) makes no finding.
export SOURCE_DATE_EPOCH=1700000000
command -v dpkg-deb > /dev/null || skip "no dpkg-deb"
printf '#include <openssl/ssl.h>\nint main(void) { return SSL_library_init(); }\n' > try.c
gcc try.c -o try -lssl -lcrypto 2> try.err || skip "no OpenSSL to build with (libssl-dev)"

# ---- sources
# A client of OpenSSL: TLS with checks (1: as for OpenSSL 1.1, 3: as for 3), TLS without checks (0), none (-1).
cat > client.c << 'EOS'
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *host)
{
	struct addrinfo *found;
	int fd;

	if (getaddrinfo(host, "443", NULL, &found))
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen))
		return -1;
	freeaddrinfo(found);
	return fd;
}
#if HOW >= 0
static int talk(int fd, const char *host)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);

	SSL_set_fd(ssl, fd);
#if HOW > 0
	SSL_CTX_set_default_verify_paths(context);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
#endif
#if HOW == 3
	SSL_set1_host(ssl, host);
#endif
	if (SSL_connect(ssl) != 1)
		return 1;
#if HOW == 1
	X509 *certificate = SSL_get_peer_certificate(ssl);
	if (!certificate || X509_check_host(certificate, host, strlen(host), 0, NULL) != 1 || SSL_get_verify_result(ssl) != X509_V_OK)
		return 1;
#endif
	return SSL_write(ssl, "GET / HTTP/1.0\r\n\r\n", 18) != 18;
}
#else
static int talk(int fd, const char *host)
{
	return write(fd, "GET / HTTP/1.0\r\n\r\n", 18) != 18;
}
#endif
int main(int count, char **argv)
{
	char name[64];
	int fd;

	snprintf(name, sizeof name, "%s", count > 1 ? argv[1] : "localhost");
	fd = dial(name);
	return fd < 0 ? 1 : talk(fd, name);
}
EOS
# A client of GnuTLS, linked with a library that has its names only.
cat > gnutls.c << 'EOS'
int gnutls_init(void *, unsigned), gnutls_handshake(void *), gnutls_session_set_verify_cert(void *, const char *, unsigned);
int connect(int, const void *, unsigned);
int main(void)
{
	char a[64] = "x";
	int n = connect(3, a, sizeof a);
#if HOW >= 0
	gnutls_init(a, 2);
	gnutls_session_set_verify_cert(a, "host", 0);
	n += gnutls_handshake(a);
#endif
	return n + a[n & 63];
}
EOS
printf '%s\n' 'int gnutls_init(void) { return 0; } int gnutls_handshake(void) { return 0; } int gnutls_session_set_verify_cert(void) { return 0; }' > stub.c
gcc -w -shared -fPIC -Wl,-soname,libgnutls.so.30 -o libgnutls.so.30 stub.c
# A static program with the names that Go keeps of its functions; stripped, as those of vendors are.
cat > go.c << 'EOS'
static const char names[] __attribute__((used)) = "net.(*Dialer).Dial\0runtime.main\0"
#if HOW >= 0
"crypto/tls.(*Conn).Handshake\0crypto/tls.(*Conn).Write\0"
#endif
"main.main";
void _start(void) { for (;;) ; }
EOS

# A class is what its constant pool says; a jar is a zip archive of them, here with a second one inside.
cat > jar.py << 'EOS'
import io, struct, sys, zipfile
out, how, version = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def a_class(*texts):
    pool = b"".join(b"\1" + struct.pack(">H", len(t)) + t.encode() for t in texts)
    pool += b"\5" + bytes(8)  # a long takes two places
    return b"\xca\xfe\xba\xbe" + struct.pack(">HHH", 0, 61, len(texts) + 3) + pool + bytes(14)
tls = ["javax/net/ssl/SSLSocketFactory", "()Ljavax/net/SocketFactory;"] if how >= 0 else ["java/net/Socket"]
inner = io.BytesIO()
with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("net/feed/Feed.class", a_class("net/feed/Feed", *tls))
web = io.BytesIO()
with zipfile.ZipFile(web, "w", zipfile.ZIP_DEFLATED) as z:  # a jar in a war in this one
    z.writestr("WEB-INF/lib/feed.jar", inner.getvalue())
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("META-INF/MANIFEST.MF", "Implementation-Version: " + version + "\n")
    z.writestr("com/acme/trade/Client.class", a_class("com/acme/trade/Client", "v" + version, *tls))
    z.writestr("org/other/Plain.class", a_class("org/other/Plain"))
    z.writestr("lib/feed.jar", inner.getvalue())
    z.writestr("web.war", web.getvalue())
EOS

# ---- packages
build() { # NAME VERSION HOW GCC-OPTIONS...: pkg/NAME.deb
	local root=$1.root name=$1 version=$2 how=$3
	shift 3
	mkdir -p "$root/DEBIAN" "$root/opt/acme/bin" "$root/opt/acme/lib" "$root/usr/share/doc/acme/examples"
	printf 'Package: acme\nVersion: %s\nArchitecture: amd64\nMaintainer: A <a@a>\nDescription: a\n' "$version" > "$root/DEBIAN/control"
	local ssl=()
	[ "$how" -lt 0 ] || ssl=(-lssl -lcrypto)
	gcc -w "$@" "-DHOW=$how" client.c -o "$root/opt/acme/bin/client" "${ssl[@]}"
	gcc -w "$@" -DHOW=3 client.c -o "$root/opt/acme/bin/helper" -lssl -lcrypto
	gcc -w "$@" "-DHOW=$how" gnutls.c -o "$root/opt/acme/bin/feed" -Wl,--as-needed ./libgnutls.so.30
	gcc -w -O1 -static -nostdlib "-DHOW=$how" go.c -s -o "$root/opt/acme/bin/agent"
	python3 jar.py "$root/opt/acme/lib/trade-$version.jar" "$how" "$version"
	if [ "$how" -ge 0 ]; then
		printf '#!/usr/bin/env python3\n# %s\nimport socket\nimport ssl\nssl.create_default_context()\n' "$version" > "$root/opt/acme/bin/report.py"
		printf '// %s\nconst tls = require("tls");\ntls.connect(443);\n' "$version" > "$root/opt/acme/lib/push.js"
	else
		printf '#!/usr/bin/env python3\n# import ssl\nimport socket\nsocket.create_connection(("a", 1))\n' > "$root/opt/acme/bin/report.py"
		printf 'const net = require("net");\nnet.connect(80);\n// require("tls")\n' > "$root/opt/acme/lib/push.js"
		printf 'import ssl\n' > "$root/usr/share/doc/acme/examples/old.py"
	fi
	chmod 755 "$root"/opt/acme/bin/*
	dpkg-deb --root-owner-group -Znone -b "$root" "$name.deb" > dpkg.log
}
findings() { # OLD NEW: "CHECK SEVERITY WHERE" of the checks of programs, sorted
	"$SLUICE" diff "$1.deb" "$2.deb" --json > diff.json
	jq -r '.findings[] | select(.check | test("^(tls-dropped|tls-verify-dropped|hardening-lost|rpath-new|bundled-library|abi-broken)$")) | "\(.check) \(.severity) \(.where)"' \
		diff.json | LC_ALL=C sort
}
build with 1.0 1 -O1 -g
build again 1.1 3 -O3
build unverified 1.2 0 -O2
build without 1.3 -1 -O2
build worse 1.4 3 -O1 -fno-stack-protector -no-pie -z execstack -Wl,-rpath,lib

# ---- TLS is gone: each program is named, although the helper keeps it
findings with without > got
cat > want << 'EOS'
tls-dropped critical /opt/acme/bin/agent
tls-dropped critical /opt/acme/bin/client
tls-dropped critical /opt/acme/bin/feed
tls-dropped critical /opt/acme/bin/report.py
tls-dropped critical /opt/acme/lib/push.js
tls-dropped critical /opt/acme/lib/trade-1.3.jar!com.acme
tls-dropped critical /opt/acme/lib/trade-1.3.jar!lib/feed.jar!net.feed
tls-dropped critical /opt/acme/lib/trade-1.3.jar!web.war!WEB-INF/lib/feed.jar!net.feed
EOS
diff want got
jq -e '.impact_floor == "far-reaching"' diff.json > /dev/null
jq -r '.findings[] | select(.where == "/opt/acme/bin/client") | .text' diff.json | finds 'no longer encrypts'
code=0
"$SLUICE" diff with.deb without.deb --fail-on critical > out || code=$?
[ "$code" = 1 ]
finds /opt/acme/bin/client < out

# ---- it encrypts, but to anybody; that the helper still looks, as it did, helps the client nothing
findings with unverified > got
printf 'tls-verify-dropped high /opt/acme/bin/client\ntls-verify-dropped high /opt/acme/bin/client\n' > want
diff want got

# ---- protection of programs is lost
findings again worse > got
cat > want << 'EOS'
hardening-lost high /opt/acme/bin/client
hardening-lost high /opt/acme/bin/feed
hardening-lost high /opt/acme/bin/helper
rpath-new high /opt/acme/bin/client
rpath-new high /opt/acme/bin/feed
rpath-new high /opt/acme/bin/helper
EOS
diff want got

# ---- clean twins: another version, other options, another interface; and back; and TLS that is gained
for pair in "with again" "again with" "without with"; do
	read -r old new <<< "$pair"
	findings "$old" "$new" > got
	[ ! -s got ] || { echo "$old -> $new:"; cat got; exit 1; }
done
