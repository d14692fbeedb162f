/* rpm_identity.c - name, version, description, changelog and the other plain tags of an rpm. */
#include "base/text.h"
#include "formats/rpm_meta.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct {
	uint32_t tag;
	size_t place;
} texts[] = {
	{ RPMTAG_NAME, offsetof(struct pkg, name) },
	{ RPMTAG_VERSION, offsetof(struct pkg, version) },
	{ RPMTAG_RELEASE, offsetof(struct pkg, release) },
	{ RPMTAG_ARCH, offsetof(struct pkg, architecture) },
	{ RPMTAG_SUMMARY, offsetof(struct pkg, summary) },
	{ RPMTAG_DESCRIPTION, offsetof(struct pkg, description) },
	{ RPMTAG_LICENSE, offsetof(struct pkg, license) },
	{ RPMTAG_VENDOR, offsetof(struct pkg, vendor) },
	{ RPMTAG_PACKAGER, offsetof(struct pkg, maintainer) },
	{ RPMTAG_URL, offsetof(struct pkg, homepage) },
	{ RPMTAG_GROUP, offsetof(struct pkg, section) },
};

/* Kept by name, for writers of the same family and for `lost`. */
static const struct {
	uint32_t tag;
	const char *field;
} fields[] = {
	{ RPMTAG_SOURCERPM, "sourcerpm" },
	{ RPMTAG_BUILDHOST, "buildhost" },
	{ RPMTAG_DISTRIBUTION, "distribution" },
	{ RPMTAG_DISTURL, "disturl" },
	{ RPMTAG_DISTTAG, "disttag" },
	{ RPMTAG_BUGURL, "bugurl" },
	{ RPMTAG_VCS, "vcs" },
	{ RPMTAG_MODULARITYLABEL, "modularitylabel" },
	{ RPMTAG_PLATFORM, "platform" },
	{ RPMTAG_RPMVERSION, "rpmversion" },
	{ RPMTAG_COOKIE, "cookie" },
	{ RPMTAG_OPTFLAGS, "optflags" },
	{ RPMTAG_OS, "os" },
};

/* What rpm itself builds: no separators of its own syntax, nothing that could be taken for a path or an option. */
static bool is_word(const char *text, const char *forbidden)
{
	if (!text[0] || text[0] == '-' || text[0] == '.')
		return false;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr(forbidden, *p))
			return false;
	return true;
}

static int check_identity(const struct pkg *p, struct err *e)
{
	if (!is_word(p->name, "/<>=()&|!*?[]{}\\\"'`$;"))
		return err_input(e, "E_METADATA", "'%s' is no package name", p->name);
	if (!is_word(p->version, "/-<>=()&|\\\"'`$;"))
		return err_input(e, "E_METADATA", "'%s' is no version", p->version);
	if (!is_word(p->release, "/-<>=()&|\\\"'`$;"))
		return err_input(e, "E_METADATA", "'%s' is no release", p->release);
	if (!is_word(p->architecture, "/-.<>=()&|\\\"'`$;"))
		return err_input(e, "E_METADATA", "'%s' is no architecture", p->architecture);
	return 0;
}

static void check_encoding(struct pkg *p)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text = *(const char **)((char *)p + texts[i].place);

		if (!text_is_utf8(text, strlen(text)))
			pkg_warn(
				p, "E_NAME_ENCODING", rpmTagGetName((rpmTagVal)texts[i].tag), "this text is not UTF-8");
	}
}

/* "* Sat Nov 21 2026 Name <mail> - 1.0-1\n- text\n", as in a spec file; the newest first. */
static int load_changelog(const struct rpm_header *h, struct pkg *p, struct err *e)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	AUTO(rpm_values) times = { 0 };
	AUTO(rpm_values) names = { 0 };
	AUTO(rpm_values) bodies = { 0 };
	AUTO(text) all = { 0 };

	if (rpm_values_get(h, RPMTAG_CHANGELOGTIME, RPM_NUMBERS, &times, e) ||
		rpm_values_get(h, RPMTAG_CHANGELOGNAME, RPM_TEXTS, &names, e) ||
		rpm_values_get(h, RPMTAG_CHANGELOGTEXT, RPM_TEXTS, &bodies, e))
		return -1;
	if (times.len != names.len || times.len != bodies.len)
		return err_input(e, "E_CORRUPT", "header: the changelog's arrays differ in length");
	for (uint32_t i = 0; i < times.len; i++) {
		time_t when = (time_t)rpm_number_at(&times, i);
		struct tm t;

		gmtime_r(&when, &t);
		text_add(&all, "%s* %.3s %.3s %02d %d %s\n%s\n", i ? "\n" : "", days + 3 * t.tm_wday,
			months + 3 * t.tm_mon, t.tm_mday, t.tm_year + 1900, rpm_text_at(&names, i),
			rpm_text_at(&bodies, i));
	}
	p->changelog = arena_copy(&p->arena, all.at ? all.at : "", all.len);
	return p->changelog ? 0 : err_input(e, "E_LIMIT_MEMORY", "the changelog is too large");
}

/* What the model has no place for is told by number: texts in other languages than C, hints on order. */
static int count_rest(const struct rpm_header *h, struct pkg *p, struct err *e)
{
	static const struct {
		uint32_t tag, as_usual;
		const char *field, *unit;
	} counted[] = { { RPMTAG_HEADERI18NTABLE, 1, "translations", "languages" },
		{ RPMTAG_ORDERNAME, 0, "orderwithrequires", "relations" } };

	for (size_t i = 0; i < COUNT(counted); i++) {
		AUTO(rpm_values) values = { 0 };
		char text[32];

		if (rpm_values_get(h, counted[i].tag, RPM_TEXTS, &values, e))
			return -1;
		snprintf(text, sizeof text, "%u %s", values.len, counted[i].unit);
		if (values.len > counted[i].as_usual && pkg_field(p, counted[i].field, text))
			return err_input(e, "E_LIMIT_MEMORY", "the package's metadata is too large");
	}
	return 0;
}

/* A relocatable package's scripts find its folders in RPM_INSTALL_PREFIX and RPM_INSTALL_PREFIX0, 1, ... */
static int load_prefixes(const struct rpm_header *h, struct pkg *p, struct err *e)
{
	AUTO(rpm_values) values = { 0 };

	if (rpm_values_get(h, RPMTAG_PREFIXES, RPM_TEXTS, &values, e))
		return -1;
	for (uint32_t i = 0; i < values.len; i++) {
		AUTO_FREE char *name = mem_printf(i ? "prefixes:%u" : "prefixes", i);
		if (pkg_field(p, name, rpm_text_at(&values, i)))
			return err_input(e, "E_LIMIT_MEMORY", "the package's metadata is too large");
	}
	return 0;
}

int rpm_identity_load(const struct rpm_header *h, struct pkg *p, struct err *e)
{
	uint64_t epoch, build_time;
	const char *text;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (rpm_text(h, texts[i].tag, &p->arena, (const char **)((char *)p + texts[i].place), e))
			return -1;
	p->architecture_native = p->architecture;
	if (rpm_number(h, RPMTAG_EPOCH, &epoch, e) || rpm_number(h, RPMTAG_BUILDTIME, &build_time, e))
		return -1;
	p->epoch = (int64_t)epoch;
	p->build_time = (int64_t)build_time;
	p->has_metadata = true;
	if (check_identity(p, e))
		return -1;
	check_encoding(p);
	for (size_t i = 0; i < COUNT(fields); i++) {
		if (!rpm_has(h, fields[i].tag))
			continue;
		if (rpm_text(h, fields[i].tag, &p->arena, &text, e))
			return -1;
		if (text[0] && pkg_field(p, fields[i].field, text))
			return err_input(e, "E_LIMIT_MEMORY", "the package's metadata is too large");
	}
	return load_prefixes(h, p, e) || count_rest(h, p, e) || load_changelog(h, p, e) ? -1 : 0;
}
