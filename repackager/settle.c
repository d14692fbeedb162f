/* settle.c - hashing beside writing, see settle.h. */
#include "repackager/settle.h"
#include "base/digest.h"
#include <unistd.h>

static void *hash(void *context)
{
	struct settling *s = context;

	s->failed = s->payload ? payload_hash(s->payload, s->fd, s->payload_at, s->sha256, &s->size, &s->err)
			       : sha256_fd(s->fd, s->sha256, &s->size, &s->err);
	return NULL;
}

void settle_start(struct settling *s)
{
	s->is_started = true;
	s->is_running = pthread_create(&s->thread, NULL, hash, s) == 0;
	if (!s->is_running)
		hash(s);
}

int settle_end(struct settling *s, struct err *e)
{
	if (!s->is_started)
		return 0;
	/* The commit that follows then has nothing left to wait for, and tells what went wrong. */
	if (s->is_running) {
		(void)!fdatasync(s->fd);
		pthread_join(s->thread, NULL);
	}
	s->is_running = s->is_started = false;
	if (s->failed)
		*e = s->err;
	return s->failed;
}
