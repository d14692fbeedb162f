/* write_rpm_header.c - the main header of an rpm: identity, file arrays, changelog, all inside the immutable region.
 *
 * Source: RPM's docs/manual/tags.md and what rpmbuild 4.18 writes. */
#include "base/text.h"
#include "formats/rpm_changes.h"
#include "formats/rpm_header.h"
#include "formats/rpm_write.h"
#include <rpm/rpmfiles.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int rpm_put(Header h, uint32_t tag, uint32_t type, const void *data, size_t count, struct err *e)
{
	struct rpmtd_s td = { .tag = tag, .type = type, .count = (rpm_count_t)count, .data = (void *)(uintptr_t)data };

	if (count == 0)
		return 0;
	if (!headerPut(h, &td, HEADERPUT_DEFAULT))
		return err_env(e, "librpm does not take tag %u", tag);
	return 0;
}

int rpm_put_text(Header h, uint32_t tag, const char *text, struct err *e)
{
	return text[0] ? rpm_put(h, tag, RPM_STRING_TYPE, text, 1, e) : 0;
}

int rpm_put_number(Header h, uint32_t tag, uint32_t number, struct err *e)
{
	return rpm_put(h, tag, RPM_INT32_TYPE, &number, 1, e);
}

int rpm_blob(Header h, unsigned char **ret, size_t *ret_len, struct err *e)
{
	unsigned len;
	void *blob = headerExport(h, &len);

	if (!blob)
		return err_env(e, "librpm cannot write the header");
	*ret = mem_alloc(sizeof rpm_header_magic + len);
	memcpy(*ret, rpm_header_magic, sizeof rpm_header_magic);
	memcpy(*ret + sizeof rpm_header_magic, blob, len);
	*ret_len = sizeof rpm_header_magic + len;
	free(blob);
	return 0;
}

/* ---- identity */

static int put_localized(Header h, uint32_t tag, const char *text, struct err *e)
{
	return headerAddI18NString(h, (rpmTagVal)tag, text, "C") ? 0 : err_env(e, "librpm does not take tag %u", tag);
}

uint32_t rpm_build_time(const struct writer_job *job, const struct pkg *pkg)
{
	int64_t latest = job->options.mtime_max, t = pkg->build_time;

	if (t <= 0)
		t = latest >= 0 ? latest : job->newest;
	if (latest >= 0 && t > latest)
		t = latest;
	return t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

static int put_identity(Header h, const struct writer_job *job, const struct pkg *pkg, struct err *e)
{
	char *source = mem_printf("%s-%s-%s.src.rpm", pkg->name, pkg->version, rpm_release(pkg));
	const char *had = pkg_field_get(pkg, "sourcerpm");
	const struct {
		uint32_t tag;
		const char *text;
	} texts[] = {
		{ RPMTAG_NAME, pkg->name },
		{ RPMTAG_VERSION, pkg->version },
		{ RPMTAG_RELEASE, rpm_release(pkg) },
		{ RPMTAG_LICENSE, pkg->license[0] ? pkg->license : "unknown" },
		{ RPMTAG_VENDOR, pkg->vendor },
		{ RPMTAG_PACKAGER, pkg->maintainer },
		{ RPMTAG_URL, pkg->homepage },
		{ RPMTAG_ARCH, pkg->architecture },
		{ RPMTAG_OS, "linux" },
		{ RPMTAG_BUILDHOST, RPM_BUILD_HOST },
		{ RPMTAG_RPMVERSION, "4.18.0" },
		{ RPMTAG_SOURCERPM, had ? had : source }, /* without it rpm takes the package for a source package */
		{ RPMTAG_ENCODING, "utf-8" },
	};
	int failed = 0;

	for (size_t i = 0; i < COUNT(texts) && !failed; i++)
		failed = rpm_put_text(h, texts[i].tag, texts[i].text, e);
	free(source);
	if (failed || put_localized(h, RPMTAG_SUMMARY, pkg->summary[0] ? pkg->summary : pkg->name, e) ||
		put_localized(h, RPMTAG_DESCRIPTION, pkg->description, e) ||
		put_localized(h, RPMTAG_GROUP, pkg->section[0] ? pkg->section : "Unspecified", e) ||
		rpm_put_number(h, RPMTAG_BUILDTIME, rpm_build_time(job, pkg), e))
		return -1;
	return pkg->epoch > 0 ? rpm_put_number(h, RPMTAG_EPOCH, (uint32_t)pkg->epoch, e) : 0;
}

static const struct {
	const char *field;
	uint32_t tag;
} kept_fields[] = { { "distribution", RPMTAG_DISTRIBUTION }, { "disturl", RPMTAG_DISTURL },
	{ "disttag", RPMTAG_DISTTAG }, { "bugurl", RPMTAG_BUGURL }, { "vcs", RPMTAG_VCS },
	{ "modularitylabel", RPMTAG_MODULARITYLABEL }, { "platform", RPMTAG_PLATFORM },
	{ "optflags", RPMTAG_OPTFLAGS } };

/* Written elsewhere, or made anew. */
static const char *const own_fields[] = { "sourcerpm", "buildhost", "rpmversion", "os", "cookie" };

static bool is_own_field(const char *name)
{
	for (size_t i = 0; i < COUNT(own_fields); i++)
		if (strcmp(own_fields[i], name) == 0)
			return true;
	return false;
}

static uint32_t kept_tag(const char *name)
{
	for (size_t i = 0; i < COUNT(kept_fields); i++)
		if (strcmp(kept_fields[i].field, name) == 0)
			return kept_fields[i].tag;
	return 0;
}

/* A relocatable package's folders; fields are in their order. */
static int put_prefix(Header h, const char *prefix, struct err *e)
{
	struct rpmtd_s one = { .tag = RPMTAG_PREFIXES, .type = RPM_STRING_ARRAY_TYPE, .count = 1, .data = &prefix };

	return headerPut(h, &one, HEADERPUT_APPEND) ? 0 : err_env(e, "librpm does not take a prefix");
}

static bool is_prefix(const char *name)
{
	return strcmp(name, "prefixes") == 0 || text_starts(name, "prefixes:");
}

static int put_fields(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e)
{
	for (size_t i = 0; i < pkg->fields.len; i++) {
		const struct field *f = &pkg->fields.at[i];
		uint32_t tag = kept_tag(f->name);

		if (tag && !headerIsEntry(h, (rpmTagVal)tag) && rpm_put_text(h, tag, f->value, e))
			return -1;
		if (is_prefix(f->name) && put_prefix(h, f->value, e))
			return -1;
		if (!tag && !is_own_field(f->name) && !is_prefix(f->name))
			pkg_lose(pkg, job->options.target, LOSS_NOTE, "this writer has no place for it", "field:%s: %s",
				f->name, f->value);
	}
	return 0;
}

static int put_payload(Header h, const struct writer_job *job, struct err *e)
{
	const struct payload_copy *copy = job->options.copy;
	const char *digest = copy ? copy->sha256 : job->payload_sha256;
	char level[16];

	snprintf(level, sizeof level, "%d",
		job->options.level ? job->options.level : codec_level_default(job->options.codec));
	if (job->options.codec != CODEC_NONE &&
		rpm_put_text(h, RPMTAG_PAYLOADCOMPRESSOR, codec_name(job->options.codec), e))
		return -1;
	/* nobody knows at which level a copied payload was packed */
	if (job->options.codec != CODEC_NONE && !copy && rpm_put_text(h, RPMTAG_PAYLOADFLAGS, level, e))
		return -1;
	if (rpm_put_text(h, RPMTAG_PAYLOADFORMAT, "cpio", e) ||
		rpm_put_number(h, RPMTAG_PAYLOADDIGESTALGO, 8 /* sha256 */, e))
		return -1;
	return rpm_put(h, RPMTAG_PAYLOADDIGEST, RPM_STRING_ARRAY_TYPE, &digest, 1, e);
}

/* ---- changelog */

int rpm_put_changelog(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e)
{
	AUTO(rpm_changes) c = { 0 };

	if (!pkg->changelog[0])
		return 0;
	if (!rpm_changes_parse(&c, pkg->changelog)) {
		pkg_lose(pkg, job->options.target, LOSS_NOTE, "it is not in rpm's form", "changelog");
		return 0;
	}
	if (rpm_put(h, RPMTAG_CHANGELOGTIME, RPM_INT32_TYPE, c.times.at, c.times.len, e) ||
		rpm_put(h, RPMTAG_CHANGELOGNAME, RPM_STRING_ARRAY_TYPE, c.names.at, c.names.len, e))
		return -1;
	return rpm_put(h, RPMTAG_CHANGELOGTEXT, RPM_STRING_ARRAY_TYPE, c.texts.at, c.texts.len, e);
}

/* ---- the whole */

static uint64_t installed_size(const struct writer_job *job)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < job->files.len; i++)
		if (S_ISREG(job->files.at[i].mode) && !job->files.at[i].is_extra_link)
			sum += job->files.at[i].size;
	return sum;
}

static int put_size(Header h, uint64_t size, struct err *e)
{
	if (size > UINT32_MAX)
		return rpm_put(h, RPMTAG_LONGSIZE, RPM_INT64_TYPE, &size, 1, e);
	return rpm_put_number(h, RPMTAG_SIZE, (uint32_t)size, e);
}

Header rpm_write_header(struct writer_job *job, struct pkg *pkg, uint64_t *ret_installed, struct err *e)
{
	Header h = headerNew();
	uint64_t size = installed_size(job);

	if (put_identity(h, job, pkg, e) || put_fields(h, job, pkg, e) || put_size(h, size, e) ||
		put_payload(h, job, e) || rpm_put_files(h, job, e) || rpm_put_relations(h, job, pkg, e) ||
		rpm_put_scripts(h, job, pkg, e) || rpm_put_changelog(h, job, pkg, e)) {
		headerFree(h);
		return NULL;
	}
	h = headerReload(h, RPMTAG_HEADERIMMUTABLE);
	if (!h)
		err_env(e, "librpm cannot make the header's region");
	*ret_installed = size;
	return h;
}
