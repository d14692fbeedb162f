/* relation_managers.c - relations as pacman and apk write them: "name>=1.2", apk's "!name". PKGINFO; apk-package(5), apk-world(5). */
#include "base/text.h"
#include "formats/relation.h"
#include "formats/version.h"
#include <string.h>

/* Neither has alternatives: what they can say is one name, its bound, or for apk's install_if several at once. */
static bool add_plain(struct text *out, const struct relation *r, const char *signs, bool (*is_version)(const char *))
{
	for (const char *c = r->name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr(signs, *c))
			return false;
	if (r->tree != REL_PLAIN || !r->name[0] || r->name[0] == '!')
		return false;
	text_add(out, "%s", r->name);
	if (r->op == OP_NONE)
		return true;
	if (!is_version(r->version) || (r->kind == REL_PROVIDES && r->op != OP_EQ))
		return false;
	text_add(out, "%s%s", rel_op_name(r->op), r->version);
	return true;
}

static char *take(struct text *out, bool is_good, struct arena *a)
{
	char *copy = is_good ? arena_copy(a, out->at, out->len) : NULL;

	text_done(out);
	return copy;
}

char *relation_pacman_text(struct arena *a, const struct relation *r)
{
	struct text out = { 0 };
	bool is_good = r->kind == REL_REQUIRES || r->kind == REL_SUGGESTS || r->kind == REL_PROVIDES ||
		r->kind == REL_CONFLICTS || r->kind == REL_OBSOLETES;

	return take(&out, is_good && add_plain(&out, r, "<>=", version_pacman_valid), a);
}

char *relation_apk_text(struct arena *a, const struct relation *r)
{
	struct text out = { 0 };
	bool is_good = r->kind == REL_REQUIRES || r->kind == REL_PROVIDES || r->kind == REL_CONFLICTS ||
		r->kind == REL_REPLACES || r->kind == REL_SUPPLEMENTS;

	if (r->kind == REL_CONFLICTS)
		text_add(&out, "!");
	if (r->tree == REL_AND && r->kind == REL_SUPPLEMENTS) {
		for (size_t i = 0; i < r->parts_len && is_good; i++) {
			text_add(&out, "%s", i ? " " : "");
			is_good = add_plain(&out, &r->parts[i], "<>=~", version_apk_valid);
		}
		return take(&out, is_good, a);
	}
	return take(&out, is_good && add_plain(&out, r, "<>=~", version_apk_valid), a);
}

char *relation_text(enum family f, struct arena *a, const struct relation *r)
{
	static char *(*const say[])(struct arena *, const struct relation *) = { [FAMILY_DEB] = relation_deb_text,
		[FAMILY_RPM] = relation_rpm_text,
		[FAMILY_PACMAN] = relation_pacman_text,
		[FAMILY_APK] = relation_apk_text };

	return f == FAMILY_NONE ? NULL : say[f](a, r);
}
