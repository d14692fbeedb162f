/* signer_ask.c - the asking side of the key process: starts it, asks, takes its answer. */
#include "base/frame.h"
#include "formats/index.h"
#include "release/gate/signer_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void signer_answer_done(struct signer_answer *a)
{
	index_set_done(&a->files);
	json_decref(a->release);
	a->release = NULL;
}

int signer_send(int out, uint32_t type, const json_t *json, struct err *e)
{
	AUTO_FREE char *text = json_dumps(json, JSON_COMPACT);

	return text ? frame_write(out, type, text, strlen(text), e) : err_env(e, "an answer cannot be written");
}

static int take_error(const struct frame *f, struct err *e)
{
	AUTO_JSON *json = json_parse((const char *)f->at, f->len, "the signer's answer", e);
	const char *code = json_text(json, "code");

	if (!json)
		return -1;
	err_set(e, (enum err_class)json_int(json, "class"),
		strcmp(code, "E_GATE") == 0 ? "E_GATE" : err_code_known(code), "%s", json_text(json, "text"));
	e->sys = (int)json_int(json, "sys");
	if (*json_text(json, "hint"))
		err_hint(e, "%s", json_text(json, "hint"));
	return err_wrap(e, "signer");
}

static int take_refusal(const struct frame *f, json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *reasons = json_parse((const char *)f->at, f->len, "the signer's answer", e);

	if (!reasons)
		return -1;
	if (ret_reasons)
		*ret_reasons = json_incref(reasons);
	return err_verdict(e, "E_GATE", "the signer refuses: %s", json_text(json_array_get(reasons, 0), "text"));
}

static int take_file(const struct frame *f, struct signer_answer *a, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { .at = f->at, .len = f->len, .arena = &arena };
	const char *path, *file, *sha256, *bytes;
	uint64_t size;
	char *copy;
	size_t len = 0;

	arena_init(&arena, 0);
	path = unpack_str(&u);
	file = unpack_str(&u);
	sha256 = unpack_str(&u);
	size = unpack_u64(&u);
	bytes = unpack_bytes(&u, &len);
	if (u.bad || !path || !sha256 || (!file && !bytes))
		return err_env(e, "the signer's answer cannot be read");
	if (file) {
		index_set_add_file(&a->files, mem_strdup(path), mem_strdup(file), sha256, size);
	} else {
		copy = mem_alloc(len + 1);
		memcpy(copy, bytes, len);
		index_set_add(&a->files, mem_strdup(path), copy, len);
	}
	if (strcmp(path, "release.json") == 0)
		a->release = snap_head(file, e);
	return strcmp(path, "release.json") == 0 && !a->release ? -1 : 0;
}

static int take_done(const struct frame *f, struct signer_answer *a, struct err *e)
{
	AUTO_JSON *done = json_parse((const char *)f->at, f->len, "the signer's answer", e);

	if (!done)
		return -1;
	a->packages = (size_t)json_int(done, "packages");
	return a->release ? 0 : err_env(e, "the signer's answer is not whole");
}

static int take_answer(int fd, struct signer_answer *a, json_t **ret_reasons, struct err *e)
{
	AUTO(framer) framer = { 0 };
	struct frame f;
	int got;

	framer_init(&framer, fd, SIGNER_FRAME_MAX);
	while ((got = frame_read(&framer, -1, &f, e)) > 0)
		switch (f.type) {
		case SIGNER_FILE:
			if (take_file(&f, a, e))
				return -1;
			break;
		case SIGNER_DONE:
			return take_done(&f, a, e);
		case SIGNER_REFUSED:
			return take_refusal(&f, ret_reasons, e);
		case SIGNER_ERROR:
			return take_error(&f, e);
		default:
			return err_env(e, "the signer's answer cannot be read");
		}
	return got < 0 ? -1 : err_env(e, "the signer has gone");
}

/* The child keeps its line only: no catalogue, no lock, no key of its maker. */
static void become_signer(int fd, const char *store)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct rlimit none = { 0, 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	if (fd != 3) {
		dup2(fd, 3);
		fcntl(3, F_SETFD, FD_CLOEXEC);
	}
	close_range(4, ~0U, 0);
	_exit(index_signer_serve(3, 3, store, &e) ? 1 : 0);
}

/* One signer, from its start to its end. */
struct line {
	int fd;
	pid_t pid;
};

static int line_open(struct line *l, const char *store, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "cannot make a line to the signer");
	l->fd = pair[0];
	l->pid = fork();
	if (l->pid == 0)
		become_signer(pair[1], store);
	close(pair[1]);
	if (l->pid > 0)
		return 0;
	close(pair[0]);
	return err_sys(e, "cannot start the signer");
}

static void line_close(struct line *l)
{
	close(l->fd);
	while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int index_signer_know(const char *store, struct err *e)
{
	AUTO(framer) framer = { 0 };
	struct line l;
	struct frame f;
	int result;

	if (line_open(&l, store, e))
		return -1;
	framer_init(&framer, l.fd, 64 << 10);
	result = frame_write(l.fd, SIGNER_KNOW, "", 0, e);
	if (result == 0 && (result = frame_read(&framer, -1, &f, e)) >= 0) {
		if (result > 0 && f.type == SIGNER_DONE)
			result = 0;
		else
			result = result > 0 && f.type == SIGNER_ERROR ? take_error(&f, e)
								      : err_env(e, "the signer has gone");
	}
	line_close(&l);
	return result;
}

static int ask_signer(
	const char *store, const json_t *ask, struct signer_answer *ret, json_t **ret_reasons, struct err *e)
{
	struct signer_answer a = { 0 };
	struct line l;
	int result;

	if (!ask)
		return err_usage(e, "that is no name of a channel or an RfC");
	if (line_open(&l, store, e))
		return -1;
	result = signer_send(l.fd, SIGNER_ASK, ask, e);
	if (result == 0)
		result = take_answer(l.fd, &a, ret_reasons, e);
	line_close(&l);
	if (result) {
		signer_answer_done(&a);
		return -1;
	}
	*ret = a;
	return 0;
}

int index_signer_ask(const char *store, const char *channel, const char *rfc, struct signer_answer *ret,
	json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *ask = json_pack("{s:s, s:s}", "channel", channel, "rfc", rfc);

	return ask_signer(store, ask, ret, ret_reasons, e);
}

int index_signer_export(
	const char *store, const char *channel, int64_t valid_for, struct signer_answer *ret, struct err *e)
{
	AUTO_JSON *ask = json_pack("{s:s, s:s, s:I}", "channel", channel, "rfc", "", "export", (json_int_t)valid_for);

	return ask_signer(store, ask, ret, NULL, e);
}

int index_signer_back(const char *store, const char *channel, const char *rfc, struct signer_answer *ret,
	json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *ask = json_pack("{s:s, s:s, s:b}", "channel", channel, "rfc", rfc, "back", 1);

	return ask_signer(store, ask, ret, ret_reasons, e);
}
