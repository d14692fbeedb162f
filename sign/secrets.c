/* secrets.c - which secret keys a home has. The acts of one command ask for them again and again, and gpg is started once. */
#include "base/arena.h"
#include "base/frame.h"
#include "base/fs.h"
#include "sign/gpg.h"
#include "sign/keyring.h"
#include "sign/plain_key.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What gpg would read it from, as it stood. Keys that come with an agent alone are not seen there, so an empty list is never kept. */
static void stamp_of(const char *home, char ret[256])
{
	static const char *const parts[] = { "private-keys-v1.d", "pubring.kbx", "pubring.gpg", "gpg.conf" };
	size_t len = 0;

	for (size_t i = 0; i < COUNT(parts); i++) {
		AUTO_FREE char *path = fs_join(home, parts[i]);
		struct stat st = { .st_size = -1 };

		if (stat(path, &st))
			st.st_size = -1;
		len += (size_t)snprintf(ret + len, 256 - len, "%llu %lld %lld.%09ld ", (unsigned long long)st.st_ino,
			(long long)st.st_size, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	}
}

static struct {
	char *home, stamp[256];
	char **list;
	size_t len;
} asked;
static pthread_mutex_t asked_lock = PTHREAD_MUTEX_INITIALIZER;

static char **list_copy(char *const *list, size_t len)
{
	char **copy = mem_alloc((len + 1) * sizeof *copy);

	for (size_t i = 0; i < len; i++)
		copy[i] = mem_strdup(list[i]);
	return copy;
}

static bool asked_before(const char *home, const char *stamp, char ***ret, size_t *ret_len)
{
	bool is_same;

	pthread_mutex_lock(&asked_lock);
	is_same = asked.home && strcmp(asked.home, home) == 0 && strcmp(asked.stamp, stamp) == 0;
	if (is_same) {
		*ret = list_copy(asked.list, asked.len);
		*ret_len = asked.len;
	}
	pthread_mutex_unlock(&asked_lock);
	return is_same;
}

static void keep_asked(const char *home, const char *stamp, char *const *list, size_t len)
{
	if (len == 0)
		return;
	pthread_mutex_lock(&asked_lock);
	free(asked.home);
	fingerprints_free(asked.list, asked.len);
	asked.home = mem_strdup(home);
	memcpy(asked.stamp, stamp, sizeof asked.stamp);
	asked.list = list_copy(list, len);
	asked.len = len;
	pthread_mutex_unlock(&asked_lock);
}

/* ---- asking, in a process of its own: a context that is told its home starts gpg twice more, to ask its version; one of a process whose home that is does not */

enum { TOLD_KEYS = 1, TOLD_FAILURE, TOLD_MAX = 1 << 20 };

static int tell_keys(int fd, const char *home, struct err *e)
{
	AUTO_GPG ctx = NULL;
	struct pack p = { 0 };
	char **list;
	size_t len;
	int rc;

	setenv("GNUPGHOME", home, 1);
	if (gpg_context(NULL, &ctx, e) || fingerprints_list(ctx, true, &list, &len, e))
		return -1;
	pack_u32(&p, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		pack_str(&p, list[i]);
	rc = frame_write(fd, TOLD_KEYS, p.at, p.len, e);
	pack_done(&p);
	fingerprints_free(list, len);
	return rc;
}

static _Noreturn void tell(int fd, const char *home)
{
	struct err e = { 0 }, ignored = { 0 };

	if (tell_keys(fd, home, &e) && frame_write(fd, TOLD_FAILURE, e.text, strlen(e.text), &ignored))
		_exit(1);
	_exit(0);
}

static int take_keys(const struct frame *f, char ***ret, size_t *ret_len, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { .at = f->at, .len = f->len, .arena = &arena };
	LIST(char *) list = { 0 };
	uint32_t len;

	arena_init(&arena, TOLD_MAX);
	len = unpack_u32(&u);
	for (uint32_t i = 0; i < len && !u.bad; i++) {
		const char *one = unpack_str(&u);

		if (one && !u.bad)
			*LIST_ADD(&list) = mem_strdup(one);
	}
	if (u.bad || list.len != len) {
		fingerprints_free(list.at, list.len);
		return err_env(e, "cannot list the keys");
	}
	*ret = list.at;
	*ret_len = list.len;
	return 0;
}

static int hear(int fd, char ***ret, size_t *ret_len, struct err *e)
{
	AUTO(framer) framer = { 0 };
	struct frame f;
	int got;

	framer_init(&framer, fd, TOLD_MAX);
	got = frame_read(&framer, -1, &f, e);
	if (got > 0 && f.type == TOLD_KEYS)
		return take_keys(&f, ret, ret_len, e);
	if (got > 0)
		return err_env(e, "%.*s", (int)f.len, (const char *)f.at);
	return got < 0 ? -1 : err_env(e, "cannot list the keys");
}

/* home: as gpg is to use it. */
static int ask(const char *home, char ***ret, size_t *ret_len, struct err *e)
{
	AUTO_GPG once = NULL; /* its version, asked here, is known to all that are forked from here */
	int pair[2], rc;
	pid_t pid;

	if (gpg_context(NULL, &once, e))
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "cannot list the keys");
	pid = fork();
	if (pid == 0)
		tell(pair[1], home);
	close(pair[1]);
	rc = pid < 0 ? err_sys(e, "cannot list the keys") : hear(pair[0], ret, ret_len, e);
	close(pair[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return rc;
}

int key_secrets(const char *home, char ***ret, size_t *ret_len, struct err *e)
{
	char stamp[256];
	struct gpg_home ready = { 0 };
	int rc;

	stamp_of(home, stamp);
	if (asked_before(home, stamp, ret, ret_len))
		return 0;
	if (gpg_home_open(&ready, home, e))
		return -1;
	rc = ask(ready.path, ret, ret_len, e);
	gpg_home_done(&ready);
	if (rc == 0)
		keep_asked(home, stamp, *ret, *ret_len);
	return rc;
}

int key_secrets_here(const char *home, char ***ret, size_t *ret_len, struct err *e)
{
	if (access(home, X_OK))
		return err_sys(e, "cannot open the key folder %s", home);
	plain_keys_list(home, ret, ret_len);
	return 0;
}
