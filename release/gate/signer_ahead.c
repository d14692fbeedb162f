/* signer_ahead.c - documents of an index that a process of its own makes while the key process makes the others: on two processors it takes half as long. */
#include "release/gate/signer_impl.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct ahead_result {
	atomic_bool is_begun; /* by either */
	bool is_made;         /* by the process of its own */
	struct doc doc;
};

bool ahead_begin(const struct ahead *a, size_t i)
{
	return i >= a->len || !atomic_exchange(&a->at[i].is_begun, true);
}

/* What cannot be made is left to whoever wants it, and told there. */
static void work(const struct ahead *a, ahead_maker *make, void *context)
{
	struct err ignored = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < a->len; i++)
		if (ahead_begin(a, i) && make(context, i, &a->at[i].doc, &ignored) == 0)
			a->at[i].is_made = true;
	_exit(0);
}

void ahead_start(struct ahead *a, size_t len, ahead_maker *make, void *context)
{
	struct ahead made = { .len = len };
	void *shared;

	*a = (struct ahead){ 0 };
	if (len == 0 || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	shared = mmap(NULL, len * sizeof *made.at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return;
	made.at = shared;
	made.pid = fork();
	if (made.pid == 0)
		work(&made, make, context);
	*a = made;
}

/* Whoever was killed meanwhile made nothing that counts. */
static void wait_for(struct ahead *a)
{
	int status = 0;

	if (a->pid <= 0)
		return;
	while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	a->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		for (size_t i = 0; i < a->len; i++)
			a->at[i].is_made = false;
}

bool ahead_take(struct ahead *a, size_t i, struct doc *ret)
{
	wait_for(a);
	if (i >= a->len || !a->at[i].is_made)
		return false;
	*ret = a->at[i].doc;
	return true;
}

void ahead_done(struct ahead *a)
{
	wait_for(a);
	if (a->at)
		(void)munmap(a->at, a->len * sizeof *a->at);
	*a = (struct ahead){ 0 };
}
