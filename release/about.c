/* about.c - looking at what an RfC asks for before it is opened. */
#include "release/about.h"
#include "base/text.h"
#include "release/gate/adoption.h"
#include "release/gate/removal.h"
#include <string.h>

/* It takes back stops that stand; which ones, its revision says. */
static int check_resume(struct release *r, const char *channel, struct err *e)
{
	AUTO_JSON *stops = NULL;

	if (!*channel)
		return 0;
	if (release_stops(r, channel, &stops, e))
		return -1;
	return json_array_size(stops) ? 0 : err_usage(e, "channel '%s' is not stopped", channel);
}

static int check_removal(struct release *r, json_t *request, struct err *e)
{
	const char *name = json_text(request, "remove"), *channel = json_text(request, "from-channel");
	AUTO_JSON *current = NULL;
	json_t *removes;

	if (!*name && !*channel)
		return 0;
	if (!*name || !*channel)
		return err_usage(e, "a removal names both: --remove NAME --from-channel CH");
	if (!json_map(json_map(release_policy(r), "channels"), channel))
		return err_usage(e, "the policy knows no channel '%s'", channel);
	if (release_current(r, channel, &current, e))
		return -1;
	removes = removal_of(current, name);
	json_object_set_new(request, "removes", removes);
	if (json_array_size(removes))
		return 0;
	err_usage(e, "channel '%s' serves no package '%s'", channel, name);
	return err_hint(e, "'sluice channel show %s' lists what it serves", channel);
}

static int check_adoption(struct release *r, const json_t *request, struct err *e)
{
	const char *channel = json_text(request, "into-channel"), *target = json_text(request, "adopt");
	const json_t *place = json_map(json_map(release_policy(r), "channels"), channel);
	AUTO_JSON *evidence = NULL, *adopts = NULL;

	if (!*channel && !*target && !json_object_get(request, "adopts"))
		return 0;
	if (!*channel || !*target || !*json_text(request, "adopts")) {
		err_usage(e, "what takes a repository over says which one, for which target, into which channel");
		return err_hint(e, "'sluice channel adopt' reads it and opens the RfC");
	}
	if (!json_lists(json_list(place, "targets"), target))
		return err_usage(e, "the policy has no channel '%s' with a target '%s'", channel, target);
	evidence = source_json(&r->source.source, json_text(request, "adopts"), e);
	adopts = evidence ? adoption_of(request, evidence, e) : NULL;
	return adopts ? 0 : -1;
}

int about_check(struct release *r, json_t *request, struct err *e)
{
	bool is_bare = *json_text(request, "resume") || *json_text(request, "remove") || *json_text(request, "adopt");

	if (is_bare && strcmp(json_text(request, "type"), "standard") == 0)
		return err_usage(e, "a standard change's template approves updates, and nothing else");
	if (*json_text(request, "resume") && strcmp(json_text(request, "type"), "emergency") == 0)
		return err_usage(e, "what starts a channel again is no emergency; open it as a normal change");
	if (*json_text(request, "adopt") && strcmp(json_text(request, "type"), "emergency") == 0)
		return err_usage(e, "what takes a repository over is no emergency");
	return check_resume(r, json_text(request, "resume"), e) || check_removal(r, request, e) ||
			check_adoption(r, request, e)
		? -1
		: 0;
}

static int add_candidate(struct release *r, const json_t *id, json_t *products, struct text *subject, struct err *e)
{
	const char *name = json_is_string(id) ? json_string_value(id) : "", *product;
	AUTO_JSON *shown = NULL;

	if (candidate_show(r, name, &shown, e))
		return -1;
	product = json_text(json_map(shown, "submit"), "product");
	if (strcmp(json_text(shown, "state"), "withdrawn") == 0)
		return err_usage(e, "%s was withdrawn", name);
	if (json_object_get(products, product))
		return err_usage(e, "two candidates of product '%s'", product);
	json_object_set_new(products, product, json_true());
	text_add(subject, " %s", name);
	return 0;
}

static int one_thing(const json_t *request, struct err *e)
{
	bool has_candidates = json_array_size(json_list(request, "candidates")) > 0,
	     resumes = *json_text(request, "resume"), removes = *json_text(request, "remove"),
	     adopts = *json_text(request, "adopt");

	if (resumes + removes + adopts > 1)
		return err_usage(
			e, "starting a channel again, taking a package out and taking a repository over are RfCs each");
	if ((resumes || removes || adopts) && has_candidates)
		return err_usage(e, "an RfC that %s brings no candidates",
			resumes           ? "starts a channel again"
				: removes ? "takes a package out of a channel"
					  : "takes a repository over");
	if (resumes || removes || adopts || has_candidates)
		return 0;
	err_usage(e, "the RfC names no candidate");
	return err_hint(e, "sluice rfc open C-1 ...; 'sluice candidate list' lists them");
}

int about_subject(struct release *r, const json_t *request, const char *rfc, char **ret, struct err *e)
{
	AUTO_JSON *products = json_object();
	struct text subject = { 0 };
	size_t i;
	json_t *id;

	if (one_thing(request, e))
		return -1;
	text_add(&subject, "%s", rfc);
	json_array_foreach(json_list(request, "candidates"), i, id)
		if (add_candidate(r, id, products, &subject, e)) {
			text_done(&subject);
			return -1;
		}
	if (*json_text(request, "resume"))
		text_add(&subject, " resume/%s", json_text(request, "resume"));
	*ret = text_take(&subject);
	return 0;
}
