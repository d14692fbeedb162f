/* check_service_changed.c - services, sockets and timers that are new or gone over the whole update. An init script and a unit of one name are one
 * service; where its file lies does not matter.
 *
 * Facts: {"units": {"items": [{"path", "unit"}], "more"}}. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/unit_paths.h"
#include <string.h>

static json_t *collect(const struct pkg *pkg)
{
	json_t *units = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		bool is_dropin;
		AUTO_FREE char *unit = at->type == ENTRY_DIR ? NULL : unit_of_path(at->path, &is_dropin);
		json_t *item;

		if (unit == NULL || is_dropin || (item = fact_add(units)) == NULL)
			continue;
		json_set_str(item, "path", at->path);
		json_set_str(item, "unit", unit);
		if (at->type == ENTRY_SYMLINK)
			json_object_set_new(item, "link", json_true());
	}
	return json_pack("{s:o}", "units", units);
}

/* Users' own units and templates, which run only when somebody names an instance, say less; so do timers, paths and mounts. What a new
 * socket opens is told by listener-new. */
static enum severity severity_of(const char *unit, bool is_new)
{
	if (text_starts(unit, "user:") || strstr(unit, "@."))
		return SEVERITY_LOW;
	return text_ends(unit, ".service") || (!is_new && text_ends(unit, ".socket")) ? SEVERITY_MEDIUM : SEVERITY_LOW;
}

static const char *sentence(struct compare *c, const char *unit, bool is_new)
{
	bool is_timer = text_ends(unit, ".timer"), is_socket = text_ends(unit, ".socket");

	if (is_new)
		return arena_printf(c->arena,
			is_timer            ? "A new timer (%s) starts a program by itself at set times."
				: is_socket ? "A new socket (%s) can be opened on the machine: a service is started "
					      "for whoever connects."
					    : "A new service (%s) can run by itself on the machine from now on.",
			unit);
	return arena_printf(c->arena,
		is_timer            ? "The timer %s is gone: what it did at set times is no longer done."
			: is_socket ? "The socket %s is gone: what connects there finds nothing."
				    : "The service %s is gone: what depends on it stops working.",
		unit);
}

static json_t *names_of(const json_t *facts)
{
	json_t *names = json_object(), *item;
	size_t i;

	json_array_foreach(fact_items(facts, "units"), i, item)
		if (json_text(item, "unit")[0])
			json_object_set_new(names, json_text(item, "unit"), json_true());
	return names;
}

static void tell_missing(struct compare *c, const json_t *from, json_t *known, bool is_new)
{
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(from, "units"), i, item) {
		const char *unit = json_text(item, "unit");

		if (*unit == 0 || json_flag(item, "link") || json_object_get(known, unit))
			continue;
		json_object_set_new(known, unit, json_true());
		finding_add(c, severity_of(unit, is_new), fact_path(item), is_new ? "" : unit, is_new ? unit : "",
			sentence(c, unit, is_new),
			is_new ? "Know what it does, what it listens on and as whom it runs before saying yes; or "
				 "disable it in the recipe."
			       : "Ask who uses it, and the vendor what took its place, before the update is let "
				 "through.");
	}
}

static void compare(struct compare *c)
{
	AUTO_JSON *old = names_of(c->old), *new = names_of(c->new);

	if (c->old == NULL)
		return;
	tell_missing(c, c->new, old, true);
	tell_missing(c, c->old, new, false);
	fact_tell_cut(c, "units");
}

const struct check check_service_changed = {
	.id = "service-changed",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Services, sockets and timers that are new or no longer there, over the whole update.",
	.why = "A new service is code that runs all the time, often for the network; one that is gone stops what "
	       "relied on it. Init scripts and units of one name are one service. Known false alarm: a service "
	       "that moved to a package which is not part of this update.",
	.collect = collect,
	.compare = compare,
};
