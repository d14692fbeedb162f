/* capture_build.c - one capture from the installer to the packages. */
#include "repackager/capture_build.h"
#include "base/fs.h"
#include "base/stream.h"
#include "formats/pax_tree.h"
#include "repackager/build.h"
#include "repackager/capture_private.h"
#include "repackager/decode.h"
#include "repackager/linker.h"
#include "repackager/test_places.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ANSWERS_MAX = 1 << 20, SHOWN = 12 };

struct session {
	const struct capture_order *order;
	struct document recipe, house;
	struct replies replies;
	char *found_house, *work, *tree_path, *directory;
	int tree; /* an archive's content as a plain tar; -1 */
	struct linker *linker;
	struct arena arena;
	struct finds finds;
	json_t *network;
};

/* ---- what is run: a program, or commands in an unpacked archive */

static int is_program(const char *path, bool *ret, struct err *e)
{
	AUTO_FD int fd = fs_open_file(path, e);
	unsigned char head[READER_HEAD];
	ssize_t len = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);

	if (fd < 0)
		return -1;
	*ret = len >= 2 && (memcmp(head, "#!", 2) == 0 || (len >= 4 && memcmp(head, "\177ELF", 4) == 0));
	return 0;
}

/* Any archive becomes a plain tar, written behind the confined decoder: the root needs no tool but tar. */
struct unpacking {
	struct sink sink;
	struct pax_tree tree;
	char *top; /* the one folder that everything lies in; "" when there is no such */
	bool is_skipped;
};

static int tree_begin(struct sink *s, const struct entry *en, struct err *e)
{
	struct unpacking *u = (struct unpacking *)s;
	size_t len = strcspn(en->path + 1, "/");
	bool is_again = false;

	if (!u->top)
		u->top = mem_printf("%.*s", (int)len, en->path + 1);
	if (strlen(u->top) != len || memcmp(u->top, en->path + 1, len) != 0 ||
		(!en->path[1 + len] && en->type != ENTRY_DIR))
		u->top[0] = '\0';
	if (pax_tree_begin(&u->tree, en, false, &is_again, e))
		return -1;
	u->is_skipped = is_again;
	return 0;
}

static int tree_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return pax_tree_data(&((struct unpacking *)s)->tree, bytes, len, e);
}

static int tree_end(struct sink *s, struct err *e)
{
	struct unpacking *u = (struct unpacking *)s;

	return u->is_skipped ? 0 : pax_tree_end(&u->tree, e);
}

static const struct sink_ops tree_ops = { .entry_begin = tree_begin, .data = tree_data, .entry_end = tree_end };

static int unpack_once(struct session *s, const struct limits *limits, struct err *e)
{
	struct out *out = out_fd(s->tree);
	struct unpacking u = { .sink = { &tree_ops } };
	struct decode d = { .path = s->order->file, .limits = limits, .events = s->order->convert.events };
	struct pkg pkg;
	struct err ignored;
	int rc;

	pkg_init(&pkg, (size_t)limits->memory);
	pax_tree_init(&u.tree, out, -1);
	if (s->linker)
		linker_again(s->linker, &u.sink);
	else
		s->linker = linker_new(&u.sink, &s->arena);
	rc = decode(&d, linker_sink(s->linker), &pkg, NULL, NULL, e);
	if (rc == 0)
		rc = pax_tree_close(&u.tree, e);
	rc = out_close(out, rc ? &ignored : e) || rc ? -1 : 0;
	pax_tree_done(&u.tree);
	pkg_done(&pkg);
	free(s->directory);
	s->directory = u.top;
	return rc;
}

static int unpack(struct session *s, struct err *e)
{
	struct limits limits;

	if (recipe_limits(&s->recipe, &s->house, &limits, e))
		return -1;
	if (fs_temp_dir("capture", &s->work, e))
		return -1;
	s->tree_path = fs_join(s->work, "tree.tar");
	do {
		auto_fd(&s->tree);
		s->tree = open(s->tree_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (s->tree < 0)
			return err_sys(e, "%s", s->tree_path);
		if (unpack_once(s, &limits, e))
			return -1;
	} while (linker_wants_again(s->linker));
	return 0;
}

/* ---- what the recipe says */

static int load_answers(struct session *s, struct err *e)
{
	const char *name = document_text(&s->recipe, "source/answers");
	AUTO_FREE char *path = *name ? document_file(&s->recipe, name) : NULL, *text = NULL;
	struct err why = { 0 };
	size_t len = 0;

	if (!path)
		return 0;
	if (fs_read_file(path, ANSWERS_MAX, &text, &len, &why))
		return document_error(&s->recipe, "source/answers", e, "%s", why.text);
	return replies_parse(text, len, path, &s->replies, e);
}

static int load(struct session *s, struct err *e)
{
	const struct convert *c = &s->order->convert;

	s->found_house = c->recipe && !c->house ? house_find(c->recipe) : NULL;
	if (c->recipe && recipe_load(c->recipe, &s->recipe, e))
		return -1;
	if ((c->house || s->found_house) && house_load(c->house ? c->house : s->found_house, &s->house, e))
		return -1;
	return load_answers(s, e);
}

/* --root, else what recipe or house name for the first target. */
static const char *root_of(const struct session *s, struct err *e)
{
	const struct convert *c = &s->order->convert;
	AUTO(arena) arena = { 0 };
	struct target t;

	if (s->order->root || c->targets_len == 0)
		return s->order->root;
	arena_init(&arena, 0);
	if (target_resolve(c->targets[0], &s->house, &arena, &t, e))
		return NULL;
	const char *root = test_root_of(&s->recipe, &s->house, t.name, t.writer->name);
	return root && *root ? root : NULL;
}

/* Of files that were made in the run: SOURCE_DATE_EPOCH, else when the installer itself was. */
static int time_of(const struct session *s, int64_t *ret, struct err *e)
{
	struct stat st;

	if (source_date_epoch(ret, e))
		return -1;
	if (*ret < 0 && stat(s->order->file, &st))
		return err_sys(e, "%s", s->order->file);
	if (*ret < 0)
		*ret = st.st_mtim.tv_sec;
	return 0;
}

/* ---- the report */

static void finds_init(struct session *s)
{
	struct finds *f = &s->finds;
	json_t **lists[] = { &f->kept, &f->noise, &f->litter, &f->dropped, &f->edits, &f->users, &f->groups, &f->units,
		&f->alternatives, &f->services, &f->new_users, &f->new_groups, &f->members, &f->undecided };

	f->recipe = &s->recipe;
	f->events = s->order->convert.events;
	for (size_t i = 0; i < COUNT(lists); i++)
		*lists[i] = json_array();
}

static void finds_done(struct finds *f)
{
	json_t *lists[] = { f->kept, f->noise, f->litter, f->dropped, f->edits, f->users, f->groups, f->units,
		f->alternatives, f->services, f->new_users, f->new_groups, f->members, f->undecided };

	for (size_t i = 0; i < COUNT(lists); i++)
		json_decref(lists[i]);
	text_done(&f->post);
	text_done(&f->preun);
	LIST_DONE(&f->take);
	free(f->passwd);
	free(f->group);
	capture_free(f->capture);
}

static json_t *report_of(const struct session *s)
{
	const struct finds *f = &s->finds;
	const struct {
		const char *key;
		json_t *list;
	} parts[] = { { "kept", f->kept }, { "noise", f->noise }, { "litter", f->litter }, { "dropped", f->dropped },
		{ "foreign_edits", f->edits }, { "users", f->users }, { "groups", f->groups },
		{ "members", f->members }, { "units", f->units }, { "alternatives", f->alternatives },
		{ "network", s->network } };
	json_t *o = json_object();

	for (size_t i = 0; i < COUNT(parts); i++)
		json_object_set(o, parts[i].key, parts[i].list);
	json_object_set_new(o, "running",
		f->capture && capture_left_running(f->capture) ? json_deep_copy(capture_left_running(f->capture))
							       : json_array());
	return o;
}

/* ---- what refuses */

static int refuse_network(const struct session *s, struct err *e)
{
	json_t *first = json_array_get(s->network, 0);

	if (!first || strcmp(document_text(&s->recipe, "capture/network"), "ignore") == 0)
		return 0;
	err_input(e, "E_UNSUPPORTED", "it reaches for the network: %s, port %lld, by %s%s", json_text(first, "to"),
		(long long)json_int(first, "port"), json_text(first, "by"),
		json_array_size(s->network) > 1 ? ", and others" : "");
	return err_hint(e,
		"what it would fetch is not in the package: take the vendor's complete installer, or say 'capture: "
		"{network: ignore}' in the recipe");
}

static int refuse_undecided(const struct session *s, struct err *e)
{
	const json_t *list = s->finds.undecided;
	AUTO(text) names = { 0 };
	json_t *one;
	size_t i;

	if (json_array_size(list) == 0)
		return 0;
	json_array_foreach(list, i, one)
		if (i < SHOWN)
			text_add(&names, "%s%s", i ? ", " : "", json_string_value(one));
	if (json_array_size(list) > SHOWN)
		text_add(&names, " and %zu more", json_array_size(list) - SHOWN);
	err_input(e, "E_UNSUPPORTED", "it changes what was there, and the recipe does not say what becomes of it: %s",
		names.at);
	return err_hint(e, "capture: {edits: {PATH: lines|script|take|ignore}} in the recipe, a line for each");
}

/* ---- into the packages */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct taken *)a)->entry.path, ((const struct taken *)b)->entry.path);
}

/* Lines that run after the files came, and before they go. */
static void wrap_event(json_t *o, const char *key, const char *events, struct text *lines)
{
	if (!lines->len)
		return;
	AUTO_FREE char *text = mem_printf("case $sluice_event in\n%s)\n%s;;\nesac\n", events, lines->at);
	json_set_str(o, key, text);
}

static json_t *lay_over(struct finds *f)
{
	json_t *o = json_object(), *devices = document_at(f->recipe, "source/devices");

	/* strip and inner are about archives */
	json_object_set_new(o, "source", devices ? json_pack("{s:O}", "devices", devices) : json_object());
	json_object_set(o, "users", f->new_users);
	json_object_set(o, "services", f->services);
	json_object_set_new(o, "_captured", json_true());
	json_object_set(o, "_groups", f->new_groups);
	json_object_set(o, "_members", f->members);
	wrap_event(o, "_post", "post-install | post-upgrade", &f->post);
	wrap_event(o, "_preun", "pre-remove", &f->preun);
	return o;
}

static int build(struct session *s, struct convert_result *ret, struct err *e)
{
	struct finds *f = &s->finds;
	const char *slash = strrchr(s->order->file, '/');
	AUTO_FD int fd = -1;
	int rc;

	if (f->take.len == 0)
		return err_input(e, "E_EMPTY", "it installs nothing");
	qsort(f->take.at, f->take.len, sizeof *f->take.at, by_path);
	if ((fd = fs_temp_file(e)) < 0 || capture_take(f->capture, f->take.at, f->take.len, fd, e))
		return -1;
	/* the roots are of no more use, and their memory is */
	capture_free(f->capture);
	f->capture = NULL;
	AUTO_JSON *over = lay_over(f);
	AUTO_FREE char *path = mem_printf("/proc/%ld/fd/%d", (long)getpid(), fd);
	struct convert job = s->order->convert;
	job.files = (const char *const[]){ path };
	job.files_len = 1;
	job.name = slash ? slash + 1 : s->order->file;
	job.lay_over = over;
	rc = convert(&job, ret, e);
	if (rc && e->file[0])
		snprintf(e->file, sizeof e->file, "%s", s->order->file);
	return rc;
}

static int record(struct session *s, struct err *e)
{
	const struct capture_order *o = s->order;
	struct capture_job job = { .name = o->file,
		.arguments = o->arguments,
		.roots_dir = o->roots_dir,
		.require = o->require,
		.hide = o->hide,
		.hide_len = o->hide_len,
		.replies = &s->replies,
		.events = o->convert.events };
	bool is_run = false;

	if (is_program(o->file, &is_run, e))
		return -1;
	if (!is_run && !o->arguments[0]) {
		err_usage(e, "%s is no program; what is run in it?", o->file);
		return err_hint(
			e, "-- sh -c './configure && make install', for example; a plain archive is converted without");
	}
	if (is_run)
		job.file = o->file;
	else if (unpack(s, e))
		return -1;
	else
		job.tree = s->tree_path;
	job.directory = s->directory && *s->directory ? s->directory : NULL;
	job.root = root_of(s, e);
	if (e->class != ERR_NONE)
		return -1;
	if (!job.root)
		event_log(o->convert.events, EVENT_WARNING,
			"no --root: running it on a throw-away copy of this machine; what is installed here already is "
			"not seen as its own");
	return capture_record(&job, &s->finds.capture, &s->network, e);
}

static int run(struct session *s, struct convert_result *ret, json_t **ret_report, struct err *e)
{
	int rc;

	if (load(s, e) || time_of(s, &s->finds.mtime, e))
		return -1;
	rc = record(s, e);
	/* one that failed because there was no network is told so */
	if (rc && s->network && json_array_size(s->network) > 0 && e->class == ERR_INPUT) {
		*ret_report = report_of(s);
		struct err why = *e;

		refuse_network(s, e);
		return err_wrap(e, "%.300s", why.text);
	}
	if (rc)
		return -1;
	rc = capture_sort(&s->finds, e);
	*ret_report = report_of(s);
	if (rc || refuse_network(s, e) || refuse_undecided(s, e))
		return -1;
	return build(s, ret, e);
}

int capture_build(const struct capture_order *o, struct convert_result *ret, json_t **ret_report, struct err *e)
{
	struct session s = { .order = o, .tree = -1 };
	struct err ignored = { 0 };
	int rc;

	arena_init(&s.arena, 0);
	finds_init(&s);
	*ret_report = NULL;
	rc = run(&s, ret, ret_report, e);
	finds_done(&s.finds);
	json_decref(s.network);
	replies_done(&s.replies);
	document_done(&s.recipe);
	document_done(&s.house);
	linker_free(s.linker);
	arena_done(&s.arena);
	auto_fd(&s.tree);
	free(s.found_house);
	free(s.tree_path);
	if (s.work)
		fs_remove_tree(s.work, &ignored);
	free(s.work);
	free(s.directory);
	return rc;
}
