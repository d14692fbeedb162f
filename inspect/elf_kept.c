/* elf_kept.c - holds one library at a time, and keeps it when there is debug information in it. */
#include "inspect/elf_kept.h"
#include "base/fs.h"
#include "inspect/elf.h"
#include "inspect/fact.h"
#include <elf.h>
#include <string.h>

struct kept {
	struct sink sink;
	json_t **ret, *list;
	int fd;
	uint64_t len; /* of what is kept */
	struct entry entry;
	unsigned char *held;
	size_t have;
	bool is_passed; /* no library after all, or too large */
};

static int entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct kept *k = (struct kept *)s;

	k->entry = *entry;
	k->have = 0;
	k->is_passed = entry->type != ENTRY_FILE || entry->size < sizeof(Elf32_Ehdr) || entry->size > ELF_KEPT_LIBRARY;
	return 0;
}

/* By its first bytes; a file in pieces smaller than that is looked at when it is whole. */
static bool is_library(const unsigned char *bytes, size_t len)
{
	return len < EI_NIDENT + 2 ||
		(memcmp(bytes, ELFMAG, SELFMAG) == 0 && (bytes[EI_NIDENT] == ET_DYN || bytes[EI_NIDENT + 1] == ET_DYN));
}

static int data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct kept *k = (struct kept *)s;

	k->is_passed = k->is_passed || (k->have == 0 && (bytes == NULL || !is_library(bytes, len)));
	if (k->is_passed)
		return 0;
	if (k->held == NULL)
		k->held = mem_alloc((size_t)k->entry.size + 1);
	if (len > k->entry.size - k->have)
		len = (size_t)k->entry.size - k->have;
	if (bytes)
		memcpy(k->held + k->have, bytes, len);
	else
		memset(k->held + k->have, 0, len);
	k->have += len;
	return 0;
}

static int keep(struct kept *k, const struct elf *elf, struct err *e)
{
	json_t *item = k->len + k->have <= ELF_KEPT_ALL && json_array_size(json_list(k->list, "items")) < ELF_KEPT_MAX
		? fact_add(k->list)
		: NULL;

	if (item == NULL) {
		fact_add_more(k->list, 1);
		return 0;
	}
	json_set_str(item, "path", k->entry.path);
	json_set_str(item, "machine", elf->machine);
	json_set_str(item, "soname", elf->soname);
	json_object_set_new(item, "at", json_integer((json_int_t)k->len));
	json_object_set_new(item, "len", json_integer((json_int_t)k->have));
	k->len += k->have;
	return fd_write(k->fd, k->held, k->have, e);
}

static int entry_end(struct sink *s, struct err *e)
{
	static const char mark[] = ".debug_info";
	struct kept *k = (struct kept *)s;
	struct elf *elf;
	int failed = 0;

	if (!k->is_passed && k->held && k->have == k->entry.size && memmem(k->held, k->have, mark, sizeof mark)) {
		k->held[k->have] = 0;
		elf = elf_parse(k->held, k->have);
		if (elf && elf->soname && strcmp(elf->kind, "library") == 0)
			failed = keep(k, elf, e);
		elf_free(elf);
	}
	free(k->held);
	k->held = NULL;
	return failed;
}

static int finish(struct sink *s, struct err *e)
{
	struct kept *k = (struct kept *)s;

	*k->ret = json_incref(k->list);
	return 0;
}

static void drop(struct sink *s)
{
	struct kept *k = (struct kept *)s;

	json_decref(k->list);
	free(k->held);
	free(k);
}

struct sink *elf_kept_collector(int fd, json_t **ret)
{
	static const struct sink_ops ops = {
		.entry_begin = entry_begin, .data = data, .entry_end = entry_end, .close = finish, .drop = drop
	};
	struct kept *k = mem_alloc(sizeof *k);

	k->sink.ops = &ops;
	k->ret = ret;
	k->fd = fd;
	k->list = fact_list();
	return &k->sink;
}
