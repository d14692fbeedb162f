/* confine.h - giving up power: the decoder of formats/ runs under this, planned by the same data as the test system (plan.h).
 *
 * Called in a freshly forked child; there is no way back. After it no new file can be opened (Landlock; beneath `beneath_fd` read-only), no
 * socket made, no process started, nothing called beyond the allow-list; memory, CPU and file size are bounded. Layers a machine lacks are
 * named in *ret_missing (static text, comma separated, "" when all hold). */
#pragma once
#include "base/err.h"
#include <stdint.h>

struct confine {
	uint64_t memory;      /* RLIMIT_AS above what the process has now; 0: none. Not set under AddressSanitizer */
	unsigned cpu_seconds; /* RLIMIT_CPU; 0: none */
	uint64_t
		file_size; /* RLIMIT_FSIZE, for a kept descriptor that is written to; 0: nothing can be written to a file */
	const int *keep; /* file descriptors that stay open, besides 0..2 which become /dev/null */
	unsigned keep_len;
	int beneath_fd; /* a directory that may be read, or -1 */
};
int confine_self(const struct confine *c, const char **ret_missing, struct err *e) __attribute__((warn_unused_result));
