/* elf_kept.c - holds one library at a time, and keeps it when there is debug information in it. */
#include "inspect/elf_kept.h"
#include "base/fs.h"
#include "inspect/elf.h"
#include "inspect/elf_held.h"
#include <elf.h>
#include <string.h>

struct kept {
	struct elf_held held;
	int fd;
	uint64_t len; /* of what is kept */
};

/* A file in pieces smaller than what tells a library is looked at when it is whole. */
static bool wants(struct elf_held *h, const unsigned char *head, size_t len)
{
	return h->entry.size <= ELF_KEPT_LIBRARY &&
		(len < EI_NIDENT + 2 ||
			(memcmp(head, ELFMAG, SELFMAG) == 0 &&
				(head[EI_NIDENT] == ET_DYN || head[EI_NIDENT + 1] == ET_DYN)));
}

static int keep(struct kept *k, const struct elf *elf, struct err *e)
{
	struct elf_held *h = &k->held;
	json_t *item = k->len + h->len <= ELF_KEPT_ALL && json_array_size(json_list(h->list, "items")) < ELF_KEPT_MAX
		? fact_add(h->list)
		: NULL;

	if (item == NULL) {
		fact_add_more(h->list, 1);
		return 0;
	}
	json_set_str(item, "path", h->entry.path);
	json_set_str(item, "machine", elf->machine);
	json_set_str(item, "soname", elf->soname);
	json_object_set_new(item, "at", json_integer((json_int_t)k->len));
	json_object_set_new(item, "len", json_integer((json_int_t)h->len));
	k->len += h->len;
	return fd_write(k->fd, h->bytes, h->len, e);
}

static int see(struct elf_held *h, struct err *e)
{
	static const char mark[] = ".debug_info";
	struct elf *elf = memmem(h->bytes, h->len, mark, sizeof mark) ? elf_parse(h->bytes, h->len) : NULL;
	int failed = 0;

	if (elf && elf->soname && strcmp(elf->kind, "library") == 0)
		failed = keep((struct kept *)h, elf, e);
	elf_free(elf);
	return failed;
}

struct sink *elf_kept_collector(int fd, json_t **ret)
{
	static const struct elf_use use = { wants, see };
	struct kept *k = mem_alloc(sizeof *k);

	elf_held_init(&k->held, &use, ret);
	k->fd = fd;
	return &k->held.sink;
}
