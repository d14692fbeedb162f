/* log_weakens.h - lines in which a program says that it protects less: TLS off, certificates not checked, a fall-back to clear text.
 *
 * No failure, so the patterns of failure do not see it; two versions are compared by it (inspect/check_tls_log.c). */
#pragma once
#include <stdbool.h>

enum { LOG_WEAKENS_MAX = 64 };      /* different messages of one log that are kept */
bool log_weakens(const char *line); /* printable text of one line */
