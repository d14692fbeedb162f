/* notice.c - a release for people who look for updates: its title, how much it presses, what it answers. */
#include "release/gate/notice.h"
#include "base/text.h"
#include <string.h>

enum { TITLE_MAX = 120, ADVISORIES_MAX = 64, CVES_MAX = 256, WORD_MAX = 512 };

static const char *const severities[][2] = { { "low", "Low" }, { "medium", "Moderate" }, { "high", "Important" },
	{ "critical", "Critical" } };

/* Place among the severities, from 1; 0: none. */
static size_t rank_of(const char *severity)
{
	for (size_t i = 0; i < COUNT(severities); i++)
		if (strcmp(severities[i][0], severity) == 0)
			return i + 1;
	return 0;
}

json_t *notice_advisories(const json_t *about)
{
	json_t *list = json_array(), *one, *cve;
	size_t i, k;

	json_array_foreach((json_t *)about, i, one) {
		json_t *cves = json_array();

		if (json_flag(one, "answers") && json_array_size(list) < ADVISORIES_MAX) {
			json_array_foreach(json_list(one, "cves"), k, cve)
				if (k < CVES_MAX)
					json_array_append(cves, cve);
			json_array_append_new(list,
				json_pack("{s:s, s:s, s:s, s:O}", "id", json_text(one, "id"), "severity",
					json_text(one, "severity"), "url", json_text(one, "url"), "cves", cves));
		}
		json_decref(cves);
	}
	return list;
}

static bool is_word(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) <= WORD_MAX;
}

static bool is_advisory(const json_t *one)
{
	const char *url = json_text(one, "url");
	const json_t *cves = json_list(one, "cves"), *cve;
	size_t i;

	if (!is_word(json_object_get(one, "id")) || !*json_text(one, "id") || !rank_of(json_text(one, "severity")) ||
		(*url && !text_starts(url, "https://")) || strlen(url) > WORD_MAX || !cves ||
		json_array_size(cves) > CVES_MAX || json_object_size(one) != 4)
		return false;
	json_array_foreach((json_t *)cves, i, cve)
		if (!is_word(cve) || !text_starts(json_string_value(cve), "CVE-"))
			return false;
	return true;
}

int notice_check(const char *rfc, const json_t *act, struct err *e)
{
	const json_t *said = json_object_get(act, "advisories"), *list = json_list(act, "advisories");
	bool is_good = !said || (list && json_array_size(list) <= ADVISORIES_MAX);
	size_t i;
	json_t *one;

	json_array_foreach((json_t *)list, i, one)
		is_good = is_good && is_advisory(one);
	return is_good ? 0
		       : err_verdict(e, "E_GATE",
				 "%s: the advisories that its release names are not as 'sluice release' writes them; "
				 "release it again",
				 rfc);
}

json_t *notice_of(const struct dossier *d, const struct policy *policy, const json_t *act)
{
	const json_t *request = json_map(d->rfc, "request"), *advisories = json_list(act, "advisories");
	const char *title = json_text(request, "title");
	AUTO_FREE char *short_title = text_beginning(*title ? title : json_text(request, "reason"), TITLE_MAX);
	size_t rank = rank_of(dossier_priority(d, policy)), i;
	json_t *notice, *one;

	json_array_foreach((json_t *)advisories, i, one)
		if (rank_of(json_text(one, "severity")) > rank)
			rank = rank_of(json_text(one, "severity"));
	notice = json_pack("{s:s, s:s, s:s, s:s}", "title", short_title, "severity",
		rank ? severities[rank - 1][1] : "", "reason", json_text(request, "reason"), "answers",
		json_text(request, "cve"));
	if (advisories)
		json_object_set(notice, "advisories", (json_t *)advisories);
	return notice;
}
