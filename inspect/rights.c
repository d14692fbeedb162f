/* rights.c - the table of lines that give rights or guard them, and the few forms of files of which a line alone says too little. */
#include "inspect/rights.h"
#include "base/text.h"
#include "inspect/fact.h"
#include "inspect/shell_words.h"
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_ = 1024, SHOWN_MAX = 160, WORDS = 8, PATTERN_MAX = 128 };
enum flag {
	GUARD = 1,      /* such a line protects; else it is a weakness */
	KNOWN_FILE = 2, /* weak only where it was not so: the file was there before */
	BY_PATTERN = 4, /* two lines of a file that the same pattern fits are one */
	CHANGED = 8,    /* weak only against a stronger word on the same subject */
	ANYWHERE = 16   /* in every configuration and shell script */
};
static const struct right {
	const char *id, *places, *pattern, *unless;
	unsigned flags;
	const char *means;
} rights[] = {
	{ "sudo-all", "/etc/sudoers|/etc/sudoers.d/*", "* *=*ALL|* *=*ALL #*",
		"root *|%sudo *|%wheel *|%admin *|Defaults*|User_Alias *|Runas_Alias *|Host_Alias *|Cmnd_Alias *", 0,
		"somebody may do all that the administrator may" },
	{ "sudo-free", "/etc/sudoers|/etc/sudoers.d/*", "*NOPASSWD*|*!authenticate*", NULL, 0,
		"somebody acts as the administrator without giving a password" },
	{ "sudo-open", "/etc/sudoers|/etc/sudoers.d/*",
		"Defaults*!use_pty*|Defaults*!env_reset*|Defaults*timestamp_timeout*=*-*|Defaults*!syslog*|"
		"Defaults*!logfile*|Defaults* visiblepw*|Defaults*!log_*|Defaults*env_keep*LD_*|Defaults*!secure_path*",
		NULL, BY_PATTERN, "what guards the administrator's commands is switched off" },
	{ "doas", "/etc/doas.conf", "permit*nopass*", NULL, 0,
		"somebody acts as the administrator without giving a password" },
	{ "polkit", "/etc/polkit-1/*|/usr/share/polkit-1/rules.d/*|/var/lib/polkit-1/*",
		"*Result.YES*|*ResultAny=yes*|*ResultInactive=yes*|*ResultActive=yes*", NULL, 0,
		"somebody does administrators' work without giving a password" },
	{ "polkit-action", "/usr/share/polkit-1/actions/*", NULL, NULL, CHANGED,
		"fewer questions are asked before administrators' work is done" },
	{ "pam-open", "/etc/pam.d/*|/usr/share/pam-configs/*|/usr/lib/pam.d/*",
		"auth*sufficient*pam_permit.so*|auth*pam_rhosts*|*nullok*|*pam_unix.so* md5*|*pam_unix.so*bigcrypt*|"
		"*pam_unix.so*nis*",
		NULL, BY_PATTERN, "people log in with less than a good password" },
	{ "pam-guard", "/etc/pam.d/*|/usr/lib/pam.d/*",
		"*pam_faillock.so*|*pam_tally2.so*|*pam_pwquality.so*|*pam_cracklib.so*|*pam_passwdqc.so*|*pam_wheel."
		"so*|"
		"*pam_access.so*|*pam_nologin.so*|*pam_google_authenticator.so*|*pam_u2f.so*|*pam_oath.so*|*pam_duo.so*"
		"|"
		"*pam_securetty.so*|*pam_deny.so*",
		NULL, GUARD | BY_PATTERN, "not everybody gets in who tries long enough" },
	{ "cron-user", "/etc/cron.d/*|/etc/crontab", NULL, NULL, CHANGED, "the command runs as the administrator" },
	{ "dbus-own", "/etc/dbus-1/*|/usr/share/dbus-1/system.d/*", NULL, NULL, 0,
		"every program may pretend to be that service" },
	{ "dbus-allow", "/etc/dbus-1/*|/usr/share/dbus-1/system.d/*", NULL, NULL, CHANGED,
		"everybody on the machine may do what was refused" },
	{ "device", "/etc/udev/rules.d/*|/usr/lib/udev/rules.d/*", "*MODE*\"0666\"*|*MODE*\"666\"*|*MODE*\"0777\"*",
		NULL, KNOWN_FILE, "everybody on the machine may use the device" },
	{ "apparmor", "/etc/apparmor.d/*", "*flags=(*complain*)*|*flags=(*unconfined*)*|/\\*\\* *w*,|file,|capability,",
		NULL, KNOWN_FILE | BY_PATTERN, "AppArmor no longer confines the program" },
	{ "audit-off", "/etc/audit/*", "-e 0", NULL, 0, "nothing is recorded" },
	{ "audit-rule", "/etc/audit/*", "-w *|-a *", NULL, GUARD, "what is done there is recorded" },
	{ "log", "/etc/rsyslog*", "*auth*.* *|*@@*|*StreamDriverMode=\"1\"*|*DefaultNetstreamDriver *", "*auth*none*",
		GUARD | BY_PATTERN, "what happens on the machine is written down, and sent encrypted" },
	{ "boot", "/etc/default/grub*|/etc/kernel/cmdline*",
		"*mitigations=off*|*apparmor=0*|*selinux=0*|*enforcing=0*|*nokaslr*|*audit=0*|*nopti*|*spectre_v2=off*|"
		"*module.sig_enforce=0*|*lockdown=none*|*init=/bin/*sh*",
		NULL, BY_PATTERN, "the kernel starts without what protects it" },
	{ "loader", "/etc/ld.so.conf|/etc/ld.so.conf.d/*", "/tmp*|/var/tmp*|/dev/shm*|/home/*|[!/i#]*", NULL, 0,
		"programs take libraries from where others may put them" },
	{ "hosts-allow", "/etc/hosts.allow", "ALL*:*ALL*", NULL, 0, "every machine may reach every service" },
	{ "hosts-deny", "/etc/hosts.deny", "ALL*:*", NULL, GUARD, "services are closed to who is not named" },
	{ "exports", "/etc/exports|/etc/exports.d/*", "*no_root_squash*|* \\*(*rw*|*insecure*", NULL, 0,
		"other machines change files as the administrator, or without being named" },
	{ "redirect", "/etc/nginx/*|/etc/apache2/*|/etc/httpd/*|/etc/haproxy/*|/etc/lighttpd/*|/etc/caddy/*",
		"*return 30? https://*|*redirect scheme https*|Redirect* https://*|RewriteRule* https://*", NULL,
		GUARD | BY_PATTERN, "visitors come encrypted" },
	{ "web-guard", "/etc/nginx/*|/etc/apache2/*|/etc/httpd/*",
		"deny all;|*{ deny all; }*|Require valid-user*|Require ip *|Require local*|AuthType *", NULL,
		GUARD | BY_PATTERN, "not everybody gets at it" },
	{ "open-login", "/etc/dovecot/*|/etc/redis/*|/etc/valkey/*|/etc/snmp/*",
		"*nopassword=*|user * on *nopass*|rocommunity *|rwcommunity *", NULL, 0,
		"somebody gets in without a password" },
	{ "directory", "/etc/ldap/*|/etc/openldap/*", "*userPassword*by \\* read*|*userPassword*by \\* write*", NULL, 0,
		"everybody reads or changes the passwords of the directory" },
	{ "names", "/etc/bind/*|/etc/named*",
		"*allow-recursion*any;*|*allow-transfer*any;*|*allow-query-cache*any;*|*allow-update*any;*", NULL, 0,
		"every machine may use or change this name server" },
	{ "time", "/etc/chrony*", "server * nts*|pool * nts*", NULL, GUARD | BY_PATTERN,
		"the time comes from who it should" },
	{ "proxy-guard", "/etc/haproxy/*", "stats auth *|*http-request auth*|*http-request deny*", NULL,
		GUARD | BY_PATTERN, "not everybody gets at it" },
	{ "renamed", "/etc/redis/*|/etc/valkey/*", "rename-command *", NULL, GUARD | BY_PATTERN,
		"a dangerous command is closed to those who can reach the server" },
	{ "database-guard", "/etc/mysql/*|/etc/my.cnf*|/etc/postgresql/*",
		"*validate_password*|*server_audit*|*audit_log*|shared_preload_libraries*pgaudit*|"
		"shared_preload_libraries*passwordcheck*",
		NULL, GUARD | BY_PATTERN, "passwords are hard to guess, and what is done is recorded" },
	{ "core-files", "/etc/security/limits.conf|/etc/security/limits.d/*", "* hard core 0", NULL, GUARD,
		"memory with secrets in it is not written to files" },
	{ "directory-open", "/etc/ldap/*|/etc/openldap/*",
		"access to \\* by \\* write*|*by \\* manage*|*by anonymous write*", NULL, 0,
		"everybody reads or changes the directory" },
	{ "login-clear", "/etc/exim4/*|/etc/exim/*", "auth_advertise_hosts = \\*", NULL, 0,
		"passwords are taken over connections that are not encrypted" },
	{ "site-clear", "/etc/caddy/*", "http://* {", NULL, KNOWN_FILE, "visitors come without encryption" },
	{ "mount", "/etc/fstab", NULL, NULL, GUARD, "nothing on that file system gives rights or is run" },
	{ "too-long", "", NULL, NULL, 0, "nobody can say what the file gives away: the line is too long to be read" },
	{ "debugger", "",
		"*-agentlib:jdwp*|*-Xrunjdwp*|*node*--inspect*|*NODE_OPTIONS*--inspect*|*jmxremote.authenticate=false*|"
		"*jmxremote.ssl=false*|*-m debugpy*|*gdbserver *|*FLASK_DEBUG=[1tT]*|*FLASK_ENV=dev*|"
		"*remote-debugging-port*|*RAILS_ENV=dev*|*DJANGO_DEBUG=[1tT]*",
		NULL, BY_PATTERN | ANYWHERE,
		"a debugger or an operator's console is open, and with it the program and its data" },
	{ "runtime", "",
		"*node*--tls-min-v1.[01]*|*NODE_OPTIONS*--tls-min-v1.[01]*|*node*--tls-max-v1.[01]*|"
		"*jdk.tls.client.protocols=*TLSv1[, ]*|*https.protocols=*TLSv1[, ]*|*jdk.tls.client.protocols=SSL*|"
		"*disableHostnameVerification=true*|*checkRevocation=false*|*allowUnsafeRenegotiation=true*|"
		"*dockerd*-H*tcp://0.0.0.0*|*dockerd*-H*tcp://:*|*OPENSSL_CONF=/dev/null*|*SSL_CERT_FILE=/tmp*|"
		"*SSL_CERT_DIR=/tmp*|*disableEndpointIdentification=true*|*ssl.trustStore=/dev/null*|"
		"*GODEBUG=*tls10server=1*|*GODEBUG=*tlsrsakex=1*|*GODEBUG=*tls3des=1*|*GODEBUG=*x509sha1=1*|"
		"*GODEBUG=*x509ignoreCN=0*|*jdk.internal.httpclient.disableHostnameVerification*",
		NULL, BY_PATTERN | ANYWHERE, "what is sent can be read, or the other side is not checked" },
};

/* What is known while a file is read. */
struct reading {
	json_t *facts;
	const char *path;  /* as it stands in the facts */
	char subject[256]; /* XML: the action that is described */
	bool is_default;   /* D-Bus: what follows is for everybody */
};

static const struct right *right_named(const char *id)
{
	for (size_t i = 0; i < COUNT(rights); i++)
		if (strcmp(rights[i].id, id) == 0)
			return &rights[i];
	return NULL;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add(struct reading *r, const struct right *right, const char *subject, int rank, const char *text)
{
	json_t *item = fact_add(fact_list_at(r->facts, "lines"));
	AUTO_FREE char *key = fact_short(subject, LINE_MAX_), *shown = fact_short(text, SHOWN_MAX);

	if (item == NULL)
		return;
	json_set_str(item, "path", r->path);
	json_set_str(item, "rule", right->id);
	json_set_str(item, "subject", key);
	json_object_set_new(item, "rank", json_integer(rank));
	json_set_str(item, "text", shown);
}

/* ---- lines by the table */

/* The first of the patterns that fits. */
static bool pattern_of(const char *patterns, const char *line, char ret[PATTERN_MAX])
{
	while (*patterns) {
		size_t len = strcspn(patterns, "|");

		snprintf(ret, PATTERN_MAX, "%.*s", (int)len, patterns);
		if (len < PATTERN_MAX && fnmatch(ret, line, FNM_CASEFOLD) == 0)
			return true;
		patterns += len + (patterns[len] == '|');
	}
	return false;
}

static void take_line(struct reading *r, const struct right *right, const char *line)
{
	char pattern[PATTERN_MAX];

	if (right->pattern == NULL || !pattern_of(right->pattern, line, pattern) ||
		(right->unless && shell_fits(right->unless, line, FNM_CASEFOLD)))
		return;
	AUTO_FREE char *subject = right->flags & BY_PATTERN ? mem_printf("%s %s", base_of(r->path), pattern)
							    : mem_strdup(line);
	add(r, right, subject, right->flags & GUARD ? 1 : 0, line);
}

/* ---- lines of which a word counts */

static size_t words_of(char *line, char *ret[WORDS])
{
	size_t len = 0;
	char *word;

	while (len < WORDS && (word = strsep(&line, " ")) != NULL)
		ret[len++] = word;
	return len;
}

enum { CRON_USER = 5, FSTAB_OPTIONS = 3 };
/* "MINUTE HOUR DAY MONTH WEEKDAY USER COMMAND", "@daily USER COMMAND" */
static void take_cron(struct reading *r, const struct right *right, const char *line)
{
	AUTO_FREE char *copy = mem_strdup(line);
	char *word[WORDS];
	size_t len = words_of(copy, word), user = line[0] == '@' ? 1 : CRON_USER;

	if (len > user + 1 && (line[0] == '@' || line[0] == '*' || isdigit((unsigned char)line[0])))
		add(r, right, line + (word[user + 1] - copy), strcmp(word[user], "root") != 0, line);
}

static void take_mount(struct reading *r, const struct right *right, const char *line)
{
	static const char *const guards[] = { "nosuid", "nodev", "noexec", "ro" };
	AUTO_FREE char *copy = mem_strdup(line);
	char *word[WORDS], *options, *one;

	if (words_of(copy, word) <= FSTAB_OPTIONS)
		return;
	options = word[FSTAB_OPTIONS];
	while ((one = strsep(&options, ",")) != NULL)
		for (size_t i = 0; i < COUNT(guards); i++)
			if (strcmp(one, guards[i]) == 0) {
				AUTO_FREE char *subject = mem_printf("%s %s", word[1], one);

				add(r, right, subject, 1, line);
			}
}

/* ---- XML: a tag and what stands behind it */

static void take_action(struct reading *r, const struct right *right, const char *tag)
{
	static const char *const words = "yes|auth_self,auth_self_keep|auth_admin,auth_admin_keep|no";
	const char *end = strchr(tag, '>'), *value = end ? end + 1 : "";
	int rank = fact_rank(words, value);

	if (strncmp(tag, "action id=", 10) == 0)
		snprintf(r->subject, sizeof r->subject, "%.*s", (int)strcspn(tag + 11, "\"'"), tag[10] ? tag + 11 : "");
	if (strncmp(tag, "allow_", 6) != 0 || end == NULL)
		return;
	if (rank < 0 && strncmp(value, "auth_", 5) == 0)
		rank = strstr(value, "admin") ? 2 : 1;
	AUTO_FREE char *subject = mem_printf("%s %.*s", r->subject, (int)(end - tag), tag);
	if (rank >= 0)
		add(r, right, subject, rank, tag);
}

static void take_bus(struct reading *r, const struct right *right, const char *tag)
{
	bool is_allow = strncmp(tag, "allow ", 6) == 0, is_deny = strncmp(tag, "deny ", 5) == 0;
	bool is_own = strcmp(right->id, "dbus-own") == 0;

	if (strncmp(tag, "policy", 6) == 0)
		r->is_default = strstr(tag, "context=\"default\"") || strstr(tag, "context='default'") ||
			strstr(tag, "context=\"mandatory\"");
	if (!r->is_default || (!is_allow && !is_deny))
		return;
	const char *what = tag + (is_allow ? 6 : 5);
	AUTO_FREE char *subject = mem_printf("%.*s", (int)strcspn(what, "/>"), what);

	if (is_own && is_allow && strncmp(what, "own", 3) == 0)
		add(r, right, subject, 0, tag);
	else if (!is_own)
		add(r, right, subject, is_deny, tag);
}

/* ---- a file */

static const struct {
	const char *id;
	void (*take)(struct reading *r, const struct right *right, const char *line);
} takers[] = { { "cron-user", take_cron }, { "mount", take_mount }, { "polkit-action", take_action },
	{ "dbus-own", take_bus }, { "dbus-allow", take_bus } };

static void take(struct reading *r, const struct right *right, const char *line)
{
	for (size_t i = 0; i < COUNT(takers); i++)
		if (strcmp(takers[i].id, right->id) == 0) {
			takers[i].take(r, right, line);
			return;
		}
	take_line(r, right, line);
}

/* One blank between words, none around. False: not all of it had room. */
static bool squeeze(struct slice line, char ret[LINE_MAX_])
{
	size_t len = 0, i;

	for (i = 0; i < line.len && len + 1 < LINE_MAX_; i++) {
		bool is_blank = isspace((unsigned char)line.at[i]) || line.at[i] == 0;

		if (!is_blank)
			ret[len++] = line.at[i];
		else if (len > 0 && ret[len - 1] != ' ')
			ret[len++] = ' ';
	}
	len -= len > 0 && ret[len - 1] == ' ';
	ret[len] = 0;
	return i == line.len;
}

static bool is_tagged(const char *path)
{
	return strstr(path, "/dbus-1/") || strstr(path, "/polkit-1/actions/");
}

static void read_file(struct reading *r, const struct right *right, const struct looked *file)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;
	bool is_xml = is_tagged(r->path);
	char text[LINE_MAX_];

	r->subject[0] = 0;
	r->is_default = false;
	while (slice_cut(&rest, is_xml ? '<' : '\n', &line)) {
		bool is_whole = squeeze(line, text);

		if (text[0] == 0 || text[0] == '#' || strncmp(text, "//", 2) == 0)
			continue;
		take(r, right, text);
		if (!is_whole && !(right->flags & ANYWHERE))
			add(r, right_named("too-long"), text, 0, text);
	}
}

void rights_look(const struct looked *file, json_t *facts)
{
	AUTO_FREE char *place = fact_key(file->entry->path);
	struct reading r = { .facts = facts, .path = place };
	bool is_known = false,
	     is_text = strcmp(file->content.kind, "text") == 0 || strcmp(file->content.kind, "script") == 0;

	for (size_t i = 0; i < COUNT(rights) && is_text && file->is_whole; i++) {
		bool is_any = rights[i].flags & ANYWHERE;

		if (is_any ? !file->config && !file->shell : !shell_fits(rights[i].places, place, 0))
			continue;
		is_known |= !is_any;
		read_file(&r, &rights[i], file);
	}
	if (is_known)
		fact_add_text(fact_list_at(facts, "line-files"), place);
}

/* ---- old against new */

static const char *text_at(const json_t *item, const char *key, const char *raw)
{
	const char *text = json_text(item, key);

	return *text ? text : json_text(item, raw);
}

static char *key_of(const json_t *item)
{
	return mem_printf("%s\n%s", json_text(item, "rule"), text_at(item, "subject", "subject_raw"));
}

/* {rule and subject: the weakest item} */
static json_t *index_of(const json_t *items)
{
	json_t *index = json_object(), *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, item) {
		AUTO_FREE char *key = key_of(item);
		const json_t *before = json_object_get(index, key);

		if (before == NULL || json_int(item, "rank") < json_int(before, "rank"))
			json_object_set(index, key, item);
	}
	return index;
}

static json_t *files_of(const json_t *facts)
{
	json_t *files = json_object(), *item;
	size_t i;

	json_array_foreach(fact_items(facts, "line-files"), i, item)
		if (json_is_string(item))
			json_object_set_new(files, json_string_value(item), json_true());
	return files;
}

static void tell_weak(struct compare *c, const struct right *right, const json_t *before, const json_t *item)
{
	const char *text = text_at(item, "text", "text_raw"), *was = before ? text_at(before, "text", "text_raw") : "";

	finding_add(c, SEVERITY_HIGH, fact_path(item), was, text,
		*was ? arena_printf(c->arena, "'%s' became '%s'. With it %s.", was, text, right->means)
		     : arena_printf(c->arena, "The line '%s' is new. With it %s.", text, right->means),
		"Ask the vendor what needs it, and leave it out in the recipe or on the machines until somebody can "
		"say so.");
}

static void tell_gone(struct compare *c, const struct right *right, const json_t *item)
{
	const char *text = text_at(item, "text", "text_raw");

	finding_add(c, SEVERITY_HIGH, fact_path(item), text, "",
		arena_printf(c->arena, "'%s' is no longer there. It saw to it that %s.", text, right->means),
		"Ask the vendor why, and keep the line in the recipe or on the machines.");
}

void rights_compare(struct compare *c, const json_t *old, const json_t *new)
{
	AUTO_JSON *then = index_of(fact_items(old, "lines")), *now = index_of(fact_items(new, "lines"));
	AUTO_JSON *old_files = files_of(old), *new_files = files_of(new);
	const char *key;
	json_t *item;

	json_object_foreach(now, key, item) {
		const struct right *right = right_named(json_text(item, "rule"));
		const json_t *before = json_object_get(then, key);
		bool is_told = right && before == NULL && json_int(item, "rank") == 0 && !(right->flags & CHANGED) &&
			(!(right->flags & KNOWN_FILE) || json_object_get(old_files, fact_path(item)));

		if (right && before && json_int(item, "rank") < json_int(before, "rank"))
			tell_weak(c, right, before, item);
		else if (is_told)
			tell_weak(c, right, NULL, item);
	}
	json_object_foreach(then, key, item) {
		const struct right *right = right_named(json_text(item, "rule"));

		if (right && (right->flags & GUARD) && json_object_get(now, key) == NULL &&
			json_object_get(new_files, fact_path(item)))
			tell_gone(c, right, item);
	}
	fact_tell_cut(c, "lines");
}
