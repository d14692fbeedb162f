/* talk.c - the supervisor's side of a command that is typed to. */
#include "sandbox/talk.h"
#include "sandbox/launch_private.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_PIECE = 16 << 10, LOOK_MS = 500, ROWS_DEFAULT = 24, COLUMNS_DEFAULT = 80 };
#define NO_LIMIT (UINT64_MAX / 2)

static int begin(struct sandbox *s, const char *const *argv, unsigned seconds, const struct talk *t, struct err *e)
{
	struct pack p = { 0 };
	uint32_t count = 0;

	while (argv[count])
		count++;
	pack_u32(&p, seconds);
	pack_u64(&p, t->output ? t->output : NO_LIMIT);
	pack_u8(&p, t->is_terminal);
	pack_u8(&p, t->asked != NULL);
	pack_u32(&p, t->rows ? t->rows : ROWS_DEFAULT);
	pack_u32(&p, t->columns ? t->columns : COLUMNS_DEFAULT);
	pack_str(&p, t->term);
	pack_str(&p, t->directory);
	pack_u32(&p, count);
	for (uint32_t i = 0; i < count; i++)
		pack_str(&p, argv[i]);
	return sandbox_ask(s, ASK_TALK, &p, e);
}

static int type(struct sandbox *s, const char *bytes, size_t len, struct err *e)
{
	struct pack p = { 0 };

	pack_bytes(&p, len ? bytes : NULL, len);
	return sandbox_ask(s, ASK_TYPE, &p, e);
}

/* What the caller's input has; *open becomes false at its end. A terminal tells its end by a key, a pipe by closing. */
static int pass_input(struct sandbox *s, const struct talk *t, bool *open, struct err *e)
{
	static const char end_of_file = 4;
	char buf[INPUT_PIECE];
	ssize_t got = read(t->input, buf, sizeof buf);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got > 0)
		return type(s, buf, (size_t)got, e);
	*open = false;
	return t->is_terminal ? type(s, &end_of_file, 1, e) : type(s, NULL, 0, e);
}

static int pass_size(struct sandbox *s, const struct talk *t, struct err *e)
{
	unsigned short rows, columns;
	struct pack p = { 0 };

	if (!t->resized || !t->resized(t->context, &rows, &columns))
		return 0;
	pack_u32(&p, rows);
	pack_u32(&p, columns);
	return sandbox_ask(s, ASK_SIZE, &p, e);
}

static int answer(struct sandbox *s, const struct talk *t, struct err *e)
{
	AUTO_FREE char *typed = NULL;
	struct pack nothing = { 0 };

	if (!t->asked || t->asked(t->context, &typed, e))
		return -1;
	if (typed && !*typed)
		return 0; /* nothing new to say */
	return typed ? type(s, typed, strlen(typed), e) : sandbox_ask(s, ASK_CUT, &nothing, e);
}

static int ended(const struct frame *f, struct command_result *ret, struct err *e)
{
	struct unpack u = { f->at, f->len, false, NULL };
	struct command_result r = { .exit = (int)unpack_u32(&u) };

	r.is_timeout = unpack_u8(&u);
	r.is_cut = unpack_u8(&u);
	r.ms = (int64_t)unpack_u64(&u);
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	*ret = r;
	return 1;
}

/* 1: the command has ended; 0: go on. */
static int hear_one(struct sandbox *s, const struct talk *t, struct command_result *ret, struct err *e)
{
	struct frame f;

	if (sandbox_hear(s, -1, &f, e))
		return -1;
	switch (f.type) {
	case SAY_EXIT:
		return ended(&f, ret, e);
	case SAY_ASKED:
		return answer(s, t, e);
	case SAY_OUTPUT:
		return f.len < 8 ? err_env(e, "sandbox: an answer that cannot be read")
				 : t->printed(t->context, (const char *)f.at + 8, f.len - 8, e);
	default:
		return err_env(e, "sandbox: an answer nobody asked for");
	}
}

static int converse(struct sandbox *s, const struct talk *t, struct command_result *ret, struct err *e)
{
	bool open = t->input >= 0;

	for (;;) {
		struct pollfd fds[] = { { s->socket, POLLIN, 0 }, { open ? t->input : -1, POLLIN, 0 } };
		int rc = 0;

		if (!framer_holds(&s->frames) && poll(fds, COUNT(fds), t->resized ? LOOK_MS : -1) < 0 && errno != EINTR)
			return err_sys(e, "poll");
		if (pass_size(s, t, e) || (fds[1].revents && pass_input(s, t, &open, e)))
			return -1;
		if (framer_holds(&s->frames) || fds[0].revents)
			rc = hear_one(s, t, ret, e);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
}

int sandbox_talk(struct sandbox *s, const char *const *argv, unsigned seconds, const struct talk *t,
	struct command_result *ret, struct err *e)
{
	s->commands++;
	if (begin(s, argv, seconds, t, e))
		return -1;
	if (t->input < 0 && !t->is_terminal && type(s, NULL, 0, e))
		return -1;
	if (converse(s, t, ret, e)) {
		s->is_broken = true;
		return err_wrap(e, "%s", argv[0]);
	}
	return 0;
}

int sandbox_quiet(struct sandbox *s, struct err *e)
{
	struct pack nothing = { 0 };
	struct frame f;

	return sandbox_ask(s, ASK_QUIET, &nothing, e) || sandbox_hear_type(s, SAY_END, &f, e) ? -1 : 0;
}
