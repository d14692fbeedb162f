/* checksums.c - lists such as SHA256SUMS: "HEX  NAME", "HEX *NAME" (coreutils) and "SHA256 (NAME) = HEX" (BSD, openssl).
 * The kind of digest is told by its length; md5 and sha1 are named and never taken as proof. */
#include "base/arena.h"
#include "base/digest.h"
#include "sign/sign.h"
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct listed {
	struct slice hex, name;
};

static size_t hex_length(struct slice s)
{
	size_t len = 0;

	while (len < s.len && memchr("0123456789abcdefABCDEF", s.at[len], 22))
		len++;
	return len;
}

/* "SHA256 (NAME) = HEX": the last ") = " ends the name, which may hold brackets itself. */
static bool read_bsd(struct slice line, struct listed *ret)
{
	const char *open = memmem(line.at, line.len, " (", 2), *shut = NULL;

	for (size_t i = 0; i + 4 <= line.len; i++)
		if (memcmp(line.at + i, ") = ", 4) == 0)
			shut = line.at + i;
	if (open == NULL || shut == NULL || shut < open + 2)
		return false;
	ret->name = (struct slice){ open + 2, (size_t)(shut - open - 2) };
	ret->hex = (struct slice){ shut + 4, (size_t)(line.at + line.len - shut - 4) };
	return ret->hex.len > 0 && hex_length(ret->hex) == ret->hex.len;
}

static bool read_line(struct slice line, struct listed *ret)
{
	size_t hex = hex_length(line), skip;

	if (hex < 32 || hex + 2 >= line.len || line.at[hex] != ' ')
		return read_bsd(line, ret);
	skip = line.at[hex + 1] == ' ' || line.at[hex + 1] == '*' ? 2 : 1;
	*ret = (struct listed){ { line.at, hex }, { line.at + hex + skip, line.len - hex - skip } };
	return true;
}

/* 2: that very name, with or without "./"; 1: the last component of a path; 0: another file. */
static int name_fits(struct slice listed, const char *name)
{
	const char *slash;

	if (listed.len > 2 && listed.at[0] == '.' && listed.at[1] == '/')
		listed = (struct slice){ listed.at + 2, listed.len - 2 };
	if (slice_is(listed, name))
		return 2;
	slash = memrchr(listed.at, '/', listed.len);
	if (slash == NULL)
		return 0;
	return slice_is((struct slice){ slash + 1, (size_t)(listed.at + listed.len - slash - 1) }, name);
}

static bool kind_of(size_t hex, enum digest_kind *ret)
{
	static const enum digest_kind strong[] = { DIGEST_SHA512, DIGEST_SHA384, DIGEST_SHA256, DIGEST_SHA224 };

	for (size_t i = 0; i < COUNT(strong); i++)
		if (digest_size(strong[i]) * 2 == hex) {
			*ret = strong[i];
			return true;
		}
	return false;
}

static int digest_file(int fd, enum digest_kind kind, char ret[DIGEST_HEX], struct err *e)
{
	enum { CHUNK = 256 << 10 };
	AUTO(digest) digest = { 0 };
	AUTO_FREE char *buf = mem_alloc(CHUNK);
	ssize_t got;
	off_t at = 0;

	digest_init(&digest, kind);
	while ((got = pread(fd, buf, CHUNK, at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read the file");
		digest_add(&digest, buf, (size_t)got);
		at += got;
	}
	digest_end_hex(&digest, ret);
	return 0;
}

struct search {
	const char *name;
	int fd;
	int fit; /* how well a name must fit: the best there is in the list */
	unsigned strong, weak;
	char have[DIGEST_SHA224 + 1][DIGEST_HEX]; /* the file's own, made when asked for */
};

static int check_line(struct search *s, struct listed l, struct err *e)
{
	enum digest_kind kind;

	if (!kind_of(l.hex.len, &kind)) {
		s->weak++;
		return 0;
	}
	if (s->have[kind][0] == 0 && digest_file(s->fd, kind, s->have[kind], e))
		return -1;
	if (strncasecmp(s->have[kind], l.hex.at, l.hex.len) != 0)
		return err_verdict(e, "E_DIGEST", "the checksum list says %.*s for %s, the file has %s", (int)l.hex.len,
			l.hex.at, s->name, s->have[kind]);
	s->strong++;
	return 0;
}

/* Calls check_line for each line that fits as well as s->fit; with fit 0 it finds the best fit there is. */
static int walk(const char *list, size_t len, struct search *s, struct err *e)
{
	struct slice rest = { list, len }, line;
	int best = 0;

	while (slice_cut(&rest, '\n', &line)) {
		struct listed l;
		int fit;

		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		if (!read_line(line, &l) || (fit = name_fits(l.name, s->name)) == 0)
			continue;
		best = fit > best ? fit : best;
		if (s->fit > 0 && fit == s->fit && check_line(s, l, e))
			return -1;
	}
	s->fit = best;
	return 0;
}

int checksums_verify(const char *list, size_t len, const char *name, int fd, struct err *e)
{
	struct search s = { .name = name, .fd = fd };

	if (walk(list, len, &s, e))
		return -1;
	if (s.fit == 0)
		return err_verdict(e, "E_SIG_MISSING", "the checksum list does not name %s", name);
	if (walk(list, len, &s, e))
		return -1;
	if (s.strong == 0)
		return err_verdict(
			e, "E_DIGEST_WEAK", "the checksum list has only md5 or sha1 for %s, which can be forged", name);
	return 0;
}
