/* event.c - hands log lines and progress to whoever listens. */
#include "base/event.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void event_log(const struct events *ev, enum event_level level, const char *fmt, ...)
{
	AUTO_FREE char *raw = NULL, *text = NULL;
	va_list ap;
	int len;

	if (ev == NULL || ev->log == NULL)
		return;
	va_start(ap, fmt);
	len = vasprintf(&raw, fmt, ap);
	va_end(ap);
	if (len < 0) {
		raw = NULL;
		return;
	}
	text = text_printable(raw, (size_t)len, false);
	ev->log(ev->context, level, text);
}

void event_progress(const struct events *ev, const char *what, uint64_t done, uint64_t total)
{
	if (ev && ev->progress)
		ev->progress(ev->context, what, done, total);
}
