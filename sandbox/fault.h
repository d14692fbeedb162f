/* fault.h - making a package's script fail, or the package manager die, at a chosen moment of the next command.
 *
 * Moments are counted, not timed: the n-th script that the package manager starts, the n-th program that a script starts, the n-th file
 * that is put in place. A first run only counts; runs after it strike. Nothing in the root is changed for it: the first process traces the
 * command and sends signals (tracer.c). */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <sys/types.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_COUNT,       /* nothing goes wrong */
	FAULT_FAIL_SCRIPT, /* script number `script` is killed when it has done all its work and is about to end */
	FAULT_KILL_SCRIPT, /* everything is killed when that script starts its program number `at` (none: when it is about to end) */
	FAULT_FAIL_ARCHIVE, /* the program that hands out archive number `at` is killed */
	FAULT_KILL_FILE,    /* everything is killed when the package manager puts file number `at` in place */
};
struct fault {
	enum fault_kind kind;
	unsigned script, at; /* from 0 */
};

enum { FAULT_SCRIPTS_MAX = 200 };
struct fault_script {
	pid_t pid;      /* inside */
	unsigned steps; /* programs it started */
	char *command;  /* words, a blank between two */
};
struct fault_result {
	bool is_hit;
	unsigned files, archives;
	struct {
		struct fault_script *at;
		size_t len, room;
	} scripts;
};
void fault_result_done(struct fault_result *r);
