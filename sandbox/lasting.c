/* lasting.c - what must outlast a second operation on installed packages: an administrator's edits of configuration files, data beside
 * the package's own, users, running daemons, open ports. */
#include "base/digest.h"
#include "sandbox/services.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	CONFFILE_MAX = 4 << 20,
	CONFFILES_MAX = 500,
	PLANTED_MAX = 50,
	TABLE_MAX = 1 << 20,
	PATIENCE = 100,
	PAUSE_MS = 50,
};
/* Of which ports one is picked where a daemon asks for any: ip_local_port_range as it is in a new network namespace; bindresvport(3). */
static const struct range {
	int first, last;
} picked[] = { { 32768, 60999 }, { 600, 1023 } };
static const char planted_name[] = ".sluice-test-data", planted_text[] = "data of a user (sluice test)\n";

void lasting_done(struct lasting *l)
{
	json_decref(l->edited);
	json_decref(l->planted);
	json_decref(l->users);
	json_decref(l->ports);
	processes_done(&l->daemons);
	*l = (struct lasting){ 0 };
}

/* ---- configuration files: a comment in the file's own language; a blank line where none is known to be harmless, as in an empty one */
static const char *comment_for(const char *bytes, size_t len)
{
	static const struct {
		const char *start, *comment;
	} languages[] = {
		{ "#", "\n# edited by an administrator (sluice test)\n" },
		{ ";", "\n; edited by an administrator (sluice test)\n" },
		{ "//", "\n// edited by an administrator (sluice test)\n" },
		{ "<!--", "\n<!-- edited by an administrator (sluice test) -->\n" },
	};
	struct slice rest = { bytes, len }, line;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		for (size_t i = 0; i < COUNT(languages); i++)
			if (line.len >= strlen(languages[i].start) &&
				memcmp(line.at, languages[i].start, strlen(languages[i].start)) == 0)
				return languages[i].comment;
	}
	return "\n";
}

static int edit_one(struct trial *t, const char *path, json_t *edited, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO(text) both = { 0 };
	struct path_status st;
	char hex[SHA256_HEX];
	const char *comment;
	size_t len = 0;

	if (sandbox_status(t->sandbox, path, &st, e) || sandbox_read(t->sandbox, path, CONFFILE_MAX, &bytes, &len, e))
		return -1;
	if (!bytes || !S_ISREG(st.mode) || memchr(bytes, '\0', len) || len + 100 > CONFFILE_MAX)
		return 0;
	comment = comment_for(bytes, len);
	/* no blank line beside it: some count what does not begin with a '#' */
	if (len && bytes[len - 1] == '\n' && comment[1])
		comment++;
	text_bytes(&both, bytes, len);
	text_add(&both, "%s", comment);
	sha256_hex(both.at, both.len, hex);
	json_object_set_new(edited, path, json_string(strlen(comment) > 1 ? comment : hex));
	return sandbox_write(t->sandbox, path, both.at, both.len, st.mode & 07777, e);
}

static int edit_conffiles(struct trial *t, json_t *edited, struct err *e)
{
	AUTO_JSON *list = NULL;
	size_t i;
	json_t *one;

	if (t->manager->conffiles(t, &list, e))
		return -1;
	json_array_foreach(list, i, one)
		if (i < CONFFILES_MAX && edit_one(t, json_string_value(one), edited, e))
			return -1;
	text_add(&t->log, "edited %zu configuration files\n\n", json_object_size(edited));
	return 0;
}

static int holds_edit(struct trial *t, const char *path, const char *suffix, const char *edit, bool *ret, struct err *e)
{
	AUTO_FREE char *name = mem_printf("%s%s", path, suffix), *bytes = NULL;
	char hex[SHA256_HEX];
	size_t len = 0;

	if (sandbox_read(t->sandbox, name, CONFFILE_MAX, &bytes, &len, e))
		return -1;
	sha256_hex(bytes ? bytes : "", len, hex);
	*ret = bytes && (strcmp(edit, hex) == 0 || memmem(bytes, len, edit, strlen(edit)));
	return 0;
}

static int check_conffiles(struct trial *t, json_t *edited, const char *operation, struct err *e)
{
	static const char *const beside[] = { ".rpmsave", ".dpkg-old", ".dpkg-bak" };
	const char *path;
	json_t *edit;

	json_object_foreach(edited, path, edit) {
		bool kept = false, saved = false;

		if (holds_edit(t, path, "", json_string_value(edit), &kept, e))
			return -1;
		for (size_t s = 0; !kept && !saved && s < COUNT(beside); s++)
			if (holds_edit(t, path, beside[s], json_string_value(edit), &saved, e))
				return -1;
		if (saved)
			trial_find(t, SEVERITY_LOW, "conffile-replaced", path,
				"the new version's file is in place; the administrator's is kept beside it");
		else if (!kept)
			trial_find(t, SEVERITY_HIGH, "conffile-lost", path,
				"an administrator's change did not survive the %s", operation);
	}
	return 0;
}

/* ---- data: a file in every topmost folder of state that came with the packages */
bool lasting_is_planted(const char *path)
{
	return text_ends(path, planted_name);
}

static bool is_state(const char *path)
{
	return text_glob("/var/lib/**", path) || text_glob("/srv/**", path) || text_glob("/var/opt/**", path);
}

static int plant(struct trial *t, const struct changes *now, json_t *planted, struct err *e)
{
	const char *last = NULL;

	for (size_t i = 0; i < now->len && json_array_size(planted) < PLANTED_MAX; i++) {
		const struct change *c = &now->at[i];

		if (c->kind != '+' || !S_ISDIR(c->mode) || !is_state(c->path) || is_books(c->path) ||
			watch_knows(&t->before, c->path))
			continue;
		if (last && strncmp(c->path, last, strlen(last)) == 0 && c->path[strlen(last)] == '/')
			continue;
		last = c->path;
		AUTO_FREE char *file = mem_printf("%s/%s", c->path, planted_name);
		if (sandbox_write(t->sandbox, file, planted_text, strlen(planted_text), 0644, e))
			return -1;
		json_array_append_new(planted, json_string(file));
	}
	return 0;
}

static int check_planted(struct trial *t, json_t *planted, const char *operation, struct err *e)
{
	size_t i;
	json_t *one;

	json_array_foreach(planted, i, one) {
		AUTO_FREE char *bytes = NULL;
		size_t len = 0;

		if (sandbox_read(t->sandbox, json_string_value(one), CONFFILE_MAX, &bytes, &len, e))
			return -1;
		if (!bytes || strcmp(bytes, planted_text) != 0)
			trial_find(t, SEVERITY_HIGH, "data-lost", json_string_value(one),
				"data in the package's folder did not survive the %s", operation);
	}
	return 0;
}

/* ---- users, daemons, ports */
static json_t *new_users(const char *before, const char *now)
{
	AUTO_FREE char *copy = mem_strdup(now ? now : ""), *old = mem_printf("\n%s", before ? before : "");
	json_t *users = json_array();

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *colon = strchr(line, ':');
		AUTO_FREE char *key = colon ? mem_printf("\n%.*s:", (int)(colon - line), line) : NULL;

		if (key && !strstr(old, key) && text_is_utf8(line, (size_t)(colon - line)))
			json_array_append_new(users, json_stringn(line, (size_t)(colon - line)));
	}
	return users;
}

static bool is_named(const struct processes *list, const char *name)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->at[i].name, name) == 0)
			return true;
	return false;
}

static bool was_there(const struct processes *list, pid_t pid)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->at[i].pid == pid)
			return true;
	return false;
}

/* What runs now and did not before the packages came. */
static int daemons(struct trial *t, struct processes *ret, struct err *e)
{
	struct processes all = { 0 }, ours = { 0 };

	if (services_processes(t, &all, e))
		return -1;
	for (size_t i = 0; i < all.len; i++)
		/* "(tor)" is what systemd is about to turn into tor */
		if (!was_there(&t->before.processes, all.at[i].pid) && all.at[i].name[0] != '(') {
			*LIST_ADD(&ours) = all.at[i];
			all.at[i] = (struct process){ 0 };
		}
	processes_done(&all);
	*ret = ours;
	return 0;
}

static void pause_a_little(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
}

/* A port that was picked for a daemon that asked for any, as resolvers do: after a restart it is another one. NULL: it is none. */
static const struct range *range_of(const char *port)
{
	const char *slash = strchr(port, '/');
	int number = slash ? atoi(slash + 1) : 0;

	for (size_t i = 0; i < COUNT(picked); i++)
		if (number >= picked[i].first && number <= picked[i].last)
			return &picked[i];
	return NULL;
}

/* How many of that range and protocol there are. */
static size_t count_picked(const json_t *ports, const char *like)
{
	size_t count = 0, i;
	json_t *one;

	json_array_foreach(ports, i, one)
		count += range_of(json_string_value(one)) == range_of(like) &&
			strncmp(json_string_value(one), like, 4) == 0;
	return count;
}

bool lasting_listens(const json_t *before, const json_t *now, const char *port)
{
	return json_lists(now, port) || (range_of(port) && count_picked(now, port) >= count_picked(before, port));
}

static int is_settled(struct trial *t, const struct lasting *l, bool *ret, struct err *e)
{
	AUTO_JSON *ports = NULL;
	struct processes now = { 0 };
	size_t i;
	json_t *one;

	if (daemons(t, &now, e))
		return -1;
	*ret = true;
	for (size_t k = 0; k < l->daemons.len; k++)
		*ret = *ret && is_named(&now, l->daemons.at[k].name);
	processes_done(&now);
	if (watch_ports(t, &ports, e))
		return -1;
	json_array_foreach(l->ports, i, one)
		*ret = *ret && lasting_listens(l->ports, ports, json_string_value(one));
	return 0;
}

int lasting_settle(struct trial *t, const struct lasting *l, struct err *e)
{
	for (int i = 0; i < PATIENCE; i++) {
		bool settled = false;

		if (is_settled(t, l, &settled, e))
			return -1;
		if (settled)
			return 0;
		pause_a_little();
	}
	return 0;
}

int lasting_wait_gone(struct trial *t, struct err *e)
{
	for (int i = 0; i < PATIENCE; i++) {
		struct processes now = { 0 };
		size_t left;

		if (daemons(t, &now, e))
			return -1;
		left = now.len;
		processes_done(&now);
		if (left == 0)
			return 0;
		pause_a_little();
	}
	return 0;
}

int lasting_check_alive(struct trial *t, const struct lasting *l, bool same, const char *operation, struct err *e)
{
	AUTO_JSON *ports = NULL;
	struct processes now = { 0 };
	size_t i;
	json_t *one;

	if (lasting_settle(t, l, e) || watch_ports(t, &ports, e) || daemons(t, &now, e))
		return -1;
	for (size_t k = 0; k < l->daemons.len; k++) {
		const struct process *p = &l->daemons.at[k];
		bool is_told = false;

		for (size_t j = 0; j < k; j++)
			is_told |= strcmp(l->daemons.at[j].name, p->name) == 0;
		if (!is_told &&
			!is_named(&now, p->name)) /* another version may have another daemon, but must have one */
			trial_find(t, same || now.len == 0 ? SEVERITY_HIGH : SEVERITY_MEDIUM, "daemon-dead", p->name,
				"it ran before the %s and does not after it: %s", operation, p->command);
	}
	processes_done(&now);
	json_array_foreach(l->ports, i, one)
		if (!lasting_listens(l->ports, ports, json_string_value(one)))
			trial_find(t, same ? SEVERITY_HIGH : SEVERITY_MEDIUM, "port-closed", json_string_value(one),
				"it listened before the %s and does not after it", operation);
	return 0;
}

int lasting_take_alive(struct trial *t, const struct watch *now, struct lasting *ret, struct err *e)
{
	size_t i;
	json_t *one;

	if (daemons(t, &ret->daemons, e))
		return -1;
	ret->users = new_users(t->before.passwd, now->passwd);
	ret->ports = json_array();
	json_array_foreach(now->listening, i, one)
		if (!json_lists(t->before.listening, json_string_value(one)))
			json_array_append(ret->ports, one);
	return 0;
}

int lasting_take(struct trial *t, struct lasting *ret, struct err *e)
{
	struct lasting l = { .edited = json_object(), .planted = json_array() };
	struct watch now = { 0 };
	int rc = services_watch(t, &now, e);

	if (rc == 0 &&
		(edit_conffiles(t, l.edited, e) || plant(t, &now.changes, l.planted, e) ||
			lasting_take_alive(t, &now, &l, e)))
		rc = -1;
	watch_done(&now);
	if (rc) {
		lasting_done(&l);
		return -1;
	}
	*ret = l;
	return 0;
}

int lasting_check(struct trial *t, const struct lasting *l, bool same, const char *operation, struct err *e)
{
	AUTO_FREE char *passwd = NULL;
	AUTO_JSON *users = NULL;
	size_t len = 0, i;
	json_t *one;

	if (check_conffiles(t, l->edited, operation, e) || check_planted(t, l->planted, operation, e) ||
		sandbox_read(t->sandbox, "/etc/passwd", TABLE_MAX, &passwd, &len, e))
		return -1;
	users = new_users(t->before.passwd, passwd);
	json_array_foreach(l->users, i, one)
		if (!json_lists(users, json_string_value(one)))
			trial_find(t, SEVERITY_HIGH, "user-lost", json_string_value(one),
				"the package's user did not survive the %s", operation);
	return lasting_check_alive(t, l, same, operation, e);
}
