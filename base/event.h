/* event.h - what a long job tells its caller while it runs: log lines and progress. Nothing below cli/ and web/ prints. */
#pragma once
#include "base/base.h"

enum event_level { EVENT_DEBUG, EVENT_INFO, EVENT_WARNING };
struct events {
	void (*log)(void *context, enum event_level level, const char *text); /* NULL: not wanted */
	void (*progress)(void *context, const char *what, uint64_t done,
		uint64_t total); /* total 0: unknown; NULL: not wanted */
	void *context;
};
/* ev may be NULL. Text is made printable. */
void event_log(const struct events *ev, enum event_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void event_progress(const struct events *ev, const char *what, uint64_t done, uint64_t total);
