/* log_template.h - a line of a log without what differs from run to run, so that the same message of next month is known again.
 *
 * In the manner of Drain, but without a tree to learn: the line is read once, left to right, and what varies becomes a mark, always the
 * same way. Words stay. A path keeps its words too: who accepts a failure about one file has not accepted it about another.
 *
 *     dates, times of day        <time>     2026-11-26T16:23:23.1Z, Nov 26 16:23:23, 26/Nov/2026:16:23:23 +0000, 16:23
 *     paths below /tmp /run /proc /sys /dev /var/tmp     <path>
 *     addresses, versions, numbers                       #       127.0.0.1:80, 1.2.3, worker12 (worker#)
 *     hex and random words       <id>       0x7ffe12, 4f5a9b0c11d2, job-Xa81kQ2z: digits before letters, six characters or more
 *     a quoted word              "*"        without a blank in it; quoted sentences are reduced inside
 *     blanks                     one
 */
#pragma once
#include <stddef.h>

enum { LOG_TEMPLATE_MAX = 2000 };     /* bytes of the line that are looked at */
char *log_template(const char *line); /* printable text of one line; malloc */
/* A log's name without dates and numbers: /var/log/acme/agent-20261126.log and /var/log/acme/agent-20261127.log are one. malloc */
char *log_template_path(const char *path);
