/* sockets.c - the folder below /run where GnuPG puts the sockets of a home that is not the usual one: named after the digest of the home's path (GnuPG's
 * manual, gpgconf --create-socketdir). Known, gpgconf need not be started to tell it; and it goes when a home of ours goes, which GnuPG leaves to us. */
#include "base/digest.h"
#include "base/fs.h"
#include "sign/gpg.h"
#include <string.h>
#include <unistd.h>

/* z-base-32 of whole groups of five bytes. */
static void name_of(const unsigned char *bytes, size_t len, char *ret)
{
	static const char digits[] = "ybndrfg8ejkmcpqxot1uwisza345h769";

	for (size_t at = 0; at + 5 <= len; at += 5) {
		uint64_t bits = 0;

		for (size_t i = 0; i < 5; i++)
			bits = bits << 8 | bytes[at + i];
		for (int shift = 35; shift >= 0; shift -= 5)
			*ret++ = digits[bits >> shift & 31];
	}
	*ret = '\0';
}

char *gpg_run_folder(void)
{
	static const char *const folders[] = { "/run/gnupg/user", "/run/user", "/var/run/gnupg/user", "/var/run/user" };

	for (size_t i = 0; i < COUNT(folders); i++) {
		char *own = mem_printf("%s/%u", folders[i], (unsigned)getuid());

		if (fs_exists(own))
			return own;
		free(own);
	}
	return NULL;
}

char *gpg_sockets_of(const char *home)
{
	enum { DIGEST_BYTES = 15 };
	AUTO_FREE char *run = home[0] == '/' ? gpg_run_folder() : NULL;
	unsigned char sum[DIGEST_MAX];
	struct digest digest = { 0 };
	char name[DIGEST_BYTES / 5 * 8 + 1];

	if (!run)
		return NULL;
	digest_init(&digest, DIGEST_SHA1);
	digest_add(&digest, home, strlen(home));
	digest_end(&digest, sum);
	digest_done(&digest);
	name_of(sum, DIGEST_BYTES, name);
	return mem_printf("%s/gnupg/d.%s", run, name);
}

void gpg_sockets_remove(const char *home)
{
	AUTO_FREE char *folder = gpg_sockets_of(home);

	if (folder)
		rmdir(folder); /* not while a socket is in it */
}
