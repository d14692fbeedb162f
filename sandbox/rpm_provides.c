/* rpm_provides.c - the generated package that lets rpm work on a Debian root.
 *
 * Only what the packages of the test ask for is looked for, and only what is really there is provided; the report lists it. */
#include "sandbox/rpm_provides.h"
#include "base/fs.h"
#include "formats/version.h"
#include "formats/writer.h"
#include "sandbox/elf_versions.h"
#include "sandbox/trial.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LIBRARY_MAX = 32 << 20, NAMES_MAX = 5000 };

/* rpm's usual names of what Debian calls otherwise. */
static const struct {
	const char *rpm, *deb;
} names[] = {
	{ "glibc", "libc6" },
	{ "glibc-common", "libc-bin" },
	{ "shadow-utils", "passwd" },
	{ "openssl-libs", "libssl3" },
	{ "zlib", "zlib1g" },
	{ "libgcc", "libgcc-s1" },
	{ "libstdc++", "libstdc++6" },
	{ "procps-ng", "procps" },
	{ "iproute", "iproute2" },
	{ "chkconfig", "init-system-helpers" },
	{ "initscripts", "sysvinit-utils" },
	{ "which", "debianutils" },
	{ "systemd-libs", "libsystemd0" },
	{ "pam", "libpam0g" },
	{ "libselinux", "libselinux1" },
	{ "libcap", "libcap2" },
	{ "xz-libs", "liblzma5" },
	{ "bzip2-libs", "libbz2-1.0" },
	{ "krb5-libs", "libkrb5-3" },
	{ "ncurses-libs", "libtinfo6" },
	{ "cronie", "cron" },
	{ "gnupg2", "gnupg" },
};

struct search {
	struct trial *t;
	struct pkg pkg;
	json_t *asked;              /* the requirements, each once: name -> true */
	char *libraries, *packages; /* of ldconfig and dpkg-query */
};

/* ---- names in a relation's text */
void rpm_relation_names(const char *text, void (*each)(void *context, const char *name), void *context)
{
	static const char *const operators[] = { "<", "<=", "=", ">=", ">", "and", "or", "if", "else", "unless", "with",
		"without" };
	AUTO_FREE char *copy = mem_strdup(text);
	bool is_version = false;

	for (char *rest = copy, *word; (word = strsep(&rest, " \t\n")) != NULL;) {
		size_t index = 0;

		while (*word == '(')
			word++;
		/* A closing bracket of the rich form has no opening one in its word: "b)" but not "(64bit)". */
		for (size_t len = strlen(word); len && word[len - 1] == ')'; len = strlen(word)) {
			int depth = 0;

			for (const char *c = word; *c; c++)
				depth += *c == '(' ? 1 : *c == ')' ? -1 : 0;
			if (depth >= 0)
				break;
			word[len - 1] = '\0';
		}
		while (index < COUNT(operators) && strcmp(word, operators[index]) != 0)
			index++;
		if (index < COUNT(operators)) {
			is_version = index < 5;
			continue;
		}
		if (*word && !is_version)
			each(context, word);
		is_version = false;
	}
}

static void ask_for(void *context, const char *name)
{
	struct search *s = context;

	if (json_object_size(s->asked) < NAMES_MAX && text_is_utf8(name, strlen(name)))
		json_object_set_new(s->asked, name, json_true());
}

static int collect(struct search *s, const char *dir, struct err *e)
{
	const char *const find[] = { "find", dir, "-name", "*.rpm", NULL };
	AUTO_FREE char *files = NULL;

	if (trial_ask(s->t, find, &files, e))
		return -1;
	for (char *rest = files, *file; (file = strsep(&rest, "\n")) != NULL;) {
		const char *const query[] = { "rpm", "-qp", "--nosignature", "--requires", file, NULL };
		AUTO_FREE char *requires = NULL;

		if (!*file)
			continue;
		if (trial_ask(s->t, query, &requires, e))
			return -1;
		for (char *lines = requires, *line; (line = strsep(&lines, "\n")) != NULL;)
			rpm_relation_names(line, ask_for, s);
	}
	return 0;
}

/* ---- what the root has */
static int provide(struct search *s, const char *name, const char *version, struct err *e)
{
	struct relation *r = pkg_add_relation(&s->pkg);

	if (!r)
		return err_env(e, "too much to provide");
	r->kind = REL_PROVIDES;
	r->name = arena_str(&s->pkg.arena, name);
	r->op = *version ? OP_EQ : OP_NONE;
	r->version = arena_str(&s->pkg.arena, version);
	r->text = *version ? arena_printf(&s->pkg.arena, "%s = %s", name, version) : r->name;
	json_array_append_new(s->t->provided, json_string(r->text));
	return 0;
}

static int provide_file(struct search *s, const char *name, struct err *e)
{
	struct path_status st;

	if (sandbox_status(s->t->sandbox, name, &st, e))
		return -1;
	return st.is_there ? provide(s, name, "", e) : 0;
}

/* The path behind "\tNAME (...x86-64...) => PATH" of ldconfig -p; wide: a 64-bit one is wanted. */
static bool library_path(const struct search *s, const char *soname, bool wide, char *ret, size_t room)
{
	AUTO_FREE char *start = mem_printf("\t%s (", soname);

	for (const char *at = s->libraries ? strstr(s->libraries, start) : NULL; at; at = strstr(at + 1, start)) {
		const char *end = strchrnul(at, '\n'), *arrow = strstr(at, " => "), *sort = at + strlen(start);
		bool is_wide = memmem(sort, (size_t)(end - sort), "64", 2) != NULL;

		if (!arrow || arrow > end || is_wide != wide)
			continue;
		snprintf(ret, room, "%.*s", (int)(end - arrow - 4), arrow + 4);
		return true;
	}
	return false;
}

/* "libc.so.6(GLIBC_2.34)(64bit)": library, version or "", 64bit or not. */
static int provide_library(struct search *s, const char *name, struct err *e)
{
	const char *open = strchr(name, '('), *close = open ? strchr(open, ')') : NULL;
	AUTO_FREE char *soname = mem_printf("%.*s", open ? (int)(open - name) : (int)strlen(name), name);
	AUTO_FREE char *version = open && close ? mem_printf("%.*s", (int)(close - open - 1), open + 1)
						: mem_strdup("");
	AUTO_FREE char *bytes = NULL;
	char path[4096];
	size_t len = 0;

	if (!library_path(s, soname, strstr(name, "(64bit)") != NULL, path, sizeof path))
		return 0;
	if (*version) {
		if (sandbox_read(s->t->sandbox, path, LIBRARY_MAX, &bytes, &len, e))
			return -1;
		if (!bytes || !elf_defines_version(bytes, len, version))
			return 0;
	}
	return provide(s, name, "", e);
}

static int provide_package(struct search *s, const char *name, struct err *e)
{
	const char *deb = name;

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i].rpm, name) == 0)
			deb = names[i].deb;
	AUTO_FREE char *start = mem_printf("\n%s\t", deb);
	const char *at = s->packages ? strstr(s->packages, start) : NULL;
	if (!at)
		return 0;
	at += strlen(start);
	AUTO_FREE char *version = mem_printf("%.*s", (int)strcspn(at, "\n"), at);
	struct evr from, to;
	if (evr_parse(&s->pkg.arena, version, &from, e) || version_to_rpm(&s->pkg.arena, &from, &to, e))
		return -1;
	return provide(s, name, evr_text(&s->pkg.arena, &to), e);
}

static bool is_library(const char *name)
{
	const char *so = strstr(name, ".so"), *open = strchr(name, '(');

	return so && (!open || so < open) && (so[3] == '\0' || so[3] == '.' || so[3] == '(');
}

static int provide_name(struct search *s, const char *name, struct err *e)
{
	if (text_starts(name, "rpmlib(") || text_starts(name, "config("))
		return 0; /* rpm's and the package's own */
	if (*name == '/')
		return provide_file(s, name, e);
	if (strcmp(name, "rtld(GNU_HASH)") == 0)
		return s->libraries ? provide(s, name, "", e) : 0;
	return is_library(name) ? provide_library(s, name, e) : provide_package(s, name, e);
}

static int look_around(struct search *s, struct err *e)
{
	static const char *const ldconfig[] = { "ldconfig", "-p", NULL };
	static const char *const dpkg[] = { "dpkg-query", "-W", "-f", "\\n${Package}\\t${Version}", NULL };
	static const char *const places[] = { INSIDE_NEW, INSIDE_OLD, INSIDE_WITH };

	if (trial_ask(s->t, ldconfig, &s->libraries, e) || trial_ask(s->t, dpkg, &s->packages, e))
		return -1;
	for (size_t i = 0; i < COUNT(places); i++)
		if (collect(s, places[i], e))
			return -1;
	return 0;
}

/* ---- the package */
static void describe(struct pkg *p)
{
	p->name = "sluice-root-provides";
	p->version = "1";
	p->release = "1";
	p->architecture = "noarch";
	p->summary = "What this test root holds, told to rpm";
	p->description = "Generated for one test; holds no files.";
	p->license = "MIT";
}

static int write_package(struct search *s, const char *path, struct err *e)
{
	const struct writer *w = writer_named("rpm");
	struct writer_options options = { .codec = CODEC_GZIP, .mtime_max = -1, .target = "rpm" };
	struct writer_job *job = w ? w->open(&options, e) : NULL;
	AUTO_FD int fd = job ? fs_temp_file(e) : -1;
	AUTO_FREE char *bytes = NULL;
	struct writer_result result = { 0 };
	size_t len = 0;
	int rc = -1;

	if (fd >= 0 && sink_begin(w->sink(job), &s->pkg, e) == 0 && sink_close(w->sink(job), e) == 0 &&
		w->finish(job, &s->pkg, fd, &result, e) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
		fs_read_fd(fd, MIB(16), &bytes, &len, e) == 0)
		rc = sandbox_write(s->t->sandbox, path, bytes, len, 0644, e);
	free(result.control);
	if (job)
		w->drop(job);
	return rc;
}

int rpm_provides_make(struct trial *t, const char *path, struct err *e)
{
	struct search s = { .t = t, .asked = json_object() };
	const char *name;
	json_t *value;
	int rc;

	pkg_init(&s.pkg, MIB(32));
	describe(&s.pkg);
	rc = look_around(&s, e);
	json_object_foreach(s.asked, name, value) {
		if (rc == 0)
			rc = provide_name(&s, name, e);
	}
	if (rc == 0)
		rc = write_package(&s, path, e);
	free(s.libraries);
	free(s.packages);
	json_decref(s.asked);
	pkg_done(&s.pkg);
	return rc ? err_wrap(e, "telling rpm what the root holds") : 0;
}

int rpm_provides_name(struct trial *t, const char *file, const char *name, bool *ret, struct err *e)
{
	const char *const provides[] = { "rpm", "-qp", "--nosignature", "--provides", file, NULL };
	const char *const list[] = { "rpm", "-qp", "--nosignature", "-l", file, NULL };
	AUTO_FREE char *output = NULL;

	*ret = false;
	if (trial_ask(t, *name == '/' ? list : provides, &output, e))
		return -1;
	for (char *rest = output, *line; !*ret && (line = strsep(&rest, "\n")) != NULL;)
		*ret = strncmp(line, name, strlen(name)) == 0 &&
			(line[strlen(name)] == '\0' || line[strlen(name)] == ' ');
	return 0;
}
