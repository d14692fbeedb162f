/* signer.c - our end of a signer's line: starts the process, streams bytes to it, takes the signature. */
#include "sign/signer.h"
#include "sign/gpg.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_LIMIT = 64 << 10 };

/* What the signer says went wrong, as if it had happened here. */
static int take_failure(const struct frame *f, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { .at = f->at, .len = f->len, .arena = &arena };
	unsigned class;
	const char *code, *text, *hint;

	arena_init(&arena, TEXT_LIMIT);
	class = unpack_u8(&u);
	code = unpack_str(&u);
	text = unpack_str(&u);
	hint = unpack_str(&u);
	if (u.bad || text == NULL || class < ERR_USAGE || class > ERR_VERDICT)
		return err_env(e, "the signer's answer cannot be read");
	err_set(e, (enum err_class) class, code ? err_code_known(code) : NULL, "%s", text);
	if (hint && *hint)
		err_hint(e, "%s", hint);
	return -1;
}

static int take_ready(const struct frame *f, struct signer *s, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { .at = f->at, .len = f->len, .arena = &arena };
	const char *fingerprint;

	arena_init(&arena, TEXT_LIMIT);
	fingerprint = unpack_str(&u);
	s->algorithm = (int)unpack_u32(&u);
	if (u.bad || fingerprint == NULL || strlen(fingerprint) >= sizeof s->fingerprint)
		return err_env(e, "the signer's answer cannot be read");
	memcpy(s->fingerprint, fingerprint, strlen(fingerprint) + 1);
	return 0;
}

/* One answer; no signature: it needs the data. The framer reads ahead, but the signer says one thing at a time. */
static int take_answer(struct signer *s, char **ret_sig, size_t *ret_len, struct err *e)
{
	struct framer framer;
	struct frame f;
	int rc;

	framer_init(&framer, s->fd, SIGNER_LIMIT);
	rc = frame_read(&framer, -1, &f, e);
	if (rc == 0)
		rc = err_env(e, "the signer has gone");
	else if (rc > 0 && f.type == SIGNER_FAILED)
		rc = take_failure(&f, e);
	else if (rc > 0 && f.type == SIGNER_READY && ret_sig == NULL)
		rc = take_ready(&f, s, e);
	else if (rc > 0 && f.type == SIGNER_SIGNATURE && ret_sig != NULL) {
		*ret_sig = mem_alloc((size_t)f.len + 1);
		memcpy(*ret_sig, f.at, f.len);
		*ret_len = f.len;
		rc = 0;
	} else if (rc > 0 && f.type == SIGNER_UNHASHED && ret_sig != NULL) {
		*ret_sig = NULL;
		rc = 0;
	} else if (rc > 0)
		rc = err_env(e, "the signer's answer cannot be read");
	framer_done(&framer);
	return rc;
}

/* The child holds nothing but its line and the standard streams (a pinentry may need the terminal). It outlives signals that end its
 * parent, because it has an agent to put away; the closed line is its sign to go. */
static void become_signer(int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct rlimit none = { 0, 0 };
	sigset_t all;

	for (size_t i = 0; i < COUNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setrlimit(RLIMIT_CORE, &none);
	if (fd != 3) {
		dup2(fd, 3);
		fcntl(3, F_SETFD, FD_CLOEXEC);
	}
	close_range(4, ~0U, 0);
}

static int start_with(struct signer *s, const char *home, const struct signer_keys *keys, struct err *e)
{
	struct signer made = { .fd = -1, .is_coming = true };
	int pair[2];

	if (access(home, X_OK))
		return err_usage(e, "there is no key folder %s", home);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "cannot make a socket for the signer");
	made.pid = fork();
	if (made.pid < 0) {
		err_sys(e, "cannot start the signer");
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	if (made.pid == 0) {
		become_signer(pair[1]);
		signer_serve(3, home, keys);
		_exit(0);
	}
	close(pair[1]);
	made.fd = pair[0];
	*s = made;
	return 0;
}

static int is_there(struct signer *s, struct err *e)
{
	if (!s->is_coming)
		return 0;
	if (take_answer(s, NULL, NULL, e))
		return err_wrap(e, "signer");
	s->is_coming = false;
	return 0;
}

static int open_with(struct signer *s, const char *home, const struct signer_keys *keys, struct err *e)
{
	struct signer made;

	if (start_with(&made, home, keys, e))
		return -1;
	if (is_there(&made, e)) {
		signer_done(&made);
		return -1;
	}
	*s = made;
	return 0;
}

int signer_open(struct signer *s, const char *home, const char *key, struct err *e)
{
	struct signer_keys keys = { &key, key != NULL, false };

	return open_with(s, home, &keys, e);
}

int signer_start_each(struct signer *s, const char *home, const char *const *keys, size_t len, struct err *e)
{
	struct signer_keys each = { keys, len, true };

	return start_with(s, home, &each, e);
}

static int send_data(struct signer *s, const struct sig_data *data, struct err *e)
{
	struct range_reader reader = { .data = data };
	AUTO_FREE char *buf = mem_alloc(SIGNER_CHUNK);
	long got;

	while ((got = range_read(&reader, buf, SIGNER_CHUNK)) > 0)
		if (frame_write(s->fd, SIGNER_DATA, buf, (size_t)got, e))
			return -1;
	if (got == 0)
		return frame_write(s->fd, SIGNER_END, NULL, 0, e);
	*e = reader.err;
	return -1;
}

/* By the digest alone; *ret_sig NULL: it cannot be done so. */
static int sign_hashed(struct signer *s, enum sign_mode mode, const struct sig_data *data, char **ret_sig,
	size_t *ret_len, struct err *e)
{
	struct signer_hashed hashed = { .mode = mode };

	*ret_sig = NULL;
	if (!data->hashed)
		return 0;
	hashed.digest = *data->hashed;
	return frame_write(s->fd, SIGNER_HASHED, &hashed, sizeof hashed, e) || take_answer(s, ret_sig, ret_len, e)
		? err_wrap(e, "signer")
		: 0;
}

int signer_sign(struct signer *s, enum sign_mode mode, const struct sig_data *data, char **ret_sig, size_t *ret_len,
	struct err *e)
{
	unsigned char how = (unsigned char)mode;
	char *made = NULL;

	if (is_there(s, e) || sign_hashed(s, mode, data, &made, ret_len, e))
		return -1;
	if (made) {
		*ret_sig = made;
		return 0;
	}
	if (frame_write(s->fd, SIGNER_BEGIN, &how, 1, e))
		return err_wrap(e, "signer");
	if (send_data(s, data, e)) { /* the line stays usable: half a message is called off */
		struct err ignored = { 0 };
		char *nothing = NULL;
		size_t len;

		if (frame_write(s->fd, SIGNER_CANCEL, NULL, 0, &ignored) == 0 &&
			take_answer(s, &nothing, &len, &ignored) == 0)
			free(nothing);
		return err_wrap(e, "signer");
	}
	if (take_answer(s, ret_sig, ret_len, e))
		return err_wrap(e, "signer");
	return 0;
}

void signer_done(struct signer *s)
{
	if (s->pid > 0) {
		close(s->fd);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	*s = (struct signer){ .fd = -1 };
}
