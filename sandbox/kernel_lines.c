/* kernel_lines.c - /dev/kmsg: crashes and out-of-memory kills, told to belong to a test by the process numbers they name.
 *
 * A worker that a daemon forked without starting a program is known once one of its calls was seen; a name alone could be anybody's. */
#include "sandbox/kernel_lines.h"
#include "base/base.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_MAX = 8192, LINES_MAX = 200, RECORDS_MAX = 50000 };

int kernel_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

char *kernel_text(char *record)
{
	char *text = strchr(record, ';');

	if (!text)
		return NULL;
	text++;
	text[strcspn(text, "\n")] = '\0'; /* what follows are keys and values */
	return *text ? text : NULL;
}

static bool is_known(const struct kernel_people *who, unsigned pid)
{
	size_t low = 0, high = who->pids_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (who->pids[middle] == pid)
			return true;
		if (who->pids[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool kernel_is_ours(const char *text, const struct kernel_people *who)
{
	static const char *const before[] = { "[", "pid=", "pid ", "process " };

	for (size_t i = 0; i < COUNT(before); i++)
		for (const char *at = strstr(text, before[i]); at; at = strstr(at + 1, before[i])) {
			const char *number = at + strlen(before[i]);

			if (isdigit((unsigned char)*number) && is_known(who, (unsigned)strtoul(number, NULL, 10)))
				return true;
		}
	return false;
}

bool kernel_is_crash(const char *text)
{
	static const char *const words[] = { "segfault at", "general protection", "traps: ", "trap ", "Killed process",
		"bad frame in", "potentially unexpected fatal signal" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

json_t *kernel_lines(int fd, const struct kernel_people *who)
{
	static char record[RECORD_MAX + 1];
	json_t *lines = json_array();

	for (int i = 0; fd >= 0 && i < RECORDS_MAX && json_array_size(lines) < LINES_MAX; i++) {
		ssize_t len = read(fd, record, RECORD_MAX);
		char *text;

		if (len < 0 && errno == EPIPE) /* overwritten before it was read */
			continue;
		if (len <= 0)
			break;
		record[len] = '\0';
		text = kernel_text(record);
		if (!text || !kernel_is_ours(text, who))
			continue;
		AUTO_FREE char *shown = text_printable(text, strlen(text), false);
		json_array_append_new(lines, json_string(shown));
	}
	return lines;
}
