/* gate_world.h - the gate's inputs of tests/data/gate as JSON, and changes to them: "set" {PATH: value, null removes}, "drop" [PATH], "add"/"first" {LIST: item}.
 * "DIGEST:PATH" is the digest of what stands there. */
#pragma once
#include "base/fs.h"
#include "release/gate/gate.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static inline json_t *load(const char *name)
{
	AUTO_FREE char *path = mem_printf("%s/gate/%s", TEST_DATA, name), *text = NULL;
	struct err e = { 0 };
	size_t len;
	json_t *json;

	assert_int_equal(fs_read_file(path, 1 << 20, &text, &len, &e), 0);
	json = json_parse(text, len, name, &e);
	if (!json)
		fail_msg("%s", e.text);
	return json;
}

/* The container of PATH's last word, which is left in *ret_last (malloc). */
static inline json_t *container(json_t *root, const char *path, char **ret_last)
{
	AUTO_FREE char *copy = mem_strdup(path);
	char *at = copy, *slash;

	while ((slash = strchr(at, '/'))) {
		*slash = '\0';
		root = json_is_array(root) ? json_array_get(root, strtoul(at, NULL, 10)) : json_object_get(root, at);
		if (!root)
			fail_msg("no %s in %s", at, path);
		at = slash + 1;
	}
	*ret_last = mem_strdup(at);
	return root;
}

static inline json_t *value_at(json_t *root, const char *path)
{
	AUTO_FREE char *last = NULL;
	json_t *in = container(root, path, &last);

	return json_is_array(in) ? json_array_get(in, strtoul(last, NULL, 10)) : json_object_get(in, last);
}

/* Takes value. */
static inline void set_at(json_t *root, const char *path, json_t *value)
{
	AUTO_FREE char *last = NULL;
	json_t *in = container(root, path, &last);

	if (json_is_null(value))
		json_object_del(in, last);
	else
		json_object_set(in, last, value);
	json_decref(value);
}

static inline void resolve_digests(json_t *world)
{
	size_t i;
	json_t *a;

	json_array_foreach(json_list(world, "acceptances"), i, a) {
		const char *finding = json_text(a, "finding");
		char digest[65];
		struct err e = { 0 };

		if (strncmp(finding, "DIGEST:", 7) != 0)
			continue;
		assert_int_equal(json_digest(value_at(world, finding + 7), digest, &e), 0);
		json_object_set_new(a, "finding", json_string(digest));
	}
}

static inline json_t *world_of(const json_t *base, const json_t *change)
{
	json_t *world = json_deep_copy(base), *value;
	const char *path;
	size_t i;

	json_object_foreach(json_map(change, "set"), path, value)
		set_at(world, path, json_deep_copy(value));
	json_array_foreach(json_list(change, "drop"), i, value) {
		AUTO_FREE char *last = NULL;
		json_t *in = container(world, json_string_value(value), &last);

		json_array_remove(in, strtoul(last, NULL, 10));
	}
	json_object_foreach(json_map(change, "add"), path, value)
		json_array_append(value_at(world, path), value);
	json_object_foreach(json_map(change, "first"), path, value)
		json_array_insert(value_at(world, path), 0, value);
	resolve_digests(world);
	return world;
}

static inline json_t *ask(const json_t *w)
{
	return gate(json_object_get(w, "policy"), json_object_get(w, "channel"), json_object_get(w, "rfc"),
		json_object_get(w, "packages"), json_object_get(w, "evidence"), json_object_get(w, "acceptances"),
		json_object_get(w, "votes"), json_object_get(w, "calendars"), json_object_get(w, "history"),
		json_int(w, "at"));
}

static inline bool allows(const json_t *w)
{
	AUTO_JSON *answer = ask(w);

	return json_flag(answer, "allow");
}
