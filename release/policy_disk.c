/* policy_disk.c - reading a policy and its included files from a folder. */
#include "release/policy_disk.h"
#include "base/fs.h"
#include "base/text.h"
#include <libgen.h>
#include <stdio.h>
#include <string.h>

char *policy_beside(const char *file, const char *name)
{
	AUTO_FREE char *copy = mem_strdup(file);

	return *name == '/' ? mem_strdup(name) : fs_join(dirname(copy), name);
}

void policy_disk_done(struct policy_disk *d)
{
	free(d->text);
	json_decref(d->json);
	json_decref(d->files);
	json_decref(d->bytes);
	json_decref(d->warnings);
}

static const struct policy *in_force(const struct policy_disk *d)
{
	return d->r ? policies_now(&d->r->chain) : NULL;
}

/* The bytes on disk, or else those in force. */
static int fetch(void *context, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	struct policy_disk *d = context;
	AUTO_FREE char *where = policy_beside(d->file, path);
	const struct policy *now = in_force(d);

	if (!fs_exists(where) && now && *policy_file_digest(now, path))
		return policy_file(now, &d->r->source.source, path, ret, ret_len, e);
	if (!fs_exists(where))
		return 1;
	return fs_read_file(where, POLICY_MAX, ret, ret_len, e);
}

enum { SALT_LINE = 8 + 32 + 1 };

/* What is not published is known outside by its digest; a first line that nobody can guess keeps a short file from being guessed out of it. */
static void salt(char **text, size_t *len)
{
	unsigned char random[16];
	char hex[33], *salted = mem_alloc(SALT_LINE + *len + 1);

	random_bytes(random, sizeof random);
	hex_of(random, sizeof random, hex);
	snprintf(salted, SALT_LINE + 1, "# salt: %s\n", hex);
	memcpy(salted + SALT_LINE, *text, *len);
	free(*text);
	*text = salted;
	*len += SALT_LINE;
}

int policy_disk_file(const json_t *about, const char *file, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len;

	if (fs_read_file(file, POLICY_MAX, &text, &len, e) ||
		policy_check_file(json_text(about, "section"), text, len, file, e))
		return -1;
	if (!text_is_utf8(text, len))
		return err_usage(e, "%s: it is not UTF-8 text", file);
	if (!json_flag(about, "publish"))
		salt(&text, &len);
	*ret = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

/* The salt is new each time; the same contacts stay the version they are. */
static bool is_same_inside(struct policy_disk *d, const char *path, const char *text, size_t len)
{
	AUTO_FREE char *old = NULL;
	struct err ignored = { 0 };
	size_t old_len;

	return policy_file(in_force(d), &d->r->source.source, path, &old, &old_len, &ignored) == 0 && old_len == len &&
		len >= SALT_LINE && memcmp(old + SALT_LINE, text + SALT_LINE, len - SALT_LINE) == 0;
}

static int take_file(struct policy_disk *d, const char *path, const json_t *about, struct err *e)
{
	AUTO_FREE char *where = policy_beside(d->file, path), *text = NULL;
	const struct policy *now = in_force(d);
	const char *known = now ? policy_file_digest(now, path) : "";
	char digest[65];
	size_t len;

	if (!fs_exists(where)) {
		if (*known)
			json_set_str(d->files, path, known);
		else
			json_array_append_new(d->warnings,
				json_sprintf("%s: there is no such file; until one of its owners gives it, nothing "
					     "that needs it is allowed",
					path));
		return 0;
	}
	if (policy_disk_file(about, where, &text, &len, e))
		return -1;
	sha256_hex(text, len, digest);
	if (*known && !json_flag(about, "publish") && is_same_inside(d, path, text, len)) {
		json_set_str(d->files, path, known);
		return 0;
	}
	json_set_str(d->files, path, digest);
	json_object_set_new(d->bytes, path, json_stringn(text, len));
	return 0;
}

int policy_disk_read(struct policy_disk *d, struct err *e)
{
	AUTO_JSON *paths = NULL;
	const char *path;
	json_t *about;

	d->files = json_object();
	d->bytes = json_object();
	d->warnings = json_array();
	if (fs_read_file(d->file, POLICY_MAX, &d->text, &d->len, e) ||
		policy_parse_with(d->text, d->len, d->file, fetch, d, &d->json, e))
		return -1;
	paths = policy_paths(d->json);
	json_object_foreach(paths, path, about)
		if (take_file(d, path, about, e))
			return -1;
	return 0;
}
