/* elf_held.c - one ELF file in memory at a time. */
#include "inspect/elf_held.h"
#include <elf.h>
#include <string.h>

static int entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct elf_held *h = (struct elf_held *)s;

	h->entry = *entry;
	h->len = 0;
	h->is_passed = entry->type != ENTRY_FILE || entry->size < sizeof(Elf32_Ehdr);
	return 0;
}

/* The first bytes decide whether the rest is held. */
static int data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct elf_held *h = (struct elf_held *)s;

	if (h->len == 0 && len > 0 && !h->is_passed)
		h->is_passed = bytes == NULL || !h->use->wants(h, bytes, len);
	if (h->is_passed)
		return 0;
	if (h->bytes == NULL)
		h->bytes = mem_alloc((size_t)h->entry.size + 1);
	if (len > h->entry.size - h->len)
		len = (size_t)h->entry.size - h->len;
	if (bytes)
		memcpy(h->bytes + h->len, bytes, len); /* a hole is zeros already */
	h->len += len;
	return 0;
}

static int entry_end(struct sink *s, struct err *e)
{
	struct elf_held *h = (struct elf_held *)s;
	int failed = h->bytes && h->len == h->entry.size ? h->use->see(h, e) : 0;

	free(h->bytes);
	h->bytes = NULL;
	return failed;
}

static int finish(struct sink *s, struct err *e)
{
	struct elf_held *h = (struct elf_held *)s;

	*h->ret = json_incref(h->list);
	return 0;
}

static void drop(struct sink *s)
{
	struct elf_held *h = (struct elf_held *)s;

	json_decref(h->list);
	free(h->bytes);
	free(h);
}

void elf_held_init(struct elf_held *h, const struct elf_use *use, json_t **ret)
{
	static const struct sink_ops ops = {
		.entry_begin = entry_begin, .data = data, .entry_end = entry_end, .close = finish, .drop = drop
	};

	h->sink.ops = &ops;
	h->use = use;
	h->ret = ret;
	h->list = fact_list();
}
