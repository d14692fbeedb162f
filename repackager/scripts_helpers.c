/* scripts_helpers.c - tools of one family that scripts call and the other family lacks.
 *
 * A shim is a small script that does the same there. It lies in the private folder of the generated script, behind everything else in
 * PATH: a real tool of that name wins. A tool with no shim is lost. */
#include "repackager/scripts_private.h"
#include <string.h>

#define UNIT_ACTION                                                                                                    \
	"[ -d /run/systemd/system ] || exit 0\n"                                                                       \
	"exec systemctl \"$@\"\n"

static const char invoke_rc[] = "while [ \"${1#-}\" != \"$1\" ]; do shift; done\n"
				"if [ -d /run/systemd/system ]; then exec systemctl \"$2\" \"$1.service\"; fi\n"
				"[ ! -x \"/etc/init.d/$1\" ] || exec \"/etc/init.d/$1\" \"$2\"\n";
static const char update_rc[] = "while [ \"${1#-}\" != \"$1\" ]; do shift; done\n"
				"command -v chkconfig >/dev/null || exit 0\n"
				"case ${2-} in\n"
				"remove) [ -e \"/etc/init.d/$1\" ] || exec chkconfig --del \"$1\" ;;\n"
				"disable) exec chkconfig \"$1\" off ;;\n"
				"*) [ ! -e \"/etc/init.d/$1\" ] || exec chkconfig --add \"$1\" ;;\n"
				"esac\n";
static const char systemd_helper[] =
	"command -v systemctl >/dev/null || exit 0\n"
	"sluice_quiet=\n"
	"while [ \"${1#-}\" != \"$1\" ]; do [ \"$1\" != --quiet ] || sluice_quiet=--quiet; shift; done\n"
	"sluice_verb=$1\nshift\n"
	"case $sluice_verb in\n"
	"was-enabled) [ -z \"$sluice_old\" ] || exec systemctl is-enabled $sluice_quiet \"$@\" ;;\n"
	"enable | disable | mask | unmask | is-enabled) exec systemctl --no-reload \"$sluice_verb\" \"$@\" ;;\n"
	"reenable) exec systemctl --no-reload reenable \"$@\" ;;\n"
	"esac\n";
static const char add_group[] = "sluice_options=\nsluice_name=\n"
				"while [ $# -gt 0 ]; do\n"
				"case $1 in\n"
				"--system) sluice_options=\"$sluice_options --system\" ;;\n"
				"--gid) sluice_options=\"$sluice_options --gid $2\"; shift ;;\n"
				"--*) ;;\n"
				"*) sluice_name=$1 ;;\n"
				"esac\nshift\ndone\n"
				"! getent group \"$sluice_name\" >/dev/null || exit 0\n"
				"exec groupadd $sluice_options \"$sluice_name\"\n";
static const char add_user[] =
	"sluice_system= sluice_home= sluice_shell= sluice_group= sluice_comment= sluice_id= sluice_own= "
	"sluice_make=-m\n"
	"sluice_name= sluice_second=\n"
	"while [ $# -gt 0 ]; do\n"
	"case $1 in\n"
	"--system) sluice_system=--system ;;\n"
	"--home) sluice_home=$2; shift ;;\n"
	"--shell) sluice_shell=$2; shift ;;\n"
	"--ingroup) sluice_group=$2; shift ;;\n"
	"--gid) sluice_group=$2; shift ;;\n"
	"--uid) sluice_id=$2; shift ;;\n"
	"--gecos | --comment) sluice_comment=$2; shift ;;\n"
	"--group) sluice_own=1 ;;\n"
	"--no-create-home) sluice_make=-M ;;\n"
	"--*=*) case $1 in --home=*) sluice_home=${1#*=} ;; --shell=*) sluice_shell=${1#*=} ;; esac ;;\n"
	"--*) ;;\n"
	"*) if [ -z \"$sluice_name\" ]; then sluice_name=$1; else sluice_second=$1; fi ;;\n"
	"esac\nshift\ndone\n"
	"[ -z \"$sluice_second\" ] || exec usermod -a -G \"$sluice_second\" \"$sluice_name\"\n"
	"! getent passwd \"$sluice_name\" >/dev/null || exit 0\n"
	"if [ -n \"$sluice_own\" ]; then\n"
	"\tsluice_group=$sluice_name\n"
	"\tgetent group \"$sluice_name\" >/dev/null || groupadd $sluice_system \"$sluice_name\" || exit 1\n"
	"fi\n"
	"[ -n \"$sluice_shell\" ] || [ -z \"$sluice_system\" ] || sluice_shell=/sbin/nologin\n"
	"[ -n \"$sluice_home\" ] || [ -z \"$sluice_system\" ] || sluice_home=/nonexistent\n"
	"[ -n \"$sluice_group\" ] || [ -z \"$sluice_system\" ] || sluice_group=nobody\n"
	"[ \"$sluice_home\" != /nonexistent ] || sluice_make=-M\n"
	"exec useradd $sluice_system $sluice_make ${sluice_id:+-u \"$sluice_id\"} ${sluice_group:+-g "
	"\"$sluice_group\"} "
	"${sluice_home:+-d \"$sluice_home\"} ${sluice_shell:+-s \"$sluice_shell\"} ${sluice_comment:+-c "
	"\"$sluice_comment\"} "
	"\"$sluice_name\"\n";
static const char del_user[] =
	"sluice_name=\nfor sluice_word; do case $sluice_word in -*) ;; *) sluice_name=$sluice_word ;; esac; done\n"
	"! getent passwd \"$sluice_name\" >/dev/null || exec userdel \"$sluice_name\"\n";
static const char del_group[] =
	"sluice_name=\nfor sluice_word; do case $sluice_word in -*) ;; *) sluice_name=$sluice_word ;; esac; done\n"
	"! getent group \"$sluice_name\" >/dev/null || exec groupdel \"$sluice_name\"\n";
/* sort -V orders as dpkg does (it comes from there), but for epochs. */
static const char dpkg[] = "case $1 in\n"
			   "--compare-versions) ;;\n"
			   "--print-architecture) case $(uname -m) in x86_64) echo amd64 ;; aarch64) echo arm64 ;; "
			   "i?86) echo i386 ;; *) uname -m ;; esac; exit ;;\n"
			   "*) exit 1 ;;\n"
			   "esac\n"
			   "case $2 in *:*) sluice_a=$2 ;; *) sluice_a=0:$2 ;; esac\n"
			   "case $4 in *:*) sluice_b=$4 ;; *) sluice_b=0:$4 ;; esac\n"
			   "case $3 in *-nl) if [ -z \"$2\" ] && [ -n \"$4\" ]; then sluice_order=gt; elif [ -n \"$2\" "
			   "] && [ -z \"$4\" ]; then sluice_order=lt; fi ;; esac\n"
			   "if [ -n \"${sluice_order-}\" ]; then :\n"
			   "elif [ \"$sluice_a\" = \"$sluice_b\" ]; then sluice_order=eq\n"
			   "elif [ \"${sluice_a%%:*}\" -lt \"${sluice_b%%:*}\" ]; then sluice_order=lt\n"
			   "elif [ \"${sluice_a%%:*}\" -gt \"${sluice_b%%:*}\" ]; then sluice_order=gt\n"
			   "elif [ \"$(printf '%s\\n%s\\n' \"$sluice_a\" \"$sluice_b\" | LC_ALL=C sort -V | head -n "
			   "1)\" = \"$sluice_a\" ]; then sluice_order=lt\n"
			   "else sluice_order=gt\n"
			   "fi\n"
			   "case $3:$sluice_order in\n"
			   "lt:lt | lt-nl:lt | le:lt | le:eq | le-nl:lt | le-nl:eq | eq:eq | ne:lt | ne:gt | ge:gt | "
			   "ge:eq | ge-nl:gt | ge-nl:eq | gt:gt | gt-nl:gt) ;;\n"
			   "'<<:lt' | '<=:lt' | '<=:eq' | '=:eq' | '>=:gt' | '>=:eq' | '>>:gt') ;;\n"
			   "*) exit 1 ;;\n"
			   "esac\n";
static const char statoverride[] = "case \" $* \" in *' --list '*) exit 1 ;; *' --remove '*) exit 0 ;; esac\n"
				   "case \" $* \" in *' --update '*) ;; *) exit 0 ;; esac\n"
				   "while [ \"${1#-}\" != \"$1\" ]; do shift; done\n"
				   "[ ! -e \"$4\" ] || { chown \"$1:$2\" \"$4\" && chmod \"$3\" \"$4\"; }\n";
static const char dpkg_trigger[] = "for sluice_word; do case $sluice_word in ldconfig) exec ldconfig ;; esac; done\n";
static const char nothing[] = ":\n";
static const char alternatives[] = "! command -v alternatives >/dev/null || exec alternatives \"$@\"\n";
static const char add_shell[] = "for sluice_word; do grep -qxF \"$sluice_word\" /etc/shells 2>/dev/null || echo "
				"\"$sluice_word\" >>/etc/shells; done\n";
static const char remove_shell[] =
	"[ -e /etc/shells ] || exit 0\nfor sluice_word; do grep -vxF \"$sluice_word\" /etc/shells >/etc/shells.sluice; "
	"cat /etc/shells.sluice >/etc/shells; rm -f /etc/shells.sluice; done\n";
static const char temp_file[] = "exec mktemp\n";
static const char chkconfig[] =
	"case $1 in\n"
	"--add) exec update-rc.d \"$2\" defaults ;;\n"
	"--del) exec update-rc.d \"$2\" remove ;;\n"
	"--*) exit 0 ;;\n"
	"esac\n"
	"case ${2-} in on) exec update-rc.d \"$1\" enable ;; off) exec update-rc.d \"$1\" disable ;; esac\n"
	"exit 0\n";
static const char update_alternatives[] = "exec update-alternatives \"$@\"\n";

struct helper {
	const char *word;
	enum family family; /* whose it is */
	enum loss_class class;
	const char *shim, *why;
};
static const struct helper helpers[] = {
	{ "invoke-rc.d", FAMILY_DEB, LOSS_NOTE, invoke_rc, "replaced by systemctl or the init script" },
	{ "update-rc.d", FAMILY_DEB, LOSS_NOTE, update_rc, "replaced by chkconfig where there is one" },
	{ "deb-systemd-helper", FAMILY_DEB, LOSS_NOTE, systemd_helper, "replaced by systemctl" },
	{ "deb-systemd-invoke", FAMILY_DEB, LOSS_NOTE, UNIT_ACTION, "replaced by systemctl" },
	{ "adduser", FAMILY_DEB, LOSS_NOTE, add_user, "replaced by useradd" },
	{ "addgroup", FAMILY_DEB, LOSS_NOTE, add_group, "replaced by groupadd" },
	{ "deluser", FAMILY_DEB, LOSS_NOTE, del_user, "replaced by userdel" },
	{ "delgroup", FAMILY_DEB, LOSS_NOTE, del_group, "replaced by groupdel" },
	{ "dpkg", FAMILY_DEB, LOSS_NOTE, dpkg,
		"replaced for comparing versions and naming the architecture; it knows no packages" },
	{ "dpkg-maintscript-helper", FAMILY_DEB, LOSS_NOTE, nothing,
		"rpm keeps changed configuration files that go by itself" },
	{ "dpkg-statoverride", FAMILY_DEB, LOSS_NOTE, statoverride, "replaced by chown and chmod" },
	{ "dpkg-trigger", FAMILY_DEB, LOSS_NOTE, dpkg_trigger, "rpm's own triggers do it" },
	{ "update-alternatives", FAMILY_DEB, LOSS_NOTE, alternatives, "the same tool is called alternatives" },
	{ "add-shell", FAMILY_DEB, LOSS_NOTE, add_shell, "replaced by an edit of /etc/shells" },
	{ "remove-shell", FAMILY_DEB, LOSS_NOTE, remove_shell, "replaced by an edit of /etc/shells" },
	{ "tempfile", FAMILY_DEB, LOSS_NOTE, temp_file, "replaced by mktemp" },
	{ "py3compile", FAMILY_DEB, LOSS_NOTE, nothing, "python compiles on first use" },
	{ "py3clean", FAMILY_DEB, LOSS_NOTE, nothing, "python compiles on first use" },
	{ "update-menus", FAMILY_DEB, LOSS_NOTE, nothing, "there are no Debian menus" },
	{ "confmodule", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no debconf to ask or to be asked" },
	{ "dpkg-divert", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "rpm knows no diversions" },
	{ "dpkg-query", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no dpkg to ask" },
	{ "dpkg-reconfigure", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no debconf" },
	{ "apt-get", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no apt" },
	{ "ucf", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "nothing does the same there" },
	{ "start-stop-daemon", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "nothing does the same there" },
	{ "update-initramfs", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "dracut has other arguments" },
	{ "update-grub", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "grub2-mkconfig has other arguments" },

	{ "chkconfig", FAMILY_RPM, LOSS_NOTE, chkconfig, "replaced by update-rc.d" },
	{ "alternatives", FAMILY_RPM, LOSS_NOTE, update_alternatives, "the same tool is called update-alternatives" },
	{ "restorecon", FAMILY_RPM, LOSS_NOTE, nothing, "Debian's default has no SELinux" },
	{ "semanage", FAMILY_RPM, LOSS_NOTE, nothing, "Debian's default has no SELinux" },
	{ "fixfiles", FAMILY_RPM, LOSS_NOTE, nothing, "Debian's default has no SELinux" },
	{ "firewall-cmd", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "Debian's default has no firewalld" },
	{ "rpm", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "there is no rpm database to ask" },
	{ "dnf", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "there is no dnf" },
	{ "yum", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "there is no yum" },
	{ "dracut", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "update-initramfs has other arguments" },
	{ "grubby", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "nothing does the same there" },
	{ "authselect", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "pam-auth-update has other arguments" },
};

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_.-", c));
}

/* How a script reaches for a tool: not at all, by asking whether a path is there, by its name, by a path. */
enum reach { REACH_NONE, REACH_ASKS, REACH_NAME, REACH_PATH };

/* "[ -x "/usr/bin/tool" ]" before the tool's name: back over the path to what stands before it. */
static bool is_asked(const char *line, const char *c)
{
	while (c > line && (is_word_char(c[-1]) || c[-1] == '/'))
		c--;
	if (c > line && (c[-1] == '"' || c[-1] == '\''))
		c--;
	while (c > line && c[-1] == ' ')
		c--;
	return c - line >= 2 && c[-2] == '-' && strchr("xefs", c[-1]);
}

static enum reach line_reach(const char *at, const char *end, const char *word)
{
	enum reach most = REACH_NONE, now;
	size_t len = strlen(word);

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at < end && *at == '#')
		return REACH_NONE;
	for (const char *c = at; (size_t)(end - c) >= len; c++) {
		if (memcmp(c, word, len) != 0)
			continue;
		char before = c > at ? c[-1] : ' ', after = c + len < end ? c[len] : ' ';
		if (is_word_char(after) || after == '/' || after == '=' || is_word_char(before) || before == '$')
			continue;
		bool is_tool = before == '/' && c - at >= 4 && memcmp(c - 4, "bin/", 4) == 0;
		if (before == '/' && !is_tool && strcmp(word, "confmodule") != 0)
			continue;
		now = before != '/' ? REACH_NAME : is_asked(at, c) ? REACH_ASKS : REACH_PATH;
		if (now > most)
			most = now;
	}
	return most;
}

static enum reach reach_of(const struct script *s, const char *word)
{
	const char *end = s->body + s->len;
	enum reach most = REACH_NONE, now;

	for (const char *at = s->body; at < end;) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		now = line_reach(at, line ? line : end, word);
		if (now > most)
			most = now;
		at = line ? line + 1 : end;
	}
	return most;
}

/* debhelper's own lines look whether debconf is there before they source it: "[ -e /usr/share/debconf/confmodule ]". */
static bool is_guarded(const struct script *s, const char *word)
{
	const char *end = s->body + s->len;

	for (const char *at = s->body; at < end;) {
		const char *line = memchr(at, '\n', (size_t)(end - at)), *stop = line ? line : end;
		const char *found = memmem(at, (size_t)(stop - at), word, strlen(word));
		if (found && is_asked(at, found))
			return true;
		at = line ? line + 1 : end;
	}
	return false;
}

/* The folder of shims is made once a generated script. */
static void add_shim(struct shell *sh, const struct helper *h)
{
	AUTO_FREE char *path = mem_printf("\"$sluice_dir/bin/%s\"", h->word);
	AUTO_FREE char *body = mem_printf(
		"#!/bin/sh\n# Generated by sluice: does what %s does elsewhere.\n%s", h->word, h->shim);

	if (!sh->has_shims)
		text_add(&sh->files,
			"mkdir \"$sluice_dir/bin\" || exit "
			"1\nsluice_shims=:$sluice_dir/bin\nPATH=$PATH$sluice_shims\nexport PATH sluice_old\n");
	sh->has_shims = true;
	if (sh->files.at && strstr(sh->files.at, path))
		return;
	shell_put_file(&sh->files, path, body, strlen(body));
}

static bool is_told(const struct pkg *p, const char *what)
{
	for (size_t i = 0; i < p->lost.len; i++)
		if (strcmp(p->lost.at[i].what, what) == 0)
			return true;
	return false;
}

static void tell(struct scripts_build *b, const struct helper *h, const struct script *s, enum reach reach)
{
	AUTO_FREE char *what = mem_printf("helper:%s in %s", h->word, s->source);
	const char *target = b->job->target->name;

	if (is_told(b->to, what))
		return;
	if (reach == REACH_PATH && h->shim && h->shim != nothing)
		pkg_lose(
			b->to, target, LOSS_BEHAVIOUR, "it is called by a path where nothing stands there", "%s", what);
	else if (reach == REACH_ASKS)
		pkg_lose(b->to, target, LOSS_NOTE, "the script looks for it and does without", "%s", what);
	else
		pkg_lose(b->to, target, h->class, h->why, "%s", what);
}

void scripts_helpers(struct scripts_build *b, const struct script *s, enum slot slot)
{
	for (size_t i = 0; i < COUNT(helpers); i++) {
		const struct helper *h = &helpers[i];
		enum reach reach = h->family == b->home ? reach_of(s, h->word) : REACH_NONE;
		if (reach == REACH_NONE)
			continue;
		if (reach == REACH_PATH && !h->shim && is_guarded(s, h->word))
			reach = REACH_ASKS;
		tell(b, h, s, reach);
		if (h->shim)
			add_shim(&b->slots[slot], h);
	}
}
