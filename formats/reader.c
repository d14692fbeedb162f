/* reader.c - every format we know; order does not matter, the best bid wins. */
#include "formats/reader.h"
#include "formats/known.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

extern const struct reader read_apk, read_appimage, read_deb, read_dir, read_dsc, read_ipk, read_known, read_oci,
	read_pacman, read_rpm, read_run, read_squashfs, read_tar, read_zip;
extern const struct reader read_7z, read_arlib, read_cpio, read_iso; /* archives */

const struct reader *const readers[] = {
	&read_7z,
	&read_arlib,
	&read_cpio,
	&read_iso,
	&read_apk,
	&read_appimage,
	&read_deb,
	&read_dir,
	&read_dsc,
	&read_ipk,
	&read_known,
	&read_oci,
	&read_pacman,
	&read_rpm,
	&read_run,
	&read_squashfs,
	&read_tar,
	&read_zip,
	NULL,
};

const struct limits limits_default = {
	.output = GIB(20),
	.entries = 500000,
	.ratio = 200,
	.memory = MIB(512),
	.seconds = 600,
	.metadata = MIB(64),
	.script = MIB(4),
	.path = 4096,
	.depth = 256,
	.xattr = KIB(64),
	.devices = false,
};

/* A bid from here on means: whoever knows this format would open the file. Two of them mean a file that is not what it seems. */
enum { SURE = 60 };

const struct reader *reader_named(const char *name)
{
	for (size_t i = 0; readers[i]; i++)
		if (strcmp(readers[i]->name, name) == 0)
			return readers[i];
	return NULL;
}

static int read_head(const struct source *src, unsigned char *head, size_t *ret_len, struct err *e)
{
	size_t len = 0;

	while (!src->is_dir && len < READER_HEAD) {
		ssize_t got = pread(src->fd, head + len, READER_HEAD - len, (off_t)len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read");
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return 0;
}

static const char *shown(const struct reader *r, const unsigned char *head, size_t len)
{
	const char *name = r == &read_known ? known_name(head, len) : NULL;

	return name ? name : r->name;
}

static int best_of(
	const struct source *src, const unsigned char *head, size_t len, const struct reader **ret, struct err *e)
{
	const struct reader *best = NULL, *sure = NULL;
	int most = 0;

	for (size_t i = 0; readers[i]; i++) {
		int bid = readers[i]->bid(src, head, len);

		if (bid >= SURE && sure) {
			err_input(e, "E_POLYGLOT", "the file is %s and %s at once", shown(sure, head, len),
				shown(readers[i], head, len));
			return err_hint(e, "ask the vendor for a file of one format");
		}
		if (bid >= SURE)
			sure = readers[i];
		if (bid > most) {
			most = bid;
			best = readers[i];
		}
	}
	if (best == NULL) {
		err_input(e, "E_UNKNOWN_FORMAT", "the format is not known");
		return err_hint(e, "`sluice formats` lists what can be read");
	}
	*ret = best;
	return 0;
}

int reader_choose(const struct source *src, const struct reader **ret, struct err *e)
{
	unsigned char *head = mem_alloc(READER_HEAD);
	size_t len = 0;
	int done = read_head(src, head, &len, e);

	if (done == 0 && len == 0 && !src->is_dir)
		done = err_input(e, "E_EMPTY", "the file is empty");
	if (done == 0)
		done = best_of(src, head, len, ret, e);
	free(head);
	return done;
}
