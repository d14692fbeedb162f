/* rpm_scripts.c - scriptlets and triggers of an rpm's header, body byte for byte. Nothing is expanded: no macro, no query format.
 *
 * Source: RPM's docs/manual/scriptlets.md, triggers.md, file_triggers.md. */
#include "base/text.h"
#include "formats/rpm_meta.h"
#include <rpm/rpmds.h>
#include <string.h>

const struct rpm_script_tags rpm_script_tags[] = {
	{ EVENT_PRE_TRANSACTION, "%pretrans", RPMTAG_PRETRANS, RPMTAG_PRETRANSPROG, RPMTAG_PRETRANSFLAGS },
	{ EVENT_PRE_INSTALL, "%pre", RPMTAG_PREIN, RPMTAG_PREINPROG, RPMTAG_PREINFLAGS },
	{ EVENT_POST_INSTALL, "%post", RPMTAG_POSTIN, RPMTAG_POSTINPROG, RPMTAG_POSTINFLAGS },
	{ EVENT_PRE_REMOVE, "%preun", RPMTAG_PREUN, RPMTAG_PREUNPROG, RPMTAG_PREUNFLAGS },
	{ EVENT_POST_REMOVE, "%postun", RPMTAG_POSTUN, RPMTAG_POSTUNPROG, RPMTAG_POSTUNFLAGS },
	{ EVENT_POST_TRANSACTION, "%posttrans", RPMTAG_POSTTRANS, RPMTAG_POSTTRANSPROG, RPMTAG_POSTTRANSFLAGS },
	{ EVENT_PRE_UNTRANSACTION, "%preuntrans", 5104, 5106, 5108 }, /* rpm 4.19; 4.18's header knows no names */
	{ EVENT_POST_UNTRANSACTION, "%postuntrans", 5105, 5107, 5109 },
	{ EVENT_VERIFY, "%verifyscript", RPMTAG_VERIFYSCRIPT, RPMTAG_VERIFYSCRIPTPROG, RPMTAG_VERIFYSCRIPTFLAGS },
	{ EVENT_KINDS, NULL, 0, 0, 0 },
};

const struct rpm_trigger_tags rpm_trigger_tags[] = {
	{ "%trigger", RPMTAG_TRIGGERSCRIPTS, RPMTAG_TRIGGERSCRIPTPROG, RPMTAG_TRIGGERSCRIPTFLAGS, RPMTAG_TRIGGERNAME,
		RPMTAG_TRIGGERVERSION, RPMTAG_TRIGGERFLAGS, RPMTAG_TRIGGERINDEX, 0 },
	{ "%filetrigger", RPMTAG_FILETRIGGERSCRIPTS, RPMTAG_FILETRIGGERSCRIPTPROG, RPMTAG_FILETRIGGERSCRIPTFLAGS,
		RPMTAG_FILETRIGGERNAME, RPMTAG_FILETRIGGERVERSION, RPMTAG_FILETRIGGERFLAGS, RPMTAG_FILETRIGGERINDEX,
		RPMTAG_FILETRIGGERPRIORITIES },
	{ "%transfiletrigger", RPMTAG_TRANSFILETRIGGERSCRIPTS, RPMTAG_TRANSFILETRIGGERSCRIPTPROG,
		RPMTAG_TRANSFILETRIGGERSCRIPTFLAGS, RPMTAG_TRANSFILETRIGGERNAME, RPMTAG_TRANSFILETRIGGERVERSION,
		RPMTAG_TRANSFILETRIGGERFLAGS, RPMTAG_TRANSFILETRIGGERINDEX, RPMTAG_TRANSFILETRIGGERPRIORITIES },
	{ NULL, 0, 0, 0, 0, 0, 0, 0, 0 },
};

const struct rpm_trigger_sense rpm_trigger_senses[] = {
	{ RPMSENSE_TRIGGERPREIN, "prein" },
	{ RPMSENSE_TRIGGERIN, "in" },
	{ RPMSENSE_TRIGGERUN, "un" },
	{ RPMSENSE_TRIGGERPOSTUN, "postun" },
	{ 0, NULL },
};

enum { SCRIPT_EXPANDS_MACROS = 1, SCRIPT_EXPANDS_QUERY = 2 };

/* Somebody must bring the interpreter, or the script fails where it is missing. */
static void check_interpreter(struct pkg *p, const struct script *s)
{
	size_t len = strcspn(s->interpreter, " ");

	if (s->interpreter[0] != '/')
		return;
	for (size_t i = 0; i < p->relations.len; i++) {
		const struct relation *r = &p->relations.at[i];

		if ((r->kind == REL_REQUIRES || r->kind == REL_PRE_REQUIRES) && strlen(r->name) == len &&
			memcmp(r->name, s->interpreter, len) == 0)
			return;
	}
	pkg_warn(p, "E_SCRIPT_REVIEW", s->source, "its interpreter %.*s is not required by the package", (int)len,
		s->interpreter);
}

static int add_script(struct pkg *p, enum event event, const char *source, const char *interpreter, const char *body,
	const char *trigger, uint64_t flags, const struct limits *limits, struct err *e)
{
	struct script *s;
	size_t len = strlen(body);

	if (len > limits->script)
		return err_input(e, "E_LIMIT_SCRIPT", "%s: %zu bytes", source, len);
	s = pkg_add_script(p);
	if (!s)
		return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
	s->event = event;
	s->source = source;
	s->interpreter = arena_str(&p->arena, interpreter);
	s->body = arena_copy(&p->arena, body, len);
	s->len = len;
	s->trigger = arena_str(&p->arena, trigger);
	if (!s->interpreter || !s->body || !s->trigger)
		return err_input(e, "E_LIMIT_MEMORY", "%s: too large", source);
	if (strchr(interpreter, ' '))
		pkg_warn(p, "E_SCRIPT_REVIEW", source, "its interpreter gets arguments: %s", interpreter);
	if (flags & (SCRIPT_EXPANDS_MACROS | SCRIPT_EXPANDS_QUERY))
		pkg_warn(p, "E_SCRIPT_REVIEW", source,
			"rpm expands %s in it when it runs; kept as text, never expanded here",
			flags & SCRIPT_EXPANDS_MACROS ? "macros" : "query formats");
	check_interpreter(p, s);
	guard_script(p, s);
	return 0;
}

static int load_script(const struct rpm_header *h, const struct rpm_script_tags *t, const struct limits *limits,
	struct pkg *p, struct err *e)
{
	AUTO(rpm_values) body = { 0 };
	AUTO(rpm_values) program = { 0 };
	AUTO(text) interpreter = { 0 };
	uint64_t flags;

	if (rpm_values_get(h, t->body, RPM_TEXTS, &body, e) ||
		rpm_values_get(h, t->interpreter, RPM_TEXTS, &program, e) || rpm_number(h, t->flags, &flags, e))
		return -1;
	if (!body.len && !program.len)
		return 0;
	for (uint32_t i = 0; i < program.len; i++)
		text_add(&interpreter, "%s%s", i ? " " : "", rpm_text_at(&program, i));
	return add_script(p, t->event, t->source, interpreter.len ? interpreter.at : "/bin/sh", rpm_text_at(&body, 0),
		"", flags, limits, e);
}

/* ---- triggers */

struct trigger_values {
	struct rpm_values bodies, interpreters, script_flags, names, versions, flags, index, priorities;
};

static void trigger_values_done(struct trigger_values *v)
{
	struct rpm_values *all[] = { &v->bodies, &v->interpreters, &v->script_flags, &v->names, &v->versions, &v->flags,
		&v->index, &v->priorities };

	for (size_t i = 0; i < COUNT(all); i++)
		rpm_values_done(all[i]);
}

static int trigger_values_load(
	const struct rpm_header *h, const struct rpm_trigger_tags *t, struct trigger_values *v, struct err *e)
{
	if (rpm_values_get(h, t->bodies, RPM_TEXTS, &v->bodies, e) ||
		rpm_values_get(h, t->interpreters, RPM_TEXTS, &v->interpreters, e) ||
		rpm_values_get(h, t->script_flags, RPM_NUMBERS, &v->script_flags, e) ||
		rpm_values_get(h, t->names, RPM_TEXTS, &v->names, e) ||
		rpm_values_get(h, t->versions, RPM_TEXTS, &v->versions, e) ||
		rpm_values_get(h, t->flags, RPM_NUMBERS, &v->flags, e) ||
		rpm_values_get(h, t->index, RPM_NUMBERS, &v->index, e) ||
		(t->priorities && rpm_values_get(h, t->priorities, RPM_NUMBERS, &v->priorities, e)))
		return -1;
	if (v->names.len != v->index.len || v->names.len != v->flags.len || v->names.len != v->versions.len)
		return err_input(e, "E_CORRUPT", "header: the arrays of %s differ in length", t->prefix);
	for (uint32_t i = 0; i < v->index.len; i++)
		if (rpm_number_at(&v->index, i) >= v->bodies.len)
			return err_input(e, "E_CORRUPT", "header: a %s without its script", t->prefix);
	return 0;
}

static const char *trigger_suffix(uint32_t flags)
{
	for (const struct rpm_trigger_sense *s = rpm_trigger_senses; s->suffix; s++)
		if (flags & s->sense)
			return s->suffix;
	return "in";
}

/* Script number i under all its conditions: "libfoo >= 2, libbar". */
static int load_trigger(const struct rpm_trigger_tags *t, const struct trigger_values *v, uint32_t i,
	const struct limits *limits, struct pkg *p, struct err *e)
{
	AUTO(text) when = { 0 };
	const char *suffix = "in", *program = rpm_text_at(&v->interpreters, i), *source;

	for (uint32_t k = 0; k < v->names.len; k++) {
		uint32_t flags = (uint32_t)rpm_number_at(&v->flags, k);
		enum rel_op op = rpm_sense_op(flags);

		if (rpm_number_at(&v->index, k) != i)
			continue;
		suffix = trigger_suffix(flags);
		text_add(&when, "%s%s", when.len ? ", " : "", rpm_text_at(&v->names, k));
		if (op != OP_NONE && rpm_text_at(&v->versions, k)[0])
			text_add(&when, " %s %s", rel_op_name(op), rpm_text_at(&v->versions, k));
	}
	source = arena_printf(&p->arena, "%s%s", t->prefix, suffix);
	if (!source)
		return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
	pkg_warn(p, "E_SCRIPT_REVIEW", source, "runs when something else changes: %s", when.at ? when.at : "");
	if (add_script(p, EVENT_TRIGGER, source, program[0] ? program : "/bin/sh", rpm_text_at(&v->bodies, i),
		    when.at ? when.at : "", rpm_number_at(&v->script_flags, i), limits, e))
		return -1;
	if (i < v->priorities.len)
		p->scripts.at[p->scripts.len - 1].priority = (uint32_t)rpm_number_at(&v->priorities, i);
	return 0;
}

static int load_triggers(const struct rpm_header *h, const struct rpm_trigger_tags *t, const struct limits *limits,
	struct pkg *p, struct err *e)
{
	__attribute__((cleanup(trigger_values_done))) struct trigger_values v = { 0 };
	enum { TRIGGERS_MAX = 1000 }; /* each script looks at every condition */

	if (trigger_values_load(h, t, &v, e))
		return -1;
	if (v.bodies.len > TRIGGERS_MAX || v.names.len > TRIGGERS_MAX)
		return err_input(e, "E_LIMIT_METADATA", "%u %s scripts", v.bodies.len, t->prefix);
	for (uint32_t i = 0; i < v.bodies.len; i++)
		if (load_trigger(t, &v, i, limits, p, e))
			return -1;
	return 0;
}

int rpm_scripts_load(const struct rpm_header *h, const struct limits *limits, struct pkg *p, struct err *e)
{
	for (const struct rpm_script_tags *t = rpm_script_tags; t->source; t++)
		if (load_script(h, t, limits, p, e))
			return -1;
	for (const struct rpm_trigger_tags *t = rpm_trigger_tags; t->prefix; t++)
		if (load_triggers(h, t, limits, p, e))
			return -1;
	return 0;
}
