/* expect.c - reading expectations and trying them. One kind is one line of the table and one function. */
#include "sandbox/expect.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "sandbox/expect_private.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CONTENT_MAX = 16 << 20, PATIENCE = 60, PAUSE_MS = 50 };

static const struct yaml_schema text = { .kind = YAML_SCALAR };
static const struct yaml_schema path = { .kind = YAML_SCALAR, .pattern = "^/.*", .what = "an absolute path" };
static const struct yaml_schema staying = {
	.kind = YAML_SCALAR, .pattern = "^(/|user/[a-z_]).*", .what = "an absolute path, or a user such as user/acme"
};
static const struct yaml_schema mode = {
	.kind = YAML_SCALAR, .pattern = "^0?[0-7]{3,4}$", .what = "a mode such as \"0755\""
};
static const struct yaml_schema digest = {
	.kind = YAML_SCALAR, .pattern = "^[0-9a-f]{64}$", .what = "a sha256 in hex"
};
static const struct yaml_schema number = { .kind = YAML_INT, .min = 0, .max = 255 };
static const struct yaml_schema words = { .kind = YAML_LIST, .of = &text };
static const struct yaml_schema port = {
	.kind = YAML_SCALAR, .pattern = "^(tcp|udp)/[0-9]{1,5}$", .what = "a port such as tcp/8443"
};
static const struct yaml_schema type = { .kind = YAML_CHOICE,
	.words = (const char *const[]){ "file", "dir", "symlink", "fifo", "char", "block", NULL } };
static const struct yaml_field log_fields[] = { { "file", &path, true }, { "contains", &text, true }, { NULL } };
static const struct yaml_schema log_schema = { .kind = YAML_MAP, .fields = log_fields };
static const struct yaml_field provide_fields[] = { { "file", &text, true }, { "as", &path, true }, { NULL } };
static const struct yaml_schema provide_schema = { .kind = YAML_MAP, .fields = provide_fields };
static const struct yaml_schema service = {
	.kind = YAML_SCALAR, .pattern = "^[A-Za-z0-9@._:-]+$", .what = "the name of a service"
};
static const struct yaml_schema place = { .kind = YAML_SCALAR,
	.pattern = "^[][A-Za-z0-9._:-]+:[0-9]{1,5}$",
	.what = "a host and a port such as updates.example:443" };
static const struct yaml_schema places = { .kind = YAML_LIST, .of = &place };
static const struct yaml_schema tls = { .kind = YAML_CHOICE,
	.words = (const char *const[]){ "required", "starttls", NULL } };
static const struct yaml_field item_fields[] = {
	{ "file", &path },
	{ "type", &type },
	{ "mode", &mode },
	{ "owner", &text },
	{ "group", &text },
	{ "sha256", &digest },
	{ "contains", &text },
	{ "target", &text },
	{ "run", &words },
	{ "stdout", &text },
	{ "exit", &number },
	{ "listens", &port },
	{ "tls", &tls },
	{ "user", &text },
	{ "log", &log_schema },
	{ "leaves", &staying },
	{ "provide", &provide_schema },
	{ "setup", &words },
	{ "service", &service },
	{ "connects", &places },
	{ NULL },
};
static const struct yaml_schema item = { .kind = YAML_MAP, .fields = item_fields };
static const struct yaml_schema list = { .kind = YAML_LIST, .of = &item };

static int check_file(struct trial *t, json_t *x, struct err *e);
static int check_run(struct trial *t, json_t *x, struct err *e);
static int check_user(struct trial *t, json_t *x, struct err *e);
static int check_log(struct trial *t, json_t *x, struct err *e);

/* check NULL: it says something else than what must be true after the installation, or is looked at together with others. */
static const struct kind {
	const char *key;
	int (*check)(struct trial *t, json_t *x, struct err *e);
	const char *with; /* further keys it takes, between blanks */
} kinds[] = {
	{ "file", check_file, " type mode owner group sha256 contains target " },
	{ "run", check_run, " stdout exit " },
	{ "listens", expect_listens, " tls " },
	{ "user", check_user, " " },
	{ "log", check_log, " " },
	{ "service", expect_service, " " },
	{ "connects", NULL, " tls " },
	{ "leaves", NULL, " " },
	{ "provide", NULL, " " },
	{ "setup", NULL, " " },
};

static const struct kind *kind_of(const json_t *x)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (json_object_get(x, kinds[i].key))
			return &kinds[i];
	return NULL;
}

static int refuse(
	const char *text_, size_t len, const char *file, size_t index, struct err *e, const char *why, const char *key)
{
	AUTO_FREE char *at = mem_printf("%zu", index);
	AUTO_FREE char *where = yaml_where(text_, len, file, at);

	return err_usage(e, "%s: %s%s%s", where, why, *key ? ": " : "", key);
}

int expectations_parse(const char *text_, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *items = NULL;
	size_t i;
	json_t *x;

	if (yaml_parse(text_, len, file, &list, &items, e))
		return -1;
	json_array_foreach(items, i, x) {
		const struct kind *k = kind_of(x);
		const char *key;
		json_t *value;

		if (!k)
			return refuse(text_, len, file, i, e,
				"what is expected is not said (file, run, user, listens, ...)", "");
		json_object_foreach(x, key, value) {
			AUTO_FREE char *word = mem_printf(" %s ", key);

			if (strcmp(key, k->key) != 0 && !strstr(k->with, word))
				return refuse(text_, len, file, i, e, "it says too much at once", key);
		}
		if ((strcmp(k->key, "run") == 0 || strcmp(k->key, "setup") == 0) &&
			json_array_size(json_list(x, k->key)) == 0)
			return refuse(text_, len, file, i, e, "the command is empty", k->key);
	}
	*ret = json_incref(items);
	return 0;
}

int expectations_load(const char *file, struct expectations *ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	const char *slash = strrchr(file, '/');
	size_t len = 0;
	json_t *items = NULL;

	if (fs_read_file(file, MIB(1), &bytes, &len, e)) {
		e->class = ERR_USAGE;
		return -1;
	}
	if (expectations_parse(bytes, len, file, &items, e))
		return -1;
	ret->items = items;
	sha256_hex(bytes, len, ret->digest);
	ret->text = bytes;
	bytes = NULL;
	ret->dir = slash ? mem_printf("%.*s", (int)(slash - file + 1), file) : mem_strdup("");
	return 0;
}

void expectations_done(struct expectations *x)
{
	json_decref(x->items);
	free(x->dir);
	free(x->text);
	*x = (struct expectations){ 0 };
}

/* ---- before */
static int provide(struct trial *t, json_t *x, struct err *e)
{
	const char *from = json_text(x, "file");
	AUTO_FREE char *file = *from == '/' ? mem_strdup(from) : mem_printf("%s%s", t->expect->dir, from),
		       *bytes = NULL;
	size_t len = 0;

	if (fs_read_file(file, MIB(64), &bytes, &len, e))
		return err_wrap(e, "expectations: provide");
	return sandbox_write(t->sandbox, json_text(x, "as"), bytes, len, 0644, e);
}

static char **words_of(json_t *array)
{
	char **argv = mem_alloc((json_array_size(array) + 1) * sizeof *argv);
	size_t i;
	json_t *word;

	json_array_foreach(array, i, word)
		argv[i] = mem_strdup(json_string_value(word));
	return argv;
}

static void words_free(char **argv)
{
	for (char **at = argv; *at; at++)
		free(*at);
	free(argv);
}

static int run_words(struct trial *t, json_t *array, struct command_result *ret, struct err *e)
{
	char **argv = words_of(array);
	int rc = trial_step(t, (const char *const *)argv, ret, e);

	words_free(argv);
	return rc;
}

static int set_up(struct trial *t, json_t *command, struct err *e)
{
	AUTO_FREE char *line = expect_joined(command), *what = mem_printf("setup: %s", line), *got = NULL;
	struct command_result r = { 0 };

	if (run_words(t, command, &r, e))
		return -1;
	got = mem_printf("exit %d", r.exit);
	expect_record(t, what, "exit 0", got, r.exit == 0);
	command_result_done(&r);
	return 0;
}

int expectations_prepare(struct trial *t, struct err *e)
{
	size_t i;
	json_t *x;

	if (!t->expect)
		return 0;
	json_array_foreach(t->expect->items, i, x) {
		if (json_map(x, "provide")) {
			if (provide(t, json_map(x, "provide"), e))
				return -1;
			expect_record(t, json_text(json_map(x, "provide"), "as"), "provided", "provided", true);
		}
		if (json_list(x, "setup") && set_up(t, json_list(x, "setup"), e))
			return -1;
	}
	return 0;
}

bool expectations_leave(const struct expectations *x, const char *p)
{
	size_t i;
	json_t *one;

	if (!x)
		return false;
	json_array_foreach(x->items, i, one) {
		const char *top = json_text(one, "leaves");
		size_t len = strlen(top);

		if (len && strncmp(p, top, len) == 0 && (p[len] == '\0' || p[len] == '/'))
			return true;
	}
	return false;
}

/* ---- after */
void expect_record(struct trial *t, const char *what, const char *expected, const char *observed, bool met)
{
	json_t *o = json_object();

	json_set_str(o, "text", what);
	json_set_str(o, "expected", expected);
	json_set_str(o, "observed", observed);
	json_object_set_new(o, "met", json_boolean(met));
	json_array_append_new(t->expectations, o);
	if (!met)
		trial_find(t, SEVERITY_HIGH, "expectation-unmet", what, "expected %s, observed %s", expected, observed);
}

static void record_same(struct trial *t, const char *what, const char *key, const char *expected, const char *observed)
{
	AUTO_FREE char *name = mem_printf("%s: %s", what, key);

	expect_record(t, name, expected, observed, strcmp(expected, observed) == 0);
}

static const char *type_name(mode_t m)
{
	return S_ISREG(m)     ? "file"
		: S_ISDIR(m)  ? "dir"
		: S_ISLNK(m)  ? "symlink"
		: S_ISFIFO(m) ? "fifo"
		: S_ISCHR(m)  ? "char"
			      : "block";
}

static int owner_name(struct trial *t, const char *table, unsigned id, char **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;

	if (sandbox_read(t->sandbox, table, MIB(1), &bytes, &len, e))
		return -1;
	*ret = trial_name_of(bytes, id);
	return 0;
}

static int check_content(struct trial *t, json_t *x, const char *what, struct err *e)
{
	const char *contains = json_text(x, "contains"), *sha = json_text(x, "sha256");
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;
	char hex[SHA256_HEX];

	if (!*contains && !*sha)
		return 0;
	if (sandbox_read(t->sandbox, what, CONTENT_MAX, &bytes, &len, e))
		return -1;
	if (*contains) {
		AUTO_FREE char *name = mem_printf("%s: contains", what);
		bool met = bytes && memmem(bytes, len, contains, strlen(contains));

		expect_record(t, name, contains, met ? contains : bytes ? "other content" : "no content", met);
	}
	if (*sha) {
		sha256_hex(bytes ? bytes : "", len, hex);
		record_same(t, what, "sha256", sha, hex);
	}
	return 0;
}

static int check_file(struct trial *t, json_t *x, struct err *e)
{
	const char *what = json_text(x, "file");
	AUTO_FREE char *owner = NULL, *group = NULL;
	struct path_status st;
	char mode_text[8];

	if (sandbox_status(t->sandbox, what, &st, e))
		return -1;
	expect_record(t, what, "there", st.is_there ? "there" : "missing", st.is_there);
	if (!st.is_there)
		return 0;
	if (owner_name(t, "/etc/passwd", st.uid, &owner, e) || owner_name(t, "/etc/group", st.gid, &group, e))
		return -1;
	snprintf(mode_text, sizeof mode_text, "%04o", st.mode & 07777);
	if (*json_text(x, "type"))
		record_same(t, what, "type", json_text(x, "type"), type_name(st.mode));
	if (*json_text(x, "mode")) {
		char want[8];

		snprintf(want, sizeof want, "%04lo", strtoul(json_text(x, "mode"), NULL, 8));
		record_same(t, what, "mode", want, mode_text);
	}
	if (*json_text(x, "owner"))
		record_same(t, what, "owner", json_text(x, "owner"), owner);
	if (*json_text(x, "group"))
		record_same(t, what, "group", json_text(x, "group"), group);
	if (*json_text(x, "target"))
		record_same(t, what, "target", json_text(x, "target"), st.target);
	return check_content(t, x, what, e);
}

char *expect_joined(json_t *array)
{
	struct text line = { 0 };
	size_t i;
	json_t *word;

	json_array_foreach(array, i, word)
		text_add(&line, "%s%s", i ? " " : "", json_string_value(word));
	return text_take(&line);
}

static int check_run(struct trial *t, json_t *x, struct err *e)
{
	AUTO_FREE char *what = expect_joined(json_list(x, "run")), *want = NULL, *got = NULL;
	struct command_result r = { 0 };

	if (run_words(t, json_list(x, "run"), &r, e))
		return -1;
	want = mem_printf("exit %d", (int)json_int(x, "exit"));
	got = mem_printf("exit %d%s", r.exit, r.is_timeout ? " (out of time)" : "");
	expect_record(t, what, want, got, r.exit == json_int(x, "exit") && !r.is_timeout);
	if (json_object_get(x, "stdout")) {
		AUTO_FREE char *name = mem_printf("%s: stdout", what);
		AUTO_FREE char *shown = mem_printf("%.400s", r.output);
		const char *part = json_text(x, "stdout");

		expect_record(t, name, part, shown, memmem(r.output, r.len, part, strlen(part)) != NULL);
	}
	command_result_done(&r);
	return 0;
}

static int check_user(struct trial *t, json_t *x, struct err *e)
{
	const char *want = json_text(x, "user");
	AUTO_FREE char *bytes = NULL, *line = mem_printf("\n%s:", want), *all = NULL;
	size_t len = 0;

	if (sandbox_read(t->sandbox, "/etc/passwd", MIB(1), &bytes, &len, e))
		return -1;
	all = mem_printf("\n%s", bytes ? bytes : "");
	bool met = strstr(all, line) != NULL;
	expect_record(t, "user", want, met ? want : "no such user", met);
	return 0;
}

int expect_wait(struct trial *t, const struct expect_try *w, bool *ret, struct err *e)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (w->is_true(t, w, ret, e))
			return -1;
		if (*ret)
			return 0;
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
	}
	return 0;
}

static int holds_line(struct trial *t, const struct expect_try *w, bool *ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	const char *contains = json_text(w->x, "contains");
	size_t len = 0;

	if (sandbox_read(t->sandbox, w->what, CONTENT_MAX, &bytes, &len, e))
		return -1;
	*ret = bytes && memmem(bytes, len, contains, strlen(contains));
	return 0;
}

static int check_log(struct trial *t, json_t *x, struct err *e)
{
	json_t *log = json_map(x, "log");
	struct expect_try w = { holds_line, log, json_text(log, "file") };
	bool met = false;

	return expect_wait(t, &w, &met, e) ? -1 : check_content(t, log, w.what, e);
}

int expectations_check(struct trial *t, struct err *e)
{
	size_t i;
	json_t *x;

	if (!t->expect)
		return 0;
	json_array_foreach(t->expect->items, i, x) {
		const struct kind *k = kind_of(x);

		if (k && k->check && k->check(t, x, e))
			return -1;
	}
	return expect_connects(t, e);
}

int expectations_check_left(struct trial *t, struct err *e)
{
	size_t i;
	json_t *x;

	if (!t->expect)
		return 0;
	json_array_foreach(t->expect->items, i, x) {
		const char *stays = json_text(x, "leaves");
		struct path_status st;

		if (*json_text(x, "service") && expect_service_gone(t, x, e))
			return -1;
		if (!*stays)
			continue;
		if (*stays != '/') /* a user may stay, it need not */
			continue;
		if (sandbox_status(t->sandbox, stays, &st, e))
			return -1;
		AUTO_FREE char *what = mem_printf("leaves: %s", stays);
		expect_record(t, what, "there after the removal", st.is_there ? "there after the removal" : "gone",
			st.is_there);
	}
	return 0;
}
