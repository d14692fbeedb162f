/* reports.c - scenarios of a report, and what of their texts is steady. */
#include "inspect/reports.h"
#include "base/text.h"
#include "inspect/fact.h"
#include <ctype.h>
#include <string.h>

enum { TEXT_MAX = 300, RANDOM_LEAST = 6 };

static bool is_run(const json_t *scenario)
{
	const char *verdict = json_text(scenario, "verdict");

	return strcmp(verdict, "pass") == 0 || strcmp(verdict, "fail") == 0;
}

bool report_ran(const json_t *report)
{
	size_t i, k;
	json_t *run, *scenario;

	json_array_foreach(json_list(report, "runs"), i, run)
		json_array_foreach(json_list(run, "scenarios"), k, scenario)
			if (is_run(scenario))
				return true;
	return false;
}

json_t *report_facts(const json_t *report, const json_t *own, const char *const *lists, note_scenario *note)
{
	AUTO_JSON *seen = json_object();
	struct noted n = { json_object(), seen, own };
	size_t i, k;
	json_t *run, *scenario;

	for (; *lists; lists++)
		fact_list_at(n.facts, *lists);
	json_array_foreach(json_list(report, "runs"), i, run)
		json_array_foreach(json_list(run, "scenarios"), k, scenario)
			if (is_run(scenario))
				note(&n, scenario);
	return n.facts;
}

void note_add(struct noted *n, const char *list, json_t *item)
{
	AUTO_FREE char *text = json_dumps(item, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
	AUTO_FREE char *key = mem_printf("%s %s", list, text ? text : "");
	json_t *to;

	if (text && !json_object_get(n->seen, key)) {
		json_object_set_new(n->seen, key, json_true());
		to = fact_add(fact_list_at(n->facts, list));
		if (to)
			json_object_update(to, item);
	}
	json_decref(item);
}

void note_cut(struct noted *n, const json_t *scenario, const char *check, const char *list)
{
	size_t i;
	json_t *f, *to;

	json_array_foreach(json_list(scenario, "findings"), i, f)
		if (strcmp(json_text(f, "check"), check) == 0) {
			to = fact_list_at(n->facts, list);
			json_object_set_new(to, "more", json_integer(json_int(to, "more") + 1));
			return;
		}
}

void note_text(json_t *item, const char *key, const char *text)
{
	AUTO_FREE char *shown = fact_short(text, TEXT_MAX);

	json_set_str(item, key, shown);
}

bool talk_is_of_script(const json_t *talk)
{
	const char *by = json_text(talk, "by");

	return text_ends(by, ")") && strstr(by, " (") && strstr(by, " of ");
}

char *talk_host(const json_t *talk)
{
	const char *sni = json_text(talk, "sni"), *to = *sni ? sni : json_text(talk, "to");
	char *host = mem_printf("%.*s", TEXT_MAX, to);
	size_t len = strlen(host);

	for (size_t i = 0; i < len; i++)
		host[i] = (char)tolower((unsigned char)host[i]);
	if (len > 1 && host[len - 1] == '.')
		host[len - 1] = 0;
	return host;
}

/* A word of letters and digits mixed, or long hex, is made up anew each time: "Xa81kQ2z", "4f5a9b0c11d2". */
static bool is_random(const char *at, size_t len)
{
	size_t digits = 0, hex = 0, turns = 0;

	for (size_t i = 0; i < len; i++) {
		digits += isdigit((unsigned char)at[i]) != 0;
		hex += isxdigit((unsigned char)at[i]) != 0;
		turns += i > 0 && (isdigit((unsigned char)at[i]) != 0) != (isdigit((unsigned char)at[i - 1]) != 0);
	}
	return len >= RANDOM_LEAST && ((hex == len && digits > 0) || (digits > 0 && turns >= 3));
}

char *path_steady(const char *path)
{
	struct text t = { 0 };

	while (*path) {
		size_t len = 0, digits = 0;

		while (isalnum((unsigned char)path[len]))
			len++;
		if (len == 0) {
			text_bytes(&t, path++, 1);
			continue;
		}
		if (is_random(path, len)) {
			text_add(&t, "*");
			path += len;
			continue;
		}
		for (size_t i = 0; i < len; i++) {
			bool is_digit = isdigit((unsigned char)path[i]);

			if (!is_digit)
				text_bytes(&t, path + i, 1);
			else if (digits == 0)
				text_add(&t, "#");
			digits = is_digit ? digits + 1 : 0;
		}
		path += len;
	}
	return text_take(&t);
}
