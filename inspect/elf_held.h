/* elf_held.h - a sink that holds the ELF files that pass, one at a time and whole, and shows each to whom it was made for. Private to inspect/. Runs in
 * the confined decoder. */
#pragma once
#include "inspect/fact.h"

struct elf_held;
struct elf_use {
	/* By what is said of a regular file and its first bytes (at least one): is it to be held? */
	bool (*wants)(struct elf_held *h, const unsigned char *head, size_t len);
	/* A whole file, h->entry: entry.size bytes, a NUL behind them. Adds to h->list. */
	int (*see)(struct elf_held *h, struct err *e);
};
/* The head of the user's own struct, from mem_alloc, which goes with the sink. */
struct elf_held {
	struct sink sink;
	const struct elf_use *use;
	json_t **ret, *list; /* of facts */
	struct entry entry;  /* that passes */
	unsigned char *bytes;
	size_t len; /* of what has come */
	bool is_passed;
};
/* *ret becomes the list at close (owned by the caller). */
void elf_held_init(struct elf_held *h, const struct elf_use *use, json_t **ret);
