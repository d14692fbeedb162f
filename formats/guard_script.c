/* guard_script.c - scripts that a person should read before they run anywhere: a table of patterns over their lines.
 *
 * This finds the careless and the common, not the clever: whoever wants to hide can. It warns, it never refuses. */
#include "base/text.h"
#include "formats/guard_private.h"
#include <fnmatch.h>
#include <pthread.h>
#include <regex.h>
#include <string.h>

enum { LINE_MOST = 2048, LINES_MOST = 100000, SHOWN = 120 };

#define SHELL "([^[:space:]|;&]*/)?(ba|da|z|k|a)?sh([^[:alnum:]_.-]|$)"
#define B "(^|[^[:alnum:]_-])"

/* in_files: looked for in the payload's scripts too; need: a byte string without which the pattern cannot match. */
static const struct pattern {
	const char *need, *regex, *why;
	bool in_files;
} patterns[] = {
	{ "|", B "(curl|wget|fetch|lwp-request|GET)[[:space:]][^|]*\\|([^|]*\\|)*[[:space:]]*(sudo[[:space:]]+)?" SHELL,
		"downloads and runs", true },
	{ "|",
		B "((xz|gzip|bzip2|zstd|lzma|base64|openssl|uudecode)[[:space:]]+([^|]*[[:space:]])?(-[[:alpha:]]*[dD]|"
		  "--dec|enc)"
		  "|gunzip|zcat|xzcat|bzcat|zstdcat|unxz).*\\|[[:space:]]*" SHELL,
		"decodes and runs", true },
	{ "(", B "(eval|" SHELL ".*)[[:space:]]*[^|]*(\\$\\(|<\\()[[:space:]]*(curl|wget)[[:space:]]",
		"downloads and runs", true },
	{ "`", B "(eval|sh|bash)[[:space:]]+.*`[[:space:]]*(curl|wget)[[:space:]]", "downloads and runs", true },
	{ "/dev/tcp/", "/dev/tcp/", "opens a network connection", true },
	{ "curl", B "curl[[:space:]]", "downloads", false },
	{ "wget", B "wget[[:space:]]", "downloads", false },
	{ "/etc/", "/etc/(apt/(sources\\.list|trusted\\.gpg|keyrings)|yum\\.repos\\.d|zypp/repos\\.d|pki/rpm-gpg)",
		"touches package sources or keys", false },
	{ "",
		B "(rpm(keys)?[[:space:]]+(.*[[:space:]])?--import|apt-key[[:space:]]|add-apt-repository|dnf[[:space:]]"
		  "+config-manager|pacman-key)",
		"adds a package source or key", false },
	{ "rm",
		B "rm[[:space:]]+(-[[:alnum:]-]+[[:space:]]+)*-[[:alpha:]]*[rR][[:alpha:]]*[[:space:]]+(.*[[:space:]])?"
		  "\"?\\$(\\{[[:alnum:]_]+\\}|[[:alpha:]_][[:alnum:]_]*)\"?(/|\\*|\"|;|[[:space:]]|$)",
		"removes a tree named by a variable that may be empty", false },
	{ "chmod", B "chmod[[:space:]]+(.*[[:space:]])?([ugoa]*\\+[rwxX]*s|[2467][0-7][0-7][0-7])[[:space:]]",
		"sets a setuid or setgid bit", false },
	{ "setcap", B "setcap[[:space:]]", "gives file capabilities", false },
	{ "authorized_keys", "authorized_keys", "touches who may log in by ssh", false },
	{ "sudoers", "/etc/sudoers", "touches who may become root", false },
	{ "ld.so.preload", "ld\\.so\\.preload", "loads something into every program", false },
	{ "setenforce", B "setenforce[[:space:]]+(0|[Pp]ermissive)", "turns SELinux off", false },
	{ "crontab", B "crontab[[:space:]]", "changes a crontab", false },
	{ "os.", "os\\.(execute|remove|rename)", "lua that runs commands or removes files", false },
	{ "popen", "io\\.popen", "lua that runs commands", false },
	{ "posix.", "posix\\.(fork|exec|redirect2null)", "lua that starts programs", false },
	{ "rpm.", "rpm\\.(execute|spawn|load|define|interactive)", "lua that reaches into rpm", false },
};
static regex_t compiled[COUNT(patterns)];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void compile(void)
{
	for (size_t i = 0; i < COUNT(patterns); i++)
		if (regcomp(&compiled[i], patterns[i].regex, REG_EXTENDED | REG_NOSUB))
			regcomp(&compiled[i], "a^",
				REG_EXTENDED |
					REG_NOSUB); /* never matches; a unit test sees to it that this never happens */
}

size_t guard_script_patterns(void)
{
	regex_t r;
	size_t good = 0;

	for (size_t i = 0; i < COUNT(patterns); i++)
		if (regcomp(&r, patterns[i].regex, REG_EXTENDED | REG_NOSUB) == 0) {
			regfree(&r);
			good++;
		}
	return COUNT(patterns) - good;
}

/* One line, its continuation lines joined, NULs as blanks; what is longer than LINE_MOST comes as several. false: no more. */
static bool next_line(const char **at, const char *end, char line[LINE_MOST + 1])
{
	size_t len = 0;

	if (*at == end)
		return false;
	while (*at < end) {
		char c = *(*at)++;

		if (c == '\\' && *at < end && **at == '\n') {
			(*at)++;
			c = ' ';
		}
		if (c == '\n')
			break;
		line[len++] = c ? c : ' ';
		if (len == LINE_MOST)
			break;
	}
	line[len] = 0;
	return true;
}

static void check_line(struct pkg *pkg, const char *where, const char *line, bool is_file, unsigned number)
{
	const char *text = line + strspn(line, " \t");

	if (*text == '#' || *text == 0 || strncmp(text, "-- ", 3) == 0)
		return;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		if (is_file && !patterns[i].in_files)
			continue;
		if (strstr(text, patterns[i].need) == NULL || regexec(&compiled[i], text, 0, NULL, 0))
			continue;
		pkg_warn(pkg, "E_SCRIPT_REVIEW", where, "line %u %s: %.*s", number, patterns[i].why, SHOWN, text);
		return;
	}
}

static void check_text(struct pkg *pkg, const char *where, const char *bytes, size_t len, bool is_file)
{
	const char *at = bytes;
	char line[LINE_MOST + 1];

	pthread_once(&once, compile);
	for (unsigned i = 1; i <= LINES_MOST && next_line(&at, bytes + len, line); i++)
		check_line(pkg, where, line, is_file, i);
}

static const char *const script_names[] = { "configure", "*.m4", "configure.ac", "*.sh", "Makefile.in", "Makefile.am" };

bool guard_is_script_name(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < COUNT(script_names); i++)
		if (fnmatch(script_names[i], name, 0) == 0)
			return true;
	return false;
}

void guard_file_text(struct pkg *pkg, const char *where, const char *bytes, size_t len)
{
	check_text(pkg, where, bytes, len, true);
}

/* Interpreters that every system of that family has; others must at least be somebody's dependency. */
static const char *const interpreters[] = { "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash", "/bin/dash",
	"/usr/bin/dash", "/usr/bin/perl", "/usr/bin/python3", "/usr/libexec/platform-python", "/sbin/ldconfig",
	"/usr/sbin/ldconfig", "<lua>", "/usr/bin/env" };

static void check_interpreter(struct pkg *pkg, const struct script *script)
{
	size_t len = strcspn(script->interpreter, " \t");
	bool is_known = false;

	if (len == 0) {
		pkg_warn(pkg, "E_SCRIPT_REVIEW", script->source, "the script has no interpreter line");
		return;
	}
	for (size_t i = 0; i < COUNT(interpreters); i++)
		is_known = is_known ||
			(strlen(interpreters[i]) == len && memcmp(interpreters[i], script->interpreter, len) == 0);
	if (!is_known)
		pkg_warn(pkg, "E_SCRIPT_REVIEW", script->source, "runs under an unusual interpreter: %s",
			script->interpreter);
	else if (strstr(script->interpreter, " -c"))
		pkg_warn(pkg, "E_SCRIPT_REVIEW", script->source, "the interpreter gets a command as argument: %s",
			script->interpreter);
}

void guard_script(struct pkg *pkg, const struct script *script)
{
	check_interpreter(pkg, script);
	if (script->event == EVENT_TRIGGER)
		pkg_warn(pkg, "E_SCRIPT_REVIEW", script->source, "runs when another package changes: %s",
			script->trigger);
	check_text(pkg, script->source, script->body, script->len, false);
}
