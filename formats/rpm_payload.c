/* rpm_payload.c - the cpio archive inside an rpm, read strictly.
 *
 * libarchive cannot read the stripped form, and forgives what an attacker would use (junk between members, numbers with signs). Headers
 * are fixed-size hexadecimal, names are terminated where they say, padding is zero, the trailer is the end. */
#include "formats/rpm_payload.h"
#include "base/digest.h"
#include <string.h>

/* ---- cpio */

enum { NEWC_HEADER = 110, STRIPPED_HEADER = 14, MAGIC = 6, BLOCK = 512 };

void cpio_init(struct cpio *c, struct in *in)
{
	memset(c, 0, sizeof *c);
	c->in = in;
}

static int take(struct cpio *c, void *buf, size_t len, struct err *e)
{
	if (in_exact(c->in, buf, len, e))
		return -1;
	c->at += len;
	return 0;
}

static int pad(struct cpio *c, struct err *e)
{
	unsigned char zero[4];
	size_t len = -c->at & 3;

	if (take(c, zero, len, e))
		return -1;
	for (size_t i = 0; i < len; i++)
		if (zero[i])
			return err_input(e, "E_CORRUPT", "cpio: padding is not zero");
	return 0;
}

/* Eight hexadecimal digits, nothing else. */
static int hex8(const char *at, uint32_t *ret, struct err *e)
{
	unsigned char b[4];

	if (hex_parse(at, 8, b))
		return err_input(e, "E_CORRUPT", "cpio header: '%.8s' is not a number", at);
	*ret = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return 0;
}

static int take_name(struct cpio *c, uint32_t len, struct err *e)
{
	if (len == 0)
		return err_input(e, "E_NAME_EMPTY", "cpio: a member without a name");
	if (len > sizeof c->name)
		return err_input(e, "E_LIMIT_PATH", "cpio: a name of %u bytes", len);
	if (take(c, c->name, len, e))
		return -1;
	if (c->name[len - 1] != 0)
		return err_input(e, "E_CORRUPT", "cpio: a name is not terminated");
	if (strlen(c->name) != len - 1)
		return err_input(e, "E_NAME_NUL", "cpio: a name with NUL inside: %s", c->name);
	return pad(c, e);
}

static int newc(struct cpio *c, const char *rest, struct cpio_member *m, struct err *e)
{
	uint32_t field[13];

	for (size_t i = 0; i < COUNT(field); i++)
		if (hex8(rest + 8 * i, &field[i], e))
			return -1;
	*m = (struct cpio_member){ .inode = field[0],
		.mode = field[1],
		.links = field[4],
		.mtime = field[5],
		.size = field[6],
		.dev_major = field[7],
		.dev_minor = field[8],
		.rdev_major = field[9],
		.rdev_minor = field[10],
		.name = c->name };
	c->want_sum = field[12];
	return take_name(c, field[11], e);
}

int cpio_next(struct cpio *c, struct cpio_member *ret, struct err *e)
{
	char head[NEWC_HEADER + 1] = "";
	struct cpio_member m = { 0 };

	if (c->left)
		return err_input(e, "E_CORRUPT", "cpio: a member was not read to its end");
	if (pad(c, e) || take(c, head, STRIPPED_HEADER, e))
		return -1;
	c->has_sum = memcmp(head, "070702", MAGIC) == 0;
	c->sum = 0;
	if (memcmp(head, "07070X", MAGIC) == 0) {
		m.is_stripped = true;
		if (hex8(head + MAGIC, &m.number, e) || pad(c, e))
			return -1;
	} else if (memcmp(head, "070701", MAGIC) == 0 || c->has_sum) {
		if (take(c, head + STRIPPED_HEADER, NEWC_HEADER - STRIPPED_HEADER, e) || newc(c, head + MAGIC, &m, e))
			return -1;
		if (strcmp(c->name, "TRAILER!!!") == 0)
			return m.size ? err_input(e, "E_CORRUPT", "cpio: a trailer with data") : 0;
	} else {
		return err_input(e, "E_MISMATCH", "cpio: no member where one should begin");
	}
	c->left = m.size;
	*ret = m;
	return 1;
}

void cpio_sized(struct cpio *c, uint64_t size)
{
	c->left = size;
}

long cpio_data(struct cpio *c, void *buf, size_t size, struct err *e)
{
	long got;

	if (c->left == 0)
		return 0;
	got = in_some(c->in, buf, size < c->left ? size : (size_t)c->left, e);
	if (got == 0)
		return err_input(e, "E_TRUNCATED", "cpio: the archive ends inside a member");
	if (got < 0)
		return -1;
	c->at += (uint64_t)got;
	c->left -= (uint64_t)got;
	if (c->has_sum) {
		for (long i = 0; i < got; i++)
			c->sum += ((unsigned char *)buf)[i];
		if (c->left == 0 && c->sum != c->want_sum)
			return err_input(e, "E_DIGEST", "cpio: checksum of a member is wrong");
	}
	return got;
}

int cpio_finish(struct cpio *c, struct err *e)
{
	unsigned char buf[BLOCK];
	uint64_t behind = 0;
	long got;

	while ((got = in_some(c->in, buf, sizeof buf, e)) > 0) {
		behind += (uint64_t)got;
		for (long i = 0; i < got; i++)
			if (buf[i] || behind >= BLOCK)
				return err_input(e, "E_TRAILING_DATA", "cpio: bytes behind the trailer");
	}
	return got < 0 ? -1 : 0;
}
