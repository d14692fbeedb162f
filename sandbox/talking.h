/* talking.h - the first process's share of a command that is typed to (talk.h): its terminal or pipe, what was typed and not yet taken,
 * and whether somebody in there waits for more. */
#pragma once
#include "base/frame.h"
#include "base/text.h"
#include <stdbool.h>
#include <sys/types.h>

struct talking {
	bool is_terminal, wants_asked;
	bool is_told;      /* the supervisor knows that somebody waits */
	bool is_closing;   /* nothing more will be typed */
	bool has_printed;  /* since something was typed */
	int master, slave; /* of the terminal; -1 */
	int in, child_in;  /* a pipe; -1 */
	struct text typed; /* from `taken` on it is still to be given */
	size_t taken;
	int64_t quiet_since, asked_after; /* ms */
	char *term, *directory;           /* or NULL */
};
/* u8 terminal, u8 asked, u32 rows, u32 columns, str term, str directory */
int talking_open(struct talking *t, struct unpack *u, struct err *e) MUST;
void talking_done(struct talking *t);
/* In the command's own process: its standard streams, its controlling terminal, its folder. -1: it cannot run. */
int talking_become(const struct talking *t, int output);
/* Where what is typed goes; -1: nowhere. */
int talking_input(const struct talking *t);
void talking_type(struct talking *t, const char *bytes, size_t len); /* len 0: the end of it */
void talking_give(struct talking *t);                                /* as much as is taken without waiting */
void talking_size(struct talking *t, unsigned rows, unsigned columns);
/* Is it worth looking again soon, and how soon (ms; -1: no)? */
int talking_patience(const struct talking *t, int64_t now);
/* Somebody waits for input, and there is none. */
bool talking_is_asked(struct talking *t, int64_t now);
void talking_printed(struct talking *t, int64_t now);
