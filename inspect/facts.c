/* facts.c - the frame around the checks: facts of a package, and findings from two packages' facts.
 * A check that could not look (its facts are missing on a side) is itself a finding at its worst severity. */
#include "inspect/fact.h"
#include "inspect/reports.h"
#include <string.h>

json_t *facts_of(const struct pkg *pkg, const json_t *bytes)
{
	json_t *all = json_object();

	for (const struct check *const *at = checks; *at; at++) {
		const struct check *check = *at;
		json_t *seen = json_map(bytes, check->id), *facts;

		if (check->compare == NULL)
			continue;
		if (check->look && seen == NULL)
			continue; /* nobody looked at the bytes: compare will say so */
		facts = check->collect ? check->collect(pkg) : json_object();
		if (facts && seen)
			json_object_set(facts, "bytes", seen);
		if (facts)
			json_object_set_new(all, check->id, facts);
	}
	return all;
}

bool facts_need_digest(const struct entry *entry)
{
	for (const struct check *const *at = checks; *at; at++)
		if ((*at)->digests && (*at)->digests(entry))
			return true;
	return false;
}

enum { JOINED_MAX = 1 << 16 /* items or members of one list or object of a whole update */ };

static size_t extend(json_t *to, const json_t *more)
{
	size_t room = json_array_size(to) < JOINED_MAX ? JOINED_MAX - json_array_size(to) : 0,
	       len = json_array_size(more);

	for (size_t i = 0; i < len && i < room; i++)
		json_array_append(to, json_array_get(more, i));
	return len > room ? len - room : 0;
}

/* Depth is that of our own facts; what came from elsewhere is not followed further. Returns how much had no room. */
static size_t join(json_t *to, const json_t *more, unsigned depth)
{
	const char *key;
	json_t *value;
	size_t left_out = 0;

	if (depth == 0)
		return json_object_size(more);
	json_object_foreach((json_t *)(uintptr_t)more, key, value) {
		json_t *own = json_object_get(to, key);

		if (own == NULL && json_object_size(to) >= JOINED_MAX)
			left_out++;
		else if (own == NULL)
			json_object_set_new(to, key, json_deep_copy(value));
		else if (json_is_object(own) && json_is_object(value))
			left_out += join(own, value, depth - 1);
		else if (json_is_array(own) && json_is_array(value))
			left_out += extend(own, value);
		else if (json_is_integer(own) && json_is_integer(value))
			json_object_set_new(to, key,
				json_integer((json_int_t)((uint64_t)json_integer_value(own) +
					(uint64_t)json_integer_value(value))));
	}
	return left_out;
}

static void count_left_out(json_t *own, size_t more)
{
	if (more > 0)
		json_object_set_new(own, "left-out", json_integer(json_int(own, "left-out") + (json_int_t)more));
}

void facts_join(json_t *facts, const json_t *more)
{
	const char *check;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)more, check, value) {
		json_t *own = json_object_get(facts, check);

		if (own == NULL)
			json_object_set_new(facts, check, json_deep_copy(value));
		else if (json_is_object(own) && json_is_object(value))
			count_left_out(own, join(own, value, 8));
	}
}

void facts_observe(json_t *facts, const json_t *report)
{
	if (!report_ran(report))
		return;
	for (const struct check *const *at = checks; *at; at++) {
		json_t *own = json_object_get(facts, (*at)->id), *seen, *before;

		if (!(*at)->observe || !json_is_object(own))
			continue;
		seen = (*at)->observe(report, own);
		before = json_map(own, "report");
		if (before) {
			count_left_out(own, join(before, seen, 8));
			json_decref(seen);
		} else {
			json_object_set_new(own, "report", seen);
		}
	}
}

static void add(struct compare *c, enum severity severity, const char *where, const char *old, const char *new,
	const char *text, const char *remedy)
{
	struct findings *list = c->findings;

	list_grow((void **)&list->at, &list->room, list->len, sizeof *list->at);
	list->at[list->len++] = (struct finding){ .severity = severity,
		.check = c->check->id,
		.where = where ? where : "",
		.old = old ? old : "",
		.new = new ? new : "",
		.text = text ? text : "",
		.remedy = remedy ? remedy : "" };
}

/* Kept beside `struct compare`, which checks see: how many findings a check has made. */
struct tally {
	struct compare compare; /* first: a check gets its address */
	size_t before, dropped;
	enum severity worst_dropped;
	bool is_full;
};

void finding_add(struct compare *c, enum severity severity, const char *where, const char *old, const char *new,
	const char *text, const char *remedy)
{
	struct tally *t = (struct tally *)c;

	if (c->findings->len - t->before >= FACT_FINDINGS_MAX) {
		t->dropped++;
		t->worst_dropped = severity > t->worst_dropped ? severity : t->worst_dropped;
		return;
	}
	if (text == NULL)
		t->is_full = true;
	add(c, severity, arena_str(c->arena, where), arena_str(c->arena, old), arena_str(c->arena, new),
		arena_str(c->arena, text), arena_str(c->arena, remedy));
}

static void could_not_run(struct tally *t, const char *side)
{
	struct compare *c = &t->compare;

	finding_add(c, c->check->severity, "", "", "",
		arena_printf(
			c->arena, "This check could not run: nothing is known about it from the %s version.", side),
		"Make the facts again from both files (sluice diff OLD NEW), or have somebody look at this by hand.");
}

static void run_check(struct tally *t, const json_t *old, const json_t *new)
{
	struct compare *c = &t->compare;

	c->old = json_map(old, c->check->id);
	c->new = json_map(new, c->check->id);
	if (c->new == NULL)
		could_not_run(t, "new");
	else if (old != NULL && c->old == NULL)
		could_not_run(t, "old");
	else
		c->check->compare(c);
	if (json_int(json_map(new, c->check->id), "left-out") > 0 ||
		json_int(json_map(old, c->check->id), "left-out") > 0)
		finding_add(c, c->check->severity, "", "", "",
			"The packages of this update hold more together than can be compared, so not all of it was.",
			"Compare them in smaller sets (sluice diff), or have somebody look at them by hand.");
	if (t->dropped > 0)
		add(c, t->worst_dropped, "", "", "",
			arena_printf(c->arena, "%zu more findings of this kind are not listed.", t->dropped),
			"So many at once need a look at the package as a whole.");
}

int facts_compare_among(const json_t *others, const json_t *old, const json_t *new, struct arena *arena,
	struct findings *ret, struct err *e)
{
	for (const struct check *const *at = checks; *at; at++) {
		struct tally t = { .compare = { .others = others, .check = *at, .findings = ret, .arena = arena },
			.before = ret->len };

		if ((*at)->compare == NULL)
			continue;
		run_check(&t, old, new);
		if (t.is_full)
			return err_input(
				e, "E_LIMIT_MEMORY", "%s: more findings than memory is set aside for", (*at)->id);
	}
	return 0;
}

int facts_compare(const json_t *old, const json_t *new, struct arena *arena, struct findings *ret, struct err *e)
{
	return facts_compare_among(NULL, old, new, arena, ret, e);
}
