/* read_sample.h - for tests of readers: reads a file or directory and keeps what it told, contents as digests. */
#pragma once
#include "base/digest.h"
#include "base/fs.h"
#include "formats/reader.h"
#include <fcntl.h>
#include <setjmp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct sample {
	struct sink sink;
	struct pkg pkg; /* its entries are filled here, sha256 set */
	const struct reader *reader;
	struct digest digest;
	uint64_t holes;
};

static int sample_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct sample *k = (struct sample *)s;
	struct entry *to = pkg_add_entry(&k->pkg);

	assert_non_null(to);
	assert_true(entry_copy(&k->pkg.arena, entry, to));
	digest_init(&k->digest, DIGEST_SHA256);
	return 0;
}

static int sample_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct sample *k = (struct sample *)s;

	digest_add(&k->digest, bytes, len);
	k->holes += bytes ? 0 : len;
	return 0;
}

static int sample_end(struct sink *s, struct err *e)
{
	struct sample *k = (struct sample *)s;
	char hex[DIGEST_HEX];

	digest_end_hex(&k->digest, hex);
	digest_done(&k->digest);
	memcpy(k->pkg.entries.at[k->pkg.entries.len - 1].sha256, hex, 65);
	return 0;
}

static const struct sink_ops sample_ops = { NULL, sample_begin, sample_data, sample_end, NULL, NULL };

static inline int sample_read(struct sample *k, const char *path, struct err *e)
{
	struct source src = { .name = path };
	struct stat st;
	int done;

	*k = (struct sample){ .sink = { &sample_ops } };
	pkg_init(&k->pkg, 0);
	src.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (src.fd < 0 || fstat(src.fd, &st))
		return err_sys(e, "cannot open %s", path);
	src.is_dir = S_ISDIR(st.st_mode);
	src.size = src.is_dir ? 0 : (uint64_t)st.st_size;
	done = reader_choose(&src, &k->reader, e) || k->reader->read(&src, &limits_default, &k->sink, &k->pkg, e) ? -1
														  : 0;
	close(src.fd);
	return done;
}

static inline void sample_done(struct sample *k)
{
	digest_done(&k->digest); /* of an entry in which the reading ended */
	pkg_done(&k->pkg);
}

static inline const struct entry *sample_get(const struct sample *k, const char *path)
{
	for (size_t i = 0; i < k->pkg.entries.len; i++)
		if (strcmp(k->pkg.entries.at[i].path, path) == 0)
			return &k->pkg.entries.at[i];
	fail_msg("no entry %s", path);
	return NULL;
}
