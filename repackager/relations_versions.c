/* relations_versions.c - the versions that relations name, in the target's letters. */
#include "base/text.h"
#include "formats/version.h"
#include "repackager/relations_private.h"
#include <string.h>

/* "0:1.0-1", "1.0-1", "1.0": the source package's own version as it may be written. */
static bool is_own_version(const struct pkg *meta, const char *text, bool *ret_release)
{
	AUTO_FREE char *epoch = mem_printf("%lld:", (long long)meta->epoch);
	AUTO_FREE char *full = mem_printf("%s-%s", meta->version, meta->release);

	if (text_starts(text, epoch))
		text += strlen(epoch);
	*ret_release = meta->release[0] && strcmp(text, full) == 0;
	return *ret_release || strcmp(text, meta->version) == 0;
}

bool relations_is_self_provide(const struct relations_build *b, const struct relation *r)
{
	const struct pkg *meta = b->job->meta;
	size_t len = strlen(meta->name);
	bool ignored;

	if (b->is_ours || r->kind != REL_PROVIDES || r->tree != REL_PLAIN || strncmp(r->name, meta->name, len) != 0)
		return false;
	if (r->name[len] != '\0' && (r->name[len] != '(' || b->from != FAMILY_RPM))
		return false;
	return r->op == OP_NONE || (r->op == OP_EQ && is_own_version(meta, r->version, &ignored));
}

/* Packages of one build name one another's exact version: what this package's version became, theirs becomes. */
static int own_version(struct relations_build *b, struct relation *r, bool has_release, struct err *e)
{
	struct evr v = { b->to->epoch > 0 ? b->to->epoch : -1, b->to->version, has_release ? b->to->release : "" };

	if (!has_release && b->into == FAMILY_DEB && b->job->target->suffix[0])
		v.release = b->to->release;
	r->version = evr_text(&b->to->arena, &v);
	return r->version ? 0 : relations_no_room(e);
}

static bool is_valid(enum family f, const char *text)
{
	return f == FAMILY_DEB       ? version_deb_valid(text)
		: f == FAMILY_PACMAN ? version_pacman_valid(text)
				     : f != FAMILY_APK || version_apk_valid(text);
}

/* Of a mapped package only the upstream version means the same on both sides. */
static int mapped(struct relations_build *b, struct relation *r, bool same_versions, struct err *e)
{
	struct evr v, to;
	struct err unread = { 0 };
	/* a recipe says it in the words of deb, rpm or the target itself */
	enum family from = b->is_ours ? FAMILY_DEB : b->from;

	if (!same_versions || evr_parse(&b->to->arena, r->version, &v, &unread)) {
		relations_note(b, r,
			"changed: the version was dropped: the mapped package counts its versions in another way");
		r->op = OP_NONE;
		r->version = "";
		return 0;
	}
	v.epoch = -1;
	v.release = "";
	to = v; /* as upstream writes it, where that can be written there */
	if (!is_valid(b->into, v.version) && version_into(from, b->into, &b->to->arena, &v, &to, e))
		return err_wrap(e, "%s", r->text);
	to.release = "";
	r->version = evr_text(&b->to->arena, &to);
	return r->version ? 0 : relations_no_room(e);
}

static bool is_exact(const struct relations_build *b, const struct evr *v)
{
	return b->from == FAMILY_DEB && b->into == FAMILY_APK && !v->release[0];
}

int relations_version(struct relations_build *b, struct relation *r, const struct naming *how, struct err *e)
{
	struct evr v, to;
	bool has_release = false;

	if (r->op == OP_NONE || how->is_settled)
		return 0;
	if (how->is_mapped)
		return mapped(b, r, how->same_versions, e);
	if (!b->is_ours && r->kind != REL_PROVIDES && r->op == OP_EQ && b->job->meta->version[0] &&
		is_own_version(b->job->meta, r->version, &has_release) && (has_release || !b->job->meta->release[0]))
		return own_version(b, r, has_release, e);
	if (b->from == b->into || b->is_ours)
		return 0;
	if (evr_parse(&b->to->arena, r->version, &v, e) || version_into(b->from, b->into, &b->to->arena, &v, &to, e))
		return err_wrap(e, "%s", r->text);
	if (!v.release[0] && !is_exact(b, &v))
		to.release = ""; /* no revision was said: any will do */
	if (v.epoch < 0)
		to.epoch = -1;
	r->version = evr_text(&b->to->arena, &to);
	return r->version ? 0 : relations_no_room(e);
}

/* Above all releases of a version and below all later versions, in the words of families that always compare releases. */
static char *above_releases(const struct relations_build *b, const char *version)
{
	size_t len = strlen(version);
	bool is_number = len && version[len - 1] >= '0' && version[len - 1] <= '9';

	if (b->into == FAMILY_APK)
		return arena_printf(&b->to->arena, "%s%s", version, VERSION_APK_ANY_RELEASE);
	return arena_printf(&b->to->arena, "%s%sA", version, is_number ? "" : "0");
}

size_t relations_bounds(
	struct relations_build *b, const struct relation *source, const struct relation *r, struct relation ret[2])
{
	bool ignores = b->from == FAMILY_RPM || b->from == FAMILY_PACMAN,
	     compares = b->into == FAMILY_DEB || b->into == FAMILY_APK;
	char *above;

	ret[0] = *r;
	if (b->is_ours || !ignores || !compares || r->tree != REL_PLAIN || r->kind == REL_PROVIDES ||
		(r->op != OP_EQ && r->op != OP_LE && r->op != OP_GT) || strchr(r->version, '-') ||
		strcmp(r->name, "gcompat") == 0)
		return 1;
	if (r->op == OP_EQ && relations_is_conflict(r->kind)) {
		relations_note(b, source, "changed: any release of that version is meant, %s compares the release too",
			family_name(b->into));
		return 1;
	}
	above = above_releases(b, r->version);
	if (!above)
		return 1;
	relations_note(b, source, "changed: any release of that version is meant: written as %s",
		r->op == OP_EQ ? "two bounds" : "a bound that takes them in");
	ret[1] = *r;
	ret[1].version = above;
	if (r->op == OP_EQ) {
		ret[0].op = OP_GE;
		ret[1].op = OP_LE;
		return 2;
	}
	ret[0] = ret[1];
	return 1;
}
