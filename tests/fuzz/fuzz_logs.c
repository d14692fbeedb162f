/* fuzz_logs.c - any bytes as a file of patterns, and as lines of a log that are reduced and searched with the patterns built in. */
#include "base/arena.h"
#include "base/text.h"
#include "sandbox/log_patterns.h"
#include "sandbox/log_template.h"
#include <stdint.h>
#include <string.h>

static struct log_patterns builtin;

static void lines(const char *data, size_t size)
{
	struct slice rest = { data, size < 65536 ? size : 65536 }, line;
	struct err e = { 0 };

	if (!builtin.len && log_patterns_load(NULL, &builtin, &e))
		__builtin_trap();
	while (slice_cut(&rest, '\n', &line)) {
		AUTO_FREE char *text = text_printable(line.at, line.len, false), *once = log_template(text),
			       *path = log_template_path(text);

		(void)log_patterns_match(&builtin, path, once);
		if (text_has_control(once))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_patterns p = { 0 };
	struct err e = { 0 };

	if (log_patterns_parse((const char *)data, size, "fuzz", &p, &e) == 0) {
		(void)log_patterns_match(&p, "/var/log/a", "an error of 12 words at /tmp/x");
		log_patterns_done(&p);
	}
	lines((const char *)data, size);
	return 0;
}
