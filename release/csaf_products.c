/* csaf_products.c - the product tree of CSAF 2.0: under which names and in which versions each product_id is meant. */
#include "base/text.h"
#include "formats/family.h"
#include "release/csaf_read.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PRODUCTS_MAX = 20000, DEPTH_MAX = 32 };

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
		return csaf_wrong(c, at, "E_METADATA", "a product with product_id and name is meant");
	if (csaf_need(c, full, at, "product_id", &id) || csaf_need(c, full, at, "name", &name))
		return -1;
	if (json_object_get(c->products, id))
		return csaf_wrong(c, at, "E_METADATA", "the product_id '%s' stands for two products", id);
	if (json_object_size(c->products) >= PRODUCTS_MAX)
		return csaf_wrong(c, at, "E_LIMIT_ENTRIES", "more than %d products", PRODUCTS_MAX);
	if (strlen(purl) > CSAF_NAME_MAX || strlen(cpe) > CSAF_NAME_MAX)
		return csaf_wrong(c, at, "E_LIMIT_SIZE", "an identifier of more than %d bytes", CSAF_NAME_MAX);
	json_set_str(product, "name", name);
	if (!made_of && *path->version)
		set_version(product, path->is_range ? "range" : "exact", path->version, FAMILY_NONE);
	if (!made_of)
		add_name(c, product, *path->name ? path->name : name);
	if ((*purl && !take_purl(c, product, purl)) || (*cpe && !take_cpe(c, product, cpe)))
		return csaf_wrong(c, at, "E_METADATA", "its purl or cpe is none");
	json_object_set(c->products, id, product);
	return 0;
}

static int walk_branches(struct csaf *c, const json_t *branches, const char *at, int depth, struct path path)
{
	size_t i;
	json_t *branch;

	if (depth > DEPTH_MAX)
		return csaf_wrong(c, at, "E_LIMIT_DEPTH", "branches are nested more than %d deep", DEPTH_MAX);
	json_array_foreach((json_t *)branches, i, branch) {
		AUTO_FREE char *here = mem_printf("%s/%zu", at, i), *below = mem_printf("%s/branches", here),
			       *leaf = mem_printf("%s/product", here);
		const char *category, *name;
		struct path next = path;
		json_t *more;

		if (csaf_need(c, branch, here, "category", &category) || csaf_need(c, branch, here, "name", &name) ||
			csaf_list_at(c, branch, here, "branches", &more))
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

	if (csaf_list_at(c, tree, "/product_tree", "relationships", &list))
		return -1;
	json_array_foreach(list, i, one) {
		AUTO_FREE char *at = mem_printf("/product_tree/relationships/%zu", i),
			       *full = mem_printf("%s/full_product_name", at);
		const json_t *component = json_map(c->products, json_text(one, "product_reference"));

		if (!component)
			return csaf_wrong(c, at, "E_METADATA", "product_reference '%s' is no product before it",
				json_text(one, "product_reference"));
		if (add_product(c, json_object_get(one, "full_product_name"), full, NULL, component))
			return -1;
	}
	return 0;
}

int csaf_read_tree(struct csaf *c, const json_t *root)
{
	const struct path none = { "", "", false };
	const json_t *tree = json_map(root, "product_tree");
	json_t *branches, *names, *one;
	size_t i;

	if (csaf_list_at(c, tree, "/product_tree", "branches", &branches) ||
		csaf_list_at(c, tree, "/product_tree", "full_product_names", &names) ||
		walk_branches(c, branches, "/product_tree/branches", 1, none))
		return -1;
	json_array_foreach(names, i, one) {
		AUTO_FREE char *at = mem_printf("/product_tree/full_product_names/%zu", i);

		if (add_product(c, one, at, &none, NULL))
			return -1;
	}
	return add_relationships(c, tree);
}
