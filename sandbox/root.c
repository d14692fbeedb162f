/* root.c - finding, listing, making and removing root images. */
#include "sandbox/root.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/version.h"
#include "base/when.h"
#include "sandbox/roots.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 };

void root_done(struct root *r)
{
	free(r->name);
	free(r->tree);
	free(r->origin);
	json_decref(r->about);
	if (r->is_locked)
		close(r->lock);
	*r = (struct root){ 0 };
}

char *root_dir(void)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data && *data == '/')
		return mem_printf("%s/sluice/roots", data);
	return mem_printf("%s/.local/share/sluice/roots", home ? home : "/root");
}

static char *dir_or_default(const char *dir)
{
	return dir ? mem_strdup(dir) : root_dir();
}

static int check_name(const char *name, struct err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*name || *name == '.' || *name == '-' || strlen(name) > 64 || strspn(name, good) != strlen(name))
		return err_usage(
			e, "'%s' is no name for a root: letters, digits, '.', '_' and '-', not '.' or '-' first", name);
	return 0;
}

static int find_named(const char *dir, const char *name, struct root *ret, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir);
	struct image image = { .lock = -1 };
	int rc;

	images_sweep(folder);
	rc = *name == '.' ? 1 : image_use(folder, name, &image, e);

	if (rc > 0) {
		err_usage(e, "there is no root named '%s'", name);
		return err_hint(e, "make it: sluice root create %s --from debian:bookworm", name);
	}
	if (rc < 0)
		return -1;
	json_t *about = image_about(image.path);
	*ret = (struct root){ .name = mem_strdup(name),
		.tree = image.tree,
		.origin = mem_strdup(json_text(about, "origin")),
		.about = about,
		.is_locked = true,
		.lock = image.lock };
	free(image.path);
	return 0;
}

int root_find(const char *dir, const char *spec, struct root *ret, struct err *e)
{
	struct stat st;

	if (!spec || strcmp(spec, "/") == 0) {
		*ret = (struct root){ mem_strdup("/"), mem_strdup("/"), mem_strdup("machine"), true, NULL, false, -1 };
		return 0;
	}
	if (!strchr(spec, '/'))
		return find_named(dir, spec, ret, e);
	AUTO_FREE char *real = realpath(spec, NULL);
	if (!real || stat(real, &st) || !S_ISDIR(st.st_mode))
		return err_usage(e, "%s is no folder to use as a root", spec);
	if (strcmp(real, "/") == 0)
		return root_find(dir, NULL, ret, e);
	*ret = (struct root){ mem_strdup(real), mem_strdup(real), mem_strdup("folder"), false, NULL, false, -1 };
	return 0;
}

static int name_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_age(json_t *about)
{
	int64_t age = root_age(about);

	if (age >= 0)
		json_object_set_new(about, "age_days", json_integer(age / DAY));
}

int root_list(const char *dir, json_t **ret, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir);
	struct dirent **names = NULL;
	json_t *list = json_array();
	int count;

	images_sweep(folder);
	count = scandir(folder, &names, NULL, name_order);
	if (count < 0 && errno != ENOENT) {
		json_decref(list);
		return err_sys(e, "%s", folder);
	}
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *image = fs_join(folder, names[i]->d_name);
		json_t *about = names[i]->d_name[0] == '.' ? NULL : image_about(image);

		if (about) {
			AUTO_FREE char *tree = fs_join(image, "tree");

			json_set_str(about, "name", names[i]->d_name);
			json_set_str(about, "path", tree);
			json_object_set_new(about, "in_use", json_boolean(image_in_use(image)));
			add_age(about);
			json_array_append_new(list, about);
		}
		free(names[i]);
	}
	free(names);
	*ret = list;
	return 0;
}

int64_t root_age(const json_t *about)
{
	struct err ignored = { 0 };
	int64_t created, now = when_now();

	if (!about || when_parse(json_text(about, "created"), NULL, &created, &ignored))
		return -1;
	return now > created ? now - created : 0;
}

int root_remove(const char *dir, const char *name, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir);

	if (check_name(name, e))
		return -1;
	if (!fs_exists(folder))
		return err_usage(e, "there is no root named '%s'", name);
	images_sweep(folder);
	return image_remove(folder, name, e);
}

/* ---- making */
static void tell_strangers(const struct unpacked *u, const struct events *ev)
{
	if (u->strangers)
		event_log(ev, EVENT_WARNING,
			"%llu entries have owners above 65535; they belong to nobody (65534) in the root",
			(unsigned long long)u->strangers);
}

static int write_about(const struct image *i, const json_t *about, struct err *e)
{
	AUTO_FREE char *path = fs_join(i->path, "root.json"),
		       *text = json_dumps(about, JSON_INDENT(2) | JSON_SORT_KEYS);

	return fs_write_file(path, text, strlen(text), 0644, e);
}

/* Fills and describes an image that was begun. */
static int make(const struct image *i, const char *from, const struct events *ev, json_t *about, struct err *e)
{
	struct unpacked u = { 0 };
	char created[32];

	if (source_fill(from, i, ev, &u, e) || root_examine(i->tree, about, ev, e))
		return -1;
	tell_strangers(&u, ev);
	when_utc(when_now(), created);
	json_set_bytes(about, "origin", from, strlen(from));
	json_set_str(about, "created", created);
	json_set_str(about, "checked", created);
	json_set_str(about, "digest", u.sha256);
	if (u.machine[0])
		json_set_str(about, "architecture", u.machine);
	json_object_set_new(about, "entries", json_integer((json_int_t)u.entries));
	json_object_set_new(about, "size", json_integer((json_int_t)u.bytes));
	json_set_str(about, "tool", "sluice " SLUICE_VERSION);
	return write_about(i, about, e);
}

static bool is_taken(const char *folder, const char *name)
{
	AUTO_FREE char *link = fs_join(folder, name);
	struct stat st;

	return lstat(link, &st) == 0;
}

int root_create(
	const char *dir, const char *name, const char *from, const struct events *ev, json_t **ret_about, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir), *source = NULL;
	AUTO_JSON *about = json_object();
	struct image i = { .lock = -1 };

	if (check_name(name, e))
		return -1;
	images_sweep(folder);
	if (is_taken(folder, name)) {
		err_usage(e, "a root named '%s' exists", name);
		return err_hint(e, "make it anew with sluice root refresh %s, or remove it first", name);
	}
	if (source_normal(from, &source, e) || image_begin(folder, name, &i, e))
		return err_wrap(e, "root %s", name);
	if (make(&i, source, ev, about, e) || image_publish(folder, name, &i, false, e)) {
		image_drop(&i, ev);
		return err_wrap(e, "root %s", name);
	}
	image_done(&i);
	*ret_about = json_incref(about);
	return 0;
}

/* The same bytes: the image is as old as it was. A distribution that was built anew is a new one in any case. */
static bool is_same(const json_t *old, const json_t *fresh)
{
	const char *digest = json_text(old, "digest");

	return *digest && strcmp(digest, json_text(fresh, "digest")) == 0 &&
		!text_starts(json_text(fresh, "origin"), "debian:");
}

static int keep_old(const struct image *old, json_t *about, const json_t *fresh, struct err *e)
{
	json_set_str(about, "checked", json_text(fresh, "checked"));
	json_object_set(about, "origin", json_object_get(fresh, "origin"));
	return write_about(old, about, e);
}

static int renew(const char *folder, const char *name, const char *from, const struct image *old, const json_t *was,
	const struct events *ev, json_t **ret_about, bool *ret_changed, struct err *e)
{
	AUTO_JSON *about = json_object(), *kept = json_deep_copy(was);
	struct image fresh = { .lock = -1 };
	int rc;

	if (image_begin(folder, name, &fresh, e))
		return -1;
	rc = make(&fresh, from, ev, about, e);
	*ret_changed = rc == 0 && !is_same(was, about);
	if (rc == 0)
		rc = *ret_changed ? image_publish(folder, name, &fresh, true, e) : keep_old(old, kept, about, e);
	if (rc || !*ret_changed)
		image_drop(&fresh, ev);
	else
		image_done(&fresh);
	if (rc == 0)
		*ret_about = json_incref(*ret_changed ? about : kept);
	return rc;
}

int root_refresh(const char *dir, const char *name, const char *from, const struct events *ev, json_t **ret_about,
	bool *ret_changed, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir), *source = NULL;
	AUTO_JSON *was = NULL;
	struct image old = { .lock = -1 };
	int rc;

	if (check_name(name, e))
		return -1;
	images_sweep(folder);
	rc = image_use(folder, name, &old, e);
	if (rc > 0)
		return err_usage(e, "there is no root named '%s'", name);
	if (rc < 0)
		return -1;
	was = image_about(old.path);
	rc = source_normal(from ? from : json_text(was, "origin"), &source, e);
	if (rc == 0)
		rc = renew(folder, name, source, &old, was, ev, ret_about, ret_changed, e);
	image_done(&old);
	images_sweep(folder); /* the old one, when no test uses it */
	return rc ? err_wrap(e, "root %s", name) : 0;
}
