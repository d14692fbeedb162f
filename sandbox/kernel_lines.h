/* kernel_lines.h - what the machine's kernel said about processes of a test. */
#pragma once
#include "base/json.h"
#include <stdbool.h>

struct kernel_people {        /* borrowed */
	const unsigned *pids; /* as the machine counts, sorted */
	size_t pids_len;
};
/* From here on; -1: this user may not read it. */
int kernel_open(void);
/* The text of one record of /dev/kmsg ("6,42,1000,-;text"), in place; NULL when it has none. */
char *kernel_text(char *record);
bool kernel_is_ours(const char *text, const struct kernel_people *who);
bool kernel_is_crash(const char *text);
/* Lines about them since kernel_open, as an array of printable texts. */
json_t *kernel_lines(int fd, const struct kernel_people *who);
