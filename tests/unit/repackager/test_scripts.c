/* test_scripts.c - generated scripts run under the real /bin/sh, with every call of the package manager; the vendor's bodies write down
 * how they were called. The lives are files: tests/data/scripts/README. */
#include "base/fs.h"
#include "base/proc.h"
#include "repackager/scripts.h"
#include "repackager/shell.h"
#include "wire_help.h"
#include <dirent.h>
#include <sys/stat.h>

static char *folder; /* of this test: log, state, scripts that fail */

static const struct {
	const char *name;
	enum event event;
} events[] = { { "preinst", EVENT_PRE_INSTALL }, { "postinst", EVENT_POST_INSTALL }, { "prerm", EVENT_PRE_REMOVE },
	{ "postrm", EVENT_POST_REMOVE }, { "%pretrans", EVENT_PRE_TRANSACTION }, { "%pre", EVENT_PRE_INSTALL },
	{ "%post", EVENT_POST_INSTALL }, { "%preun", EVENT_PRE_REMOVE }, { "%postun", EVENT_POST_REMOVE },
	{ "%posttrans", EVENT_POST_TRANSACTION }, { "%triggerin", EVENT_TRIGGER },
	{ ".pre-install", EVENT_PRE_INSTALL }, { ".post-install", EVENT_POST_INSTALL },
	{ ".pre-upgrade", EVENT_PRE_UPGRADE }, { ".post-upgrade", EVENT_POST_UPGRADE },
	{ ".pre-deinstall", EVENT_PRE_REMOVE }, { ".post-deinstall", EVENT_POST_REMOVE },
	{ "pre_install", EVENT_PRE_INSTALL }, { "post_install", EVENT_POST_INSTALL },
	{ "pre_upgrade", EVENT_PRE_UPGRADE }, { "post_upgrade", EVENT_POST_UPGRADE },
	{ "pre_remove", EVENT_PRE_REMOVE }, { "post_remove", EVENT_POST_REMOVE } };

/* Which shells run a target's scripts: each life is lived under every one of them. */
static const struct {
	const char *to, *shells[3];
} shells[] = { { "deb", { "/bin/sh" } }, { "rpm", { "/bin/sh", "/bin/bash" } },
	{ "pacman", { "/bin/bash", "/bin/dash" } }, { "apk", { "/bin/busybox sh", "/bin/dash" } } };
static const struct writer not_written_yet[] = { { .name = "pacman" }, { .name = "apk" } };

struct life {
	char from[8], to[8], version[32], first[64], last_of[32], last[64];
	const char *shell;
	char *scripts;
	struct text expected;
};

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* What a script does: a quote, a backslash and a percent sign, so that the text must survive being carried. */
static void add_body(struct text *to, const struct life *life, const char *name)
{
	text_add(to,
		"# it's 100%% \\n\n"
		"printf '%%s %%s' '%s' '%s' >>%s/log\n"
		"for word; do printf ' %%s' \"${word:-''}\" >>%s/log; done\n"
		"echo >>%s/log\n",
		life->version, name, folder, folder, folder);
	if (is(life->last_of, name))
		text_add(to, "%s\n", life->last);
	text_add(to, "[ ! -e %s/fail-%s ] && [ ! -e \"%s/fail-%s-$1\" ]\n", folder, name, folder, name);
}

static struct script *start_script(struct pkg *p, const char *source, const char *interpreter)
{
	struct script *s = pkg_add_script(p);

	s->source = arena_str(&p->arena, source);
	s->interpreter = interpreter;
	for (size_t i = 0; i < COUNT(events); i++)
		if (is(events[i].name, source))
			s->event = events[i].event;
	return s;
}

static void end_script(struct pkg *p, struct script *s, const struct text *body)
{
	s->body = arena_str(&p->arena, body->at);
	s->len = body->len;
}

static void add_script(struct pkg *p, const struct life *life, const char *name)
{
	struct script *s = start_script(p, name, "/bin/sh");
	AUTO(text) body = { 0 };

	if (!is(life->from, "rpm"))
		text_add(&body, "#!/bin/sh\n");
	text_add(&body, "%s\n", life->first);
	add_body(&body, life, name);
	end_script(p, s, &body);
}

/* pacman's: one file of functions. */
static void add_functions(struct pkg *p, const struct life *life, char *names)
{
	AUTO(text) body = { 0 };
	char *save = NULL;

	text_add(&body, "%s\n", life->first);
	for (char *name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		text_add(&body, "%s() {\n", name);
		add_body(&body, life, name);
		text_add(&body, "}\n");
	}
	struct script *s = start_script(p, ".INSTALL", "/bin/bash");
	s->event = EVENT_POST_INSTALL;
	end_script(p, s, &body);
}

/* The package of the life's present version, as the other side gets it. */
static void build(const struct life *life, struct pkg *to)
{
	static const struct document none;
	struct pkg meta;
	struct err e = { 0 };
	struct target target = { .name = life->to, .suffix = "", .writer = writer_named(life->to) };
	for (size_t i = 0; i < COUNT(not_written_yet); i++)
		if (is(life->to, not_written_yet[i].name))
			target.writer = &not_written_yet[i];
	struct identity id = { .version = life->version, .release = "", .architecture = "x86_64", .name = "acme" };
	struct scripts_job job = { .recipe = &none, .house = &none, .identity = &id, .target = &target, .meta = &meta };
	AUTO_FREE char *names = mem_strdup(life->scripts);
	char *save = NULL;

	pkg_init(&meta, 0);
	meta.format = life->from;
	meta.name = "acme";
	meta.has_metadata = true;
	if (is(life->from, "pacman"))
		add_functions(&meta, life, names);
	else
		for (char *name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save))
			add_script(&meta, life, name);
	pkg_init(to, 0);
	to->name = "acme";
	to->version = life->version;
	to->release = "0";
	assert_int_equal(scripts_build(&job, to, &e), 0);
	for (size_t i = 0; i < to->scripts.len; i++) { /* outlives meta */
		to->scripts.at[i].body = arena_str(&to->arena, to->scripts.at[i].body);
		to->scripts.at[i].source = arena_str(&to->arena, to->scripts.at[i].source);
	}
	pkg_done(&meta);
}

/* The script with the state folder moved into the test's. */
static char *moved(const char *body)
{
	static const char state[] = "/var/lib/sluice-scripts";
	AUTO(text) out = { 0 };

	for (const char *at = body, *found;; at = found + sizeof state - 1) {
		found = strstr(at, state);
		text_bytes(&out, at, found ? (size_t)(found - at) : strlen(at));
		if (!found)
			break;
		text_add(&out, "%s/state", folder);
	}
	return mem_strdup(out.at);
}

static int run_argv(const char *const *argv)
{
	struct proc job = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 30 };
	struct proc_result result = { 0 };
	struct err e = { 0 };

	assert_int_equal(proc_run(&job, &result, &e), 0);
	int status = result.exit;
	proc_result_done(&result);
	return status;
}

/* As libalpm does: only when the function's name stands in the file, with both in one command line. */
static int run_function(const struct life *life, const char *path, const char *body, const char *line)
{
	AUTO_FREE char *name = mem_printf("%.*s", (int)strcspn(line, " "), line);
	AUTO_FREE char *command = mem_printf(". %s; %s", path, line);

	return strstr(body, name) ? run_argv((const char *[]){ life->shell, "-c", command, NULL }) : -1;
}

/* Runs it with the words of the line; -1: the package has no such script, and nothing is called. */
static int run(const struct life *life, const struct pkg *p, const char *line)
{
	AUTO_FREE char *words = mem_strdup(line), *shell = mem_strdup(life->shell);
	const char *argv[12];
	char *save = NULL, *name = strtok_r(words, " ", &save), *word;
	size_t count = 0;
	struct err e = { 0 };

	for (size_t i = 0; i < p->scripts.len; i++) {
		bool is_functions = is(p->scripts.at[i].source, ".INSTALL");
		if (!is_functions && !is(p->scripts.at[i].source, name))
			continue;
		AUTO_FREE char *path = fs_join(folder, "script"), *body = moved(p->scripts.at[i].body);
		assert_int_equal(fs_write_file(path, body, strlen(body), 0755, &e), 0);
		if (is_functions)
			return run_function(life, path, body, line);
		char *argument = strchr(shell, ' ');
		argv[count++] = shell;
		if (argument) {
			*argument = '\0';
			argv[count++] = argument + 1;
		}
		argv[count++] = path;
		while ((word = strtok_r(NULL, " ", &save)) != NULL)
			argv[count++] = is(word, "''") ? "" : word;
		argv[count] = NULL;
		return run_argv(argv);
	}
	return -1;
}

/* Words "NAME" or "NAME-ARG"; "": none fails any more. */
static void set_failing(const char *text)
{
	AUTO_FREE char *words = mem_strdup(text);
	struct err e = { 0 };
	struct dirent **list;
	char *save = NULL;
	int len = scandir(folder, &list, NULL, alphasort);

	for (int i = 0; i < len; i++) {
		AUTO_FREE char *path = fs_join(folder, list[i]->d_name);
		if (text_starts(list[i]->d_name, "fail-"))
			unlink(path);
		free(list[i]);
	}
	free(list);
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		AUTO_FREE char *path = mem_printf("%s/fail-%s", folder, word);
		assert_int_equal(fs_write_file(path, "", 0, 0644, &e), 0);
	}
}

static void step(struct life *life, const char *file, int number, const char *line)
{
	struct pkg p;
	bool must_fail = text_starts(line, "! ");

	line += must_fail ? 2 : 0;
	if (text_starts(line, "from "))
		snprintf(life->from, sizeof life->from, "%s", line + 5);
	else if (text_starts(line, "to "))
		snprintf(life->to, sizeof life->to, "%s", line + 3);
	else if (text_starts(line, "scripts")) {
		free(life->scripts);
		life->scripts = mem_strdup(line[7] ? line + 8 : "");
	} else if (text_starts(line, "first "))
		snprintf(life->first, sizeof life->first, "%s", line + 6);
	else if (text_starts(line, "last ")) {
		size_t len = strcspn(line + 5, " ");
		snprintf(life->last_of, sizeof life->last_of, "%.*s", (int)len, line + 5);
		snprintf(life->last, sizeof life->last, "%s", line + 6 + len);
	} else if (text_starts(line, "version "))
		snprintf(life->version, sizeof life->version, "%s", line + 8);
	else if (text_starts(line, "see "))
		text_add(&life->expected, "%s\n", line + 4);
	else if (text_starts(line, "fail"))
		set_failing(line + 4);
	else if (strcmp(line, "gone") == 0) {
		AUTO_FREE char *state = fs_join(folder, "state");
		assert_false(fs_exists(state));
	} else {
		assert_true(text_starts(line, "run "));
		build(life, &p);
		int status = run(life, &p, line + 4);
		if ((status > 0) != must_fail)
			fail_msg("%s:%d: %s: exit %d", file, number, line, status);
		pkg_done(&p);
	}
}

static void live(const char *path, char *text, const char *shell)
{
	struct life life = { .shell = shell };
	struct err e = { 0 };
	char *seen, *save = NULL;
	size_t len;
	int number = 0;

	assert_int_equal(fs_temp_dir("scripts", &folder, &e), 0);
	for (char *line = text; line; line = save) {
		save = strchr(line, '\n');
		if (save)
			*save++ = '\0';
		number++;
		if (line[0] && line[0] != '#')
			step(&life, path, number, line);
	}
	AUTO_FREE char *log = fs_join(folder, "log");
	assert_int_equal(fs_read_file(log, 1 << 20, &seen, &len, &e), 0);
	if (strcmp(seen, life.expected.at) != 0)
		fail_msg("%s: under %s the scripts saw:\n%s\ninstead of:\n%s", path, shell, seen, life.expected.at);
	assert_int_equal(fs_remove_tree(folder, &e), 0);
	free(folder);
	free(seen);
	free(life.scripts);
	text_done(&life.expected);
}

static int live_under_all(const char *path)
{
	struct err e = { 0 };
	char *text;
	size_t len;
	int lived = 0;

	assert_int_equal(fs_read_file(path, 1 << 20, &text, &len, &e), 0);
	for (size_t i = 0; i < COUNT(shells); i++) {
		AUTO_FREE char *to = mem_printf("\nto %s\n", shells[i].to);
		for (size_t k = 0; strstr(text, to) && k < COUNT(shells[i].shells) && shells[i].shells[k];
			k++, lived++) {
			AUTO_FREE char *copy = mem_strdup(text);
			live(path, copy, shells[i].shells[k]);
		}
	}
	free(text);
	return lived;
}

static void lives(void **state)
{
	struct dirent **list;
	int len = scandir(TEST_DATA "/scripts", &list, NULL, alphasort), found = 0;

	for (int i = 0; i < len; i++) {
		if (text_ends(list[i]->d_name, ".life")) {
			AUTO_FREE char *path = fs_join(TEST_DATA "/scripts", list[i]->d_name);
			int lived = live_under_all(path);
			assert_true(lived > 0);
			found++;
		}
		free(list[i]);
	}
	free(list);
	assert_true(found >= 20);
}

/* Every byte but NUL-free text too: what is carried comes out as it went in. */
static void carries_all_bytes(void **state)
{
	struct shell sh = { 0 };
	struct err e = { 0 };
	char body[1024];
	AUTO(arena) arena = { 0 };
	size_t len;

	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(i < 256 ? i : (i * 7) & 0xff);
	static const char *const texts[] = { NULL, "it's\n%s \\0 `x` $HOME\n\n",
		"-- Gr\303\274\303\237e, as lua comments\n", "-v x\001", "--", "-n\n" };

	for (size_t round = 0; round < COUNT(texts); round++) {
		const char *bytes = round ? texts[round] : body;
		size_t want = round ? strlen(bytes) : sizeof body;
		shell_put_file(&sh.files, "\"$1\"", bytes, want);
		char *text = shell_finish(&arena, &sh, "a test", true, &len);
		char *got;
		AUTO_FREE char *dir = NULL;
		assert_int_equal(fs_temp_dir("carry", &dir, &e), 0);
		AUTO_FREE char *script = fs_join(dir, "script"), *out = fs_join(dir, "out");
		assert_int_equal(fs_write_file(script, text, len, 0755, &e), 0);
		assert_int_equal(proc_must((const char *[]){ "/bin/sh", script, out, NULL }, &e), 0);
		assert_int_equal(fs_read_file(out, 1 << 20, &got, &len, &e), 0);
		assert_int_equal(len, want);
		assert_memory_equal(got, bytes, want);
		assert_int_equal(fs_remove_tree(dir, &e), 0);
		free(got);
		shell_done(&sh);
		sh = (struct shell){ 0 };
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lives), cmocka_unit_test(carries_all_bytes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
