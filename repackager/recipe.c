/* recipe.c - reading recipe and house, and finding what they say. */
#include "repackager/recipe.h"
#include "base/fs.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/") : mem_printf("%.*s", (int)(slash - path), path);
}

static int load(const char *path, const struct yaml_schema *schema, struct document *ret, struct err *e)
{
	struct document d = { 0 };

	if (fs_read_file(path, FILE_MAX, &d.text, &d.len, e)) {
		e->class = ERR_USAGE; /* the user named it */
		err_file(e, path);
		return -1;
	}
	if (yaml_parse(d.text, d.len, path, schema, &d.json, e)) {
		free(d.text);
		return -1;
	}
	d.path = mem_strdup(path);
	d.dir = folder_of(path);
	*ret = d;
	return 0;
}

void document_done(struct document *d)
{
	free(d->path);
	free(d->dir);
	free(d->text);
	json_decref(d->json);
	*d = (struct document){ 0 };
}

static int check(const struct document *d, struct err *e)
{
	if (json_object_get(d->json, "version") && json_int(d->json, "version") != 1)
		return document_error(d, "version", e, "this version of sluice reads files of version 1");
	return 0;
}

int recipe_load(const char *path, struct document *ret, struct err *e)
{
	struct document d = { 0 };

	if (load(path, &recipe_schema, &d, e))
		return -1;
	if (check(&d, e)) {
		document_done(&d);
		return -1;
	}
	*ret = d;
	return 0;
}

static int check_map(const struct document *d, struct err *e)
{
	json_t *pair;
	size_t i;

	json_array_foreach(document_at(d, "map"), i, pair) {
		AUTO_FREE char *place = mem_printf("map/%zu", i);
		if (json_object_size(pair) < 2)
			return document_error(d, place, e, "names fewer than two of deb, rpm, pacman and apk");
	}
	return 0;
}

int house_load(const char *path, struct document *ret, struct err *e)
{
	struct document d = { 0 };

	if (load(path, &house_schema, &d, e))
		return -1;
	if (check(&d, e) || check_map(&d, e)) {
		document_done(&d);
		return -1;
	}
	*ret = d;
	return 0;
}

char *house_find(const char *recipe_path)
{
	AUTO_FREE char *folder = folder_of(recipe_path);
	char *real = realpath(folder, NULL);

	while (real) {
		char *candidate = fs_join(real, "house.yaml");
		if (fs_exists(candidate)) {
			free(real);
			return candidate;
		}
		free(candidate);
		char *slash = strrchr(real, '/');
		if (!slash || real[1] == '\0')
			break;
		slash[slash == real] = '\0';
	}
	free(real);
	return NULL;
}

int document_error(const struct document *d, const char *place, struct err *e, const char *fmt, ...)
{
	AUTO_FREE char *where = yaml_where(d->text, d->len, d->path, place);
	va_list ap;

	va_start(ap, fmt);
	err_vset(e, ERR_USAGE, NULL, fmt, ap);
	va_end(ap);
	err_wrap(e, "%s", where);
	return err_file(e, d->path);
}

char *document_file(const struct document *d, const char *name)
{
	return name[0] == '/' ? mem_strdup(name) : fs_join(d->dir, name);
}

json_t *document_at(const struct document *d, const char *place)
{
	json_t *at = d->json;
	char key[128];

	for (const char *next; at && *place; place = next) {
		size_t len = strcspn(place, "/");
		next = place + len + (place[len] == '/');
		if (len >= sizeof key)
			return NULL;
		memcpy(key, place, len);
		key[len] = '\0';
		at = json_object_get(at, key);
	}
	return at;
}

const char *document_text(const struct document *d, const char *place)
{
	const char *text = json_string_value(document_at(d, place));

	return text ? text : "";
}

const char *recipe_vendor(const struct document *recipe)
{
	const json_t *vendor = document_at(recipe, "vendor");

	if (json_is_object(vendor))
		return document_text(recipe, "vendor/name");
	return vendor ? document_text(recipe, "vendor") : "";
}

const char *recipe_vendor_keys(const struct document *recipe)
{
	return document_text(recipe, "vendor/keys");
}
