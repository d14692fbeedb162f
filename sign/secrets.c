/* secrets.c - which secret keys a home has. The acts of one command ask for them again and again, and gpg is started once. */
#include "base/fs.h"
#include "sign/gpg.h"
#include "sign/keyring.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

int key_secrets(const char *home, char ***ret, size_t *ret_len, struct err *e)
{
	char stamp[256];
	struct gpg_home ready = { 0 };
	gpgme_ctx_t ctx = NULL;
	int rc;

	stamp_of(home, stamp);
	if (asked_before(home, stamp, ret, ret_len))
		return 0;
	if (gpg_home_open(&ready, home, e))
		return -1;
	rc = gpg_context(ready.path, &ctx, e) ? -1 : fingerprints_list(ctx, true, ret, ret_len, e);
	gpg_context_done(&ctx);
	gpg_home_done(&ready);
	if (rc == 0)
		keep_asked(home, stamp, *ret, *ret_len);
	return rc;
}
