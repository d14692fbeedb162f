/* sign_batch.c - many packages signed at once: each worker has a signer (a process with an agent of its own) to itself.
 *
 * An agent makes RSA signatures one after the other, two agents make them side by side. The signers are started before any thread is. */
#include "repackager/sign_batch.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { WORKERS_MAX = 8, WORTH_A_SIGNER = 8 }; /* a signer costs as much as that many signatures */

struct batch {
	const struct sign_batch *b;
	struct signed_pkg *ret;
	pthread_mutex_t lock;
	size_t next;
	size_t failed; /* the first path in their order that failed; len: none */
	struct err err;
};

struct worker {
	struct batch *batch;
	struct signer signer;
	pthread_t thread;
	bool is_running;
};

static unsigned workers_for(const struct sign_batch *b)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t worth = b->workers ? b->len : b->len / WORTH_A_SIGNER;
	size_t count = b->workers ? b->workers : processors > 0 ? (size_t)processors : 1;

	count = count < worth ? count : worth;
	count = count < WORKERS_MAX ? count : WORKERS_MAX;
	return count ? (unsigned)count : 1;
}

/* False: nothing is left, or something failed. */
static bool take(struct batch *batch, size_t *ret)
{
	bool is_left;

	pthread_mutex_lock(&batch->lock);
	is_left = batch->failed == batch->b->len && batch->next < batch->b->len;
	if (is_left)
		*ret = batch->next++;
	pthread_mutex_unlock(&batch->lock);
	return is_left;
}

static void note_failure(struct batch *batch, size_t which, const struct err *e)
{
	pthread_mutex_lock(&batch->lock);
	if (which < batch->failed) {
		batch->failed = which;
		batch->err = *e;
	}
	pthread_mutex_unlock(&batch->lock);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	size_t i;

	while (take(w->batch, &i)) {
		struct err e = { 0 };

		if (sign_pkg_file(w->batch->b->paths[i], &w->signer, &w->batch->ret[i], &e))
			note_failure(w->batch, i, &e);
	}
	return NULL;
}

static int open_signers(const struct sign_batch *b, struct worker *workers, unsigned count, struct err *e)
{
	for (unsigned i = 0; i < count; i++)
		if (signer_open(&workers[i].signer, b->home, b->key, e))
			return -1;
	return sign_pkg_key_fits(workers[0].signer.fingerprint, b->forbidden_home, e);
}

/* The first worker is this thread; a thread that cannot be made leaves its work to the others. */
static void work_all(struct worker *workers, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		workers[i].is_running = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
	work(&workers[0]);
	for (unsigned i = 1; i < count; i++)
		if (workers[i].is_running)
			pthread_join(workers[i].thread, NULL);
}

int sign_batch(const struct sign_batch *b, struct signed_pkg *ret, const char **ret_failed, struct err *e)
{
	struct batch batch = { .b = b, .ret = ret, .lock = PTHREAD_MUTEX_INITIALIZER, .failed = b->len };
	struct worker workers[WORKERS_MAX] = { 0 };
	unsigned count = workers_for(b);
	int status;

	for (unsigned i = 0; i < WORKERS_MAX; i++)
		workers[i] = (struct worker){ .batch = &batch, .signer.fd = -1 };
	status = open_signers(b, workers, count, e);
	if (status)
		*ret_failed = b->paths[0];
	else
		work_all(workers, count);
	for (unsigned i = 0; i < count; i++)
		signer_done(&workers[i].signer);
	if (status == 0 && batch.failed < b->len) {
		*ret_failed = b->paths[batch.failed];
		*e = batch.err;
		status = -1;
	}
	return status;
}
