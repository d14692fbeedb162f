/* capture_system.c - what an installer told the system: units it enabled, alternatives it added. The package tells it the same way. */
#include "repackager/capture_private.h"
#include <string.h>

/* ---- units */

static const char *const wants[] = { "/etc/systemd/system/*.wants/*", "/etc/systemd/system/*.requires/*",
	"/etc/systemd/system/*.upholds/*" };

static const char *unit_of_link(const struct captured *c)
{
	const char *slash = strrchr(c->taken.entry.path, '/');

	if (c->kind != '+' || c->taken.entry.type != ENTRY_SYMLINK)
		return NULL;
	for (size_t i = 0; i < COUNT(wants); i++)
		if (text_glob(wants[i], c->taken.entry.path))
			return slash + 1;
	return NULL;
}

/* S20acme of /etc/rc2.d is the init script acme. */
static const char *service_of_link(const struct captured *c)
{
	const char *path = c->taken.entry.path, *slash = strrchr(path, '/');

	if (c->kind != '+' || c->taken.entry.type != ENTRY_SYMLINK ||
		!(text_glob("/etc/rc[0-6S].d/[SK][0-9][0-9]*", path) ||
			text_glob("/etc/rc.d/rc[0-6S].d/[SK][0-9][0-9]*", path)))
		return NULL;
	return slash + 4;
}

/* The unit's own file, wherever units lie; *ret NULL: there is none that can be read. */
static int unit_text(struct finds *f, const char *unit, const char *target, char **ret, struct err *e)
{
	static const char *const folders[] = { "/etc/systemd/system", "/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system", "/lib/systemd/system" };
	const char *at = strchr(unit, '@');
	size_t len = 0;

	*ret = NULL;
	if (target[0] == '/' && capture_after(f->capture, target, ret, &len, e))
		return -1;
	for (size_t i = 0; i < COUNT(folders) && !*ret; i++) {
		AUTO_FREE char *path = mem_printf("%s/%.*s%s", folders[i],
			at ? (int)(at - unit) + 1 : (int)strlen(unit), unit,
			at ? strrchr(unit, '.') ? strrchr(unit, '.') : "" : "");

		if (capture_after(f->capture, path, ret, &len, e))
			return -1;
	}
	return 0;
}

static bool is_unit_name(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.@-") == strlen(name) &&
		name[0] && name[0] != '.' && name[0] != '-' && name[0] != '@' && name[0] != ':' && name[0] != '_';
}

static void add_service(struct finds *f, const char *unit, const char *path)
{
	json_t *o = json_object();

	json_set_str(o, "unit", unit);
	json_set_str(o, "link", path);
	json_array_append_new(f->units, o);
	/* the recipe says it in either form */
	AUTO_FREE char *bare = text_ends(unit, ".service") ? mem_printf("%.*s", (int)strlen(unit) - 8, unit) : NULL;
	json_t *own = document_at(f->recipe, "services");
	if (!json_lists(f->services, unit) && !json_lists(own, unit) && !(bare && json_lists(own, bare)))
		json_array_append_new(f->services, json_string(unit));
}

/* A link that only a hand made (the unit has no [Install]) stays a link of the package. */
int units_take(struct finds *f, const struct captured *c, bool *ret, struct err *e)
{
	const char *unit = unit_of_link(c), *service = service_of_link(c), *path = c->taken.entry.path;
	AUTO_FREE char *text = NULL;

	*ret = false;
	if (service && is_unit_name(service)) {
		AUTO_FREE char *script = mem_printf("/etc/init.d/%s", service);
		size_t len = 0;

		if (capture_after(f->capture, script, &text, &len, e))
			return -1;
		*ret = text != NULL;
		if (text && text_glob("/etc/**/S*", path))
			add_service(f, service, path);
		return 0;
	}
	if (!unit || !is_unit_name(unit))
		return 0;
	if (unit_text(f, unit, c->taken.entry.target, &text, e))
		return -1;
	*ret = text && strstr(text, "[Install]");
	if (*ret)
		add_service(f, unit, path);
	return 0;
}

/* ---- alternatives: update-alternatives(1)'s own file of a name, of dpkg's or of chkconfig's program */

static const char *const books[] = { "/var/lib/dpkg/alternatives/*", "/var/lib/alternatives/*" };

struct choice {
	struct slice path, priority;
	LIST(struct slice) slaves; /* a path each, "" for none */
};
struct alternative {
	bool is_manual;
	struct slice link;
	LIST(struct slice) names, links; /* of slaves */
	LIST(struct choice) choices;
};

static void alternative_done(struct alternative *a)
{
	for (size_t i = 0; i < a->choices.len; i++)
		LIST_DONE(&a->choices.at[i].slaves);
	LIST_DONE(&a->choices);
	LIST_DONE(&a->names);
	LIST_DONE(&a->links);
}

/* status, link, (slave, its link)..., "", (path, priority, a path a slave)..., "" */
static bool alternative_read(const char *text, struct alternative *a)
{
	struct slice rest = slice_of(text), line;

	if (!slice_cut(&rest, '\n', &line))
		return false;
	a->is_manual = slice_is(line, "manual");
	if (!slice_cut(&rest, '\n', &a->link) || a->link.len == 0)
		return false;
	while (slice_cut(&rest, '\n', &line) && line.len) {
		*LIST_ADD(&a->names) = line;
		if (!slice_cut(&rest, '\n', &line))
			return false;
		*LIST_ADD(&a->links) = line;
	}
	while (slice_cut(&rest, '\n', &line) && line.len) {
		struct choice c = { .path = line };

		bool whole = slice_cut(&rest, '\n', &c.priority);
		for (size_t i = 0; whole && i < a->names.len; i++) {
			whole = slice_cut(&rest, '\n', &line);
			*LIST_ADD(&c.slaves) = line;
		}
		*LIST_ADD(&a->choices) = c;
		if (!whole)
			return false;
	}
	return true;
}

static bool has_choice(const struct alternative *a, struct slice path)
{
	for (size_t i = 0; i < a->choices.len; i++)
		if (a->choices.at[i].path.len == path.len && memcmp(a->choices.at[i].path.at, path.at, path.len) == 0)
			return true;
	return false;
}

static void quoted(struct text *t, struct slice word)
{
	AUTO_FREE char *bare = mem_printf("%.*s", (int)word.len, word.at);
	AUTO_FREE char *quoted = text_shell_quote(bare);

	text_add(t, " %s", quoted);
}

static void set_slice(json_t *o, const char *key, struct slice s)
{
	json_set_bytes(o, key, s.at, s.len);
}

static void add_choice(struct finds *f, const char *name, const struct alternative *a, const struct choice *c)
{
	json_t *o = json_object(), *slaves = json_array();
	struct slice of_name = slice_of(name);

	set_slice(o, "name", of_name);
	set_slice(o, "link", a->link);
	set_slice(o, "path", c->path);
	set_slice(o, "priority", c->priority);
	text_add(&f->post,
		"sluice_tool=$(command -v update-alternatives || command -v alternatives) || sluice_tool=:\n");
	text_add(&f->post, "\"$sluice_tool\" --install");
	quoted(&f->post, a->link);
	quoted(&f->post, of_name);
	quoted(&f->post, c->path);
	quoted(&f->post, c->priority);
	for (size_t i = 0; i < a->names.len && i < c->slaves.len; i++) {
		json_t *slave = json_object();

		if (c->slaves.at[i].len == 0) {
			json_decref(slave);
			continue;
		}
		text_add(&f->post, " --slave");
		quoted(&f->post, a->links.at[i]);
		quoted(&f->post, a->names.at[i]);
		quoted(&f->post, c->slaves.at[i]);
		set_slice(slave, "name", a->names.at[i]);
		set_slice(slave, "link", a->links.at[i]);
		set_slice(slave, "path", c->slaves.at[i]);
		json_array_append_new(slaves, slave);
	}
	text_add(&f->post, " || exit 1\n");
	text_add(&f->preun,
		"sluice_tool=$(command -v update-alternatives || command -v alternatives) || sluice_tool=:\n");
	text_add(&f->preun, "\"$sluice_tool\" --remove");
	quoted(&f->preun, of_name);
	quoted(&f->preun, c->path);
	text_add(&f->preun, " || :\n");
	json_object_set_new(o, "slaves", slaves);
	json_array_append_new(f->alternatives, o);
}

/* Words of one line each come from a file that the installer wrote: a blank or control byte has no place in them. */
static bool is_plain(const struct alternative *a, const struct choice *c)
{
	struct slice all[] = { a->link, c->path, c->priority };

	for (size_t i = 0; i < COUNT(all); i++)
		for (size_t k = 0; k < all[i].len; k++)
			if ((unsigned char)all[i].at[k] < 0x20 || all[i].at[k] == 0x7f)
				return false;
	return a->link.at[0] == '/' && c->path.len && c->path.at[0] == '/' && c->priority.len &&
		strspn(c->priority.at, "-0123456789") >= c->priority.len;
}

static int compare_book(struct finds *f, const char *path, struct err *e)
{
	AUTO_FREE char *before = NULL, *after = NULL;
	struct alternative was = { 0 }, now = { 0 };
	const char *name = strrchr(path, '/') + 1;
	size_t len = 0;
	int rc = 0;

	if (capture_before(f->capture, path, &before, &len, e) || capture_after(f->capture, path, &after, &len, e))
		return -1;
	if ((before && !alternative_read(before, &was)) || !after || !alternative_read(after, &now))
		rc = edit_decide_text(f, path, "an alternative changed", name, e);
	for (size_t i = 0; rc == 0 && after && i < now.choices.len; i++)
		if (!has_choice(&was, now.choices.at[i].path) && is_plain(&now, &now.choices.at[i]))
			add_choice(f, name, &now, &now.choices.at[i]);
	for (size_t i = 0; rc == 0 && after && i < was.choices.len; i++)
		if (!has_choice(&now, was.choices.at[i].path))
			rc = edit_decide_text(f, path, "an alternative removed", name, e);
	if (rc == 0 && now.is_manual && !was.is_manual)
		rc = edit_decide_text(f, path, "an alternative set by hand", name, e);
	alternative_done(&was);
	alternative_done(&now);
	return rc;
}

static bool is_book(const char *path)
{
	for (size_t i = 0; i < COUNT(books); i++)
		if (text_glob(books[i], path))
			return true;
	return false;
}

int alternatives_find(struct finds *f, struct err *e)
{
	size_t len = 0;
	const struct captured *paths = capture_paths(f->capture, &len);

	for (size_t i = 0; i < len; i++)
		if (is_book(paths[i].taken.entry.path) && compare_book(f, paths[i].taken.entry.path, e))
			return -1;
	return 0;
}

static bool is_known(const struct finds *f, const char *name)
{
	json_t *one, *slave;
	size_t i, k;

	json_array_foreach(f->alternatives, i, one) {
		if (strcmp(json_text(one, "name"), name) == 0)
			return true;
		json_array_foreach(json_list(one, "slaves"), k, slave)
			if (strcmp(json_text(slave, "name"), name) == 0)
				return true;
	}
	return false;
}

/* The two links of an alternative, and its book. */
bool alternatives_own(const struct finds *f, const struct captured *c)
{
	static const char folder[] = "/etc/alternatives/";
	const struct entry *en = &c->taken.entry;

	if (is_book(en->path))
		return true;
	if (c->kind == '-' || en->type != ENTRY_SYMLINK)
		return false;
	if (text_starts(en->path, folder))
		return is_known(f, en->path + strlen(folder));
	return text_starts(en->target, folder) && is_known(f, en->target + strlen(folder));
}
