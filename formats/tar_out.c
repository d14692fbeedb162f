/* tar_out.c - GNU tar members. Source: GNU tar's manual, "Basic Tar Format", with the old GNU magic. */
#include "formats/tar_out.h"
#include <stdio.h>
#include <string.h>

enum { NOBODY = 65534 };

int64_t tar_fallback_id(int64_t id, const char *name, uint32_t mode)
{
	if (id >= 0 || !*name || strcmp(name, "root") == 0)
		return id < 0 ? 0 : id;
	return mode & 06000 ? NOBODY : 0;
}

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, target[100], magic[8], owner[32],
		group[32], dev_major[8], dev_minor[8], rest[167];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a tar header is one block");

/* Octal with a NUL while it fits, else GNU's base 256: top bit set, big endian, two's complement. */
static void number(char *field, size_t width, int64_t value)
{
	int bits = (int)(3 * (width - 1));

	if (value >= 0 && (bits >= 63 || value < (int64_t)1 << bits)) {
		for (size_t i = width - 1; i-- > 0; value >>= 3)
			field[i] = (char)('0' + (value & 7));
		field[width - 1] = '\0';
		return;
	}
	for (size_t i = width; i-- > 0; value >>= 8)
		field[i] = (char)(value & 0xff);
	field[0] = (char)(field[0] | 0x80);
}

static void checksum(struct header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->sum, ' ', sizeof h->sum);
	for (size_t i = 0; i < sizeof *h; i++)
		sum += bytes[i];
	(void)snprintf(h->sum, sizeof h->sum, "%06o", sum & 0777777);
	h->sum[7] = ' ';
}

static void fill(char *field, size_t width, const char *text)
{
	size_t len = strlen(text);

	memcpy(field, text, len < width ? len : width);
}

int tar_out_zeros(struct out *out, uint64_t len, struct err *e)
{
	static const char zeros[65536];

	while (len > 0) {
		size_t now = len < sizeof zeros ? (size_t)len : sizeof zeros;

		if (out_write(out, zeros, now, e))
			return -1;
		len -= now;
	}
	return 0;
}

int tar_out_pad(struct out *out, uint64_t size, struct err *e)
{
	return tar_out_zeros(out, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK, e);
}

/* A name that its field cannot hold goes before the member, as a member of its own. */
static int long_name(struct out *out, char type, const char *name, struct err *e)
{
	struct header h = { .type = type, .magic = "ustar  " };
	size_t len = strlen(name) + 1;

	fill(h.name, sizeof h.name, "././@LongLink");
	number(h.mode, sizeof h.mode, 0644);
	number(h.uid, sizeof h.uid, 0);
	number(h.gid, sizeof h.gid, 0);
	number(h.size, sizeof h.size, (int64_t)len);
	number(h.mtime, sizeof h.mtime, 0);
	fill(h.owner, sizeof h.owner, "root");
	fill(h.group, sizeof h.group, "root");
	checksum(&h);
	if (out_write(out, &h, sizeof h, e) || out_write(out, name, len, e))
		return -1;
	return tar_out_pad(out, len, e);
}

int tar_out_item(struct out *out, const struct tar_item *item, struct err *e)
{
	struct header h = { .type = item->type, .magic = "ustar  " };

	if (strlen(item->owner) > TAR_NAME_MAX || strlen(item->group) > TAR_NAME_MAX)
		return err_input(e, "E_METADATA", "%s: owner or group name is longer than the %d bytes tar has for it",
			item->path, TAR_NAME_MAX);
	if (strlen(item->target) >= sizeof h.target && long_name(out, 'K', item->target, e))
		return -1;
	if (strlen(item->path) >= sizeof h.name && long_name(out, 'L', item->path, e))
		return -1;
	fill(h.name, sizeof h.name - 1, item->path);
	fill(h.target, sizeof h.target - 1, item->target);
	number(h.mode, sizeof h.mode, item->mode & 07777);
	number(h.uid, sizeof h.uid, item->uid);
	number(h.gid, sizeof h.gid, item->gid);
	number(h.size, sizeof h.size, (int64_t)item->size);
	number(h.mtime, sizeof h.mtime, item->mtime);
	fill(h.owner, sizeof h.owner, item->owner);
	fill(h.group, sizeof h.group, item->group);
	if (item->type == '3' || item->type == '4') {
		number(h.dev_major, sizeof h.dev_major, item->dev_major);
		number(h.dev_minor, sizeof h.dev_minor, item->dev_minor);
	}
	checksum(&h);
	return out_write(out, &h, sizeof h, e);
}

int tar_out_end(struct out *out, struct err *e)
{
	return tar_out_zeros(out, (uint64_t)2 * TAR_BLOCK, e);
}
