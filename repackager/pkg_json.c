/* pkg_json.c - the package model as JSON; the keys are a contract. */
#include "repackager/pkg_json.h"
#include "base/when.h"
#include "sign/packets.h"
#include <stdio.h>

static void set_bytes(json_t *object, const char *key, const char *text)
{
	json_set_str(object, key, text);
}

json_t *relation_json(const struct relation *r)
{
	static const char *const trees[] = { "", "or", "and", "if", "unless", "with", "without", "else" };
	json_t *object = json_object(), *parts = json_array();

	json_set_str(object, "kind", rel_kind_name(r->kind));
	set_bytes(object, "name", r->name);
	json_set_str(object, "operator", rel_op_name(r->op));
	set_bytes(object, "version", r->version);
	for (size_t i = 0; i < r->parts_len; i++)
		json_array_append_new(parts, relation_json(&r->parts[i]));
	json_object_set_new(object, "alternatives", parts);
	if (r->tree != REL_PLAIN)
		json_set_str(object, "tree", trees[r->tree]);
	if (r->arch[0])
		json_set_str(object, "architecture", r->arch);
	set_bytes(object, "text", r->text);
	return object;
}

static json_t *script_json(const struct script *s)
{
	json_t *object = json_object();

	json_set_str(object, "event", event_kind_name(s->event));
	json_set_str(object, "source", s->source);
	set_bytes(object, "interpreter", s->interpreter);
	json_set_bytes(object, "body", s->body, s->len);
	if (s->trigger[0])
		set_bytes(object, "trigger", s->trigger);
	if (s->priority)
		json_object_set_new(object, "priority", json_integer(s->priority));
	return object;
}

static json_t *flags_json(uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = { { ENTRY_CONFIG, "config" }, { ENTRY_NOREPLACE, "noreplace" }, { ENTRY_DOC, "doc" },
		{ ENTRY_LICENSE, "license" }, { ENTRY_GHOST, "ghost" }, { ENTRY_MISSINGOK, "missingok" },
		{ ENTRY_README, "readme" }, { ENTRY_ARTIFACT, "artifact" } };
	json_t *list = json_array();

	for (size_t i = 0; i < COUNT(names); i++)
		if (flags & names[i].flag)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static void set_owner(json_t *object, const char *key, const char *name, int64_t id)
{
	char number[24] = "";

	if (!name[0] && id >= 0)
		snprintf(number, sizeof number, "%lld", (long long)id);
	set_bytes(object, key, name[0] ? name : number);
}

static void set_xattrs(json_t *object, const struct entry *entry)
{
	json_t *xattrs = json_object();

	for (size_t i = 0; i < entry->xattrs_len; i++) {
		const struct xattr *x = &entry->xattrs[i];
		json_set_bytes(xattrs, x->name, (const char *)x->value, x->len);
	}
	json_object_set_new(object, "xattrs", xattrs);
}

static json_t *entry_json(const struct entry *entry)
{
	json_t *object = json_object();
	char mode[8], mtime[32];

	snprintf(mode, sizeof mode, "%04o", (unsigned)(entry->mode & 07777));
	when_utc(entry->mtime, mtime);
	set_bytes(object, "path", entry->path);
	json_set_str(object, "type", entry_type_name(entry->type));
	json_set_str(object, "mode", mode);
	set_owner(object, "owner", entry->owner, entry->uid);
	set_owner(object, "group", entry->group, entry->gid);
	json_object_set_new(object, "size", json_integer((json_int_t)entry->size));
	json_set_str(object, "mtime", mtime);
	json_set_str(object, "sha256", entry->sha256);
	set_bytes(object, "target", entry->target);
	json_object_set_new(object, "flags", flags_json(entry->flags));
	set_bytes(object, "capabilities", entry->capabilities);
	if (entry->xattrs_len > 0)
		set_xattrs(object, entry);
	if (entry->selinux[0])
		set_bytes(object, "selinux", entry->selinux);
	if (entry->acl[0] || entry->acl_default[0]) {
		set_bytes(object, "acl", entry->acl);
		set_bytes(object, "acl_default", entry->acl_default);
	}
	if (entry->type == ENTRY_CHAR || entry->type == ENTRY_BLOCK)
		json_object_set_new(object, "device", json_sprintf("%u:%u", entry->dev_major, entry->dev_minor));
	return object;
}

static json_t *package_json(const struct pkg *p)
{
	const struct {
		const char *key, *value;
	} texts[] = { { "name", p->name }, { "version", p->version }, { "release", p->release },
		{ "architecture", p->architecture }, { "architecture_native", p->architecture_native },
		{ "summary", p->summary }, { "description", p->description }, { "license", p->license },
		{ "vendor", p->vendor }, { "maintainer", p->maintainer }, { "homepage", p->homepage } };
	json_t *object = json_object(), *relations = json_array(), *scripts = json_array(), *triggers = json_array(),
	       *fields = json_object();

	for (size_t i = 0; i < COUNT(texts); i++)
		set_bytes(object, texts[i].key, texts[i].value);
	json_object_set_new(object, "epoch", json_integer(p->epoch));
	for (size_t i = 0; i < p->relations.len; i++)
		json_array_append_new(relations, relation_json(&p->relations.at[i]));
	for (size_t i = 0; i < p->scripts.len; i++)
		json_array_append_new(scripts, script_json(&p->scripts.at[i]));
	for (size_t i = 0; i < p->triggers.len; i++)
		json_array_append_new(triggers, json_string(p->triggers.at[i].text));
	for (size_t i = 0; i < p->fields.len; i++)
		set_bytes(fields, p->fields.at[i].name, p->fields.at[i].value);
	json_object_set_new(object, "fields", fields);
	json_object_set_new(object, "relations", relations);
	json_object_set_new(object, "scripts", scripts);
	json_object_set_new(object, "triggers", triggers);
	return object;
}

/* The key is the one that the signature names; whether it made it nobody has looked at. */
static json_t *signature_json(const struct signature *s)
{
	static const char *const covers[] = { "header", "payload", "file" };
	char key[65];

	sig_issuer(s->blob, s->len, key);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "openpgp", "key", key, "covers", covers[s->covers],
		"status", "not-checked", "source", s->source);
}

json_t *loss_json(const struct loss *l)
{
	json_t *object = json_object();

	json_set_str(object, "target", l->target);
	set_bytes(object, "what", l->what);
	json_set_str(object, "why", l->why);
	json_set_str(object, "class", l->class == LOSS_BEHAVIOUR ? "behaviour" : "note");
	return object;
}

static json_t *warning_json(const struct warning *w)
{
	json_t *object = json_object();

	json_set_str(object, "code", w->code);
	set_bytes(object, "where", w->where);
	set_bytes(object, "text", w->text);
	return object;
}

json_t *pkg_json(const struct pkg *p, const char *path, uint64_t size, const char *sha256)
{
	json_t *object = json_object(), *file = json_object(), *entries = json_array(), *signatures = json_array(),
	       *warnings = json_array();

	set_bytes(file, "path", path);
	json_object_set_new(file, "size", json_integer((json_int_t)size));
	json_set_str(file, "sha256", sha256);
	for (size_t i = 0; i < p->entries.len; i++)
		json_array_append_new(entries, entry_json(&p->entries.at[i]));
	for (size_t i = 0; i < p->signatures.len; i++)
		json_array_append_new(signatures, signature_json(&p->signatures.at[i]));
	for (size_t i = 0; i < p->warnings.len; i++)
		json_array_append_new(warnings, warning_json(&p->warnings.at[i]));
	json_set_str(object, "format", p->format);
	json_object_set_new(object, "file", file);
	json_object_set_new(object, "package", package_json(p));
	json_object_set_new(object, "entries", entries);
	json_object_set_new(object, "signatures", signatures);
	json_object_set_new(object, "warnings", warnings);
	return object;
}
