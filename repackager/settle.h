/* settle.h - the last thing that happens to an output: it is hashed in a thread while the disk takes it and the next one is written. */
#pragma once
#include "repackager/payload.h"
#include <pthread.h>

struct settling {
	int fd;                             /* borrowed until settle_end */
	const struct payload_plan *payload; /* it holds a copied payload, at payload_at; NULL: none */
	uint64_t payload_at;
	/* the rest is settle's */
	char sha256[65];
	uint64_t size;
	pthread_t thread;
	bool is_started, is_running;
	int failed;
	struct err err;
};
void settle_start(struct settling *s);
/* Waits for disk and digest; then sha256 and size stand. Nothing to do for one that was not started. */
int settle_end(struct settling *s, struct err *e) MUST;
