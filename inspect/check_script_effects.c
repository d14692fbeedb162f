/* check_script_effects.c - what scripts did to the system in the test, old against new. Effects, not text: nine of ten upgrades change a script's
 * text, few change what it does.
 *
 * Facts: of the model "own": texts of 8 hex digits a path (the package's files, so that they are no effects), "own_more": how many are missing;
 * of the report "programs": {"path"}, "talks": {"path": "host:port", "by"}, "files": {"path", "kind"}. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/reports.h"
#include <stdio.h>
#include <string.h>

enum { OWN_MAX = 20000, DIGITS = 8, FOLDER_FEW = 3 };

/* ---- the package's own files */
static void digits_of(const char *path, char ret[DIGITS + 1])
{
	AUTO_FREE char *merged = fact_key(path);
	uint32_t h = 2166136261u;

	for (const char *at = merged; *at; at++)
		h = (h ^ (unsigned char)*at) * 16777619u;
	snprintf(ret, DIGITS + 1, "%08x", h);
}

static json_t *collect(const struct pkg *pkg)
{
	struct text own = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < pkg->entries.len; i++) {
		char digits[DIGITS + 1];

		if (pkg->entries.at[i].type == ENTRY_DIR || count++ >= OWN_MAX)
			continue;
		digits_of(pkg->entries.at[i].path, digits);
		text_bytes(&own, digits, DIGITS);
	}
	AUTO_FREE char *all = text_take(&own);
	return json_pack("{s:[s], s:I}", "own", all, "own_more", (json_int_t)(count > OWN_MAX ? count - OWN_MAX : 0));
}

/* {digits: true} of every package of the update. */
static json_t *own_index(const json_t *facts)
{
	json_t *index = json_object(), *one;
	size_t i;

	json_array_foreach(json_list(facts, "own"), i, one) {
		const char *at = json_is_string(one) ? json_string_value(one) : "";

		for (; strlen(at) >= DIGITS; at += DIGITS) {
			char digits[DIGITS + 1];

			snprintf(digits, sizeof digits, "%.*s", DIGITS, at);
			json_object_set_new(index, digits, json_true());
		}
	}
	return index;
}

static bool is_own(const json_t *index, const char *path)
{
	char digits[DIGITS + 1];

	digits_of(path, digits);
	return json_object_get(index, digits) != NULL;
}

/* ---- programs */
/* Every shell script is made of these; they say nothing. */
static const char *const ordinary[] = { "[", "awk", "basename", "bash", "cat", "chgrp", "chmod", "chown", "cmp", "comm",
	"cp", "cut", "dash", "date", "deb-systemd-helper", "deb-systemd-invoke", "debconf", "debconf-communicate",
	"dirname", "dpkg", "dpkg-divert", "dpkg-maintscript-helper", "dpkg-query", "dpkg-statoverride", "dpkg-trigger",
	"echo", "egrep", "env", "expr", "false", "fgrep", "find", "frontend", "gawk", "getent", "getopt", "grep",
	"groupadd", "head", "hostname", "id", "install", "invoke-rc.d", "ldconfig", "ldconfig.real", "ln", "locale",
	"logger", "ls", "mawk", "md5sum", "mkdir", "mktemp", "mv", "nice", "perl", "pidof", "policy-rc.d", "printf",
	"ps", "pwd", "readlink", "realpath", "rm", "rmdir", "rpm", "run-parts", "runlevel", "sed", "seq", "service",
	"sh", "sha256sum", "sleep", "sort", "start-stop-daemon", "stat", "systemctl", "systemd-sysusers",
	"systemd-tmpfiles", "tail", "tempfile", "test", "touch", "tr", "true", "ucf", "ucfr", "uname", "uniq",
	"update-alternatives", "update-rc.d", "wc", "which", "which.debianutils", "xargs", "adduser", "addgroup",
	"useradd", "usermod", "deluser", "userdel", "groupdel", "delgroup", "tty", "stty", "whiptail", "py3compile",
	"py3clean", "dpkg-realpath", "chkconfig", "systemd-detect-virt", "journalctl", "flock", "tput", "file", "od",
	"gzip", "zcat", "tar", "cpio", "savelog", "update-mime-database", "gtk-update-icon-cache",
	"update-desktop-database", "install-info", "update-info-dir", "glib-compile-schemas", "fc-cache", "mandb",
	"catman", "dbus-send", "udevadm", "kill", "pkill", "killall", "pgrep" };
static const struct kind {
	const char *does;
	const char *names[14];
} kinds[] = {
	{ "fetches or sends something over the network",
		{ "curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "ftp", "tftp", "telnet",
			"rsync", "git" } },
	{ "installs other software by itself",
		{ "apt", "apt-get", "dnf", "yum", "zypper", "pip", "pip3", "npm", "gem", "cpan", "snap", "flatpak",
			"docker", "podman" } },
	{ "changes the firewall",
		{ "iptables", "ip6tables", "iptables-restore", "nft", "ufw", "firewall-cmd", "ipset",
			"xtables-nft-multi" } },
	{ "changes what protects the system",
		{ "setenforce", "semodule", "setsebool", "semanage", "aa-disable", "aa-complain", "apparmor_parser",
			"auditctl", "update-ca-certificates", "update-ca-trust", "chattr", "setcap" } },
	{ "changes the kernel or how it starts",
		{ "sysctl", "modprobe", "insmod", "rmmod", "depmod", "update-grub", "grub-install", "grub-mkconfig",
			"dkms", "update-initramfs", "dracut", "kexec" } },
	{ "plans work for later", { "crontab", "at", "batch", "systemd-run", "nohup", "setsid", "screen", "tmux" } },
	{ "acts as somebody else", { "su", "sudo", "runuser", "chroot", "nsenter", "unshare", "setpriv" } },
	{ "decodes or builds what it then runs",
		{ "base64", "openssl", "xxd", "gcc", "cc", "make", "ld", "as", "python", "python3", "gpg" } },
	{ "mounts something or changes a disk",
		{ "mount", "umount", "mkfs", "mkfs.ext4", "fdisk", "parted", "dd", "losetup", "swapon", "swapoff",
			"cryptsetup" } },
};

static bool is_ordinary(const char *name)
{
	for (size_t i = 0; i < COUNT(ordinary); i++)
		if (strcmp(ordinary[i], name) == 0)
			return true;
	return false;
}

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		for (size_t k = 0; k < COUNT(kinds[i].names) && kinds[i].names[k]; k++)
			if (strcmp(kinds[i].names[k], name) == 0)
				return &kinds[i];
	return NULL;
}

/* "perl5.36", "python3.11" are perl and python3. */
static char *program_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strchr(name, '.');
	size_t len = strlen(name);

	if (dot && dot > name && dot[1] >= '0' && dot[1] <= '9')
		len = (size_t)(dot - name);
	if (strncmp(name, "perl", 4) == 0 && dot)
		len = 4;
	return mem_printf("%.*s", (int)len, name);
}

/* The package managers' own copies of the scripts, and what lies where things are made up anew. */
static bool is_passing(const char *path)
{
	static const char *const places[] = { "/var/lib/dpkg/**", "/var/tmp/**", "/tmp/**", "/run/**", "/proc/**",
		"/dev/**" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (text_glob(places[i], path))
			return true;
	return *path != '/';
}

/* ---- facts of a scenario */
static void note_programs(struct noted *n, const json_t *calls, const json_t *own)
{
	size_t i;
	json_t *call, *item;

	json_array_foreach(calls, i, call) {
		const char *path = json_text(call, "what");
		AUTO_FREE char *name = program_name(path);

		if (strcmp(json_text(call, "kind"), "exec") != 0 || is_passing(path) || is_own(own, path) ||
			is_ordinary(name))
			continue;
		item = json_object();
		note_text(item, "path", name);
		note_add(n, "programs", item);
	}
}

static void note_talks(struct noted *n, const json_t *scenario)
{
	size_t i;
	json_t *talk, *item;

	json_array_foreach(json_list(scenario, "network"), i, talk) {
		AUTO_FREE char *host = talk_host(talk);
		AUTO_FREE char *place = mem_printf("%s:%lld", host, (long long)json_int(talk, "port"));

		if (!*host || *json_text(talk, "of") || strcmp(json_text(talk, "protocol"), "dns") == 0)
			continue;
		item = json_object();
		note_text(item, "path", place);
		json_set_str(item, "by", talk_is_of_script(talk) ? "script" : "service");
		note_add(n, "talks", item);
	}
}

/* What differs each time, or what other checks and the system's own tools stand for. */
static bool is_litter(const char *path)
{
	static const char *const places[] = { "/tmp/**", "/var/tmp/**", "/run/**", "/var/run/**", "/var/cache/**",
		"/var/log/**", "/dev/**", "/proc/**", "/sys/**", "**/__pycache__/**", "**.pyc", "**.pyo",
		"/usr/share/mime/**", "/usr/share/icons/**.cache", "/usr/share/**/mimeinfo.cache",
		"**/gschemas.compiled", "**/giomodule.cache", "/usr/share/info/dir**", "/etc/alternatives/*",
		"/var/lib/dpkg/**", "/var/lib/rpm/**", "/etc/rc?.d/*", "/etc/rcS.d/*", "/etc/systemd/system/**",
		"/var/lib/systemd/**", "/etc/ld.so.cache", "/etc/.pwd.lock", "/var/lib/ucf/**", "/etc/.updated",
		"/var/.updated", "/etc/passwd**", "/etc/group**", "/etc/shadow**", "/etc/gshadow**", "/etc/subuid**",
		"/etc/subgid**", "/usr/lib/locale/**", "/var/lib/pam/**", "/var/lib/apt/**",
		"/usr/local/lib/python*/**", "/var/lib/python/**", "/etc/machine-id", "/var/spool/mail/**",
		"/var/mail/**", "/**.dpkg-*", "/**.rpmnew", "/**.rpmsave", "/**.ucf-*" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (text_glob(places[i], path))
			return true;
	return false;
}

static void note_files(struct noted *n, const json_t *scenario, const json_t *own)
{
	bool is_known = json_int(n->own, "own_more") == 0;
	size_t i;
	json_t *entry, *item;

	json_array_foreach(json_list(scenario, "entries"), i, entry) {
		const char *path = json_text(entry, "path"), *kind = json_text(entry, "kind");

		if (strcmp(json_text(entry, "type"), "dir") == 0 || *path != '/' || is_litter(path) ||
			is_own(own, path) || (!is_known && strcmp(kind, "added") == 0))
			continue;
		AUTO_FREE char *steady = path_steady(path);
		item = json_object();
		note_text(item, "path", steady);
		note_text(item, "kind", kind);
		note_add(n, "files", item);
	}
}

static void note(struct noted *n, const json_t *scenario)
{
	static const char *const told[] = { "install", "upgrade", "remove", "purge" };
	AUTO_JSON *own = own_index(n->own);
	const char *name = json_text(scenario, "name");
	size_t i;
	json_t *script;
	bool is_told = false;

	for (i = 0; i < COUNT(told); i++)
		is_told = is_told || strcmp(told[i], name) == 0;
	if (!is_told) /* failures are provoked in the others */
		return;
	json_array_foreach(json_list(scenario, "scripts"), i, script)
		note_programs(n, json_list(script, "calls"), own);
	note_talks(n, scenario);
	note_cut(n, scenario, "calls-dropped", "programs");
	note_cut(n, scenario, "talks-dropped", "talks");
	if (strcmp(name, "install") != 0)
		return;
	note_files(n, scenario, own);
	if (json_int(n->own, "own_more") == 0) /* else it is the package's own files that are too many */
		note_cut(n, scenario, "changes-cut", "files");
}

static json_t *observe(const json_t *report, const json_t *own)
{
	static const char *const lists[] = { "programs", "talks", "files", NULL };

	return report_facts(report, own, lists, note);
}

/* ---- old against new */
static json_t *index_of(const json_t *items, const char *more)
{
	json_t *index = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item) {
		AUTO_FREE char *key = mem_printf("%s %s", json_text(item, more), fact_path(item));

		json_object_set_new(index, key, json_true());
	}
	return index;
}

static bool is_new(json_t *known, const json_t *item, const char *more)
{
	AUTO_FREE char *key = mem_printf("%s %s", json_text(item, more), fact_path(item));

	if (json_object_get(known, key))
		return false;
	json_object_set_new(known, key, json_true());
	return true;
}

static void compare_programs(struct compare *c, const json_t *old, const json_t *new)
{
	AUTO_JSON *known = index_of(fact_items(old, "programs"), "");
	size_t i;
	json_t *item;

	json_array_foreach(fact_items(new, "programs"), i, item) {
		const char *name = fact_path(item);
		const struct kind *kind = kind_of(name);

		if (!is_new(known, item, ""))
			continue;
		finding_add(c, kind ? SEVERITY_MEDIUM : SEVERITY_LOW, name, "", name,
			kind ? arena_printf(c->arena,
				       "While it is installed or removed the new version runs %s, which %s; the old "
				       "version's "
				       "scripts did not.",
				       name, kind->does)
			     : arena_printf(c->arena,
				       "While it is installed or removed the new version runs %s, which the old "
				       "version's scripts "
				       "did not.",
				       name),
			"Read what the scripts do with it (the test's report shows its arguments); leave a script out "
			"in the recipe "
			"where it is not wanted.");
	}
}

static void compare_talks(struct compare *c, const json_t *old, const json_t *new)
{
	AUTO_JSON *known = index_of(fact_items(old, "talks"), "by");
	size_t i;
	json_t *item;

	json_array_foreach(fact_items(new, "talks"), i, item) {
		bool by_script = strcmp(json_text(item, "by"), "script") == 0;
		const char *place = fact_path(item);

		if (!is_new(known, item, "by"))
			continue;
		finding_add(c, by_script ? SEVERITY_MEDIUM : SEVERITY_LOW, place, "",
			by_script ? "a script" : "the program",
			arena_printf(c->arena,
				by_script ? "While it is installed or removed the new version calls %s, which the old "
					    "version's scripts "
					    "did not: what comes from there was examined by nobody."
					  : "The new version calls %s, which the old version did not in the test.",
				place),
			"Ask the vendor what it says to whom, and whether it can be switched off.");
	}
}

/* Where a change touches everybody, and where it is the program's own data. */
static enum severity weight_of(const char *path)
{
	static const char *const data[] = { "/var/**", "/srv/**" };

	for (size_t i = 0; i < COUNT(data); i++)
		if (text_glob(data[i], path))
			return SEVERITY_LOW;
	return SEVERITY_MEDIUM;
}

static char *folder_of(const json_t *item)
{
	const char *path = fact_path(item), *slash = strrchr(path, '/');

	return mem_printf("%s %.*s", json_text(item, "kind"), slash ? (int)(slash - path) : 0, path);
}

/* How many new ones lie in each folder: a script that unpacks an archive is one finding, not three thousand. */
static json_t *folders_of(const json_t *items, const json_t *known)
{
	json_t *folders = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item) {
		AUTO_FREE char *folder = folder_of(item);
		AUTO_FREE char *key = mem_printf("%s %s", json_text(item, "kind"), fact_path(item));

		if (!json_object_get(known, key))
			json_object_set_new(folders, folder, json_integer(json_int(folders, folder) + 1));
	}
	return folders;
}

static void tell_file(struct compare *c, const char *path, const char *kind, int64_t count)
{
	static const char *const verbs[][2] = { { "added", "makes" }, { "changed", "changes" },
		{ "removed", "takes away" } };
	const char *verb = "touches", *what = path;

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strcmp(verbs[i][0], kind) == 0)
			verb = verbs[i][1];
	if (count > 1)
		what = arena_printf(c->arena, "%lld files such as %s", (long long)count, path);
	finding_add(c, weight_of(path), path, "", kind,
		arena_printf(c->arena,
			"When it is installed the new version %s %s, which is no file of the package and which the old "
			"version left "
			"alone.",
			verb, what),
		"Read what the script is after (the test's report shows the change); what the package needs should be "
		"a file of it.");
}

static void compare_files(struct compare *c, const json_t *old, const json_t *new)
{
	const json_t *items = fact_items(new, "files");
	AUTO_JSON *known = index_of(fact_items(old, "files"), "kind");
	AUTO_JSON *folders = folders_of(items, known), *told = json_object();
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item) {
		AUTO_FREE char *folder = folder_of(item);
		int64_t count = json_int(folders, folder);

		if (!is_new(known, item, "kind") || json_object_get(told, folder))
			continue;
		if (count > FOLDER_FEW)
			json_object_set_new(told, folder, json_true());
		tell_file(c, fact_path(item), json_text(item, "kind"), count > FOLDER_FEW ? count : 1);
	}
}

static void compare(struct compare *c)
{
	static const char *const lists[] = { "programs", "talks", "files" };
	const json_t *old, *new;

	if (!fact_reports(c, &old, &new))
		return;
	compare_programs(c, old, new);
	compare_talks(c, old, new);
	compare_files(c, old, new);
	for (size_t i = 0; i < COUNT(lists); i++)
		fact_tell_cut_in(c, "report", lists[i]);
}

const struct check check_script_effects = {
	.id = "script-effects",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "What the package's scripts did in the test, old against new: programs they ran, names they called, "
		 "files outside of the package "
		 "that they made, changed or took away.",
	.why = "Scripts run as the administrator. Their text changes with nearly every version, what they do hardly "
	       "ever; so what counts is what was "
	       "seen: each program that was started, each connection, each file that is no part of the package. The "
	       "usual helpers of scripts "
	       "(sed, grep, systemctl and the like), caches, links of services and names that are made up each time "
	       "are left out. The test's "
	       "report shows the calls with their arguments. Known false alarms: state that a daemon writes at its "
	       "first start; a tool "
	       "that took another's place.",
	.collect = collect,
	.observe = observe,
	.compare = compare,
};
