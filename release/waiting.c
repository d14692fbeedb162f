/* waiting.c - whose word is waited for: for the status, by role; and which emergencies still owe their approval. */
#include "base/when.h"
#include "release/release.h"
#include <string.h>

static void count_role(json_t *roles, const char *role)
{
	if (*role)
		json_object_set_new(roles, role, json_integer(json_int(roles, role) + 1));
}

/* A role counts once for an RfC, however many reasons name it. */
static void count_reasons(json_t *roles, const json_t *answer)
{
	AUTO_JSON *seen = json_object();
	size_t i;
	json_t *reason;

	json_array_foreach(json_list(answer, "reasons"), i, reason) {
		const char *role = json_text(reason, "role");

		if (*role && !json_object_get(seen, role)) {
			json_object_set_new(seen, role, json_true());
			count_role(roles, role);
		}
	}
}

static void count_debts(json_t *owed, const struct dossier *d)
{
	size_t i;
	json_t *debt;

	json_array_foreach(json_list(d->history, "debts"), i, debt) {
		AUTO_FREE char *which = mem_printf("%s %s", json_text(debt, "rfc"), json_text(debt, "channel"));

		if (!json_flag(debt, "paid"))
			json_object_set_new(owed, which, json_true());
	}
}

int release_waiting(struct release *r, const json_t *rfcs, json_t **ret_roles, int64_t *ret_debts, struct err *e)
{
	AUTO_JSON *roles = json_object(), *owed = json_object();
	const struct policy *policy = policies_now(&r->chain);
	size_t i;
	json_t *rfc;

	json_array_foreach(rfcs, i, rfc) {
		AUTO_JSON *answer = NULL;
		struct dossier d;
		bool is_voting = strcmp(json_text(rfc, "state"), "voting") == 0;

		if (!is_voting && strcmp(json_text(rfc, "state"), "released") != 0)
			continue;
		if (release_dossier(r, json_text(rfc, "id"), true, false, &d, e))
			return -1;
		if (is_voting) {
			answer = dossier_ask(&d, policy, NULL, "", when_now());
			count_reasons(roles, answer);
		}
		count_debts(owed, &d);
		dossier_done(&d);
	}
	*ret_roles = json_incref(roles);
	*ret_debts = (int64_t)json_object_size(owed);
	return 0;
}
