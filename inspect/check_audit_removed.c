/* check_audit_removed.c - files that see to it that what happens is recorded, kept and noticed: audit rules, logrotate, rsyslog, AppArmor, fail2ban.
 *
 * Facts: {"files": {"items": [{"path", "class"}], "more"}}. A file that lies somewhere else under the same name is still there; an
 * empty one says nothing any more. */
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/places.h"
#include <string.h>

static const struct place_class classes[] = {
	{ "audit", "what happens on the machine is no longer recorded as before", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/audit/rules.d/*", "/etc/audit/*.rules", "/usr/share/audit/**", "/usr/lib/audit/**",
			"/etc/audit/plugins.d/*" } },
	{ "logrotate", "its logs grow until the disk is full, or are no longer kept", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/logrotate.d/*", "/usr/lib/logrotate.d/*" } },
	{ "syslog", "its messages are no longer filed as before", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/rsyslog.d/*", "/usr/lib/rsyslog/**.conf", "/etc/syslog-ng/**" } },
	{ "apparmor", "the program is no longer confined by AppArmor", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/apparmor.d/*", "/usr/share/apparmor/*" } },
	{ "selinux", "the program is no longer confined by SELinux", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/usr/share/selinux/packages/**", "/usr/share/selinux/targeted/**" } },
	{ "fail2ban", "attempts to guess passwords are no longer stopped", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/fail2ban/filter.d/*", "/etc/fail2ban/jail.d/*", "/etc/fail2ban/*.conf" } },
	{ "logcheck", "unusual messages in the logs are no longer told apart", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/logcheck/**", "/etc/logwatch/**", "/usr/share/logwatch/**" } },
};

static json_t *collect(const struct pkg *pkg)
{
	json_t *files = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		bool is_empty = at->type == ENTRY_DIR || (at->type == ENTRY_FILE && at->size == 0);
		const struct place_class *class = is_empty ? NULL : place_class_of(classes, COUNT(classes), at->path);
		json_t *item = class ? fact_add(files) : NULL;

		if (item == NULL)
			continue;
		json_set_str(item, "path", at->path);
		json_set_str(item, "class", class->id);
	}
	return json_pack("{s:o}", "files", files);
}

static char *key_of(const json_t *item)
{
	const char *path = fact_path(item), *slash = strrchr(path, '/');

	return mem_printf("%s %s", json_text(item, "class"), slash ? slash + 1 : path);
}

static json_t *keys_of(const json_t *facts)
{
	json_t *keys = json_object(), *item;
	size_t i;

	json_array_foreach(fact_items(facts, "files"), i, item) {
		AUTO_FREE char *key = key_of(item);

		json_object_set_new(keys, key, json_true());
	}
	return keys;
}

/* Is there a file of that class that the old version did not have? Then this one may only have another name. */
static bool has_new(const json_t *facts, const json_t *old, const char *class)
{
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(facts, "files"), i, item) {
		AUTO_FREE char *key = key_of(item);

		if (strcmp(json_text(item, "class"), class) == 0 && json_object_get(old, key) == NULL)
			return true;
	}
	return false;
}

static void compare(struct compare *c)
{
	AUTO_JSON *old = keys_of(c->old), *new = keys_of(c->new);
	json_t *item;
	size_t i;

	if (c->old == NULL)
		return;
	json_array_foreach(fact_items(c->old, "files"), i, item) {
		AUTO_FREE char *key = key_of(item);
		const struct place_class *class = place_class_named(classes, COUNT(classes), json_text(item, "class"));

		if (class == NULL || json_object_get(new, key))
			continue;
		finding_add(c, has_new(c->new, old, class->id) ? SEVERITY_LOW : class->new, fact_path(item), "", "",
			arena_printf(c->arena, "%s is no longer part of the update: %s.", fact_path(item), class->text),
			"Ask the vendor what took its place, or keep the file with the recipe (add).");
	}
	fact_tell_cut(c, "files");
}

const struct check check_audit_removed = {
	.id = "audit-removed",
	.severity = SEVERITY_MEDIUM,
	.waiver = "security-officer",
	.about = "Files that see to it that what happens is recorded, kept and noticed, and that are gone: audit "
		 "rules, logrotate, rsyslog, AppArmor, "
		 "SELinux, fail2ban.",
	.why = "Without these files nothing looks different, until somebody needs to know what happened: logs "
	       "that are not kept, rules that are not loaded, a program that is no longer confined. Keep the "
	       "file with the recipe, or know what took its place. Known false alarm: a file with another name; "
	       "where a new one of the same kind came with it, the finding is low.",
	.collect = collect,
	.compare = compare,
};
