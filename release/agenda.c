/* agenda.c - the board's list: what waits for whose word, most urgent first. */
#include "base/text.h"
#include "base/when.h"
#include "release/brief.h"
#include "release/gate/fold.h"
#include <stdlib.h>
#include <string.h>

/* A priority's place in the policy's own order is not known; the usual names are, and others come after them. */
static int rank_of(const char *priority)
{
	static const char *const names[] = { "critical", "high", "medium", "low" };
	int rank = 0;

	while (rank < (int)COUNT(names) && strcmp(names[rank], priority) != 0)
		rank++;
	return rank;
}

/* Roles that are asked for and have not said yes enough, from the gate's reasons; other obstacles as they are. */
static json_t *waits_for(const json_t *answer)
{
	static const char *const roles[] = { "votes", "department", "emergency" };
	json_t *list = json_array(), *reason;
	size_t i;

	json_array_foreach(json_list(answer, "reasons"), i, reason) {
		const char *text = json_text(reason, "text"), *colon = strchr(text, ':');
		bool is_role = false;

		for (size_t k = 0; k < COUNT(roles); k++)
			is_role = is_role || strcmp(roles[k], json_text(reason, "rule")) == 0;
		AUTO_FREE char *one = is_role && colon ? strndup(text, (size_t)(colon - text)) : mem_strdup(text);

		json_add_once(list, one);
	}
	return list;
}

static int add_line(struct release *r, const json_t *line, int64_t until, json_t *list, struct err *e)
{
	const struct policy *policy = policies_now(&r->chain);
	const char *id = json_text(line, "id"), *title;
	AUTO_JSON *answer = NULL;
	struct dossier d;
	int64_t from;

	if (release_dossier(r, id, true, false, &d, e))
		return -1;
	from = json_int(json_map(d.rfc, "window"), "from");
	if (!until || from <= until) {
		answer = dossier_ask(&d, policy, NULL, "", when_now());
		title = json_text(json_map(d.rfc, "request"), "title");
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "id", id, "priority",
				json_text(line, "priority"), "impact", json_text(line, "impact"), "state",
				json_text(line, "state"), "requester", json_text(line, "requester"), "title",
				*title ? title : json_text(line, "reason"), "window",
				json_text(json_map(d.rfc, "request"), "window"), "from", (json_int_t)from, "waits",
				waits_for(answer)));
	}
	dossier_done(&d);
	return 0;
}

/* Priority, then the window that opens first (one without a window last), then the number. */
static int by_urgency(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int rank = rank_of(json_text(x, "priority")) - rank_of(json_text(y, "priority"));
	int64_t left = json_int(x, "from"), right = json_int(y, "from");

	if (rank)
		return rank;
	if (left != right)
		return !left ? 1 : !right ? -1 : left < right ? -1 : 1;
	return atoi(json_text(x, "id") + 2) - atoi(json_text(y, "id") + 2);
}

int rfc_agenda(struct release *r, int64_t until, json_t **ret, struct err *e)
{
	AUTO_JSON *voting = NULL, *list = json_array();
	size_t i;
	json_t *line;

	if (rfc_list(r, "voting", &voting, e))
		return -1;
	json_array_foreach(json_list(voting, "rfcs"), i, line)
		if (add_line(r, line, until, list, e))
			return -1;
	*ret = json_sorted(list, by_urgency, false);
	return 0;
}
