/* relations.c - from one family's relations to the target's. */
#include "base/text.h"
#include "formats/relation.h"
#include "formats/version.h"
#include "repackager/relations_private.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void relations_note(struct relations_build *b, const struct relation *r, const char *why, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, why);
	vsnprintf(text, sizeof text, why, ap);
	va_end(ap);
	pkg_lose(b->to, b->job->target->name, LOSS_NOTE, text, "relation:%s %s", rel_kind_name(r->kind), r->text);
}

int relations_no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many relations");
}

bool relations_is_conflict(enum rel_kind kind)
{
	return kind == REL_CONFLICTS || kind == REL_BREAKS || kind == REL_OBSOLETES || kind == REL_REPLACES;
}

/* deb's qualifiers: ":any" says less than the others always mean; "[amd64]" and "<!nocheck>" are of source packages. */
static void drop_qualifier(struct relations_build *b, struct relation *r)
{
	if (b->into == FAMILY_DEB)
		return;
	if (strpbrk(r->arch, "[<"))
		relations_note(b, r, "changed: '%s' was dropped", r->arch);
	r->arch = "";
}

static int plain(struct relations_build *b, struct relation *r, enum fate *ret_fate, struct err *e)
{
	struct naming how;

	drop_qualifier(b, r);
	if (relations_name(b, r, &how, e))
		return -1;
	*ret_fate = how.fate;
	return how.fate == KEEP ? relations_version(b, r, &how, e) : 0;
}

/* ---- into the package */

static bool is_there(const struct pkg *to, const struct relation *r)
{
	for (size_t i = 0; i < to->relations.len; i++)
		if (to->relations.at[i].kind == r->kind && strcmp(to->relations.at[i].text, r->text) == 0)
			return true;
	return false;
}

/* A name that is there with a lower ">=" gets the higher one: rpm lists a library once for each symbol version. */
static bool is_merged(struct relations_build *b, const struct relation *r)
{
	if (r->tree != REL_PLAIN || (r->kind != REL_REQUIRES && r->kind != REL_PRE_REQUIRES))
		return false;
	for (size_t i = 0; i < b->to->relations.len; i++) {
		struct relation *old = &b->to->relations.at[i];
		struct evr one, two;
		struct err unread = { 0 };
		if (old->kind != r->kind || old->tree != REL_PLAIN || strcmp(old->name, r->name) != 0 ||
			strcmp(old->arch, r->arch) != 0)
			continue;
		if (r->op == OP_NONE)
			return true;
		if (old->op != OP_NONE && (old->op != OP_GE || r->op != OP_GE))
			continue;
		if (old->op == OP_NONE ||
			(evr_parse(&b->to->arena, old->version, &one, &unread) == 0 &&
				evr_parse(&b->to->arena, r->version, &two, &unread) == 0 &&
				version_compare(b->into, &one, &two) < 0))
			*old = *r;
		return true;
	}
	return false;
}

static int add(struct relations_build *b, const struct relation *source, struct relation *r, struct err *e)
{
	char *text = relation_text(b->into, &b->to->arena, r);

	if (!text) {
		relations_note(b, source, "dropped: %s cannot say this", family_name(b->into));
		return 0;
	}
	r->text = text;
	if (is_there(b->to, r) || is_merged(b, r))
		return 0;
	struct relation *kept = pkg_add_relation(b->to);
	if (!kept)
		return relations_no_room(e);
	*kept = *r;
	return 0;
}

/* ---- trees */

static bool has_alternatives(enum family f)
{
	return f == FAMILY_DEB || f == FAMILY_RPM;
}

static int tree(struct relations_build *b, struct relation *r, enum fate *ret_fate, struct err *e);

/* The parts in the target's words, those that can be said; *ret_fate says what that makes of the whole. */
static int parts(struct relations_build *b, struct relation *r, enum fate *ret_fate, struct err *e)
{
	bool is_list = r->tree == REL_AND || r->tree == REL_OR;
	size_t kept = 0;

	for (size_t i = 0; i < r->parts_len; i++) {
		enum fate fate = KEEP;
		r->parts[i].kind = r->kind;
		if (tree(b, &r->parts[i], &fate, e))
			return -1;
		if (fate == KEEP) {
			r->parts[kept++] = r->parts[i];
		} else if (!is_list || (r->tree == REL_OR && fate == DROPPED)) {
			*ret_fate = is_list ? DROPPED : UNSAYABLE; /* one way to meet it is always there */
			return 0;
		}
	}
	r->parts_len = kept;
	*ret_fate = kept > 0 ? KEEP : UNSAYABLE;
	return 0;
}

static int tree(struct relations_build *b, struct relation *r, enum fate *ret_fate, struct err *e)
{
	if (r->tree == REL_PLAIN)
		return plain(b, r, ret_fate, e);
	if (parts(b, r, ret_fate, e))
		return -1;
	if (*ret_fate == KEEP && r->tree == REL_OR && r->parts_len > 1 && !has_alternatives(b->into)) {
		relations_note(b, r, "changed: %s has no alternatives: the first was kept", family_name(b->into));
		r->parts_len = 1;
	}
	if (*ret_fate == KEEP && r->parts_len == 1 && (r->tree == REL_AND || r->tree == REL_OR)) {
		struct relation only = r->parts[0];
		*r = only;
	}
	return 0;
}

/* What is one relation of rpm's and several of the others': needs joined by "and" (or by "with", as both bounds of one package), conflicts
 * joined by "or". */
static bool splits(const struct relations_build *b, const struct relation *r)
{
	if (b->into == FAMILY_RPM || r->kind == REL_SUPPLEMENTS)
		return false;
	if (relations_is_conflict(r->kind))
		return r->tree == REL_OR;
	if (r->tree != REL_WITH)
		return r->tree == REL_AND;
	for (size_t i = 0; i < r->parts_len; i++)
		if (r->parts[i].tree != REL_PLAIN || strcmp(r->parts[i].name, r->parts[0].name) != 0)
			return false;
	return true;
}

int relations_add_as(struct relations_build *b, const struct relation *source, enum rel_kind kind, struct err *e)
{
	struct relation r, bounds[2];
	enum fate fate = KEEP;
	size_t count;

	if (!relation_copy(&b->to->arena, source, &r))
		return relations_no_room(e);
	if (splits(b, &r)) {
		for (size_t i = 0; i < r.parts_len; i++) {
			r.parts[i].kind = source->kind;
			if (relations_add_as(b, &r.parts[i], kind, e))
				return -1;
		}
		return 0;
	}
	r.kind = source->kind; /* notes name it as the source does */
	if (tree(b, &r, &fate, e))
		return -1;
	if (b->into != FAMILY_RPM && relations_is_conflict(kind) && r.tree != REL_PLAIN)
		fate = UNSAYABLE; /* with both of them at once: only rpm can say it */
	if (fate == UNSAYABLE && source->tree != REL_PLAIN)
		relations_note(b, source, "dropped: a part of it cannot be said");
	if (fate != KEEP)
		return 0;
	r.kind = kind;
	for (size_t i = 0; i < r.parts_len; i++)
		r.parts[i].kind = kind;
	count = relations_bounds(b, source, &r, bounds);
	for (size_t i = 0; i < count; i++)
		if (add(b, source, &bounds[i], e))
			return -1;
	return 0;
}

/* ---- the recipe's */

/* Lists of one place, "relations" or "targets/el9", into a package of their own. */
static int parse_lists(const struct document *recipe, const char *place, struct pkg *into, struct err *e)
{
	const char *kind;
	json_t *list, *item;
	size_t i;

	json_object_foreach(document_at(recipe, place), kind, list) {
		json_array_foreach(list, i, item) {
			struct err why = { 0 };
			AUTO_FREE char *at = mem_printf("%s/%s/%zu", place, kind, i);
			if (relation_parse_any(
				    into, (enum rel_kind)rel_kind_parse(kind), json_string_value(item), &why))
				return document_error(recipe, at, e, "%s", why.text);
		}
	}
	return 0;
}

static bool is_provided_word(const struct relation *r)
{
	return r->tree == REL_PLAIN && strchr(r->name, '(');
}

/* A recipe's name may be in any family's words: it is taken for another family's when the maps know it there. */
static int add_ours(struct relations_build *b, const struct pkg *ours, struct err *e)
{
	b->is_ours = true;
	for (size_t i = 0; i < ours->relations.len; i++) {
		/* "libacl.so.1()(64bit)" is a word of rpm's alone, and says there what it means. */
		b->from = b->into != FAMILY_RPM || is_provided_word(&ours->relations.at[i]) ? FAMILY_RPM : FAMILY_DEB;
		if (relations_one(b, ours, &ours->relations.at[i], e))
			return -1;
	}
	return 0;
}

/* An archive says nothing of other packages. */
static void drop_all(struct relations_build *b, const struct pkg *p)
{
	for (size_t i = 0; i < p->relations.len; i++)
		if (!relations_is_self_provide(b, &p->relations.at[i]))
			relations_note(b, &p->relations.at[i], "dropped: an archive has no relations");
}

int relations_build(const struct relations_job *job, struct pkg *to, struct err *e)
{
	struct relations_build b = {
		.job = job, .to = to, .from = vendor_family(job->meta), .into = target_family(job->target)
	};
	AUTO_FREE char *per_target = mem_printf("targets/%s", job->target->name);
	AUTO(pkg) ours;
	int failed = 0;

	pkg_init(&ours, MIB(16));
	if (parse_lists(job->recipe, "relations", &ours, e) || parse_lists(job->recipe, per_target, &ours, e))
		return -1;
	if (b.into == FAMILY_NONE) {
		drop_all(&b, job->meta);
		drop_all(&b, &ours);
		return 0;
	}
	for (size_t i = 0; !failed && i < job->meta->relations.len; i++)
		failed = relations_one(&b, job->meta, &job->meta->relations.at[i], e);
	return failed ? -1 : add_ours(&b, &ours, e);
}
