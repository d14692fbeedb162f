/* launch.c - the supervisor's side of a live test root. */
#include "sandbox/launch_private.h"
#include "sandbox/users.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 120000, ANSWER_MS = 120000, GRACE_MS = 30000 };

void command_result_done(struct command_result *r)
{
	free(r->output);
	LIST_DONE(&r->marks);
	*r = (struct command_result){ 0 };
}

int64_t command_time(const struct command_result *r, size_t at)
{
	int64_t ms = 0;

	for (size_t i = 0; i < r->marks.len && r->marks.at[i].at <= at; i++)
		ms = r->marks.at[i].ms;
	return ms;
}

/* The machine said what went wrong in there. */
int inside_failure(const struct frame *f, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	uint8_t class = unpack_u8(&u);
	const char *text = unpack_str(&u), *hint = unpack_str(&u);

	err_set(e, class == ERR_INPUT ? ERR_INPUT : ERR_ENV, NULL, "%s", text ? text : "it failed without a word");
	if (hint && *hint)
		err_hint(e, "%s", hint);
	return -1;
}

int sandbox_hear(struct sandbox *s, int timeout_ms, struct frame *ret, struct err *e)
{
	int rc = s->is_broken ? 0 : frame_read(&s->frames, timeout_ms, ret, e);

	if (rc == 1 && ret->type != SAY_FAILED)
		return 0;
	s->is_broken = true;
	if (rc == 0)
		err_env(e, "the test system ended unexpectedly (out of memory, or killed)");
	else if (rc == 1)
		inside_failure(ret, e);
	return err_wrap(e, "sandbox");
}

int sandbox_hear_type(struct sandbox *s, enum message type, struct frame *ret, struct err *e)
{
	if (sandbox_hear(s, ANSWER_MS, ret, e))
		return -1;
	if (ret->type != (uint32_t)type) {
		s->is_broken = true;
		return err_env(e, "sandbox: answer %u where %d was expected", ret->type, type);
	}
	return 0;
}

int sandbox_ask(struct sandbox *s, enum message type, struct pack *p, struct err *e)
{
	int rc = s->is_broken ? err_env(e, "the test system has ended")
			      : frame_write(s->socket, (uint32_t)type, p->at, p->len, e);

	pack_done(p);
	if (rc)
		s->is_broken = true;
	return rc ? err_wrap(e, "sandbox") : 0;
}

int sandbox_hear_list(struct sandbox *s, enum message type,
	int (*one)(const struct frame *f, void *list, struct err *e), void *list, bool *ret_cut, struct err *e)
{
	struct frame f;

	for (;;) {
		if (sandbox_hear(s, ANSWER_MS, &f, e))
			return -1;
		if (f.type == SAY_END) {
			*ret_cut = f.len == 1 && f.at[0];
			return 0;
		}
		if (f.type != (uint32_t)type || one(&f, list, e)) {
			s->is_broken = true;
			return err_env(e, "sandbox: an answer that cannot be read");
		}
	}
}

/* ---- starting */

static int wait_ready(struct sandbox *s, unsigned *ret_missing, struct err *e)
{
	struct frame f;

	for (;;) {
		if (sandbox_hear(s, START_MS, &f, e))
			return -1;
		if (f.type == SAY_MAP) {
			struct pack nothing = { 0 };

			if (users_map(s->keeper, e) || sandbox_ask(s, ASK_GO, &nothing, e))
				return -1;
			continue;
		}
		struct unpack u = { f.at, f.len, false, NULL };
		*ret_missing = unpack_u32(&u);
		return f.type == SAY_READY && !u.bad ? 0 : err_env(e, "sandbox: it did not start");
	}
}

int sandbox_start(const struct plan *p, struct sandbox **ret, unsigned *ret_missing, struct err *e)
{
	struct sandbox *s = mem_alloc(sizeof *s);
	int pair[2] = { -1, -1 }, control[2] = { -1, -1 }, watch[2] = { -1, -1 };
	bool is_root = users_is_root();

	*s = (struct sandbox){ .plan = p, .socket = -1, .control = -1, .watch = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) || pipe2(control, O_CLOEXEC) ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, watch)) {
		err_sys(e, "sandbox");
		goto failed;
	}
	s->keeper = fork();
	if (s->keeper == 0)
		keeper_main(p, pair[1], control[0], watch[1], is_root, 0);
	close(pair[1]);
	close(control[0]);
	close(watch[1]);
	s->socket = pair[0];
	s->control = control[1];
	s->watch = watch[0];
	framer_init(&s->frames, s->socket, FRAME_LIMIT);
	framer_init(&s->watched, s->watch, FRAME_LIMIT);
	if (s->keeper < 0) {
		err_sys(e, "sandbox: cannot fork");
		goto failed;
	}
	if (wait_ready(s, ret_missing, e))
		goto failed;
	*ret = s;
	return 0;
failed:
	sandbox_stop(s);
	return -1;
}

void sandbox_stop(struct sandbox *s)
{
	if (!s)
		return;
	fault_result_done(&s->faulted);
	framer_done(&s->frames);
	framer_done(&s->watched);
	if (s->watch >= 0)
		close(s->watch);
	if (s->socket >= 0)
		close(s->socket);
	if (s->control >= 0)
		close(s->control); /* the keeper kills what is left, clears up and ends */
	while (s->keeper > 0 && waitpid(s->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	free(s);
}

struct framer *sandbox_watched(struct sandbox *s, unsigned *ret_command)
{
	*ret_command = s->commands;
	return s->plan->watch ? &s->watched : NULL;
}

void sandbox_drop(struct sandbox **s)
{
	sandbox_stop(*s);
	*s = NULL;
}

/* ---- commands and questions */
static int command_ended(const struct frame *f, struct text *output, struct command_result *so_far,
	struct command_result *ret, struct err *e)
{
	struct unpack u = { f->at, f->len, false, NULL };
	struct command_result r = *so_far;

	r.exit = (int)unpack_u32(&u);
	r.is_timeout = unpack_u8(&u);
	r.is_cut = unpack_u8(&u);
	r.ms = (int64_t)unpack_u64(&u);
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	r.len = output->len;
	r.output = text_take(output);
	*ret = r;
	*so_far = (struct command_result){ 0 };
	return 0;
}

/* u64 milliseconds, bytes */
static int add_output(struct text *output, struct command_result *so_far, uint64_t limit, const struct frame *f)
{
	struct unpack u = { f->at, f->len, false, NULL };
	int64_t ms = (int64_t)unpack_u64(&u);

	if (u.bad || output->len + f->len > limit + 8)
		return -1;
	/* one a millisecond: many small pieces must not weigh more than what they hold */
	if (so_far->marks.len == 0 || so_far->marks.at[so_far->marks.len - 1].ms != ms)
		*LIST_ADD(&so_far->marks) = (struct mark){ output->len, ms };
	text_bytes(output, f->at + 8, f->len - 8);
	return 0;
}

int sandbox_run(struct sandbox *s, const char *const *argv, unsigned seconds, struct command_result *ret, struct err *e)
{
	unsigned limit = seconds ? seconds : s->plan->seconds;
	AUTO(text) output = { 0 };
	struct command_result so_far = { 0 };
	struct pack p = { 0 };
	struct frame f;
	uint32_t count = 0;

	while (argv[count])
		count++;
	pack_u32(&p, limit);
	pack_u64(&p, s->plan->output);
	pack_u32(&p, count);
	for (uint32_t i = 0; i < count; i++)
		pack_str(&p, argv[i]);
	s->commands++;
	if (sandbox_ask(s, ASK_RUN, &p, e))
		return -1;
	while (sandbox_hear(s, (int)(limit * 1000) + GRACE_MS, &f, e) == 0) {
		if (f.type == SAY_EXIT) {
			int rc = command_ended(&f, &output, &so_far, ret, e);

			command_result_done(&so_far);
			return rc;
		}
		if (f.type == SAY_FAULT && sandbox_hear_fault(s, &f))
			continue;
		if (f.type != SAY_OUTPUT || add_output(&output, &so_far, s->plan->output, &f)) {
			s->is_broken = true;
			err_env(e, "sandbox: an answer nobody asked for");
			break;
		}
	}
	command_result_done(&so_far);
	return err_wrap(e, "%s", argv[0]);
}

/* ---- the booted system */
struct progress {
	enum boot_state state;
	int status;
	int64_t ms;
};

static int ask_system(struct sandbox *s, enum message what, unsigned seconds, struct progress *ret, struct err *e)
{
	struct pack nothing = { 0 };
	struct frame f;

	if (sandbox_ask(s, what, &nothing, e) || sandbox_hear(s, (int)(seconds * 1000) + GRACE_MS, &f, e))
		return -1;
	struct unpack u = { f.at, f.len, false, NULL };
	struct progress p = { .state = (enum boot_state)unpack_u8(&u) };
	p.status = (int)unpack_u32(&u);
	p.ms = (int64_t)unpack_u64(&u);
	if (u.bad || f.type != SAY_BOOT || p.state > BOOT_GONE) {
		s->is_broken = true;
		return err_env(e, "sandbox: an answer that cannot be read");
	}
	*ret = p;
	return 0;
}

/* What it still waits for, in its own words. */
static int boot_is_late(struct sandbox *s, struct err *e)
{
	static const char *const jobs[] = { "systemctl", "list-jobs", "--no-legend", "--no-pager", NULL };
	struct command_result r = { 0 };

	if (sandbox_run(s, jobs, 10, &r, e))
		return -1;
	AUTO_FREE char *shown = text_printable(r.output, r.len < 400 ? r.len : 400, false);
	command_result_done(&r);
	err_env(e, "systemd did not come up within %u seconds; it waits for: %s", s->plan->boot.seconds, shown);
	return err_hint(e, "mask what cannot start in a test root in the root image, or test with --profile plain");
}

int sandbox_boot(struct sandbox *s, int64_t *ret_ms, struct err *e)
{
	struct progress p;

	if (ask_system(s, ASK_BOOT, s->plan->boot.seconds, &p, e))
		return -1;
	if (p.state == BOOT_LATE)
		return boot_is_late(s, e);
	if (p.state != BOOT_UP) {
		err_env(e, "%s ended while it booted (%s %d)", s->plan->boot.program,
			WIFEXITED(p.status) ? "exit" : "signal",
			WIFEXITED(p.status) ? WEXITSTATUS(p.status) : WTERMSIG(p.status));
		return err_hint(e, "test with --profile plain, or take a root whose systemd runs in a container");
	}
	*ret_ms = p.ms;
	return 0;
}

int sandbox_power_off(struct sandbox *s, bool *ret_clean, int64_t *ret_ms, struct err *e)
{
	struct progress p;

	if (ask_system(s, ASK_OFF, s->plan->boot.off_seconds, &p, e))
		return -1;
	*ret_clean = p.state == BOOT_GONE && WIFEXITED(p.status) && WEXITSTATUS(p.status) == 0;
	*ret_ms = p.ms;
	return 0;
}
