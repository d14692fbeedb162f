/* root_about.c - what a root image holds: its distribution, its package format, how many packages. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include "sandbox/inside.h"
#include "sandbox/launch.h"
#include "sandbox/plans.h"
#include "sandbox/roots.h"
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OS_RELEASE_MAX = 64 << 10, STATUS_MAX = 64 << 20 };

static bool has(int tree, const char *path)
{
	AUTO_FD int fd = open_below(tree, path, O_PATH, 0);

	return fd >= 0;
}

/* The content of a file in the tree, links resolved inside it; NULL: there is none. */
static char *text_of(int tree, const char *path, size_t limit)
{
	AUTO_FD int fd = open_below(tree, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct err ignored = { 0 };
	struct stat st;
	char *text = NULL;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || fs_read_fd(fd, limit, &text, &len, &ignored))
		return NULL;
	return text;
}

/* KEY=value or KEY="value", as os-release(5) says. */
static char *value_of(const char *text, const char *key)
{
	struct slice rest = slice_of(text), line;

	while (slice_cut(&rest, '\n', &line)) {
		size_t len = strlen(key);

		if (line.len <= len || memcmp(line.at, key, len) != 0 || line.at[len] != '=')
			continue;
		const char *at = line.at + len + 1, *end = line.at + line.len;
		if (end - at >= 2 && (*at == '"' || *at == '\'') && end[-1] == *at) {
			at++;
			end--;
		}
		return text_printable(at, (size_t)(end - at), false);
	}
	return mem_strdup("");
}

static void tell_distribution(int tree, json_t *about)
{
	AUTO_FREE char *text = text_of(tree, "/etc/os-release", OS_RELEASE_MAX);

	if (!text)
		text = text_of(tree, "/usr/lib/os-release", OS_RELEASE_MAX);
	AUTO_FREE char *id = text ? value_of(text, "ID") : mem_strdup(""),
		       *version = text ? value_of(text, "VERSION_ID") : mem_strdup(""),
		       *name = text ? value_of(text, "PRETTY_NAME") : mem_strdup("");
	AUTO_FREE char *both = mem_printf("%s%s%s", id, *version ? " " : "", version);

	json_set_str(about, "distribution", both);
	json_set_str(about, "distribution_name", name);
}

static const char *format_of(int tree)
{
	if (has(tree, "/usr/bin/dpkg") && has(tree, "/var/lib/dpkg/status"))
		return "deb";
	return has(tree, "/usr/bin/rpm") || has(tree, "/bin/rpm") ? "rpm" : "";
}

/* What machine its programs are for; "": no shell to tell by. */
static const char *machine_of(int tree)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{ EM_X86_64, "amd64" },
		{ EM_AARCH64, "arm64" },
		{ EM_386, "386" },
		{ EM_ARM, "arm" },
		{ EM_PPC64, "ppc64le" },
		{ EM_S390, "s390x" },
		{ EM_RISCV, "riscv64" },
	};
	AUTO_FD int fd = open_below(tree, "/bin/sh", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	unsigned char head[20];

	if (fd < 0 || pread(fd, head, sizeof head, 0) != sizeof head || memcmp(head, ELFMAG, SELFMAG) != 0)
		return "";
	unsigned machine = head[EI_DATA] == ELFDATA2MSB ? head[18] << 8 | head[19] : head[19] << 8 | head[18];
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "";
}

static int64_t count_debs(int tree)
{
	static const char installed[] = "\nStatus: install ok installed\n";
	AUTO_FREE char *text = text_of(tree, "/var/lib/dpkg/status", STATUS_MAX);
	int64_t count = 0;

	for (const char *at = text ? strstr(text, installed) : NULL; at; at = strstr(at + 1, installed))
		count++;
	return count;
}

/* rpm's database has had four forms: the root's own rpm knows its own. */
static int count_rpms(const char *path, int64_t *ret, struct err *e)
{
	static const char *const query[] = { "rpm", "-qa", "--qf", ".", NULL };
	struct root root = { .tree = (char *)path };
	const struct plan_inputs none = { 0 };
	const struct test_limits limits = { 0 };
	struct command_result r = { 0 };
	AUTO_SANDBOX *sandbox = NULL;
	unsigned missing;
	struct plan plan;
	int rc;

	plan_for_test(&root, &none, &limits, &plan);
	rc = sandbox_start(&plan, &sandbox, &missing, e) || sandbox_run(sandbox, query, 60, &r, e) ? -1 : 0;
	if (rc == 0 && r.exit != 0)
		rc = err_env(e, "rpm -qa: exit %d: %.200s", r.exit, r.output);
	if (rc == 0)
		*ret = (int64_t)r.len;
	command_result_done(&r);
	sandbox_stop(sandbox);
	sandbox = NULL;
	plan_done(&plan);
	return rc;
}

int root_examine(const char *path, json_t *about, const struct events *ev, struct err *e)
{
	AUTO_FD int tree = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err why = { 0 };
	const char *format;
	int64_t packages = 0;

	if (tree < 0)
		return err_sys(e, "%s", path);
	if (!has(tree, "/usr") && !has(tree, "/bin")) {
		err_input(e, "E_STRUCTURE", "it holds no system: there is neither /usr nor /bin");
		return err_hint(e, "pack a system from inside its root folder: tar -C FOLDER -cf FILE .");
	}
	format = format_of(tree);
	if (strcmp(format, "deb") == 0)
		packages = count_debs(tree);
	else if (strcmp(format, "rpm") == 0 && count_rpms(path, &packages, &why))
		event_log(ev, EVENT_WARNING, "the packages of the root could not be counted: %s", why.text);
	else if (!*format)
		event_log(ev, EVENT_WARNING, "the root has neither dpkg nor rpm: no package can be tried on it");
	json_set_str(about, "format", format);
	json_object_set_new(about, "packages", json_integer(packages));
	json_set_str(about, "architecture", machine_of(tree));
	tell_distribution(tree, about);
	return 0;
}
