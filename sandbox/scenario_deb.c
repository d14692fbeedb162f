/* scenario_deb.c - packages of dpkg: installed by dpkg itself, or by apt when folders with dependencies were given. */
#include "sandbox/depends.h"
#include "sandbox/services.h"
#include "sandbox/trial.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define REPOSITORY "/run/sluice"
enum { INDEX_MAX = 32 << 20 };
static const char source_list[] = "Dir::Etc::SourceList=" REPOSITORY "/sources.list";
static const char sources[] = "deb [trusted=yes] file:" REPOSITORY " ./\n";

/* The little repository's stanzas, the packages' own control fields and where each lies; what is no package apt does not need to know. All in one command:
 * a folder may hold hundreds, and the first way in is three times as fast as dpkg-deb's own. Two at a time, a few files each. */
static const char stanzas[] =
	"exec 2>/dev/null\n"
	"for f; do\n"
	"	c=$(dpkg-deb --ctrl-tarfile \"$f\" | tar -xO ./control) || c=$(dpkg-deb -f \"$f\") || continue\n"
	"	h=$(sha256sum <\"$f\") && s=$(stat -c %s \"$f\") || continue\n"
	"	printf '%s\\nFilename: .%s\\nSize: %s\\nSHA256: %s\\n\\n' \"$c\" \"${f#" REPOSITORY
	"}\" \"$s\" \"${h%% *}\"\n"
	"done >" REPOSITORY "/Packages.$$\n";

static const char all_stanzas[] = "find " INSIDE_WITH
				  " -name '*.deb' -type f -print0 | xargs -0 -r -n 3 -P 2 sh -c \"$1\" sh\n"
				  "for f in " REPOSITORY
				  "/Packages.*; do [ ! -f \"$f\" ] || cat \"$f\"; done > " REPOSITORY "/Packages\n";

static int make_repository(struct trial *t, struct err *e)
{
	const char *const add[] = { "sh", "-c", all_stanzas, "sh", stanzas, NULL };
	const char *const update[] = { "apt-get", "update", "-o", source_list, "-o", "Dir::Etc::SourceParts=/dev/null",
		"-o", "APT::Sandbox::User=root", NULL };
	AUTO_FREE char *said = NULL;
	struct command_result r = { 0 };

	if (sandbox_write(t->sandbox, REPOSITORY "/Packages", "", 0, 0644, e) || trial_ask(t, add, &said, e) ||
		sandbox_write(t->sandbox, REPOSITORY "/sources.list", sources, strlen(sources), 0644, e) ||
		trial_step(t, update, &r, e))
		return -1;
	command_result_done(&r);
	return 0;
}

static int prepare(struct trial *t, struct err *e)
{
	struct path_status st;

	if (sandbox_status(t->sandbox, "/usr/bin/dpkg", &st, e))
		return -1;
	if (!st.is_there) {
		err_env(e, "the root %s has no dpkg: debs cannot be tried on it", t->root->name);
		return err_hint(e, "make one: sluice root create deb12 --from debian:bookworm");
	}
	if (sandbox_write(t->sandbox, "/usr/sbin/policy-rc.d", services_policy, strlen(services_policy), 0755, e))
		return -1;
	return t->test->with_len ? make_repository(t, e) : 0;
}

static int describe(struct trial *t, const char *file, json_t **ret, struct err *e)
{
	static const char *const keys[] = { "Package", "Version", "Architecture" };
	static const char *const names[] = { "name", "version", "architecture" };
	const char *const argv[] = { "dpkg-deb", "--show", "--showformat=${Package}\\n${Version}\\n${Architecture}\\n",
		file, NULL };
	AUTO_FREE char *values = NULL;
	char *rest;
	json_t *o;

	if (trial_ask(t, argv, &values, e))
		return -1;
	if (!values)
		return err_input(e, "E_METADATA", "dpkg-deb cannot read it");
	o = json_object();
	rest = values;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *value = rest ? strsep(&rest, "\n") : "";

		json_set_bytes(o, names[i], value, strlen(value));
	}
	json_set_str(o, "format", "deb");
	*ret = o;
	return 0;
}

/* head, then the items, then NULL. */
static const char **with_items(const char *const *head, const char *const *items)
{
	size_t heads = 0, count = 0;
	const char **argv;

	while (head[heads])
		heads++;
	while (items[count])
		count++;
	argv = mem_alloc((heads + count + 1) * sizeof *argv);
	memcpy(argv, head, heads * sizeof *argv);
	memcpy(argv + heads, items, count * sizeof *argv);
	return argv;
}

static int step(struct trial *t, const char *const *head, const char *const *items, bool *ret_ok, struct err *e)
{
	AUTO_FREE const char **argv = with_items(head, items);
	struct command_result r = { 0 };

	if (trial_step(t, argv, &r, e))
		return -1;
	t->manager->scripts(t, &r);
	observed_join(t);
	*ret_ok = r.exit == 0 && !r.is_timeout;
	if (!*ret_ok && !t->is_made_to_fail)
		depends_find(t, r.output, r.len);
	command_result_done(&r);
	return 0;
}

#define APT                                                                                                            \
	"apt-get", "-y", "-o", source_list, "-o", "Dir::Etc::SourceParts=/dev/null", "-o", "APT::Sandbox::User=root",  \
		"-o", "Dpkg::Options::=-D2", "-o", "Dpkg::Options::=--force-confdef", "-o",                            \
		"Dpkg::Options::=--force-confold", "-o", "Dpkg::Use-Pty=0", "--allow-downgrades"

/* ---- dependencies: apt tells what it would install ("Inst libx (1.0 ...)"); all but the packages under test comes first. What they only
 * recommend comes along when a folder has it, as on any system; what dependencies recommend does not. */
static bool is_tested(const struct trial *t, const char *name)
{
	const char *one;

	for (size_t i = 0; (one = trial_package(t, i)) != NULL; i++)
		if (strcmp(one, name) == 0)
			return true;
	return false;
}

/* Strings of an array, then NULL; free the list only. */
static const char **names_list(const json_t *names)
{
	const char **list = mem_alloc((json_array_size(names) + 1) * sizeof *list);
	size_t i;
	json_t *one;

	json_array_foreach(names, i, one)
		list[i] = json_string_value(one);
	return list;
}

/* What comes first: the names, and of each the version that apt would take ({name: version}). */
struct wanted {
	json_t *names, *versions;
	bool is_staged; /* some are to be ready before others are unpacked */
};

static void wanted_done(struct wanted *w)
{
	json_decref(w->names);
	json_decref(w->versions);
}

/* "Inst NAME [old] (VERSION origin [arch])" behind the name. */
static void want(struct wanted *w, const char *name, const char *rest)
{
	const char *open = strchr(rest, '(');
	size_t len = open ? strcspn(open + 1, " )") : 0;

	if (json_lists(w->names, name))
		return;
	json_array_append_new(w->names, json_string(name));
	json_object_set_new(w->versions, name, json_stringn(len ? open + 1 : "", len));
}

/* Adds the names; *ret_tested: packages under test are among what would be installed. */
static int would_install(struct trial *t, const char *const *how, const char *const *items, struct wanted *w,
	bool *ret_tested, struct err *e)
{
	AUTO_FREE const char **argv = with_items(how, items);
	AUTO_FREE char *output = NULL;
	bool is_configuring = false;

	*ret_tested = false;
	if (trial_ask(t, argv, &output, e))
		return -1;
	for (char *rest = output, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *name = line + strlen("Inst ");

		t->needs_apt |= text_starts(line, "Remv "); /* something has to go: dpkg alone would refuse */
		is_configuring |= text_starts(line, "Conf ");
		if (!text_starts(line, "Inst "))
			continue;
		w->is_staged |= is_configuring;
		char *rest_of_line = name;
		name = strsep(&rest_of_line, " ");
		if (is_tested(t, name))
			*ret_tested = true;
		else
			want(w, name, rest_of_line ? rest_of_line : "");
	}
	return 0;
}

/* Does one package of the set want another configured before it is unpacked? dpkg takes files as they come; apt puts them in order. */
static int find_order(struct trial *t, struct err *e)
{
	struct path_status apt;
	const char *name;

	if (json_array_size(t->packages) < 2)
		return 0;
	for (size_t i = 0; t->new_files[i]; i++) {
		const char *const ask[] = { "dpkg-deb", "-f", t->new_files[i], "Pre-Depends", NULL };
		AUTO_FREE char *said = NULL;

		if (trial_ask(t, ask, &said, e))
			return -1;
		for (char *rest = said, *word; (word = strsep(&rest, " ,|:(\n")) != NULL;)
			for (size_t k = 0; (name = trial_package(t, k)) != NULL; k++)
				t->needs_apt |= k != i && strcmp(word, name) == 0;
	}
	if (t->needs_apt && sandbox_status(t->sandbox, "/usr/bin/apt-get", &apt, e))
		return -1;
	t->needs_apt = t->needs_apt && apt.is_there;
	return 0;
}

/* With an empty line before its first stanza as before all others. */
static int read_index(struct trial *t, char **ret, struct err *e)
{
	AUTO_FREE char *index = NULL;
	size_t len = 0;

	if (sandbox_read(t->sandbox, REPOSITORY "/Packages", INDEX_MAX, &index, &len, e))
		return -1;
	if (!index || len >= INDEX_MAX)
		return err_env(e, "the folders with dependencies hold too many packages");
	*ret = mem_printf("\n%s", index);
	return 0;
}

/* Does the repository hold packages of those names, so that apt may fetch one? */
static bool offers_tested(const struct trial *t, const char *index)
{
	static const char key[] = "\nPackage: ";

	for (const char *at = index; (at = strstr(at, key)) != NULL;) {
		at += strlen(key);
		AUTO_FREE char *name = mem_printf("%.*s", (int)strcspn(at, "\n"), at);
		if (is_tested(t, name))
			return true;
	}
	return false;
}

/* The value of a field in the stanza that begins there; "" when it has none. malloc */
static char *field_of(const char *stanza, const char *key)
{
	const char *end = strstr(stanza, "\n\n"), *at = strstr(stanza, key);

	if (!at || (end && at > end))
		return mem_strdup("");
	at += strlen(key);
	return mem_printf("%.*s", (int)strcspn(at, "\n"), at);
}

/* Where the repository has that version: a path inside; NULL: it has not. malloc */
static char *find_file(const char *index, const char *name, const char *version)
{
	AUTO_FREE char *key = mem_printf("\nPackage: %s\n", name);

	for (const char *at = index; (at = strstr(at, key)) != NULL; at += strlen(key)) {
		AUTO_FREE char *has = field_of(at, "\nVersion: "), *file = field_of(at, "\nFilename: ./");

		if (strcmp(has, version) == 0 && *file)
			return mem_printf(REPOSITORY "/%s", file);
	}
	return NULL;
}

/* As apt would, but in one go: what apt itself does around dpkg takes longer than most packages. *ret_ok false: it is to be left to apt. */
static int install_files(struct trial *t, const struct wanted *w, const char *index, bool *ret_ok, struct err *e)
{
	size_t count = json_array_size(w->names), i;
	AUTO_FREE const char **argv = mem_alloc((count + 5) * sizeof *argv);
	struct command_result r = { 0 };
	json_t *one;
	int rc = 0;

	argv[0] = "dpkg";
	argv[1] = "--force-confdef";
	argv[2] = "--force-confold";
	argv[3] = "-i";
	*ret_ok = !w->is_staged && !t->needs_apt;
	json_array_foreach(w->names, i, one) {
		const char *name = json_string_value(one);
		char *file = *ret_ok ? find_file(index, name, json_text(w->versions, name)) : NULL;

		argv[4 + i] = file;
		*ret_ok &= file != NULL;
	}
	if (*ret_ok) {
		rc = trial_step(t, argv, &r, e);
		*ret_ok = rc == 0 && r.exit == 0 && !r.is_timeout;
		command_result_done(&r);
	}
	for (i = 0; i < count; i++)
		free((void *)argv[4 + i]);
	return rc;
}

static int install_names(struct trial *t, const json_t *names, struct err *e)
{
	static const char *const get[] = { APT, "--no-install-recommends", "install", NULL };
	AUTO_FREE const char **list = names_list(names), **argv = with_items(get, list);
	struct command_result r = { 0 };

	if (trial_step(t, argv, &r, e))
		return -1;
	command_result_done(&r);
	return 0;
}

static int dependencies(struct trial *t, struct err *e)
{
	static const char *const simulate[] = { APT, "-s", "install", NULL };
	static const char *const simulate_needed[] = { APT, "-s", "--no-install-recommends", "install", NULL };
	AUTO(wanted) first = { json_array(), json_object(), false };
	AUTO(wanted) more = { json_array(), json_object(), false };
	AUTO_FREE char *index = NULL;
	bool tested = false, is_there = false;
	size_t of_new;

	if (find_order(t, e))
		return -1;
	if (!t->test->with_len || would_install(t, simulate, t->new_files, &first, &tested, e))
		return t->test->with_len ? -1 : 0;
	of_new = json_array_size(first.names);
	if (t->old_files[0] && would_install(t, simulate, t->old_files, &first, &tested, e))
		return -1;
	if (json_array_size(first.names) == 0)
		return 0;
	first.is_staged |= json_array_size(first.names) != of_new; /* not one plan of apt's */
	tested = false;
	AUTO_FREE const char **list = names_list(first.names);
	if (read_index(t, &index, e) ||
		(offers_tested(t, index) && would_install(t, simulate_needed, list, &more, &tested, e)))
		return -1;
	t->needs_apt |= tested;
	if (tested) /* they need the package under test: all come together, with it */
		return 0;
	if (install_files(t, &first, index, &is_there, e))
		return -1;
	return is_there ? 0 : install_names(t, first.names, e);
}

/* An administrator's changes to conffiles are kept, as every unattended upgrade does. */
static int install(struct trial *t, const char *const *files, bool *ret_ok, struct err *e)
{
	static const char *const dpkg[] = { "dpkg", "-D2", "--force-confdef", "--force-confold", "-i", NULL };
	static const char *const apt[] = { APT, "--reinstall", "install", NULL };

	return step(t, t->needs_apt ? apt : dpkg, files, ret_ok, e);
}

static const char **package_names(const struct trial *t)
{
	size_t count = json_array_size(t->packages);
	const char **names = mem_alloc((count + 1) * sizeof *names);

	for (size_t i = 0; i < count; i++)
		names[i] = trial_package(t, i);
	return names;
}

/* "Template: acme/purge_data", "Type: boolean": does it let the administrator decide? */
static bool asks_about_data(const char *templates)
{
	static const char *const words[] = { "purge", "remove", "delete" };
	bool is_named = false;
	AUTO_FREE char *copy = mem_strdup(templates ? templates : "");

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (text_starts(line, "Template:")) {
			is_named = false;
			for (size_t i = 0; i < COUNT(words); i++)
				is_named |= strstr(line, words[i]) != NULL;
		} else if (is_named && strcmp(line, "Type: boolean") == 0) {
			return true;
		}
	}
	return false;
}

/* While the templates are there: a removal takes them away, and a purge may come behind it. */
static int note_questions(struct trial *t, struct err *e)
{
	const char *name;

	for (size_t i = 0; (name = trial_package(t, i)) != NULL; i++) {
		AUTO_FREE char *path = mem_printf("/var/lib/dpkg/info/%s.templates", name), *templates = NULL;
		size_t len = 0;

		if (sandbox_read(t->sandbox, path, MIB(1), &templates, &len, e))
			return -1;
		t->asks_purge |= asks_about_data(templates);
	}
	return 0;
}

static int take_away(struct trial *t, const char *const *head, bool *ret_ok, struct err *e)
{
	AUTO_FREE const char **names = package_names(t);

	return note_questions(t, e) ? -1 : step(t, head, names, ret_ok, e);
}

static int remove_(struct trial *t, bool *ret_ok, struct err *e)
{
	static const char *const dpkg[] = { "dpkg", "-D2", "-r", NULL };

	return take_away(t, dpkg, ret_ok, e);
}

static int purge(struct trial *t, bool *ret_ok, struct err *e)
{
	static const char *const dpkg[] = { "dpkg", "-D2", "-P", NULL };

	return take_away(t, dpkg, ret_ok, e);
}

static int conffiles(struct trial *t, json_t **ret, struct err *e)
{
	static const char *const query[] = { "dpkg-query", "-W", "-f", "${Conffiles}\\n", NULL };
	AUTO_FREE const char **names = package_names(t), **argv = with_items(query, names);
	AUTO_FREE char *output = NULL;

	if (trial_ask(t, argv, &output, e))
		return -1;
	*ret = json_array();
	/* " /etc/x 0123...md5 [obsolete]" */
	for (char *rest = output, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *path = line + strspn(line, " "), *end = strrchr(path, ' ');

		if (*path != '/' || !end)
			continue;
		if (strcmp(end, " obsolete") == 0) {
			*end = '\0';
			end = strrchr(path, ' ');
		}
		if (end)
			*end = '\0';
		json_array_append_new(*ret, json_string(path));
	}
	return 0;
}

/* ---- scripts: "D000002: fork/exec /var/lib/dpkg/info/acme.postinst ( configure 1.0 )" */
static const char fork_line[] = "fork/exec ";

static const char *event_of(const char *source, const char *arguments)
{
	static const struct {
		const char *source, *first, *event;
	} events[] = {
		{ "preinst", "install", "pre-install" },
		{ "preinst", "upgrade", "pre-upgrade" },
		{ "postinst", "configure", "post-install" },
		{ "postinst", "triggered", "trigger" },
		{ "prerm", "remove", "pre-remove" },
		{ "prerm", "upgrade", "pre-upgrade" },
		{ "postrm", "remove", "post-remove" },
		{ "postrm", "upgrade", "post-upgrade" },
		{ "postrm", "purge", "purge" },
	};
	size_t len = strcspn(arguments, " ");

	for (size_t i = 0; i < COUNT(events); i++)
		if (strcmp(source, events[i].source) == 0 && len == strlen(events[i].first) &&
			strncmp(arguments, events[i].first, len) == 0) {
			bool has_old = strcmp(events[i].first, "configure") == 0 && arguments[len] == ' ' &&
				arguments[len + 1] && arguments[len + 1] != ' ';

			return has_old ? "post-upgrade" : events[i].event;
		}
	return "abort";
}

static bool is_dpkgs_own(const char *line)
{
	static const char *const starts[] = { "D0000", "Setting up ", "Unpacking ", "Removing ",
		"Purging configuration", "Preparing to unpack", "Processing triggers", "dpkg: ", "Errors were",
		"Processing was halted" };

	for (size_t i = 0; i < COUNT(starts); i++)
		if (text_starts(line, starts[i]))
			return true;
	return false;
}

/* Between a script's line and the next one dpkg says whether it failed. */
static int exit_within(const char *text)
{
	static const char status[] = "subprocess returned error exit status ",
			  killed[] = "subprocess was killed by signal";
	const char *at = strstr(text, status);

	if (at)
		return atoi(at + strlen(status));
	return strstr(text, killed) ? 128 : 0;
}

struct call { /* one script as dpkg announced it */
	char source[64], package[128], arguments[512];
	size_t at;
};

static bool parse_call(char *line, struct call *ret)
{
	char *at = strstr(line, fork_line), *open = at ? strstr(at, " ( ") : NULL,
	     *close = at ? strrchr(at, ')') : NULL;
	char *name, *dot;

	if (!text_starts(line, "D0000") || !open || !close || close < open + 3)
		return false;
	if (close[-1] == ' ')
		close--; /* "( configure  )" is two words, the second empty */
	*open = *close = '\0';
	name = strrchr(at, '/') + 1;
	dot = strrchr(name, '.');
	snprintf(ret->source, sizeof ret->source, "%s", dot ? dot + 1 : name);
	snprintf(ret->package, sizeof ret->package, "%.*s", dot ? (int)(dot - name) : 0, name);
	snprintf(ret->arguments, sizeof ret->arguments, "%s", open + 3);
	return true;
}

static void end_call(struct trial *t, const struct command_result *r, const struct call *c, size_t until, size_t own)
{
	AUTO_FREE char *said = mem_printf("%.*s", (int)(until - c->at), r->output + c->at);
	int64_t end = own ? command_time(r, own) : r->ms;
	const char *package = c->package[0] ? c->package : trial_package(t, 0);

	trial_script(t, event_of(c->source, c->arguments), c->source, package ? package : "", c->arguments,
		exit_within(said), command_time(r, c->at), end - command_time(r, c->at));
}

static void scripts(struct trial *t, const struct command_result *r)
{
	struct call now = { 0 }, next;
	size_t own = 0; /* where dpkg itself spoke first after the script began */
	bool in_call = false;

	for (size_t at = 0; at < r->len;) {
		const char *end = memchr(r->output + at, '\n', r->len - at);
		size_t len = end ? (size_t)(end - r->output) - at : r->len - at;
		AUTO_FREE char *line = mem_printf("%.*s", (int)len, r->output + at);

		if (in_call && !own && is_dpkgs_own(line))
			own = at;
		if (parse_call(line, &next)) {
			if (in_call)
				end_call(t, r, &now, at, own);
			now = next;
			now.at = at;
			own = 0;
			in_call = true;
		}
		at += len + 1;
	}
	if (in_call)
		end_call(t, r, &now, r->len, own);
}

static const char *const owned[] = { "sh", "-c", "cat /var/lib/dpkg/info/*.list", NULL };
static const char *const heal[] = { "dpkg", "-D2", "--force-confdef", "--force-confold", "--configure", "-a", NULL };
static const char *const status[] = { "dpkg-query", "-W", "-f", "${binary:Package} ${Version} ${db:Status-Abbrev}\\n",
	NULL };
static const char *const audit[] = { "dpkg", "--audit", NULL };
static const char *const holds[] = { "dpkg-query", "-L", NULL };
static const char *const list[] = { "dpkg-deb", "-c", NULL };
const struct manager manager_deb = { .format = "deb",
	.prepare = prepare,
	.describe = describe,
	.dependencies = dependencies,
	.install = install,
	.remove = remove_,
	.purge = purge,
	.conffiles = conffiles,
	.owned = owned,
	.heal = heal,
	.status = status,
	.audit = audit,
	.holds = holds,
	.scripts = scripts,
	.list = list,
	.noise = "D000002: " };
