/* identity.c - who a package is. */
#include "repackager/identity.h"
#include "base/text.h"
#include "formats/relation.h"
#include "formats/version.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *first(const char *a, const char *b)
{
	return a && a[0] ? a : b;
}

enum family target_family(const struct target *t)
{
	return family_of(t->writer->name);
}

enum family vendor_family(const struct pkg *meta)
{
	enum family f = family_of(meta->format);

	return f == FAMILY_NONE ? FAMILY_DEB : f;
}

/* Words that templates of recipe and house may use before the package's own name and version stand. */
static struct words vendor_words(const struct identity *id, const struct pkg *meta)
{
	struct words w = { 0 };

	words_add(&w, "product", id->product[0] ? id->product : meta->name);
	if (id->vendor[0])
		words_add(&w, "vendor", id->vendor);
	words_add(&w, "vendor.name", meta->name);
	words_add(&w, "vendor.version", id->version);
	words_add(&w, "vendor.release", id->release);
	words_add(&w, "vendor.architecture", meta->architecture);
	return w;
}

/* A text of the recipe that may be a template; NULL with no error: not said. */
static int templated(const struct identity_job *job, const struct words *w, const char *place, struct arena *a,
	const char **ret, struct err *e)
{
	const char *text = document_text(job->recipe, place);
	struct err why = { 0 };

	if (!text[0])
		return 0;
	text = words_fill(w, a, text, &why);
	if (!text)
		return document_error(job->recipe, place, e, "%s", why.text);
	*ret = text;
	return 0;
}

static int name_of(
	const struct identity_job *job, const struct words *w, struct arena *a, struct identity *id, struct err *e)
{
	const char *scheme = document_text(job->house, "names/scheme"), *name = NULL;
	struct err why = { 0 };

	if (job->set->at[SET_NAME]) {
		id->name = job->set->at[SET_NAME];
		return 0;
	}
	if (templated(job, w, "package/name", a, &name, e))
		return -1;
	if (!name && scheme[0] && job->recipe->json) {
		name = words_fill(w, a, scheme, &why);
		if (!name)
			return document_error(job->house, "names/scheme", e, "%s", why.text);
	}
	id->name = first(name, first(id->name, id->product));
	return 0;
}

static int version_of(
	const struct identity_job *job, const struct words *w, struct arena *a, struct identity *id, struct err *e)
{
	const char *pattern = document_text(job->recipe, "package/version/match"), *version = NULL;
	struct err why = { 0 };

	if (job->set->at[SET_VERSION]) {
		id->version = job->set->at[SET_VERSION];
	} else if (pattern[0]) {
		id->version = match_first(a, pattern, job->file_name, &why);
		if (!id->version)
			return document_error(job->recipe, "package/version/match", e, "%s", why.text);
	} else if (templated(job, w, "package/version", a, &version, e)) {
		return -1;
	} else if (version) {
		id->version = version;
	}
	return 0;
}

/* deb allows '-' in a version only before a revision; what no package manager takes becomes a dot. */
static const char *plain_version(struct arena *a, const char *text)
{
	char *version = arena_str(a, text + (text[0] == 'v' && text[1] >= '0' && text[1] <= '9'));

	for (char *at = version; at && *at; at++)
		if (!strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+~-", *at))
			*at = '.';
	return version;
}

static int release_of(
	const struct identity_job *job, const struct words *w, struct arena *a, struct identity *id, struct err *e)
{
	const json_t *package = document_at(job->recipe, "package");
	const char *epoch = job->set->at[SET_EPOCH], *release = NULL;
	char *end = NULL;

	if (templated(job, w, "package/release", a, &release, e))
		return -1;
	id->release = first(job->set->at[SET_RELEASE], first(release, id->release));
	if (json_object_get(package, "epoch"))
		id->epoch = json_int(package, "epoch");
	if (epoch) {
		id->epoch = strtol(epoch, &end, 10);
		if (!epoch[0] || *end || id->epoch < 0 || id->epoch > INT32_MAX)
			return err_usage(e, "--set epoch=%s: wants a number", epoch);
	}
	return 0;
}

static int architecture_of(const struct identity_job *job, struct identity *id, struct err *e)
{
	const char *said = first(job->set->at[SET_ARCHITECTURE], document_text(job->recipe, "package/architecture"));

	if (said[0]) {
		const char *rpm = arch_from(FAMILY_DEB, said);
		if (!rpm)
			rpm = arch_from(FAMILY_NONE, said);
		id->architecture = rpm ? rpm : said;
	}
	if (!id->architecture[0])
		id->architecture = "noarch";
	if (!arch_into(FAMILY_RPM, id->architecture) && said[0])
		return err_usage(e,
			"'%s' is no architecture: Debian's and rpm's names are known (amd64 or x86_64, all or noarch, "
			"...)",
			said);
	return 0;
}

static int texts_of(const struct identity_job *job, const struct words *w, const struct pkg *meta, struct arena *a,
	struct identity *id, struct err *e)
{
	const char *summary = NULL, *description = NULL;

	if (templated(job, w, "package/summary", a, &summary, e) ||
		templated(job, w, "package/description", a, &description, e))
		return -1;
	id->summary = first(job->set->at[SET_SUMMARY], first(summary, meta->summary));
	id->description = first(description, meta->description);
	id->license = first(
		job->set->at[SET_LICENSE], first(document_text(job->recipe, "package/license"), meta->license));
	id->maintainer = first(job->set->at[SET_MAINTAINER],
		first(document_text(job->recipe, "package/maintainer"),
			first(document_text(job->house, "maintainer"), meta->maintainer)));
	id->homepage = first(document_text(job->recipe, "package/homepage"), meta->homepage);
	id->section = first(document_text(job->recipe, "package/section"), meta->section);
	id->vendor_name = first(meta->vendor, document_text(job->house, "organisation"));
	if (!id->summary[0])
		id->summary = id->name;
	return 0;
}

#define OWN_VERSION "version, for the house does not keep the vendor's"

static int need(const char *value, const char *what, const char *key, struct err *e)
{
	if (value[0])
		return 0;
	err_usage(e, "nothing tells the package's %s", what);
	return err_hint(e, "say it with --set %s=..., or in the recipe", key);
}

bool identity_keeps_versions(const struct document *house)
{
	json_t *keep = document_at(house, "versions/keep");

	return !keep || json_is_true(keep);
}

int identity_of(
	const struct identity_job *job, const struct pkg *meta, struct arena *a, struct identity *ret, struct err *e)
{
	struct identity id = { .family = vendor_family(meta),
		.product = document_text(job->recipe, "product"),
		.vendor = recipe_vendor(job->recipe),
		.name = meta->name,
		.version = meta->version,
		.release = meta->release,
		.architecture = meta->architecture,
		.epoch = meta->epoch };
	const char *name, *version, *architecture;
	bool is_kept = true;

	if (pkg_field_get(meta, "sourcepackage")) {
		err_input(e, "E_UNSUPPORTED", "a source rpm: it installs nothing");
		return err_hint(e, "build it first, then take the binary packages");
	}
	if (!meta->has_metadata) {
		identity_guess(a, job->file_name, &name, &version, &architecture);
		id.name = first(id.name, name);
		id.version = first(id.version, version);
		id.architecture = first(id.architecture, architecture);
		id.release = first(id.release, "1");
	}
	struct words w = vendor_words(&id, meta);
	if (meta->has_metadata && !identity_keeps_versions(job->house)) {
		id.version = "";
		id.release = "1";
		id.epoch = 0;
		is_kept = false;
	}
	if (version_of(job, &w, a, &id, e) || release_of(job, &w, a, &id, e) || name_of(job, &w, a, &id, e) ||
		need(id.name, "name", "name", e) || need(id.version, is_kept ? "version" : OWN_VERSION, "version", e) ||
		architecture_of(job, &id, e) || texts_of(job, &w, meta, a, &id, e))
		return -1;
	if (!meta->has_metadata)
		id.version = plain_version(a, id.version);
	if (!id.version)
		return err_input(e, "E_LIMIT_MEMORY", "the version is too long");
	id.is_renamed = meta->name[0] && strcmp(id.name, meta->name) != 0;
	*ret = id;
	return 0;
}

static const char *version_of_family(enum family f, const struct evr *v, struct arena *a)
{
	struct evr said = *v;
	const char *text;

	said.epoch = said.epoch > 0 ? said.epoch : -1;
	text = evr_text(a, &said);
	return !text || (f == FAMILY_APK && !version_apk_valid(text)) ||
			(f == FAMILY_PACMAN && !version_pacman_valid(text)) ||
			(f == FAMILY_DEB && !version_deb_valid(text))
		? NULL
		: text;
}

/* The suffix of the target stands behind what counts last; apk's "-r" holds a number only, so there it stands before. */
static int add_suffix(const struct target *target, struct evr *v, struct arena *a, struct err *e)
{
	enum family family = target_family(target);
	const char **last = v->release[0] && family != FAMILY_APK ? &v->release : &v->version;

	if (!target->suffix[0])
		return 0;
	*last = arena_printf(a, "%s%s", *last, target->suffix);
	if (!*last)
		return err_input(e, "E_LIMIT_MEMORY", "the version is too long");
	if (version_of_family(family, v, a))
		return 0;
	err_usage(e, "with the suffix '%s' of target %s, '%s%s%s' is no version for %s", target->suffix, target->name,
		v->version, v->release[0] ? "-" : "", v->release, family_name(family));
	return err_hint(e, "%s", family == FAMILY_APK ? "apk takes suffixes such as _p1" : "see the house's targets");
}

/* The version in the target's letters. A release that the source does not have is what its own package manager reads there. */
static int apply_version(const struct identity *id, const struct target *target, struct pkg *to, struct err *e)
{
	enum family family = target_family(target);
	struct evr from = { id->epoch, id->version, id->release }, v = from;

	if (id->family == FAMILY_APK && from.release[0] >= '0' && from.release[0] <= '9')
		from.release = arena_printf(&to->arena, "r%s", from.release); /* a recipe's or --set's */
	if (!from.release)
		return err_input(e, "E_LIMIT_MEMORY", "the release is too long");
	if (version_into(id->family, family, &to->arena, &from, &v, e))
		return err_wrap(e, "version %s", id->version);
	if (!v.release[0] && (family == FAMILY_RPM || family == FAMILY_PACMAN))
		v.release = id->family == FAMILY_APK ? "0~" : "0"; /* apk: no -r is below -r0 */
	if (family == FAMILY_APK && id->epoch > 0)
		pkg_lose(to, target->name, LOSS_NOTE, "apk knows no epochs: it stands as a number in front",
			"epoch:%lld", (long long)id->epoch);
	if (add_suffix(target, &v, &to->arena, e))
		return -1;
	to->epoch = v.epoch > 0 ? v.epoch : 0;
	to->version = v.version;
	to->release = v.release;
	return to->version && to->release ? 0 : err_input(e, "E_LIMIT_MEMORY", "the version is too long");
}

/* What each family's names hold beside digits; what they do not hold becomes '-', or nothing at the beginning. deb-control(5), rpm's
 * build/parsePreamble.c, PKGBUILD(5), APKBUILD(5). A name that somebody gave on purpose is left for the writer to judge. */
static const struct {
	bool has_capitals;
	const char *signs, *first; /* of the signs, those it may begin with */
	const char *why;
} alphabets[FAMILY_NONE] = {
	[FAMILY_DEB] = { false, "+-.", "", "a deb's name holds no capital letters and no '_'" },
	[FAMILY_RPM] = { true, "+-._", "_", "an rpm's name holds letters, digits and +-._ alone" },
	[FAMILY_PACMAN] = { false, "@+-._", "@+_",
		"a pacman package's name holds small letters, digits and @+-._ alone" },
	[FAMILY_APK] = { true, "+-._", "_", "an apk's name holds letters, digits and +-._ alone" },
};

const char *name_in(enum family f, struct arena *a, const char *name)
{
	char *copy = arena_str(a, name), *to = copy;

	if (f == FAMILY_NONE || !copy)
		return copy;
	for (const char *at = name; *at; at++) {
		char c = *at;
		if (!alphabets[f].has_capitals && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!isalnum((unsigned char)c) && !strchr(alphabets[f].signs, c))
			c = '-';
		if (to > copy || isalnum((unsigned char)c) || strchr(alphabets[f].first, c))
			*to++ = c;
	}
	*to = '\0';
	return copy[0] ? copy : name;
}

static int apply_name(const struct identity *id, const struct target *target, struct pkg *to, struct err *e)
{
	enum family family = target_family(target);

	to->name = id->name;
	if (family == id->family || family == FAMILY_NONE || id->is_renamed)
		return 0;
	to->name = name_in(family, &to->arena, id->name);
	if (!to->name)
		return err_input(e, "E_LIMIT_MEMORY", "the name is too long");
	if (strcmp(to->name, id->name) != 0)
		pkg_lose(to, target->name, LOSS_NOTE, alphabets[family].why, "name:%s", id->name);
	return 0;
}

/* The texts of an identity lie in the recipe, the settings or the vendor's package; the target's package outlives them. */
static int own_texts(struct pkg *to, struct err *e)
{
	const char **const texts[] = { &to->name, &to->architecture, &to->architecture_native, &to->summary,
		&to->description, &to->license, &to->maintainer, &to->homepage, &to->section, &to->vendor, &to->version,
		&to->release };

	for (size_t i = 0; i < COUNT(texts); i++) {
		*texts[i] = arena_str(&to->arena, *texts[i]);
		if (!*texts[i])
			return err_input(e, "E_LIMIT_MEMORY", "the package's texts are too long");
	}
	return 0;
}

int identity_apply(const struct identity *id, const struct target *target, struct pkg *to, struct err *e)
{
	enum family family = target_family(target);

	to->format = target->writer->name;
	to->has_metadata = true;
	if (apply_name(id, target, to, e))
		return -1;
	to->architecture = id->architecture;
	to->architecture_native = family == FAMILY_NONE ? id->architecture : arch_into(family, id->architecture);
	if (!to->architecture_native) {
		err_input(e, "E_METADATA", "architecture '%s' has no name in %s's words", id->architecture,
			family_name(family));
		return err_hint(e, "the table is formats/arch.c; or say --set architecture=...");
	}
	to->summary = id->summary;
	to->description = id->description[0] || family == FAMILY_DEB ? id->description : id->summary;
	to->license = id->license;
	to->maintainer = id->maintainer;
	to->homepage = id->homepage;
	to->section = id->section;
	to->vendor = id->vendor_name;
	return apply_version(id, target, to, e) ? -1 : own_texts(to, e);
}
