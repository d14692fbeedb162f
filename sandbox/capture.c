/* capture.c - one command, two fresh roots, and what both have in common. */
#include "base/text.h"
#include "sandbox/capture_compare.h"
#include "sandbox/plans.h"
#include "sandbox/secrets.h"
#include "sandbox/talk.h"
#include "sandbox/trial.h"
#include "sandbox/users.h"
#include "sandbox/watched.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { READ_MAX = 4 << 20, SECONDS = 1800, SCREEN_MAX = 16 << 10, TAIL = 600, ENV_MAX = 32 };
#define INSIDE_FILE "/run/sluice/capture/file"
#define INSIDE_TOOLS "/run/sluice/capture/bin"
#define WORK "/tmp/sluice-capture"

/* Nothing is up that could start a unit. systemctl knows that (SYSTEMD_OFFLINE) and enables units all the same, but with --now it fails: so
 * that word is taken away. */
static const char systemctl[] =
	"#!/bin/sh\nfor word; do shift; [ \"$word\" = --now ] || set -- \"$@\" \"$word\"; done\n"
	"PATH=${PATH#*:}\nexec systemctl \"$@\"\n";

struct capture {
	const struct capture_job *job;
	struct root root;
	struct plan plan;
	struct plan_bind bind;
	struct hidden hide;
	const char *env[ENV_MAX];
	char *real, *tmp_options, *name, *path;
	struct sandbox *pristine, *first;
	struct changes baseline; /* of a root in which nothing was run */
	struct arena arena;
	struct captured_list paths;
	json_t *running;
	int64_t began;
};

/* ---- the plan: a test's, with room for what installers unpack, and no systemd that could be asked for anything */

static void set_environment(struct capture *c)
{
	/* systemctl enables units and does nothing else, as in every image that is built */
	static const char *const more[] = { "SYSTEMD_OFFLINE=1", "PAGER=cat", "SYSTEMD_PAGER=cat" };
	size_t len = 0;

	for (size_t i = 0; c->plan.env[i] && len < ENV_MAX - COUNT(more) - 1; i++) {
		if (text_starts(c->plan.env[i], "PATH=") && !c->path)
			c->path = mem_printf("PATH=" INSIDE_TOOLS ":%s", c->plan.env[i] + strlen("PATH="));
		c->env[len++] = text_starts(c->plan.env[i], "PATH=") ? c->path : c->plan.env[i];
	}
	for (size_t i = 0; i < COUNT(more); i++)
		c->env[len++] = more[i];
	c->plan.env = c->env;
}

static int make_plan(struct capture *c, struct err *e)
{
	const struct capture_job *job = c->job;
	struct test_limits limits = job->limits;
	const char *file = job->file ? job->file : job->tree, *shown = job->name ? job->name : file,
		   *slash = strrchr(shown, '/');
	struct plan_inputs inputs = { .binds = &c->bind, .binds_len = 1 };
	struct stat st;

	c->real = realpath(file, NULL);
	if (!c->real || stat(c->real, &st)) {
		err_sys(e, "%s", file);
		e->class = ERR_USAGE;
		return -1;
	}
	if (!users_may_read(c->real, e))
		return -1;
	c->name = mem_strdup(slash ? slash + 1 : shown);
	c->bind = (struct plan_bind){ c->real, INSIDE_FILE };
	hidden_find(job->hide, job->hide_len, &c->hide);
	inputs.hide = c->hide.at;
	inputs.hide_len = c->hide.len;
	if (!limits.disk)
		limits.disk = GIB(2) + 8 * (uint64_t)st.st_size;
	if (!limits.memory)
		limits.memory = GIB(1) + 2 * limits.disk;
	plan_for_test(&c->root, &inputs, &limits, &c->plan);
	c->tmp_options = mem_printf("size=%llu,mode=1777", (unsigned long long)limits.disk);
	for (size_t i = 0; i < c->plan.mounts.len; i++)
		if (c->plan.mounts.at[i].kind == MOUNT_TMPFS && strcmp(c->plan.mounts.at[i].to, "/tmp") == 0)
			c->plan.mounts.at[i].options = c->tmp_options;
	c->plan.leaves_temporary = true;
	set_environment(c);
	return 0;
}

static int start(struct capture *c, struct sandbox **ret, struct err *e)
{
	unsigned missing = 0, required = LAYERS_DEFAULT;
	char text[256];

	if (c->root.is_machine && !users_is_root()) {
		err_env(e, "a throw-away copy of this machine needs root");
		return err_hint(e, "make a root of your own: sluice root create deb12 --from debian:bookworm");
	}
	if ((c->job->require && layers_parse(c->job->require, &required, e)) ||
		sandbox_start(&c->plan, ret, &missing, e))
		return -1;
	if (missing & required)
		return err_env(e, "this machine cannot isolate it well enough; missing: %s",
			layers_text(missing & required, text, sizeof text));
	return c->root.is_machine ? secrets_replace(*ret, e) : 0;
}

/* ---- one run */

struct screen {
	struct capture *c;
	struct text since; /* the last answer; its tail */
	struct text all;   /* likewise, of everything */
	char *unanswered;  /* the question, when there was no answer */
};

static void keep_tail(struct text *t, const char *bytes, size_t len)
{
	text_bytes(t, bytes, len);
	if (t->len > 2 * SCREEN_MAX) {
		memmove(t->at, t->at + t->len - SCREEN_MAX, SCREEN_MAX);
		t->len = SCREEN_MAX;
	}
}

static int printed(void *context, const char *bytes, size_t len, struct err *e)
{
	struct screen *s = context;
	AUTO_FREE char *plain = replies_plain(bytes, len);
	struct slice rest = slice_of(plain), line;

	(void)e;
	keep_tail(&s->since, bytes, len);
	keep_tail(&s->all, bytes, len);
	while (slice_cut(&rest, '\n', &line))
		event_log(s->c->job->events, EVENT_DEBUG, "| %.*s", (int)line.len, line.at);
	return 0;
}

static int asked(void *context, char **ret_typed, struct err *e)
{
	struct screen *s = context;
	AUTO_FREE char *question = replies_plain(s->since.at ? s->since.at : "", s->since.len);
	const char *answer = s->c->job->replies ? replies_to(s->c->job->replies, question) : NULL;

	(void)e;
	s->since.len = 0;
	*ret_typed = answer ? mem_strdup(answer) : NULL;
	if (!answer) {
		s->unanswered = question;
		question = NULL;
	}
	return 0;
}

/* The last lines with something on them, as one. */
static char *last_words(const char *text, size_t most)
{
	size_t len = strlen(text);
	struct text out = { 0 };

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	size_t from = len > most ? len - most : 0;
	while (from > 0 && from < len && text[from - 1] != '\n')
		from++;
	for (size_t i = from; i < len; i++)
		text_add(&out, "%c", text[i] == '\n' || text[i] == '\t' ? ' ' : text[i]);
	return text_take(&out);
}

static int unanswered(const char *question, struct err *e)
{
	AUTO_FREE char *words = last_words(question, 200);

	err_input(e, "E_UNSUPPORTED", "it asks, and no answer fits: \"%s\"", words);
	return err_hint(e, "a line 'PATTERN => ANSWER' in the file that source.answers of the recipe names");
}

static int judge(const struct screen *s, const struct command_result *r, struct err *e)
{
	AUTO_FREE char *plain = replies_plain(s->all.at ? s->all.at : "", s->all.len);
	AUTO_FREE char *words = last_words(plain, TAIL);
	const char *lead = *words ? "its last words: " : "it said nothing";

	if (s->unanswered)
		return unanswered(s->unanswered, e);
	if (r->is_timeout)
		return err_input(e, "E_LIMIT_TIME", "it did not end in time; %s%s", lead, words);
	if (r->exit)
		return err_input(e, "E_UNSUPPORTED", "it ended with %d; %s%s", r->exit, lead, words);
	return 0;
}

static int must(struct sandbox *s, const char *const *argv, struct err *e)
{
	struct command_result r = { 0 };

	if (sandbox_run(s, argv, 0, &r, e))
		return -1;
	AUTO_FREE char *words = replies_plain(r.output, r.len);
	int exit = r.exit;
	command_result_done(&r);
	return exit ? err_env(e, "%s ended with %d: %.300s", argv[0], exit, words) : 0;
}

/* The working folder lies in /tmp, which is no part of the root: what is left there is gone with it. */
static int put_in(struct capture *c, struct sandbox *s, const char *program, struct err *e)
{
	const char *const folder[] = { "mkdir", WORK, NULL };
	const char *const copy[] = { "cp", INSIDE_FILE, program, NULL };
	const char *const allow[] = { "chmod", "0755", program, NULL };
	const char *const unpack[] = { "tar", "-x", "-p", "--no-same-owner", "-f", INSIDE_FILE, "-C", WORK, NULL };

	struct path_status real;

	if (must(s, folder, e) || sandbox_status(s, "/usr/bin/systemctl", &real, e))
		return -1;
	if (real.is_there && sandbox_write(s, INSIDE_TOOLS "/systemctl", systemctl, strlen(systemctl), 0755, e))
		return -1;
	return c->job->tree ? must(s, unpack, e) : must(s, copy, e) || must(s, allow, e) ? -1 : 0;
}

static int run_command(struct capture *c, struct sandbox *s, struct screen *screen, struct err *e)
{
	const struct capture_job *job = c->job;
	AUTO_FREE char *program = mem_printf(WORK "/%s", c->name);
	AUTO_FREE char *directory = mem_printf(
		WORK "%s%s", job->directory ? "/" : "", job->directory ? job->directory : "");
	struct talk talk = { .is_terminal = true,
		.directory = directory,
		.output = c->plan.output,
		.input = -1,
		.context = screen,
		.printed = printed,
		.asked = asked };
	struct command_result r = { 0 };
	size_t count = 0, len = 0;

	while (job->arguments[count])
		count++;
	AUTO_FREE const char **argv = mem_alloc((count + 2) * sizeof *argv);
	if (job->file)
		argv[len++] = program;
	for (size_t i = 0; i < count; i++)
		argv[len++] = job->arguments[i];
	if (put_in(c, s, program, e) ||
		sandbox_talk(s, argv, job->limits.seconds ? job->limits.seconds : SECONDS, &talk, &r, e))
		return -1;
	int rc = judge(screen, &r, e);
	command_result_done(&r);
	return rc;
}

/* Where it tried to go; told once, whatever becomes of it. */
static int take_network(struct capture *c, struct sandbox *s, json_t **ret, struct err *e)
{
	static const struct test nothing;
	struct trial t = { .test = &nothing, .sandbox = s, .findings = json_array() };
	int rc;

	observed_init(&t.observed);
	t.observed.ready = 1;
	rc = observed_take(&t, false, e);
	if (rc == 0 && !*ret)
		*ret = json_incref(t.observed.network);
	json_decref(t.observed.network);
	json_decref(t.observed.calls);
	json_decref(t.observed.ports);
	json_decref(t.findings);
	observed_done(&t.observed);
	return rc;
}

static void note_running(struct capture *c, struct sandbox *s)
{
	struct processes left = { 0 };
	struct err ignored;

	if (c->running || sandbox_processes(s, &left, &ignored))
		return;
	c->running = json_array();
	for (size_t i = 0; i < left.len; i++) {
		AUTO_FREE char *shown = text_printable(left.at[i].name, strlen(left.at[i].name), false);
		json_add_once(c->running, shown);
	}
	processes_done(&left);
}

/* A copy of this machine shows empty folders there; what is put into them is no change of the root, and would be lost in silence. */
static int refuse_hidden(struct capture *c, struct sandbox *s, struct err *e)
{
	static const char *const find[] = { "find", "/srv", "/home", "/mnt", "/media", "-mindepth", "1", "-print",
		"-quit", NULL };
	struct command_result r = { 0 };
	int rc = 0;

	if (!c->root.is_machine)
		return 0;
	if (sandbox_run(s, find, 0, &r, e))
		return -1;
	if (r.len > 0 && r.output[0] == '/') {
		AUTO_FREE char *path = last_words(r.output, 200);

		rc = err_input(e, "E_UNSUPPORTED", "it puts files where a copy of this machine is empty: %s", path);
		err_hint(e, "capture it on a root of its own: sluice root create deb12 --from debian:bookworm");
	}
	command_result_done(&r);
	return rc;
}

static int run_once(struct capture *c, struct sandbox **ret, struct changes *changes, json_t **network, struct err *e)
{
	struct screen screen = { .c = c };
	struct err late = { 0 };
	int rc = start(c, ret, e);

	if (rc == 0)
		rc = run_command(c, *ret, &screen, e);
	if (*ret && (rc == 0 || e->class == ERR_INPUT) && take_network(c, *ret, network, &late) && rc == 0) {
		*e = late;
		rc = -1;
	}
	text_done(&screen.since);
	text_done(&screen.all);
	free(screen.unanswered);
	if (rc)
		return -1;
	note_running(c, *ret);
	if (sandbox_quiet(*ret, e) || refuse_hidden(c, *ret, e) || sandbox_changes(*ret, changes, e))
		return -1;
	return changes->is_cut ? err_input(e, "E_LIMIT_ENTRIES", "it changes more than can be looked at") : 0;
}

/* ---- all of it */

static int record(struct capture *c, json_t **network, struct err *e)
{
	AUTO_SANDBOX *second = NULL;
	struct changes a = { 0 }, b = { 0 };
	struct timespec now;
	int rc;

	if (start(c, &c->pristine, e) || sandbox_changes(c->pristine, &c->baseline, e))
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	c->began = now.tv_sec;
	event_log(c->job->events, EVENT_INFO, "running %s on %s", c->name, c->root.name);
	rc = run_once(c, &c->first, &a, network, e);
	if (rc == 0) {
		event_log(c->job->events, EVENT_INFO, "running it again, in another fresh root");
		for (size_t i = 0; c->job->replies && i < c->job->replies->len; i++)
			c->job->replies->at[i].is_used = false;
		if (c->job->replies)
			c->job->replies->given = 0;
		rc = run_once(c, &second, &b, network, e);
		if (rc)
			err_wrap(e, "the second time");
	}
	if (rc == 0)
		rc = capture_compare(
			&(struct capture_runs){ c->first, second, &a, &b, &c->baseline, c->began, &c->arena },
			&c->paths, e);
	changes_done(&a);
	changes_done(&b);
	return rc;
}

int capture_record(const struct capture_job *job, struct capture **ret, json_t **ret_network, struct err *e)
{
	struct capture *c = mem_alloc(sizeof *c);
	json_t *network = NULL;
	int rc;

	c->job = job;
	arena_init(&c->arena, MIB(512));
	rc = root_find(job->roots_dir, job->root, &c->root, e) || make_plan(c, e) || record(c, &network, e);
	*ret_network = network ? network : json_array();
	if (rc) {
		if (c->name)
			err_wrap(e, "%s", c->name);
		capture_free(c);
		return -1;
	}
	*ret = c;
	return 0;
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	sandbox_stop(c->first);
	sandbox_stop(c->pristine);
	changes_done(&c->baseline);
	plan_done(&c->plan);
	root_done(&c->root);
	hidden_done(&c->hide);
	free(c->real);
	free(c->name);
	free(c->tmp_options);
	free(c->path);
	json_decref(c->running);
	LIST_DONE(&c->paths);
	arena_done(&c->arena);
	free(c);
}

struct captured *capture_paths(struct capture *c, size_t *ret_len)
{
	*ret_len = c->paths.len;
	return c->paths.at;
}

struct arena *capture_arena(struct capture *c)
{
	return &c->arena;
}

const json_t *capture_left_running(const struct capture *c)
{
	return c->running;
}

int capture_before(struct capture *c, const char *path, char **ret_bytes, size_t *ret_len, struct err *e)
{
	return sandbox_read(c->pristine, path, READ_MAX, ret_bytes, ret_len, e);
}

int capture_after(struct capture *c, const char *path, char **ret_bytes, size_t *ret_len, struct err *e)
{
	return sandbox_read(c->first, path, READ_MAX, ret_bytes, ret_len, e);
}

int capture_take(struct capture *c, struct taken *at, size_t len, int fd, struct err *e)
{
	return takeout_write(c->first, at, len, fd, e);
}
