/* capture_sort.c - every path that an installer touched to its place: the package, litter, noise, a file that was there, accounts, units. */
#include "repackager/capture_private.h"
#include <string.h>

/* What every installation leaves behind and no package holds; folders below the first ones are kept: a program needs its own. */
static const struct litter {
	const char *pattern, *why;
	bool keeps_dirs;
} litter[] = {
	{ "/var/log/**", "log", true },
	{ "/var/cache/**", "cache", true },
	{ "/var/tmp/**", "temporary", false },
	{ "/tmp/**", "temporary", false },
	{ "/run/**", "run time state", false },
	{ "/var/run/**", "run time state", false },
	{ "/dev/**", "device", false },
	{ "/proc/**", "process", false },
	{ "/sys/**", "kernel", false },
	{ "/etc/ld.so.cache", "cache", false },
	{ "/etc/machine-id", "machine's identity", false },
	{ "/var/lib/dbus/machine-id", "machine's identity", false },
	{ "/etc/mtab", "run time state", false },
	{ "/etc/resolv.conf", "run time state", false },
	{ "/etc/.pwd.lock", "lock", false },
	{ "/etc/.updated", "run time state", false },
	{ "/var/.updated", "run time state", false },
	{ "/var/lib/dpkg/**", "package manager's books", false },
	{ "/var/lib/apt/**", "package manager's books", false },
	{ "/var/lib/ucf/**", "package manager's books", false },
	{ "/var/lib/pam/**", "package manager's books", false },
	{ "/var/lib/rpm/**", "package manager's books", false },
	{ "/usr/lib/sysimage/rpm/**", "package manager's books", false },
	{ "/var/lib/dnf/**", "package manager's books", false },
	{ "/var/lib/yum/**", "package manager's books", false },
	{ "/var/lib/alternatives/**", "package manager's books", false },
	{ "/var/lib/sluice-scripts/**", "package manager's books", false },
	{ "/var/lib/systemd/deb-systemd-*/**", "systemd's state", false },
	{ "/var/lib/systemd/catalog/**", "cache", false },
	{ "/var/lib/systemd/timers/**", "systemd's state", false },
	{ "/var/lib/systemd/random-seed", "systemd's state", false },
	{ "/usr/lib/udev/hwdb.bin", "cache", false },
	{ "/etc/udev/hwdb.bin", "cache", false },
	{ "/usr/share/mime/mime.cache", "cache", false },
	{ "/usr/share/applications/mimeinfo.cache", "cache", false },
	{ "/usr/share/icons/*/icon-theme.cache", "cache", false },
	{ "/usr/share/glib-2.0/schemas/gschemas.compiled", "cache", false },
	{ "/usr/share/info/dir", "cache", false },
	{ "/root/.*history", "history", false },
	{ "/root/.lesshst", "history", false },
	{ "/root/.wget-hsts", "history", false },
	{ "/root/.viminfo", "history", false },
	{ "/root/.cache", "cache", false },
	{ "/root/.cache/**", "cache", false },
	{ "/home/*/.*history", "history", false },
	{ "/home/*/.cache/**", "cache", false },
};
/* In the books, but somebody's decision: packages, diversions and overrides that the installer made. */
static const char *const acts[] = { "/var/lib/dpkg/status", "/var/lib/dpkg/diversions", "/var/lib/dpkg/statoverride",
	"/var/lib/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite" };
/* Added there, a file belongs to people or to the system, not to a package. */
static const struct {
	const char *pattern, *why;
} peoples[] = {
	{ "/root/**", "added to root's home" },
	{ "/home/**", "added to somebody's home" },
	{ "/var/spool/cron/**", "a user's crontab" },
	{ "/var/mail/**", "mail" },
	{ "/var/spool/mail/**", "mail" },
};

const char *capture_litter(const char *path, bool is_dir)
{
	for (size_t i = 0; i < COUNT(litter); i++)
		if (text_glob(litter[i].pattern, path))
			return is_dir && litter[i].keeps_dirs ? NULL : litter[i].why;
	return NULL;
}

json_t *capture_item(const char *path)
{
	json_t *o = json_object();

	json_set_str(o, "path", path);
	return o;
}

static void note(json_t *list, const char *path, const char *key, const char *why)
{
	json_t *o = capture_item(path);

	if (key)
		json_set_str(o, key, why);
	json_array_append_new(list, o);
}

static bool is_listed(const struct document *recipe, const char *place, const char *path)
{
	json_t *pattern;
	size_t i;

	json_array_foreach(document_at(recipe, place), i, pattern)
		if (text_glob(json_string_value(pattern), path))
			return true;
	return false;
}

static bool is_act(const char *path)
{
	for (size_t i = 0; i < COUNT(acts); i++)
		if (strcmp(acts[i], path) == 0)
			return true;
	return false;
}

static const char *whose(const char *path)
{
	for (size_t i = 0; i < COUNT(peoples); i++)
		if (text_glob(peoples[i].pattern, path))
			return peoples[i].why;
	return NULL;
}

/* Into the package. Times of the run itself say nothing about the vendor's files. */
static int take(struct finds *f, const struct captured *c)
{
	struct taken t = c->taken;

	accounts_name(f, capture_arena(f->capture), &t.entry);
	if (!c->is_old) {
		t.entry.mtime = f->mtime;
		t.entry.mtime_ns = 0;
	}
	*LIST_ADD(&f->take) = t;
	note(f->kept, t.entry.path, NULL, NULL);
	return 0;
}

static int sort_added(struct finds *f, const struct captured *c, struct err *e)
{
	const struct taken *t = &c->taken;
	const char *path = t->entry.path, *who = whose(path);
	bool is_kept = is_listed(f->recipe, "capture/keep", path);

	if (t->is_socket) {
		note(f->litter, path, "why", "socket");
		return 0;
	}
	if (who && !is_kept)
		return edit_decide(f, c, who, e);
	if ((t->entry.type == ENTRY_CHAR || t->entry.type == ENTRY_BLOCK) && !is_kept)
		return edit_decide(f, c, "a device", e);
	if (c->differs && (!is_kept || !t->is_there)) {
		note(f->noise, path, "differs", c->differs);
		return 0;
	}
	return take(f, c);
}

static int sort_one(struct finds *f, const struct captured *c, struct err *e)
{
	const char *path = c->taken.entry.path;
	const char *why = capture_litter(
		path, c->kind != '-' && c->taken.entry.type == ENTRY_DIR && !c->taken.is_socket);
	bool is_unit = false;

	if (is_listed(f->recipe, "capture/drop", path)) {
		note(f->dropped, path, NULL, NULL);
		return 0;
	}
	if (is_act(path))
		return edit_decide(f, c, "the installer used the package manager itself", e);
	if (accounts_own(path) || alternatives_own(f, c))
		return 0; /* told as users, groups, alternatives */
	if (why) {
		note(f->litter, path, "why", why);
		return 0;
	}
	if (units_take(f, c, &is_unit, e))
		return -1;
	if (is_unit)
		return 0;
	if (c->kind == '+')
		return sort_added(f, c, e);
	return edit_decide(f, c, c->kind == '-' ? "removed" : "changed", e);
}

/* The dynamic loader's cache was made anew: so it must be after an installation. */
static void follow_loader(struct finds *f, const struct captured *c)
{
	static const char line[] = "if command -v ldconfig > /dev/null; then ldconfig > /dev/null 2>&1 || :; fi\n";

	if (c->kind != '-' && strcmp(c->taken.entry.path, "/etc/ld.so.cache") == 0)
		text_add(&f->post, "%s", line);
}

int capture_sort(struct finds *f, struct err *e)
{
	size_t len = 0;
	struct captured *paths = capture_paths(f->capture, &len);

	if (accounts_find(f, e) || alternatives_find(f, e))
		return -1;
	for (size_t i = 0; i < len; i++) {
		follow_loader(f, &paths[i]);
		if (sort_one(f, &paths[i], e))
			return -1;
	}
	edits_unused(f);
	return 0;
}
