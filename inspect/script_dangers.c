/* script_dangers.c - commands that need more than a table (danger_rules.h): what is downloaded or decoded and then run. */
#include "inspect/script_dangers.h"
#include "base/text.h"
#include "inspect/danger_rules.h"
#include "inspect/fact.h"
#include "inspect/script_kinds.h"
#include "inspect/shell_unverified.h"
#include <ctype.h>
#include <string.h>

enum { FILES_MAX = 512, TEXT_SHOWN = 300 };

static bool fits(const char *patterns, const char *word)
{
	return shell_fits(patterns, word, 0);
}

static bool has_arg(const struct shell_command *c, size_t program, const char *patterns)
{
	return shell_has_arg(c, program, patterns, 0);
}

typedef bool kind(const struct shell_command *c);
static kind *const kinds[] = { command_downloads, command_decodes, command_reads_program };
struct flow {
	const struct shell_words *shell;
	unsigned *bodies; /* for each function, which of the kinds a command of its body is, as bits */
};

static void look_into_functions(struct flow *f)
{
	const struct shell_words *s = f->shell;

	f->bodies = mem_alloc((s->functions.len + 1) * sizeof *f->bodies);
	for (size_t i = 0; i < s->functions.len; i++)
		for (size_t k = s->functions.at[i].first; k < s->functions.at[i].end; k++)
			for (size_t n = 0; n < COUNT(kinds); n++)
				if (kinds[n](&s->commands.at[k]))
					f->bodies[i] |= 1U << n;
}

/* Is the command of that kind, or one in the body of the function that it calls? */
static bool does(const struct flow *f, const struct shell_command *c, kind *is)
{
	if (is(c))
		return true;
	for (size_t n = 0; n < COUNT(kinds) && c->calls >= 0; n++)
		if (kinds[n] == is && f->bodies[c->calls] & 1U << n)
			return true;
	return false;
}

enum { PIPE_MAX = 32, GROUP_MAX = 64 };
/* Does `is` hold for one of the pipeline that ends with c, or of a group in it: "{ a; b; } | c". */
static bool is_from(const struct flow *f, const struct shell_command *c, kind *is)
{
	const struct shell_words *s = f->shell;

	for (unsigned i = 0; c && i < PIPE_MAX; i++) {
		if (does(f, c, is))
			return true;
		for (int k = c->group, last = k + GROUP_MAX; k >= 0 && k < c->from && k < last; k++)
			if (does(f, &s->commands.at[k], is))
				return true;
		c = c->from >= 0 ? &s->commands.at[c->from] : NULL;
	}
	return false;
}

/* Does what c prints end as a program? */
static bool is_run(const struct shell_words *s, const struct shell_command *c)
{
	for (unsigned i = 0; i < 32 && c->inside >= 0; i++) {
		bool is_text = c->is_text;

		c = &s->commands.at[c->inside];
		if (!is_text && command_runs_words(c))
			return true;
	}
	return false;
}

/* ---- files that were downloaded or decoded, and are run later */

struct made {
	struct {
		const char *name, *danger;
	} at[FILES_MAX];
	size_t len, more;
};

static void made_add(struct made *m, const char *name, const char *danger)
{
	if (*name == 0 || strcmp(name, "-") == 0 || strcmp(name, "/dev/null") == 0)
		return;
	for (size_t i = 0; i < m->len; i++)
		if (strcmp(m->at[i].name, name) == 0)
			return;
	if (m->len < FILES_MAX) {
		m->at[m->len].name = name;
		m->at[m->len++].danger = danger;
	} else {
		m->more++;
	}
}

static const char *base_of(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash ? slash + 1 : word;
}

/* "S=$(curl ...)": what was fetched is in $S from here on. names: arena's. */
static void remember_variable(struct made *m, struct arena *arena, const struct shell_words *s,
	const struct shell_command *c, const char *danger)
{
	const struct shell_command *user = c->inside >= 0 ? &s->commands.at[c->inside] : NULL;
	const char *equal = user && user->len > 0 ? strchr(user->words[0], '=') : NULL;

	if (equal == NULL || user->len != 1 || !shell_is_assignment(user->words[0]))
		return;
	made_add(m, arena_printf(arena, "$%.*s", (int)(equal - user->words[0]), user->words[0]), danger);
}

/* Does the word hold the variable: "$S", "${S}"? name: "$S". */
static bool holds(const char *word, const char *name)
{
	size_t len = strlen(name) - 1;

	for (const char *at = strchr(word, '$'); at; at = strchr(at + 1, '$')) {
		const char *from = at + 1 + (at[1] == '{');

		if (strncmp(from, name + 1, len) == 0 && from[len] != '_' && !isalnum((unsigned char)from[len]))
			return true;
	}
	return false;
}

/* What a command leaves by its place among the words: "tee FILE", "dd of=FILE", "rsync h:x FILE", "git clone URL [FOLDER]", "| read NAME". */
static void remember_last(
	struct made *m, struct arena *arena, const struct shell_command *c, size_t at, const char *danger)
{
	const char *program = base_of(c->words[at]), *last = at + 1 < c->len ? c->words[c->len - 1] : "";
	const char *base = base_of(last);

	if (fits("tee|rsync|scp|smbclient", program))
		made_add(m, last, danger);
	else if (strcmp(program, "git") == 0)
		made_add(m, arena_printf(arena, "%.*s", (int)(strlen(base) - (text_ends(base, ".git") ? 4 : 0)), base),
			danger);
	for (size_t i = at + 1; strcmp(program, "dd") == 0 && i < c->len; i++)
		if (text_starts(c->words[i], "of="))
			made_add(m, c->words[i] + 3, danger);
	for (size_t i = at + 1; strcmp(program, "read") == 0 && i < c->len; i++)
		if (c->words[i][0] != '-')
			made_add(m, arena_printf(arena, "$%s", c->words[i]), danger);
}

/* "mv X Y": Y is what X was. */
static void remember_moved(struct made *m, const struct shell_command *c)
{
	size_t at, known = m->len;

	if (!fits("mv|cp|ln", shell_program(c, &at)) || at + 2 >= c->len)
		return;
	for (size_t i = 0; i < known; i++)
		if (strcmp(m->at[i].name, c->words[c->len - 2]) == 0)
			made_add(m, c->words[c->len - 1], m->at[i].danger);
}

static void remember(struct made *m, struct arena *arena, const struct flow *f, const struct shell_command *c)
{
	remember_moved(m, c);
	const char *danger = is_from(f, c, command_downloads) ? "download-run"
		: is_from(f, c, command_decodes)              ? "decoded-run"
							      : NULL;
	size_t at;
	bool is_named = false;

	if (danger == NULL)
		return;
	remember_variable(m, arena, f->shell, c, danger);
	shell_program(c, &at);
	for (size_t i = 0; i < c->redirects_len; i++)
		if (c->redirects[i].op[0] == '>')
			made_add(m, c->redirects[i].target, danger);
	for (size_t i = at + 1; i < c->len; i++) {
		const char *word = c->words[i];

		if (i + 1 < c->len && fits("-o|-O|--output|--output-document|-out|-[a-zA-Z]*[oO]", word) &&
			strstr(c->words[i + 1], "://") == NULL) {
			made_add(m, c->words[i + 1], danger);
			is_named = true;
		} else if (text_starts(word, "--output=") || text_starts(word, "--output-document=")) {
			made_add(m, strchr(word, '=') + 1, danger);
			is_named = true;
		}
	}
	remember_last(m, arena, c, at, danger);
	for (size_t i = at + 1; !is_named && i < c->len; i++)
		if (strstr(c->words[i], "://"))
			made_add(m, base_of(c->words[i]), danger);
}

/* "x/install.sh" of what was cloned as x. */
static bool is_inside(const char *word, const char *name)
{
	size_t len = strlen(name);

	word += strncmp(word, "./", 2) == 0 ? 2 : 0;
	return len > 0 && strncmp(word, name, len) == 0 && word[len] == '/';
}

static const char *runs_made(const struct made *m, const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);
	bool does_run = command_is_interpreter(program) ||
		fits(".|source|chmod|dpkg|rpm|apt|apt-get|yum|dnf|install|insmod|unzip|java", program);

	for (size_t i = 0; i < m->len; i++) {
		if (strcmp(c->words[at], m->at[i].name) == 0 || is_inside(c->words[at], m->at[i].name) ||
			(strchr(c->words[at], '/') && strcmp(program, base_of(m->at[i].name)) == 0))
			return m->at[i].danger;
		for (size_t k = at + 1; does_run && k < c->len; k++)
			if (strcmp(c->words[k], m->at[i].name) == 0 || is_inside(c->words[k], m->at[i].name) ||
				strcmp(base_of(c->words[k]), base_of(m->at[i].name)) == 0)
				return m->at[i].danger;
	}
	return NULL;
}

/* A variable with what was fetched: run as words (eval "$S"), or printed into a shell (echo "$S" | sh). */
static const char *runs_variable(const struct made *m, const struct shell_words *s, const struct shell_command *c)
{
	bool is_name = c->len == 1 && c->words[0][0] == '$'; /* a variable that is the whole command */
	const struct shell_command *told = command_runs_words(c) || is_name ? c
		: command_reads_program(c) && c->from >= 0                  ? &s->commands.at[c->from]
									    : NULL;

	for (size_t i = 0; told && i < m->len; i++) {
		if (m->at[i].name[0] != '$')
			continue;
		for (size_t k = 0; k < told->len; k++)
			if (holds(told->words[k], m->at[i].name))
				return m->at[i].danger;
		for (size_t k = 0; told == c && k < c->redirects_len; k++)
			if (holds(c->redirects[k].target, m->at[i].name))
				return m->at[i].danger;
	}
	return NULL;
}

/* ---- one command */

static const char *target_danger(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at), *danger = NULL;
	bool is_last = fits("cp|install|mv|ln|tee", program),
	     is_any = fits("tee|chpasswd|gpg", program) ||
		(fits("sed|perl", program) && has_arg(c, at, "-i*|-?i*|--in-place*"));

	for (size_t i = 0; i < c->redirects_len && danger == NULL; i++)
		if (c->redirects[i].op[0] == '>' || text_starts(c->redirects[i].target, "/dev/"))
			danger = danger_written(c->redirects[i].target);
	for (size_t i = at + 1; (is_last || is_any) && i < c->len && danger == NULL; i++)
		if (is_any || i + 1 == c->len)
			danger = danger_written(c->words[i]);
	for (size_t i = 0; i < c->len && danger == NULL; i++)
		if (strstr(c->words[i], "/dev/tcp/") || strstr(c->words[i], "/dev/udp/") ||
			strstr(c->words[i], "/inet/tcp/") || strstr(c->words[i], "/inet/udp/"))
			danger = "network";
	return danger;
}

static bool is_unpacking(const struct shell_command *c)
{
	size_t at;

	return fits("tar|bsdtar|cpio|bsdcpio|unzip|7z|dpkg-deb|rpm2cpio|unsquashfs", shell_program(c, &at));
}

static const char *flow_danger(const struct flow *f, const struct shell_command *c)
{
	const struct shell_words *s = f->shell;
	bool reads = does(f, c, command_reads_program), run = is_run(s, c);
	const struct shell_command *before = c->from >= 0 ? &s->commands.at[c->from] : NULL;

	if ((reads && before && is_from(f, c, command_downloads)) || (run && does(f, c, command_downloads)))
		return "download-run";
	if (before && is_unpacking(c) && is_from(f, before, command_downloads))
		return "download-unpack";
	if ((reads && before &&
		    (is_from(f, c, command_decodes) || is_from(f, before, command_unpacks) ||
			    is_from(f, before, command_has_decoder))) ||
		(run && command_decodes(c)))
		return "decoded-run";
	return run && c->len > 0 && strcmp(shell_program(&s->commands.at[c->inside], &(size_t){ 0 }), "eval") == 0 &&
			!c->is_text
		? "evaluated"
		: NULL;
}

static void tell_of(
	const struct shell_words *s, const struct shell_command *c, const char *id, danger_seen *tell, void *to)
{
	const struct danger *danger = id ? danger_named(id) : NULL;
	AUTO_FREE char *text = danger ? shell_text(s, c) : NULL, *shown = text ? fact_short(text, TEXT_SHOWN) : NULL;

	if (danger)
		tell(to, danger, shown, c->line);
}

static const char *worse(const char *a, const char *b)
{
	return !a || (b && danger_named(b)->severity > danger_named(a)->severity) ? b : a;
}

static const char *danger_of(const struct flow *f, const struct shell_command *c, const struct made *made)
{
	const char *id = NULL;

	if (c->len > 0) {
		id = flow_danger(f, c);
		id = id ? id : runs_made(made, c);
		id = id ? id : runs_variable(made, f->shell, c);
		id = id ? id : command_code_danger(c);
	}
	if (id)
		return id;
	if (c->len > 0 && shell_unverified(c))
		return "unverified";
	return worse(target_danger(c), c->len > 0 ? danger_by_rule(c) : NULL);
}

size_t script_dangers(const struct shell_words *s, danger_seen *tell, void *to)
{
	struct made *made = mem_alloc(sizeof *made);
	AUTO(arena) arena = { 0 };
	struct flow f = { .shell = s };
	const char **ids = mem_alloc((s->commands.len + 1) * sizeof *ids);

	look_into_functions(&f);
	for (size_t i = 0; i < s->commands.len; i++) {
		const struct shell_command *c = &s->commands.at[i];

		ids[i] = danger_of(&f, c, made);
		if (c->len > 0)
			remember(made, &arena, &f, c);
		if (ids[i] && (strcmp(ids[i], "download-run") == 0 || strcmp(ids[i], "decoded-run") == 0))
			for (int from = c->from; from >= 0; from = s->commands.at[from].from)
				ids[from] = NULL; /* the pipeline is told as a whole */
	}
	for (size_t i = 0; i < s->commands.len; i++)
		tell_of(s, &s->commands.at[i], ids[i], tell, to);
	size_t more = made->more;
	free(f.bodies);
	free(ids);
	free(made);
	return more;
}
