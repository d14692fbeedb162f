/* csaf_match.c - which packages an advisory means: by name, and by version in the order of whoever numbered it. */
#include "base/arena.h"
#include "base/text.h"
#include "formats/version.h"
#include "release/csaf.h"
#include <string.h>

enum { CONSTRAINTS_MAX = 64 };

/* ---- versions */
static enum family family_named(const char *name)
{
	for (int f = 0; f < FAMILIES; f++)
		if (strcmp(family_name((enum family)f), name) == 0)
			return (enum family)f;
	return FAMILY_NONE;
}

/* Where one side names no release, any release of that version is meant. What is no version sorts as the text that it is. */
static int compare(enum family family, const char *a, const char *b)
{
	AUTO(arena) arena = { 0 };
	struct evr left, right;
	struct err ignored = { 0 };

	if (evr_parse(&arena, a, &left, &ignored) || evr_parse(&arena, b, &right, &ignored))
		return strcmp(a, b);
	if (!*left.release || !*right.release)
		left.release = right.release = "";
	return version_compare(family, &left, &right);
}

bool csaf_newer(const char *a, const char *b)
{
	return compare(FAMILY_DEB, a, b) > 0;
}

struct constraint {
	char op[3]; /* = ! < <= > >= */
	char version[256];
};

/* "vers:deb/>=1.0|<2.0", "<=4.2", "*": -1 when it cannot be read. */
static int constraints_of(const char *text, enum family *family, struct constraint *ret, size_t *ret_len)
{
	size_t len = 0;

	if (text_starts(text, "vers:") && strchr(text, '/')) {
		static const char *const types[][2] = { { "deb", "deb" }, { "rpm", "rpm" }, { "alpm", "pacman" },
			{ "apk", "apk" } };
		const char *type = text + strlen("vers:"), *slash = strchr(type, '/');

		for (size_t i = 0; i < COUNT(types); i++)
			if (strlen(types[i][0]) == (size_t)(slash - type) &&
				strncmp(types[i][0], type, (size_t)(slash - type)) == 0)
				*family = family_named(types[i][1]);
		text = slash + 1;
	} else if (text_starts(text, "vls/"))
		text += strlen("vls/");
	while (*text) {
		size_t span = strcspn(text, "|"), at = 0, op = 0;
		struct constraint *c = &ret[len];

		if (len++ == CONSTRAINTS_MAX)
			return -1;
		memset(c, 0, sizeof *c);
		while (at < span && (text[at] == ' ' || strchr("<>=!", text[at]))) {
			if (text[at] != ' ' && op == 2)
				return -1;
			if (text[at] != ' ')
				c->op[op++] = text[at];
			at++;
		}
		while (span > at && text[span - 1] == ' ')
			span--;
		if (span == at || span - at >= sizeof c->version || memchr(text + at, ' ', span - at))
			return -1;
		memcpy(c->version, text + at, span - at);
		if (!op)
			c->op[0] = '=';
		text += at + (span - at);
		text += strspn(text, " ");
		text += *text == '|';
	}
	*ret_len = len;
	return len ? 0 : -1;
}

static bool holds(enum family family, const struct constraint *c, const char *version)
{
	int order = compare(family, version, c->version);

	switch (c->op[0]) {
	case '<':
		return c->op[1] == '=' ? order <= 0 : order < 0;
	case '>':
		return c->op[1] == '=' ? order >= 0 : order > 0;
	case '!':
		return order != 0;
	default:
		return order == 0;
	}
}

/* As the "vers" notation wants it: single versions first, then the ranges between neighbours. */
static bool is_within(enum family family, const struct constraint *c, size_t len, const char *version)
{
	const struct constraint *before = NULL, *first = NULL;

	for (size_t i = 0; i < len; i++) {
		if (strcmp(c[i].version, "*") == 0)
			return true;
		if (c[i].op[0] == '=' && holds(family, &c[i], version))
			return true;
		if (c[i].op[0] == '!' && !holds(family, &c[i], version))
			return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (!strchr("<>", c[i].op[0]))
			continue;
		first = first ? first : &c[i];
		if (c[i].op[0] == '<' && holds(family, &c[i], version) &&
			(&c[i] == first || (before && before->op[0] == '>' && holds(family, before, version))))
			return true;
		before = &c[i];
	}
	return before && before->op[0] == '>' && holds(family, before, version);
}

/* Is it newer than some version that the range speaks of? */
static bool is_above(enum family family, const struct constraint *c, size_t len, const char *version)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(c[i].version, "*") != 0 && compare(family, version, c[i].version) >= 0)
			return true;
	return false;
}

/* ---- one product */
struct look {
	bool is_named, is_any, is_in,
		is_above; /* is_in: this very version, or the range holds it; is_any: no version is said */
	int order;        /* of ours against an exact one */
};

static bool is_named(const json_t *product, const json_t *names)
{
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name)
		if (json_lists(json_list(product, "names"), json_string_value(name)))
			return true;
	return false;
}

/* Those that the advisory speaks of, as its own are kept. New array. */
static json_t *names_of(const json_t *advisory, const struct csaf_package *p)
{
	json_t *names = json_array();

	for (size_t i = 0; i < COUNT(p->names) && p->names[i]; i++) {
		AUTO_FREE char *name = csaf_name(p->names[i]);

		if (json_object_get(json_map(advisory, "names"), name))
			json_array_append_new(names, json_string(name));
	}
	return names;
}

static struct look look_at(const json_t *advisory, const json_t *id, const struct csaf_package *p, const json_t *names)
{
	const json_t *product = json_map(json_map(advisory, "products"), json_string_value(id));
	enum family family = family_named(json_text(product, "family"));
	const char *how = json_text(product, "how"), *said = json_text(product, "version"), *own = p->version;
	struct constraint constraints[CONSTRAINTS_MAX];
	struct look look = { .is_named = is_named(product, names) };
	size_t len;

	if (!look.is_named)
		return look;
	/* An identifier of the format's own packages counts their versions, not the vendor's. */
	if (family != FAMILY_NONE && p->format && family == family_of(p->format) && p->package_version)
		own = p->package_version;
	if (strcmp(how, "any") == 0)
		look.is_any = true;
	else if (strcmp(how, "range") != 0) {
		look.order = compare(family, own, said);
		look.is_in = look.order == 0;
		look.is_above = look.order > 0;
	} else if (constraints_of(said, &family, constraints, &len))
		look.is_in = true; /* a range that cannot be read leaves nobody out */
	else {
		look.is_in = is_within(family, constraints, len, own);
		look.is_above = !look.is_in && is_above(family, constraints, len, own);
	}
	return look;
}

/* ---- one vulnerability */
struct verdict {
	bool is_hit, is_any, is_above, is_saved, is_after_fix, is_from, has_upto, is_upto, has_from;
};

static void see(struct verdict *v, const char *status, const struct look *look)
{
	bool is_fix = strcmp(status, "fixed") == 0 || strcmp(status, "first_fixed") == 0;

	if (strcmp(status, "known_affected") == 0) {
		v->is_hit = v->is_hit || look->is_in;
		v->is_any = v->is_any || look->is_any;
		v->is_above = v->is_above || look->is_above;
	} else if (strcmp(status, "first_affected") == 0) {
		v->has_from = true;
		v->is_from = v->is_from || look->is_in || look->is_above;
	} else if (strcmp(status, "last_affected") == 0) {
		v->has_upto = true;
		v->is_upto = v->is_upto || look->is_in || !look->is_above;
		v->is_above = v->is_above || look->is_above;
	} else if (is_fix) {
		v->is_saved = v->is_saved || look->is_in;
		v->is_after_fix = v->is_after_fix || look->is_above;
	} else if (strcmp(status, "known_not_affected") == 0)
		v->is_saved = v->is_saved || look->is_in || look->is_any;
}

static enum csaf_word judge(const struct verdict *v)
{
	bool is_between = (v->has_from || v->has_upto) && (!v->has_from || v->is_from) && (!v->has_upto || v->is_upto);
	bool is_hit = v->is_hit || is_between || (v->is_any && !v->is_after_fix);

	if (is_hit && !v->is_saved)
		return CSAF_AFFECTED;
	return v->is_saved || v->is_after_fix || v->is_above ? CSAF_FIXED : CSAF_NOTHING;
}

static enum csaf_word word_of(
	const json_t *advisory, const json_t *vulnerability, const struct csaf_package *p, const json_t *names)
{
	struct verdict verdict = { 0 };
	const char *status;
	json_t *list, *id;
	size_t i;

	json_object_foreach(json_map(vulnerability, "status"), status, list)
		json_array_foreach(list, i, id) {
			struct look look = look_at(advisory, id, p, names);

			if (look.is_named)
				see(&verdict, status, &look);
		}
	return judge(&verdict);
}

void csaf_cves(const json_t *advisory, const struct csaf_package *p, enum csaf_word word, json_t *ret_cves)
{
	AUTO_JSON *names = names_of(advisory, p);
	size_t i;
	json_t *vulnerability;

	json_array_foreach(json_array_size(names) ? json_list(advisory, "vulnerabilities") : NULL, i, vulnerability)
		if (*json_text(vulnerability, "cve") && word_of(advisory, vulnerability, p, names) == word)
			json_array_append(ret_cves, json_object_get(vulnerability, "cve"));
}

enum csaf_word csaf_says(const json_t *advisory, const struct csaf_package *p, json_t *ret_cves)
{
	enum csaf_word all = CSAF_NOTHING;
	AUTO_JSON *names = names_of(advisory, p);
	size_t i;
	json_t *vulnerability;

	if (!json_array_size(names))
		return CSAF_NOTHING;
	json_array_foreach(json_list(advisory, "vulnerabilities"), i, vulnerability) {
		enum csaf_word word = word_of(advisory, vulnerability, p, names);

		if (word == CSAF_AFFECTED && ret_cves && *json_text(vulnerability, "cve"))
			json_array_append(ret_cves, json_object_get(vulnerability, "cve"));
		if (word == CSAF_AFFECTED || all == CSAF_NOTHING)
			all = word;
	}
	return all;
}
