/* clear.c - cleartext-signed messages. People read the whole file, gpg signs a part of it: so the file must be that part and nothing else.
 * gpg of Debian 12 also takes a form feed for the end of a line it does not hash; control characters are refused. */
#include "sign/clear.h"
#include "base/arena.h"
#include "sign/armor.h"
#include "sign/packets.h"
#include <stdbool.h>
#include <string.h>

static const char head[] = "-----BEGIN PGP SIGNED MESSAGE-----";
static const char seal[] = "-----BEGIN PGP SIGNATURE-----";

static bool next_line(const char *text, size_t len, size_t *at, struct slice *ret)
{
	const char *start = text + *at, *end;
	size_t size;

	if (*at >= len || (end = memchr(start, '\n', len - *at)) == NULL)
		return false; /* a last line without its end is none: the tail line must be whole */
	size = (size_t)(end - start);
	*at += size + 1;
	if (size > 0 && start[size - 1] == '\r')
		size--;
	*ret = (struct slice){ start, size };
	return true;
}

static bool line_is(struct slice l, const char *text)
{
	size_t len = strlen(text);

	while (l.len > len && (l.at[l.len - 1] == ' ' || l.at[l.len - 1] == '\t'))
		l.len--;
	return l.len == len && memcmp(l.at, text, len) == 0;
}

/* 1: a digest to trust; 0: one that can be forged; -1: none that is known. */
static int hash_strength(struct slice name)
{
	static const struct {
		const char *name;
		int strength;
	} known[] = { { "SHA256", 1 }, { "SHA384", 1 }, { "SHA512", 1 }, { "SHA224", 1 }, { "SHA1", 0 }, { "MD5", 0 },
		{ "RIPEMD160", 0 } };

	for (size_t i = 0; i < COUNT(known); i++)
		if (slice_is(name, known[i].name))
			return known[i].strength;
	return -1;
}

/* "Hash: SHA512" or a list with commas. */
static int read_hash_header(struct slice line, struct err *e)
{
	struct slice rest = { line.at + 6, line.len - 6 }, name;

	if (line.len < 7 || memcmp(line.at, "Hash: ", 6) != 0)
		return err_verdict(e, "E_SIG_BAD", "a signed text's header other than Hash");
	while (slice_cut(&rest, ',', &name)) {
		int strength = hash_strength(slice_trim(name));

		if (strength < 0)
			return err_verdict(e, "E_SIG_BAD", "a signed text's Hash header that names no digest");
		if (strength == 0)
			return err_verdict(
				e, "E_SIG_WEAK", "a signed text's Hash header names a digest that can be forged");
	}
	return 0;
}

static bool is_plain(struct slice l)
{
	for (size_t i = 0; i < l.len; i++) {
		unsigned char c = (unsigned char)l.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static int read_headers(const char *message, size_t len, size_t *at, struct err *e)
{
	struct slice l;

	while (next_line(message, len, at, &l)) {
		if (l.len == 0)
			return 0;
		if (read_hash_header(l, e))
			return -1;
	}
	return err_verdict(e, "E_SIG_BAD", "the signed text ends within its headers");
}

/* Leaves *at at the signature's head line. */
static int read_text(const char *message, size_t len, size_t *at, struct err *e)
{
	struct slice l;
	size_t before = *at;

	for (size_t number = 1; next_line(message, len, at, &l); number++, before = *at) {
		if (line_is(l, seal)) {
			*at = before;
			return 0;
		}
		if (l.len > 0 && l.at[0] == '-' && (l.len < 2 || l.at[1] != ' '))
			return err_verdict(
				e, "E_SIG_BAD", "line %zu of the signed text begins with an unescaped dash", number);
		if (!is_plain(l))
			return err_verdict(
				e, "E_SIG_BAD", "line %zu of the signed text holds control characters", number);
	}
	return err_verdict(e, "E_SIG_BAD", "the signed text has no signature after it");
}

int clear_read(const char *message, size_t len, struct clear *ret, struct err *e)
{
	struct sig_packets packets = { 0 };
	AUTO_FREE unsigned char *sig = NULL;
	size_t at = 0, size = 0, start, before;
	struct slice l;
	int rc;

	if (!next_line(message, len, &at, &l) || !line_is(l, head)) {
		if (memmem(message, len, head, sizeof head - 1))
			return err_verdict(e, "E_SIG_BAD", "there is text before the signed text");
		return err_verdict(e, "E_SIG_MISSING", "it is not signed");
	}
	if (read_headers(message, len, &at, e) || read_text(message, len, &at, e))
		return -1;
	before = at;
	rc = armor_next(message, len, &at, "SIGNATURE", &start, &sig, &size, e);
	if (rc < 0)
		return -1;
	if (rc == 0 || start != before)
		return err_verdict(e, "E_SIG_BAD", "the signed text has no signature after it");
	for (size_t i = at; i < len; i++)
		if (!memchr(" \t\r\n", message[i], 4))
			return err_verdict(e, "E_SIG_BAD", "there is text after the signature");
	if (sig_packets_read(sig, size, true, &packets, e))
		return -1;
	*ret = (struct clear){ .end = at, .packets = packets.known };
	rc = packets.foreign ? err_verdict(e, "E_SIG_BAD", "a signature of a version that gpg does not know") : 0;
	sig_packets_done(&packets);
	return rc;
}
