/* calls.h - how tables of system calls are written down; private to the files that hold such tables (plan.h says what they mean). */
#pragma once
#include "sandbox/plan.h"

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
