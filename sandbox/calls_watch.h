/* calls_watch.h - seccomp user notification: a command's notable system calls are told to the watcher (watcher.h), never judged.
 *
 * Each command has a filter of its own, in front of those that forbid; its listener goes to the watcher over a socket. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>

enum call_kind { CALL_EXEC, CALL_CONNECT, CALL_BIND, CALL_UNLINK, CALL_RENAME, CALL_KINDS };
const char *call_kind_name(enum call_kind k);

/* What is watched: the arguments' places in the call. */
struct watched {
	const char *name;
	enum call_kind kind;
	signed char dir, path;     /* folder descriptor and path; -1: none */
	signed char to_dir, to;    /* the second path (rename) */
	signed char argv;          /* exec */
	signed char fd, sock, len; /* sockets: descriptor, address, its length */
};
extern const struct watched watched_calls[];
extern const unsigned watched_calls_len;
/* NULL: not one of ours. */
const struct watched *watched_by_number(int number);

/* The number of what is no command: the booted system and its services. */
enum { WATCH_SYSTEM = 0 };
/* In the command's own process, after everything else was hardened: from here on its calls wait for the watcher's word.
 * number: of the command. */
int calls_watch(int socket, unsigned number, struct err *e) MUST;
/* The watcher's side: -1 when nothing more comes. */
int calls_take_listener(int socket, unsigned *ret_number);
