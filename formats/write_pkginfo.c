/* write_pkginfo.c - .PKGINFO as pacman and apk read it, and what they would refuse. */
#include "formats/pax_out.h"
#include "formats/pkginfo.h"
#include "formats/relation.h"
#include "formats/tar_out.h"
#include "formats/write_pacman.h"
#include <string.h>

void pkginfo_add(struct text *t, const char *key, const char *value)
{
	text_field(t, key, " = ", value);
}

static int cannot_say(const struct relation *r, enum family f, struct err *e)
{
	return err_input(e, "E_METADATA", "%s: %s cannot say '%s'", rel_kind_name(r->kind), family_name(f),
		*r->text ? r->text : r->name);
}

/* What was written for this package manager stays as it was while it still says the same: "name~1.2", "name: what it is for". */
static const char *as_written(struct arena *a, enum family f, const struct relation *r, const char *plain)
{
	size_t len = strlen(plain);
	struct pkg again;
	struct err ignored = { 0 };
	const char *text = plain;

	if (r->kind == REL_SUGGESTS)
		return strncmp(r->text, plain, len) == 0 && r->text[len] == ':' ? r->text : plain;
	if (f != FAMILY_APK || r->tree != REL_PLAIN || !strchr(r->text, '~'))
		return plain;
	pkg_init(&again, 0);
	if (pkginfo_relation(&again, f, r->kind, slice_of(r->text), &ignored) == 0 && again.relations.len == 1 &&
		strcmp(again.relations.at[0].name, r->name) == 0 && again.relations.at[0].op == r->op &&
		strcmp(again.relations.at[0].version, r->version) == 0)
		text = r->text;
	pkg_done(&again);
	return text;
}

int pkginfo_add_relations(
	struct text *t, const struct pkg *pkg, enum family f, const char *key, unsigned kinds, struct err *e)
{
	AUTO(arena) arena = { 0 };

	for (size_t i = 0; i < pkg->relations.len; i++) {
		const struct relation *r = &pkg->relations.at[i];
		const char *text;

		if (!(kinds >> r->kind & 1))
			continue;
		text = relation_text(f, &arena, r);
		if (!text)
			return cannot_say(r, f, e);
		pkginfo_add(t, key, as_written(&arena, f, r, text));
	}
	return 0;
}

void pkginfo_add_fields(struct text *t, const struct pkg *pkg, const char *const *keys)
{
	for (; *keys; keys++)
		for (size_t i = 0; i < pkg->fields.len; i++)
			if (strcmp(pkg->fields.at[i].name, *keys) == 0)
				pkginfo_add(t, *keys, pkg->fields.at[i].value);
}

char *pkginfo_version_text(const struct pkg *pkg)
{
	AUTO_FREE char *epoch = pkg->epoch > 0 ? mem_printf("%lld:", (long long)pkg->epoch) : mem_strdup("");

	return mem_printf("%s%s%s%s", epoch, pkg->version, *pkg->release ? "-" : "", pkg->release);
}

int pkginfo_check(const struct pkg *pkg, enum family f, struct err *e)
{
	AUTO_FREE char *version = pkginfo_version_text(pkg);
	AUTO(arena) arena = { 0 };

	if (!pkginfo_name_valid(f, pkg->name)) {
		err_input(e, "E_METADATA", "package name '%s' is none for %s", pkg->name, family_name(f));
		return err_hint(e, "set package.name in the recipe");
	}
	if (!pkginfo_version_valid(f, version) || strchr(pkg->version, ':') || (f == FAMILY_APK && pkg->epoch > 0))
		return err_input(e, "E_METADATA", "%s refuses the version '%s'", family_name(f), version);
	if (!arch_into(f, pkg->architecture))
		return err_input(e, "E_METADATA", "architecture '%s' is not in the table of formats/arch.c for %s",
			pkg->architecture, family_name(f));
	for (size_t i = 0; i < pkg->relations.len; i++)
		if (!relation_text(f, &arena, &pkg->relations.at[i]))
			return cannot_say(&pkg->relations.at[i], f, e);
	return 0;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

void pkginfo_lose(struct pkg *pkg, const char *target, const char *const *names)
{
	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (!is_one_of(pkg->scripts.at[i].source, names))
			pkg_lose(pkg, target, LOSS_BEHAVIOUR, "the package manager calls no script of this kind",
				"script:%s", pkg->scripts.at[i].source);
	for (size_t i = 0; i < pkg->triggers.len; i++)
		pkg_lose(pkg, target, LOSS_BEHAVIOUR, "the package manager has no such trigger", "trigger:%s",
			pkg->triggers.at[i].text);
	if (*pkg->description && strcmp(pkg->description, pkg->summary) != 0)
		pkg_lose(pkg, target, LOSS_NOTE, "the format holds one line of description", "description:%zu bytes",
			strlen(pkg->description));
	if (*pkg->section)
		pkg_lose(pkg, target, LOSS_NOTE, "the format has no field for it", "section:%s", pkg->section);
	if (*pkg->vendor && *pkg->maintainer && strcmp(pkg->vendor, pkg->maintainer) != 0)
		pkg_lose(pkg, target, LOSS_NOTE, "the format has no field for it", "vendor:%s", pkg->vendor);
}

int pkginfo_member(
	struct out *out, const char *name, const void *bytes, size_t len, uint32_t mode, int64_t mtime, struct err *e)
{
	struct pax_member m = { .path = name, .target = "", .type = '0', .mtime = mtime, .size = len };
	struct entry entry;

	entry_init(&entry);
	entry.mode = mode;
	entry.uid = entry.gid = 0;
	entry.owner = entry.group = "root";
	entry.path = name;
	if (pax_out_member(out, &m, &entry, e) || out_write(out, bytes, len, e))
		return -1;
	return tar_out_pad(out, len, e);
}
