/* root.c - finding, listing, making and removing root images. */
#include "sandbox/root.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "sandbox/roots.h"
#include "sandbox/users.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void root_done(struct root *r)
{
	free(r->name);
	free(r->tree);
	free(r->origin);
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

static json_t *description(const char *image)
{
	AUTO_FREE char *path = fs_join(image, "root.json"), *text = NULL;
	struct err ignored = { 0 };
	size_t len = 0;

	if (fs_read_file(path, 65536, &text, &len, &ignored))
		return NULL;
	return json_parse(text, len, path, &ignored);
}

static int find_named(const char *dir, const char *name, struct root *ret, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir), *image = fs_join(folder, name);
	AUTO_JSON *about = description(image);

	if (!about) {
		err_usage(e, "there is no root named '%s'", name);
		return err_hint(e, "make it: sluice root create %s --from debian:bookworm", name);
	}
	*ret = (struct root){ .name = mem_strdup(name),
		.tree = fs_join(image, "tree"),
		.origin = mem_strdup(json_text(about, "origin")) };
	return 0;
}

int root_find(const char *dir, const char *spec, struct root *ret, struct err *e)
{
	struct stat st;

	if (!spec || strcmp(spec, "/") == 0) {
		*ret = (struct root){ mem_strdup("/"), mem_strdup("/"), mem_strdup("machine"), true };
		return 0;
	}
	if (!strchr(spec, '/'))
		return find_named(dir, spec, ret, e);
	AUTO_FREE char *real = realpath(spec, NULL);
	if (!real || stat(real, &st) || !S_ISDIR(st.st_mode))
		return err_usage(e, "%s is no folder to use as a root", spec);
	if (strcmp(real, "/") == 0)
		return root_find(dir, NULL, ret, e);
	*ret = (struct root){ mem_strdup(real), mem_strdup(real), mem_strdup("folder"), false };
	return 0;
}

static int name_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int root_list(const char *dir, json_t **ret, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir);
	struct dirent **names = NULL;
	json_t *list = json_array();
	int count = scandir(folder, &names, NULL, name_order);

	if (count < 0 && errno != ENOENT) {
		json_decref(list);
		return err_sys(e, "%s", folder);
	}
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *image = fs_join(folder, names[i]->d_name);
		json_t *about = names[i]->d_name[0] == '.' ? NULL : description(image);

		if (about) {
			AUTO_FREE char *tree = fs_join(image, "tree");

			json_set_str(about, "name", names[i]->d_name);
			json_set_str(about, "path", tree);
			json_array_append_new(list, about);
		}
		free(names[i]);
	}
	free(names);
	*ret = list;
	return 0;
}

static int remove_tree(void *path, struct err *e)
{
	return fs_remove_tree(path, e);
}

int root_remove(const char *dir, const char *name, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir), *image = fs_join(folder, name);
	AUTO_FREE char *gone = mem_printf("%s/.gone-%s-%d", folder, name, (int)getpid());

	if (check_name(name, e))
		return -1;
	if (!fs_exists(image))
		return err_usage(e, "there is no root named '%s'", name);
	if (rename(image, gone))
		return err_sys(e, "cannot remove %s", image);
	return users_run(remove_tree, gone, e);
}

/* ---- making */
static const char *package_format(const char *tree)
{
	AUTO_FREE char *dpkg = fs_join(tree, "usr/bin/dpkg"), *yum = fs_join(tree, "etc/yum.repos.d"),
		       *rpm = fs_join(tree, "usr/bin/rpm");

	if (fs_exists(dpkg))
		return "deb";
	return fs_exists(rpm) || fs_exists(yum) ? "rpm" : "";
}

static int describe(const char *image, const char *tree, const char *from, struct err *e)
{
	AUTO_JSON *about = json_object();
	AUTO_FREE char *path = fs_join(image, "root.json"), *text = NULL;
	char created[32];

	when_utc(when_now(), created);
	json_set_str(about, "origin", from);
	json_set_str(about, "created", created);
	json_set_str(about, "format", package_format(tree));
	text = json_dumps(about, JSON_INDENT(2) | JSON_SORT_KEYS);
	return fs_write_file(path, text, strlen(text), 0644, e);
}

struct filling {
	const char *from, *tree;
	const struct events *ev;
};

/* Where files may have any owner. */
static int fill(void *context, struct err *e)
{
	const struct filling *f = context;
	struct stat st;

	if (mkdir(f->tree, 0755) || chmod(f->tree, 0755)) /* whatever the umask */
		return err_sys(e, "%s", f->tree);
	if (stat(f->from, &st))
		return err_usage(e, "%s: %s", f->from, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return root_from_folder(f->from, f->tree, e);
	return root_from_tar(f->from, f->tree, f->ev, e);
}

static int make(const char *from, const char *making, const char *tree, const struct events *ev, struct err *e)
{
	AUTO_FREE char *archive = fs_join(making, "system.tar");
	struct filling f = { from, tree, ev };
	int rc;

	if (text_starts(from, "oci-archive:"))
		return err_usage(e, "OCI archives come later; bring the system as a tar file");
	if (!text_starts(from, "debian:"))
		return users_run(fill, &f, e);
	f.from = archive;
	rc = root_from_debian(from + strlen("debian:"), archive, ev, e) || users_run(fill, &f, e) ? -1 : 0;
	unlink(archive);
	return rc;
}

int root_create(const char *dir, const char *name, const char *from, const struct events *ev, struct err *e)
{
	AUTO_FREE char *folder = dir_or_default(dir), *image = fs_join(folder, name);
	AUTO_FREE char *making = mem_printf("%s/.making-%s-%d", folder, name, (int)getpid());
	AUTO_FREE char *tree = fs_join(making, "tree");
	struct err ignored = { 0 };

	if (check_name(name, e) || fs_mkdirs(folder, 0755, e))
		return -1;
	if (fs_exists(image))
		return err_usage(e, "a root named '%s' exists; remove it first", name);
	int rc = fs_mkdirs(making, 0755, e) || make(from, making, tree, ev, e) || describe(making, tree, from, e) ? -1
														  : 0;
	if (rc == 0 && rename(making, image))
		rc = err_sys(e, "cannot put %s in place", image);
	if (rc) {
		if (users_run(remove_tree, making, &ignored))
			event_log(ev, EVENT_WARNING, "what was begun stays at %s: %s", making, ignored.text);
		return err_wrap(e, "root %s", name);
	}
	return fs_sync_dir(folder, e);
}
