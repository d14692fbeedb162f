/* calls.h - how tables of system calls are written down; private to the files that hold such tables (plan.h says what they mean). */
#pragma once
#include "sandbox/plan.h"
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>

#define ALLOW(call)                                                                                                    \
	{                                                                                                              \
		.name = call, .action = CALL_ALLOW                                                                     \
	}
#define ALLOW_IF(call, arg, value_)                                                                                    \
	{                                                                                                              \
		.name = call, .action = CALL_ALLOW, .when = WHEN_EQUAL, .argument = arg, .mask = 0xffffffff,           \
		.value = value_                                                                                        \
	}
#define REFUSE(call, error_)                                                                                           \
	{                                                                                                              \
		.name = call, .action = CALL_REFUSE, .error = error_                                                   \
	}
#define KILL(call)                                                                                                     \
	{                                                                                                              \
		.name = call, .action = CALL_KILL                                                                      \
	}
/* Memory that is made executable: mmap and mprotect. */
#define REFUSE_EXECUTABLE(call)                                                                                        \
	{                                                                                                              \
		.name = call, .action = CALL_REFUSE, .error = EPERM, .when = WHEN_EQUAL, .argument = 2,                \
		.mask = PROT_EXEC, .value = PROT_EXEC                                                                  \
	}
/* Every flag of clone(2) that makes a namespace. */
#define CLONE_SPACES                                                                                                   \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |   \
		CLONE_NEWTIME)
/* Threads of this process and no namespace beside; clone3 hides its flags in memory and is refused, so that libraries come here. */
#define ALLOW_THREADS                                                                                                  \
	{                                                                                                              \
		.name = "clone", .action = CALL_ALLOW, .when = WHEN_EQUAL, .argument = 0,                              \
		.mask = CLONE_THREAD | CLONE_SPACES, .value = CLONE_THREAD                                             \
	}
