/* root_debian.c - a Debian system as a tar file, by mmdebstrap, from where this machine gets its own packages. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/text.h"
#include "sandbox/roots.h"
#include "sandbox/users.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

enum { CREATE_SECONDS = 1800 };

/* What tests need inside, beyond the smallest system: rpm itself, users, file capabilities, and what starts services: init scripts, and
 * systemd for units (profile.h). */
static const char included[] = "--include=apt,rpm,passwd,adduser,libcap2-bin,init-system-helpers,sysvinit-utils,procps,"
			       "systemd,systemd-sysv,dbus";

/* The machine's own package sources that serve Debian: no mirror is written down here. */
static char *machine_sources(const char *suite)
{
	static const char dir[] = "/etc/apt/sources.list.d";
	struct text all = { 0 };
	struct err ignored = { 0 };
	DIR *d = opendir(dir);
	AUTO_FREE char *list = NULL;
	size_t len = 0;

	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		AUTO_FREE char *path = fs_join(dir, entry->d_name), *text = NULL;

		if (!text_ends(entry->d_name, ".sources") || fs_read_file(path, MIB(1), &text, &len, &ignored))
			continue;
		if (strstr(text, "debian-archive-keyring") && strstr(text, suite))
			text_add(&all, "%s\n", text);
	}
	if (d)
		closedir(d);
	if (all.len == 0 && fs_read_file("/etc/apt/sources.list", MIB(1), &list, &len, &ignored) == 0 &&
		strstr(list, suite))
		text_add(&all, "%s\n", list);
	return all.len ? text_take(&all) : NULL;
}

/* Where Debian's own packages come from on this machine, for a release that it does not use itself; NULL: unknown. */
static char *machine_mirror(void)
{
	AUTO_FREE char *own = machine_sources("");
	struct slice rest = slice_of(own ? own : ""), line;

	while (slice_cut(&rest, '\n', &line)) {
		AUTO_FREE char *text = mem_printf("%.*s", (int)line.len, line.at);
		char *uri = strstr(text, "http");

		if (!uri || text[0] == '#' || strstr(text, "security") ||
			!(text_starts(text, "URIs:") || text_starts(text, "deb ")))
			continue;
		uri[strcspn(uri, " \t")] = '\0';
		return mem_strdup(uri);
	}
	return NULL;
}

static int write_sources(const char *dir, const char *sources, char **ret_path, struct err *e)
{
	char *path = fs_join(dir, strstr(sources, "Types:") ? "machine.sources" : "machine.list");

	if (fs_write_file(path, sources, strlen(sources), 0644, e)) {
		free(path);
		return -1;
	}
	*ret_path = path;
	return 0;
}

static int explain(const char *suite, const struct proc_result *r, struct err *e)
{
	const char *said = r->errors ? r->errors : "";
	size_t len = strlen(said);

	if (strstr(said, "does not have a Release file") || strstr(said, "404")) {
		err_usage(e, "there is no Debian release '%s' where this machine gets its packages", suite);
		return err_hint(e, "releases are named like bookworm or trixie");
	}
	if (strstr(said, "No space left") || strstr(said, "You don't have enough free space"))
		return err_env(e, "the disk is full");
	return err_env(e, "mmdebstrap failed (%d)%s: %.600s", r->exit, r->is_timeout ? ", out of time" : "",
		len > 600 ? said + len - 600 : said);
}

/* It works in a folder of ours, which a later process clears when this one is killed; then mmdebstrap is ended, too. */
static int run(const char *suite, const char *archive, const char *dir, const char *from, struct err *e)
{
	AUTO_FREE char *temporary = mem_printf("TMPDIR=%s", dir);
	const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8", "HOME=/dev/null", users_is_root() ? temporary : NULL, NULL };
	const char *argv[16] = { "setpriv", "--pdeathsig", "TERM" };
	size_t len = proc_has("setpriv") && proc_has("mmdebstrap") ? 3 : 0;
	const char *const words[] = { "mmdebstrap", users_is_root() ? "--mode=root" : "--mode=unshare",
		"--variant=minbase", "--format=tar", "--skip=output/mknod", included, suite, archive, from, NULL };
	struct proc p = { .argv = argv, .env = env, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = CREATE_SECONDS };
	struct proc_result r = { 0 };

	memcpy(argv + len, words, sizeof words);
	if (proc_run(&p, &r, e))
		return -1;
	int rc = r.exit == 0 ? 0 : explain(suite, &r, e);
	proc_result_done(&r);
	return rc;
}

int root_from_debian(const char *suite, const char *archive, const struct events *ev, struct err *e)
{
	AUTO_FREE char *sources = machine_sources(suite), *mirror = sources ? NULL : machine_mirror(), *file = NULL,
		       *dir = NULL;
	struct err ignored = { 0 };

	if (fs_temp_dir("root", &dir, e))
		return -1;
	if (chmod(dir, 0755)) /* apt's own user fetches there */
		return err_sys(e, "%s", dir);
	event_log(ev, EVENT_INFO, "building Debian %s from %s", suite,
		sources          ? "this machine's package sources"
			: mirror ? mirror
				 : "the default mirror");
	int rc = sources ? write_sources(dir, sources, &file, e) : 0;
	if (rc == 0)
		rc = run(suite, archive, dir, file ? file : mirror, e);
	fs_remove_tree(dir, &ignored);
	return rc;
}
