/* apt_chain.c - from a verified Release text to one deb: Release names Packages by sha256, Packages names the deb.
 * Debian's repository format; what apt itself once believed (a newline in Filename, endless sizes) is refused. */
#include "sign/apt_chain.h"
#include "base/arena.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/when.h"
#include "sign/rfc2822.h"
#include "sign/sign.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { PACKAGES_MAX = 1 << 30, CLOCK_SLACK = 86400 };
static const uint64_t deb_max = (uint64_t)1 << 40;

struct control_field {
	struct slice name, value; /* value: with its continuation lines, each after a newline */
};

/* The next field of a deb822 paragraph; false at its end (an empty line or the end). */
static bool field_next(struct slice *rest, struct control_field *ret)
{
	struct slice line, after;
	const char *colon;

	for (;;) {
		if (!slice_cut(rest, '\n', &line) || slice_trim(line).len == 0)
			return false;
		colon = memchr(line.at, ':', line.len);
		if (colon && line.at[0] != ' ' && line.at[0] != '\t')
			break;
	}
	ret->name = (struct slice){ line.at, (size_t)(colon - line.at) };
	ret->value = (struct slice){ colon + 1, (size_t)(line.at + line.len - colon - 1) };
	for (after = *rest; slice_cut(&after, '\n', &line) && line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t');
		*rest = after)
		ret->value.len = (size_t)(line.at + line.len - ret->value.at);
	return true;
}

static bool is_name(struct slice s, const char *name)
{
	return s.len == strlen(name) && strncasecmp(s.at, name, s.len) == 0;
}

static bool is_hex(struct slice s, const char *hex)
{
	return s.len == strlen(hex) && strncasecmp(s.at, hex, s.len) == 0;
}

static bool number_of(struct slice s, uint64_t *ret)
{
	uint64_t v = 0;

	s = slice_trim(s);
	if (s.len == 0 || s.len > 19)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.at[i] - '0');
	}
	*ret = v;
	return true;
}

static bool word_next(struct slice *rest, struct slice *ret)
{
	while (slice_cut(rest, ' ', ret))
		if (ret->len > 0)
			return true;
	return false;
}

/* ---- Release */

struct release {
	bool has_strong, has_weak, is_named;
	int64_t date, valid_until;
};

/* A line of the SHA256 field: " HEX SIZE PATH". */
static bool names_packages(struct slice list, const char *sha256, uint64_t size)
{
	struct slice line;

	while (slice_cut(&list, '\n', &line)) {
		struct slice rest = slice_trim(line), hex, count, path;
		const char *base;
		uint64_t bytes;

		if (!word_next(&rest, &hex) || !word_next(&rest, &count) || !word_next(&rest, &path))
			continue;
		base = memrchr(path.at, '/', path.len);
		base = base ? base + 1 : path.at;
		if (is_hex(hex, sha256) && number_of(count, &bytes) && bytes == size &&
			strncmp(base, "Packages", strlen("Packages")) == 0)
			return true;
	}
	return false;
}

static int read_time(struct slice value, const char *what, int64_t *ret, struct err *e)
{
	value = slice_trim(value);
	if (rfc2822_parse(value.at, value.len, ret))
		return err_input(e, "E_METADATA", "Release: its %s is no time", what);
	return 0;
}

static int read_release(struct slice text, const char *sha256, uint64_t size, struct release *ret, struct err *e)
{
	struct control_field f;

	while (field_next(&text, &f)) {
		if (is_name(f.name, "SHA256")) {
			ret->has_strong = true;
			ret->is_named |= names_packages(f.value, sha256, size);
		} else if (is_name(f.name, "MD5Sum") || is_name(f.name, "SHA1")) {
			ret->has_weak = true;
		} else if (is_name(f.name, "Valid-Until")) {
			if (read_time(f.value, "Valid-Until", &ret->valid_until, e))
				return -1;
		} else if (is_name(f.name, "Date")) {
			if (read_time(f.value, "Date", &ret->date, e))
				return -1;
		}
	}
	return 0;
}

static int check_release(
	const char *text, size_t len, const void *packages, size_t packages_len, int64_t at, struct err *e)
{
	struct release r = { 0 };
	char sha256[SHA256_HEX];

	sha256_hex(packages, packages_len, sha256);
	if (read_release((struct slice){ text, len }, sha256, packages_len, &r, e))
		return -1;
	if (r.valid_until != 0 && r.valid_until < at)
		return err_verdict(
			e, "E_FREEZE", "Release: its Valid-Until has passed: an old state of the repository");
	if (r.date > at + CLOCK_SLACK)
		return err_verdict(e, "E_SIG_TIME", "Release: its Date lies in the future");
	if (!r.has_strong && r.has_weak)
		return err_verdict(e, "E_DIGEST_WEAK", "Release: it has only md5 or sha1, which can be forged");
	if (!r.has_strong)
		return err_verdict(e, "E_SIG_PARTIAL", "Release: it names no files by SHA256");
	if (!r.is_named)
		return err_verdict(
			e, "E_DIGEST", "Release: it names no Packages file with the digest of the one given");
	return 0;
}

/* ---- Packages */

struct stanza {
	struct slice sha256, filename, package;
	uint64_t size;
	bool has_size, has_weak, is_any;
};

static int read_stanza(struct slice *text, struct stanza *ret, struct err *e)
{
	struct control_field f;
	struct stanza s = { 0 };

	while (field_next(text, &f)) {
		struct slice value = slice_trim(f.value);

		s.is_any = true;
		if (is_name(f.name, "SHA256"))
			s.sha256 = value;
		else if (is_name(f.name, "Filename"))
			s.filename = value;
		else if (is_name(f.name, "Package"))
			s.package = value;
		else if (is_name(f.name, "MD5sum") || is_name(f.name, "SHA1"))
			s.has_weak = true;
		else if (is_name(f.name, "Size") && !(s.has_size = number_of(value, &s.size)))
			return err_input(e, "E_METADATA", "Packages: a Size that is no number");
	}
	*ret = s;
	return 0;
}

static int check_stanza(const struct stanza *s, struct err *e)
{
	struct slice rest = s->filename, part;

	if (s->has_size && s->size > deb_max)
		return err_input(e, "E_LIMIT_SIZE", "Packages: %.*s is said to be of %llu bytes", (int)s->package.len,
			s->package.at, (unsigned long long)s->size);
	if (s->filename.len == 0)
		return 0;
	for (size_t i = 0; i < s->filename.len; i++)
		if ((unsigned char)s->filename.at[i] < 0x20)
			return err_input(e, "E_NAME_CONTROL", "Packages: control characters in a Filename");
	if (memmem(s->filename.at, s->filename.len, "%0a", 3) || memmem(s->filename.at, s->filename.len, "%0A", 3) ||
		memmem(s->filename.at, s->filename.len, "%0d", 3) || memmem(s->filename.at, s->filename.len, "%0D", 3))
		return err_input(e, "E_NAME_CONTROL", "Packages: an encoded newline in a Filename");
	if (s->filename.at[0] == '/')
		return err_input(e, "E_PATH_ESCAPE", "Packages: an absolute Filename");
	while (slice_cut(&rest, '/', &part))
		if (slice_is(part, ".."))
			return err_input(e, "E_PATH_ESCAPE", "Packages: a Filename that leaves the repository");
	return 0;
}

static bool is_file_name(const struct stanza *s, const char *name)
{
	const char *slash = s->filename.len ? memrchr(s->filename.at, '/', s->filename.len) : NULL;
	struct slice base = s->filename;

	if (slash)
		base = (struct slice){ slash + 1, (size_t)(s->filename.at + s->filename.len - slash - 1) };
	return name && slice_is(base, name);
}

static int find_deb(struct slice text, const char *sha256, uint64_t size, const char *name, struct err *e)
{
	bool is_named = false, has_only_weak = false;

	while (text.len > 0) {
		struct stanza s;

		if (read_stanza(&text, &s, e))
			return -1;
		if (!s.is_any)
			continue;
		if (check_stanza(&s, e))
			return -1;
		if (is_hex(s.sha256, sha256)) {
			if (!s.has_size || s.size != size)
				return err_verdict(e, "E_DIGEST", "Packages: the Size of %.*s is not the file's",
					(int)s.package.len, s.package.at);
			return 0;
		}
		if (is_file_name(&s, name)) {
			is_named = true;
			has_only_weak |= s.sha256.len == 0 && s.has_weak;
		}
	}
	if (has_only_weak)
		return err_verdict(e, "E_DIGEST_WEAK", "Packages: only md5 or sha1 for this file, which can be forged");
	if (is_named)
		return err_verdict(e, "E_DIGEST", "Packages: it names this file with another SHA256");
	return err_verdict(e, "E_SIG_PARTIAL", "Packages: it does not name this file");
}

/* Plain text as it is; compressed text decoded into *ret_decoded (malloc). */
static int open_packages(const char *bytes, size_t len, struct slice *ret_text, char **ret_decoded, struct err *e)
{
	struct codec_limits limits = { .output = PACKAGES_MAX, .ratio = 200 };
	enum codec codec = codec_of(bytes, len);
	struct out *out = NULL;
	struct in *in;
	AUTO_FREE char *buf = NULL;
	size_t size = 0;
	long got;

	if (codec == CODEC_NONE) {
		*ret_text = (struct slice){ bytes, len };
		return 0;
	}
	in = in_codec(in_mem(bytes, len), codec, &limits);
	out = out_mem(PACKAGES_MAX, ret_decoded, &size);
	buf = mem_alloc(KIB(64));
	while ((got = in_some(in, buf, KIB(64), e)) > 0)
		if (out_write(out, buf, (size_t)got, e)) {
			got = -1;
			break;
		}
	in_drop(&in);
	if (got < 0) {
		out_drop(&out);
		return err_wrap(e, "Packages");
	}
	if (out_close(out, e))
		return err_wrap(e, "Packages");
	*ret_text = (struct slice){ *ret_decoded, size };
	return 0;
}

int apt_chain_verify_named(const char *release_text, size_t release_len, const char *packages, size_t packages_len,
	int deb_fd, const char *name, int64_t at, struct err *e)
{
	AUTO_FREE char *decoded = NULL;
	struct slice text;
	char sha256[SHA256_HEX];
	uint64_t size;

	if (at == 0)
		at = when_now();
	if (check_release(release_text, release_len, packages, packages_len, at, e) ||
		open_packages(packages, packages_len, &text, &decoded, e) || sha256_fd(deb_fd, sha256, &size, e))
		return -1;
	return find_deb(text, sha256, size, name, e);
}

int apt_chain_verify(const char *release_text, size_t release_len, const char *packages, size_t packages_len,
	int deb_fd, int64_t at, struct err *e)
{
	return apt_chain_verify_named(release_text, release_len, packages, packages_len, deb_fd, NULL, at, e);
}
