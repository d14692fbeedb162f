/* helper.h - a program of this machine reads hostile files: it sees the system's programs and libraries and the files that it is given, and nothing
 * else.
 *
 * The files lie in memory, in a folder that only this process sees (mount namespace); nothing is written to a disk. No network, no other process, no
 * rights, nothing but computing (seccomp), reading only (Landlock); memory, time and output are bounded. What it prints is hostile text. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELPER_FOLDER "/tmp" /* where its files lie */
struct helper_file {
	const char *name; /* below HELPER_FOLDER, without slashes */
	int fd;           /* its bytes: from `at`, `len` of them */
	uint64_t at, len;
};
struct helper {
	const char *program;     /* as helper_find says it */
	const char *const *argv; /* ends with NULL */
	const struct helper_file *files;
	size_t files_len;
	uint64_t memory; /* address space */
	size_t output;   /* of what it prints; with more it is ended */
	unsigned seconds /* of wall time */;
};
struct helper_result {
	int exit;                /* 128 + signal when killed by one */
	bool is_timeout, is_cut; /* it was ended for that */
	char *output;            /* malloc, terminated */
};
/* In the system's folders of programs; NULL: it is not installed. Static text. */
const char *helper_find(const char *name);
/* ERR_ENV: this machine cannot run it so (no namespaces for this user). */
int helper_run(const struct helper *h, struct helper_result *ret, struct err *e) __attribute__((warn_unused_result));
