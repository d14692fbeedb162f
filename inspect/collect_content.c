/* collect_content.c - looks at the first bytes of every file as they pass by, in the confined decoder. */
#include "inspect/collect_content.h"
#include "inspect/content.h"
#include "inspect/fact.h"
#include <string.h>

enum { NAMES_MAX = 64 /* different interpreters that are told apart */ };

struct collector {
	struct sink sink;
	json_t **ret;
	json_t *kinds, *machines, *interpreters, *private_keys;
	char *path; /* of the file that passes; NULL: none */
	uint64_t size;
	size_t len;
	unsigned char head[CONTENT_HEAD];
};

static void count(json_t *counts, const char *name)
{
	if (*name == 0)
		return;
	if (json_object_get(counts, name) == NULL && json_object_size(counts) >= NAMES_MAX)
		name = "others";
	json_object_set_new(counts, name, json_integer(json_int(counts, name) + 1));
}

static int entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct collector *c = (struct collector *)s;

	free(c->path);
	c->path = entry->type == ENTRY_FILE ? mem_strdup(entry->path) : NULL;
	c->size = entry->size;
	c->len = 0;
	return 0;
}

static int data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct collector *c = (struct collector *)s;
	size_t room = sizeof c->head - c->len, used = len < room ? len : room;

	if (bytes)
		memcpy(c->head + c->len, bytes, used);
	else
		memset(c->head + c->len, 0, used);
	c->len += used;
	return 0;
}

static int entry_end(struct sink *s, struct err *e)
{
	struct collector *c = (struct collector *)s;
	struct content content;

	if (c->path == NULL)
		return 0;
	content_of(c->head, c->len, c->size, &content);
	count(c->kinds, content.kind);
	count(c->machines, content.machine);
	count(c->interpreters, content.interpreter);
	if (strcmp(content.kind, "private-key") == 0)
		fact_add_text(c->private_keys, c->path);
	return 0;
}

static int finish(struct sink *s, struct err *e)
{
	struct collector *c = (struct collector *)s;

	*c->ret = json_pack("{s:O, s:O, s:O, s:O}", "kinds", c->kinds, "machines", c->machines, "interpreters",
		c->interpreters, "private-keys", c->private_keys);
	return 0;
}

static void drop(struct sink *s)
{
	struct collector *c = (struct collector *)s;

	json_decref(c->kinds);
	json_decref(c->machines);
	json_decref(c->interpreters);
	json_decref(c->private_keys);
	free(c->path);
	free(c);
}

struct sink *collect_content(json_t **facts)
{
	static const struct sink_ops ops = {
		.entry_begin = entry_begin, .data = data, .entry_end = entry_end, .close = finish, .drop = drop
	};
	struct collector *c = mem_alloc(sizeof *c);

	c->sink.ops = &ops;
	c->ret = facts;
	c->kinds = json_object();
	c->machines = json_object();
	c->interpreters = json_object();
	c->private_keys = fact_list();
	return &c->sink;
}
