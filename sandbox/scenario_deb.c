/* scenario_deb.c - packages of dpkg: installed by dpkg itself, or by apt when folders with dependencies were given. */
#include "sandbox/deb_needs.h"
#include "sandbox/depends.h"
#include "sandbox/services.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

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
	return deb_configure(t, e) || (t->test->with_len && deb_repository(t, e)) ? -1 : 0;
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

		json_set_str(o, names[i], value);
	}
	json_set_str(o, "format", "deb");
	*ret = o;
	return 0;
}

static int step(struct trial *t, const char *const *head, const char *const *items, bool *ret_ok, struct err *e)
{
	AUTO_FREE const char **argv = deb_with_items(head, items);
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

/* An administrator's changes to conffiles are kept, as every unattended upgrade does. */
static int install(struct trial *t, const char *const *files, bool *ret_ok, struct err *e)
{
	static const char *const dpkg[] = { "dpkg", "-D2", "--force-confdef", "--force-confold", "-i", NULL };
	static const char *const apt[] = { DEB_APT, "--reinstall", "install", NULL };

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
	AUTO_FREE const char **names = package_names(t), **argv = deb_with_items(query, names);
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
	.dependencies = deb_dependencies,
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
