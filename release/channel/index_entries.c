/* index_entries.c - cuts a document of an index into its entries, whatever its size. */
#include "release/channel/index_entries.h"
#include "base/codec.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, ENTRY_MAX = 256 << 20 };

int entries_open(struct entries *x, const char *path, bool is_packed, uint64_t most, struct err *e)
{
	const struct codec_limits limits = { .output = most };

	*x = (struct entries){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) };
	if (x->fd < 0)
		return err_sys(e, "%s", path);
	x->in = in_fd(x->fd);
	if (is_packed)
		x->in = in_codec(x->in, CODEC_GZIP, &limits);
	text_room(&x->held, CHUNK); /* there is a place to look from, whatever comes */
	*x->held.at = '\0';
	digest_init(&x->digest, DIGEST_SHA256);
	return 0;
}

void entries_close(struct entries *x)
{
	if (!x->in)
		return;
	in_drop(&x->in);
	close(x->fd);
	text_done(&x->held);
	digest_done(&x->digest);
}

/* What was given makes room. */
static int read_more(struct entries *x, struct err *e)
{
	long got;

	if (x->at) {
		memmove(x->held.at, x->held.at + x->at, x->held.len - x->at);
		x->held.len -= x->at;
		x->at = 0;
	}
	if (x->held.len > ENTRY_MAX)
		return err_input(e, "E_LIMIT_SIZE", "an entry of more than %d MiB", ENTRY_MAX >> 20);
	text_room(&x->held, CHUNK);
	got = in_read(x->in, x->held.at + x->held.len, CHUNK, e);
	if (got < 0)
		return -1;
	digest_add(&x->digest, x->held.at + x->held.len, (size_t)got);
	x->held.len += (size_t)got;
	x->held.at[x->held.len] = '\0';
	x->is_end = got < CHUNK;
	return 0;
}

int entries_next(struct entries *x, const char *stop, struct slice *ret, struct err *e)
{
	size_t len = strlen(stop), looked = 0;

	for (;;) {
		const char *from = x->held.at + x->at,
			   *found = x->held.len - x->at > looked
			? memmem(from + looked, x->held.len - x->at - looked, stop, len)
			: NULL;

		if (found || x->is_end) {
			*ret = (struct slice){ x->held.len > x->at ? from : "",
				found ? (size_t)(found - from) + len : x->held.len - x->at };
			x->at += ret->len;
			return found ? 1 : 0;
		}
		looked = x->held.len - x->at >= len ? x->held.len - x->at - len + 1
						    : 0; /* it may lie across two chunks */
		if (read_more(x, e))
			return -1;
	}
}

int entries_end(struct entries *x, char ret_sha256[SHA256_HEX], uint64_t *ret_size, struct err *e)
{
	char hex[DIGEST_HEX];

	while (!x->is_end) {
		x->at = x->held.len;
		if (read_more(x, e))
			return -1;
	}
	*ret_size = x->digest.count;
	digest_end_hex(&x->digest, hex);
	memcpy(ret_sha256, hex, SHA256_HEX);
	return 0;
}
