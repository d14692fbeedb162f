/* fanout.c - one stream of entries to many sinks. */
#include "repackager/fanout.h"
#include <string.h>

struct fanout {
	struct sink sink;
	size_t len;
	struct sink *sinks[];
};

#define EACH(s, call)                                                                                                  \
	do {                                                                                                           \
		struct fanout *f = (struct fanout *)(s);                                                               \
		for (size_t i = 0; i < f->len; i++)                                                                    \
			if (call)                                                                                      \
				return -1;                                                                             \
		return 0;                                                                                              \
	} while (0)

static int on_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	EACH(s, sink_begin(f->sinks[i], meta, e));
}

static int on_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	EACH(s, sink_entry_begin(f->sinks[i], entry, e));
}

static int on_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	EACH(s, sink_data(f->sinks[i], bytes, len, e));
}

static int on_entry_end(struct sink *s, struct err *e)
{
	EACH(s, sink_entry_end(f->sinks[i], e));
}

static int on_close(struct sink *s, struct err *e)
{
	EACH(s, sink_close(f->sinks[i], e));
}

static const struct sink_ops ops = {
	.begin = on_begin, .entry_begin = on_entry_begin, .data = on_data, .entry_end = on_entry_end, .close = on_close
};

struct fanout *fanout_new(struct sink *const *sinks, size_t len)
{
	struct fanout *f = mem_alloc(sizeof *f + len * sizeof *sinks);

	f->sink.ops = &ops;
	if (len > 0)
		memcpy(f->sinks, sinks, len * sizeof *sinks);
	f->len = len;
	return f;
}

void fanout_free(struct fanout *f)
{
	free(f);
}

struct sink *fanout_sink(struct fanout *f)
{
	return &f->sink;
}
