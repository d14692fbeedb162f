/* scripts_generated.c - what the recipe asks for in words and the target's packages do in scripts: users, services, capabilities. */
#include "repackager/scripts_private.h"
#include <string.h>

/* ---- users: made before the files come, never changed or removed. Alpine has busybox's tools, everybody else shadow's. */

static const char shadow_group[] = "groupadd %s%s";
static const char shadow_user[] =
	"useradd %s--gid %s --home-dir %s --no-create-home --shell \"$sluice_shell\" --comment %s %s";
/* Debian Policy 9.2.2: there system users are adduser's. It refuses some names that useradd takes, and need not be installed. A capture's
 * keep the installer's way: adduser would give them another number. */
static const char debian_user[] =
	"adduser --quiet --system --ingroup %s --home %s --no-create-home --shell \"$sluice_shell\" "
	"--gecos %s %s 2>/dev/null || ";
static const char debian_group[] = "addgroup --quiet --system %s 2>/dev/null || ";
static const char busybox_group[] = "addgroup %s%s";
static const char busybox_user[] = "adduser %s-D -H -G %s -h %s -s \"$sluice_shell\" -g %s %s";

static void add_user(struct text *to, const json_t *user, enum family into, bool is_captured)
{
	bool is_busybox = into == FAMILY_APK;
	const char *name = json_text(user, "name"), *home = json_text(user, "home"), *shell = json_text(user, "shell");
	const char *group = json_text(user, "group"), *comment = json_text(user, "comment");
	bool is_system = !json_object_get(user, "system") || json_flag(user, "system");
	bool is_debian = into == FAMILY_DEB && is_system && !is_captured;
	AUTO_FREE char *quoted_name = text_shell_quote(name);
	AUTO_FREE char *quoted_group = text_shell_quote(group[0] ? group : name);
	AUTO_FREE char *quoted_home = text_shell_quote(home[0] ? home : "/nonexistent");
	AUTO_FREE char *quoted_shell = text_shell_quote(shell);
	AUTO_FREE char *quoted_comment = text_shell_quote(comment[0] ? comment : name);

	const char *system = !is_system ? "" : is_busybox ? "-S " : "--system ";

	text_add(to, "if ! getent group %s >/dev/null; then ", quoted_group);
	if (is_debian)
		text_add(to, debian_group, quoted_group);
	text_add(to, is_busybox ? busybox_group : shadow_group, system, quoted_group);
	text_add(to, " || exit 1; fi\n");
	text_add(to, "if ! getent passwd %s >/dev/null; then\n", quoted_name);
	if (shell[0])
		text_add(to, "\tsluice_shell=%s\n", quoted_shell);
	else if (is_system)
		text_add(to,
			"\tsluice_shell=/usr/sbin/nologin\n\t[ -x \"$sluice_shell\" ] || sluice_shell=/sbin/nologin\n");
	else
		text_add(to, "\tsluice_shell=/bin/sh\n");
	text_add(to, "\t");
	if (is_debian)
		text_add(to, debian_user, quoted_group, quoted_home, quoted_comment, quoted_name);
	text_add(to, is_busybox ? busybox_user : shadow_user, system, quoted_group, quoted_home, quoted_comment,
		quoted_name);
	text_add(to, " || exit 1\n");
	text_add(to, "fi\n");
}

/* Of a capture (capture_build.h): groups of their own, and who is in which. */
static void add_groups(struct text *to, const struct scripts_build *b)
{
	bool is_busybox = b->into == FAMILY_APK;
	json_t *one;
	size_t i;

	json_array_foreach(document_at(b->job->recipe, "_groups"), i, one) {
		AUTO_FREE char *name = text_shell_quote(json_text(one, "name"));

		text_add(to, "if ! getent group %s >/dev/null; then ", name);
		text_add(to, is_busybox ? busybox_group : shadow_group,
			!json_flag(one, "system") ? ""
				: is_busybox      ? "-S "
						  : "--system ",
			name);
		text_add(to, " || exit 1; fi\n");
	}
}

static void add_members(struct text *to, const struct scripts_build *b)
{
	json_t *one;
	size_t i;

	json_array_foreach(document_at(b->job->recipe, "_members"), i, one) {
		AUTO_FREE char *user = text_shell_quote(json_text(one, "user"));
		AUTO_FREE char *group = text_shell_quote(json_text(one, "group"));

		text_add(to, "id -nG %s | tr ' ' '\\n' | grep -qxF %s || ", user, group);
		if (b->into == FAMILY_APK)
			text_add(to, "addgroup %s %s || exit 1\n", user, group);
		else
			text_add(to, "usermod --append --groups %s %s || exit 1\n", group, user);
	}
}

static bool has_accounts(const struct scripts_build *b)
{
	static const char *const lists[] = { "users", "_groups", "_members" };

	for (size_t i = 0; i < COUNT(lists); i++)
		if (json_array_size(document_at(b->job->recipe, lists[i])) > 0)
			return true;
	return false;
}

/* Lines that a capture made. */
static void add_captured(struct scripts_build *b, enum slot slot, const char *key)
{
	const char *lines = document_text(b->job->recipe, key);

	if (!lines[0])
		return;
	text_add(&b->slots[slot].lines, "%s", lines);
	b->slots[slot].is_used = true;
}

void scripts_users(struct scripts_build *b)
{
	struct shell *sh = &b->slots[SLOT_PRE];
	json_t *users = document_at(b->job->recipe, "users"), *user;
	size_t i;

	if (!has_accounts(b))
		return;
	text_add(&sh->lines, "case $sluice_event in\npre-install | pre-upgrade)\n");
	add_groups(&sh->lines, b);
	json_array_foreach(users, i, user)
		add_user(&sh->lines, user, b->into, document_at(b->job->recipe, "_groups") != NULL);
	add_members(&sh->lines, b);
	text_add(&sh->lines, ";;\nesac\n");
	sh->is_used = true;
}

/* ---- services: "enabled and started as the target's packages do" */

static bool has_services(const struct scripts_build *b)
{
	return json_array_size(document_at(b->job->recipe, "services")) > 0;
}

/* For each service the lines, with the unit's name in $sluice_unit and the bare one in $sluice_service. */
static void each_service(struct scripts_build *b, struct text *to, const char *lines)
{
	json_t *service;
	size_t i;

	json_array_foreach(document_at(b->job->recipe, "services"), i, service) {
		const char *name = json_string_value(service);
		bool is_unit = strchr(name, '.') != NULL;
		AUTO_FREE char *bare = mem_printf("%.*s", (int)strcspn(name, "."), name);
		/* the schema lets no character through that sh would see */
		text_add(to, "sluice_unit=%s%s sluice_service=%s\n%s", name, is_unit ? "" : ".service", bare, lines);
	}
}

/* deb: as debhelper's snippets: the administrator's choice is kept by deb-systemd-helper; without systemd the init script. */
static const char deb_up[] = "if command -v deb-systemd-helper >/dev/null; then\n"
			     "\tdeb-systemd-helper unmask \"$sluice_unit\" >/dev/null || :\n"
			     "\tif deb-systemd-helper --quiet was-enabled \"$sluice_unit\"; then\n"
			     "\t\tdeb-systemd-helper enable \"$sluice_unit\" >/dev/null || :\n"
			     "\telse\n"
			     "\t\tdeb-systemd-helper update-state \"$sluice_unit\" >/dev/null || :\n"
			     "\tfi\n"
			     "elif command -v systemctl >/dev/null; then\n"
			     "\tsystemctl enable \"$sluice_unit\" >/dev/null 2>&1 || :\n"
			     "fi\n"
			     "if [ -d /run/systemd/system ]; then\n"
			     "\tsystemctl daemon-reload >/dev/null 2>&1 || :\n"
			     "\tsluice_action=start\n"
			     "\t[ \"$sluice_event\" = post-install ] || sluice_action=restart\n"
			     "\tif command -v deb-systemd-invoke >/dev/null; then\n"
			     "\t\tdeb-systemd-invoke \"$sluice_action\" \"$sluice_unit\" >/dev/null || :\n"
			     "\telse\n"
			     "\t\tsystemctl \"$sluice_action\" \"$sluice_unit\" || :\n"
			     "\tfi\n"
			     "elif [ -x \"/etc/init.d/$sluice_service\" ]; then\n"
			     "\tupdate-rc.d \"$sluice_service\" defaults >/dev/null || :\n"
			     "\tinvoke-rc.d \"$sluice_service\" restart || :\n"
			     "fi\n";
static const char deb_down[] = "if [ -d /run/systemd/system ]; then\n"
			       "\tif command -v deb-systemd-invoke >/dev/null; then\n"
			       "\t\tdeb-systemd-invoke stop \"$sluice_unit\" >/dev/null || :\n"
			       "\telse\n"
			       "\t\tsystemctl stop \"$sluice_unit\" || :\n"
			       "\tfi\n"
			       "elif [ -x \"/etc/init.d/$sluice_service\" ]; then\n"
			       "\tinvoke-rc.d \"$sluice_service\" stop || :\n"
			       "fi\n";
static const char deb_after[] = "if command -v deb-systemd-helper >/dev/null; then\n"
				"\tcase $1 in\n"
				"\tremove) deb-systemd-helper mask \"$sluice_unit\" >/dev/null || : ;;\n"
				"\tpurge)\n"
				"\t\tdeb-systemd-helper purge \"$sluice_unit\" >/dev/null || :\n"
				"\t\tdeb-systemd-helper unmask \"$sluice_unit\" >/dev/null || :\n"
				"\t\t;;\n"
				"\tesac\n"
				"fi\n"
				"if [ \"$1\" = purge ] && [ ! -e \"/etc/init.d/$sluice_service\" ]; then\n"
				"\tupdate-rc.d \"$sluice_service\" remove >/dev/null 2>&1 || :\n"
				"fi\n";

/* rpm: as systemd's macros, but enabled and started on the first install, because the recipe says so and not the preset. */
static const char rpm_up[] =
	"if command -v systemctl >/dev/null; then\n"
	"\tif [ \"$sluice_event\" = post-install ]; then systemctl enable \"$sluice_unit\" >/dev/null 2>&1 || :; fi\n"
	"\tif [ -d /run/systemd/system ]; then\n"
	"\t\tsystemctl daemon-reload >/dev/null 2>&1 || :\n"
	"\t\tif [ \"$sluice_event\" = post-install ]; then\n"
	"\t\t\tsystemctl start \"$sluice_unit\" || :\n"
	"\t\telse\n"
	"\t\t\tsystemctl try-restart \"$sluice_unit\" >/dev/null 2>&1 || :\n"
	"\t\tfi\n"
	"\tfi\n"
	"elif [ -x \"/etc/init.d/$sluice_service\" ]; then\n"
	"\tif command -v chkconfig >/dev/null; then chkconfig --add \"$sluice_service\" || :; fi\n"
	"\t\"/etc/init.d/$sluice_service\" restart || :\n"
	"fi\n";
static const char rpm_down[] =
	"if command -v systemctl >/dev/null; then\n"
	"\tsystemctl --no-reload disable \"$sluice_unit\" >/dev/null 2>&1 || :\n"
	"\tif [ -d /run/systemd/system ]; then systemctl stop \"$sluice_unit\" >/dev/null 2>&1 || :; fi\n"
	"elif [ -x \"/etc/init.d/$sluice_service\" ]; then\n"
	"\t\"/etc/init.d/$sluice_service\" stop || :\n"
	"\tif command -v chkconfig >/dev/null; then chkconfig --del \"$sluice_service\" || :; fi\n"
	"fi\n";

/* apk: OpenRC. Nothing is started where it does not run, as in a container. */
static const char apk_up[] =
	"if command -v rc-update >/dev/null && [ -x \"/etc/init.d/$sluice_service\" ]; then\n"
	"\tif [ \"$sluice_event\" = post-install ]; then rc-update add \"$sluice_service\" default "
	">/dev/null || :; fi\n"
	"\tif [ -d /run/openrc ]; then\n"
	"\t\tif [ \"$sluice_event\" = post-install ]; then\n"
	"\t\t\trc-service \"$sluice_service\" start || :\n"
	"\t\telse\n"
	"\t\t\trc-service --ifstarted \"$sluice_service\" restart || :\n"
	"\t\tfi\n"
	"\tfi\n"
	"fi\n";
static const char apk_down[] =
	"if command -v rc-update >/dev/null && [ -x \"/etc/init.d/$sluice_service\" ]; then\n"
	"\tif [ -d /run/openrc ]; then rc-service --ifstarted \"$sluice_service\" stop || :; fi\n"
	"\trc-update del \"$sluice_service\" default >/dev/null 2>&1 || :\n"
	"fi\n";

/* What starts, stops and cleans up on each target; pacman's machines have systemd as rpm's have. */
static const struct {
	const char *up, *down, *after;
} service_lines[FAMILIES] = {
	[FAMILY_DEB] = { deb_up, deb_down, deb_after },
	[FAMILY_RPM] = { rpm_up, rpm_down, "" },
	[FAMILY_PACMAN] = { rpm_up, rpm_down, "" },
	[FAMILY_APK] = { apk_up, apk_down, "" },
};

/* A unit alone starts nothing under OpenRC. */
static void tell_without_init_script(struct scripts_build *b)
{
	const struct pkg *shaped = b->job->shaped;
	json_t *service;
	size_t i;

	json_array_foreach(document_at(b->job->recipe, "services"), i, service) {
		const char *name = json_string_value(service);
		AUTO_FREE char *path = mem_printf("/etc/init.d/%.*s", (int)strcspn(name, "."), name);
		AUTO_FREE char *what = mem_printf("service:%s", name);
		bool is_there = false;
		for (size_t k = 0; shaped && k < shaped->entries.len && !is_there; k++)
			is_there = strcmp(shaped->entries.at[k].path, path) == 0;
		if (shaped && !is_there)
			scripts_tell(b, LOSS_BEHAVIOUR,
				"the package brings no init script, and OpenRC starts nothing else", what);
	}
}

void scripts_services_up(struct scripts_build *b)
{
	struct shell *sh = &b->slots[SLOT_POST];

	add_captured(b, SLOT_POST, "_post");
	if (!has_services(b))
		return;
	if (b->into == FAMILY_APK)
		tell_without_init_script(b);
	text_add(&sh->lines, "case $sluice_event in\npost-install | post-upgrade)\n");
	each_service(b, &sh->lines, service_lines[b->into].up);
	text_add(&sh->lines, ";;\nesac\n");
	sh->is_used = true;
}

void scripts_services_down(struct scripts_build *b)
{
	struct shell *sh = &b->slots[SLOT_PREUN];

	if (has_services(b)) {
		text_add(&sh->lines, "case $sluice_event in\npre-remove)\n");
		each_service(b, &sh->lines, service_lines[b->into].down);
		text_add(&sh->lines, ";;\nesac\n");
		sh->is_used = true;
	}
	add_captured(b, SLOT_PREUN, "_preun");
}

void scripts_services_after(struct scripts_build *b)
{
	struct shell *sh = &b->slots[SLOT_POSTUN];

	if (!has_services(b) || b->into == FAMILY_APK)
		return;
	if (service_lines[b->into].after[0])
		each_service(b, &sh->lines, service_lines[b->into].after);
	text_add(&sh->lines, "if [ -d /run/systemd/system ]; then systemctl daemon-reload >/dev/null 2>&1 || :; fi\n");
	sh->is_used = true;
}

/* ---- capabilities: dpkg brings none, setcap(8) sets them behind the files. dpkg unlinks the file on removal, and they go with it. */

bool scripts_has_capabilities(const struct scripts_build *b)
{
	for (size_t i = 0; b->job->shaped && i < b->job->shaped->entries.len; i++)
		if (b->job->shaped->entries.at[i].capabilities[0])
			return true;
	return false;
}

void scripts_capabilities(struct scripts_build *b)
{
	struct shell *sh = &b->slots[SLOT_POST];

	text_add(&sh->lines, "case $1 in\nconfigure | abort-upgrade | abort-remove | abort-deconfigure)\n");
	for (size_t i = 0; i < b->job->shaped->entries.len; i++) {
		const struct entry *entry = &b->job->shaped->entries.at[i];
		AUTO_FREE char *capabilities = text_shell_quote(entry->capabilities);
		AUTO_FREE char *path = text_shell_quote(entry->path);
		if (entry->capabilities[0])
			text_add(&sh->lines, "setcap %s %s || echo \"sluice: warning: no capabilities on %s\" >&2\n",
				capabilities, path, "a file of this package");
	}
	text_add(&sh->lines, ";;\nesac\n");
	sh->is_used = true;
}
