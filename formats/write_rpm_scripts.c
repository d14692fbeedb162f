/* write_rpm_scripts.c - scriptlets and triggers of a built rpm, body byte for byte. Their flags stay zero: rpm expands nothing in them. */
#include "formats/rpm_meta.h"
#include "formats/rpm_write.h"
#include <rpm/rpmds.h>
#include <string.h>

/* "/bin/bash -e" as an array; one word as a string, as rpmbuild does. */
static int put_interpreter(Header h, uint32_t tag, const char *interpreter, struct pkg *pkg, struct err *e)
{
	char *words = arena_str(&pkg->arena, interpreter[0] ? interpreter : "/bin/sh"), *rest = words, *word;
	const char *argv[32];
	size_t len = 0;

	if (!words)
		return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0] && len < COUNT(argv))
			argv[len++] = word;
	if (len == 0)
		return err_input(e, "E_METADATA", "an empty interpreter");
	return len == 1 ? rpm_put(h, tag, RPM_STRING_TYPE, argv[0], 1, e)
			: rpm_put(h, tag, RPM_STRING_ARRAY_TYPE, argv, len, e);
}

static int put_script(Header h, const struct script *s, struct pkg *pkg, struct err *e)
{
	const struct rpm_script_tags *t = rpm_script_tags;

	while (t->source && t->event != s->event)
		t++;
	if (!t->source)
		return 0;
	if (headerIsEntry(h, (rpmTagVal)t->interpreter))
		return err_input(e, "E_METADATA", "rpm: two scripts for %s", t->source);
	if (rpm_put_text(h, t->body, s->body, e))
		return -1;
	return put_interpreter(h, t->interpreter, s->interpreter, pkg, e);
}

static bool has_tags(enum event event)
{
	for (const struct rpm_script_tags *t = rpm_script_tags; t->source; t++)
		if (t->event == event)
			return true;
	return false;
}

/* ---- triggers */

struct triggers {
	LIST(const char *) bodies;
	LIST(const char *) interpreters;
	LIST(const char *) names;
	LIST(const char *) versions;
	LIST(uint32_t) flags;
	LIST(uint32_t) index;
	LIST(uint32_t) priorities;
};

static void triggers_done(struct triggers *t)
{
	LIST_DONE(&t->bodies);
	LIST_DONE(&t->interpreters);
	LIST_DONE(&t->names);
	LIST_DONE(&t->versions);
	LIST_DONE(&t->flags);
	LIST_DONE(&t->index);
	LIST_DONE(&t->priorities);
}

/* "%filetriggerin" of family "%filetrigger": the sense; 0: of another family. */
static uint32_t sense_of(const struct rpm_trigger_tags *t, const char *source)
{
	size_t len = strlen(t->prefix);

	if (strncmp(source, t->prefix, len) != 0)
		return 0;
	for (const struct rpm_trigger_sense *s = rpm_trigger_senses; s->suffix; s++)
		if (strcmp(source + len, s->suffix) == 0)
			return s->sense;
	return 0;
}

static uint32_t parse_op(const char *text)
{
	for (int op = OP_LT; op <= OP_GT; op++)
		if (strcmp(text, rel_op_name((enum rel_op)op)) == 0)
			return rpm_op_sense((enum rel_op)op);
	return 0;
}

/* "libfoo >= 2": name, sense, version; cuts `text`. */
static void add_condition(struct triggers *x, uint32_t sense, char *text)
{
	char *rest = text + strspn(text, " "), *name = strsep(&rest, " "), *op = strsep(&rest, " "),
	     *version = rest ? rest : NULL;

	*LIST_ADD(&x->names) = name;
	*LIST_ADD(&x->versions) = op && version ? version : "";
	*LIST_ADD(&x->flags) = sense | (op && version ? parse_op(op) : 0);
	*LIST_ADD(&x->index) = (uint32_t)x->bodies.len - 1;
}

/* File triggers run in the order of their priorities; this is rpm's default. */
enum { PRIORITY = 1000000 };

static int add_trigger(struct triggers *x, const struct script *s, uint32_t sense, struct pkg *pkg, struct err *e)
{
	char *conditions = arena_str(&pkg->arena, s->trigger), *one;

	if (!conditions)
		return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
	*LIST_ADD(&x->bodies) = s->body;
	*LIST_ADD(&x->interpreters) = s->interpreter[0] ? s->interpreter : "/bin/sh";
	*LIST_ADD(&x->priorities) = s->priority ? s->priority : PRIORITY;
	while ((one = strsep(&conditions, ",")) != NULL)
		if (one[strspn(one, " ")])
			add_condition(x, sense, one);
	return 0;
}

static int put_triggers(Header h, const struct rpm_trigger_tags *t, struct pkg *pkg, struct err *e)
{
	__attribute__((cleanup(triggers_done))) struct triggers x = { 0 };

	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const struct script *s = &pkg->scripts.at[i];
		uint32_t sense = s->event == EVENT_TRIGGER ? sense_of(t, s->source) : 0;

		if (sense && s->trigger[0] && add_trigger(&x, s, sense, pkg, e))
			return -1;
	}
	if (rpm_put(h, t->bodies, RPM_STRING_ARRAY_TYPE, x.bodies.at, x.bodies.len, e) ||
		rpm_put(h, t->interpreters, RPM_STRING_ARRAY_TYPE, x.interpreters.at, x.interpreters.len, e) ||
		rpm_put(h, t->names, RPM_STRING_ARRAY_TYPE, x.names.at, x.names.len, e) ||
		rpm_put(h, t->versions, RPM_STRING_ARRAY_TYPE, x.versions.at, x.versions.len, e) ||
		rpm_put(h, t->flags, RPM_INT32_TYPE, x.flags.at, x.flags.len, e))
		return -1;
	if (rpm_put(h, t->index, RPM_INT32_TYPE, x.index.at, x.index.len, e))
		return -1;
	return t->priorities ? rpm_put(h, t->priorities, RPM_INT32_TYPE, x.priorities.at, x.priorities.len, e) : 0;
}

static bool is_rpm_trigger(const struct script *s)
{
	for (const struct rpm_trigger_tags *t = rpm_trigger_tags; t->prefix; t++)
		if (sense_of(t, s->source) && s->trigger[0])
			return true;
	return false;
}

static void tell_losses(const char *target, struct pkg *pkg)
{
	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const struct script *s = &pkg->scripts.at[i];

		if (s->event == EVENT_TRIGGER ? !is_rpm_trigger(s) : !has_tags(s->event))
			pkg_lose(pkg, target, LOSS_BEHAVIOUR, "rpm calls no script at that moment", "script:%s",
				s->source);
	}
	for (size_t i = 0; i < pkg->triggers.len; i++) {
		const char *text = pkg->triggers.at[i].text;

		pkg_lose(pkg, target, strncmp(text, "activate", 8) == 0 ? LOSS_NOTE : LOSS_BEHAVIOUR,
			"rpm has no triggers by name", "trigger:%s", text);
	}
}

int rpm_put_scripts(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e)
{
	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (put_script(h, &pkg->scripts.at[i], pkg, e))
			return -1;
	for (const struct rpm_trigger_tags *t = rpm_trigger_tags; t->prefix; t++)
		if (put_triggers(h, t, pkg, e))
			return -1;
	tell_losses(job->options.target, pkg);
	return 0;
}
