/* users.h - user ids for those who are not root: a user namespace filled from /etc/subuid and /etc/subgid through newuidmap.
 *
 * In it 0..65535 are the subordinate ids; 65536 is the caller's own, so that files and folders of theirs can be reached. Code from
 * outside never runs in it: test roots get a namespace below it that has the first 65,536 ids only. */
#pragma once
#include "base/err.h"
#include <sys/types.h>

enum { USERS_IDS = 65536 };

bool users_is_root(void); /* with the power to mount */
/* Can a test root of the caller's read what is bound into it? In one of subordinate ids the caller is nobody. */
bool users_may_read(const char *path, struct err *e);
/* The error of an unshare() that made no user namespace, by errno, with what to do; -1. */
int users_refused(struct err *e) __attribute__((warn_unused_result));
/* The child's side: makes the namespace, asks over the socket for its maps, becomes root in it. */
int users_enter(int socket, struct err *e) __attribute__((warn_unused_result));
/* The parent's side, after SAY_MAP was heard from the process. */
int users_map(pid_t process, struct err *e) __attribute__((warn_unused_result));
/* Runs fn where files may have any owner: here for root, else in a child inside such a namespace. What fn changes in memory is lost. */
int users_run(int (*fn)(void *context, struct err *e), void *context, struct err *e)
	__attribute__((warn_unused_result));
