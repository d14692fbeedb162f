/* sbom.c - what both lists of components say in the same words: sums, names, versions, licences. */
#include "repackager/sbom.h"
#include "base/digest.h"
#include "base/text.h"
#include "formats/family.h"
#include "repackager/pathmap.h"
#include <ctype.h>
#include <string.h>

const struct sbom_kind sbom_kinds[] = { { "spdx", ".spdx.json", sbom_spdx },
	{ "cyclonedx", ".cdx.json", sbom_cyclonedx }, { 0 } };

const struct sbom_kind *sbom_named(const char *name)
{
	for (const struct sbom_kind *k = sbom_kinds; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

/* ---- SHA-1 of the files */

struct sum {
	char hex[DIGEST_HEX];
};
struct sbom_sums {
	struct sink sink;
	struct arena arena;
	struct pathmap paths; /* -> index in sums */
	LIST(struct sum) sums;
	struct digest digest;
	const struct entry *entry; /* a file that passes */
};

static int put(struct sbom_sums *s, const char *path, struct err *e)
{
	const char *kept = arena_str(&s->arena, path);

	if (!kept)
		return err_input(e, "E_LIMIT_MEMORY", "too many files");
	pathmap_put(&s->paths, kept, s->sums.len);
	return 0;
}

static int on_entry_begin(struct sink *sink, const struct entry *entry, struct err *e)
{
	struct sbom_sums *s = (struct sbom_sums *)sink;

	s->entry = entry->type == ENTRY_FILE ? entry : NULL;
	if (s->entry)
		digest_init(&s->digest, DIGEST_SHA1);
	return 0;
}

static int on_data(struct sink *sink, const void *bytes, size_t len, struct err *e)
{
	struct sbom_sums *s = (struct sbom_sums *)sink;

	if (s->entry)
		digest_add(&s->digest, bytes, len);
	return 0;
}

static int on_entry_end(struct sink *sink, struct err *e)
{
	struct sbom_sums *s = (struct sbom_sums *)sink;
	struct sum sum;

	if (!s->entry)
		return 0;
	for (size_t i = 0; i <= s->entry->links_len; i++)
		if (put(s, i ? s->entry->links[i - 1] : s->entry->path, e))
			return -1;
	digest_end_hex(&s->digest, sum.hex);
	digest_done(&s->digest);
	*LIST_ADD(&s->sums) = sum;
	s->entry = NULL;
	return 0;
}

struct sbom_sums *sbom_sums_new(void)
{
	static const struct sink_ops ops = {
		.entry_begin = on_entry_begin, .data = on_data, .entry_end = on_entry_end
	};
	struct sbom_sums *s = mem_alloc(sizeof *s);

	s->sink.ops = &ops;
	return s;
}

void sbom_sums_free(struct sbom_sums *s)
{
	if (!s)
		return;
	digest_done(&s->digest);
	pathmap_done(&s->paths);
	LIST_DONE(&s->sums);
	arena_done(&s->arena);
	free(s);
}

struct sink *sbom_sums_sink(struct sbom_sums *s)
{
	return &s->sink;
}

const char *sbom_sums_of(const struct sbom_sums *s, const char *path)
{
	const size_t *at = pathmap_get(&s->paths, path);

	return at ? s->sums.at[*at].hex : "";
}

/* ---- names and versions */

char *sbom_path(const char *path)
{
	return text_printable(path, strlen(path), false);
}

char *sbom_version(const struct pkg *pkg)
{
	AUTO_FREE char *epoch = pkg->epoch > 0 ? mem_printf("%lld:", (long long)pkg->epoch) : mem_strdup("");

	return mem_printf("%s%s%s%s", epoch, pkg->version, pkg->release[0] ? "-" : "", pkg->release);
}

/* Percent-encoding of the purl specification: what is neither a letter, a digit nor one of ".-_~". */
void sbom_encode(struct text *to, const char *text)
{
	for (const char *at = text; *at; at++)
		if (isalnum((unsigned char)*at) || strchr(".-_~", *at))
			text_add(to, "%c", *at);
		else
			text_add(to, "%%%02X", (unsigned char)*at);
}

char *sbom_purl(const struct pkg *pkg)
{
	static const struct {
		enum family family;
		const char *type;
	} types[] = { { FAMILY_DEB, "deb" }, { FAMILY_RPM, "rpm" }, { FAMILY_PACMAN, "alpm" }, { FAMILY_APK, "apk" } };
	AUTO(text) out = { 0 };
	enum family family = family_of(pkg->format);

	for (size_t i = 0; i < COUNT(types); i++) {
		if (types[i].family != family)
			continue;
		bool is_rpm = family == FAMILY_RPM;
		AUTO_FREE char *version = is_rpm ? mem_printf("%s-%s", pkg->version, pkg->release) : sbom_version(pkg);
		text_add(&out, "pkg:%s/", types[i].type);
		sbom_encode(&out, pkg->name);
		text_add(&out, "@");
		sbom_encode(&out, version);
		text_add(&out, "?arch=");
		sbom_encode(&out, pkg->architecture_native);
		if (is_rpm && pkg->epoch > 0)
			text_add(&out, "&epoch=%lld", (long long)pkg->epoch);
	}
	return text_take(&out);
}

/* ---- licences */

/* Of the SPDX licence list those that packages declare most. What is not here becomes a LicenseRef, which is never wrong. */
static const char *const known_licenses[] = { "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0",
	"Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CDDL-1.0",
	"curl", "EPL-1.0", "EPL-2.0", "EUPL-1.2", "FTL", "GPL-1.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later",
	"GPL-3.0-only", "GPL-3.0-or-later", "HPND", "ISC", "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1-only",
	"LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "Libpng", "MIT", "MPL-1.1", "MPL-2.0", "OFL-1.1",
	"OpenSSL", "PostgreSQL", "PSF-2.0", "Python-2.0", "Unlicense", "Vim", "WTFPL", "X11", "Zlib" };

static bool is_known_license(struct slice word)
{
	for (size_t i = 0; i < COUNT(known_licenses); i++)
		if (slice_is(word, known_licenses[i]))
			return true;
	return false;
}

/* "MIT AND (Apache-2.0 OR ISC)": identifiers and operators take turns, brackets close. */
static bool is_expression(const char *text)
{
	struct slice rest = slice_of(text), word;
	bool wants_name = true;
	int depth = 0;

	while (slice_cut(&rest, ' ', &word)) {
		while (wants_name && word.len > 0 && word.at[0] == '(')
			word.at++, word.len--, depth++;
		int closed = 0;
		while (!wants_name ? false : word.len > 0 && word.at[word.len - 1] == ')')
			word.len--, closed++;
		if (wants_name ? !is_known_license(word) : !slice_is(word, "AND") && !slice_is(word, "OR"))
			return false;
		depth -= closed;
		if (depth < 0)
			return false;
		wants_name = !wants_name;
	}
	return depth == 0 && !wants_name;
}

char *sbom_license(const char *text, char **ret_ref)
{
	AUTO(text) ref = { 0 };

	*ret_ref = NULL;
	if (!text[0])
		return NULL;
	if (is_expression(text))
		return mem_strdup(text);
	text_add(&ref, "LicenseRef-");
	for (const char *at = text_starts(text, "LicenseRef-") ? text + 11 : text; *at && ref.len < 100; at++)
		text_add(&ref, "%c", isalnum((unsigned char)*at) || *at == '.' || *at == '-' ? *at : '-');
	*ret_ref = text_take(&ref);
	return NULL;
}

/* ---- what it requires */

static bool is_listed(const struct relation *const *list, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(list[i]->name, name) == 0)
			return true;
	return false;
}

size_t sbom_requires(const struct pkg *pkg, const struct relation **ret, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < pkg->relations.len && len < room; i++) {
		const struct relation *r = &pkg->relations.at[i];
		if ((r->kind == REL_REQUIRES || r->kind == REL_PRE_REQUIRES) && r->tree == REL_PLAIN && r->name[0] &&
			!text_starts(r->name, "rpmlib(") && !is_listed(ret, len, r->name))
			ret[len++] = r;
	}
	return len;
}
