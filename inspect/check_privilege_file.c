/* check_privilege_file.c - files that give rights or start things by lying in a certain place: cron, sudoers, PAM, polkit and the like. */
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/places.h"
#include <string.h>

static const struct place_class classes[] = {
	{ "sudoers", "decides who may act as the administrator", SEVERITY_MEDIUM, SEVERITY_MEDIUM,
		{ "/etc/sudoers", "/etc/sudoers.d/*", "/etc/doas.conf" } },
	{ "pam", "decides how people log in", SEVERITY_MEDIUM, SEVERITY_MEDIUM,
		{ "/etc/pam.d/*", "/etc/pam.conf", "/usr/share/pam-configs/*", "/usr/lib/pam.d/*",
			"/etc/security/**" } },
	{ "polkit", "decides who may do administrators' work", SEVERITY_MEDIUM, SEVERITY_MEDIUM,
		{ "/etc/polkit-1/**", "/usr/share/polkit-1/**", "/var/lib/polkit-1/**" } },
	{ "cron", "runs programs by itself at set times", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/cron*/*", "/etc/crontab", "/etc/anacrontab", "/var/spool/cron/**" } },
	{ "loader", "decides which libraries every program loads", SEVERITY_MEDIUM, SEVERITY_MEDIUM,
		{ "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d/*" } },
	{ "modules", "loads parts of the kernel at start", SEVERITY_MEDIUM, SEVERITY_INFO,
		{ "/etc/modules", "/etc/modules-load.d/*", "/usr/lib/modules-load.d/*", "/etc/modprobe.d/*",
			"/usr/lib/modprobe.d/*" } },
	{ "profile", "runs in everybody's shell at log-in", SEVERITY_LOW, SEVERITY_INFO,
		{ "/etc/profile.d/*", "/etc/profile", "/etc/bash.bashrc", "/etc/environment",
			"/etc/environment.d/*" } },
	{ "dbus", "decides who may talk to which service", SEVERITY_LOW, SEVERITY_LOW,
		{ "/etc/dbus-1/**", "/usr/share/dbus-1/system.d/*", "/usr/share/dbus-1/system-services/*" } },
	{ "udev", "runs programs when a device appears", SEVERITY_LOW, SEVERITY_INFO,
		{ "/etc/udev/rules.d/*", "/usr/lib/udev/rules.d/*" } },
	{ "sysusers", "makes users and groups", SEVERITY_LOW, SEVERITY_INFO,
		{ "/etc/sysusers.d/*", "/usr/lib/sysusers.d/*" } },
	{ "tmpfiles", "makes and removes files at every start", SEVERITY_LOW, SEVERITY_INFO,
		{ "/etc/tmpfiles.d/*", "/usr/lib/tmpfiles.d/*" } },
	{ "apparmor", "decides what a confined program may do", SEVERITY_LOW, SEVERITY_INFO, { "/etc/apparmor.d/**" } },
};

static bool digests(const struct entry *entry)
{
	return place_class_of(classes, COUNT(classes), entry->path) != NULL;
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *files = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		const struct place_class *class;
		json_t *item;

		if (at->type == ENTRY_DIR || (class = place_class_of(classes, COUNT(classes), at->path)) == NULL ||
			(item = fact_add(files)) == NULL)
			continue;
		json_set_str(item, "path", at->path);
		json_set_str(item, "class", class->id);
		json_set_str(item, "content", at->type == ENTRY_FILE ? at->sha256 : at->target);
	}
	return json_pack("{s:o}", "files", files);
}

static void tell(
	struct compare *c, const struct place_class *class, const char *path, const json_t *old, const json_t *new)
{
	finding_add(c, old ? class->changed : class->new, path, json_text(old, "content"), json_text(new, "content"),
		arena_printf(c->arena, old ? "What %s says has changed. Such a file %s." : "%s is new. Such a file %s.",
			path, class->text),
		"Read the file (sluice inspect shows it) and let the change through only when somebody can say what it "
		"is for.");
}

static void compare(struct compare *c)
{
	AUTO_JSON *index = fact_index(fact_items(c->old, "files"));
	json_t *item;
	size_t i;

	if (c->old == NULL)
		return;
	json_array_foreach(fact_items(c->new, "files"), i, item) {
		const char *path = fact_path(item);
		const json_t *before = fact_find(index, path);
		const struct place_class *class = place_class_named(classes, COUNT(classes), json_text(item, "class"));

		if (class == NULL || (before && class->changed == SEVERITY_INFO) ||
			(before && strcmp(json_text(before, "content"), json_text(item, "content")) == 0))
			continue;
		tell(c, class, path, before, item);
	}
	fact_tell_cut(c, "files");
}

const struct check check_privilege_file = {
	.id = "privilege-file",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Files that give rights or start programs by lying in a certain place: sudoers, PAM, polkit, cron, "
		 "D-Bus, udev, loader "
		 "configuration and the like; new ones, and for those that decide on rights changed ones too.",
	.why = "Some folders are read by the system as orders: what lies in sudoers.d may become root, what "
	       "lies in cron.d runs tonight. A version that brings a new one asks for more than before. "
	       "Known false alarm: a file that moved from /etc to /usr/lib, or was split in two, is told as "
	       "new.",
	.collect = collect,
	.digests = digests,
	.compare = compare,
};
