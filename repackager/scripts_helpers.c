/* scripts_helpers.c - tools of one family that scripts call and the other family lacks.
 *
 * A shim (shims/) is a small script that does the same there. It lies in a private folder of the generated script: behind everything else in
 * PATH, so that a real tool of that name wins; or before it, where a tool of that name means something else or asks another database. A path
 * at which a script calls or looks for it, and where nothing stands, is filled while the script runs. A tool with no shim is lost. */
#include "repackager/scripts_private.h"
#include "repackager/scripts_reach.h"
#include "repackager/shims.h"
#include <string.h>

enum place { LAST, FIRST };

struct helper {
	const char *word;
	enum family family; /* whose it is */
	enum loss_class class;
	const char *shim; /* of that name in shims/; NULL: none */
	const char *why;
	enum place place;
	const char *also;   /* another helper that the shim calls */
	const char *on_rpm; /* the package that the shim needs there; NULL: nothing that is not needed anyway */
	const char *on_apk;
};
static const struct helper helpers[] = {
	{ "invoke-rc.d", FAMILY_DEB, LOSS_NOTE, "invoke-rc.d", "replaced by systemctl or the init script" },
	{ "update-rc.d", FAMILY_DEB, LOSS_NOTE, "update-rc.d",
		"replaced by systemctl, or chkconfig where there is one" },
	{ "deb-systemd-helper", FAMILY_DEB, LOSS_NOTE, "deb-systemd-helper", "replaced by systemctl" },
	{ "deb-systemd-invoke", FAMILY_DEB, LOSS_NOTE, "deb-systemd-invoke", "replaced by systemctl" },
	{ "service", FAMILY_DEB, LOSS_NOTE, "service", "replaced by systemctl or the init script" },
	{ "adduser", FAMILY_DEB, LOSS_NOTE, "adduser", "replaced by useradd", FIRST, NULL, "shadow-utils", "shadow" },
	{ "addgroup", FAMILY_DEB, LOSS_NOTE, "addgroup", "replaced by groupadd", FIRST, NULL, "shadow-utils",
		"shadow" },
	{ "deluser", FAMILY_DEB, LOSS_NOTE, "deluser", "replaced by userdel", FIRST, NULL, "shadow-utils", "shadow" },
	{ "delgroup", FAMILY_DEB, LOSS_NOTE, "delgroup", "replaced by groupdel", FIRST, NULL, "shadow-utils",
		"shadow" },
	{ "dpkg", FAMILY_DEB, LOSS_NOTE, "dpkg",
		"replaced for versions and the architecture; what is installed the other database says, by its names",
		FIRST, "dpkg-query" },
	{ "dpkg-query", FAMILY_DEB, LOSS_NOTE, "dpkg-query",
		"the other database is asked; a package known there by another name is not found", FIRST, "dpkg" },
	{ "dpkg-maintscript-helper", FAMILY_DEB, LOSS_NOTE, "dpkg-maintscript-helper",
		"replaced; rpm itself removes unchanged configuration files and keeps changed ones as .rpmsave", FIRST,
		"dpkg" },
	{ "dpkg-statoverride", FAMILY_DEB, LOSS_NOTE, "dpkg-statoverride", "replaced by chown and chmod", FIRST },
	{ "dpkg-trigger", FAMILY_DEB, LOSS_NOTE, "dpkg-trigger", "rpm's own triggers do it", FIRST },
	{ "dpkg-divert", FAMILY_DEB, LOSS_BEHAVIOUR, "dpkg-divert",
		"replaced by renaming; an update of the package that owns the file lays it there again", FIRST },
	{ "update-alternatives", FAMILY_DEB, LOSS_NOTE, "update-alternatives",
		"the same tool, with fewer options; a plain link where there is none", FIRST },
	{ "add-shell", FAMILY_DEB, LOSS_NOTE, "add-shell", "replaced by an edit of /etc/shells" },
	{ "remove-shell", FAMILY_DEB, LOSS_NOTE, "remove-shell", "replaced by an edit of /etc/shells" },
	{ "tempfile", FAMILY_DEB, LOSS_NOTE, "tempfile", "replaced by mktemp" },
	{ "which", FAMILY_DEB, LOSS_NOTE, "which", "replaced by the shell's own, where there is none" },
	{ "ischroot", FAMILY_DEB, LOSS_NOTE, "ischroot", "replaced by a look at the first process" },
	{ "lsb_release", FAMILY_DEB, LOSS_NOTE, "lsb_release", "replaced by /etc/os-release, where there is none" },
	{ "py3compile", FAMILY_DEB, LOSS_NOTE, "nothing", "python compiles on first use" },
	{ "py3clean", FAMILY_DEB, LOSS_NOTE, "nothing", "python compiles on first use" },
	{ "update-menus", FAMILY_DEB, LOSS_NOTE, "nothing", "there are no Debian menus" },
	{ "update-icon-caches", FAMILY_DEB, LOSS_NOTE, "update-icon-caches", "replaced by gtk-update-icon-cache" },
	{ "update-initramfs", FAMILY_DEB, LOSS_NOTE, "update-initramfs", "replaced by dracut" },
	{ "update-grub", FAMILY_DEB, LOSS_NOTE, "update-grub", "replaced by grub2-mkconfig" },
	{ "ucf", FAMILY_DEB, LOSS_NOTE, "ucf",
		"replaced: unchanged files are updated, changed ones kept, without asking" },
	{ "ucfr", FAMILY_DEB, LOSS_NOTE, "nothing", "only ucf itself looks there" },
	{ "runit-helper", FAMILY_DEB, LOSS_NOTE, "nothing", "runit is not there, or sees to itself" },
	{ "start-stop-daemon", FAMILY_DEB, LOSS_NOTE, "start-stop-daemon", "replaced by kill and the shell" },
	{ "dpkg-reconfigure", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no debconf" },
	{ "debconf-set-selections", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no debconf" },
	{ "debconf-communicate", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no debconf" },
	{ "apt-get", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no apt" },
	{ "apt-key", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "there is no apt" },
	{ "pam-auth-update", FAMILY_DEB, LOSS_BEHAVIOUR, NULL, "authselect has other profiles" },
	{ "confmodule", FAMILY_DEB, LOSS_NOTE, "confmodule",
		"questions are answered as debconf's noninteractive frontend answers them" },

	{ "chkconfig", FAMILY_RPM, LOSS_NOTE, "chkconfig", "replaced by update-rc.d" },
	{ "alternatives", FAMILY_RPM, LOSS_NOTE, "alternatives", "the same tool is called update-alternatives", FIRST },
	{ "update-alternatives", FAMILY_RPM, LOSS_NOTE, "alternatives", "the same tool, with fewer options", FIRST },
	{ "restorecon", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's default has no SELinux" },
	{ "semanage", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's default has no SELinux" },
	{ "semodule", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's default has no SELinux" },
	{ "setsebool", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's default has no SELinux" },
	{ "load_policy", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's default has no SELinux" },
	{ "fixfiles", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's default has no SELinux" },
	{ "selinuxenabled", FAMILY_RPM, LOSS_NOTE, "selinuxenabled", "Debian's default has no SELinux" },
	{ "getenforce", FAMILY_RPM, LOSS_NOTE, "getenforce", "Debian's default has no SELinux" },
	{ "gtk-update-icon-cache", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's triggers do it, where it is needed" },
	{ "update-desktop-database", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's triggers do it, where it is needed" },
	{ "update-mime-database", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's triggers do it, where it is needed" },
	{ "glib-compile-schemas", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's triggers do it, where it is needed" },
	{ "install-info", FAMILY_RPM, LOSS_NOTE, "nothing", "Debian's triggers do it, where it is needed" },
	{ "dracut", FAMILY_RPM, LOSS_NOTE, "dracut", "replaced by update-initramfs" },
	{ "grub2-mkconfig", FAMILY_RPM, LOSS_NOTE, "grub2-mkconfig", "replaced by update-grub" },
	{ "rpm", FAMILY_RPM, LOSS_BEHAVIOUR, "rpm",
		"dpkg's database is asked, by its names; only questions about packages and files are answered", FIRST },
	{ "firewall-cmd", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "Debian's default has no firewalld" },
	{ "dnf", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "there is no dnf" },
	{ "yum", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "there is no yum" },
	{ "grubby", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "nothing does the same there" },
	{ "authselect", FAMILY_RPM, LOSS_BEHAVIOUR, NULL, "pam-auth-update has other arguments" },

	{ "adduser", FAMILY_APK, LOSS_NOTE, "busybox-adduser", "busybox's, replaced by useradd", FIRST, NULL,
		"shadow-utils" },
	{ "addgroup", FAMILY_APK, LOSS_NOTE, "busybox-addgroup", "busybox's, replaced by groupadd", FIRST, NULL,
		"shadow-utils" },
	{ "deluser", FAMILY_APK, LOSS_NOTE, "busybox-deluser", "busybox's, replaced by userdel", FIRST, NULL,
		"shadow-utils" },
	{ "delgroup", FAMILY_APK, LOSS_NOTE, "busybox-deluser", "busybox's, replaced by groupdel", FIRST, NULL,
		"shadow-utils" },
	{ "rc-service", FAMILY_APK, LOSS_NOTE, "rc-service", "replaced by systemctl or the init script" },
	{ "rc-update", FAMILY_APK, LOSS_NOTE, "rc-update", "replaced by systemctl, update-rc.d or chkconfig" },
	{ "apk", FAMILY_APK, LOSS_BEHAVIOUR, NULL, "there is no apk" },
	{ "setup-proxy", FAMILY_APK, LOSS_BEHAVIOUR, NULL, "Alpine's set-up scripts are not there" },
	{ "mkinitfs", FAMILY_APK, LOSS_BEHAVIOUR, NULL, "Alpine's initramfs is not made elsewhere" },
	{ "update-extlinux", FAMILY_APK, LOSS_BEHAVIOUR, NULL, "extlinux is Alpine's boot loader" },

	{ "vercmp", FAMILY_PACMAN, LOSS_BEHAVIOUR, NULL, "pacman's comparison of versions is not there" },
	{ "pacman", FAMILY_PACMAN, LOSS_BEHAVIOUR, NULL, "there is no pacman" },
	{ "pacman-key", FAMILY_PACMAN, LOSS_BEHAVIOUR, NULL, "there is no pacman" },
	{ "pacman-db-upgrade", FAMILY_PACMAN, LOSS_BEHAVIOUR, NULL, "there is no pacman" },
	{ "mkinitcpio", FAMILY_PACMAN, LOSS_BEHAVIOUR, NULL, "Arch's initramfs is not made elsewhere" },
	{ "archlinux-java", FAMILY_PACMAN, LOSS_BEHAVIOUR, NULL, "Arch's choice of a Java is not there" },
};

static bool does_nothing(const struct helper *h)
{
	return h->shim && strcmp(h->shim, "nothing") == 0;
}

/* The folders of shims are made once a generated script. */
static void begin_shims(struct shell *sh)
{
	if (sh->has_shims)
		return;
	sh->has_shims = true;
	text_add(&sh->functions,
		"sluice_lay() {\n"
		"\t[ ! -e \"$1\" ] && [ ! -L \"$1\" ] || return 0\n"
		"\tif [ ! -d \"${1%%/*}\" ]; then mkdir -p \"${1%%/*}\" 2>/dev/null && sluice_made=\"$sluice_made "
		"${1%%/*}\"; fi\n"
		"\tif cp -p \"$2\" \"$1\" 2>/dev/null; then sluice_laid=\"$sluice_laid $1\"; fi\n"
		"}\n");
	text_add(&sh->files,
		"mkdir \"$sluice_dir/bin\" \"$sluice_dir/first\" || exit 1\n"
		"sluice_shims=:$sluice_dir/bin\n"
		"sluice_first=$sluice_dir/first:\n"
		"PATH=$sluice_first$PATH$sluice_shims\n"
		"export PATH sluice_old sluice_state\n");
}

static const struct helper *helper_of(const struct scripts_build *b, const char *word)
{
	for (size_t i = 0; i < COUNT(helpers); i++)
		if (helpers[i].family == b->home && strcmp(helpers[i].word, word) == 0)
			return &helpers[i];
	return NULL;
}

/* A package that was converted twice carries shims within shims: dpkg's asks rpm, rpm's asks dpkg. Each sees only the tools that were there
 * before its own folder was, so that the last one asks the real database; and none goes round for ever. */
static const char layer[] = "case ${0%/*} in */first) PATH=${0%/*}:${PATH#*\"${0%/*}:\"} ;; esac\n"
			    "sluice_depth=$((${sluice_depth:-0} + 1))\n"
			    "if [ $sluice_depth -gt 6 ]; then echo \"${0##*/}: nothing here answers\" >&2; exit 1; fi\n"
			    "export PATH sluice_depth\n";

static void add_shim(struct scripts_build *b, enum slot slot, const struct helper *h)
{
	struct shell *sh = &b->slots[slot];
	AUTO_FREE char *path = mem_printf("\"$sluice_dir/%s/%s\"", h->place == FIRST ? "first" : "bin", h->word);
	AUTO_FREE char *body = mem_printf("#!/bin/sh\n# Generated by sluice: does what %s does elsewhere.\n%s%s",
		h->word, layer, shim_text(h->shim));

	begin_shims(sh);
	if (strstr(sh->files.at, path))
		return;
	shell_put_file(&sh->files, path, body, strlen(body));
	if (h->also)
		scripts_shim(b, slot, h->also);
}

void scripts_shim(struct scripts_build *b, enum slot slot, const char *word)
{
	const struct helper *h = helper_of(b, word);

	if (h && h->shim)
		add_shim(b, slot, h);
}

/* Fills the places where the script calls it or looks for it. What does nothing is not worth being found. */
static void lay(
	struct scripts_build *b, enum slot slot, const struct helper *h, enum reach reach, const struct text *paths)
{
	struct shell *sh = &b->slots[slot];
	struct slice rest = { paths->at ? paths->at : "", paths->len }, path;

	if (reach < REACH_NAME && does_nothing(h))
		return;
	while (slice_cut(&rest, '\n', &path)) {
		AUTO_FREE char *line = mem_printf("sluice_lay %.*s \"$sluice_dir/%s/%s\"\n", (int)path.len, path.at,
			h->place == FIRST ? "first" : "bin", h->word);
		if (path.len > 0 && !strstr(sh->files.at, line))
			text_add(&sh->files, "%s", line);
	}
}

/* Converted once more: the generated lines ask about their own package only. */
static bool is_ours(const struct script *s)
{
	static const char mark[] = "# Generated by sluice:";

	return s->len > sizeof mark && memcmp(s->body, mark, sizeof mark - 1) == 0;
}

/* Alpine has OpenRC: what enables and starts units elsewhere does nothing there, unless the recipe's own words do. */
static const char no_systemd[] = "there is no systemd: OpenRC neither enables nor starts what it is called for";

static bool is_without_systemd(const struct scripts_build *b, const char *word)
{
	static const char *const words[] = { "deb-systemd-helper", "deb-systemd-invoke", "update-rc.d", "systemctl" };

	for (size_t i = 0; b->into == FAMILY_APK && i < COUNT(words); i++)
		if (strcmp(words[i], word) == 0)
			return json_array_size(document_at(b->job->recipe, "services")) == 0;
	return false;
}

static void tell(struct scripts_build *b, const struct helper *h, const struct script *s, enum reach reach)
{
	AUTO_FREE char *what = mem_printf("helper:%s in %s", h->word, s->source);

	if (reach > REACH_NAMED && is_without_systemd(b, h->word)) {
		scripts_tell(b, LOSS_BEHAVIOUR, no_systemd, what);
		return;
	}
	if (is_ours(s) && strcmp(h->word, "rpm") == 0)
		scripts_tell(b, LOSS_NOTE, "it is asked by lines that a conversion made", what);
	else if (reach == REACH_NAMED && !h->shim)
		scripts_tell(b, LOSS_NOTE, "only a text names it", what);
	else if (reach == REACH_ASKS && (!h->shim || does_nothing(h)))
		scripts_tell(b, LOSS_NOTE, "the script looks for it and does without", what);
	else
		scripts_tell(b, h->class, h->why, what);
}

/* A script that first asks whether a path is there and then calls it does without what has no shim. */
static bool is_guarded(const struct script *s, const struct helper *h, const struct text *paths)
{
	static const char *const asks[] = { "-x ", "-e ", "-f ", "-r ", "-x \"", "-e \"", "command -v ", "which " };

	for (size_t i = 0; i < COUNT(asks); i++) {
		struct slice rest = { paths->at ? paths->at : "", paths->len }, path = slice_of(h->word);
		do {
			AUTO_FREE char *text = mem_printf("%s%.*s", asks[i], (int)path.len, path.at);
			if (path.len > 0 && memmem(s->body, s->len, text, strlen(text)))
				return true;
		} while (slice_cut(&rest, '\n', &path));
	}
	return false;
}

/* systemctl is nobody's helper: it is everywhere but on Alpine. */
static void tell_systemctl(struct scripts_build *b, const struct script *s)
{
	static const struct helper systemctl = { .word = "systemctl" };
	AUTO(text) paths = { 0 };

	if (is_without_systemd(b, systemctl.word) && scripts_reach(s, systemctl.word, &paths) > REACH_NAMED &&
		!is_guarded(s, &systemctl, &paths))
		tell(b, &systemctl, s, REACH_NAME);
}

void scripts_helpers(struct scripts_build *b, const struct script *s, enum slot slot)
{
	tell_systemctl(b, s);
	for (size_t i = 0; i < COUNT(helpers); i++) {
		const struct helper *h = &helpers[i];
		AUTO(text) paths = { 0 };
		enum reach reach = h->family == b->home ? scripts_reach(s, h->word, &paths) : REACH_NONE;
		if (reach == REACH_NONE)
			continue;
		if (!h->shim && reach > REACH_NAMED && is_guarded(s, h, &paths))
			reach = REACH_ASKS;
		tell(b, h, s, reach);
		if (!h->shim)
			continue;
		add_shim(b, slot, h);
		lay(b, slot, h, reach, &paths);
		const char *needed = b->into == FAMILY_RPM ? h->on_rpm : b->into == FAMILY_APK ? h->on_apk : NULL;
		if (needed)
			*LIST_ADD(&b->wants) = (struct want){ needed, slot == SLOT_PRE };
	}
	if (b->home == FAMILY_DEB && scripts_asks(s))
		scripts_debconf(b, slot);
}
