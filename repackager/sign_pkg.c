/* sign_pkg.c - our signature on a package we built: the key process signs ranges, formats/ splices. */
#include "repackager/sign_pkg.h"
#include "base/digest.h"
#include "base/fs.h"
#include "formats/pkgsig.h"
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int sign_pkg(struct signer *signer, int from, int to, struct signed_pkg *ret, struct err *e)
{
	AUTO(arena) arena = { 0 };
	AUTO_FREE char *sig = NULL;
	const char *format;
	struct extent *ranges;
	size_t len, sig_len;
	struct signed_pkg s = { 0 };

	if (pkgsig_ranges(from, &arena, &format, &ranges, &len, e))
		return -1;
	struct sig_range *covered = arena_alloc(&arena, len * sizeof *covered);
	for (size_t i = 0; i < len; i++)
		covered[i] = (struct sig_range){ ranges[i].at, ranges[i].len };
	struct sig_data data = { .fd = from, .ranges = covered, .ranges_len = len };
	if (signer_sign(signer, SIGN_DETACHED_BINARY, &data, &sig, &sig_len, e))
		return err_wrap(e, "signing");
	if (pkgsig_splice(from, to, (const unsigned char *)sig, sig_len, signer->algorithm, e))
		return err_wrap(e, "putting the signature in");
	if (sha256_fd(to, s.sha256, &s.size, e))
		return -1;
	snprintf(s.format, sizeof s.format, "%s", format);
	memcpy(s.fingerprint, signer->fingerprint, sizeof s.fingerprint);
	*ret = s;
	return 0;
}

int sign_pkg_can(const char *path, struct err *e)
{
	AUTO(arena) arena = { 0 };
	AUTO_FD int fd = fs_open_file(path, e);
	const char *format;
	struct extent *ranges;
	size_t len;

	if (fd < 0)
		return -1;
	return pkgsig_beside(fd) ? 0 : pkgsig_ranges(fd, &arena, &format, &ranges, &len, e);
}

int sign_pkg_key_fits(const char *fingerprint, const char *home, struct err *e)
{
	char **keys = NULL;
	size_t len = 0;
	bool is_theirs = false;

	if (!home || !fs_exists(home))
		return 0;
	if (key_secrets(home, &keys, &len, e))
		return err_wrap(e, "looking for the release key");
	for (size_t i = 0; i < len; i++) {
		is_theirs = is_theirs || strcasecmp(keys[i], fingerprint) == 0;
		free(keys[i]);
	}
	free(keys);
	if (!is_theirs)
		return 0;
	err_usage(e, "%s is the release key: it signs indexes only", fingerprint);
	return err_hint(e, "packages are signed with the package key, STORE/keys/package");
}

/* The whole package, signed in a file beside it. */
static int sign_beside(
	struct signer *signer, int from, const char *format, const char *path, struct signed_pkg *ret, struct err *e)
{
	AUTO(outfile) out = { .fd = -1 };
	AUTO_FREE char *beside = mem_printf("%s.sig", path), *sig = NULL;
	struct signed_pkg s = { .is_beside = true };
	struct sig_range whole = { 0 };
	struct sig_data data = { .fd = from, .ranges = &whole, .ranges_len = 1 };
	size_t len;

	if (sha256_fd(from, s.sha256, &s.size, e))
		return -1;
	whole.len = s.size;
	if (signer_sign(signer, SIGN_DETACHED_BINARY, &data, &sig, &len, e))
		return err_wrap(e, "signing");
	if (outfile_open(&out, beside, 0644, e) || fd_write(out.fd, sig, len, e) || outfile_commit(&out, e))
		return -1;
	snprintf(s.format, sizeof s.format, "%s", format);
	memcpy(s.fingerprint, signer->fingerprint, sizeof s.fingerprint);
	*ret = s;
	return 0;
}

int sign_pkg_file(const char *path, struct signer *signer, struct signed_pkg *ret, struct err *e)
{
	AUTO(outfile) out = { .fd = -1 };
	AUTO_FD int from = fs_open_file(path, e);

	if (from < 0)
		return -1;
	const char *format = pkgsig_beside(from);
	if (format)
		return sign_beside(signer, from, format, path, ret, e);
	if (outfile_open(&out, path, 0644, e) || sign_pkg(signer, from, out.fd, ret, e))
		return -1;
	return outfile_commit(&out, e);
}
