/* consent.c - a role's word on the template of a standard change: given once, for what the template says. */
#include "release/gate/history.h"
#include "release/release.h"
#include <string.h>

int template_consent(struct release *r, const struct actor *actor, const char *template, const char *role,
	const char *decision, json_t **ret, struct err *e)
{
	const json_t *wanted = json_list(
		json_map(json_map(release_policy(r), "standard-changes"), template), "consent");
	AUTO_FREE char *subject = mem_printf("template/%s", template);
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *body = NULL;
	struct act act = { "template-consent", subject, NULL, NULL, NULL };
	char digest[65], record[65];

	if (lock < 0 || template_digest(release_policy(r), template, digest, e))
		return -1;
	if (strcmp(decision, "approve") != 0 && strcmp(decision, "reject") != 0)
		return err_usage(e, "decision '%s': approve or reject", decision);
	if (!json_lists(wanted, role))
		return err_usage(e, "template '%s' asks for no consent of '%s'", template, role);
	if (release_may(r, actor, role, "template-consent", template, e))
		return -1;
	body = json_pack(
		"{s:s, s:s, s:s, s:s}", "template", template, "digest", digest, "role", role, "decision", decision);
	act.body = body;
	if (release_act(r, actor, &act, record, e))
		return err_wrap(e, "template '%s'", template);
	*ret = json_copy(body);
	json_set_str(*ret, "record", record);
	return 0;
}
