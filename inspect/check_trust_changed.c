/* check_trust_changed.c - whom the machine believes: certificate authorities, keys of repositories, and the repositories themselves.
 *
 * Facts: {"files": {"items": [{"path", "kind": "repository"|"store", "digest"}]}, "bytes": {"keys": {"items": [{"path", "kind", "id", "name"}], "more"},
 * "large": LIST of {"path", "digest"}}}.
 * That another key signed the update itself is signer_changed.h's. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/trust_keys.h"
#include <string.h>

enum { STORE_FROM = 20 /* certificates: a package that has so many is there to bring them */ };

/* ---- facts */

struct looking {
	json_t *facts;
	const char *path;
	bool is_place;
};

static void add_key(void *to, const struct trust_key *key)
{
	const struct looking *l = to;
	json_t *item;

	if ((!l->is_place && !key->is_ca) || (item = fact_add(fact_list_at(l->facts, "keys"))) == NULL)
		return;
	json_set_str(item, "path", l->path);
	json_set_str(item, "kind", key->kind);
	json_set_str(item, "id", key->id);
	json_set_str(item, "name", key->name);
}

static void look(const struct looked *file, json_t *facts)
{
	struct looking l = { facts, file->entry->path, trust_is_place(file->entry->path) };
	const char *kind = file->content.kind;
	bool is_unread = !file->is_whole;

	if (!l.is_place &&
		(config_is_example(l.path) || (strcmp(kind, "certificate") != 0 && strcmp(kind, "text") != 0)))
		return;
	if (file->is_whole)
		is_unread = trust_keys(file->bytes, file->len, add_key, &l) > 0;
	if (is_unread && l.is_place)
		fact_add_unread(facts, file);
}

static const char *kind_of(const char *path)
{
	static const struct {
		const char *pattern, *kind;
	} kinds[] = { { "/etc/apt/sources.list", "repository" }, { "/etc/apt/sources.list.d/*", "repository" },
		{ "/etc/yum.repos.d/*", "repository" }, { "/etc/zypp/repos.d/*", "repository" },
		{ "/etc/apk/repositories", "repository" }, { "/etc/pacman.d/mirrorlist", "repository" },
		{ "/**.jks", "store" }, { "/**/cacerts", "store" }, { "/**/truststore*", "store" },
		{ "/**/cert[89].db", "store" }, { "/**.keystore", "store" } };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_glob(kinds[i].pattern, path))
			return kinds[i].kind;
	return NULL;
}

static const char *read_as(const struct entry *at)
{
	bool is_read = at->type == ENTRY_FILE && (text_starts(at->path, "/etc/") || !config_is_example(at->path));

	return is_read ? kind_of(at->path) : NULL;
}

static bool digests(const struct entry *entry)
{
	return read_as(entry) != NULL;
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *files = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		const char *kind = read_as(at);
		json_t *item = kind ? fact_add(files) : NULL;

		if (item == NULL)
			continue;
		json_set_str(item, "path", at->path);
		json_set_str(item, "kind", kind);
		json_set_str(item, "digest", at->sha256);
	}
	return json_pack("{s:o}", "files", files);
}

/* ---- comparing */

static json_t *ids_of(const json_t *facts)
{
	json_t *ids = json_object(), *item;
	size_t i;

	json_array_foreach(fact_items(json_map(facts, "bytes"), "keys"), i, item)
		if (json_text(item, "id")[0])
			json_object_set_new(ids, json_text(item, "id"), json_true());
	return ids;
}

static const char *name_of(const json_t *item)
{
	return json_text(item, "name")[0] ? json_text(item, "name") : json_text(item, "id");
}

static void tell_keys(struct compare *c, const json_t *facts, json_t *known, bool is_new, bool is_store)
{
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(json_map(facts, "bytes"), "keys"), i, item) {
		bool is_key = strcmp(json_text(item, "kind"), "key") == 0;
		const char *id = json_text(item, "id"), *shown, *text;

		if (*id == 0 || json_object_get(known, id))
			continue;
		json_object_set_new(known, id, json_true());
		shown = arena_printf(c->arena, "%s (%s)", name_of(item), id);
		if (is_new)
			text = arena_printf(c->arena,
				is_key ? "Software signed by %s will be believed from now on."
				       : "Whoever shows a certificate of %s will be believed from now on.",
				name_of(item));
		else
			text = arena_printf(c->arena,
				is_key ? "The key of %s is no longer there: what it signed is refused."
				       : "Certificates of %s are no longer believed.",
				name_of(item));
		finding_add(c,
			!is_new            ? SEVERITY_LOW
				: is_store ? SEVERITY_MEDIUM
					   : SEVERITY_HIGH,
			fact_path(item), is_new ? "" : shown, is_new ? shown : "", text,
			is_new ? "Ask the owner of the key or certificate, by another way than this update, whether it "
				 "is theirs."
			       : "Know what still relies on it.");
	}
}

static void tell_files(struct compare *c)
{
	AUTO_JSON *index = fact_index(fact_items(c->old, "files"));
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(c->new, "files"), i, item) {
		const char *path = fact_path(item), *digest = json_text(item, "digest");
		const json_t *before = fact_find(index, path);
		bool is_store = strcmp(json_text(item, "kind"), "store") == 0;

		if (before && strcmp(json_text(before, "digest"), digest) == 0)
			continue;
		finding_add(c,
			before             ? SEVERITY_MEDIUM
				: is_store ? SEVERITY_MEDIUM
					   : SEVERITY_HIGH,
			path, json_text(before, "digest"), digest,
			arena_printf(c->arena,
				is_store ? "%s decides whom programs believe, and its content is new."
					 : "%s decides where the machine takes its software from, and %s.",
				path, before ? "has changed" : "is new"),
			"Read it (sluice inspect shows it) and let it through only when somebody can say what it is "
			"for.");
	}
}

static void compare(struct compare *c)
{
	AUTO_JSON *old = ids_of(c->old), *new = ids_of(c->new);
	bool is_store = json_object_size(old) >= STORE_FROM;

	if (c->old == NULL)
		return;
	AUTO_JSON *known_old = json_copy(old), *known_new = json_copy(new);
	tell_keys(c, c->new, known_old, true, is_store);
	tell_keys(c, c->old, known_new, false, is_store);
	tell_files(c);
	fact_tell_cut(c, "files");
	c->old = json_map(c->old, "bytes");
	c->new = json_map(c->new, "bytes");
	fact_tell_cut(c, "keys");
	fact_tell_unread(c, c->old, c->new,
		"There are certificates or keys in this file that cannot be read (damaged, too many, or a form that is "
		"not known), so not all can be said about it.",
		NULL, NULL);
}

const struct check check_trust_changed = {
	.id = "trust-changed",
	.severity = SEVERITY_HIGH,
	.waiver = "security-officer",
	.about = "Whom the machine believes: certificate authorities, keys of software repositories, the repositories "
		 "themselves, and the signer of the "
		 "update; new ones, and those that are gone.",
	.why = "Whoever holds a trusted key can sign software or speak for any server. A fingerprint in the "
	       "finding is to be compared with one that came another way than this update. Packages that are "
	       "there to bring certificates change them with every version: there new ones are medium, and gone "
	       "ones low. Not read: Java key stores and NSS databases, of which only a change is told.",
	.look = look,
	.collect = collect,
	.digests = digests,
	.compare = compare,
};
