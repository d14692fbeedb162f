/* pkgsig.c - one door for both families: the file's first bytes say whose it is. */
#include "formats/pkgsig.h"
#include "base/fs.h"
#include "formats/deb_sig.h"
#include "formats/rpm_sig.h"
#include "formats/tar.h"
#include <unistd.h>

struct family {
	const char *name;
	bool (*is_mine)(const unsigned char *head, size_t len);
	int (*ranges)(int fd, struct arena *a, struct extent **ret_ranges, size_t *ret_len, struct err *e);
	int (*splice)(int from, int to, const unsigned char *sig, size_t len, int algorithm, struct err *e);
};

/* The algorithm does not show in a deb: the packets say it. */
static int splice_deb(int from, int to, const unsigned char *sig, size_t len, int algorithm, struct err *e)
{
	(void)algorithm;
	return deb_sig_splice(from, to, sig, len, e);
}

static const struct family families[] = {
	{ "deb", deb_sig_is_deb, deb_sig_ranges, splice_deb },
	{ "rpm", rpm_sig_is_rpm, rpm_sig_ranges, rpm_sig_splice },
};

static enum tar_kind kind_of(int fd)
{
	AUTO_FREE unsigned char *head = mem_alloc(READER_HEAD);
	ssize_t len = pread(fd, head, READER_HEAD, 0);

	return len > 0 ? tar_kind_of(NULL, head, (size_t)len) : TAR_NONE;
}

const char *pkgsig_beside(int fd)
{
	enum tar_kind kind = kind_of(fd);

	return kind == TAR_PACMAN ? "pacman" : kind == TAR_PLAIN ? "tar" : NULL;
}

static const struct family *family_of(int fd, struct err *e)
{
	unsigned char head[64];
	ssize_t len = pread(fd, head, sizeof head, 0);

	if (len < 0) {
		err_sys(e, "reading the package");
		return NULL;
	}
	for (size_t i = 0; i < COUNT(families); i++)
		if (families[i].is_mine(head, (size_t)len))
			return &families[i];
	if (kind_of(fd) == TAR_APK) {
		err_input(e, "E_UNSUPPORTED", "an apk's signature is a bare RSA one, which no OpenPGP key makes");
		err_hint(e, "sign it with abuild-sign and a key of Alpine's kind");
	} else {
		err_input(e, "E_UNKNOWN_FORMAT", "no deb, rpm, pacman package or tar: cannot be signed");
	}
	return NULL;
}

int pkgsig_ranges(
	int fd, struct arena *a, const char **ret_format, struct extent **ret_ranges, size_t *ret_len, struct err *e)
{
	const struct family *family = family_of(fd, e);

	if (!family || family->ranges(fd, a, ret_ranges, ret_len, e))
		return -1;
	*ret_format = family->name;
	return 0;
}

int pkgsig_splice(int from, int to, const unsigned char *sig, size_t len, int algorithm, struct err *e)
{
	const struct family *family = family_of(from, e);

	return family ? family->splice(from, to, sig, len, algorithm, e) : -1;
}
