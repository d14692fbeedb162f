/* deliver_event.c - a row of the log as an event for programs, and as a mail for the departments it touches. */
#include "base/text.h"
#include "release/deliver.h"
#include <string.h>

/* ---- names */
char *event_name(const json_t *row)
{
	static const struct {
		const char *action, *event;
	} table[] = { { "vote", "rfc.vote" }, { "accept", "finding.accept" }, { "evidence", "candidate.evidence" },
		{ "submit", "candidate.submit" }, { "release", "release.request" }, { "snapshot", "release.published" },
		{ "policy", "policy.replace" }, { "stop", "channel.stop" }, { "gate", "gate.ask" },
		{ "init", "store.init" } };
	const char *action = json_text(row, "action"), *outcome = json_text(row, "outcome"), *dash;
	char *name = NULL;

	for (size_t i = 0; i < COUNT(table) && !name; i++)
		if (strcmp(table[i].action, action) == 0)
			name = mem_strdup(table[i].event);
	dash = strchr(action, '-');
	if (!name)
		name = dash ? mem_printf("%.*s.%s", (int)(dash - action), action, dash + 1) : mem_strdup(action);
	if (strcmp(outcome, "ok") != 0) {
		char *family = mem_printf("%.*s.%s", (int)strcspn(name, "."), name,
			text_starts(outcome, "failed") ? "failed" : "refused");

		/* a vote that was refused is told as rfc.refused, and so on */
		free(name);
		name = family;
	}
	return name;
}

/* ---- for programs */
static json_t *rfc_json(struct release *r, const char *id)
{
	struct err ignored = { 0 };
	AUTO_JSON *shown = NULL;
	static const char *const members[] = { "id", "state", "type", "urgency", "impact", "priority", "requester",
		"opened", "revision", "request", "affected" };
	json_t *one;

	if (rfc_show(r, id, &shown, &ignored))
		return NULL;
	one = json_object();
	for (size_t i = 0; i < COUNT(members); i++)
		json_object_set(one, members[i], json_object_get(shown, members[i]));
	return one;
}

json_t *event_json(struct release *r, const json_t *row, const char *name, struct err *e)
{
	struct slice rest = slice_of(json_text(row, "subject")), word;
	json_t *words = json_array(), *event;
	AUTO_FREE char *rfc = NULL;

	while (slice_cut(&rest, ' ', &word)) {
		json_array_append_new(words, json_stringn(word.at, word.len));
		if (!rfc && word.len > 2 && strncmp(word.at, "R-", 2) == 0)
			rfc = strndup(word.at, word.len);
	}
	event = json_pack("{s:s, s:o, s:I, s:O*, s:O*, s:o, s:O*, s:s, s:s}", "event", name, "id",
		json_sprintf("%lld-%.16s", (long long)json_int(row, "seq"), json_text(row, "hash")), "seq",
		(json_int_t)json_int(row, "seq"), "time", json_object_get(row, "time"), "person",
		json_object_get(row, "person"), "subject", words, "outcome", json_object_get(row, "outcome"), "store",
		r->id, "organisation", json_text(release_policy(r), "organisation"));
	if (!event) {
		err_env(e, "row %lld cannot be told", (long long)json_int(row, "seq"));
		return NULL;
	}
	if (rfc)
		json_object_set_new(event, "rfc", rfc_json(r, rfc));
	return event;
}

/* ---- for people */
/* Events that departments hear of. */
static const struct {
	const char *event, *says;
} told[] = {
	{ "rfc.open", "A change was asked for" },
	{ "rfc.schedule", "A change was scheduled" },
	{ "rfc.withdraw", "A change was withdrawn" },
	{ "rfc.reject", "A change was rejected" },
	{ "release.published", "A change was released" },
	{ "rfc.pir", "A change was reviewed" },
};

static void add_mails(const json_t *policy, const char *role, json_t *to)
{
	size_t i;
	json_t *person;

	json_array_foreach(json_list(json_map(policy, "roles"), role), i, person) {
		const char *mail = json_text(policy_person(policy, json_string_value(person)), "mail");

		/* an address is one word: no line of ours is a header of theirs */
		if (*mail && strchr(mail, '@') && !text_has_control(mail) && !strpbrk(mail, " ,;<>\"") &&
			!json_lists(to, mail))
			json_array_append_new(to, json_string(mail));
	}
}

static json_t *recipients(const json_t *policy, const json_t *rfc)
{
	json_t *to = json_array(), *department;
	size_t i;

	json_array_foreach(json_list(json_map(rfc, "affected"), "departments"), i, department) {
		AUTO_FREE char *role = mem_printf("department/%s", json_string_value(department));

		add_mails(policy, role, to);
	}
	add_mails(policy, "helpdesk", to);
	return to;
}

/* The longest that one of the touched processes is expected to be down, as the policy says it. */
static void say_processes(struct text *t, const json_t *policy, const json_t *rfc)
{
	size_t i;
	json_t *name;

	json_array_foreach(json_list(json_map(rfc, "affected"), "processes"), i, name) {
		const char *down = json_text(
			json_map(json_map(policy, "processes"), json_string_value(name)), "expected-downtime");

		text_add(t, "  - %s%s%s\n", json_string_value(name), *down ? ", expected downtime " : "", down);
	}
}

char *event_mail(const struct release *r, const json_t *event)
{
	const json_t *policy = release_policy(r), *rfc = json_map(event, "rfc"), *request = json_map(rfc, "request");
	AUTO_JSON *to = rfc ? recipients(policy, rfc) : NULL;
	const char *says = NULL;
	struct text t = { 0 };
	size_t i;
	json_t *mail;

	for (i = 0; i < COUNT(told); i++)
		if (strcmp(told[i].event, json_text(event, "event")) == 0)
			says = told[i].says;
	if (!says || !json_array_size(to))
		return NULL;
	text_add(&t, "To: ");
	json_array_foreach(to, i, mail)
		text_add(&t, "%s%s", i ? ", " : "", json_string_value(mail));
	text_add(&t, "\n");
	AUTO_FREE char *subject = mem_printf("%s: %s", json_text(rfc, "id"), says);
	text_field(&t, "Subject", ": ", subject);
	text_add(&t,
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
		"Auto-Submitted: auto-generated\n\n");
	text_field(&t, says, ": ", json_text(rfc, "id"));
	text_field(&t, "Why", ": ", json_text(request, "reason"));
	text_field(&t, "Urgency", ": ", json_text(rfc, "urgency"));
	text_field(&t, "Impact", ": ", json_text(rfc, "impact"));
	text_field(&t, "State", ": ", json_text(rfc, "state"));
	text_field(&t, "When", ": ", json_text(request, "window"));
	text_field(&t, "Expected downtime", ": ", json_text(request, "downtime"));
	if (json_array_size(json_list(json_map(rfc, "affected"), "processes"))) {
		text_add(&t, "\nTouched:\n");
		say_processes(&t, policy, rfc);
	}
	text_add(&t, "\n'sluice rfc show %s' says more.\n", json_text(rfc, "id"));
	return text_take(&t);
}
