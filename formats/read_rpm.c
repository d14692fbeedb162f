/* read_rpm.c - the rpm reader: lead, signature header, main header, payload, in this order, each byte explained.
 *
 * "Digests OK" is not "sane": rpm itself accepts packages whose payload holds other files than the header lists. Here the header's list and
 * the payload must agree exactly: every file once, of the type and size that was said, and nothing else. Formats 3, 4
 * and 6 are read, and source packages: their files have no folders, and what they require is for building. */
#include "base/fs.h"
#include "base/text.h"
#include "formats/rpm_files.h"
#include "formats/rpm_meta.h"
#include "formats/rpm_read.h"
#include <string.h>

static int bid(const struct source *src, const unsigned char *head, size_t len)
{
	static const unsigned char magic[4] = { 0xed, 0xab, 0xee, 0xdb };

	return !src->is_dir && len >= sizeof magic && memcmp(head, magic, sizeof magic) == 0 ? 100 : 0;
}

/* ---- the shell */

static int read_headers(struct rpm_reading *r, struct err *e)
{
	unsigned char lead[RPM_LEAD], padding[8];
	uint64_t limit = r->limits->metadata < MIB(64) ? r->limits->metadata : MIB(64);
	size_t pad;

	if (fd_pread(r->src->fd, lead, sizeof lead, 0, e) || rpm_lead_parse(lead, &r->lead, e))
		return -1;
	if (rpm_header_read(r->src->fd, RPM_LEAD, r->src->size, limit, RPM_SIGNATURE_HEADER, &r->signatures, e))
		return err_wrap(e, "signature header");
	pad = -r->signatures.end & 7;
	if (fd_pread(r->src->fd, padding, pad, r->signatures.end, e))
		return err_wrap(e, "signature header");
	for (size_t i = 0; i < pad; i++)
		if (padding[i])
			return err_input(e, "E_CORRUPT", "the bytes between the two headers are not zero");
	if (rpm_header_read(r->src->fd, r->signatures.end + pad, r->src->size, limit, RPM_MAIN_HEADER, &r->main, e))
		return err_wrap(e, "header");
	return 0;
}

/* Format 3 is from before immutable regions: a signature over its header alone is none to rpm, and its writer's checks are size and MD5. */
static void look_at_format(struct rpm_reading *r)
{
	r->is_source = rpm_has(&r->main, RPMTAG_SOURCEPACKAGE) ||
		(r->lead.type == 1 && !rpm_has(&r->main, RPMTAG_SOURCERPM));
	if (!r->main.has_region)
		pkg_warn(r->pkg, "E_UNSIGNED_TAGS", "header",
			"an rpm of format 3: its header has no immutable region that a signature could cover by "
			"itself");
}

static void compare_lead(struct rpm_reading *r)
{
	struct pkg *p = r->pkg;

	if (r->lead.type == 1 && !r->is_source)
		pkg_warn(p, "E_MISMATCH", "lead", "the lead says source package, the header says binary");
	if (!r->lead.is_name_terminated)
		pkg_warn(p, "E_MISMATCH", "lead", "the lead's name is not terminated");
	else if (r->lead.name[0] && !text_starts(r->lead.name, p->name) && !text_starts(p->name, r->lead.name))
		pkg_warn(p, "E_MISMATCH", "lead", "the lead names %s, the header %s", r->lead.name, p->name);
	if (r->signatures.outside.len)
		pkg_warn(p, "E_UNSIGNED_TAGS", "signature header", "%zu tags stand outside its region and are ignored",
			r->signatures.outside.len);
}

/* ---- how the payload is packed */

static int payload_shape(struct rpm_reading *r, struct err *e)
{
	const char *format, *compressor;
	unsigned char head[16] = "";
	uint64_t left = r->src->size - r->main.end;
	int codec;

	if (rpm_text(&r->main, RPMTAG_PAYLOADFORMAT, &r->pkg->arena, &format, e) ||
		rpm_text(&r->main, RPMTAG_PAYLOADCOMPRESSOR, &r->pkg->arena, &compressor, e))
		return -1;
	if (format[0] && strcmp(format, "cpio") != 0)
		return err_input(e, "E_UNSUPPORTED", "payload format '%s'", format),
		       err_hint(e, "only cpio payloads are read");
	if (compressor[0]) {
		codec = codec_by_name(compressor);
		if (codec == CODEC_UNKNOWN)
			return err_input(e, "E_UNSUPPORTED", "payload compressor '%s'", compressor),
			       err_hint(e, "gzip, bzip2, xz, lzma, zstd and none are read");
		r->codec = (enum codec)codec;
		return 0;
	}
	/* Uncompressed packages carry no compressor, and so do very old gzip ones. */
	if (fd_pread(r->src->fd, head, left < sizeof head ? (size_t)left : sizeof head, r->main.end, e))
		return -1;
	r->codec = codec_of(head, sizeof head);
	return 0;
}

static int load_metadata(struct rpm_reading *r, struct err *e)
{
	r->pkg->format = "rpm";
	look_at_format(r);
	if (rpm_digests_header(r, e) || rpm_identity_load(&r->main, r->pkg, e) ||
		rpm_relations_load(&r->main, r->pkg, e) || (r->is_source && rpm_relations_of_build(r->pkg, e)) ||
		rpm_scripts_load(&r->main, r->limits, r->pkg, e) || payload_shape(r, e) || rpm_signatures_load(r, e))
		return -1;
	compare_lead(r);
	return 0;
}

/* A payload names its files, or tells their places in the header: who takes it as it is must write the same list in the same order.
 * Writers sort by path, as rpmbuild does. */
static void offer_payload(struct rpm_reading *r)
{
	const struct rpm_files *f = &r->files;

	r->is_odd = r->is_odd || r->is_source || !r->main.has_region;
	for (uint32_t i = 0; i < f->len; i++)
		r->is_odd = r->is_odd || f->by_path[i] != i || strcmp(f->at[i].path, "/") == 0;
	if (r->is_odd || r->codec == CODEC_NONE)
		return;
	r->pkg->payload = (struct payload){
		.at = r->main.end, .len = r->src->size - r->main.end, .codec = (int)r->codec
	};
}

static void reading_done(struct rpm_reading *r)
{
	rpm_header_done(&r->signatures);
	rpm_header_done(&r->main);
	rpm_files_done(&r->files);
	guard_free(r->guard);
	arena_done(&r->strings);
	for (size_t i = 0; i < COUNT(r->digests); i++)
		digest_done(&r->digests[i].digest);
}

static int read_rpm_file(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	__attribute__((cleanup(reading_done))) struct rpm_reading r = { .src = src, .limits = limits, .pkg = pkg };

	if (read_headers(&r, e) || load_metadata(&r, e))
		return -1;
	arena_init(&r.strings, limits->memory);
	r.guard = guard_new(sink, limits, src->size, pkg);
	r.sink = guard_sink(r.guard);
	if (rpm_files_load(&r.main, r.is_source, limits, r.guard, &r.strings, pkg, &r.files, e))
		return err_wrap(e, "header");
	offer_payload(&r);
	if (sink_begin(r.sink, pkg, e) || rpm_payload_read(&r, e))
		return -1;
	return guard_finish(r.guard, e);
}

const struct reader read_rpm = { .name = "rpm",
	.bid = bid,
	.read = read_rpm_file,
	.about = "rpm packages (formats 3, 4 and 6, binary and source; gzip, bzip2, xz, lzma, zstd)" };
