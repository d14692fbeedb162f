/* package_tables.c - dpkg's own tables of what an administrator or a script decided about files: overrides of owner and mode, diversions.
 *
 * Both outlive the package that a script made them for, and nobody sees them in the tree: a later package's file gets another's owner, or
 * goes to another place. */
#include "sandbox/package_tables.h"
#include "base/text.h"
#include "sandbox/trial.h"
#include <stdlib.h>
#include <string.h>

enum { TABLE_MAX = 4 << 20 };
static const char overrides_path[] = "/var/lib/dpkg/statoverride", diversions_path[] = "/var/lib/dpkg/diversions";

void package_tables_done(struct package_tables *p)
{
	free(p->overrides);
	free(p->diversions);
	*p = (struct package_tables){ 0 };
}

int package_tables_take(struct trial *t, struct package_tables *ret, struct err *e)
{
	struct package_tables p = { 0 };
	size_t len = 0;

	if (sandbox_read(t->sandbox, overrides_path, TABLE_MAX, &p.overrides, &len, e) ||
		sandbox_read(t->sandbox, diversions_path, TABLE_MAX, &p.diversions, &len, e)) {
		package_tables_done(&p);
		return -1;
	}
	*ret = p;
	return 0;
}

/* Behind that many lines. */
static const char *entry_end(const char *at, unsigned lines)
{
	for (unsigned i = 0; i < lines && *at; i++) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return at;
}

/* Whole lines of the table, `lines` of them at once. */
static bool has_entry(const char *table, const char *entry, size_t len, unsigned lines)
{
	for (const char *at = table; at && *at;) {
		const char *end = entry_end(at, lines);

		if ((size_t)(end - at) == len && memcmp(at, entry, len) == 0)
			return true;
		at = end;
	}
	return false;
}

/* What came along with the packages and stays may keep what it decided about its own files. */
static bool is_others(const struct trial *t, const char *path)
{
	return t->needs_apt && json_object_get(t->owned, path);
}

static bool is_wanted(const struct trial *t, const char *path)
{
	return is_others(t, path) || expectations_leave(t->expect, path);
}

/* "root ssl-cert 2755 /path" */
static void override_left(struct trial *t, char *entry)
{
	const char *path = strchr(entry, '/');

	if (path && !is_wanted(t, path))
		trial_find(t, SEVERITY_HIGH, "statoverride-left", path,
			"an override of owner and mode stays after the purge: %s (dpkg-statoverride --remove)", entry);
}

/* Three lines: from, to, and whose it is. */
static void diversion_left(struct trial *t, char *entry)
{
	char *rest = entry, *from = strsep(&rest, "\n"), *to = rest ? strsep(&rest, "\n") : NULL;

	if (to && !is_wanted(t, from))
		trial_find(t, SEVERITY_HIGH, "diversion-left", from,
			"the diversion to %s stays after the purge (dpkg-divert --remove)", to);
}

static void each_new(
	struct trial *t, const char *before, const char *now, unsigned lines, void (*fn)(struct trial *t, char *entry))
{
	for (const char *at = now ? now : ""; *at;) {
		const char *end = entry_end(at, lines);

		if (!has_entry(before, at, (size_t)(end - at), lines)) {
			AUTO_FREE char *entry = mem_printf("%.*s", (int)(end - at), at);

			if (*entry && entry[strlen(entry) - 1] == '\n')
				entry[strlen(entry) - 1] = '\0';
			fn(t, entry);
		}
		at = end;
	}
}

int package_tables_left(struct trial *t, struct err *e)
{
	AUTO(package_tables) now = { 0 };

	if (package_tables_take(t, &now, e))
		return -1;
	each_new(t, t->tables.overrides, now.overrides, 1, override_left);
	each_new(t, t->tables.diversions, now.diversions, 3, diversion_left);
	return 0;
}
