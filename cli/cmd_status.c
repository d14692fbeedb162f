/* cmd_status.c - `sluice status`: what waits, what expires; for people, programs and Prometheus. */
#include "base/when.h"
#include "cli/cmd.h"
#include <string.h>

/* A label's value: Prometheus wants \\, " and newlines escaped. */
static void say_label(const char *value)
{
	for (; *value; value++)
		if (*value == '\n')
			say("\\n");
		else
			say(*value == '\\' || *value == '"' ? "\\%c" : "%c", *value);
}

static void head(const char *name, const char *about)
{
	say("# HELP sluice_%s %s\n# TYPE sluice_%s gauge\n", name, about, name);
}

static void sample(const char *name, const char *label, const char *value, int64_t number)
{
	say("sluice_%s{%s=\"", name, label);
	say_label(value);
	say("\"} %lld\n", (long long)number);
}

/* Seconds since 1970 of a record's time; -1: none. */
static int64_t seconds_of(const char *time)
{
	struct err ignored = { 0 };
	int64_t t;

	return time[0] && when_parse(time, "UTC", &t, &ignored) == 0 ? t : -1;
}

/* One gauge over a list of objects; is_time: the member is a time. */
static void gauge(const char *name, const char *about, const json_t *list, const char *label, const char *key,
	const char *member, bool is_time)
{
	size_t i;
	json_t *item;

	head(name, about);
	json_array_foreach(list, i, item) {
		int64_t number = is_time ? seconds_of(json_text(item, member)) : json_int(item, member);
		if (number >= 0)
			sample(name, label, json_text(item, key), number);
	}
}

static void print_prometheus(const json_t *status)
{
	const json_t *channels = json_list(status, "channels"), *keys = json_list(status, "keys");
	static const char *const advisory_states[] = { "late", "open", "answered", "not-affected" };
	const char *state;
	json_t *count;

	head("candidates", "Candidates in the store.");
	say("sluice_candidates %lld\n", (long long)json_int(status, "candidates"));
	head("rfcs", "Requests for Change by state.");
	json_object_foreach(json_map(status, "rfcs"), state, count)
		sample("rfcs", "state", state, json_integer_value(count));
	head("rfc_waiting", "Requests for Change that wait for a role's yes.");
	json_object_foreach(json_map(status, "waiting"), state, count)
		sample("rfc_waiting", "role", state, json_integer_value(count));
	head("emergency_debt", "Emergencies whose approval is still owed.");
	say("sluice_emergency_debt %lld\n", (long long)json_int(status, "emergency_debts"));
	head("advisories", "Vendors' advisories by what became of them.");
	for (size_t i = 0; i < COUNT(advisory_states); i++)
		sample("advisories", "state", advisory_states[i],
			json_int(json_map(status, "advisories"), advisory_states[i]));
	gauge("channel_serial", "Serial of the published snapshot; 0: none.", channels, "channel", "name", "serial",
		false);
	gauge("channel_packages", "Packages in the published snapshot.", channels, "channel", "name", "packages",
		false);
	gauge("channel_valid_until_seconds", "When the published snapshot ends.", channels, "channel", "name",
		"valid_until", true);
	gauge("key_expiry_seconds", "When a key of the store ends.", keys, "key", "key", "expires", true);
	head("warnings", "What 'sluice status' warns of.");
	say("sluice_warnings %zu\n", json_array_size(json_list(status, "warnings")));
}

static void print_text(const json_t *status)
{
	print_tree(status, 0);
}

static void print_document(const json_t *status)
{
	print_json(json_incref((json_t *)status));
}

static int run(struct cli *c, struct err *e)
{
	static const struct {
		const char *name;
		void (*print)(const json_t *status);
	} formats[] = { { "text", print_text }, { "json", print_document }, { "prometheus", print_prometheus } };
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *status = NULL;
	const char *format = c->is_json ? "json" : opt_or(c, "--format", "text");

	for (size_t i = 0; i < COUNT(formats); i++) {
		if (strcmp(formats[i].name, format) != 0)
			continue;
		if (store_of(c, &r, e) || release_status(r, &status, e))
			return -1;
		formats[i].print(status);
		return 0;
	}
	return err_usage(e, "status: --format %s: want text, json or prometheus", format);
}

static const struct option options[] = {
	{ "--format", "text|json|prometheus", "how to say it", false },
	{ 0 },
};

const struct command cmd_status = {
	.name = "status",
	.run = run,
	.about = "what waits, what expires",
	.arguments = "[--format text|json|prometheus]",
	.options = options,
};
