/* wire_help.h - for tests of the wire: frames written by hand, a sink that remembers what it saw. */
#pragma once
#include "base/text.h"
#include "repackager/wire.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
// clang-format off
#include <cmocka.h>
// clang-format on

/* Writes one line a call: "begin NAME", "entry PATH TYPE SIZE", "data N", "hole N", "end SHA256", "close". */
struct seen {
	struct sink sink;
	struct text text;
	const struct entry *entry;
};

static int seen_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	text_add(&((struct seen *)s)->text, "begin %s\n", meta->name);
	return 0;
}

static int seen_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct seen *seen = (struct seen *)s;

	seen->entry = entry;
	text_add(&seen->text, "entry %s %s %llu", entry->path, entry_type_name(entry->type),
		(unsigned long long)entry->size);
	for (size_t i = 0; i < entry->links_len; i++)
		text_add(&seen->text, " =%s", entry->links[i]);
	text_add(&seen->text, "%s%s\n", entry->target[0] ? " -> " : "", entry->target);
	return 0;
}

static int seen_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	text_add(&((struct seen *)s)->text, "%s %zu\n", bytes ? "data" : "hole", len);
	return 0;
}

static int seen_entry_end(struct sink *s, struct err *e)
{
	struct seen *seen = (struct seen *)s;

	text_add(&seen->text, "end %.8s\n", seen->entry->sha256);
	return 0;
}

static int seen_close(struct sink *s, struct err *e)
{
	text_add(&((struct seen *)s)->text, "close\n");
	return 0;
}

static const struct sink_ops seen_ops __attribute__((unused)) = { .begin = seen_begin,
	.entry_begin = seen_entry_begin,
	.data = seen_data,
	.entry_end = seen_entry_end,
	.close = seen_close };
