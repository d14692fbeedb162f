/* check_hardening_lost.c - what the compiler and the linker did to make a program's faults harder to use, and the new version is built without.
 *
 * Facts: {"bytes": {"files": [{"path", "machine", "soname", "program": bool, "dynamic": bool, "code": BYTES, "has": [NAME...]}]}} with the names
 * of the table below. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/elf.h"
#include "inspect/elf_pairs.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include <string.h>

enum { SMALL_CODE = 16384 /* so little may need no stack protector */ };

static const struct measure {
	unsigned flag;
	const char *name, *shown;
	bool is_bad;          /* something that is better not there */
	bool is_program_only; /* means nothing for a library */
	bool is_of_c;         /* code made by Go's or Rust's compiler has no use for it */
} measures[] = {
	{ ELF_PIE, "pie", "position-independent code (PIE)", false, true, false },
	{ ELF_RELRO, "relro", "a read-only table of addresses (RELRO)", false, false, false },
	{ ELF_BIND_NOW, "bind-now", "addresses bound at start (BIND_NOW)", false, false, false },
	{ ELF_CANARY, "stack-protector", "the stack protector", false, false, true },
	{ ELF_IBT, "ibt", "guarded jumps (IBT)", false, false, false },
	{ ELF_SHSTK, "shstk", "a shadow stack (SHSTK)", false, false, false },
	{ ELF_BTI, "bti", "guarded jumps (BTI)", false, false, false },
	{ ELF_PAC, "pac", "signed return addresses (PAC)", false, false, false },
	{ ELF_FORTIFY, "fortify", "checked copying (FORTIFY)", false, false, true },
	{ ELF_EXEC_STACK, "exec-stack", "a stack that can be executed", true, false, false },
	{ ELF_RWX, "rwx", "memory that is writable and executable", true, false, false },
	{ ELF_TEXTREL, "textrel", "code that is rewritten when it is loaded (TEXTREL)", true, false, false },
	{ ELF_GO, "go", NULL, false, false, false },
	{ ELF_RUST, "rust", NULL, false, false, false },
};

static void look(const struct looked *file, json_t *facts)
{
	json_t *item = elf_item(file, facts, "files"), *has = json_array();

	for (size_t i = 0; item && i < COUNT(measures); i++)
		if (file->elf->flags & measures[i].flag)
			json_array_append_new(has, json_string(measures[i].name));
	if (item) {
		json_object_set(item, "has", has);
		json_object_set_new(item, "program", json_boolean(strcmp(file->elf->kind, "program") == 0));
		json_object_set_new(item, "dynamic", json_boolean(file->elf->is_dynamic && file->elf->imports_len > 0));
		json_object_set_new(item, "code", json_integer((json_int_t)file->elf->code));
	}
	json_decref(has);
}

static bool has(const json_t *item, const char *name)
{
	return json_lists(json_list(item, "has"), name);
}

static bool is_worse(const struct measure *m, const json_t *old, const json_t *new)
{
	if (m->shown == NULL || (m->is_program_only && !(json_flag(old, "program") && json_flag(new, "program"))))
		return false;
	if (m->is_bad)
		return has(new, m->name) && !has(old, m->name);
	if (!has(old, m->name) || has(new, m->name))
		return false;
	/* Only what is imported tells of these two. */
	return !m->is_of_c ||
		(json_flag(old, "dynamic") && json_flag(new, "dynamic") && !has(new, "go") && !has(new, "rust"));
}

/* Little code that has nothing to protect, in a package where the rest still is protected. */
static bool is_excused(const struct measure *m, const json_t *new, bool is_usual)
{
	return m->flag == ELF_CANARY && is_usual && json_int(new, "code") < SMALL_CODE;
}

struct worse {
	struct text lost, gained;
	enum severity severity;
};

static void add_measure(struct worse *w, const struct measure *m, enum severity severity)
{
	struct text *to = m->is_bad ? &w->gained : &w->lost;

	text_add(to, "%s%s", to->len ? ", " : "", m->shown);
	w->severity = severity > w->severity ? severity : w->severity;
}

static void tell(struct compare *c, const char *path, struct worse *w, const char *remedy)
{
	AUTO_FREE char *lost = text_take(&w->lost), *gained = text_take(&w->gained);
	const char *text = arena_printf(c->arena,
		"%s is now built %s%s%s%s%s: whoever finds a fault in it has it easier to take it over.", path,
		*lost ? "without " : "", lost, *lost && *gained ? " and " : "", *gained ? "with " : "", gained);

	finding_add(c, w->severity, path, lost, gained, text, remedy);
}

static void compare_pair(struct compare *c, const json_t *old, const json_t *new, bool is_usual)
{
	struct worse w = { .severity = SEVERITY_INFO };

	for (size_t i = 0; i < COUNT(measures); i++)
		if (is_worse(&measures[i], old, new))
			add_measure(&w, &measures[i],
				measures[i].flag == ELF_FORTIFY                   ? SEVERITY_INFO
					: is_excused(&measures[i], new, is_usual) ? SEVERITY_LOW
										  : SEVERITY_HIGH);
	if (w.lost.len || w.gained.len)
		tell(c, fact_path(new), &w,
			"Ask the vendor to build it as before: -fPIE -pie, -fstack-protector-strong, -z relro -z now, "
			"-z "
			"noexecstack.");
}

/* A file that was not there before: only what is plainly dangerous. */
static void judge_new(struct compare *c, const json_t *new)
{
	struct worse w = { .severity = SEVERITY_INFO };

	for (size_t i = 0; i < COUNT(measures); i++)
		if (measures[i].is_bad && has(new, measures[i].name))
			add_measure(&w, &measures[i], SEVERITY_MEDIUM);
	if (w.gained.len)
		tell(c, fact_path(new), &w, "Ask the vendor why this new program needs it.");
}

/* More than half of the dynamic files have a stack protector. */
static bool is_protection_usual(const json_t *items)
{
	size_t i, all = 0, protected = 0;
	json_t *item;

	json_array_foreach(items, i, item) {
		all += json_flag(item, "dynamic");
		protected += json_flag(item, "dynamic") && has(item, "stack-protector");
	}
	return protected * 2 > all;
}

static void compare(struct compare *c)
{
	const json_t *old = json_map(c->old, "bytes"), *new = json_map(c->new, "bytes");
	json_t *items = fact_items(new, "files"), *item;
	bool is_usual = is_protection_usual(items);
	size_t i;

	if (c->old == NULL)
		return;
	AUTO_JSON *index = elf_pairs(fact_items(old, "files"));
	json_array_foreach(items, i, item) {
		const json_t *before = elf_pair(index, item);

		if (before)
			compare_pair(c, before, item, is_usual);
		else
			judge_new(c, item);
	}
	fact_tell_cut_in(c, "bytes", "files");
}

const struct check check_hardening_lost = {
	.id = "hardening-lost",
	.severity = SEVERITY_HIGH,
	.waiver = "change-manager",
	.about = "How programs and libraries are built: position-independent code, RELRO, BIND_NOW, stack protector, "
		 "CET or BTI that "
		 "the old version had and the new one has not; a stack that can be executed, memory that is writable "
		 "and executable, "
		 "or code that is rewritten when it is loaded. Each of them makes a fault easier to use.",
	.why = "A program with faults is common; what keeps a fault from becoming a break-in is how the program is "
	       "built. A vendor who "
	       "changes compiler or build script often loses these measures without noticing. Files are matched by "
	       "place, soname and name "
	       "without version numbers. FORTIFY lost is told as information only: compilers leave it out where "
	       "nothing is copied. "
	       "Known false alarm: a tiny library whose last array on the stack went away needs no stack protector; "
	       "where the rest of "
	       "the package has it, this is low.",
	.look = look,
	.compare = compare,
};
