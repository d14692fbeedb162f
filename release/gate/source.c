/* source.c - bytes by digest from the store or from folders; both are hashed again before anyone believes them. */
#include "release/gate/source.h"
#include "base/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { WHOLE_MAX = 256 << 20 }; /* a release.json; records are bounded where they come in */

int source_get(struct record_source *s, const char *digest, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_FD int fd = digest_is_hex(digest) ? s->ops->open(s, digest, e)
					       : err_verdict(e, "E_DIGEST", "'%s' is no sha256", digest);
	AUTO_FREE char *bytes = NULL;
	char found[SHA256_HEX];
	size_t len;

	if (fd < 0 || fs_read_fd(fd, WHOLE_MAX, &bytes, &len, e))
		return -1;
	sha256_hex(bytes, len, found);
	if (strcmp(found, digest) != 0)
		return err_verdict(e, "E_DIGEST", "%s: its bytes have become %s", digest, found);
	*ret = bytes;
	*ret_len = len;
	bytes = NULL;
	return 0;
}

json_t *source_json(struct record_source *s, const char *digest, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	return source_get(s, digest, &bytes, &len, e) ? NULL : json_parse(bytes, len, digest, e);
}

int source_check(struct record_source *s, const char *digest, uint64_t *ret_size, struct err *e)
{
	AUTO_FD int fd = -1;
	char found[SHA256_HEX];
	uint64_t size;

	if (s->ops->was_hashed && s->ops->was_hashed(s, digest, &size)) {
		if (ret_size)
			*ret_size = size;
		return 0;
	}
	fd = digest_is_hex(digest) ? s->ops->open(s, digest, e)
				   : err_verdict(e, "E_DIGEST", "'%s' is no sha256", digest);
	if (fd < 0 || sha256_fd(fd, found, &size, e))
		return -1;
	if (strcmp(found, digest) != 0)
		return err_verdict(e, "E_DIGEST", "%s: its bytes have become %s", digest, found);
	if (ret_size)
		*ret_size = size;
	return 0;
}

static int store_open_blob(struct record_source *s, const char *digest, struct err *e)
{
	return blob_open(((struct source_store *)s)->store->blobs, digest, e);
}

void source_of_store(struct source_store *s, struct store *store)
{
	static const struct source_ops ops = { store_open_blob };

	s->source.ops = &ops;
	s->store = store;
}

static int tree_open(struct record_source *s, const char *digest, struct err *e)
{
	const struct source_tree *t = (struct source_tree *)s;
	AUTO_FREE char *record = mem_printf("%s/records/%s", t->dir, digest);
	int fd = open(record, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0)
		return fd;
	return errno == ENOENT || errno == ELOOP || errno == ENOTDIR
		? err_verdict(e, "E_DIGEST", "%s: it is named but not there", digest)
		: err_sys(e, "%s/records/%s", t->dir, digest);
}

static bool tree_was_hashed(struct record_source *s, const char *digest, uint64_t *ret_size)
{
	const struct source_tree *t = (struct source_tree *)s;

	return t->was_hashed && t->was_hashed(t->context, digest, ret_size);
}

void source_of_tree(struct source_tree *s, const char *dir)
{
	static const struct source_ops ops = { tree_open, tree_was_hashed };

	*s = (struct source_tree){ .source = { &ops }, .dir = dir };
}
