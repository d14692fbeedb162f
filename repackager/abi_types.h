/* abi_types.h - what libabigail's abidiff says about the types of a library's functions, where it is installed and both versions carry debug
 * information: a function whose name stayed and whose arguments did not breaks its callers without a word. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "base/json.h"

/* The libraries of one package (decode.h's "elf-kept") and the file in memory that they lie in. */
struct abi_package {
	json_t *kept; /* owned */
	int fd;       /* owned; -1 */
};
typedef LIST(struct abi_package) abi_side;
/* A file in memory for a decoder to write to. -1: there is none to be had. */
int abi_side_open(void);
/* Takes the descriptor, and the list out of the facts. */
void abi_side_add(abi_side *side, int fd, json_t *facts);
void abi_side_done(abi_side *side);
/* Runs abidiff, shut in, on each library that both sides have under one name, and puts what it says into new_facts, where abi-broken finds it:
 * "types": {"items": [{"path", "soname", "how": "changed"|"failed", "text"}], "more"}, "untold": text when abidiff could not be run at all. */
void abi_types(const abi_side *old, const abi_side *new, json_t *new_facts);
