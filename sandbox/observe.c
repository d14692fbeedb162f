/* observe.c - what a package did to the system: files, users, sockets, processes, units; and what it left behind. */
#include "sandbox/accounts.h"
#include "sandbox/bound.h"
#include "sandbox/services.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { TABLE_MAX = 1 << 20 };

void watch_done(struct watch *w)
{
	changes_done(&w->changes);
	processes_done(&w->processes);
	free(w->passwd);
	free(w->group);
	free(w->shadow);
	json_decref(w->listening);
	*w = (struct watch){ 0 };
}

/* Files that belong to the package managers, the user database and our own preparation: never a package's left-overs. */
static const char *const books[] = { "/var/lib/dpkg/**", "/var/lib/dpkg", "/var/lib/apt/**", "/var/cache/apt/**",
	"/var/cache/debconf/**", "/var/cache/ldconfig/**", "/var/cache/man/**", "/var/lib/rpm/**", "/var/lib/rpm",
	"/usr/lib/sysimage/rpm/**", "/var/log/dpkg.log", "/var/log/apt/**", "/var/log/alternatives.log", "/etc/passwd*",
	"/etc/group*", "/etc/shadow*", "/etc/gshadow*", "/etc/subuid*", "/etc/subgid*", "/etc/.pwd.lock",
	"/var/tmp/rpm-tmp.*", "/etc/ld.so.cache", "/usr/sbin/policy-rc.d", "/var/lib/systemd/deb-systemd-*/**",
	"/var/lib/systemd/deb-systemd-*", "/var/lib/ucf/**", "/var/cache/fontconfig/**", "/run/**", "/var/lib/dnf/**",
	"/var/cache/dnf/**", "/var/log/journal/**", "/var/log/journal", "/var/log/wtmp", "/var/log/btmp",
	"/var/lib/systemd/timers/**", "/var/lib/systemd/random-seed", "/var/log/lastlog", "/var/log/faillog",
	"/var/mail", "/var/spool/mail", "/tmp/systemd-private-*", "/tmp/systemd-private-*/**",
	"/var/tmp/systemd-private-*", "/var/tmp/systemd-private-*/**" };

bool is_books(const char *path)
{
	for (size_t i = 0; i < COUNT(books); i++)
		if (text_glob(books[i], path))
			return true;
	return false;
}

int watch_ports(struct trial *t, json_t **ret, struct err *e)
{
	struct open_ports now = { 0 };
	json_t *list;

	if (sandbox_listening(t->sandbox, &now, e))
		return -1;
	list = json_array();
	for (size_t i = 0; i < now.len; i++) {
		char name[24];

		snprintf(name, sizeof name, "%s/%u", now.at[i].is_udp ? "udp" : "tcp", now.at[i].port);
		json_add_once(list, name);
	}
	LIST_DONE(&now);
	*ret = list;
	return 0;
}

int watch_take(struct trial *t, struct watch *ret, struct err *e)
{
	struct watch w = { 0 };
	size_t len = 0;

	if (sandbox_changes(t->sandbox, &w.changes, e) ||
		sandbox_read(t->sandbox, "/etc/passwd", TABLE_MAX, &w.passwd, &len, e) ||
		sandbox_read(t->sandbox, "/etc/group", TABLE_MAX, &w.group, &len, e) ||
		sandbox_read(t->sandbox, "/etc/shadow", TABLE_MAX, &w.shadow, &len, e) ||
		watch_ports(t, &w.listening, e) || services_processes(t, &w.processes, e)) {
		watch_done(&w);
		return -1;
	}
	*ret = w;
	return 0;
}

static const struct change *find_change(const struct changes *list, const char *path, char kind)
{
	size_t low = 0, high = list->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(list->at[middle].path, path);

		if (order == 0 && list->at[middle].kind == kind)
			return &list->at[middle];
		if (order < 0 || (order == 0 && list->at[middle].kind < kind))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool same_change(const struct change *a, const struct change *b)
{
	return a && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->size == b->size &&
		strcmp(a->sha256, b->sha256) == 0 && strcmp(a->target, b->target) == 0;
}

/* Was it so before the packages came? */
static bool is_old(const struct trial *t, const struct change *c)
{
	return same_change(find_change(&t->before.changes, c->path, c->kind), c);
}

static json_t *change_json(const struct change *c, const struct watch *now)
{
	AUTO_FREE char *owner = trial_name_of(now->passwd, c->uid), *group = trial_name_of(now->group, c->gid);
	json_t *o = json_object();
	char mode[8];

	snprintf(mode, sizeof mode, "%04o", c->mode & 07777);
	json_set_str(o, "path", c->path);
	json_set_str(o, "kind", c->kind == '+' ? "added" : c->kind == '*' ? "changed" : "removed");
	json_set_str(o, "type",
		S_ISREG(c->mode)           ? "file"
			: S_ISDIR(c->mode) ? "dir"
			: S_ISLNK(c->mode) ? "symlink"
					   : "special");
	json_set_str(o, "mode", mode);
	json_object_set_new(o, "uid", json_integer(c->uid));
	json_object_set_new(o, "gid", json_integer(c->gid));
	json_set_str(o, "owner", owner);
	json_set_str(o, "group", group);
	json_set_str(o, "class", c->class);
	json_object_set_new(o, "size", json_integer((json_int_t)c->size));
	json_set_str(o, "sha256", c->sha256);
	json_set_str(o, "target", c->target);
	json_set_str(o, "capabilities", c->capability);
	return o;
}

/* Its path twice: in the short list and in the long one. */
static void list_change(struct trial *t, const struct change *c, const struct watch *now)
{
	AUTO_FREE char *shown = text_printable(c->path, strlen(c->path), false);
	AUTO_FREE char *target = text_printable(c->target, strlen(c->target), false);
	json_t *list = json_object_get(t->changes, c->kind == '+' ? "added" : c->kind == '*' ? "changed" : "removed");
	size_t len = 2 * strlen(shown) + strlen(target);

	if (t->told.entries >= LISTED_MAX || t->told.changes + len > LISTED_BYTES) {
		t->told.unlisted++;
		return;
	}
	t->told.entries++;
	t->told.changes += len;
	json_array_append_new(list, json_string(shown));
	json_array_append_new(t->entries, change_json(c, now));
}

static void tell_unlisted(struct trial *t)
{
	bool is_long = t->told.entries < LISTED_MAX;

	if (t->told.unlisted)
		trial_find(t, is_long ? SEVERITY_HIGH : SEVERITY_INFO, "changes-cut", "changes",
			"%llu more changes are not listed: %s", (unsigned long long)t->told.unlisted,
			is_long ? "their names are longer than any package needs" : "there are too many");
}

/* The user database is no change of a package's, but whoever may read or write it is. */
static void judge_database(struct trial *t, const struct change *c)
{
	static const struct {
		const char *path;
		mode_t closed;
	} tables[] = { { "/etc/passwd", 022 }, { "/etc/group", 022 }, { "/etc/shadow", 0027 },
		{ "/etc/gshadow", 0027 } };

	for (size_t i = 0; i < COUNT(tables); i++)
		if (strcmp(c->path, tables[i].path) == 0 && c->kind != '-' && c->mode & tables[i].closed)
			trial_find(t, SEVERITY_HIGH, "accounts-open", c->path,
				"others may read or write what they must not (mode %04o)", c->mode & 07777);
}

static void list_changes(struct trial *t, const struct watch *w)
{
	const struct changes *now = &w->changes;

	for (size_t i = 0; i < now->len; i++) {
		const struct change *c = &now->at[i];

		if (is_old(t, c))
			continue;
		judge_database(t, c);
		if (is_books(c->path))
			continue;
		list_change(t, c, w);
		if (S_ISREG(c->mode) && c->mode & 06000 && c->kind != '-')
			trial_find(t, SEVERITY_MEDIUM, "setuid-file", c->path,
				"runs with its owner's rights (mode %04o)", c->mode & 07777);
		if (c->capability[0] && c->kind != '-')
			trial_find(
				t, SEVERITY_MEDIUM, "file-capability", c->path, "has capabilities: %s", c->capability);
		if (S_ISREG(c->mode) && c->mode & 02 && c->kind != '-')
			trial_find(t, SEVERITY_MEDIUM, "world-writable", c->path, "anybody may write it (mode %04o)",
				c->mode & 07777);
	}
	tell_unlisted(t);
	/* What the root image itself had before and a script took away is listed too: find_change knows nothing of it. */
	if (now->is_cut)
		trial_find(t, SEVERITY_HIGH, "too-many-changes", "/", "more files changed than can be listed");
}

static void list_users(struct trial *t, const char *before, const char *now)
{
	AUTO_FREE char *copy = mem_strdup(now ? now : ""), *old = mem_printf("\n%s", before ? before : "");

	json_array_clear(t->users_added);
	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		AUTO_FREE char *key = mem_printf("\n%.*s:", (int)(colon - line), line);
		AUTO_FREE char *name = text_printable(line, (size_t)(colon - line), false);
		if (strstr(old, key))
			continue;
		if (json_array_size(t->users_added) >= USERS_LISTED) {
			trial_find(
				t, SEVERITY_HIGH, "users-cut", "users", "more than %d users were added", USERS_LISTED);
			return;
		}
		json_array_append_new(t->users_added, json_string(name));
	}
}

static void list_units(struct trial *t, const struct changes *now)
{
	static const char *const places[] = { "/usr/lib/systemd/system/*", "/lib/systemd/system/*",
		"/etc/systemd/system/*", "/etc/init.d/*" };

	for (size_t i = 0; i < now->len; i++)
		for (size_t p = 0; p < COUNT(places) && json_array_size(t->units) < UNITS_LISTED; p++)
			if (now->at[i].kind == '+' && !is_old(t, &now->at[i]) && S_ISREG(now->at[i].mode) &&
				text_glob(places[p], now->at[i].path)) {
				AUTO_FREE char *name = text_printable(strrchr(now->at[i].path, '/') + 1,
					strlen(strrchr(now->at[i].path, '/') + 1), false);

				json_add_once(t->units, name);
			}
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		if (strcmp(json_string_value(one), text) == 0)
			return true;
	return false;
}

/* Ports that listen now and did not before. */
static void list_listening(struct trial *t, const json_t *now)
{
	size_t i;
	json_t *one;

	json_array_clear(t->listening);
	json_array_foreach(now, i, one)
		if (!has_text(t->before.listening, json_string_value(one)))
			json_array_append(t->listening, one);
}

/* Services have had their moment to open them. */
static int list_listening_now(struct trial *t, struct err *e)
{
	AUTO_JSON *ports = NULL;

	if (watch_ports(t, &ports, e))
		return -1;
	list_listening(t, ports);
	return bound_observe(t, e);
}

static int read_installed(struct trial *t, const struct watch *now, struct err *e)
{
	return list_listening_now(t, e) || logs_read(t, &now->changes, e) ? -1 : 0;
}

/* What takes time comes first: the rest is judged when those that die of their beginning have had the time to. */
int observe_installed(struct trial *t, struct err *e)
{
	AUTO(watch) now = { 0 };
	bool is_other = false;

	if (services_watch(t, &now, e) || read_installed(t, &now, e) || services_watch_late(t, &now, &is_other, e) ||
		(is_other && read_installed(t, &now, e)))
		return -1;
	list_changes(t, &now);
	accounts_observe(t, &now);
	list_users(t, t->before.passwd, now.passwd);
	list_units(t, &now.changes);
	return accounts_services(t, &now.changes, e) ? -1 : services_installed(t, &now.changes, e);
}

/* ---- left over */
static bool was_running(const struct trial *t, const struct process *p)
{
	for (size_t i = 0; i < t->before.processes.len; i++)
		if (t->before.processes.at[i].pid == p->pid)
			return true;
	return false;
}

static void processes_left(struct trial *t, const struct processes *now)
{
	json_array_clear(t->processes_left);
	for (size_t i = 0; i < now->len; i++) {
		const struct process *p = &now->at[i];
		json_t *o;

		if (was_running(t, p))
			continue;
		AUTO_FREE char *name = text_printable(p->name, strlen(p->name), false);
		AUTO_FREE char *command = text_printable(p->command, strlen(p->command), false);
		o = json_object();
		json_set_str(o, "name", name);
		json_set_str(o, "command", command);
		json_object_set_new(o, "uid", json_integer(p->uid));
		json_array_append_new(t->processes_left, o);
		trial_find(t, SEVERITY_HIGH, "process-left", name, "still runs after the removal: %s", command);
	}
}

static void ports_left(struct trial *t)
{
	size_t i;
	json_t *one;

	json_array_foreach(t->listening, i, one)
		trial_find(t, SEVERITY_HIGH, "port-left", json_string_value(one), "still listens after the removal");
}

static const struct change *any_change(const struct changes *list, const char *path)
{
	const struct change *c = find_change(list, path, '+');

	c = c ? c : find_change(list, path, '*');
	return c ? c : find_change(list, path, '-');
}

bool watch_knows(const struct watch *w, const char *path)
{
	return any_change(&w->changes, path) != NULL;
}

static bool is_temporary(const char *path)
{
	return text_glob("/tmp/**", path) || text_glob("/var/tmp/**", path);
}

/* "nsd-xfr-188": what a daemon that was stopped in the middle of its work had open. A log has the same name each time. */
static bool has_passing_name(const char *path)
{
	const char *name = strstr(path, "tmp/") + strlen("tmp/");

	return strpbrk(name, "0123456789") != NULL;
}

/* What stays after a removal, by place; the first that fits. An rpm has no purge: what its programs wrote stays by custom. */
static enum severity weight_left(const struct trial *t, const struct change *c, bool purged)
{
	static const struct {
		const char *place;
		enum severity purged, rpm;
	} places[] = {
		{ "/var/log/**", SEVERITY_MEDIUM, SEVERITY_INFO },
		{ "/var/www/**", SEVERITY_LOW, SEVERITY_LOW }, /* content for people */
		{ "/srv/**", SEVERITY_LOW, SEVERITY_LOW },
		{ "/home/**", SEVERITY_MEDIUM, SEVERITY_MEDIUM },
		{ "/var/backups/**", SEVERITY_MEDIUM, SEVERITY_MEDIUM }, /* what a removal puts there is for people */
		{ "/var/cache/**", SEVERITY_MEDIUM, SEVERITY_MEDIUM },
		{ "/var/**", SEVERITY_HIGH, SEVERITY_MEDIUM },
		{ "**.rpmsave", SEVERITY_INFO, SEVERITY_INFO },
		/* the system's, whichever mail program made them (Debian Policy 11.6) */
		{ "/etc/aliases", SEVERITY_MEDIUM, SEVERITY_MEDIUM },
		{ "/etc/aliases.db", SEVERITY_MEDIUM, SEVERITY_MEDIUM },
		{ "/etc/mailname", SEVERITY_MEDIUM, SEVERITY_MEDIUM },
	};
	AUTO_FREE char *folder = mem_printf("%.*s", (int)(strrchr(c->path, '/') - c->path), c->path);

	if (S_ISDIR(c->mode))
		return SEVERITY_INFO;
	/* Data that somebody may still want: the package left it to an administrator, and nobody said "remove". */
	if (t->asks_purge && text_glob("/var/lib/**", c->path))
		return SEVERITY_MEDIUM;
	if (!purged)
		return SEVERITY_MEDIUM;
	if (is_temporary(c->path)) /* nobody's folders: no other package ever clears them */
		return c->uid && has_passing_name(c->path) ? SEVERITY_MEDIUM : SEVERITY_HIGH;
	if (watch_knows(&t->before, folder)) /* its folder is another package's, which may clear it */
		return SEVERITY_MEDIUM;
	for (size_t i = 0; i < COUNT(places); i++)
		if (text_glob(places[i].place, c->path))
			return t->manager->purge ? places[i].purged : places[i].rpm;
	return SEVERITY_HIGH;
}

/* Files that distributions' own helpers write for all packages (shells, menus of info, trusted certificates, ...): they come back in another
 * order, with a new comment, or with an entry switched off. */
static bool is_shared(const char *path)
{
	static const char *const shared[] = { "/var/**", "/etc/shells", "/etc/inetd.conf", "/etc/mailcap",
		"/etc/aliases", "/etc/mailname", "/etc/xml/**", "/etc/sgml/**", "/etc/ca-certificates.conf",
		"/etc/ssl/certs/**", "/etc/pam.d/common-*", "/etc/nsswitch.conf", "/etc/resolv.conf",
		"/etc/init.d/.depend.*", "/etc/perl/XML/SAX/**", "/etc/machine-id", "/etc/.updated",
		"/usr/share/info/dir", "/usr/share/mime/**", "/usr/share/applications/mimeinfo.cache",
		"/usr/share/fonts/**", "/usr/lib/**.cache", "/usr/lib/modules/**", "/lib/modules/**", "/boot/**" };

	for (size_t i = 0; i < COUNT(shared); i++)
		if (text_glob(shared[i], path))
			return !text_glob("/var/spool/cron/**", path);
	return false;
}

/* Did somebody write into a text that was there before the packages came? A line in another's configuration outlives the one who wants it. */
static bool is_written_over(const struct trial *t, const struct change *c)
{
	const struct change *was = find_change(&t->before.changes, c->path, '+');
	bool is_text = strcmp(c->class, "data") != 0 && strcmp(c->class, "elf") != 0 &&
		strcmp(c->class, "archive") != 0;

	was = was ? was : find_change(&t->before.changes, c->path, '*');
	return S_ISREG(c->mode) && is_text && (was ? strcmp(was->sha256, c->sha256) != 0 : c->is_rewritten) &&
		!is_shared(c->path);
}

/* Something that was there before and is not as it was. A folder: package managers take empty ones away that a package had too. */
static enum severity weight_changed(const struct trial *t, const struct change *c, bool purged)
{
	if (S_ISDIR(c->mode))
		return SEVERITY_INFO;
	return c->kind == '-' || (purged && is_written_over(t, c)) ? SEVERITY_HIGH : SEVERITY_MEDIUM;
}

/* Before a purge, configuration, state and logs may stay. */
static bool may_stay(const struct trial *t, const struct change *c, bool purged)
{
	static const char *const until_purge[] = { "/etc/**", "/var/**", "/srv/**" };

	if (is_old(t, c) || is_books(c->path) || expectations_leave(t->expect, c->path))
		return true;
	for (size_t i = 0; !purged && i < COUNT(until_purge); i++)
		if (text_glob(until_purge[i], c->path))
			return true;
	return false;
}

static void file_left(struct trial *t, const struct change *c, bool purged)
{
	bool is_new = c->kind == '+' && !watch_knows(&t->before, c->path);

	if (may_stay(t, c, purged) || json_object_get(t->owned, c->path))
		return;
	if (is_new)
		trial_find(t, weight_left(t, c, purged), "file-left", c->path, "left behind");
	else if (c->kind == '-')
		trial_find(t, weight_changed(t, c, purged), "file-missing", c->path, "the package took it away");
	else
		trial_find(t, weight_changed(t, c, purged), "file-altered", c->path, "it is not as it was before");
}

static void files_left(struct trial *t, const struct changes *now, bool purged)
{
	for (size_t i = 0; i < now->len; i++)
		file_left(t, &now->at[i], purged);
	for (size_t i = 0; i < t->before.changes.len; i++) {
		const struct change *was = &t->before.changes.at[i];

		if (!is_books(was->path) && !any_change(now, was->path))
			trial_find(t, S_ISDIR(was->mode) ? SEVERITY_INFO : SEVERITY_MEDIUM, "file-missing", was->path,
				"it is gone");
	}
}

/* Dependencies that came along stay, and so do their files. Asked only where that decides something: it is a long list. */
static int list_owned(struct trial *t, const struct changes *now, bool purged, struct err *e)
{
	AUTO_FREE char *files = NULL;
	bool is_needed = t->needs_apt || json_array_size(t->processes_left);

	for (size_t i = 0; i < now->len && !is_needed; i++)
		is_needed = !may_stay(t, &now->at[i], purged);
	if (!t->test->with_len || !is_needed)
		return 0;
	if (trial_ask(t, t->manager->owned, &files, e))
		return -1;
	json_decref(t->owned);
	t->owned = trial_paths(files);
	return 0;
}

/* A process that was left may be a service of a package that stays. */
static int others_services(struct trial *t, struct err *e)
{
	bool others = false;

	if (!json_array_size(t->processes_left))
		return 0;
	if (services_of_others(t, &others, e))
		return -1;
	if (others)
		trial_find(t, SEVERITY_INFO, CHECK_OTHERS_SERVICE, "processes",
			"another package's service was asked to start, and may run by right; only a booted root tells "
			"whose "
			"a process is");
	return 0;
}

int observe_left(struct trial *t, bool purged, struct err *e)
{
	AUTO(watch) now = { 0 };

	if (services_removed(t, e) || watch_take(t, &now, e))
		return -1;
	list_listening(t, now.listening);
	list_users(t, t->before.passwd, now.passwd);
	processes_left(t, &now.processes);
	if (list_owned(t, &now.changes, purged, e) || others_services(t, e))
		return -1;
	ports_left(t);
	files_left(t, &now.changes, purged);
	if (purged)
		accounts_left(t, &now);
	return (purged && package_tables_left(t, e)) || logs_read(t, &now.changes, e) ? -1 : 0;
}
