/* root.c - finding, listing and removing root images. */
#include "sandbox/root.h"
#include "base/fs.h"
#include "base/text.h"
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

char *root_folder(const char *dir)
{
	return dir ? mem_strdup(dir) : root_dir();
}

int root_check_name(const char *name, struct err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*name || *name == '.' || *name == '-' || strlen(name) > 64 || strspn(name, good) != strlen(name))
		return err_usage(
			e, "'%s' is no name for a root: letters, digits, '.', '_' and '-', not '.' or '-' first", name);
	return 0;
}

static int find_named(const char *dir, const char *name, struct root *ret, struct err *e)
{
	AUTO_FREE char *folder = root_folder(dir);
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
	AUTO_FREE char *folder = root_folder(dir);
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
	AUTO_FREE char *folder = root_folder(dir);

	if (root_check_name(name, e))
		return -1;
	if (!fs_exists(folder))
		return err_usage(e, "there is no root named '%s'", name);
	images_sweep(folder);
	return image_remove(folder, name, e);
}
