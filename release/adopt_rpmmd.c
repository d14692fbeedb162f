/* adopt_rpmmd.c - an rpm-md repository that is taken over: repomd.xml, and the elements of its packages as they stand in primary, filelists and other.
 *
 * XML is not parsed but cut: what createrepo_c writes has one form, and what is not of that form (comments, entities in names, a base of its own) is refused. */
#include "base/fs.h"
#include "release/adopt_impl.h"
#include "release/gate/signer_impl.h"
#include "sign/sign.h"
#include <stdlib.h>
#include <string.h>

enum { PRIMARY, FILELISTS, OTHER, DOCUMENTS };
static const char *const kinds[DOCUMENTS] = { "primary", "filelists", "other" };

struct rpmmd {
	struct adopting *a;
	struct slice repomd, documents[DOCUMENTS];
	json_t *files, *changes; /* {PKGID: [offset, length]} */
};

/* ---- cutting */
static const char *find(struct slice s, const char *what)
{
	return s.len ? memmem(s.at, s.len, what, strlen(what)) : NULL;
}

/* Between the two, the first time; false: not there. */
static bool between(struct slice s, const char *before, const char *after, struct slice *ret)
{
	const char *at = find(s, before), *end;

	if (!at)
		return false;
	at += strlen(before);
	end = find((struct slice){ at, (size_t)(s.at + s.len - at) }, after);
	if (!end)
		return false;
	*ret = (struct slice){ at, (size_t)(end - at) };
	return true;
}

static const char *copy_of(struct rpmmd *x, struct slice s)
{
	return arena_copy(&x->a->arena, s.at, s.len);
}

/* The next element "<package ...>...</package>"; false: no more. */
static bool next_package(struct slice *rest, struct slice *ret)
{
	static const char end[] = "</package>";
	const char *at = find(*rest, "<package "), *close;

	if (!at)
		return false;
	close = find((struct slice){ at, (size_t)(rest->at + rest->len - at) }, end);
	if (!close)
		return false;
	close += strlen(end);
	*ret = (struct slice){ at, (size_t)(close - at) };
	*rest = (struct slice){ close, (size_t)(rest->at + rest->len - close) };
	return true;
}

/* ---- repomd.xml */
static bool is_kind(const char *kind)
{
	for (size_t i = 0; i < DOCUMENTS; i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

/* What a channel has no place for is told. */
static void tell_others(struct rpmmd *x)
{
	struct slice rest = x->repomd, kind;

	while (between(rest, "<data type=\"", "\"", &kind)) {
		const char *name = copy_of(x, kind);
		size_t len = strlen(name);
		bool is_database = len > 3 && strcmp(name + len - 3, "_db") == 0;

		if (!is_kind(name) && !is_database && strcmp(name, "primary_zck") != 0 && !text_ends(name, "_zck"))
			adopt_left(x->a, name, "", "", "this part of repomd.xml is not taken over");
		rest = (struct slice){ kind.at, (size_t)(rest.at + rest.len - kind.at) };
	}
}

static int read_document(struct rpmmd *x, size_t which, struct err *e)
{
	AUTO_FREE char *begin = mem_printf("<data type=\"%s\">", kinds[which]);
	struct adopt_promise promise = { 0 };
	struct slice data, sum, href, size;
	const char *path, *number;

	if (!between(x->repomd, begin, "</data>", &data))
		return err_input(e, "E_METADATA", "repodata/repomd.xml: it names no '%s'", kinds[which]);
	if (!between(data, "<checksum type=\"sha256\">", "</checksum>", &sum) || sum.len != 64)
		return err_input(e, "E_DIGEST_WEAK", "repodata/repomd.xml: '%s' has no sha256", kinds[which]);
	if (!between(data, "<location href=\"", "\"", &href) || !between(data, "<size>", "</size>", &size))
		return err_input(e, "E_METADATA", "repodata/repomd.xml: '%s' has no place or size", kinds[which]);
	memcpy(promise.sha256, sum.at, 64);
	number = copy_of(x, size);
	promise.size = strtoull(number, NULL, 10);
	path = copy_of(x, href);
	return adopt_read(x->a, path, &promise, &x->documents[which], e) ? err_wrap(e, "%s", kinds[which]) : 0;
}

static int check_signature(struct rpmmd *x, struct err *e)
{
	const struct adopt_promise any = { 0 };
	struct sig_data data = { .fd = -1, .bytes = x->repomd.at, .len = x->repomd.len };
	struct sig_verdict verdict;
	AUTO(keyring) ring = { 0 };
	struct slice sig;

	if (!x->a->w->keyring)
		return 0;
	if (keyring_open(&ring, e) || keyring_add_file(&ring, x->a->w->keyring, e) ||
		adopt_read(x->a, "repodata/repomd.xml.asc", &any, &sig, e) ||
		sig_verify_detached(&ring, &data, sig.at, sig.len, NULL, 0, 0, &verdict, e))
		return err_wrap(e, "repodata/repomd.xml");
	memcpy(x->a->signer, verdict.fingerprint, sizeof x->a->signer);
	return 0;
}

/* ---- packages */
static int index_elements(struct rpmmd *x, size_t which, json_t *ret, struct err *e)
{
	struct slice rest = x->documents[which], element, id;

	while (next_package(&rest, &element)) {
		if (!between(element, "pkgid=\"", "\"", &id) || id.len != 64)
			return err_input(e, "E_METADATA", "%s: a package without a sha256 as its pkgid", kinds[which]);
		AUTO_FREE char *key = strndup(id.at, id.len);

		if (json_object_get(ret, key))
			return err_input(e, "E_DUPLICATE_NAME", "%s: two packages %s", kinds[which], key);
		json_object_set_new(ret, key,
			json_pack(
				"[I, I]", (json_int_t)(element.at - x->documents[which].at), (json_int_t)element.len));
	}
	return 0;
}

static bool element_of(const struct rpmmd *x, size_t which, const json_t *map, const char *key, struct slice *ret)
{
	const json_t *at = json_object_get(map, key);

	if (!at)
		return false;
	*ret = (struct slice){ x->documents[which].at + json_integer_value(json_array_get(at, 0)),
		(size_t)json_integer_value(json_array_get(at, 1)) };
	return true;
}

/* "1:2.0-3" of <version epoch="1" ver="2.0" rel="3"/>. */
static const char *version_of(struct rpmmd *x, struct slice element)
{
	struct slice tag, epoch, version, release;

	if (!between(element, "<version ", "/>", &tag) || !between(tag, "epoch=\"", "\"", &epoch) ||
		!between(tag, "ver=\"", "\"", &version) || !between(tag, "rel=\"", "\"", &release))
		return "";
	if (slice_is(epoch, "0"))
		return arena_printf(
			&x->a->arena, "%.*s-%.*s", (int)version.len, version.at, (int)release.len, release.at);
	return arena_printf(&x->a->arena, "%.*s:%.*s-%.*s", (int)epoch.len, epoch.at, (int)version.len, version.at,
		(int)release.len, release.at);
}

static const char *text_of(struct rpmmd *x, struct slice element, const char *before, const char *after)
{
	struct slice found;

	return between(element, before, after, &found) ? copy_of(x, found) : "";
}

static int add_element(struct rpmmd *x, struct slice element, struct err *e)
{
	struct adopt_package p = { .name = text_of(x, element, "<name>", "</name>"),
		.architecture = text_of(x, element, "<arch>", "</arch>"),
		.version = version_of(x, element),
		.location = text_of(x, element, "<location href=\"", "\"/>"),
		.component = "",
		.own = element };
	const char *sha256 = text_of(x, element, "<checksum type=\"sha256\" pkgid=\"YES\">", "</checksum>"),
		   *size = text_of(x, element, "<size package=\"", "\"");

	if (strcmp(p.architecture, "src") == 0 || strcmp(p.architecture, "nosrc") == 0) {
		adopt_left(x->a, p.name, p.version, p.architecture, "a channel has no source packages");
		return 0;
	}
	if (digest_is_hex(sha256))
		memcpy(p.sha256, sha256, sizeof p.sha256);
	if (strlen(size) <= 15 && strspn(size, "0123456789") == strlen(size))
		p.size = strtoull(size, NULL, 10);
	if (!element_of(x, FILELISTS, x->files, p.sha256, &p.files) ||
		!element_of(x, OTHER, x->changes, p.sha256, &p.changes))
		return err_input(e, "E_METADATA", "%s %s: it is not in filelists and other, or has no sha256", p.name,
			p.version);
	return adopt_add(x->a, &p, e);
}

static int add_elements(struct rpmmd *x, struct err *e)
{
	struct slice rest = x->documents[PRIMARY], element;

	while (next_package(&rest, &element))
		if (add_element(x, element, e))
			return -1;
	return find(rest, "<package ") ? err_input(e, "E_TRUNCATED", "primary: it ends within a package") : 0;
}

/* The repository is of one machine's kind, whatever else lies in it (32 bit packages beside those of 64): all of it stays together. */
static void fix_path(struct adopting *a)
{
	static const char variable[] = "$basearch";
	const char *at = strstr(a->path, variable), *arch = NULL;
	char *fixed;

	for (size_t i = 0; i < a->list.len; i++) {
		const char *own = a->list.at[i].architecture;

		if (strcmp(own, "noarch") != 0 && (!arch || (own[0] != 'i' && arch[0] == 'i')))
			arch = own;
	}
	if (!at)
		return;
	fixed = mem_printf("%.*s%s%s", (int)(at - a->path), a->path, arch ? arch : "x86_64", at + strlen(variable));
	free(a->path);
	a->path = fixed;
}

static int read_all(struct rpmmd *x, struct err *e)
{
	const struct adopt_promise any = { 0 };

	if (adopt_read(x->a, "repodata/repomd.xml", &any, &x->repomd, e) || check_signature(x, e))
		return -1;
	for (size_t i = 0; i < DOCUMENTS; i++)
		if (read_document(x, i, e))
			return -1;
	tell_others(x);
	return index_elements(x, FILELISTS, x->files, e) || index_elements(x, OTHER, x->changes, e) ||
			add_elements(x, e)
		? -1
		: 0;
}

int adopt_read_rpmmd(struct adopting *a, struct err *e)
{
	struct rpmmd x = { .a = a, .files = json_object(), .changes = json_object() };
	int status = read_all(&x, e);

	if (status == 0)
		fix_path(a);
	json_decref(x.files);
	json_decref(x.changes);
	return status;
}

static char *element_text(struct slice s)
{
	return mem_printf("%.*s\n", (int)s.len, s.at);
}

int adopt_fragment_rpmmd(
	const struct adopt_package *p, const json_t *package, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *own = element_text(p->own), *files = element_text(p->files),
		       *changes = element_text(p->changes);
	AUTO_JSON *fragment = json_pack("{s:s, s:s, s:s}", "primary", own, "filelists", files, "other", changes);

	if (!fragment)
		return err_input(e, "E_NAME_ENCODING", "%s: what the index says of it is not UTF-8", p->location);
	if (fragment_fits_rpmmd(package, fragment, e))
		return err_member(e, p->location);
	return json_canonical(fragment, ret, ret_len, e);
}
