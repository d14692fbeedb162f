/* kept.c - saving what a test changed in its root, and a shell in a root that was saved. */
#include "sandbox/kept.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "sandbox/root.h"
#include "sandbox/secrets.h"
#include "sandbox/takeout.h"
#include "sandbox/talk.h"
#include "sandbox/trial.h"
#include "sandbox/users.h"
#include <errno.h>
#include <string.h>

enum { KEPT_VERSION = 1, JSON_MAX = 1 << 20, REMOVED_MAX = 64 << 20, AT_ONCE = 500 };
#define INSIDE_KEPT "/run/sluice/kept.tar"

/* ---- saving */

static int look_at_all(struct sandbox *s, const struct changes *c, struct arena *a, struct taken *items,
	size_t *ret_len, struct err *e)
{
	size_t len = 0;

	for (size_t i = 0; i < c->len; i++) {
		struct taken t;

		if (c->at[i].kind == '-')
			continue;
		if (takeout_look(s, c->at[i].path, a, &t, e))
			return -1;
		if (t.is_there && !t.is_socket)
			items[len++] = t;
	}
	*ret_len = len;
	return 0;
}

static int save_changes(struct sandbox *s, const struct changes *c, const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "changes.tar");
	AUTO_FREE struct taken *items = mem_alloc((c->len + 1) * sizeof *items);
	AUTO(arena) arena = { 0 };
	struct outfile file = { .fd = -1 };
	size_t len = 0;
	int rc;

	arena_init(&arena, MIB(512));
	/* In a folder of the caller's alone; readable, since in a root of subordinate ids whoever reads it is somebody else. */
	if (look_at_all(s, c, &arena, items, &len, e) || outfile_open(&file, path, 0644, e))
		return -1;
	rc = takeout_write(s, items, len, file.fd, e);
	if (rc == 0)
		rc = outfile_commit(&file, e);
	outfile_done(&file);
	return rc;
}

static int save_removed(const struct changes *c, const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "removed");
	AUTO(text) list = { 0 };

	for (size_t i = 0; i < c->len; i++)
		if (c->at[i].kind == '-')
			text_bytes(&list, c->at[i].path, strlen(c->at[i].path) + 1);
	return fs_write_file(path, list.at ? list.at : "", list.len, 0600, e);
}

static int save_about(const struct trial *t, const char *scenario, const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "kept.json");
	AUTO_JSON *o = json_object();
	char now[32];

	when_utc(when_now(), now);
	json_object_set_new(o, "version", json_integer(KEPT_VERSION));
	json_set_str(o, "root", t->root->name);
	json_set_str(o, "scenario", scenario);
	json_set_str(o, "time", now);
	json_object_set(o, "packages", t->packages);
	AUTO_FREE char *text = json_dumps(o, JSON_INDENT(2));
	return text ? fs_write_file(path, text, strlen(text), 0600, e) : err_env(e, "kept.json cannot be written");
}

int kept_save(struct trial *t, const char *scenario, const char *dir, struct err *e)
{
	struct changes changes = { 0 };
	int rc;

	if (fs_exists(dir))
		return err_usage(e, "%s is there already: remove it, or keep elsewhere", dir);
	if (sandbox_quiet(t->sandbox, e) || sandbox_changes(t->sandbox, &changes, e))
		return -1;
	rc = changes.is_cut ? err_env(e, "too much changed to be kept") : fs_mkdirs(dir, 0700, e);
	if (rc == 0)
		rc = save_changes(t->sandbox, &changes, dir, e) || save_removed(&changes, dir, e) ||
				save_about(t, scenario, dir, e)
			? -1
			: 0;
	changes_done(&changes);
	return rc;
}

/* ---- looking */

static int load_about(const char *dir, json_t **ret, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "kept.json"), *bytes = NULL;
	size_t len = 0;

	if (fs_read_file(path, JSON_MAX, &bytes, &len, e)) {
		e->class = ERR_USAGE;
		return err_hint(e, "a folder that `sluice test --keep-env` made");
	}
	*ret = json_parse(bytes, len, path, e);
	if (!*ret)
		return -1;
	return json_int(*ret, "version") == KEPT_VERSION ? 0 : err_input(e, "E_METADATA", "%s: another version", path);
}

static int must(struct sandbox *s, const char *const *argv, const char *what, struct err *e)
{
	struct command_result r = { 0 };
	int rc;

	if (sandbox_run(s, argv, 0, &r, e))
		return -1;
	rc = r.exit == 0 ? 0 : err_env(e, "%s: %s ended with %d: %.300s", what, argv[0], r.exit, r.output);
	command_result_done(&r);
	return rc;
}

static int remove_again(struct sandbox *s, const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "removed"), *bytes = NULL;
	const char *argv[AT_ONCE + 4] = { "rm", "-rf", "--" };
	size_t len = 0, count = 3;

	if (fs_read_file(path, REMOVED_MAX, &bytes, &len, e))
		return -1;
	for (const char *at = bytes; at < bytes + len; at += strlen(at) + 1) {
		if (at[0] != '/' || !at[1])
			return err_input(e, "E_STRUCTURE", "%s: no list of paths", path);
		argv[count++] = at;
		if (count < AT_ONCE + 3 && at + strlen(at) + 1 < bytes + len)
			continue;
		argv[count] = NULL;
		if (must(s, argv, "removing what was gone", e))
			return -1;
		count = 3;
	}
	return 0;
}

static int restore(struct sandbox *s, const char *dir, struct err *e)
{
	static const char *const untar[] = { "tar", "-x", "-p", "--numeric-owner", "--acls", "--xattrs",
		"--xattrs-include=*", "-C", "/", "-f", INSIDE_KEPT, NULL };

	return remove_again(s, dir, e) || must(s, untar, "putting back what had changed", e) ? -1 : 0;
}

static int look(const struct test *t, const struct root *root, const struct plan *plan, const char *dir, struct err *e)
{
	AUTO_SANDBOX *s = NULL;
	unsigned missing = 0, required = LAYERS_DEFAULT;
	char text[256];
	int code = 0;

	if (t->require && layers_parse(t->require, &required, e))
		return -1;
	if (root->is_machine && !users_is_root())
		return err_env(e, "a throw-away copy of this machine needs root");
	if (sandbox_start(plan, &s, &missing, e))
		return -1;
	if (missing & required)
		return err_env(e, "this machine cannot isolate it well enough; missing: %s",
			layers_text(missing & required, text, sizeof text));
	if ((root->is_machine && secrets_replace(s, e)) || (dir && restore(s, dir, e)))
		return -1;
	return t->look.shell(t->look.context, s, "", "", &code, e) ? -1 : code;
}

int kept_shell(const struct test *t, const char *dir, struct err *e)
{
	AUTO_JSON *about = NULL;
	AUTO_FREE char *real = dir ? realpath(dir, NULL) : NULL;
	AUTO_FREE char *tar = real ? fs_join(real, "changes.tar") : NULL;
	const struct plan_bind bind = { tar, INSIDE_KEPT };
	struct hidden hide = { 0 };
	struct root root = { 0 };
	struct plan plan = { 0 };
	int rc;

	if (dir && !real)
		return err_usage(e, "%s: %s", dir, strerror(errno));
	if ((dir && load_about(real, &about, e)) ||
		root_find(t->roots_dir, dir ? json_text(about, "root") : t->root, &root, e))
		return -1;
	hidden_find(t->hide, t->hide_len, &hide);
	struct plan_inputs inputs = { &bind, dir ? 1 : 0, hide.at, hide.len };
	plan_for_test(&root, &inputs, &t->limits, &plan);
	rc = look(t, &root, &plan, real, e);
	hidden_done(&hide);
	plan_done(&plan);
	root_done(&root);
	return rc;
}
