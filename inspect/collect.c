/* collect.c - one sink in front of every collector of bytes: each sees each entry and each byte once. Runs in the confined decoder. */
#include "inspect/inspect.h"

enum { COLLECTORS_MAX = 32 };

struct collector {
	struct sink sink;
	json_t **ret;
	size_t len;
	struct {
		const struct check *check;
		struct sink *sink;
		json_t *facts;
	} at[COLLECTORS_MAX];
};

static int begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	struct collector *c = (struct collector *)s;

	for (size_t i = 0; i < c->len; i++)
		if (sink_begin(c->at[i].sink, meta, e))
			return -1;
	return 0;
}

static int entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct collector *c = (struct collector *)s;

	for (size_t i = 0; i < c->len; i++)
		if (sink_entry_begin(c->at[i].sink, entry, e))
			return -1;
	return 0;
}

static int data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct collector *c = (struct collector *)s;

	for (size_t i = 0; i < c->len; i++)
		if (sink_data(c->at[i].sink, bytes, len, e))
			return -1;
	return 0;
}

static int entry_end(struct sink *s, struct err *e)
{
	struct collector *c = (struct collector *)s;

	for (size_t i = 0; i < c->len; i++)
		if (sink_entry_end(c->at[i].sink, e))
			return -1;
	return 0;
}

static int finish(struct sink *s, struct err *e)
{
	struct collector *c = (struct collector *)s;
	AUTO_JSON *all = json_object();

	for (size_t i = 0; i < c->len; i++) {
		if (sink_close(c->at[i].sink, e))
			return -1;
		if (c->at[i].facts)
			json_object_set(all, c->at[i].check->id, c->at[i].facts);
	}
	*c->ret = json_incref(all);
	return 0;
}

static void drop(struct sink *s)
{
	struct collector *c = (struct collector *)s;

	for (size_t i = 0; i < c->len; i++) {
		sink_drop(c->at[i].sink);
		json_decref(c->at[i].facts);
	}
	free(c);
}

struct sink *facts_collector(json_t **facts)
{
	static const struct sink_ops ops = { begin, entry_begin, data, entry_end, finish, drop };
	struct collector *c = mem_alloc(sizeof *c);

	c->sink.ops = &ops;
	c->ret = facts;
	for (const struct check *const *at = checks; *at && c->len < COLLECTORS_MAX; at++) {
		if ((*at)->collect_bytes == NULL)
			continue;
		c->at[c->len].check = *at;
		c->at[c->len].sink = (*at)->collect_bytes(&c->at[c->len].facts);
		c->len++;
	}
	return &c->sink;
}
