/* verify_vendor.c - is this file what the vendor signed? Reads signatures, lists and the covered bytes; the package itself only through the decoder.
 *
 * The decoder is confined because it may fall into the hands of the file it reads. So what it says about a signature is believed only as far as
 * it can be checked here: the bytes are the file's own (same digest), the ranges lie in it, and together they leave nothing of weight uncovered. */
#include "repackager/verify_vendor.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/when.h"
#include "formats/dsc.h"
#include "repackager/decode.h"
#include "sign/apt_chain.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIGNATURE_MAX = 16 << 20, LIST_MAX = 64 << 20, PACKAGES_MAX = 256 << 20 };
enum { UNCOVERED_MAX = 256 << 10 /* an rpm's lead and signature header, a deb's member heads and signatures */ };

struct job {
	const struct vendor_verify *v;
	int fd;
	struct stat st;
	char sha256[65];
	struct sig_verdict verdict;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int read_whole(const char *path, size_t limit, char **ret, size_t *ret_len, struct err *e)
{
	if (fs_read_file(path, limit, ret, ret_len, e)) {
		err_file(e, path);
		return err_wrap(e, "%s", path);
	}
	return 0;
}

static bool is_clear(const char *bytes, size_t len)
{
	return memmem(bytes, len, "-----BEGIN PGP SIGNED MESSAGE-----", 34) != NULL;
}

static int over_bytes(struct job *j, const char *bytes, size_t len, const char *sig, size_t sig_len, struct err *e)
{
	struct sig_data data = { .fd = -1, .bytes = bytes, .len = len };

	return sig_verify_detached(
		j->v->keyring, &data, sig, sig_len, j->v->pinned, j->v->pinned_len, j->v->at, &j->verdict, e);
}

static int over_clear(struct job *j, const char *message, size_t len, char **ret_text, size_t *ret_len, struct err *e)
{
	return sig_verify_clear(j->v->keyring, message, len, j->v->pinned, j->v->pinned_len, j->v->at, ret_text,
		ret_len, &j->verdict, e);
}

/* The text of a list that its signature covers: clear-signed, or plain with the signature beside it. */
static int signed_text(struct job *j, const char *path, char **ret_text, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *list = NULL, *sig = NULL;
	size_t len = 0, sig_len = 0;

	if (read_whole(path, LIST_MAX, &list, &len, e))
		return -1;
	if (is_clear(list, len) || j->v->signature == NULL)
		return over_clear(j, list, len, ret_text, ret_len, e) ? err_wrap(e, "%s", path) : 0;
	if (read_whole(j->v->signature, SIGNATURE_MAX, &sig, &sig_len, e))
		return -1;
	if (is_clear(sig,
		    sig_len)) /* SHA256SUMS.asc that holds the list itself: what is signed counts, not the plain copy */
		return over_clear(j, sig, sig_len, ret_text, ret_len, e) ? err_wrap(e, "%s", j->v->signature) : 0;
	if (over_bytes(j, list, len, sig, sig_len, e))
		return err_wrap(e, "%s", j->v->signature);
	*ret_text = list;
	*ret_len = len;
	list = NULL;
	return 0;
}

static int verify_checksums(struct job *j, struct err *e)
{
	AUTO_FREE char *list = NULL;
	size_t len = 0;

	if (signed_text(j, j->v->checksums, &list, &len, e))
		return -1;
	return checksums_verify(list, len, base_name(j->v->path), j->fd, e) ? err_wrap(e, "%s", j->v->checksums) : 0;
}

static int verify_apt(struct job *j, struct err *e)
{
	AUTO_FREE char *release = NULL, *packages = NULL;
	size_t len = 0, packages_len = 0;

	if (signed_text(j, j->v->apt_release, &release, &len, e) ||
		read_whole(j->v->apt_packages, PACKAGES_MAX, &packages, &packages_len, e))
		return -1;
	return apt_chain_verify_named(release, len, packages, packages_len, j->fd, base_name(j->v->path), j->v->at, e);
}

static int verify_detached(struct job *j, struct err *e)
{
	AUTO_FREE char *sig = NULL;
	struct sig_range whole = { 0, (uint64_t)j->st.st_size };
	struct sig_data data = { .fd = j->fd, .ranges = &whole, .ranges_len = 1 };
	size_t len = 0;

	if (read_whole(j->v->signature, SIGNATURE_MAX, &sig, &len, e))
		return -1;
	if (sig_verify_detached(
		    j->v->keyring, &data, sig, len, j->v->pinned, j->v->pinned_len, j->v->at, &j->verdict, e))
		return err_wrap(e, "%s", j->v->signature);
	return 0;
}

/* ---- inside */

/* Ranges in order, inside the file, none twice; how many bytes they leave out. */
static int check_ranges(const struct job *j, const struct signature *s, uint64_t *ret_left, struct err *e)
{
	uint64_t size = (uint64_t)j->st.st_size, from = 0, covered = 0;

	for (size_t i = 0; i < s->ranges_len; i++) {
		const struct extent *at = &s->ranges[i];

		if (at->at < from || at->at > size || at->len > size - at->at)
			return err_verdict(e, "E_SIG_PARTIAL", "it covers bytes that are not in order in this file");
		from = at->at + at->len;
		covered += at->len;
	}
	if (covered == 0)
		return err_verdict(e, "E_SIG_PARTIAL", "it covers nothing");
	*ret_left = size - covered;
	return 0;
}

/* A signature over the header vouches for the payload through the header's payload digest, which the reader has checked; where that is
 * missing or weak the reader warned. */
static bool payload_is_bound(const struct pkg *pkg)
{
	for (size_t i = 0; i < pkg->warnings.len; i++)
		if (strcmp(pkg->warnings.at[i].code, "E_DIGEST_WEAK") == 0 &&
			strcmp(pkg->warnings.at[i].where, "payload") == 0)
			return false;
	return strcmp(pkg->format, "rpm") == 0;
}

struct tally {
	unsigned good, partial, untrusted, unknown;
	struct sig_verdict first; /* of the good ones */
	struct err last;          /* why the last one was not */
};

static bool is_clear_signed(const struct signature *s)
{
	return strcmp(s->source, "clear-signed") == 0;
}

/* A clear-signed control file (.dsc, .changes): the file itself is asked, not what the decoder sent of it. What its text names by digest the
 * reader has compared. */
static int verify_clear_signed(struct job *j, struct sig_verdict *ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *text = NULL;
	size_t len = 0, text_len = 0;

	if (fs_read_fd(j->fd, DSC_TEXT_MOST, &bytes, &len, e))
		return -1;
	return sig_verify_clear(
		j->v->keyring, bytes, len, j->v->pinned, j->v->pinned_len, j->v->at, &text, &text_len, ret, e);
}

static int judge_inside(struct job *j, const struct pkg *pkg, const struct signature *s, struct tally *t, struct err *e)
{
	AUTO_FREE struct sig_range *ranges = mem_alloc((s->ranges_len + 1) * sizeof *ranges);
	struct sig_data data = { .fd = j->fd, .ranges = ranges, .ranges_len = s->ranges_len };
	struct sig_verdict verdict = { 0 };
	struct err why = { 0 };
	uint64_t left = 0;

	for (size_t i = 0; i < s->ranges_len; i++)
		ranges[i] = (struct sig_range){ s->ranges[i].at, s->ranges[i].len };
	if (s->len == 0)
		return err_verdict(e, "E_SIG_BAD", "the signature is empty");
	if (check_ranges(j, s, &left, e))
		return -1;
	if (is_clear_signed(s) ? verify_clear_signed(j, &verdict, &why)
			       : sig_verify_detached(j->v->keyring, &data, s->blob, s->len, j->v->pinned,
					 j->v->pinned_len, j->v->at, &verdict, &why)) {
		bool is_foreign = why.code && strcmp(why.code, "E_SIG_KEY_MISSING") == 0;
		bool is_untrusted = why.code && strcmp(why.code, "E_SIG_UNTRUSTED") == 0;

		if (!is_foreign && !is_untrusted) {
			*e = why;
			return -1;
		}
		t->unknown += is_foreign;
		t->untrusted += is_untrusted;
		t->last = why;
		return 0;
	}
	t->unknown += verdict.unknown;
	if (s->covers == SIG_HEADER ? !payload_is_bound(pkg) : left > UNCOVERED_MAX) {
		t->partial++;
		return 0;
	}
	if (t->good++ == 0)
		t->first = verdict;
	return 0;
}

static int judge_all(struct job *j, const struct pkg *pkg, struct err *e)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < pkg->signatures.len; i++)
		if (judge_inside(j, pkg, &pkg->signatures.at[i], &t, e)) {
			err_member(e, pkg->signatures.at[i].source);
			return err_wrap(e, "%s", pkg->signatures.at[i].source);
		}
	if (t.good > 0) {
		j->verdict = t.first;
		j->verdict.unknown = t.unknown;
		return 0;
	}
	if (t.partial > 0)
		return err_verdict(e, "E_SIG_PARTIAL",
			"its signature is good but does not cover the content (no strong payload digest)");
	if (t.untrusted + t.unknown > 0) {
		*e = t.last;
		return -1;
	}
	return err_verdict(e, "E_SIG_MISSING", "the %s file holds no signature", pkg->format);
}

static int verify_inside(struct job *j, struct err *e)
{
	struct decode d = { .path = j->v->path, .limits = j->v->limits, .events = j->v->events };
	AUTO(pkg) pkg = { 0 };
	char sha256[65] = "";

	if (j->v->pkg) {
		if (j->v->pkg_sha256 == NULL || strcmp(j->v->pkg_sha256, j->sha256) != 0)
			return err_input(e, "E_MISMATCH", "the file has changed since it was read");
		return judge_all(j, j->v->pkg, e);
	}
	pkg_init(&pkg, (size_t)(j->v->limits ? j->v->limits : &limits_default)->memory);
	if (decode(&d, NULL, &pkg, NULL, sha256, e))
		return -1;
	if (strcmp(sha256, j->sha256) != 0)
		return err_input(e, "E_MISMATCH", "the file has changed while it was read");
	return judge_all(j, &pkg, e);
}

/* ---- the forms */

static const struct form {
	const char *method;
	int (*verify)(struct job *j, struct err *e);
} apt = { "apt", verify_apt }, checksums = { "checksums", verify_checksums },
  detached = { "detached", verify_detached }, inside = { "inside", verify_inside };

static const struct form *form_of(const struct vendor_verify *v)
{
	if (v->apt_release || v->apt_packages)
		return &apt;
	if (v->checksums)
		return &checksums;
	return v->signature ? &detached : &inside;
}

static int open_file(struct job *j, struct err *e)
{
	j->fd = open(j->v->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (j->fd < 0)
		return err_sys(e, "cannot open it");
	if (fstat(j->fd, &j->st))
		return err_sys(e, "cannot look at it");
	if (!S_ISREG(j->st.st_mode))
		return err_usage(e, "only a file can be verified");
	return sha256_fd(j->fd, j->sha256, NULL, e);
}

int vendor_verify(const struct vendor_verify *v, struct vendor_result *ret, struct err *e)
{
	const struct form *form = form_of(v);
	struct job j = { .v = v, .fd = -1 };
	int rc;

	if (form == &apt && (v->apt_release == NULL || v->apt_packages == NULL))
		return err_usage(e, "the apt chain needs both the Release file and the Packages file");
	rc = open_file(&j, e);
	if (rc == 0)
		rc = form->verify(&j, e);
	auto_fd(&j.fd);
	if (rc) {
		err_file(e, v->path);
		return err_wrap(e, "%s", v->path);
	}
	*ret = (struct vendor_result){ .method = form->method, .signature = j.verdict };
	memcpy(ret->sha256, j.sha256, sizeof j.sha256);
	return 0;
}

json_t *vendor_result_json(const struct vendor_result *r)
{
	json_t *o = json_object();
	char time[32];

	when_utc(r->signature.time, time);
	json_set_str(o, "method", r->method);
	json_set_str(o, "fingerprint", r->signature.fingerprint);
	json_set_str(o, "subkey", r->signature.subkey);
	json_set_str(o, "time", time);
	json_set_str(o, "hash", r->signature.hash);
	json_set_str(o, "algorithm", r->signature.algorithm);
	json_object_set_new(o, "unknown", json_integer((json_int_t)r->signature.unknown));
	json_set_str(o, "sha256", r->sha256);
	return o;
}

json_t *vendor_refusal_json(const struct vendor_verify *v, const struct err *e)
{
	json_t *o = json_object();

	json_set_str(o, "method", form_of(v)->method);
	json_set_str(o, "code", e->code);
	json_set_str(o, "text", e->text);
	return o;
}
