/* read_run.c - self-extracting shell scripts: the archives behind the text stream through the tar reader, their checksums compared. */
#include "base/codec.h"
#include "base/fs.h"
#include "base/sums.h"
#include "formats/run.h"
#include "formats/tar.h"
#include <stdio.h>
#include <string.h>

enum { PIECE = 128 << 10, SURE = 65, LIKELY = 50, LOOK = 8192 };

struct job {
	const struct source *src;
	const struct limits *limits;
	struct pkg *pkg;
	struct guard *guard;
	struct arena arena;
	struct run_text text;
};

static int run_bid(const struct source *src, const unsigned char *head, size_t len)
{
	struct arena a;
	struct run_text text;
	struct err e;
	int told;

	if (src->is_dir || len < 3 || memcmp(head, "#!", 2) != 0)
		return 0;
	if (memmem(head, len, "generated using Makeself", 24))
		return SURE;
	arena_init(&a, MIB(1));
	told = run_text((const char *)head, len, len == src->size, &a, &text, &e);
	arena_done(&a);
	return told == 0 ? 0 : LIKELY; /* below what would make a zip behind it a second format */
}

/* ---- checksums */

struct sums {
	struct cksum crc;
	struct digest md5, sha256;
};

static void sums_init(struct sums *s)
{
	*s = (struct sums){ 0 };
	digest_init(&s->md5, DIGEST_MD5);
	digest_init(&s->sha256, DIGEST_SHA256);
}

static void sums_done(struct sums *s)
{
	digest_done(&s->md5);
	digest_done(&s->sha256);
}

static void sums_add(struct sums *s, const void *bytes, size_t len)
{
	cksum_add(&s->crc, bytes, len);
	digest_add(&s->md5, bytes, len);
	digest_add(&s->sha256, bytes, len);
}

/* The index-th word; false: there is none, or it is all zeros, which makeself writes for "not computed". */
static bool word_at(const char *list, size_t index, struct slice *ret)
{
	struct slice rest = slice_of(list);

	for (size_t i = 0; slice_cut(&rest, ' ', ret);)
		if (ret->len && i++ == index)
			return strspn(ret->at, "0") < ret->len;
	return false;
}

static int compare(const char *kind, struct slice said, const char *got, struct err *e)
{
	if (said.len == strlen(got) && strncasecmp(said.at, got, said.len) == 0)
		return 0;
	return err_input(e, "E_DIGEST", "the archive's %s is %s, the script says %.*s", kind, got,
		(int)(said.len < 64 ? said.len : 64), said.at);
}

/* Every checksum the script gives for this archive; only weak ones, or none, are warned of. */
static int sums_check(struct sums *s, const struct run_text *t, size_t index, struct pkg *pkg, struct err *e)
{
	char crc[16], hex[DIGEST_HEX];
	struct slice said;
	bool has_crc = word_at(t->crc, index, &said);

	snprintf(crc, sizeof crc, "%u", cksum_end(&s->crc));
	if (has_crc && compare("CRC", said, crc, e))
		return -1;
	bool has_md5 = word_at(t->md5, index, &said);
	digest_end_hex(&s->md5, hex);
	if (has_md5 && compare("MD5", said, hex, e))
		return -1;
	bool has_sha256 = word_at(t->sha256, index, &said);
	digest_end_hex(&s->sha256, hex);
	if (has_sha256 && compare("SHA-256", said, hex, e))
		return -1;
	if (!has_sha256)
		pkg_warn(pkg, "E_DIGEST_WEAK", "", "%s",
			has_md5 || has_crc ? "the script checks its archive with MD5 or CRC only"
					   : "the script holds no checksum of its archive");
	return 0;
}

/* What makeself 1.x sums beside the archive: the end of its own text. */
static int sums_text(const struct job *j, struct sums *s, struct err *e)
{
	uint64_t len = j->text.payload_at - j->text.sums_at;
	AUTO_FREE char *bytes = mem_alloc((size_t)len + 1); /* the text was held once: RUN_TEXT_MOST */

	if (fd_pread(j->src->fd, bytes, (size_t)len, j->text.sums_at, e))
		return -1;
	sums_add(s, bytes, (size_t)len);
	return 0;
}

/* ---- one archive */

static int codec_at(const struct job *j, uint64_t at, uint64_t size, enum codec *ret, struct err *e)
{
	unsigned char head[LOOK];
	AUTO_IN *in = in_range(j->src->fd, at, size);
	const char *said = j->text.codec;
	long len;

	if (strcmp(said, "base64") == 0)
		in = in_base64(in);
	len = in_read(in, head, sizeof head, e);
	if (len < 0)
		return -1;
	if (len >= 8 && memcmp(head, "Salted__", 8) == 0)
		return err_input(e, "E_ENCRYPTED", "the archive is encrypted (openssl enc)");
	*ret = codec_of(head, (size_t)len);
	if (said[0] && strcmp(said, "base64") != 0 && strcmp(said, codec_name(*ret)) != 0)
		return err_input(e, "E_MISMATCH", "the script says its archive is packed with %s, it is %s", said,
			*ret == CODEC_NONE ? "not" : codec_name(*ret));
	if (*ret != CODEC_NONE || (len >= 512 && tar_is_header(head, (size_t)len)))
		return 0;
	err_input(e, "E_UNSUPPORTED", "what stands behind the script is no tar that we know");
	return err_hint(e, "`sluice capture` records what an installer does");
}

static int pass_tar(struct job *j, struct in *in, enum codec c, uint64_t size, struct err *e)
{
	struct tar_options o = { .limits = j->limits };
	bool is_exact = j->text.sizes_len > 0;

	o.tail_is_a_warning = !is_exact;
	if (c == CODEC_NONE && strcmp(j->text.codec, "base64") != 0)
		o.size = size;
	if (tar_read(in, &o, j->guard, j->pkg, e))
		return -1;
	if (c == CODEC_NONE || in_codec_trailing(in) == 0)
		return 0;
	if (is_exact)
		return err_input(e, "E_TRAILING_DATA", "%llu bytes after the end of the compressed archive",
			(unsigned long long)in_codec_trailing(in));
	pkg_warn(j->pkg, "E_TRAILING_DATA", "", "%llu bytes after the end of the compressed archive",
		(unsigned long long)in_codec_trailing(in));
	return 0;
}

static int pass_archive(struct job *j, size_t index, uint64_t at, uint64_t size, struct sums *s, struct err *e)
{
	struct codec_limits cl = { .memory = j->limits->memory / 2, .ratio = j->limits->ratio };
	enum codec c = CODEC_NONE;
	AUTO_IN *in = NULL;

	if (codec_at(j, at, size, &c, e))
		return -1;
	in = in_digest(in_cksum(in_range(j->src->fd, at, size), &s->crc), &s->md5, &s->sha256);
	if (strcmp(j->text.codec, "base64") == 0)
		in = in_base64(in);
	if (c != CODEC_NONE)
		in = in_codec(in, c, &cl);
	if (pass_tar(j, in, c, size, e))
		return -1;
	if (s->sha256.count != size + (j->text.payload_at - j->text.sums_at))
		return err_input(e, "E_TRAILING_DATA", "the archive ends before its last byte");
	return sums_check(s, &j->text, index, j->pkg, e);
}

static int pass_one(struct job *j, size_t index, uint64_t at, uint64_t size, struct err *e)
{
	struct sums s;
	int done;

	sums_init(&s);
	done = (j->text.sums_at < j->text.payload_at && sums_text(j, &s, e)) || pass_archive(j, index, at, size, &s, e)
		? -1
		: 0;
	sums_done(&s);
	return done;
}

static int pass_all(struct job *j, struct err *e)
{
	uint64_t at = j->text.payload_at;

	if (j->text.sizes_len == 0)
		return pass_one(j, 0, at, j->src->size - at, e);
	for (size_t i = 0; i < j->text.sizes_len; i++) {
		if (pass_one(j, i, at, j->text.sizes[i], e))
			return j->text.sizes_len > 1 ? err_wrap(e, "archive %zu", i + 1) : -1;
		at += j->text.sizes[i];
	}
	if (j->text.is_total_wrong)
		return err_input(e, "E_AMBIGUOUS", "the archives' sizes do not add up to the total the script says");
	return 0;
}

/* ---- the text */

/* Lines added to the text move the archive away from where its line count says. Its size and its SHA-256 still name it: it is what stands
 * at the end of the file, and nothing else counts as that. */
static int find_by_sum(struct job *j, uint64_t total, bool *ret_found, struct err *e)
{
	AUTO_IN *in = NULL;
	AUTO_FREE unsigned char *buf = NULL;
	struct digest d;
	struct slice said;
	char hex[DIGEST_HEX];
	long got;

	*ret_found = false;
	if (j->text.sizes_len != 1 || !word_at(j->text.sha256, 0, &said) || total > j->src->size)
		return 0;
	in = in_range(j->src->fd, j->src->size - total, total);
	buf = mem_alloc(PIECE);
	digest_init(&d, DIGEST_SHA256);
	while ((got = in_some(in, buf, PIECE, e)) > 0)
		digest_add(&d, buf, (size_t)got);
	digest_end_hex(&d, hex);
	digest_done(&d);
	*ret_found = got == 0 && said.len == strlen(hex) && strncasecmp(said.at, hex, said.len) == 0;
	return got < 0 ? -1 : 0;
}

/* Text and archives are the whole file, to the byte. */
static int check_sizes(struct job *j, struct err *e)
{
	uint64_t total = 0, room = j->src->size - j->text.payload_at;
	bool found = false;

	for (size_t i = 0; i < j->text.sizes_len; i++)
		total += j->text.sizes[i];
	if (j->text.sizes_len == 0 || total == room)
		return 0;
	if (total > room)
		return err_input(e, "E_TRUNCATED", "the script says %llu bytes of archives, %llu are there",
			(unsigned long long)total, (unsigned long long)room);
	if (find_by_sum(j, total, &found, e))
		return -1;
	if (!found) {
		err_input(e, "E_TRAILING_DATA", "%llu bytes after the archives the script tells of",
			(unsigned long long)(room - total));
		return err_at(e, j->text.payload_at + total);
	}
	pkg_warn(j->pkg, "E_MISMATCH", "",
		"the script's text was changed: its line count misses the archive by %llu bytes; size and SHA-256 name "
		"it",
		(unsigned long long)(room - total));
	j->text.payload_at = j->text.sums_at = j->src->size - total;
	return 0;
}

static int take_text(struct job *j, struct err *e)
{
	size_t len = j->src->size < RUN_TEXT_MOST ? (size_t)j->src->size : RUN_TEXT_MOST;
	AUTO_FREE char *text = mem_alloc(len + 1);
	int told;

	if (fd_pread(j->src->fd, text, len, 0, e))
		return -1;
	told = run_text(text, len, len == j->src->size, &j->arena, &j->text, e);
	if (told < 0)
		return -1;
	if (told == 0 || j->text.refused) {
		err_input(e, "E_UNSUPPORTED", "%s cannot be read", told ? j->text.refused : "this script");
		return err_hint(e, "it is never run here; `sluice capture` records what an installer does");
	}
	if (j->text.encryption[0]) {
		err_input(e, "E_ENCRYPTED", "the archive is encrypted (%s)", j->text.encryption);
		return err_hint(e, "ask the vendor for one without a password");
	}
	return check_sizes(j, e);
}

/* What the installer would have done beside unpacking is told, as a warning and as fields. */
static int tell(struct job *j, struct err *e)
{
	const struct run_text *t = &j->text;
	AUTO_FREE char *command = mem_printf("%s%s%s", t->script, *t->arguments ? " " : "", t->arguments);
	const struct {
		const char *name, *value;
	} fields[] = { { "label", t->label }, { "installer-script", command }, { "installer-target", t->target },
		{ "installer-cleanup", t->cleanup } };

	for (size_t i = 0; i < COUNT(fields); i++)
		if (*fields[i].value && pkg_field(j->pkg, fields[i].name, fields[i].value))
			return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	if (*t->script)
		pkg_warn(j->pkg, "E_SCRIPT_REVIEW", t->script,
			"the installer would run '%s' after unpacking; here nothing of it runs", command);
	else
		pkg_warn(j->pkg, "E_SCRIPT_REVIEW", "",
			"what the script does beside unpacking its archive does not happen here");
	return 0;
}

static int run_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct job j = { .src = src, .limits = limits, .pkg = pkg };
	int done;

	pkg->format = "run";
	arena_init(&j.arena, MIB(32));
	j.guard = guard_new(sink, limits, src->size, pkg);
	done = take_text(&j, e) || tell(&j, e) || sink_begin(guard_sink(j.guard), pkg, e) || pass_all(&j, e) ||
			guard_finish(j.guard, e)
		? -1
		: 0;
	guard_free(j.guard);
	arena_done(&j.arena);
	return done;
}

const struct reader read_run = {
	"run",
	run_bid,
	run_read,
	"self-extracting shell scripts with a tar behind them (makeself and the like), never run",
};
