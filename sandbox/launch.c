/* launch.c - the supervisor's side of a live test root. */
#include "sandbox/launch_private.h"
#include "sandbox/users.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
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

void changes_done(struct changes *c)
{
	for (size_t i = 0; i < c->len; i++) {
		free(c->at[i].path);
		free(c->at[i].target);
	}
	LIST_DONE(c);
}

void processes_done(struct processes *p)
{
	for (size_t i = 0; i < p->len; i++) {
		free(p->at[i].name);
		free(p->at[i].command);
		free(p->at[i].unit);
	}
	LIST_DONE(p);
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

/* The next frame, which must be of that type. After a failure the sandbox is of no use. */
static int hear(struct sandbox *s, int timeout_ms, struct frame *ret, struct err *e)
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

static int hear_type(struct sandbox *s, enum message type, struct frame *ret, struct err *e)
{
	if (hear(s, ANSWER_MS, ret, e))
		return -1;
	if (ret->type != (uint32_t)type) {
		s->is_broken = true;
		return err_env(e, "sandbox: answer %u where %d was expected", ret->type, type);
	}
	return 0;
}

static int ask(struct sandbox *s, enum message type, struct pack *p, struct err *e)
{
	int rc = s->is_broken ? err_env(e, "the test system has ended")
			      : frame_write(s->socket, (uint32_t)type, p->at, p->len, e);

	pack_done(p);
	if (rc)
		s->is_broken = true;
	return rc ? err_wrap(e, "sandbox") : 0;
}

int sandbox_hear(struct sandbox *s, int timeout_ms, struct frame *ret, struct err *e)
{
	return hear(s, timeout_ms, ret, e);
}

int sandbox_hear_type(struct sandbox *s, enum message type, struct frame *ret, struct err *e)
{
	return hear_type(s, type, ret, e);
}

int sandbox_ask(struct sandbox *s, enum message type, struct pack *p, struct err *e)
{
	return ask(s, type, p, e);
}

/* ---- starting */

static int wait_ready(struct sandbox *s, unsigned *ret_missing, struct err *e)
{
	struct frame f;

	for (;;) {
		if (hear(s, START_MS, &f, e))
			return -1;
		if (f.type == SAY_MAP) {
			struct pack nothing = { 0 };

			if (users_map(s->keeper, e) || ask(s, ASK_GO, &nothing, e))
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
	if (ask(s, ASK_RUN, &p, e))
		return -1;
	while (hear(s, (int)(limit * 1000) + GRACE_MS, &f, e) == 0) {
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

	if (ask(s, what, &nothing, e) || hear(s, (int)(seconds * 1000) + GRACE_MS, &f, e))
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

int sandbox_status(struct sandbox *s, const char *path, struct path_status *ret, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct pack p = { 0 };
	struct frame f;

	pack_str(&p, path);
	if (ask(s, ASK_STATUS, &p, e) || hear_type(s, SAY_STATUS, &f, e))
		return -1;
	struct unpack u = { f.at, f.len, false, &arena };
	struct path_status st = { .is_there = unpack_u8(&u) };
	st.mode = unpack_u32(&u);
	st.uid = unpack_u32(&u);
	st.gid = unpack_u32(&u);
	st.size = unpack_u64(&u);
	const char *target = unpack_str(&u);
	snprintf(st.target, sizeof st.target, "%s", target ? target : "");
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	*ret = st;
	return 0;
}

int sandbox_read(struct sandbox *s, const char *path, uint64_t limit, char **ret_bytes, size_t *ret_len, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct pack p = { 0 };
	struct frame f;
	size_t len = 0;

	pack_str(&p, path);
	pack_u64(&p, limit);
	if (ask(s, ASK_READ, &p, e) || hear_type(s, SAY_BYTES, &f, e))
		return -1;
	struct unpack u = { f.at, f.len, false, &arena };
	bool found = unpack_u8(&u);
	(void)unpack_u8(&u);
	const char *bytes = unpack_bytes(&u, &len);
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	*ret_bytes = NULL;
	*ret_len = 0;
	if (!found)
		return 0;
	*ret_bytes = mem_alloc(len + 1);
	if (len)
		memcpy(*ret_bytes, bytes, len);
	*ret_len = len;
	return 0;
}

int sandbox_write(struct sandbox *s, const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	struct pack p = { 0 };
	struct frame f;

	if (len > MIB(64))
		return err_env(e, "%s: more than 64 MiB cannot be put into a test system", path);
	pack_str(&p, path);
	pack_u32(&p, mode);
	pack_bytes(&p, bytes, len);
	if (ask(s, ASK_WRITE, &p, e) || hear_type(s, SAY_END, &f, e))
		return -1;
	if (f.len != 1 || f.at[0]) {
		errno = f.len ? f.at[0] : EIO;
		return err_sys(e, "sandbox: cannot write %s", path);
	}
	return 0;
}

/* Nearly cap_to_text(3) of a raw security.capability attribute (revision 2 or 3, little endian): what is permitted or inheritable, in one list. */
static void capability_text(const unsigned char *at, size_t len, char *ret, size_t room)
{
	uint64_t permitted = 0, inheritable = 0;
	size_t used = 0;

	ret[0] = '\0';
	if (len < 20)
		return;
	for (int i = 0; i < 4; i++) {
		permitted |= (uint64_t)at[4 + i] << 8 * i | (uint64_t)at[12 + i] << (32 + 8 * i);
		inheritable |= (uint64_t)at[8 + i] << 8 * i | (uint64_t)at[16 + i] << (32 + 8 * i);
	}
	if (!permitted && !inheritable) /* "none", said by an attribute */
		return;
	for (int i = 0; i < 64 && used < room; i++)
		if ((permitted | inheritable) >> i & 1) {
			char *name = cap_to_name(i);

			used += (size_t)snprintf(ret + used, room - used, "%s%s", used ? "," : "", name ? name : "?");
			cap_free(name);
		}
	if (used < room)
		snprintf(ret + used, room - used, "=%s%s%s", at[0] & 1 ? "e" : "", inheritable ? "i" : "",
			permitted ? "p" : "");
}

static int one_change(const struct frame *f, struct changes *list, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	struct change c = { .kind = (char)unpack_u8(&u) };
	size_t path_len = 0, capability_len = 0;
	const char *path = unpack_bytes(&u, &path_len);

	c.mode = unpack_u32(&u);
	c.uid = unpack_u32(&u);
	c.gid = unpack_u32(&u);
	c.size = unpack_u64(&u);
	const char *digest = unpack_str(&u), *target = unpack_str(&u);
	const char *capability = unpack_bytes(&u, &capability_len);
	const char *class = unpack_str(&u);
	bool is_rewritten = unpack_u8(&u);
	if (u.bad || !path || list->len >= CHANGES_MAX)
		return err_env(e, "sandbox: an answer that cannot be read");
	snprintf(c.sha256, sizeof c.sha256, "%s", digest ? digest : "");
	if (capability)
		capability_text((const unsigned char *)capability, capability_len, c.capability, sizeof c.capability);
	snprintf(c.class, sizeof c.class, "%s", class ? class : "");
	c.is_rewritten = is_rewritten;
	c.path = mem_strdup(path);
	c.target = mem_strdup(target ? target : "");
	*LIST_ADD(list) = c;
	return 0;
}

static int change_order(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : x->kind - y->kind;
}

int sandbox_hear_list(struct sandbox *s, enum message type,
	int (*one)(const struct frame *f, void *list, struct err *e), void *list, bool *ret_cut, struct err *e)
{
	struct frame f;

	for (;;) {
		if (hear(s, ANSWER_MS, &f, e))
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

static int one_change_of(const struct frame *f, void *list, struct err *e)
{
	return one_change(f, list, e);
}

int sandbox_changes(struct sandbox *s, struct changes *ret, struct err *e)
{
	struct changes list = { 0 };
	struct pack nothing = { 0 };

	if (ask(s, ASK_CHANGES, &nothing, e) ||
		sandbox_hear_list(s, SAY_CHANGE, one_change_of, &list, &list.is_cut, e)) {
		changes_done(&list);
		return -1;
	}
	if (list.len)
		qsort(list.at, list.len, sizeof *list.at, change_order);
	*ret = list;
	return 0;
}

static int one_process(const struct frame *f, void *list, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	struct processes *all = list;
	struct process p = { .pid = (pid_t)unpack_u32(&u) };

	p.uid = unpack_u32(&u);
	const char *name = unpack_str(&u), *command = unpack_str(&u), *unit = unpack_str(&u);
	if (u.bad || !name || !command || !unit)
		return err_env(e, "sandbox: an answer that cannot be read");
	p.state = (char)unpack_u8(&u);
	p.ticks = unpack_u64(&u);
	p.ran = unpack_u64(&u);
	p.rests = unpack_u32(&u);
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	p.name = mem_strdup(name);
	p.command = mem_strdup(command);
	p.unit = mem_strdup(unit);
	*LIST_ADD(all) = p;
	return 0;
}

int sandbox_processes(struct sandbox *s, struct processes *ret, struct err *e)
{
	struct processes list = { 0 };
	struct pack nothing = { 0 };
	bool cut;

	if (ask(s, ASK_PROCESSES, &nothing, e) || sandbox_hear_list(s, SAY_PROCESS, one_process, &list, &cut, e)) {
		processes_done(&list);
		return -1;
	}
	*ret = list;
	return 0;
}
