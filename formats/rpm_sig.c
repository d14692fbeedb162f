/* rpm_sig.c - a header signature spliced into an rpm of ours, with public librpm calls only.
 *
 * The signature covers the main header, which holds the payload's digest; both must be there or it would cover nothing. Signatures over header
 * and payload (1002, 1005, 1006) go: they would no longer be looked at, and an old one would be bad. The reserved space shrinks by what
 * the signature takes, so that the header and the payload stay where they are. */
#include "formats/rpm_sig.h"
#include "base/fs.h"
#include "formats/rpm_header.h"
#include "formats/rpm_write.h"
#include <string.h>
#include <sys/stat.h>

enum { SIG_DSA = 267, SIG_RSA = 268, SIG_PGP = 1002, SIG_GPG = 1005, SIG_PGP5 = 1006, SIG_RESERVED = 1008 };
enum { ALGORITHM_RSA = 1, SIGNATURE_MAX = 65536 };

static const uint32_t replaced[] = { SIG_DSA, SIG_RSA, SIG_PGP, SIG_GPG, SIG_PGP5, SIG_RESERVED };

struct signable {
	struct rpm_header signatures, main;
	uint64_t size;
};

static void signable_done(struct signable *s)
{
	rpm_header_done(&s->signatures);
	rpm_header_done(&s->main);
}

static int signable_read(int fd, struct signable *s, struct err *e)
{
	unsigned char bytes[RPM_LEAD];
	struct rpm_lead lead;
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(e, "rpm");
	s->size = (uint64_t)st.st_size;
	if (fd_pread(fd, bytes, sizeof bytes, 0, e) || rpm_lead_parse(bytes, &lead, e) ||
		rpm_header_read(fd, RPM_LEAD, s->size, MIB(1), RPM_SIGNATURE_HEADER, &s->signatures, e) ||
		rpm_header_read(
			fd, (s->signatures.end + 7) & ~UINT64_C(7), s->size, MIB(64), RPM_MAIN_HEADER, &s->main, e))
		return -1;
	if (!s->main.has_region || !rpm_has(&s->main, RPMTAG_PAYLOADDIGEST))
		return err_input(e, "E_UNSUPPORTED",
			"an rpm without %s: a signature over its header would not cover the payload",
			s->main.has_region ? "a payload digest" : "an immutable region");
	if (!s->signatures.has_region || s->signatures.outside.len)
		return err_input(e, "E_UNSIGNED_TAGS", "the signature header has tags outside its region");
	return 0;
}

bool rpm_sig_is_rpm(const unsigned char *head, size_t len)
{
	static const unsigned char magic[4] = { 0xed, 0xab, 0xee, 0xdb };

	return len >= sizeof magic && memcmp(head, magic, sizeof magic) == 0;
}

int rpm_sig_ranges(int fd, struct arena *a, struct extent **ret_ranges, size_t *ret_len, struct err *e)
{
	__attribute__((cleanup(signable_done))) struct signable s = { 0 };
	struct extent *range;

	if (signable_read(fd, &s, e))
		return -1;
	range = arena_alloc(a, sizeof *range);
	if (!range)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a range");
	range->at = s.main.start;
	range->len = s.main.end - s.main.start;
	*ret_ranges = range;
	*ret_len = 1;
	return 0;
}

static bool is_replaced(uint32_t tag)
{
	for (size_t i = 0; i < COUNT(replaced); i++)
		if (replaced[i] == tag)
			return true;
	return false;
}

/* All tags that stay. */
static int copy_tags(Header from, Header to, struct err *e)
{
	HeaderIterator walk = headerInitIterator(from);
	struct rpmtd_s td;
	int failed = 0;

	while (!failed && headerNext(walk, &td)) {
		if (td.tag >= RPMTAG_HEADERI18NTABLE && !is_replaced(td.tag))
			failed = rpm_put(to, td.tag, td.type, td.data, td.count, e);
		rpmtdFreeData(&td);
	}
	headerFreeIterator(walk);
	return failed;
}

/* The signature header with the signature and `reserved` bytes of space. */
static int build(const struct signable *s, uint32_t tag, const unsigned char *sig, size_t len, size_t reserved,
	unsigned char **ret, size_t *ret_len, struct err *e)
{
	Header h = headerNew();
	AUTO_FREE unsigned char *space = mem_alloc(reserved + 1);
	int failed = copy_tags(s->signatures.h, h, e) || rpm_put(h, tag, RPM_BIN_TYPE, sig, len, e) ||
		rpm_put(h, SIG_RESERVED, RPM_BIN_TYPE, space, reserved, e);

	if (!failed) {
		h = headerReload(h, RPMTAG_HEADERSIGNATURES);
		failed = !h ? err_env(e, "librpm cannot make the signature header") : rpm_blob(h, ret, ret_len, e);
	}
	headerFree(h);
	return failed ? -1 : 0;
}

/* The new signature header, of the old one's length wherever the reserved space allows it. */
static int fitting(const struct signable *s, uint32_t tag, const unsigned char *sig, size_t len, unsigned char **ret,
	size_t *ret_len, struct err *e)
{
	enum { GUESS = 16 };
	AUTO_FREE unsigned char *trial = NULL;
	size_t trial_len, reserved = 0;

	if (build(s, tag, sig, len, GUESS, &trial, &trial_len, e))
		return -1;
	if (s->signatures.len + GUESS > trial_len)
		reserved = s->signatures.len + GUESS - trial_len;
	return build(s, tag, sig, len, reserved, ret, ret_len, e);
}

int rpm_sig_splice(int from, int to, const unsigned char *sig, size_t len, int algorithm, struct err *e)
{
	__attribute__((cleanup(signable_done))) struct signable s = { 0 };
	AUTO(rpm_header) again = { 0 };
	AUTO_FREE unsigned char *blob = NULL;
	unsigned char lead[RPM_LEAD];
	size_t blob_len;

	if (len == 0 || len > SIGNATURE_MAX)
		return err_input(e, "E_SIG_BAD", "a signature of %zu bytes", len);
	if (signable_read(from, &s, e) || fd_pread(from, lead, sizeof lead, 0, e) ||
		fitting(&s, algorithm == ALGORITHM_RSA ? SIG_RSA : SIG_DSA, sig, len, &blob, &blob_len, e) ||
		rpm_header_import(blob, blob_len, RPM_SIGNATURE_HEADER, &again, e))
		return err_wrap(e, "rpm");
	if (fd_write(to, lead, sizeof lead, e) || fd_write(to, blob, blob_len, e) ||
		fd_write(to, "\0\0\0\0\0\0\0", -blob_len & 7, e))
		return -1;
	return fs_copy_range(from, s.main.start, to, s.size - s.main.start, e);
}
