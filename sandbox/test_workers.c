/* test_workers.c - each scenario in a process of its own (a sandbox is one thread's), a few at once: who starts next, what it tells, what is left of it when it is killed. */
#include "base/frame.h"
#include "sandbox/session.h"
#include "sandbox/test.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKER_EVENT = 1, WORKER_RESULT = 2, RESULT_LIMIT = 512 << 20, PARALLEL_MAX = 8 };

struct worker {
	pid_t pid;
	struct framer frames;
	struct session *session;
	size_t scenario;
};

static void tell(void *context, enum event_level level, const char *text)
{
	struct pack p = { 0 };
	struct err ignored = { 0 };

	pack_u8(&p, (uint8_t)level);
	pack_str(&p, text);
	if (frame_write(*(int *)context, WORKER_EVENT, p.at, p.len, &ignored))
		_exit(1); /* nobody waits for the result any more */
	pack_done(&p);
}

/* Did something fail to start that has a unit as well, or does something run that may be another's? The rest is no matter of how services are started. */
static const json_t *failed_start(const json_t *result, bool has_units)
{
	static const struct {
		const char *check, *severity;
	} doubts[] = { { "service-failed", "high" }, { "service-not-running", "high" }, { "script-failed", "high" },
		{ "install-failed", "high" }, { "out-of-time", "high" }, { CHECK_OTHERS_SERVICE, "info" } };
	size_t i;
	json_t *f;

	json_array_foreach(json_list(result, "findings"), i, f)
		for (size_t k = has_units ? 0 : COUNT(doubts) - 1; k < COUNT(doubts); k++)
			if (strcmp(json_text(f, "check"), doubts[k].check) == 0 &&
				strcmp(json_text(f, "severity"), doubts[k].severity) == 0)
				return f;
	return NULL;
}

/* Init scripts rot where nobody starts them any more. What they fail at counts where there is nothing else; a root with systemd starts
 * the package's units, and what comes of that is the verdict. */
static json_t *second_opinion(struct session *s, const struct test *t, size_t scenario, json_t *first)
{
	const struct plan *booted = session_other_plan(s, true);
	const json_t *why = booted ? failed_start(first, s->need != NO_UNITS) : NULL;
	struct test again = *t;
	json_t *second;

	if (!why)
		return first;
	bool is_doubt = strcmp(json_text(why, "check"), CHECK_OTHERS_SERVICE) == 0;
	event_log(t->events, EVENT_INFO, "%s: %s; trying again with the root's systemd", s->scenarios[scenario],
		is_doubt ? "what is left running may be another package's" : "services failed with init scripts");
	again.look.keep_dir = NULL;
	second = scenario_run(&again, s->manager, &s->root, booted, NULL, t->expect ? &s->expect : NULL,
		s->scenarios[scenario], s->new_files.at, s->old_files.at);
	if (strcmp(json_text(second, "verdict"), "error") == 0) {
		event_log(t->events, EVENT_WARNING, "%s: %s", s->scenarios[scenario], json_text(second, "error"));
		json_decref(second);
		return first;
	}
	AUTO_FREE char *text = is_doubt
		? mem_printf("without systemd nobody can tell whose a process is that was left; here somebody can")
		: mem_printf("it fails where init scripts start services, without systemd: %s: %s",
			  json_text(why, "where"), json_text(why, "text"));
	const struct finding f = { is_doubt ? SEVERITY_INFO : SEVERITY_MEDIUM,
		is_doubt ? CHECK_OTHERS_SERVICE : "init-script-fails", json_text(why, "where"), "", "", text, "" };
	json_array_append_new(json_list(second, "findings"), finding_json(&f));
	json_decref(first);
	return second;
}

static bool tries(const struct session *s, const char *name)
{
	for (size_t i = 0; i < s->scenarios_len; i++)
		if (strcmp(s->scenarios[i], name) == 0)
			return true;
	return false;
}

_Noreturn static void work(struct session *s, size_t scenario, int socket)
{
	struct events events = { tell, NULL, &socket };
	struct test t = *s->t;
	struct err e = { 0 };
	AUTO_FREE char *text = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NAME, "sluice-test", 0, 0, 0);
	t.events = s->t->events ? &events : NULL;
	t.log_rules = &s->logs;
	t.tries_purge = tries(s, "purge") || tries(s, "cycle");
	json_t *result = scenario_run(&t, s->manager, &s->root, &s->plan, session_other_plan(s, false),
		s->t->expect ? &s->expect : NULL, s->scenarios[scenario], s->new_files.at, s->old_files.at);
	result = second_opinion(s, &t, scenario, result);
	text = result_text(result, RESULT_LIMIT);
	_exit(text && frame_write(socket, WORKER_RESULT, text, strlen(text), &e) == 0 ? 0 : 1);
}

static int worker_start(struct session *s, size_t scenario, struct worker *ret, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "socketpair");
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		work(s, scenario, pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_sys(e, "cannot fork");
	}
	*ret = (struct worker){ .pid = pid, .session = s, .scenario = scenario };
	framer_init(&ret->frames, pair[0], RESULT_LIMIT);
	return 0;
}

static json_t *broken_result(const char *name, const char *why)
{
	json_t *o = json_object();

	json_set_str(o, "name", name);
	json_set_str(o, "verdict", "error");
	json_set_str(o, "error", why);
	json_object_set_new(o, "seconds", json_integer(0));
	return o;
}

static void worker_event(struct session *s, const struct frame *f)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	unsigned level = unpack_u8(&u);
	const char *text = unpack_str(&u);

	if (!u.bad && level <= EVENT_WARNING)
		event_log(s->t->events, (enum event_level)level, "%s", text);
}

/* true: this worker has ended. */
static bool worker_hear(struct worker *w)
{
	struct session *s = w->session;
	const char *name = s->scenarios[w->scenario];
	struct err e = { 0 };
	struct frame f;
	int rc = frame_read(&w->frames, -1, &f, &e);

	if (rc == 1 && f.type == WORKER_EVENT) {
		worker_event(s, &f);
		return false;
	}
	if (rc == 1)
		s->results[w->scenario] = json_parse((const char *)f.at, f.len, name, &e);
	if (!s->results[w->scenario])
		s->results[w->scenario] = broken_result(name, rc == 0 ? "the worker was killed" : e.text);
	close(w->frames.fd);
	framer_done(&w->frames);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	event_log(s->t->events, EVENT_INFO, "%s: %s", name, json_text(s->results[w->scenario], "verdict"));
	return true;
}

/* The scenarios of all runs stand in one line. */
struct queue {
	struct session *at;
	size_t len, session, scenario, total;
};

static struct session *queue_next(struct queue *q, size_t *ret_scenario)
{
	while (q->session < q->len && q->scenario == q->at[q->session].scenarios_len) {
		q->session++;
		q->scenario = 0;
	}
	if (q->session == q->len)
		return NULL;
	*ret_scenario = q->scenario++;
	return &q->at[q->session];
}

static struct queue queue_of(struct session *all, size_t len)
{
	struct queue q = { .at = all, .len = len };

	for (size_t i = 0; i < len; i++)
		q.total += all[i].scenarios_len;
	return q;
}

/* Starts what there is room for; running is counted up. */
static int start_workers(struct queue *q, struct worker *workers, unsigned most, unsigned *running, struct err *e)
{
	struct session *s;
	size_t scenario;

	while (*running < most && (s = queue_next(q, &scenario)) != NULL) {
		event_log(s->t->events, EVENT_INFO, "%s: trying on %s", s->scenarios[scenario], s->root.name);
		if (worker_start(s, scenario, &workers[*running], e))
			return -1;
		++*running;
	}
	return 0;
}

int sessions_run(struct session *all, size_t len, struct err *e)
{
	unsigned most = all->t->parallel ? all->t->parallel : 2, running = 0;
	struct worker workers[PARALLEL_MAX];
	struct queue q = queue_of(all, len);
	size_t done = 0;
	int rc = 0;

	most = most > PARALLEL_MAX ? PARALLEL_MAX : most;
	while (done < q.total) {
		struct pollfd fds[PARALLEL_MAX];

		if (rc == 0)
			rc = start_workers(&q, workers, most, &running, e);
		if (rc && running == 0)
			return -1;
		for (unsigned i = 0; i < running; i++)
			fds[i] = (struct pollfd){ workers[i].frames.fd, POLLIN, 0 };
		if (poll(fds, running, -1) < 0)
			continue;
		for (unsigned i = running; i-- > 0;)
			if (fds[i].revents && worker_hear(&workers[i])) {
				workers[i] = workers[--running];
				done++;
				event_progress(all->t->events, "scenarios", done, q.total);
			}
	}
	return 0;
}
