# The dropped encryption: a new version of the trading client quietly stops using TLS. Three checks see it (link, configuration, wire); the impact
# cannot be called minor, and neither the department's votes nor a test lets it pass: only the security officer could.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"

cat > trader.c <<'C'
/* A trading client: sends an order to the exchange that its configuration names. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/ssl.h>
#endif

static char host[100] = "", port[10] = "", is_ssl[10] = "off";

static int dial(void)
{
	struct addrinfo wanted = { .ai_socktype = SOCK_STREAM }, *found;
	int fd;

	if (getaddrinfo(host, port, &wanted, &found))
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen))
		return -1;
	freeaddrinfo(found);
	return fd;
}

int main(void)
{
	static const char order[] = "NEW ORDER 1000 ACME AT 42\n";
	FILE *settings = fopen("/etc/trader/trader.conf", "r");
	char line[200];
	int fd;

	while (settings && fgets(line, sizeof line, settings)) {
		sscanf(line, "host = %99s", host);
		sscanf(line, "port = %9s", port);
		sscanf(line, "ssl = %9s", is_ssl);
	}
	fd = dial();
	if (fd < 0)
		return 1;
#ifdef WITH_TLS
	if (strcmp(is_ssl, "on") == 0) {
		SSL_CTX *context = SSL_CTX_new(TLS_client_method());
		SSL *ssl = SSL_new(context);

		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
		SSL_set_tlsext_host_name(ssl, host);
		SSL_set1_host(ssl, host);
		SSL_set_fd(ssl, fd);
		if (SSL_connect(ssl) == 1)
			SSL_write(ssl, order, sizeof order - 1);
	} else
#endif
	if (write(fd, order, sizeof order - 1) < 0)
		return 1;
	close(fd);
	puts("sent");
	return 0;
}
C

release_of() { # VERSION SSL DEPENDS CFLAG...
	local dir=trader-$1 version=$1 ssl=$2 depends=$3
	shift 3
	mkdir -p "$dir/DEBIAN" "$dir/usr/bin" "$dir/etc/trader"
	cc -O2 -o "$dir/usr/bin/trader" trader.c "$@"
	mkdir -p "$dir/usr/lib"
	cc -O2 -shared -fPIC -Wl,-soname,libtrade.so.1 -o "$dir/usr/lib/libtrade.so.1" -x c - <<< "int trade_open(void) { return 0; } ${library-}"
	printf '[exchange]\nhost = exchange.example\nport = 7001\nssl = %s\n' "$ssl" > "$dir/etc/trader/trader.conf"
	echo /etc/trader/trader.conf > "$dir/DEBIAN/conffiles"
	printf 'Package: trader\nVersion: %s\nArchitecture: %s\nMaintainer: Acme <acme@example.org>\nDepends: %s\nDescription: trading client\n' \
		"$version" "$(dpkg --print-architecture)" "$depends" > "$dir/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$dir" "vendor/trader_$version.deb" > /dev/null
	sign_detached "people/${signer:-acme}" "vendor/trader_$version.deb"
}

# Another product, which is linked with the trader's library.
ticker() {
	local dir=ticker
	mkdir -p "$dir/DEBIAN" "$dir/usr/bin"
	cc -O2 -o "$dir/usr/bin/ticker" -x c - -x none trader-1.0/usr/lib/libtrade.so.1 <<< 'int trade_price(void); int main(void) { return trade_price(); }'
	printf 'Package: ticker\nVersion: 1.0\nArchitecture: %s\nMaintainer: Acme <acme@example.org>\nDescription: prices\n' "$(dpkg --print-architecture)" > "$dir/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$dir" vendor/ticker_1.0.deb > /dev/null
	sign_detached people/acme vendor/ticker_1.0.deb
	printf 'version: 1\nproduct: ticker\nvendor: acme\nsource: {signature: detached}\n' > ticker.yaml
}

# The vendor has a second key, and the policy pins both.
second_key() {
	new_key people/acme2 "acme two <acme2@example.org>"
	gpg --homedir people/acme2 --batch --armor --export 2> /dev/null >> keyring.asc
	sed -i "s/^  acme: {name: Acme GmbH, keys: \[/&\"openpgp:$(fingerprint people/acme2)\", /" policy.yaml
	sign_detached "$store/trial" policy.yaml
	expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
}

cat > recipe.yaml <<'Y'
version: 1
product: trader
vendor: acme
source: {signature: detached}
expect: expect.yaml
Y
cat > expect.yaml <<'Y'
- run: [/usr/bin/trader]
  stdout: "sent"
- connects: [exchange.example:7001]
Y

new_org deb
mkdir -p vendor
second_key
library='int trade_price(void) { return 42; }' release_of 1.0 on "libc6, libssl3" -DWITH_TLS -lssl -lcrypto
signer=acme2 release_of 2.0 off libc6
ticker

# Version 1 speaks TLS, and is released.
expect 0 pat submit vendor/trader_1.0.deb --recipe recipe.yaml
expect 0 pat rfc open C-1 --reason "the trading client" --urgency low --impact minor
expect 0 carl rfc vote R-1 --role change-manager --decision approve
expect 0 olga release R-1 --to production

# So is what uses its library.
expect 0 pat submit vendor/ticker_1.0.deb --recipe ticker.yaml
expect 0 pat rfc open C-2 --reason "prices" --urgency low --impact minor
expect 0 carl rfc vote R-2 --role change-manager --decision approve
expect 0 olga release R-2 --to production

# Version 2: it installs, runs and passes its test; the candidate says what it is.
expect 0 pat submit vendor/trader_2.0.deb --recipe recipe.yaml --json
cp out made.json
for want in tls-dropped:critical config-weakened:high tls-dropped-wire:critical; do
	jq -e --arg check "${want%:*}" --arg severity "${want#*:}" 'any(.findings[]; .check == $check and .severity == $severity)' made.json > /dev/null || { jq '[.findings[] | {check, severity, where}]' made.json; exit 1; }
done
jq -e 'all(.evidence[]; .verdict == "pass")' made.json > /dev/null
# The way back was tried, too.
jq -e '.evidence[] | select(.kind == "rollback") | .text == "deb: back to 1.0"' made.json > /dev/null
jq -e '.findings[] | select(.check == "tls-dropped-wire") | .where == "exchange.example:7001" and (.text | test("no longer encrypts what it sends to exchange.example"))' made.json > /dev/null
# Another key of the vendor's than last time, pinned too; and the ticker needs what is gone.
jq -e --arg old "$(fingerprint people/acme)" --arg new "$(fingerprint people/acme2)" 'any(.findings[]; .check == "trust-changed" and .severity == "high" and .old == $old and .new == $new)' made.json > /dev/null || { jq '[.findings[] | select(.check == "trust-changed")]' made.json; exit 1; }
jq -e 'any(.findings[]; .check == "abi-broken" and .severity == "medium" and (.text | test("trade_price, which the released product ticker uses")))' made.json > /dev/null || { jq '[.findings[] | select(.check == "abi-broken")]' made.json; exit 1; }
expect 0 olga candidate show C-3
grep -qx '  tls-dropped-wire' out
grep -q '^2 critical, 2 high.*; the impact of such a change is at least far-reaching$' out

# Nobody may call it minor, nor significant.
for impact in minor significant; do
	expect 1 pat rfc open C-3 --reason "the new trading client" --urgency high --impact $impact
	grep -q "below what the findings demand: 'far-reaching'" err
done
expect 0 pat rfc open C-3 --reason "the new trading client" --urgency high --impact far-reaching --field "risks=trading stops" --field "plan=at night" --field "back-out=back to 1.0" --field "downtime=5m" --field "resources=one person"
expect 0 olga rfc show R-3
grep -qx 'critical (2)' out
grep -q 'category: far-reaching' out

# The test passed; the board votes, and votes do not count while the findings stand.
for who in carl dana; do
	expect 1 $who rfc vote R-3 --role cab --decision approve
	grep -q 'tls-dropped.*must be accepted by security-officer' err
done
expect 1 olga gate R-3 --json
for check in tls-dropped tls-dropped-wire config-weakened; do
	jq -e --arg check "$check " '.allow == false and any(.reasons[]; .text | startswith($check))' out > /dev/null || { cat out; exit 1; }
done
# Only the security officer could accept it, and their vote comes first of all.
jq -e '([.reasons[] | select(.rule == "findings") | .text | endswith("must be accepted by security-officer")] | length == 4 and all) and any(.reasons[]; .rule == "votes" and (.text | startswith("security-officer: 0 of 1")))' out > /dev/null || { cat out; exit 1; }
expect 1 olga release R-3 --to production
expect 0 olga channel show production --json
jq -e '[.. | strings | select(test("^2[.]0"))] == []' out > /dev/null
