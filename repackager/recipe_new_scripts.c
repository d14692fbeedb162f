/* recipe_new_scripts.c - the first recipe's users, services, scripts and losses. */
#include "formats/writer.h"
#include "repackager/build.h"
#include "repackager/owners.h"
#include "repackager/recipe_new_private.h"
#include <string.h>

enum { LOSSES_MAX = 40 };

/* ---- users */

/* Those that Debian's base-passwd or EL's setup bring. */
static const char *const everywhere[] = { "root", "daemon", "bin", "sys", "adm", "tty", "disk", "lp", "mail", "news",
	"uucp", "man", "proxy", "kmem", "dialout", "fax", "voice", "cdrom", "floppy", "tape", "sudo", "audio", "dip",
	"www-data", "backup", "operator", "list", "irc", "src", "gnats", "shadow", "utmp", "video", "sasl", "plugdev",
	"staff", "games", "users", "nogroup", "nobody", "sync", "wheel", "mem", "lock", "ftp", "shutdown", "halt",
	"utempter", "input", "kvm", "render", "sgx", "crontab", "messagebus" };

static bool is_everywhere(const char *name)
{
	for (size_t i = 0; i < COUNT(everywhere); i++)
		if (strcmp(everywhere[i], name) == 0)
			return true;
	return text_starts(name, "systemd-");
}

static bool is_name(const char *name)
{
	return name[0] &&
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == strlen(name) &&
		!strchr("0123456789.-", name[0]);
}

static bool is_made(const struct draft *d, const char *name)
{
	for (size_t i = 0; i < d->pkg.scripts.len; i++)
		if (script_makes_user(d->pkg.scripts.at[i].body, name))
			return true;
	return false;
}

void draft_users(struct draft *d)
{
	struct pathmap seen = { 0 };
	size_t len = 0;

	for (size_t i = 0; i < d->pkg.entries.len && d->pkg.has_metadata; i++)
		for (int k = 0; k < 2; k++) {
			const char *name = k ? d->pkg.entries.at[i].group : d->pkg.entries.at[i].owner;
			if (!is_name(name) || is_everywhere(name) || !pathmap_put(&seen, name, 0))
				continue;
			if (len++ == 0)
				text_add(&d->out, "\n# users that files belong to, and who makes them\n# users:\n");
			text_add(&d->out, "#   - {name: %s, system: true, home: /var/lib/%s}   # %s\n", name, name,
				is_made(d, name) ? "one of the vendor's scripts makes it"
						 : "no script of the vendor's makes it: let this line do it, unless a "
						   "sysusers.d file or another package does");
		}
	pathmap_done(&seen);
}

/* ---- services */

static bool scripts_name(const struct draft *d, const char *word)
{
	for (size_t i = 0; i < d->pkg.scripts.len; i++)
		if (strstr(d->pkg.scripts.at[i].body, word))
			return true;
	return false;
}

static const char *unit_name(struct draft *d, const char *path, bool *ret_in_place)
{
	static const char *const folders[] = { "/lib/systemd/system/", "/usr/lib/systemd/system/",
		"/etc/systemd/system/" };
	const char *name = strrchr(path, '/') + 1;

	*ret_in_place = false;
	if (!text_ends(path, ".service") || strchr(name, '@') ||
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.-") != strlen(name) ||
		strchr(":_.-", name[0]))
		return NULL;
	for (size_t i = 0; i < COUNT(folders); i++)
		*ret_in_place |= text_starts(path, folders[i]) && path + strlen(folders[i]) == name;
	return arena_copy(&d->arena, name, strlen(name) - strlen(".service"));
}

void draft_services(struct draft *d)
{
	size_t len = 0;

	for (size_t i = 0; i < d->pkg.entries.len; i++) {
		const struct entry *entry = &d->pkg.entries.at[i];
		const char *path = d->final.at[i];
		bool is_in_place;
		const char *name = path && entry->type == ENTRY_FILE ? unit_name(d, path, &is_in_place) : NULL;
		if (!name)
			continue;
		if (len++ == 0)
			text_add(&d->out, "\n# services: enabled and started as the target's packages do\n");
		if (!is_in_place)
			text_add(&d->out,
				"# services: [%s]   # with, under files: {move: %s, to: "
				"/lib/systemd/system/%s.service}\n",
				name, draft_plain(d, path), name);
		else
			text_add(&d->out, "# services: [%s]   # %s\n", name,
				scripts_name(d, name) ? "the vendor's own scripts name it: they may do it already"
						      : "no script of the vendor's does it");
	}
}

/* ---- scripts */

static const struct {
	const char *word, *does;
} doings[] = {
	{ "useradd", "makes users" },
	{ "adduser", "makes users" },
	{ "groupadd", "makes groups" },
	{ "addgroup", "makes groups" },
	{ "userdel", "deletes users" },
	{ "deluser", "deletes users" },
	{ "systemctl", "works on services" },
	{ "deb-systemd-", "works on services" },
	{ "systemd-update-helper", "works on services" },
	{ "invoke-rc.d", "works on services" },
	{ "update-rc.d", "works on services" },
	{ "chkconfig", "works on services" },
	{ "/sbin/service", "works on services" },
	{ "ldconfig", "refreshes the linker's cache" },
	{ "update-alternatives", "sets alternatives" },
	{ "/alternatives", "sets alternatives" },
	{ "dpkg-divert", "diverts files of other packages" },
	{ "db_get", "asks questions (debconf)" },
	{ "db_input", "asks questions (debconf)" },
	{ "chown", "changes owners" },
	{ "chmod", "changes modes" },
	{ "setcap", "gives capabilities" },
	{ "semanage", "changes SELinux" },
	{ "restorecon", "changes SELinux" },
	{ "rm -rf", "removes trees" },
	{ "curl", "FETCHES from the network" },
	{ "wget", "FETCHES from the network" },
	{ "sources.list", "CHANGES package sources" },
	{ "yum.repos.d", "CHANGES package sources" },
	{ "apt-key", "CHANGES package sources" },
	{ "rpm --import", "CHANGES package sources" },
	{ "crontab", "changes cron jobs" },
	{ "sysctl", "changes kernel settings" },
	{ "modprobe", "loads modules" },
	{ "dkms", "builds modules" },
	{ "update-desktop-database", "refreshes desktop caches" },
	{ "gtk-update-icon-cache", "refreshes desktop caches" },
	{ "py3compile", "compiles Python" },
	{ "rm_conffile", "removes old configuration" },
	{ "ln -s", "makes links" },
	{ "mkdir", "makes folders" },
};

static const char *what_it_does(struct draft *d, const struct script *s)
{
	AUTO(text) all = { 0 };

	for (size_t i = 0; i < COUNT(doings); i++)
		if (strstr(s->body, doings[i].word) && (!all.at || !strstr(all.at, doings[i].does)))
			text_add(&all, "%s%s", all.len ? ", " : "", doings[i].does);
	if (s->len == 0)
		return s->interpreter[0] ? "only runs its interpreter" : "is empty";
	return all.len ? arena_str(&d->arena, all.at) : "does nothing that is known by name: read it";
}

static const char *why_drop(const struct script *s)
{
	if (s->event == EVENT_VERIFY)
		return "only rpm -V calls it";
	if (strstr(s->body, "sources.list") || strstr(s->body, "yum.repos.d") || strstr(s->body, "apt-key"))
		return "it changes package sources, which are the organisation's";
	return NULL;
}

void draft_scripts(struct draft *d)
{
	if (d->pkg.scripts.len == 0)
		return;
	text_add(&d->out, "\n# scripts of the vendor's\n");
	for (size_t i = 0; i < d->pkg.scripts.len; i++) {
		const struct script *s = &d->pkg.scripts.at[i];
		text_add(&d->out, "#   %s%s%s (%s, %zu bytes): %s\n", draft_plain(d, s->source),
			s->trigger[0] ? " on " : "", draft_plain(d, s->trigger),
			s->interpreter[0] ? draft_plain(d, s->interpreter) : "no interpreter", s->len,
			what_it_does(d, s));
	}
	text_add(&d->out,
		"# scripts:\n#   before: {pre-install: scripts/before.sh}\n#   after: {post-install: "
		"scripts/after.sh}\n");
	for (size_t i = 0; i < d->pkg.scripts.len; i++) {
		const char *why = why_drop(&d->pkg.scripts.at[i]);
		if (why)
			text_add(&d->out, "#   drop: [%s]   # %s: %s\n", event_kind_name(d->pkg.scripts.at[i].event),
				draft_plain(d, d->pkg.scripts.at[i].source), why);
	}
}

/* ---- losses */

static int load(struct draft *d, struct document *ret, struct err *e)
{
	struct document recipe = { .path = mem_strdup("the new recipe"), .dir = mem_strdup(".") };

	recipe.text = mem_strdup(d->out.at);
	recipe.len = d->out.len;
	if (yaml_parse(recipe.text, recipe.len, recipe.path, &recipe_schema, &recipe.json, e)) {
		document_done(&recipe);
		return -1;
	}
	*ret = recipe;
	return 0;
}

static void put_losses(struct draft *d, const struct target *target, const struct pkg *to, size_t *len)
{
	for (size_t i = 0; i < to->lost.len && *len < LOSSES_MAX; i++) {
		const struct loss *l = &to->lost.at[i];
		if (l->class != LOSS_BEHAVIOUR)
			continue;
		if ((*len)++ == 0)
			text_add(&d->out,
				"\n# what will not act on a target, unless it is accepted or done in another way\n"
				"# accept-losses:\n");
		text_add(&d->out, "#   - %s   # %s: %s\n", draft_quote(d, l->what), target->name,
			draft_plain(d, l->why));
	}
}

static int losses_of(struct draft *d, const struct document *recipe, const char *format, size_t *len, struct err *e)
{
	struct document house = { 0 };
	struct settings none = { 0 };
	struct identity_job who = { recipe, &house, &none, d->file_name };
	struct identity id;
	struct target target;
	struct err why = { 0 };
	AUTO(pkg) to;

	pkg_init(&to, 0);
	if (identity_of(&who, &d->pkg, &d->arena, &id, e) || target_resolve(format, &house, &d->arena, &target, e))
		return -1;
	struct build_job job = {
		.recipe = recipe, .house = &house, .identity = &id, .target = &target, .meta = &d->pkg, .epoch = -1
	};
	if (package_build(&job, &to, &why) || (target.writer->check && target.writer->check(&to, &why)))
		text_add(&d->out, "# as %s it cannot be written: %s\n", format, draft_plain(d, why.text));
	else
		put_losses(d, &target, &to, len);
	return 0;
}

int draft_losses(struct draft *d, struct err *e)
{
	struct document recipe = { 0 };
	size_t len = 0;

	text_add(&d->out, "\n");
	if (load(d, &recipe, e))
		return -1;
	int failed = 0;
	for (const struct writer *const *w = writers; *w && !failed; w++)
		failed = losses_of(d, &recipe, (*w)->name, &len, e);
	document_done(&recipe);
	return failed;
}
