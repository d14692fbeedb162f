/* verify_indexes.c - do the indexes of a tree say what was voted on, and nothing else? Whoever has the release key alone could sign others.
 *
 * A vote covers what a package contributes to an index by its digest ("fragment"). Packages stand in an index in the order in which release.json lists them, so both
 * are read side by side. What Contents and updateinfo say installs nothing: they are held against what names them, and not looked into. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "formats/index.h"
#include "release/channel/index_entries.h"
#include "release/channel/verify_impl.h"
#include "release/gate/index_scope.h"
#include "release/gate/signer_impl.h"
#include <stdlib.h>
#include <string.h>

static const uint64_t updates_max = (uint64_t)1 << 30;

struct scopes {
	LIST(struct index_scope) list;
};
struct indexes {
	struct verifying *v;
	json_t *items;        /* {path: item of "indexes"}; of what is held */
	json_t *known, *good; /* {path: true}, {sha256: true}: that were looked at, and may lie there */
	const char *first;    /* the channel's first component */
	struct scopes scopes; /* of the documents that were looked at; own their texts */
};

static void mark(json_t *set, const char *text)
{
	json_object_set_new(set, text, json_true());
}

static char *whole_path(const struct indexes *x, const char *path)
{
	return fs_join(x->v->dir, path);
}

/* ---- the packages of one document, in its order */

struct listed {
	struct snap_reader lines;
	const struct index_scope *scope;
	char *before; /* the path of the one before: a place that two items name is one entry */
};

static int listed_open(struct listed *l, const struct indexes *x, const struct index_scope *scope, struct err *e)
{
	AUTO_FREE char *release = whole_path(x, "release.json");

	*l = (struct listed){ .scope = scope };
	return snap_open(&l->lines, release, e);
}

static void listed_close(struct listed *l)
{
	snap_close(&l->lines);
	free(l->before);
}
#define AUTO_LISTED __attribute__((cleanup(listed_close))) struct listed

/* 1: the next one (new reference); 0: there are no more. */
static int listed_next(struct listed *l, json_t **ret, struct err *e)
{
	const char *member = l->scope->base ? "base" : "suite",
		   *text = l->scope->base ? l->scope->base : l->scope->suite;
	struct snap_item item;
	int got;

	json_decref(*ret);
	*ret = NULL;
	while ((got = snap_next(&l->lines, &item, e)) > 0 && item.list == SNAP_PACKAGES) {
		AUTO_JSON *package = snap_item_says(&item, member, text) ? snap_item_json(&item, e) : json_null();
		const char *path = json_text(package, "path");

		if (!package)
			return -1;
		if (!index_holds(l->scope, package) || (l->before && strcmp(l->before, path) == 0))
			continue;
		free(l->before);
		l->before = mem_strdup(path);
		*ret = json_incref(package);
		return 1;
	}
	return got < 0 ? -1 : 0;
}

static int not_voted_on(const json_t *package, struct err *e)
{
	return err_verdict(e, "E_MISMATCH", "what it says of %s %s is not what was voted on",
		json_text(package, "name"), json_text(package, "version"));
}

static int kept_back(const json_t *package, struct err *e)
{
	return err_verdict(e, "E_MISMATCH", "it leaves out %s %s, which was let out", json_text(package, "name"),
		json_text(package, "version"));
}

static int one_more(struct err *e)
{
	return err_verdict(e, "E_MISMATCH", "it says more than was voted on");
}

/* ---- apt */

static int check_stanza(const json_t *package, struct slice stanza, struct err *e)
{
	AUTO_FREE char *text = strndup(stanza.at, stanza.len);
	char digest[SHA256_HEX];

	sha256_hex(stanza.at, stanza.len, digest);
	return strcmp(digest, json_text(package, "fragment")) != 0 ? not_voted_on(package, e)
								   : fragment_fits_apt(package, text, stanza.len, e);
}

static int check_stanzas(const struct indexes *x, const char *path, const struct index_scope *scope, struct err *e)
{
	AUTO_FREE char *whole = whole_path(x, path);
	AUTO_ENTRIES document = { .in = NULL };
	AUTO_LISTED listed = { .scope = NULL };
	AUTO_JSON *package = NULL;
	struct slice stanza;
	int got;

	if (entries_open(&document, whole, text_ends(path, ".gz"), 0, e) || listed_open(&listed, x, scope, e))
		return -1;
	while ((got = listed_next(&listed, &package, e)) > 0) {
		int found = entries_next(&document, "\n\n", &stanza, e);

		if (found <= 0)
			return found < 0 ? -1 : kept_back(package, e);
		if (check_stanza(package, stanza, e))
			return -1;
	}
	if (got < 0 || entries_next(&document, "\n\n", &stanza, e) < 0)
		return -1;
	return stanza.len ? one_more(e) : 0;
}

struct suite {
	struct indexes *x;
	char *name, *folder; /* folder: with a slash at its end */
	const char *path;    /* of its Release */
};
/* A line of Release. */
struct promised {
	char sha256[SHA256_HEX], *name;
	uint64_t size;
};

static int is_promised(const json_t *item, const struct promised *p, struct err *e)
{
	if (item && strcmp(json_text(item, "sha256"), p->sha256) == 0 && (uint64_t)json_int(item, "size") == p->size)
		return 0;
	return err_verdict(e, "E_MISMATCH", "it names another %s than release.json", p->name);
}

/* "main/binary-amd64/Packages" as component and architecture; false: it is something else. */
static bool scope_of(
	const struct suite *s, const char *name, const char *before_arch, const char *end, struct index_scope *ret)
{
	const char *at = NULL;

	for (const char *next = name; (next = strstr(next, before_arch)); next++)
		at = next;
	if (!at || at == name || !text_ends(at, end) || strlen(at) <= strlen(before_arch) + strlen(end))
		return false;
	*ret = (struct index_scope){ .suite = mem_strdup(s->name),
		.component = strndup(name, (size_t)(at - name)),
		.arch = strndup(at + strlen(before_arch), strlen(at) - strlen(before_arch) - strlen(end)) };
	ret->is_first = strcmp(ret->component, s->x->first) == 0;
	return true;
}

static void scope_done(struct index_scope *scope)
{
	free((char *)(uintptr_t)scope->suite);
	free((char *)(uintptr_t)scope->component);
	free((char *)(uintptr_t)scope->arch);
	free((char *)(uintptr_t)scope->base);
}

/* Packages, packed or not. */
static void check_packages(const struct suite *s, const char *path, const struct index_scope *scope)
{
	struct err e = { 0 };

	mark(s->x->known, path);
	mark(s->x->good, json_text(json_object_get(s->x->items, path), "sha256"));
	if (check_stanzas(s->x, path, scope, &e))
		verify_find_err(s->x->v, path, &e);
}

/* Contents, of which the text is promised as well and only the packed form lies there. */
static int check_contents(const struct suite *s, const char *path, const struct promised *p, struct err *e)
{
	AUTO_FREE char *packed = text_ends(path, ".gz") ? mem_strdup(path) : mem_printf("%s.gz", path),
		       *whole = whole_path(s->x, packed);
	const json_t *item = json_object_get(s->x->items, packed);
	AUTO_ENTRIES document = { .in = NULL };
	char sha256[SHA256_HEX];
	uint64_t size;

	mark(s->x->known, packed);
	if (text_ends(path, ".gz")) {
		mark(s->x->good, p->sha256);
		return is_promised(item, p, e);
	}
	if (!item)
		return err_verdict(e, "E_MISMATCH", "it names %s, which is not there", p->name);
	if (entries_open(&document, whole, true, p->size, e) || entries_end(&document, sha256, &size, e))
		return err_wrap(e, "%s", packed);
	return strcmp(sha256, p->sha256) == 0 && size == p->size
		? 0
		: err_verdict(e, "E_MISMATCH", "it names another %s than lies there", p->name);
}

static int check_promised(const struct suite *s, const struct promised *p, struct err *e)
{
	AUTO_FREE char *path = mem_printf("%s%s", s->folder, p->name);
	const json_t *item = json_object_get(s->x->items, path);
	struct index_scope scope;

	if (scope_of(s, p->name, "/binary-", text_ends(path, ".gz") ? "/Packages.gz" : "/Packages", &scope)) {
		*LIST_ADD(&s->x->scopes.list) = scope;
		if (is_promised(item, p, e))
			return -1;
		check_packages(s, path, &scope);
		return 0;
	}
	if (scope_of(s, p->name, "/Contents-", text_ends(path, ".gz") ? ".gz" : "", &scope)) {
		scope_done(&scope);
		return check_contents(s, path, p, e);
	}
	return err_verdict(e, "E_MISMATCH", "it names %s, which is no index of a channel", p->name);
}

/* " SHA256 SIZE NAME" */
static int check_line(const struct suite *s, struct slice line, struct err *e)
{
	AUTO_FREE char *text = strndup(line.at, line.len);
	struct promised p = { .size = 0 };
	char *end;

	if (line.len < SHA256_HEX + 2 || *text != ' ' || text[SHA256_HEX] != ' ')
		return one_more(e);
	memcpy(p.sha256, text + 1, SHA256_HEX - 1);
	p.size = strtoull(text + SHA256_HEX + 1, &end, 10);
	if (!digest_is_hex(p.sha256) || *end != ' ')
		return one_more(e);
	p.name = end + 1;
	return check_promised(s, &p, e);
}

/* What apt acts on says what release.json says; what else may stand there says who made it and of what it is. */
static int check_field(const struct suite *s, struct slice line, struct err *e)
{
	static const char *const others[] = { "Origin", "Label", "Suite", "Codename", "Acquire-By-Hash",
		"Architectures", "Components", "Description" };
	static const char *const times[][2] = { { "Date", "time" }, { "Valid-Until", "valid_until" } };
	const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
	size_t len = colon ? (size_t)(colon - line.at) : 0;
	struct slice name = { line.at, len };

	for (size_t i = 0; colon && i < COUNT(others); i++)
		if (slice_is(name, others[i]))
			return 0;
	for (size_t i = 0; colon && i < COUNT(times); i++) {
		AUTO_FREE char *wanted = NULL;
		char date[64];
		int64_t at;

		if (!slice_is(name, times[i][0]))
			continue;
		if (when_parse(json_text(s->x->v->release, times[i][1]), NULL, &at, e))
			return -1;
		when_rfc2822(at, date);
		wanted = mem_printf("%s: %s", times[i][0], date);
		return slice_is(line, wanted)
			? 0
			: err_verdict(e, "E_MISMATCH", "its %s is another than that of release.json", times[i][0]);
	}
	return err_verdict(e, "E_MISMATCH", "it says '%.*s', which no channel says", (int)line.len, line.at);
}

static int check_release(const struct suite *s, struct err *e)
{
	AUTO_FREE char *text = NULL;
	struct slice rest, line;
	bool is_below = false;
	size_t len;

	if (verify_read(s->x->v, s->path, &text, &len, e))
		return -1;
	rest = (struct slice){ text, len };
	while (slice_cut(&rest, '\n', &line))
		if (!is_below && slice_is(line, "SHA256:"))
			is_below = true;
		else if ((is_below ? check_line : check_field)(s, line, e))
			return -1;
	return 0;
}

static void check_suite(struct indexes *x, const char *path)
{
	static const char *const names[] = { "Release", "InRelease", "Release.gpg" };
	static const char dists[] = "deb/dists/", end[] = "/Release";
	struct suite s = { x, strndup(path + strlen(dists), strlen(path) - strlen(dists) - strlen(end)),
		strndup(path, strlen(path) - strlen(end) + 1), path };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO_FREE char *name = mem_printf("%s%s", s.folder, names[i]);

		mark(x->known, name);
	}
	if (check_release(&s, &e))
		verify_find_err(x->v, path, &e);
	free(s.name);
	free(s.folder);
}

/* ---- rpm-md */

static const char package_begin[] = "<package ";

struct base {
	struct indexes *x;
	char *name;
	struct entries documents[RPMMD_DOCUMENTS];
	char *paths[RPMMD_DOCUMENTS];
	struct doc docs[RPMMD_DOCUMENTS];
};

/* "HASH-primary.xml.gz": named by its content. */
static int open_document(struct base *b, size_t which, struct err *e)
{
	const char *path;
	json_t *item;

	json_object_foreach(b->x->items, path, item) {
		AUTO_FREE char *wanted = mem_printf(
			"%s/repodata/%s-%s.xml.gz", b->name, json_text(item, "sha256"), rpmmd_forms[which].type);
		AUTO_FREE char *whole = whole_path(b->x, path);

		if (strcmp(path, wanted) != 0)
			continue;
		b->paths[which] = mem_strdup(path);
		memcpy(b->docs[which].sha256, json_text(item, "sha256"), SHA256_HEX);
		b->docs[which].size = (uint64_t)json_int(item, "size");
		mark(b->x->known, path);
		return entries_open(&b->documents[which], whole, true, which == RPMMD_UPDATES ? updates_max : 0, e);
	}
	return err_verdict(e, "E_MISMATCH", "%s has no %s", b->name, rpmmd_forms[which].type);
}

/* What stands before the next package: the document's head (prefix ""), or the package before it. *ret_is_last: the document's tail followed. */
static int next_element(
	struct base *b, size_t which, const char *prefix, struct text *ret, bool *ret_is_last, struct err *e)
{
	const char *tail = rpmmd_forms[which].form.tail;
	size_t tail_len = strlen(tail);
	struct slice part;
	int got = entries_next(&b->documents[which], package_begin, &part, e);

	if (got < 0)
		return -1;
	if (got == 0 && (part.len < tail_len || memcmp(part.at + part.len - tail_len, tail, tail_len) != 0))
		return one_more(e);
	ret->len = 0;
	text_bytes(ret, prefix, strlen(prefix));
	text_bytes(ret, part.at, part.len - (got ? sizeof package_begin - 1 : tail_len));
	*ret_is_last = got == 0;
	return 0;
}

/* Of the three documents, which stand in the same order. */
static int next_elements(
	struct base *b, const char *prefix, struct text texts[RPMMD_FRAGMENTS], bool *ret_is_last, struct err *e)
{
	bool is_last[RPMMD_FRAGMENTS];

	for (size_t i = 0; i < RPMMD_FRAGMENTS; i++) {
		if (next_element(b, i, prefix, &texts[i], &is_last[i], e))
			return err_wrap(e, "%s", rpmmd_forms[i].type);
		if (is_last[i] != is_last[0])
			return err_verdict(e, "E_MISMATCH", "its lists are not of the same packages");
	}
	*ret_is_last = is_last[0];
	return 0;
}

static int check_heads(struct text heads[RPMMD_FRAGMENTS], size_t count, struct err *e)
{
	for (size_t i = 0; i < RPMMD_FRAGMENTS; i++) {
		const char *form = rpmmd_forms[i].form.head, *at = strstr(form, "%zu");
		AUTO_FREE char *wanted = mem_printf("%.*s%zu%s", (int)(at - form), form, count, at + strlen("%zu"));

		if (heads[i].len != strlen(wanted) || memcmp(heads[i].at, wanted, heads[i].len) != 0)
			return err_verdict(e, "E_MISMATCH", "%s: it does not begin as it should", rpmmd_forms[i].type);
	}
	return 0;
}

static int check_elements(const json_t *package, struct text texts[RPMMD_FRAGMENTS], struct err *e)
{
	AUTO_JSON *fragment = json_object();
	char digest[SHA256_HEX];

	for (size_t i = 0; i < RPMMD_FRAGMENTS; i++)
		json_object_set_new(fragment, rpmmd_forms[i].type, json_stringn(texts[i].at, texts[i].len));
	if (json_object_size(fragment) != RPMMD_FRAGMENTS || json_digest(fragment, digest, e) ||
		strcmp(digest, json_text(package, "fragment")) != 0)
		return not_voted_on(package, e);
	return fragment_fits_rpmmd(package, fragment, e);
}

static int check_lists(
	struct base *b, struct text heads[RPMMD_FRAGMENTS], struct text texts[RPMMD_FRAGMENTS], struct err *e)
{
	struct index_scope scope = { .base = b->name };
	AUTO_LISTED listed = { .scope = NULL };
	AUTO_JSON *package = NULL;
	bool is_last = false;
	size_t count = 0;
	int got;

	if (listed_open(&listed, b->x, &scope, e) || next_elements(b, "", heads, &is_last, e))
		return -1;
	for (; (got = listed_next(&listed, &package, e)) > 0; count++) {
		if (is_last)
			return kept_back(package, e);
		if (next_elements(b, package_begin, texts, &is_last, e) || check_elements(package, texts, e))
			return -1;
	}
	if (got < 0)
		return -1;
	return is_last ? check_heads(heads, count, e) : one_more(e);
}

/* repomd.xml has one form for these documents. */
static int check_repomd(const struct base *b, const char *path, struct err *e)
{
	static const char before[] = "<revision>";
	AUTO_FREE char *text = NULL, *wanted = NULL;
	const char *at;
	size_t len;

	if (verify_read(b->x->v, path, &text, &len, e))
		return -1;
	at = strstr(text, before);
	wanted = rpmmd_text(b->docs, at ? strtoll(at + strlen(before), NULL, 10) : 0);
	return strlen(wanted) == len && memcmp(text, wanted, len) == 0
		? 0
		: err_verdict(e, "E_MISMATCH", "it is not what the lists beside it make");
}

static int check_documents(struct base *b, const char *path, struct err *e)
{
	struct text texts[2 * RPMMD_FRAGMENTS] = { { NULL } };
	int status = 0;

	for (size_t i = 0; status == 0 && i < RPMMD_DOCUMENTS; i++)
		status = open_document(b, i, e);
	if (status == 0)
		status = check_lists(b, texts, texts + RPMMD_FRAGMENTS, e);
	for (size_t i = 0; status == 0 && i < RPMMD_DOCUMENTS; i++)
		status = entries_end(&b->documents[i], b->docs[i].open_sha256, &b->docs[i].open_size, e);
	for (size_t i = 0; i < COUNT(texts); i++)
		text_done(&texts[i]);
	return status ? -1 : check_repomd(b, path, e);
}

static void check_base(struct indexes *x, const char *path)
{
	static const char end[] = "/repodata/repomd.xml";
	AUTO_FREE char *signature = mem_printf("%s.asc", path);
	struct base b = { .x = x, .name = strndup(path, strlen(path) - strlen(end)) };
	struct err e = { 0 };

	mark(x->known, path);
	mark(x->known, signature);
	if (check_documents(&b, path, &e))
		verify_find_err(x->v, path, &e);
	for (size_t i = 0; i < RPMMD_DOCUMENTS; i++) {
		entries_close(&b.documents[i]);
		free(b.paths[i]);
	}
	*LIST_ADD(&x->scopes.list) = (struct index_scope){ .base = b.name };
}

/* ---- all of them */

/* Under its own hash lies a copy of one that was looked at. */
static bool is_copy(const struct indexes *x, const char *path, const char *sha256)
{
	AUTO_FREE char *end = mem_printf("/by-hash/SHA256/%s", sha256);

	return text_ends(path, end) && text_starts(path, "deb/dists/") && json_object_get(x->good, sha256);
}

static int check_listed(struct indexes *x, struct err *e)
{
	AUTO_FREE char *release = whole_path(x, "release.json");
	AUTO_SNAP_READER lines = { 0 };
	struct snap_item item;
	int got;

	if (snap_open(&lines, release, e))
		return -1;
	while ((got = snap_next(&lines, &item, e)) > 0 && item.list == SNAP_PACKAGES) {
		AUTO_JSON *package = snap_item_json(&item, e);
		bool is_listed = false;

		if (!package)
			return -1;
		for (size_t i = 0; !is_listed && i < x->scopes.list.len; i++)
			is_listed = index_holds(&x->scopes.list.at[i], package);
		if (!is_listed && parts_hold(&x->v->parts, "packages", package))
			verify_find(x->v, "E_MISMATCH", json_text(package, "path"), "no index lists it");
	}
	return got < 0 ? -1 : 0;
}

static void check_all(struct indexes *x)
{
	struct err e = { 0 };
	const char *path;
	json_t *item;

	json_object_foreach(x->items, path, item) {
		if (text_starts(path, "deb/dists/") && text_ends(path, "/Release"))
			check_suite(x, path);
		else if (text_ends(path, "/repodata/repomd.xml"))
			check_base(x, path);
	}
	json_object_foreach(x->items, path, item)
		if (!json_object_get(x->known, path) && !is_copy(x, path, json_text(item, "sha256")))
			verify_find(x->v, "E_MISMATCH", path, "it is no index of what was let out");
	if (check_listed(x, &e))
		verify_find_err(x->v, "release.json", &e);
}

void verify_indexes(struct verifying *v, const json_t *policy)
{
	const json_t *place = json_map(json_map(policy, "channels"), json_text(v->release, "channel")),
		     *components = json_list(json_map(place, "apt"), "components");
	const char *first = json_string_value(json_array_get(components, 0));
	struct indexes x = { .v = v,
		.items = json_object(),
		.known = json_object(),
		.good = json_object(),
		.first = first ? first : "main" };
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(v->release, "indexes"), i, item)
		if (parts_hold(&v->parts, "indexes", item))
			json_object_set(x.items, json_text(item, "path"), (json_t *)item);
	check_all(&x);
	for (i = 0; i < x.scopes.list.len; i++)
		scope_done(&x.scopes.list.at[i]);
	LIST_DONE(&x.scopes.list);
	json_decref(x.items);
	json_decref(x.known);
	json_decref(x.good);
}
