/* signer_index.c - the repository indexes of a channel's packages, from stored fragments; signed with the release key. */
#include "base/text.h"
#include "formats/index.h"
#include "release/gate/index_scope.h"
#include "release/gate/signer_impl.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct indexing {
	struct key_process *k;
	struct snapshot *s;
	const char *folder; /* for the new documents */
	char *before;       /* of the documents before */
	struct signer *key;
	struct index_set *files;
	struct ahead ahead; /* those of each base */
};

/* ---- files and their lines in release.json */

static void list_item(struct indexing *x, const struct index_item *item)
{
	json_array_append_new(x->s->indexes,
		json_pack(
			"{s:s, s:s, s:I}", "path", item->path, "sha256", item->sha256, "size", (json_int_t)item->len));
}

static void add_text(struct indexing *x, char *path, const char *text)
{
	list_item(x, index_set_add(x->files, path, mem_strdup(text), strlen(text)));
}

static void add_document(struct indexing *x, char *path, const char *file, const char *sha256, uint64_t size)
{
	list_item(x, index_set_add_file(x->files, path, mem_strdup(file), sha256, size));
}

static int add_signature(struct indexing *x, enum sign_mode mode, const char *text, char *path, struct err *e)
{
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };
	char *signature;
	size_t len;

	if (signer_sign(x->key, mode, &data, &signature, &len, e)) {
		free(path);
		return err_wrap(e, "signing an index");
	}
	list_item(x, index_set_add(x->files, path, signature, len));
	return 0;
}

/* ---- one document */

struct loading {
	struct indexing *x;
	const char *member; /* of an rpm-md fragment, or contents_member; NULL: Packages */
};
static const char contents_member[] = "contents";

static int load_rpmmd(struct loading *l, const json_t *package, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_JSON *fragment = source_json(&l->x->k->source.source, json_text(package, "fragment"), e);

	if (!fragment || fragment_fits_rpmmd(package, fragment, e))
		return -1;
	*ret = mem_strdup(json_text(fragment, l->member));
	*ret_len = strlen(*ret);
	return 0;
}

static int load_apt(struct loading *l, const json_t *package, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len;

	if (source_get(&l->x->k->source.source, json_text(package, "fragment"), &text, &len, e) ||
		fragment_fits_apt(package, text, len, e))
		return -1;
	*ret = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

static int load_contents(struct loading *l, const json_t *package, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len;

	if (source_get(&l->x->k->source.source, json_text(package, contents_member), &text, &len, e) ||
		fragment_fits_contents(package, text, len, e))
		return -1;
	*ret = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

static int load(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	struct loading *l = context;
	const json_t *package = entry->from;

	if (l->member == contents_member ? load_contents(l, package, ret, ret_len, e)
			: l->member      ? load_rpmmd(l, package, ret, ret_len, e)
					 : load_apt(l, package, ret, ret_len, e))
		return err_wrap(e, "the index fragment of %s", json_text(package, "name"));
	return 0;
}

struct lists {
	LIST(struct doc_entry) added;
	LIST(const char *) removed;
};

static void list_added(struct lists *l, const struct index_scope *scope, const json_t *packages)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package)
		if (index_holds(scope, package))
			*LIST_ADD(&l->added) = (struct doc_entry){ json_text(package, "path"),
				json_text(package, "sha256"), package };
}

static int try_document(struct indexing *x, const char *before, const char *after, const struct doc_form *form,
	const char *member, const struct lists *lists, struct doc *ret, struct err *e)
{
	struct loading loading = { x, member };
	struct doc_change change = { lists->added.at, lists->added.len, lists->removed.at, lists->removed.len, load,
		&loading };

	return index_doc_write(before, after, form, &change, ret, e);
}

/* From the one before and the difference. */
static int next_document(struct indexing *x, const char *name, const struct index_scope *scope,
	const struct doc_form *form, const char *member, struct doc *ret, struct err *e)
{
	AUTO_FREE char *before = mem_printf("%s/%s", x->before, name), *after = mem_printf("%s/%s", x->folder, name);
	struct lists lists = { 0 };
	size_t i;
	json_t *package;
	int status;

	list_added(&lists, scope, x->s->fresh);
	json_array_foreach(x->s->gone, i, package)
		if (index_holds(scope, package))
			*LIST_ADD(&lists.removed) = json_text(package, "path");
	status = try_document(x, before, after, form, member, &lists, ret, e);
	LIST_DONE(&lists.added);
	LIST_DONE(&lists.removed);
	return status;
}

/* ---- from all packages, where there is none before or it is damaged */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct doc_entry *)a)->key, ((const struct doc_entry *)b)->key);
}

/* Those that stay, from the list that was signed last. */
static int read_kept(struct indexing *x, const struct index_scope *scope, json_t *ret, struct err *e)
{
	AUTO_JSON *gone = json_object();
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	json_t *package;
	size_t i;
	int got;

	if (!x->s->before)
		return 0;
	json_array_foreach(x->s->gone, i, package)
		json_object_set_new(gone, json_text(package, "path"), json_true());
	if (snap_open(&reader, x->s->before, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0 && item.list == SNAP_PACKAGES) {
		AUTO_JSON *one = snap_item_json(&item, e);

		if (!one)
			return -1;
		if (index_holds(scope, one) && !json_object_get(gone, json_text(one, "path")))
			json_array_append(ret, one);
	}
	return got < 0 ? -1 : 0;
}

static void drop_twins(struct lists *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->added.len; i++)
		if (!kept || by_path(&l->added.at[i], &l->added.at[kept - 1]) != 0)
			l->added.at[kept++] = l->added.at[i];
	l->added.len = kept;
}

/* Of an attempt from a damaged one. */
static void remove_attempt(const char *after)
{
	static const char *const suffixes[] = { "", ".gz", ".lz4", ".pieces" };

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		AUTO_FREE char *path = mem_printf("%s%s", after, suffixes[i]);

		(void)unlink(path);
	}
}

static int whole_document(struct indexing *x, const char *name, const struct index_scope *scope,
	const struct doc_form *form, const char *member, struct doc *ret, struct err *e)
{
	AUTO_FREE char *after = mem_printf("%s/%s", x->folder, name);
	AUTO_JSON *kept = json_array();
	struct lists lists = { 0 };
	int status;

	remove_attempt(after);
	if (read_kept(x, scope, kept, e))
		return -1;
	list_added(&lists, scope, kept);
	list_added(&lists, scope, x->s->fresh);
	if (lists.added.len > 1)
		qsort(lists.added.at, lists.added.len, sizeof *lists.added.at, by_path);
	drop_twins(&lists);
	status = try_document(x, NULL, after, form, member, &lists, ret, e);
	LIST_DONE(&lists.added);
	return status;
}

/* A document's name in the signer's memory: no folder of its own. */
static char *name_of(const char *first, const char *second)
{
	char *name = mem_printf("%s-%s", first, second);

	for (char *at = name; *at; at++)
		if (*at == '/')
			*at = '%';
	return name;
}

static int make_document(struct indexing *x, const char *name, const struct index_scope *scope,
	const struct doc_form *form, const char *member, struct doc *ret, struct err *e)
{
	AUTO_FREE char *table = mem_printf("%s/%s.pieces", x->before, name);
	struct err ignored = { 0 };

	if (access(table, F_OK) == 0 && next_document(x, name, scope, form, member, ret, &ignored) == 0)
		return 0;
	return whole_document(x, name, scope, form, member, ret, e);
}

/* ---- apt */

/* Each file, and its copy under its hash: the copy stays reachable when the next snapshot takes the name. */
static void add_with_hash(
	struct indexing *x, const char *suite, const char *path, const char *file, const char *sha256, uint64_t size)
{
	int folder = (int)(strrchr(path, '/') - path);

	add_document(x, mem_printf("deb/dists/%s/%s", suite, path), file, sha256, size);
	add_document(
		x, mem_printf("deb/dists/%s/%.*s/by-hash/SHA256/%s", suite, folder, path, sha256), file, sha256, size);
}

static int add_packages(
	struct indexing *x, const struct index_scope *scope, const char *path, struct doc *ret, struct err *e)
{
	AUTO_FREE char *packed = mem_printf("%s.gz", path), *below = mem_printf("%s/%s", scope->component, scope->arch),
		       *name = name_of(scope->suite, below), *plain_file = mem_printf("%s/%s", x->folder, name),
		       *packed_file = mem_printf("%s.gz", plain_file);

	if (make_document(x, name, scope, &apt_form, NULL, ret, e))
		return -1;
	add_with_hash(x, scope->suite, path, plain_file, ret->open_sha256, ret->open_size);
	add_with_hash(x, scope->suite, packed, packed_file, ret->sha256, ret->size);
	return 0;
}

static int add_contents(
	struct indexing *x, const struct index_scope *scope, const char *path, struct doc *ret, struct err *e)
{
	AUTO_FREE char *packed = mem_printf("%s.gz", path), *name = name_of(scope->suite, path),
		       *file = mem_printf("%s/%s.gz", x->folder, name);

	if (make_document(x, name, scope, &contents_form, contents_member, ret, e))
		return -1;
	add_with_hash(x, scope->suite, packed, file, ret->sha256, ret->size);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct words {
	LIST(const char *) list;
};

static void add_word(struct words *w, const char *word)
{
	for (size_t i = 0; i < w->list.len; i++)
		if (strcmp(w->list.at[i], word) == 0)
			return;
	*LIST_ADD(&w->list) = word;
}

static void add_words(struct words *w, const json_t *list)
{
	size_t i;
	json_t *word;

	json_array_foreach(list, i, word)
		if (json_is_string(word))
			add_word(w, json_string_value(word));
}

/* The architectures of a suite: its packages' and the policy's; amd64 when there are none. */
static void architectures(const struct indexing *x, json_t *archs, struct words *ret)
{
	const char *arch;
	json_t *any;

	json_object_foreach(archs, arch, any)
		add_word(ret, arch);
	add_words(ret, json_list(json_map(x->s->place, "apt"), "architectures"));
	if (!ret->list.len)
		add_word(ret, "amd64");
	qsort(ret->list.at, ret->list.len, sizeof *ret->list.at, by_name);
}

/* The policy's, in its order; then those of packages that came when the policy had more. */
static void components(const struct indexing *x, const char *suite, struct words *ret)
{
	const char *component;
	json_t *any;

	add_words(ret, json_list(json_map(x->s->place, "apt"), "components"));
	if (!ret->list.len)
		add_word(ret, "main");
	json_object_foreach(json_object_get(x->s->components, suite), component, any)
		add_word(ret, component);
}

struct apt_documents {
	LIST(struct apt_document) list;
};

static int add_component(struct indexing *x, const char *suite, const char *component, bool is_first,
	const struct words *archs, struct apt_documents *ret, struct err *e)
{
	for (size_t i = 0; i < 2 * archs->list.len; i++) {
		struct index_scope scope = { .suite = suite,
			.component = component,
			.arch = archs->list.at[i / 2],
			.is_contents = i % 2,
			.is_first = is_first };
		char *path = scope.is_contents ? apt_contents_path(component, scope.arch)
					       : apt_document_path(component, scope.arch);

		LIST_ADD(&ret->list)->path = path;
		if ((scope.is_contents ? add_contents : add_packages)(
			    x, &scope, path, &ret->list.at[ret->list.len - 1].doc, e))
			return -1;
	}
	return 0;
}

/* The policy's word on a field of Release: "" leaves it out, nothing said makes it the other one. */
static const char *field(const json_t *apt, const char *key, const char *other)
{
	return json_object_get(apt, key) ? json_text(apt, key) : other;
}

static char *release_of(const struct indexing *x, const char *suite, const struct words *archs,
	const struct words *parts, const struct apt_documents *documents)
{
	const json_t *apt = json_map(x->s->place, "apt");
	const char *origin = json_text(apt, "origin"), *label = json_text(apt, "label"), *own = json_text(apt, "suite"),
		   *organisation = json_text(policies_now(&x->k->chain)->json, "organisation");
	bool is_own = strcmp(*own ? own : x->s->channel, suite) ==
		0; /* what the policy calls it is its own suite alone */
	struct apt_release r = { .origin = *origin ? origin : organisation,
		.label = *label ? label : organisation,
		.suite = is_own ? field(apt, "release-suite", suite) : suite,
		.codename = is_own ? field(apt, "codename", suite) : suite,
		.description = "let out by sluice",
		.date = x->k->now,
		.valid_until = x->s->valid_until,
		.components = parts->list.at,
		.components_len = parts->list.len,
		.architectures = archs->list.at,
		.architectures_len = archs->list.len,
		.documents = documents->list.at,
		.documents_len = documents->list.len };

	return apt_release_text(&r);
}

static int sign_apt(struct indexing *x, const char *suite, const char *text, struct err *e)
{
	add_text(x, mem_printf("deb/dists/%s/Release", suite), text);
	return add_signature(x, SIGN_CLEAR, text, mem_printf("deb/dists/%s/InRelease", suite), e) ||
			add_signature(x, SIGN_DETACHED_ARMOR, text, mem_printf("deb/dists/%s/Release.gpg", suite), e)
		? -1
		: 0;
}

static int write_apt(struct indexing *x, const char *suite, json_t *archs, struct err *e)
{
	struct words own = { 0 }, parts = { 0 };
	struct apt_documents documents = { 0 };
	int status = 0;

	architectures(x, archs, &own);
	components(x, suite, &parts);
	for (size_t i = 0; i < parts.list.len && status == 0; i++)
		status = add_component(x, suite, parts.list.at[i], i == 0, &own, &documents, e);
	if (status == 0) {
		AUTO_FREE char *text = release_of(x, suite, &own, &parts, &documents);

		status = sign_apt(x, suite, text, e);
	}
	for (size_t i = 0; i < documents.list.len; i++)
		free((char *)(uintptr_t)documents.list.at[i].path);
	LIST_DONE(&documents.list);
	LIST_DONE(&own.list);
	LIST_DONE(&parts.list);
	return status ? err_wrap(e, "apt suite %s", suite) : 0;
}

/* ---- rpm-md */

static int make_updates(struct indexing *x, const char *base, const char *name, struct doc *ret, struct err *e)
{
	AUTO_FREE char *before = mem_printf("%s/%s", x->before, name), *after = mem_printf("%s/%s", x->folder, name),
		       *table = mem_printf("%s.pieces", before);
	const char *organisation = json_text(policies_now(&x->k->chain)->json, "organisation");
	struct err ignored = { 0 };

	if (access(table, F_OK) == 0 && updates_next(x->s, base, organisation, before, after, ret, &ignored) == 0)
		return 0;
	remove_attempt(after);
	return updates_whole(x->s, base, organisation, after, ret, e);
}

static int make_rpmmd(struct indexing *x, const char *base, size_t i, struct doc *ret, struct err *e)
{
	struct index_scope scope = { .base = base };
	AUTO_FREE char *name = name_of(base, rpmmd_forms[i].type), *file = mem_printf("%s/%s", x->folder, name);

	if (i == RPMMD_UPDATES)
		return make_updates(x, base, name, ret, e);
	remove_attempt(file);
	return make_document(x, name, &scope, &rpmmd_forms[i].form, rpmmd_forms[i].type, ret, e);
}

/* Half of the work: the lists and the documents of apt are made meanwhile. */
static int make_ahead(void *context, size_t i, struct doc *ret, struct err *e)
{
	struct indexing *x = context;
	size_t at = i / RPMMD_DOCUMENTS;
	const char *base;
	json_t *any;

	json_object_foreach(x->s->bases, base, any)
		if (at-- == 0)
			return make_rpmmd(x, base, i % RPMMD_DOCUMENTS, ret, e);
	return -1;
}

static int make_bases(
	struct indexing *x, const char *base, size_t at, struct doc documents[RPMMD_DOCUMENTS], struct err *e)
{
	bool is_mine[RPMMD_DOCUMENTS] = { false };

	for (size_t i = RPMMD_DOCUMENTS;
		i-- > 0;) { /* from the end, since the other process comes from the beginning */
		is_mine[i] = ahead_begin(&x->ahead, at * RPMMD_DOCUMENTS + i);
		if (is_mine[i] && make_rpmmd(x, base, i, &documents[i], e))
			return -1;
	}
	for (size_t i = 0; i < RPMMD_DOCUMENTS; i++)
		if (!is_mine[i] && !ahead_take(&x->ahead, at * RPMMD_DOCUMENTS + i, &documents[i]) &&
			make_rpmmd(x, base, i, &documents[i], e))
			return -1;
	return 0;
}

/* at: its place among the bases. */
static int write_rpmmd(struct indexing *x, const char *base, size_t at, struct err *e)
{
	struct doc documents[RPMMD_DOCUMENTS];
	AUTO_FREE char *text = NULL;

	if (make_bases(x, base, at, documents, e))
		return err_wrap(e, "%s", base);
	for (size_t i = 0; i < RPMMD_DOCUMENTS; i++) {
		AUTO_FREE char *name = name_of(base, rpmmd_forms[i].type),
			       *path = rpmmd_document_path(i, &documents[i]),
			       *file = mem_printf("%s/%s.gz", x->folder, name);

		add_document(x, mem_printf("%s/%s", base, path), file, documents[i].sha256, documents[i].size);
	}
	text = rpmmd_text(documents, x->k->now);
	add_text(x, mem_printf("%s/repodata/repomd.xml", base), text);
	return add_signature(x, SIGN_DETACHED_ARMOR, text, mem_printf("%s/repodata/repomd.xml.asc", base), e);
}

static int write_all(struct indexing *x, struct err *e)
{
	const char *name;
	json_t *archs;
	size_t at = 0;

	json_object_foreach(x->s->suites, name, archs)
		if (write_apt(x, name, archs, e))
			return -1;
	json_object_foreach(x->s->bases, name, archs)
		if (write_rpmmd(x, name, at++, e))
			return -1;
	return 0;
}

struct indexing *indexes_begin(struct key_process *k, struct snapshot *s, const char *folder)
{
	struct indexing *x = mem_alloc(sizeof *x);

	*x = (struct indexing){
		.k = k, .s = s, .folder = folder, .before = state_documents(k, s->channel, json_int(s->last, "serial"))
	};
	ahead_start(&x->ahead, json_object_size(s->bases) * RPMMD_DOCUMENTS, make_ahead, x);
	return x;
}

int indexes_write(struct indexing *x, struct signer *key, struct index_set *files, struct err *e)
{
	x->key = key;
	x->files = files;
	return write_all(x, e);
}

void indexes_done(struct indexing *x)
{
	ahead_done(&x->ahead);
	free(x->before);
	free(x);
}
