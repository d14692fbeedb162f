/* advisory_match.c - released packages that an advisory means, and RfCs that answer it: by the CVE they name, or by what they bring. */
#include "base/text.h"
#include "base/when.h"
#include "release/advisory_impl.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { CANDIDATES_KEPT = 500 };

void matcher_done(struct matcher *m)
{
	json_decref(m->candidates);
	json_decref(m->packages);
	json_decref(m->rfcs);
	m->candidates = m->packages = m->rfcs = NULL;
}

/* ---- what there is */
static int see_channels(struct matcher *m, struct err *e)
{
	const char *name;
	json_t *place, *package;
	size_t i;

	json_object_foreach(json_map(release_policy(m->r), "channels"), name, place) {
		AUTO_JSON *current = NULL;

		if (release_current(m->r, name, &current, e))
			return -1;
		json_array_foreach(json_list(current, "packages"), i, package) {
			json_t *one = json_copy(package);

			json_set_str(one, "channel", name);
			json_array_append_new(m->packages, one);
		}
	}
	return 0;
}

/* Openings and edits, for the two things that link an RfC; whoever judges reads the dossier. */
static int see_rfc(void *context, const struct record *record, struct err *e)
{
	struct matcher *m = context;
	const json_t *request = json_map(record->body, "request"), *fields = json_map(record->body, "fields");
	const char *id = json_text(record->body, "rfc");

	(void)e;
	if (request)
		return json_object_set_new(m->rfcs, id,
			json_pack("{s:s, s:O*}", "cve", json_text(request, "cve"), "candidates",
				json_list(request, "candidates")));
	if (json_object_get(fields, "cve") && json_map(m->rfcs, id))
		json_object_set(json_map(m->rfcs, id), "cve", json_object_get(fields, "cve"));
	return 0;
}

static int see_rfcs(struct matcher *m, struct err *e)
{
	static const char *const kinds[] = { "rfc-open", "rfc-edit" };

	return release_each(m->r, kinds, COUNT(kinds), true, see_rfc, m, e);
}

/* Only between questions: what was answered borrows from it. */
static void forget_some(struct matcher *m)
{
	if (json_object_size(m->candidates) > CANDIDATES_KEPT)
		json_object_clear(m->candidates);
}

int matcher_begin(struct matcher *m, struct err *e)
{
	m->candidates = json_object();
	m->packages = json_array();
	m->rfcs = json_object();
	return see_channels(m, e) || see_rfcs(m, e) ? -1 : 0;
}

/* The candidate's submission; NULL without an error set: there is none. */
static int candidate_of(struct matcher *m, const char *id, const json_t **ret, struct err *e)
{
	AUTO_JSON *rows = NULL, *record = NULL;

	*ret = json_map(m->candidates, id);
	if (*ret)
		return 0;
	rows = db_rows(m->r->store->db,
		"SELECT record FROM log WHERE action = 'submit' AND subject = $1 AND record <> ''", DB_TEXTS(id), e);
	if (!rows)
		return -1;
	if (!json_array_size(rows))
		return 0;
	record = source_json(&m->r->source.source, json_text(json_array_get(rows, 0), "record"), e);
	if (!record)
		return -1;
	json_object_set(m->candidates, id, json_map(json_map(record, "body"), "submit"));
	*ret = json_map(m->candidates, id);
	return 0;
}

static struct csaf_package package_of(const json_t *submit, const json_t *package)
{
	return (struct csaf_package){ { json_text(package, "name"), json_text(submit, "product"), NULL },
		submit ? json_text(submit, "version") : json_text(package, "version"), json_text(package, "format"),
		json_text(package, "version") };
}

/* ---- released packages */
int matcher_affected(struct matcher *m, const json_t *parsed, json_t *ret, struct err *e)
{
	size_t i;
	json_t *package;

	json_array_foreach(m->packages, i, package) {
		AUTO_JSON *cves = json_array();
		const json_t *submit;
		struct csaf_package asked;

		forget_some(m);
		if (candidate_of(m, json_text(package, "candidate"), &submit, e))
			return -1;
		asked = package_of(submit, package);
		if (csaf_says(parsed, &asked, cves) == CSAF_AFFECTED)
			json_array_append_new(ret,
				json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "channel",
					json_text(package, "channel"), "package", asked.names[0], "version",
					asked.package_version, "target", json_text(package, "target"), "product",
					asked.names[1], "rfc", json_text(package, "rfc"), "cves", cves));
	}
	return 0;
}

/* ---- RfCs */
/* Is it a word of the text? CVE-2026-1 is not one of CVE-2026-11. */
static bool names(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strcasestr(at, word)); at++)
		if ((at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-')) &&
			!isalnum((unsigned char)at[len]) && at[len] != '-')
			return true;
	return false;
}

static const char *named_in(const json_t *parsed, const char *cve)
{
	size_t i;
	json_t *one;

	if (names(cve, json_text(parsed, "id")))
		return json_text(parsed, "id");
	json_array_foreach(json_list(parsed, "cves"), i, one)
		if (names(cve, json_string_value(one)))
			return json_string_value(one);
	return NULL;
}

/* The worst that is said of any of the candidate's packages. */
static enum csaf_word word_on(const json_t *parsed, const json_t *submit)
{
	enum csaf_word worst = CSAF_NOTHING;
	size_t i;
	json_t *package;

	json_array_foreach(json_list(submit, "packages"), i, package) {
		struct csaf_package asked = package_of(submit, package);
		enum csaf_word word = csaf_says(parsed, &asked, NULL);

		if (word == CSAF_AFFECTED || worst == CSAF_NOTHING)
			worst = word;
	}
	return worst;
}

int matcher_why(struct matcher *m, const json_t *parsed, const char *cve, const json_t *candidates, bool *ret_is_answer,
	char **ret, struct err *e)
{
	const char *named = named_in(parsed, cve);
	const json_t *affected = NULL, *fixed = NULL, *submit;
	size_t i;
	json_t *id;

	forget_some(m);
	json_array_foreach((json_t *)candidates, i, id) {
		if (!json_is_string(id) || candidate_of(m, json_string_value(id), &submit, e))
			return json_is_string(id) ? -1 : 0;
		enum csaf_word word = word_on(parsed, submit);

		affected = word == CSAF_AFFECTED ? submit : affected;
		fixed = word == CSAF_FIXED ? submit : fixed;
	}
	*ret_is_answer = (named || fixed) && !affected;
	*ret = NULL;
	if (affected)
		*ret = mem_printf("%s %s, which it brings, is affected%s%s", json_text(affected, "product"),
			json_text(affected, "version"), named ? ", although it names " : "", named ? named : "");
	else if (named)
		*ret = mem_printf("it names %s", named);
	else if (fixed)
		*ret = mem_printf("%s %s, which it brings, is not affected any more", json_text(fixed, "product"),
			json_text(fixed, "version"));
	return 0;
}

static void add_once(json_t *list, json_t *text)
{
	if (!json_lists(list, json_string_value(text)))
		json_array_append(list, text);
}

/* Those that it names, or that the advisory says are mended in what it brings; where it names the advisory, all of them. */
int matcher_cves(
	struct matcher *m, const json_t *parsed, const char *cve, const json_t *candidates, json_t *ret, struct err *e)
{
	bool is_whole = names(cve, json_text(parsed, "id"));
	const json_t *submit;
	size_t i, k;
	json_t *one, *package;

	json_array_foreach(json_list(parsed, "cves"), i, one)
		if (is_whole || names(cve, json_string_value(one)))
			add_once(ret, one);
	json_array_foreach((json_t *)candidates, i, one) {
		AUTO_JSON *fixed = json_array();

		if (!json_is_string(one))
			continue;
		if (candidate_of(m, json_string_value(one), &submit, e))
			return -1;
		json_array_foreach(json_list(submit, "packages"), k, package) {
			struct csaf_package asked = package_of(submit, package);

			csaf_cves(parsed, &asked, CSAF_FIXED, fixed);
		}
		json_array_foreach(fixed, k, package)
			add_once(ret, package);
	}
	return 0;
}

/* An RfC that was taken back or rejected answers nothing, but for a decision that it is not installed. */
static int add_rfc(struct matcher *m, const char *id, const char *why, json_t *ret, struct err *e)
{
	struct dossier d;
	const char *state, *decided;

	if (release_dossier(m->r, id, true, false, &d, e))
		return -1;
	state = dossier_settled(&d, policies_now(&m->r->chain));
	decided = json_text(json_map(json_map(d.rfc, "life"), "rejected"), "what");
	if (!state || strcmp(state, "withdrawn") != 0) {
		bool is_decided = strcmp(decided, "not-installed") == 0;

		if (!*decided || is_decided)
			json_array_append_new(ret,
				json_pack("{s:s, s:s, s:s, s:b, s:b}", "rfc", id, "state",
					dossier_state(&d, policies_now(&m->r->chain), when_now()), "why", why,
					"released", json_array_size(json_list(d.history, "releases")) > 0, "decided",
					is_decided));
	}
	dossier_done(&d);
	return 0;
}

int matcher_rfcs(struct matcher *m, const json_t *parsed, json_t *ret, struct err *e)
{
	const char *id;
	json_t *rfc;

	json_object_foreach(m->rfcs, id, rfc) {
		AUTO_FREE char *why = NULL;
		bool is_answer;

		if (matcher_why(m, parsed, json_text(rfc, "cve"), json_list(rfc, "candidates"), &is_answer, &why, e) ||
			(why && is_answer && add_rfc(m, id, why, ret, e)))
			return -1;
	}
	return 0;
}
