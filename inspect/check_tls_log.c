/* check_tls_log.c - a program that says itself that it protects less: "disabling TLS", "certificate verification disabled", "falling back to plain".
 *
 * Facts, of the report only: "lines": {"path": the log, "line": the message without what differs from run to run}. Which lines are such is told
 * by the test system (logs[].weakening). */
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/reports.h"
#include <string.h>

static json_t *observe(const json_t *report, const json_t *own)
{
	AUTO_JSON *seen = json_object();
	struct noted n = { json_object(), seen, own };
	size_t i, k;
	json_t *log, *line;

	fact_list_at(n.facts, "lines");
	json_array_foreach(json_list(report, "logs"), i, log)
		json_array_foreach(json_list(log, "weakening"), k, line) {
			json_t *item = json_object();

			note_text(item, "path", json_text(log, "path"));
			note_text(item, "line", json_is_string(line) ? json_string_value(line) : "");
			note_add(&n, "lines", item);
		}
	return n.facts;
}

static void compare(struct compare *c)
{
	AUTO_JSON *known = json_object();
	const json_t *old, *new;
	size_t i;
	json_t *item;

	if (!fact_reports(c, &old, &new))
		return;
	json_array_foreach(fact_items(old, "lines"), i, item)
		json_object_set_new(known, json_text(item, "line"), json_true());
	json_array_foreach(fact_items(new, "lines"), i, item) {
		const char *line = json_text(item, "line");

		if (!*line || json_object_get(known, line))
			continue;
		json_object_set_new(known, line, json_true());
		finding_add(c, SEVERITY_MEDIUM, fact_path(item), "", line,
			arena_printf(c->arena,
				"The new version says in its log that it protects less than it could (\"%s\"); the old "
				"version never said so.",
				line),
			"Read the line with the vendor: is encryption or the check of certificates off, and can a "
			"setting bring it back?");
	}
	fact_tell_cut_in(c, "report", "lines");
}

const struct check check_tls_log = {
	.id = "tls-log",
	.severity = SEVERITY_MEDIUM,
	.waiver = "security-officer",
	.about = "Lines in logs of the test that speak of protection being off (TLS disabled, insecure, a fall-back to "
		 "clear text, certificates not checked) and that the old version did not write.",
	.why = "Programs often say plainly what their configuration made of them. A line counts when a word for "
	       "protection (TLS, certificate, encryption) stands beside one that takes it back; times, numbers and "
	       "addresses are left out before old and new are compared. Read the line and ask the vendor. Known false "
	       "alarms: a message that was reworded, and a warning that was always true and is only now written.",
	.observe = observe,
	.compare = compare,
};
