/* recipe_digest.c - one digest over recipe, house and every file they name: when it changes, so may the output. */
#include "base/digest.h"
#include "base/fs.h"
#include "repackager/recipe.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_DEPTH = 32 };

static int add_file(json_t *files, const char *path, const char *name, unsigned depth, struct err *e);

static int add_tree(json_t *files, const char *path, const char *name, unsigned depth, struct err *e)
{
	struct dirent **list;
	int failed = 0, len;

	if (depth >= TREE_DEPTH)
		return err_usage(e, "%s: more than %d folders deep", path, TREE_DEPTH);
	len = scandir(path, &list, NULL, NULL);
	if (len < 0)
		return err_sys(e, "cannot read the folder %s", path);
	for (int i = 0; i < len; i++) {
		const char *item = list[i]->d_name;
		if (!failed && strcmp(item, ".") != 0 && strcmp(item, "..") != 0) {
			AUTO_FREE char *below = fs_join(path, item), *below_name = fs_join(name, item);
			failed = add_file(files, below, below_name, depth + 1, e);
		}
		free(list[i]);
	}
	free(list);
	return failed;
}

static int hash_link(const char *path, char ret[SHA256_HEX], struct err *e)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof target);

	if (len < 0)
		return err_sys(e, "%s", path);
	sha256_hex(target, (size_t)len, ret);
	return 0;
}

static int hash_file(const char *path, char ret[SHA256_HEX], struct err *e)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? err_sys(e, "%s", path) : sha256_fd(fd, ret, NULL, e);
}

/* Content, kind and whether it can be run: what adding it takes from it. The first level may be a link, deeper ones stay links. */
static int add_file(json_t *files, const char *path, const char *name, unsigned depth, struct err *e)
{
	char sha256[SHA256_HEX];
	struct stat st;

	if (depth > 0 ? lstat(path, &st) : stat(path, &st)) {
		err_sys(e, "%s", path);
		e->class = ERR_USAGE;
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return add_tree(files, path, name, depth, e);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) /* /dev/zero has no end, a pipe no writer */
		return err_usage(e, "%s: neither a file nor a folder", path);
	if (S_ISLNK(st.st_mode) ? hash_link(path, sha256, e) : hash_file(path, sha256, e))
		return -1;
	json_object_set_new(files, name,
		json_sprintf("%s %c%c", sha256, S_ISLNK(st.st_mode) ? 'l' : 'f', st.st_mode & 0100 ? 'x' : '-'));
	return 0;
}

static int add_named(json_t *files, const struct document *d, const json_t *name, const char *place, struct err *e)
{
	if (!json_is_string(name))
		return 0;
	AUTO_FREE char *path = document_file(d, json_string_value(name));
	if (add_file(files, path, json_string_value(name), 0, e) == 0)
		return 0;
	AUTO_FREE char *why = mem_strdup(e->text);
	return document_error(d, place, e, "%s", why);
}

static int add_events(json_t *files, const struct document *d, const char *place, struct err *e)
{
	const char *event;
	json_t *name;

	json_object_foreach(document_at(d, place), event, name) {
		AUTO_FREE char *at = mem_printf("%s/%s", place, event);
		if (add_named(files, d, name, at, e))
			return -1;
	}
	return 0;
}

/* {"text": sha256 of the file itself, "files": {name: what it is}} */
static json_t *describe(const struct document *d, struct err *e)
{
	static const char *const events[] = { "scripts/before", "scripts/after", "rules/add-scripts/before",
		"rules/add-scripts/after" };
	json_t *files = json_object(), *rule;
	char sha256[SHA256_HEX];
	size_t i;
	int failed = 0;

	if (!d->json)
		return files;
	json_array_foreach(document_at(d, "files"), i, rule) {
		AUTO_FREE char *place = mem_printf("files/%zu/add", i);
		failed = failed || add_named(files, d, json_object_get(rule, "add"), place, e);
	}
	for (i = 0; i < COUNT(events); i++)
		failed = failed || add_events(files, d, events[i], e);
	failed = failed || add_named(files, d, document_at(d, "expect"), "expect", e) ||
		add_named(files, d, document_at(d, "vendor/keys"), "vendor/keys", e);
	if (failed) {
		json_decref(files);
		return NULL;
	}
	sha256_hex(d->text, d->len, sha256);
	return json_pack("{s:s, s:o}", "text", sha256, "files", files);
}

json_t *recipe_manifest(const struct document *recipe, const struct document *house, struct err *e)
{
	json_t *one = describe(recipe, e), *two = one ? describe(house, e) : NULL;

	if (!two) {
		json_decref(one);
		return NULL;
	}
	return json_pack("{s:o, s:o}", "recipe", one, "house", two);
}

int recipe_digest(const struct document *recipe, const struct document *house, char ret[65], struct err *e)
{
	if (!recipe->json && !house->json) {
		ret[0] = '\0';
		return 0;
	}
	AUTO_JSON *manifest = recipe_manifest(recipe, house, e);
	return manifest ? json_digest(manifest, ret, e) : -1;
}
