/* rings.c - keyrings that are done, put aside for the next that is given the same certificates: gpg need not be started to import them again. */
#include "sign/keyring.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { RINGS = 8 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct keyring aside[RINGS]; /* the one that was put aside last stands first */
static size_t aside_len;
static pid_t keeper; /* 0: nobody asked; another process: those are its own, and it puts their folders away */

static void put_away(void)
{
	while (keeper == getpid() && aside_len > 0)
		keyring_remove(&aside[--aside_len]);
}

void keyrings_reuse(void)
{
	static bool is_told;

	if (!is_told && atexit(put_away) == 0)
		keeper = getpid();
	is_told = true;
}

static void take_out(size_t at)
{
	aside_len--;
	memmove(aside + at, aside + at + 1, (aside_len - at) * sizeof *aside);
}

bool rings_take(const char *content, struct keyring *ret)
{
	bool is_found = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; keeper == getpid() && i < aside_len && !is_found; i++)
		if (strcmp(aside[i].content, content) == 0) {
			*ret = aside[i];
			take_out(i);
			is_found = true;
		}
	pthread_mutex_unlock(&lock);
	return is_found;
}

bool rings_keep(struct keyring *k)
{
	struct keyring oldest = { 0 };
	bool is_kept;

	pthread_mutex_lock(&lock);
	is_kept = keeper == getpid();
	if (is_kept) {
		if (aside_len == RINGS)
			oldest = aside[--aside_len];
		memmove(aside + 1, aside, aside_len * sizeof *aside);
		aside[0] = *k;
		aside_len++;
	}
	pthread_mutex_unlock(&lock);
	keyring_remove(&oldest);
	return is_kept;
}
