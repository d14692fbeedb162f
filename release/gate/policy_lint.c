/* policy_lint.c - what is allowed in a policy but seldom meant: one check a row of the table. Pure; `at` is now. */
#include "base/text.h"
#include "base/when.h"
#include "release/gate/policy.h"
#include <fnmatch.h>
#include <string.h>

struct lint {
	const json_t *policy;
	int64_t at;
	const char *check; /* the one that speaks */
	json_t *found;
};

static void say(struct lint *l, const char *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(struct lint *l, const char *where, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	json_array_append_new(l->found, json_pack("{s:s, s:s, s:s}", "check", l->check, "where", where, "text", text));
}

static const json_t *holders(const struct lint *l, const char *role)
{
	return json_list(json_map(l->policy, "roles"), role);
}

/* Can this person sign anything? */
static bool has_usable_key(const struct lint *l, const char *person)
{
	size_t i;
	json_t *key;

	json_array_foreach(json_list(policy_person(l->policy, person), "keys"), i, key) {
		AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));

		if (fingerprint)
			return true;
	}
	return false;
}

/* Distinct holders who can sign, without that person (NULL: all). */
static int64_t able(const struct lint *l, const char *role, const char *without)
{
	AUTO_JSON *set = json_object();
	size_t i;
	json_t *item;

	json_array_foreach(holders(l, role), i, item)
		if ((!without || strcmp(json_string_value(item), without) != 0) &&
			has_usable_key(l, json_string_value(item)))
			json_object_set_new(set, json_string_value(item), json_true());
	return (int64_t)json_object_size(set);
}

static int64_t count_of(const json_t *demand)
{
	return json_int(demand, "count") > 0 ? json_int(demand, "count") : 1;
}

/* Everything that asks for votes: {WHERE: votes}. */
static json_t *ballots(const struct lint *l)
{
	json_t *all = json_object(), *item;
	const json_t *emergency = json_map(l->policy, "emergency");
	const char *impact;

	json_object_foreach(json_map(l->policy, "categories"), impact, item)
		json_object_set_new(all, impact, json_incref(json_list(item, "votes")));
	if (emergency)
		json_object_set_new(all, "emergency", json_incref(json_list(emergency, "votes")));
	return all;
}

/* ---- checks */
static void role_nobody_holds(struct lint *l)
{
	const char *role;
	json_t *list;

	json_object_foreach(json_map(l->policy, "roles"), role, list) {
		AUTO_FREE char *where = mem_printf("roles/%s", role);

		if (!json_array_size(list))
			say(l, where, "nobody holds the role '%s'; what asks for it is never allowed", role);
		else if (able(l, role, NULL) == 0)
			say(l, where, "nobody who holds the role '%s' has a key that can sign", role);
	}
}

static bool satisfiable(const struct lint *l, const json_t *votes, const char *without)
{
	size_t i;
	json_t *demand;

	json_array_foreach(votes, i, demand)
		if (able(l, json_text(demand, "role"), without) < count_of(demand))
			return false;
	return true;
}

static bool all_may_vote(const struct lint *l)
{
	const json_t *may = json_map(l->policy, "separation");

	return json_flag(may, "requester-may-vote") && json_flag(may, "submitter-may-vote") &&
		json_flag(may, "implementer-may-vote");
}

/* Somebody must ask for it, build it and release it; where they have no vote, is there a person without whom the votes can still be had? */
static void votes_out_of_reach(struct lint *l)
{
	AUTO_JSON *all = ballots(l);
	const char *what, *person;
	json_t *votes, *item;

	json_object_foreach(all, what, votes) {
		AUTO_FREE char *where = mem_printf(
			strcmp(what, "emergency") == 0 ? "%s/votes" : "categories/%s/votes", what);
		bool found = all_may_vote(l) && satisfiable(l, votes, NULL);

		json_object_foreach(json_map(l->policy, "people"), person, item)
			found = found || (has_usable_key(l, person) && satisfiable(l, votes, person));
		if (!satisfiable(l, votes, NULL))
			say(l, where,
				"%s: more votes are asked for than people who hold the roles; it can never be released "
				"to any channel",
				what);
		else if (!found)
			say(l, where,
				"%s: whoever asks for it and builds it has no vote, and without them there are not "
				"enough holders of the "
				"roles; it can never be released to any channel",
				what);
	}
}

/* Does this one person give every yes that is asked for? */
static bool gives_all(const struct lint *l, const json_t *votes, const char *person)
{
	size_t i;
	json_t *demand;

	json_array_foreach(votes, i, demand)
		if (count_of(demand) > 1 || !policy_holds(l->policy, person, json_text(demand, "role")))
			return false;
	return json_array_size(votes) > 0;
}

static void alone_by_votes(struct lint *l)
{
	AUTO_JSON *all = ballots(l);
	const json_t *people_file = json_map(json_map(l->policy, "include"), "people");
	const char *what, *person;
	json_t *votes, *item;

	json_object_foreach(all, what, votes)
		json_object_foreach(json_map(l->policy, "people"), person, item) {
			AUTO_FREE char *where = mem_printf("people/%s", person);

			if (!gives_all(l, votes, person))
				continue;
			if (all_may_vote(l))
				say(l, where,
					"%s could act alone: 'separation' lets whoever asks, builds and releases vote, "
					"and %s gives "
					"every yes that %s asks for",
					person, person, what);
			else if (json_lists(json_list(people_file, "owners"), person))
				say(l, where,
					"%s could act alone: as an owner of %s %s can add a person who asks and "
					"builds, and then "
					"gives every yes that %s asks for",
					person, json_text(people_file, "file"), person, what);
		}
}

static void alone_by_ownership(struct lint *l)
{
	const json_t *owners = json_map(l->policy, "owners");
	size_t i;
	json_t *owner;

	if (json_int(owners, "threshold") != 1)
		return;
	json_array_foreach(json_list(owners, "people"), i, owner)
		say(l, "owners/threshold",
			"%s could act alone: one owner's signature replaces the policy, and with it every rule; a "
			"threshold "
			"of 2 asks for another",
			json_string_value(owner));
}

/* A person who is listed twice, or whose two keys look like two voices, is one: said so that nobody counts on more. */
static void one_person_many_hats(struct lint *l)
{
	const char *impact;
	json_t *category, *one, *other;
	size_t i, k;

	json_object_foreach(json_map(l->policy, "categories"), impact, category)
		json_array_foreach(json_list(category, "votes"), i, one)
			json_array_foreach(json_list(category, "votes"), k, other) {
				const json_t *first = holders(l, json_text(one, "role"));
				const json_t *second = holders(l, json_text(other, "role"));

				if (i < k && json_array_size(first) == 1 && count_of(one) == 1 &&
					count_of(other) == 1 && json_array_size(second) == 1 &&
					json_equal(json_array_get(first, 0), json_array_get(second, 0)))
					say(l, "categories",
						"%s: the yes of %s and of %s is the word of one person, %s", impact,
						json_text(one, "role"), json_text(other, "role"),
						json_string_value(json_array_get(first, 0)));
			}
}

/* A channel that waits for itself. */
static void channel_in_a_circle(struct lint *l)
{
	const json_t *channels = json_map(l->policy, "channels");
	const char *name;
	json_t *item;

	json_object_foreach((json_t *)channels, name, item) {
		AUTO_FREE char *where = mem_printf("channels/%s/after", name);
		const char *at = json_text(item, "after");

		for (size_t steps = 0; *at && steps < json_object_size(channels); steps++) {
			if (strcmp(at, name) == 0) {
				say(l, where, "nobody can release to '%s': the channels it comes after come after it",
					name);
				break;
			}
			at = json_text(json_map(channels, at), "after");
		}
	}
}

/* A target that no earlier channel has: a package for it never soaks anywhere. */
static void target_never_before(struct lint *l)
{
	const char *name;
	json_t *item, *target;
	size_t i;

	json_object_foreach(json_map(l->policy, "channels"), name, item) {
		const json_t *before = json_map(json_map(l->policy, "channels"), json_text(item, "after"));

		json_array_foreach(json_list(item, "targets"), i, target)
			if (before && !json_lists(json_list(before, "targets"), json_string_value(target))) {
				AUTO_FREE char *where = mem_printf("channels/%s/targets", name);

				say(l, where,
					"packages for '%s' are in no channel before '%s', though '%s' is to try them",
					json_string_value(target), name, json_text(item, "after"));
			}
	}
}

/* Does one of the patterns take any name at all? */
static bool takes_everything(const json_t *patterns)
{
	static const char *const names[] = { "a", "0", "lib-unlikely-9", "zz.z+z" };
	size_t i;
	json_t *pattern;

	json_array_foreach(patterns, i, pattern) {
		bool all = true;

		for (size_t k = 0; k < COUNT(names); k++)
			all = all && fnmatch(json_string_value(pattern), names[k], 0) == 0;
		if (all)
			return true;
	}
	return false;
}

static void template_too_wide(struct lint *l)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(l->policy, "standard-changes"), name, item) {
		AUTO_FREE char *where = mem_printf("standard-changes/%s", name);

		if (takes_everything(json_list(item, "packages")))
			say(l, where, "template '%s' covers every package: nothing would need a vote any more", name);
		if (!*json_text(item, "max-finding"))
			say(l, where,
				"template '%s' has no 'max-finding': it would let any finding through that is accepted",
				name);
		if (!*json_text(item, "expires"))
			say(l, where, "template '%s' never expires", name);
	}
}

static void template_expired(struct lint *l)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(l->policy, "standard-changes"), name, item) {
		AUTO_FREE char *where = mem_printf("standard-changes/%s/expires", name);
		const char *date = json_text(item, "expires"), *zone = json_text(l->policy, "timezone");
		AUTO_FREE char *midnight = mem_printf("%sT00:00", date);
		struct err e = { 0 };
		int64_t expires;

		if (!*date)
			continue;
		if (when_parse(midnight, *zone ? zone : "UTC", &expires, &e))
			say(l, where, "template '%s': '%s' is no date", name, date);
		else if (expires + 86400 <= l->at)
			say(l, where, "template '%s' has expired (%s); no standard change can use it", name, date);
	}
}

static void service_too_wide(struct lint *l)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(l->policy, "services"), name, item)
		if (takes_everything(json_list(item, "packages"))) {
			AUTO_FREE char *where = mem_printf("services/%s/packages", name);

			say(l, where, "service '%s' takes every package, so 'unmapped' never refuses one", name);
		}
}

/* One vendor's key lets that vendor pass for another; a person's would let the person. */
static void vendor_key_shared(struct lint *l)
{
	const char *vendor, *other;
	json_t *item, *another, *key;
	size_t i;

	json_object_foreach(json_map(l->policy, "vendors"), vendor, item)
		json_array_foreach(json_list(item, "keys"), i, key) {
			AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));
			AUTO_FREE char *where = mem_printf("vendors/%s/keys/%zu", vendor, i);
			const char *person = fingerprint ? policy_person_of(l->policy, fingerprint) : NULL;

			if (person)
				say(l, where, "the key of vendor '%s' is %s's, who could sign as the vendor", vendor,
					person);
			json_object_foreach(json_map(l->policy, "vendors"), other, another)
				if (fingerprint && strcmp(vendor, other) < 0 &&
					policy_vendor_key(l->policy, other, fingerprint))
					say(l, where, "vendors '%s' and '%s' share a key: one could pass for the other",
						vendor, other);
		}
}

static void acceptor_missing(struct lint *l)
{
	const json_t *accept = json_map(json_map(l->policy, "findings"), "accept");
	const char *check;
	json_t *roles, *role;
	size_t i;

	if (!json_list(accept, "default"))
		say(l, "findings/accept", "no 'default': findings that no other line names can never be accepted");
	json_object_foreach((json_t *)accept, check, roles) {
		bool found = false;

		json_array_foreach(roles, i, role)
			found = found || able(l, json_string_value(role), NULL) > 0;
		if (!found) {
			AUTO_FREE char *where = mem_printf("findings/accept/%s", check);

			say(l, where, "nobody can accept findings of '%s'", check);
		}
	}
}

/* One owner of such a file is enough to change it, and what it maps decides which departments are asked. */
static void map_owned(struct lint *l)
{
	static const char *const sections[] = { "services", "processes" };

	for (size_t i = 0; i < COUNT(sections); i++) {
		const json_t *own = json_list(json_map(json_map(l->policy, "include"), sections[i]), "owners");
		AUTO_FREE char *who = json_join(own, ""), *where = mem_printf("include/%s/owners", sections[i]);

		if (json_array_size(own))
			say(l, where,
				"each of %s alone can map packages away from a department's processes, and with them "
				"its vote; without 'owners' the policy's own must sign the file",
				who);
	}
}

/* What is asked for and nothing makes can never be there; where nothing is asked for, nothing was looked at. */
static void evidence_odd(struct lint *l)
{
	static const char *const kinds[] = { "vendor-signature", "test", "comparison", "acceptance", "vendor-checksum",
		"advisory", "rollback", "way-back" };
	const char *impact;
	json_t *item, *kind;
	size_t i;

	json_object_foreach(json_map(l->policy, "categories"), impact, item) {
		AUTO_FREE char *where = mem_printf("categories/%s/evidence", impact);

		if (!json_array_size(json_list(item, "evidence")))
			say(l, where, "%s: no evidence is asked for: neither a vendor's signature nor a test", impact);
		json_array_foreach(json_list(item, "evidence"), i, kind) {
			bool is_known = false;

			for (size_t k = 0; k < COUNT(kinds); k++)
				is_known = is_known || strcmp(kinds[k], json_string_value(kind)) == 0;
			if (!is_known)
				say(l, where,
					"%s: nothing makes evidence '%s'; it can never be released to any channel",
					impact, json_string_value(kind));
		}
	}
}

static void emergency_never(struct lint *l)
{
	const json_t *emergency = json_map(l->policy, "emergency");

	if (emergency && !json_array_size(json_list(emergency, "votes")))
		say(l, "emergency/votes", "an emergency asks for nobody's yes, and so none is ever allowed");
}

static const struct {
	const char *check;
	void (*ask)(struct lint *l);
} checks[] = {
	{ "evidence-odd", evidence_odd },
	{ "emergency-never", emergency_never },
	{ "role-empty", role_nobody_holds },
	{ "votes-out-of-reach", votes_out_of_reach },
	{ "acts-alone", alone_by_votes },
	{ "acts-alone", alone_by_ownership },
	{ "one-voice", one_person_many_hats },
	{ "channel-out-of-reach", channel_in_a_circle },
	{ "channel-target", target_never_before },
	{ "template-covers-everything", template_too_wide },
	{ "template-expired", template_expired },
	{ "service-covers-everything", service_too_wide },
	{ "vendor-key-shared", vendor_key_shared },
	{ "finding-unacceptable", acceptor_missing },
	{ "map-owned", map_owned },
};

json_t *policy_lint(const json_t *policy, int64_t at)
{
	struct lint l = { policy, at, NULL, json_array() };

	for (size_t i = 0; i < COUNT(checks); i++) {
		l.check = checks[i].check;
		checks[i].ask(&l);
	}
	return l.found;
}
