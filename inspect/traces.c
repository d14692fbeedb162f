/* traces.c - the table of texts, found in one pass. */
#include "inspect/traces.h"
#include <string.h>

const struct trace traces[] = {
	{ "OpenSSL ", "openssl", TRACE_VERSION },
	{ "LibreSSL ", "libressl", TRACE_VERSION },
	{ "inflate 1.", "zlib", TRACE_VERSION },
	{ "deflate 1.", "zlib", TRACE_VERSION },
	{ "expat_2.", "expat", TRACE_VERSION },
	{ "libcurl/", "curl", TRACE_VERSION },
	{ "libpng version ", "libpng", TRACE_VERSION },
	{ "libjpeg-turbo version ", "libjpeg-turbo", TRACE_VERSION },
	{ "LIBTIFF, Version ", "libtiff", TRACE_VERSION },
	{ "mbed TLS ", "mbedtls", TRACE_VERSION },
	{ "Mbed TLS ", "mbedtls", TRACE_VERSION },
	{ "libssh2_", "libssh2", TRACE_VERSION },
	{ "SSH-2.0-libssh_", "libssh", TRACE_VERSION },
	{ "$LuaVersion: Lua ", "lua", TRACE_VERSION },
	{ "SQLite version ", "sqlite", TRACE_VERSION },
	{ "libarchive ", "libarchive", TRACE_VERSION },
	{ "ssl_lib.c", "OpenSSL", TRACE_TLS }, /* also of BoringSSL and LibreSSL */
	{ "handshake-tls13.c", "GnuTLS", TRACE_TLS },
	{ "library/ssl_tls.c", "mbedTLS", TRACE_TLS },
	{ "s2n_handshake_io.c", "s2n", TRACE_TLS },
	{ "wolfSSL_CTX_new", "wolfSSL", TRACE_TLS },
	{ "crypto/tls.(*Conn)", "Go crypto/tls", TRACE_TLS },
	{ "/rustls-0.", "rustls", TRACE_TLS },
	{ "/native-tls-0.", "Rust native-tls", TRACE_TLS },
	{ "libssl.so", "OpenSSL", TRACE_LOADS },
	{ "libgnutls.so", "GnuTLS", TRACE_LOADS },
	{ "libssl3.so", "NSS", TRACE_LOADS },
	{ "libmbedtls.so", "mbedTLS", TRACE_LOADS },
	{ "libwolfssl.so", "wolfSSL", TRACE_LOADS },
	{ "libtls.so", "libtls", TRACE_LOADS },
	{ "library/std/src/", "Rust", TRACE_LANGUAGE },
};
const size_t traces_len = COUNT(traces);
_Static_assert(COUNT(traces) <= TRACES_MAX && (int)TRACES_MAX <= (int)FINDER_MAX, "room for every trace");

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static void hit(void *context, size_t index, const unsigned char *at, size_t left)
{
	const char **found = context;
	size_t len = strlen(traces[index].text);

	if (found[index] == NULL && (traces[index].kind != TRACE_VERSION || (len < left && is_digit(at[len]))))
		found[index] = (const char *)at;
}

void traces_find(const unsigned char *bytes, size_t len, const char *found[TRACES_MAX])
{
	static struct finder *finder; /* made once; the confined decoder has one thread */
	const char *texts[TRACES_MAX];

	if (finder == NULL) {
		for (size_t i = 0; i < traces_len; i++)
			texts[i] = traces[i].text;
		finder = finder_new(texts, traces_len);
	}
	finder_run(finder, bytes, len, hit, found);
}

void trace_version(const struct trace *trace, const char *found, char ret[32])
{
	const char *at = found + strlen(trace->text);
	size_t len = 0;

	while (at > found && (is_digit((unsigned char)at[-1]) || at[-1] == '.'))
		at--; /* part of it is in the text that was looked for */
	while (len < 31 && at[len] &&
		(is_digit((unsigned char)at[len]) || at[len] == '.' || (at[len] >= 'a' && at[len] <= 'z')))
		len++;
	memcpy(ret, at, len);
	ret[len] = 0;
}
