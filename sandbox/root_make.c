/* root_make.c - making root images, and making them anew. Apart from finding them: who only uses one needs nothing that unpacks archives. */
#include "base/fs.h"
#include "base/text.h"
#include "base/version.h"
#include "base/when.h"
#include "sandbox/root.h"
#include "sandbox/roots.h"
#include <string.h>
#include <sys/stat.h>

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
	json_set_str(about, "origin", from);
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
	AUTO_FREE char *folder = root_folder(dir), *source = NULL;
	AUTO_JSON *about = json_object();
	struct image i = { .lock = -1 };

	if (root_check_name(name, e))
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
	AUTO_FREE char *folder = root_folder(dir), *source = NULL;
	AUTO_JSON *was = NULL;
	struct image old = { .lock = -1 };
	int rc;

	if (root_check_name(name, e))
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
