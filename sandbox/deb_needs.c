/* deb_needs.c - what packages of dpkg need: found in the folders given, by apt, and installed before them. */
#include "sandbox/deb_needs.h"
#include "sandbox/deb_index.h"
#include <stdio.h>
#include <string.h>

enum { INDEX_MAX = 32 << 20, STATUS_MAX = 64 << 20 };
const char deb_apt_conf[] = DEB_REPOSITORY "/apt.conf";
static const char sources[] = "deb [trusted=yes] file:" DEB_REPOSITORY " ./\n";

/* Our one repository; no cache, which takes longer to write than it saves. */
static const char settings[] = "Dir::Etc::SourceList \"" DEB_REPOSITORY "/sources.list\";\n"
			       "Dir::Etc::SourceParts \"/dev/null\";\n"
			       "Dir::Cache::pkgcache \"\";\n"
			       "Dir::Cache::srcpkgcache \"\";\n"
			       "APT::Sandbox::User \"root\";\n"
			       "Dpkg::Options { \"-D2\"; \"--force-confdef\"; \"--force-confold\"; };\n"
			       "Dpkg::Use-Pty \"0\";\n";

/* What apt would have after an update, which takes it longer than all else it does here. */
static const char own_list[] = "/var/lib/apt/lists/_run_sluice_._Packages";

int deb_repository(struct trial *t, struct err *e)
{
	AUTO(text) index = { 0 };

	for (size_t i = 0; i < t->test->with_len; i++) {
		AUTO_FREE char *place = mem_printf(".%s/%zu", &INSIDE_WITH[strlen(DEB_REPOSITORY)], i);

		if (deb_index_add(&index, t->test->with[i], place, INDEX_MAX, e))
			return -1;
	}
	const char *bytes = index.at ? index.at : "";

	return sandbox_write(t->sandbox, DEB_REPOSITORY "/Packages", bytes, index.len, 0644, e) ||
			sandbox_write(t->sandbox, own_list, bytes, index.len, 0644, e) ||
			sandbox_write(t->sandbox, DEB_REPOSITORY "/sources.list", sources, strlen(sources), 0644, e)
		? -1
		: 0;
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

/* Of dpkg's list of architectures: is that all of it? NULL: there is no list. */
static bool is_only(const char *list, const char *architecture)
{
	size_t len = strlen(architecture);

	return !list || (strncmp(list, architecture, len) == 0 && strcmp(list + len, "\n") == 0);
}

/* apt asks dpkg four times for architectures; where there is but one, it is told. "" when it has to ask. */
static int one_architecture(struct trial *t, char **ret, struct err *e)
{
	AUTO_FREE char *status = NULL, *list = NULL;
	size_t len = 0;

	if (sandbox_read(t->sandbox, "/var/lib/dpkg/arch", MIB(1), &list, &len, e) ||
		sandbox_read(t->sandbox, "/var/lib/dpkg/status", STATUS_MAX, &status, &len, e))
		return -1;
	const char *own = status ? strstr(status, "\nPackage: dpkg\n") : NULL;
	AUTO_FREE char *name = own ? field_of(own + 1, "\nArchitecture: ") : mem_strdup("");
	bool is_plain = *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);

	*ret = is_plain && is_only(list, name) ? mem_printf("APT::Architectures { \"%s\"; };\n", name) : mem_strdup("");
	return 0;
}

int deb_configure(struct trial *t, struct err *e)
{
	AUTO_FREE char *architecture = NULL, *text = NULL;

	if (one_architecture(t, &architecture, e))
		return -1;
	text = mem_printf("%s%s", settings, architecture);
	return sandbox_write(t->sandbox, deb_apt_conf, text, strlen(text), 0644, e);
}

const char **deb_with_items(const char *const *head, const char *const *items)
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

/* An apt of another age may have to make its lists itself: then it does so once. */
static int update(struct trial *t, struct err *e)
{
	static const char *const argv[] = { DEB_APT, "update", NULL };
	struct command_result r = { 0 };

	if (trial_step(t, argv, &r, e))
		return -1;
	command_result_done(&r);
	return 0;
}

/* Adds the names; *ret_tested: packages under test are among what would be installed. */
static int would_install(struct trial *t, const char *const *how, const char *const *items, struct wanted *w,
	bool *ret_tested, struct err *e)
{
	AUTO_FREE const char **argv = deb_with_items(how, items);
	AUTO_FREE char *output = NULL;
	bool is_configuring = false;

	*ret_tested = false;
	if (trial_ask(t, argv, &output, e) || (!output && (update(t, e) || trial_ask(t, argv, &output, e))))
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

	if (sandbox_read(t->sandbox, DEB_REPOSITORY "/Packages", INDEX_MAX, &index, &len, e))
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

/* Where the repository has that version: a path inside; NULL: it has not. malloc */
static char *find_file(const char *index, const char *name, const char *version)
{
	AUTO_FREE char *key = mem_printf("\nPackage: %s\n", name);

	for (const char *at = index; (at = strstr(at, key)) != NULL; at += strlen(key)) {
		AUTO_FREE char *has = field_of(at, "\nVersion: "), *file = field_of(at, "\nFilename: ./");

		if (strcmp(has, version) == 0 && *file)
			return mem_printf(DEB_REPOSITORY "/%s", file);
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
	static const char *const get[] = { DEB_APT, "--no-install-recommends", "install", NULL };
	AUTO_FREE const char **list = names_list(names), **argv = deb_with_items(get, list);
	struct command_result r = { 0 };

	if (trial_step(t, argv, &r, e))
		return -1;
	command_result_done(&r);
	return 0;
}

int deb_dependencies(struct trial *t, struct err *e)
{
	static const char *const simulate[] = { DEB_APT, "-s", "install", NULL };
	static const char *const simulate_needed[] = { DEB_APT, "-s", "--no-install-recommends", "install", NULL };
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
