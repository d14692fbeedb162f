/* csaf.c - reading CSAF 2.0: document, product tree, vulnerabilities; what is not of the standard's form is refused with its place. */
#include "release/csaf.h"
#include "base/text.h"
#include "base/when.h"
#include "formats/family.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	PRODUCTS_MAX = 20000,
	VULNERABILITIES_MAX = 5000,
	MENTIONS_MAX = 500000,
	DEPTH_MAX = 32,
	TEXT_MAX_ = 2000,
	NAME_MAX_ = 1000,
	REMEDIES_MAX = 20,
	URL_LEN_MAX = 500
};

struct csaf {
	const char *file;
	struct err *e;
	json_t *products, *names;
	size_t mentions;
};

static int wrong(struct csaf *c, const char *at, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int wrong(struct csaf *c, const char *at, const char *code, const char *fmt, ...)
{
	AUTO_FREE char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = mem_vprintf(fmt, ap);
	va_end(ap);
	return err_input(c->e, code, "%s: %s: %s", c->file, at, what);
}

/* A text that must be there, not empty and not longer than names are. */
static int need(struct csaf *c, const json_t *object, const char *at, const char *key, const char **ret)
{
	const char *text = json_text(object, key);

	if (!*text || strlen(text) > NAME_MAX_ || text_has_control(text)) {
		AUTO_FREE char *place = mem_printf("%s/%s", at, key);

		return err_failed(wrong(c, place, "E_METADATA",
			*text ? "longer than %d bytes, or with control characters"
			      : "it is missing, or no text of at most %d bytes",
			NAME_MAX_));
	}
	*ret = text;
	return 0;
}

/* A list that may be missing; anything else in its place is refused. */
static int list_at(struct csaf *c, const json_t *object, const char *at, const char *key, json_t **ret)
{
	*ret = json_list(object, key);
	if (*ret || !json_object_get(object, key))
		return 0;
	AUTO_FREE char *place = mem_printf("%s/%s", at, key);

	return wrong(c, place, "E_METADATA", "a list is meant");
}

static void put_cut(json_t *object, const char *key, const char *text)
{
	AUTO_FREE char *cut = text_beginning(text, TEXT_MAX_);

	json_set_str(object, key, cut);
}

/* ---- products */
char *csaf_name(const char *text)
{
	char *name = mem_strdup(text);

	for (char *c = name; *c; c++)
		*c = *c == ' ' || *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	return name;
}

static void add_name(struct csaf *c, json_t *product, const char *text)
{
	AUTO_FREE char *name = csaf_name(text);
	json_t *names = json_list(product, "names");

	if (*name)
		json_add_once(names, name);
	if (*name)
		json_object_set_new(c->names, name, json_true());
}

static void set_version(json_t *product, const char *how, const char *version, enum family family)
{
	json_set_str(product, "how", how);
	json_set_str(product, "version", version);
	json_set_str(product, "family", family_name(family));
}

/* %XX undone, as far as it makes a byte that is shown; malloc. */
static char *percent_decoded(const char *text, size_t len)
{
	char *out = mem_alloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char pair[3] = { 0 };
		unsigned code = 0;

		if (text[i] == '%' && i + 2 < len)
			memcpy(pair, text + i + 1, 2);
		if (isxdigit((unsigned char)pair[0]) && isxdigit((unsigned char)pair[1]) &&
			sscanf(pair, "%2x", &code) == 1 && code >= 0x20 && code < 0x7f) {
			out[n++] = (char)code;
			i += 2;
		} else
			out[n++] = text[i];
	}
	out[n] = '\0';
	return out;
}

static enum family family_of_purl(const char *type, size_t len)
{
	static const struct {
		const char *type;
		enum family family;
	} table[] = { { "deb", FAMILY_DEB }, { "rpm", FAMILY_RPM }, { "alpm", FAMILY_PACMAN }, { "apk", FAMILY_APK } };

	for (size_t i = 0; i < COUNT(table); i++)
		if (strlen(table[i].type) == len && strncasecmp(table[i].type, type, len) == 0)
			return table[i].family;
	return FAMILY_NONE;
}

/* pkg:TYPE/[NAMESPACE/]NAME[@VERSION][?QUALIFIERS][#PATH] */
static bool take_purl(struct csaf *c, json_t *product, const char *purl)
{
	const char *type = purl + strlen("pkg:"), *slash, *end, *name, *at = NULL;

	if (strncasecmp(purl, "pkg:", 4) != 0 || !(slash = strchr(type, '/')))
		return false;
	end = slash + strcspn(slash, "?#");
	name = slash + 1;
	for (const char *one = slash; one < end; one++) {
		if (*one == '@')
			at = one;
		if (*one == '/' && !at)
			name = one + 1;
	}
	AUTO_FREE char *plain = percent_decoded(name, (size_t)((at ? at : end) - name));
	AUTO_FREE char *version = at ? percent_decoded(at + 1, (size_t)(end - at - 1)) : NULL;

	if (!*plain)
		return false;
	add_name(c, product, plain);
	json_set_str(product, "family", family_name(family_of_purl(type, (size_t)(slash - type))));
	if (version && *version && strcmp(json_text(product, "how"), "any") == 0)
		set_version(product, "exact", version, family_of_purl(type, (size_t)(slash - type)));
	return true;
}

/* The n-th part between colons that no backslash guards; "" when there is none. Malloc. */
static char *cpe_part(const char *cpe, int n)
{
	struct text out = { 0 };

	text_add(&out, "%s", "");
	for (; *cpe; cpe++) {
		if (*cpe == ':')
			n--;
		else if (*cpe == '\\' && cpe[1]) {
			cpe++;
			if (n == 0)
				text_bytes(&out, cpe, 1);
		} else if (n == 0)
			text_bytes(&out, cpe, 1);
	}
	return text_take(&out);
}

/* cpe:2.3:a:VENDOR:PRODUCT:VERSION:..., or cpe:/a:VENDOR:PRODUCT:VERSION */
static bool take_cpe(struct csaf *c, json_t *product, const char *cpe)
{
	bool is_new = text_starts(cpe, "cpe:2.3:");

	if (!is_new && strncasecmp(cpe, "cpe:/", 5) != 0)
		return false;
	AUTO_FREE char *name = cpe_part(cpe, is_new ? 4 : 3), *version = cpe_part(cpe, is_new ? 5 : 4);

	if (!*name || strcmp(name, "*") == 0 || strcmp(name, "-") == 0)
		return *name != '\0';
	add_name(c, product, name);
	if (*version && strcmp(version, "*") != 0 && strcmp(version, "-") != 0 &&
		strcmp(json_text(product, "how"), "any") == 0)
		set_version(product, "exact", version, FAMILY_NONE);
	return true;
}

/* What branches above said. */
struct path {
	const char *name, *version;
	bool is_range;
};

static int add_product(
	struct csaf *c, const json_t *full, const char *at, const struct path *path, const json_t *made_of)
{
	const json_t *helper = json_map(full, "product_identification_helper");
	const char *id, *name, *purl = json_text(helper, "purl"), *cpe = json_text(helper, "cpe");
	AUTO_JSON *product = made_of
		? json_deep_copy(made_of)
		: json_pack("{s:[], s:s, s:s, s:s}", "names", "how", "any", "version", "", "family", "none");

	if (!json_is_object(full))
		return wrong(c, at, "E_METADATA", "a product with product_id and name is meant");
	if (need(c, full, at, "product_id", &id) || need(c, full, at, "name", &name))
		return -1;
	if (json_object_get(c->products, id))
		return wrong(c, at, "E_METADATA", "the product_id '%s' stands for two products", id);
	if (json_object_size(c->products) >= PRODUCTS_MAX)
		return wrong(c, at, "E_LIMIT_ENTRIES", "more than %d products", PRODUCTS_MAX);
	if (strlen(purl) > NAME_MAX_ || strlen(cpe) > NAME_MAX_)
		return wrong(c, at, "E_LIMIT_SIZE", "an identifier of more than %d bytes", NAME_MAX_);
	json_set_str(product, "name", name);
	if (!made_of && *path->version)
		set_version(product, path->is_range ? "range" : "exact", path->version, FAMILY_NONE);
	if (!made_of)
		add_name(c, product, *path->name ? path->name : name);
	if ((*purl && !take_purl(c, product, purl)) || (*cpe && !take_cpe(c, product, cpe)))
		return wrong(c, at, "E_METADATA", "its purl or cpe is none");
	json_object_set(c->products, id, product);
	return 0;
}

static int walk_branches(struct csaf *c, const json_t *branches, const char *at, int depth, struct path path)
{
	size_t i;
	json_t *branch;

	if (depth > DEPTH_MAX)
		return wrong(c, at, "E_LIMIT_DEPTH", "branches are nested more than %d deep", DEPTH_MAX);
	json_array_foreach((json_t *)branches, i, branch) {
		AUTO_FREE char *here = mem_printf("%s/%zu", at, i), *below = mem_printf("%s/branches", here),
			       *leaf = mem_printf("%s/product", here);
		const char *category, *name;
		struct path next = path;
		json_t *more;

		if (need(c, branch, here, "category", &category) || need(c, branch, here, "name", &name) ||
			list_at(c, branch, here, "branches", &more))
			return -1;
		if (strcmp(category, "product_name") == 0)
			next.name = name;
		if (text_starts(category, "product_version")) {
			next.version = name;
			next.is_range = strcmp(category, "product_version_range") == 0;
		}
		if ((more && walk_branches(c, more, below, depth + 1, next)) ||
			(json_object_get(branch, "product") &&
				add_product(c, json_object_get(branch, "product"), leaf, &next, NULL)))
			return -1;
	}
	return 0;
}

/* A component of a platform is the component: the platform's version says nothing about it. */
static int add_relationships(struct csaf *c, const json_t *tree)
{
	json_t *list, *one;
	size_t i;

	if (list_at(c, tree, "/product_tree", "relationships", &list))
		return -1;
	json_array_foreach(list, i, one) {
		AUTO_FREE char *at = mem_printf("/product_tree/relationships/%zu", i),
			       *full = mem_printf("%s/full_product_name", at);
		const json_t *component = json_map(c->products, json_text(one, "product_reference"));

		if (!component)
			return wrong(c, at, "E_METADATA", "product_reference '%s' is no product before it",
				json_text(one, "product_reference"));
		if (add_product(c, json_object_get(one, "full_product_name"), full, NULL, component))
			return -1;
	}
	return 0;
}

static int read_tree(struct csaf *c, const json_t *root)
{
	const struct path none = { "", "", false };
	const json_t *tree = json_map(root, "product_tree");
	json_t *branches, *names, *one;
	size_t i;

	if (list_at(c, tree, "/product_tree", "branches", &branches) ||
		list_at(c, tree, "/product_tree", "full_product_names", &names) ||
		walk_branches(c, branches, "/product_tree/branches", 1, none))
		return -1;
	json_array_foreach(names, i, one) {
		AUTO_FREE char *at = mem_printf("/product_tree/full_product_names/%zu", i);

		if (add_product(c, one, at, &none, NULL))
			return -1;
	}
	return add_relationships(c, tree);
}

/* ---- vulnerabilities */
static bool is_cve(const char *text)
{
	size_t digits;

	if (!text_starts(text, "CVE-") || strspn(text + 4, "0123456789") != 4 || text[8] != '-')
		return false;
	digits = strspn(text + 9, "0123456789");
	return digits >= 4 && digits <= 19 && text[9 + digits] == '\0';
}

static int read_status(struct csaf *c, const json_t *vulnerability, const char *at, json_t *ret)
{
	static const char *const known[] = { "known_affected", "first_affected", "last_affected", "fixed",
		"first_fixed", "known_not_affected", "recommended", "under_investigation" };
	const json_t *status = json_map(vulnerability, "product_status");

	for (size_t k = 0; k < COUNT(known); k++) {
		AUTO_FREE char *place = mem_printf("%s/product_status", at);
		json_t *list, *id;
		size_t i;

		if (list_at(c, status, place, known[k], &list))
			return -1;
		json_array_foreach(list, i, id) {
			AUTO_FREE char *which = mem_printf("%s/%s/%zu", place, known[k], i);

			if (!json_is_string(id) || !json_object_get(c->products, json_string_value(id)))
				return wrong(c, which, "E_METADATA", "it names no product of the product tree");
			if (++c->mentions > MENTIONS_MAX)
				return wrong(c, which, "E_LIMIT_ENTRIES", "products are mentioned more than %d times",
					MENTIONS_MAX);
		}
		if (list)
			json_object_set(ret, known[k], list);
	}
	return 0;
}

/* Nobody can be told both. */
static int contradicts(struct csaf *c, const json_t *status, const char *at)
{
	AUTO_JSON *affected = json_object();
	static const char *const against[] = { "fixed", "known_not_affected" };
	size_t i;
	json_t *id;

	json_array_foreach(json_list(status, "known_affected"), i, id)
		json_object_set_new(affected, json_string_value(id), json_true());
	for (size_t k = 0; k < COUNT(against); k++)
		json_array_foreach(json_list(status, against[k]), i, id)
			if (json_object_get(affected, json_string_value(id)))
				return wrong(c, at, "E_METADATA", "product '%s' is said to be affected and not to be",
					json_string_value(id));
	return 0;
}

/* The worst base score of its products, in tenths. */
static int read_scores(struct csaf *c, const json_t *vulnerability, const char *at, int64_t *ret)
{
	static const char *const kinds[] = { "cvss_v4", "cvss_v3", "cvss_v2" };
	json_t *list, *one;
	size_t i;

	if (list_at(c, vulnerability, at, "scores", &list))
		return -1;
	*ret = 0;
	json_array_foreach(list, i, one)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			const json_t *base = json_object_get(json_map(one, kinds[k]), "baseScore");
			double score = json_number_value(base);

			if (base && (!json_is_number(base) || !(score >= 0 && score <= 10))) {
				AUTO_FREE char *place = mem_printf("%s/scores/%zu/%s/baseScore", at, i, kinds[k]);

				return wrong(c, place, "E_METADATA", "a number from 0 to 10 is meant");
			}
			if ((int64_t)(score * 10 + 0.5) > *ret)
				*ret = (int64_t)(score * 10 + 0.5);
		}
	return 0;
}

static int read_remedies(struct csaf *c, const json_t *vulnerability, const char *at, json_t *ret)
{
	json_t *list, *one;
	size_t i;

	if (list_at(c, vulnerability, at, "remediations", &list))
		return -1;
	json_array_foreach(list, i, one) {
		json_t *remedy = json_object();

		if (i >= REMEDIES_MAX) {
			json_decref(remedy);
			break; /* for people to read; the document has the rest */
		}
		put_cut(remedy, "category", json_text(one, "category"));
		put_cut(remedy, "text", json_text(one, "details"));
		json_array_append_new(ret, remedy);
	}
	return 0;
}

static int read_vulnerability(struct csaf *c, const json_t *one, const char *at, json_t *ret)
{
	AUTO_JSON *status = json_object(), *remedies = json_array(), *made = NULL;
	const char *cve = json_text(one, "cve");
	int64_t score = 0;

	if (!json_is_object(one))
		return wrong(c, at, "E_METADATA", "an object is meant");
	if (*cve && !is_cve(cve))
		return wrong(c, at, "E_METADATA", "its cve is none");
	if (read_status(c, one, at, status) || contradicts(c, status, at) || read_scores(c, one, at, &score) ||
		read_remedies(c, one, at, remedies))
		return -1;
	made = json_pack(
		"{s:s, s:I, s:O, s:O}", "cve", cve, "score", (json_int_t)score, "status", status, "remedies", remedies);
	put_cut(made, "title", json_text(one, "title"));
	json_array_append(json_list(ret, "vulnerabilities"), made);
	if (*cve)
		json_add_once(json_list(ret, "cves"), cve);
	if (score > json_int(ret, "score"))
		json_object_set_new(ret, "score", json_integer(score));
	return 0;
}

static int read_vulnerabilities(struct csaf *c, const json_t *root, json_t *ret)
{
	json_t *list, *one;
	size_t i;

	if (list_at(c, root, "", "vulnerabilities", &list))
		return -1;
	if (json_array_size(list) > VULNERABILITIES_MAX)
		return wrong(c, "/vulnerabilities", "E_LIMIT_ENTRIES", "more than %d", VULNERABILITIES_MAX);
	json_array_foreach(list, i, one) {
		AUTO_FREE char *at = mem_printf("/vulnerabilities/%zu", i);

		if (read_vulnerability(c, one, at, ret))
			return -1;
	}
	return 0;
}

/* ---- how bad */
static const char *word_of(const char *text)
{
	static const char *const words[][2] = { { "critical", "critical" }, { "high", "high" }, { "important", "high" },
		{ "medium", "medium" }, { "moderate", "medium" }, { "low", "low" } };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcasecmp(words[i][0], text) == 0)
			return words[i][1];
	return NULL;
}

/* The publisher's own word, else the worst score, else the worst there is: what nobody judged is not harmless. */
static void set_severity(json_t *ret, const json_t *document)
{
	const char *word = word_of(json_text(json_map(document, "aggregate_severity"), "text"));
	int64_t score = json_int(ret, "score");

	json_set_str(ret, "severity_from", word ? "aggregate" : score ? "cvss" : "none");
	if (!word)
		word = score >= 90 || !score ? "critical" : score >= 70 ? "high" : score >= 40 ? "medium" : "low";
	json_set_str(ret, "severity", word);
}

/* ---- the document */
/* Where it can be read: its own page, or nothing that could be clicked on. */
static const char *url_of(const json_t *document)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				      "-._~:/?#[]@!$&()*+,;=%";
	size_t i;
	json_t *one;

	json_array_foreach(json_list(document, "references"), i, one) {
		const char *url = json_text(one, "url");
		size_t len = strlen(url);

		if (strcmp(json_text(one, "category"), "self") == 0 && text_starts(url, "https://") &&
			len <= URL_LEN_MAX && strspn(url, letters) == len)
			return url;
	}
	return "";
}

static int read_document(struct csaf *c, const json_t *root, json_t *ret)
{
	const json_t *document = json_map(root, "document"), *tracking = json_map(document, "tracking"),
		     *publisher = json_map(document, "publisher");
	static const char *const states[] = { "draft", "interim", "final" };
	const char *version, *title, *id, *number, *status, *date, *name, *space;
	struct err why = { 0 };
	bool is_known = false;
	int64_t at;

	if (need(c, document, "/document", "csaf_version", &version))
		return -1;
	if (strcmp(version, "2.0") != 0)
		return wrong(c, "/document/csaf_version", "E_UNSUPPORTED", "'%s': only 2.0 is read", version);
	if (need(c, document, "/document", "title", &title) || need(c, tracking, "/document/tracking", "id", &id) ||
		need(c, tracking, "/document/tracking", "version", &number) ||
		need(c, tracking, "/document/tracking", "status", &status) ||
		need(c, tracking, "/document/tracking", "current_release_date", &date) ||
		need(c, publisher, "/document/publisher", "name", &name) ||
		need(c, publisher, "/document/publisher", "namespace", &space))
		return -1;
	for (size_t i = 0; i < COUNT(states); i++)
		is_known = is_known || strcmp(states[i], status) == 0;
	if (!is_known)
		return wrong(c, "/document/tracking/status", "E_METADATA", "draft, interim or final is meant");
	if (strlen(id) > 200 || *id == ' ' || id[strlen(id) - 1] == ' ')
		return wrong(c, "/document/tracking/id", "E_METADATA",
			"at most 200 bytes without blanks around them are meant");
	if (strspn(number, "0123456789.") == 0 || when_parse(date, "UTC", &at, &why))
		return wrong(c, "/document/tracking", "E_METADATA", "its version or current_release_date is none");
	json_set_str(ret, "id", id);
	json_set_str(ret, "title", title);
	json_set_str(ret, "publisher", name);
	json_set_str(ret, "namespace", space);
	json_set_str(ret, "version", number);
	json_set_str(ret, "status", status);
	json_set_str(ret, "released", date);
	json_set_str(ret, "url", url_of(document));
	return 0;
}

int csaf_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *root = NULL, *products = json_object(), *names = json_object();
	AUTO_JSON *made = json_pack("{s:[], s:[], s:i, s:O, s:O}", "cves", "vulnerabilities", "score", 0, "products",
		products, "names", names);
	struct csaf c = { .file = file, .e = e, .products = products, .names = names };
	size_t mark;

	if (len > CSAF_FILE_MAX)
		return wrong(&c, "/", "E_LIMIT_SIZE", "more than %d MiB", CSAF_FILE_MAX >> 20);
	/* Some vendors' tools put a byte order mark before it. */
	mark = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	root = json_parse(bytes + mark, len - mark, file, e);
	if (!root)
		return -1;
	if (!json_map(root, "document"))
		return wrong(&c, "/document", "E_METADATA", "it is missing: this is no CSAF document");
	if (read_document(&c, root, made) || read_tree(&c, root) || read_vulnerabilities(&c, root, made))
		return -1;
	set_severity(made, json_map(root, "document"));
	*ret = json_incref(made);
	return 0;
}
