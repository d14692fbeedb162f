/* fanout.h - one stream of entries to many sinks: every byte is read once and seen by all. */
#pragma once
#include "formats/sink.h"

/* Borrows the sinks (NULL ones are skipped); drop and free reach only the fan-out itself. The first failure ends the stream. */
struct fanout;
struct fanout *fanout_new(struct sink *const *sinks, size_t len);
void fanout_free(struct fanout *f);
struct sink *fanout_sink(struct fanout *f);
