/* traces.c - the table of texts, and one pass that finds them: the last two bytes of a window say how far it may jump. */
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
_Static_assert(COUNT(traces) <= TRACES_MAX, "room for every trace");

struct finder {
	uint8_t jump[65536];      /* by the last two bytes of the window */
	uint8_t first[65536];     /* 1 + the first trace whose window ends in them; 0: none */
	uint8_t next[TRACES_MAX]; /* 1 + the next such trace */
	size_t lens[TRACES_MAX];
};

static unsigned pair(const void *at)
{
	const unsigned char *two = at;

	return (unsigned)two[0] << 8 | two[1];
}

static struct finder *finder_new(void)
{
	struct finder *f = mem_alloc(sizeof *f);

	memset(f->jump, TRACE_LEAST - 1, sizeof f->jump);
	for (size_t i = 0; i < traces_len; i++) {
		unsigned last = pair(traces[i].text + TRACE_LEAST - 2);

		f->lens[i] = strlen(traces[i].text);
		for (unsigned k = 2; k <= TRACE_LEAST; k++) {
			uint8_t *jump = &f->jump[pair(traces[i].text + k - 2)];

			*jump = *jump < TRACE_LEAST - k ? *jump : (uint8_t)(TRACE_LEAST - k);
		}
		f->next[i] = f->first[last];
		f->first[last] = (uint8_t)(i + 1);
	}
	return f;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static void try_at(
	const struct finder *f, unsigned last, const unsigned char *at, size_t left, const char *found[TRACES_MAX])
{
	for (unsigned k = f->first[last]; k; k = f->next[k - 1]) {
		size_t len = f->lens[k - 1];

		if (found[k - 1] == NULL && len <= left && memcmp(at, traces[k - 1].text, len) == 0 &&
			(traces[k - 1].kind != TRACE_VERSION || (len < left && is_digit(at[len]))))
			found[k - 1] = (const char *)at;
	}
}

void traces_find(const unsigned char *bytes, size_t len, const char *found[TRACES_MAX])
{
	static struct finder *f; /* made once; the confined decoder has one thread */

	if (f == NULL)
		f = finder_new();
	for (size_t at = TRACE_LEAST - 1; at < len;) {
		unsigned last = pair(bytes + at - 1), jump = f->jump[last];

		if (jump == 0)
			try_at(f, last, bytes + at - (TRACE_LEAST - 1), len - (at - (TRACE_LEAST - 1)), found);
		at += jump ? jump : 1;
	}
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
