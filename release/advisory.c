/* advisory.c - advisories in the store: importing one, what released packages it means, which RfCs answer it, and until when somebody must. */
#include "release/advisory.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/advisory_impl.h"
#include <ctype.h>
#include <string.h>

static const char *const severities[] = { "low", "medium", "high", "critical" };

static int rank_of(const char *severity)
{
	for (size_t i = 0; i < COUNT(severities); i++)
		if (strcmp(severities[i], severity) == 0)
			return (int)i;
	return COUNT(severities) - 1;
}

/* ---- what was imported */
struct knowing {
	struct release *r;
	json_t *known;
};

int advisory_parsed(struct release *r, const char *document, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	return source_get(&r->source.source, document, &bytes, &len, e) || csaf_parse(bytes, len, document, ret, e)
		? err_wrap(e, "advisory %.16s", document)
		: 0;
}

/* The latest version counts; its time runs from when somebody here could know that it was as bad as it is. What it says at length is read again when it is asked. */
static int take_version(void *context, const struct record *record, struct err *e)
{
	static const char *const kept[] = { "id", "namespace", "version", "severity" };
	struct knowing *k = context;
	const char *document = json_text(record->body, "document");
	AUTO_JSON *parsed = NULL;
	const json_t *before;
	json_int_t since = record->time, first = record->time;
	json_t *item;

	if (advisory_parsed(k->r, document, &parsed, e))
		return -1;
	before = json_map(k->known, json_text(parsed, "id"));
	if (before) {
		first = json_int(before, "imported");
		if (rank_of(json_text(parsed, "severity")) <= rank_of(json_text(before, "severity")))
			since = json_int(before, "since");
	}
	item = json_pack("{s:I, s:I, s:s, s:s, s:s}", "imported", first, "since", since, "person", record->person,
		"document", document, "record", record->digest);
	for (size_t i = 0; i < COUNT(kept); i++)
		json_object_set(item, kept[i], json_object_get(parsed, kept[i]));
	json_object_set_new(k->known, json_text(parsed, "id"), item);
	return 0;
}

int advisories_known(struct release *r, bool is_trusting, json_t **ret, struct err *e)
{
	static const char *const kinds[] = { "advisory" };
	AUTO_JSON *known = json_object();
	struct knowing k = { r, known };

	if (release_each(r, kinds, COUNT(kinds), is_trusting, take_version, &k, e))
		return -1;
	*ret = json_incref(known);
	return 0;
}

/* ---- importing */
/* One word of the log: what is no letter, digit or . _ : - becomes _. */
static char *subject_of(const char *id)
{
	char *subject = mem_printf("advisory/%s", id);

	for (char *c = subject + strlen("advisory/"); *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._:-", *c))
			*c = '_';
	return subject;
}

/* A newer version of what is there, by the same publisher. */
static int may_follow(const json_t *before, const json_t *parsed, const char *document, struct err *e)
{
	if (!before)
		return 0;
	if (strcmp(json_text(before, "document"), document) == 0)
		return err_usage(e, "advisory %s: this version was imported already", json_text(parsed, "id"));
	if (strcmp(json_text(before, "namespace"), json_text(parsed, "namespace")) != 0)
		return err_verdict(e, "E_MISMATCH", "advisory %s is one of %s here; %s cannot replace it",
			json_text(parsed, "id"), json_text(before, "namespace"), json_text(parsed, "namespace"));
	if (csaf_newer(json_text(parsed, "version"), json_text(before, "version")))
		return 0;
	return err_verdict(e, "E_ROLLBACK", "advisory %s: version %s is not newer than %s, which is here",
		json_text(parsed, "id"), json_text(parsed, "version"), json_text(before, "version"));
}

/* Nobody without a place in the policy has a word here. */
static int may_import(struct release *r, const struct actor *actor, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;

	if (release_whoami(r, actor, &person, &home, &key, e))
		return -1;
	if (policy_has_any_role(release_policy(r), person))
		return 0;
	err_verdict(e, NULL, "%s holds no role in the policy", person);
	return err_hint(e, "somebody who holds one can import advisories");
}

static int record_it(struct release *r, const struct actor *actor, const char *subject, const json_t *parsed,
	const char *document, struct err *e)
{
	AUTO_JSON *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "advisory", json_text(parsed, "id"), "document",
		document, "publisher", json_text(parsed, "namespace"), "version", json_text(parsed, "version"),
		"severity", json_text(parsed, "severity"), "cves", json_list(parsed, "cves"));
	struct act act = { "advisory", subject, body, NULL, NULL };
	char record[65];

	return release_act(r, actor, &act, record, e);
}

int advisory_import(struct release *r, const struct actor *actor, const char *file, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *subject = NULL;
	AUTO_JSON *parsed = NULL, *known = NULL, *list = NULL;
	AUTO_FD int lock = -1;
	char document[65];
	size_t len;

	if (fs_read_file(file, CSAF_FILE_MAX, &bytes, &len, e) || csaf_parse(bytes, len, file, &parsed, e))
		return -1;
	subject = subject_of(json_text(parsed, "id"));
	sha256_hex(bytes, len, document);
	lock = store_lock(r->store, e);
	if (lock < 0 || advisories_known(r, false, &known, e))
		return -1;
	if (may_import(r, actor, e) || may_follow(json_map(known, json_text(parsed, "id")), parsed, document, e)) {
		if (e->class == ERR_VERDICT)
			release_note(r, actor, "advisory", subject, e->text);
		return -1;
	}
	if (blob_put(r->store->blobs, bytes, len, document, e) || record_it(r, actor, subject, parsed, document, e) ||
		advisory_list(r, true, &list, e))
		return -1;
	*ret = json_incref(json_find(json_list(list, "advisories"), "id", json_text(parsed, "id")));
	return 0;
}

/* ---- the list */
static int64_t deadline_of(struct release *r, const json_t *known)
{
	const char *span = json_text(json_map(release_policy(r), "advisories"), json_text(known, "severity"));
	struct err ignored = { 0 };
	int64_t length;

	return *span && duration_parse(span, &length, &ignored) == 0 ? json_int(known, "since") + length : 0;
}

static json_t *remedies_of(const json_t *parsed)
{
	json_t *all = json_array(), *vulnerability, *remedy;
	size_t i, k;

	json_array_foreach(json_list(parsed, "vulnerabilities"), i, vulnerability)
		json_array_foreach(json_list(vulnerability, "remedies"), k, remedy)
			if (json_array_size(all) < 20 && *json_text(remedy, "text"))
				json_array_append(all, remedy);
	return all;
}

static const char *state_of(const json_t *affected, const json_t *rfcs, int64_t deadline)
{
	bool is_let_out = false;
	size_t i;
	json_t *rfc;

	json_array_foreach(rfcs, i, rfc) {
		if (json_flag(rfc, "decided"))
			return "answered";
		is_let_out = is_let_out || json_flag(rfc, "released");
	}
	if (!json_array_size(affected))
		return is_let_out ? "answered" : "not-affected";
	return deadline && deadline <= when_now() ? "late" : "open";
}

static json_t *item_of(
	struct release *r, const json_t *known, const json_t *parsed, const json_t *affected, const json_t *rfcs)
{
	static const char *const same[] = { "id", "title", "publisher", "version", "status", "severity",
		"severity_from", "score", "cves" };
	int64_t deadline = deadline_of(r, known);
	json_t *item = json_object();
	char imported[32], until[32] = "";

	for (size_t i = 0; i < COUNT(same); i++)
		json_object_set(item, same[i], json_object_get(parsed, same[i]));
	when_utc(json_int(known, "imported"), imported);
	if (deadline)
		when_utc(deadline, until);
	json_set_str(item, "imported", imported);
	json_object_set(item, "person", json_object_get(known, "person"));
	json_object_set(item, "document", json_object_get(known, "document"));
	json_set_str(item, "deadline", until);
	json_set_str(item, "state", state_of(affected, rfcs, deadline));
	json_object_set(item, "affected", (json_t *)affected);
	json_object_set(item, "rfcs", (json_t *)rfcs);
	json_object_set_new(item, "remedies", remedies_of(parsed));
	return item;
}

static int state_rank(const json_t *item)
{
	static const char *const order[] = { "late", "open", "answered" };

	for (size_t i = 0; i < COUNT(order); i++)
		if (strcmp(order[i], json_text(item, "state")) == 0)
			return (int)i;
	return COUNT(order);
}

/* What presses most comes first. */
static int by_pressure(const void *a, const void *b)
{
	const json_t *left = *(json_t *const *)a, *right = *(json_t *const *)b;
	int order = state_rank(left) - state_rank(right);

	if (!order)
		order = rank_of(json_text(right, "severity")) - rank_of(json_text(left, "severity"));
	return order ? order : strcmp(json_text(left, "id"), json_text(right, "id"));
}

int advisory_list(struct release *r, bool is_trusting, json_t **ret, struct err *e)
{
	AUTO_JSON *all = NULL, *list = json_array();
	__attribute__((cleanup(matcher_done))) struct matcher m = { .r = r };
	const char *id;
	json_t *known;

	if (advisories_known(r, is_trusting, &all, e) || (json_object_size(all) && matcher_begin(&m, e)))
		return -1;
	json_object_foreach(all, id, known) {
		AUTO_JSON *affected = json_array(), *rfcs = json_array(), *parsed = NULL;

		if (advisory_parsed(r, json_text(known, "document"), &parsed, e) ||
			matcher_affected(&m, parsed, affected, e) || matcher_rfcs(&m, parsed, rfcs, e))
			return -1;
		json_array_append_new(list, item_of(r, known, parsed, affected, rfcs));
	}
	*ret = json_pack("{s:o}", "advisories", json_sorted(list, by_pressure, false));
	return 0;
}

int advisory_about(struct release *r, const json_t *shown, json_t **ret, struct err *e)
{
	AUTO_JSON *all = NULL, *list = json_array(), *ids = json_array(), *c;
	struct matcher m = { .r = r };
	const char *id;
	json_t *known, *candidate;
	const char *cve = json_text(json_map(shown, "request"), "cve");
	size_t i;

	c = json_object();
	m.candidates = c;
	if (advisories_known(r, true, &all, e))
		return -1;
	json_array_foreach(json_list(shown, "candidates"), i, candidate)
		json_array_append(ids, json_object_get(candidate, "id"));
	json_object_foreach(all, id, known) {
		AUTO_FREE char *why = NULL;
		AUTO_JSON *parsed = NULL, *cves = json_array();
		bool is_answer;

		if (advisory_parsed(r, json_text(known, "document"), &parsed, e) ||
			matcher_why(&m, parsed, cve, ids, &is_answer, &why, e) ||
			(is_answer && matcher_cves(&m, parsed, cve, ids, cves, e)))
			return -1;
		if (why)
			json_array_append_new(list,
				json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:O}", "id", id, "title",
					json_text(parsed, "title"), "severity", json_text(known, "severity"), "url",
					json_text(parsed, "url"), "answers", is_answer, "why", why, "cves", cves));
	}
	*ret = json_incref(list);
	return 0;
}
