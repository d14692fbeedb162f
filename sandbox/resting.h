/* resting.h - how long a process certainly sleeps on, unless something comes from outside. */
#pragma once
#include "base/base.h"
#include <stdint.h>

enum { RESTS_FOR_EVER = 0x7fffffff };
/* One line of /proc/PID/task/TID/syscall. seconds_at: the whole seconds that lie at that address of the process, -1 when they cannot be read. */
typedef int64_t seconds_at(void *context, uint64_t address);
/* Milliseconds from when it fell asleep; 0: it runs, it may wake at any time, or nobody knows. */
unsigned rests_in_call(const char *line, seconds_at *at, void *context);

/* process: its folder in /proc, of the caller's own pid namespace; pid: its number there. Milliseconds from now; 0 as above. Interval timers
 * (setitimer) the kernel does not tell of. */
unsigned process_rests(int process, int pid);
