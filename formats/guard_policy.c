/* guard_policy.c - what a valid package may hold but somebody should know of: modes, capabilities, protected places. */
#include "base/text.h"
#include "formats/guard_private.h"
#include <fnmatch.h>
#include <string.h>

/* Files that decide who may do what on a system, or what runs there. Matched as in fnmatch, '*' crosses '/'. */
static const struct place {
	const char *pattern, *code, *why;
} places[] = {
	{ "/etc/passwd", "E_POLICY_PROTECTED_PATH", "holds the system's accounts" },
	{ "/etc/passwd-", "E_POLICY_PROTECTED_PATH", "holds the system's accounts" },
	{ "/etc/group", "E_POLICY_PROTECTED_PATH", "holds the system's groups" },
	{ "/etc/shadow*", "E_POLICY_PROTECTED_PATH", "holds passwords" },
	{ "/etc/gshadow*", "E_POLICY_PROTECTED_PATH", "holds passwords" },
	{ "/etc/sudoers", "E_POLICY_PROTECTED_PATH", "says who may become root" },
	{ "/etc/sudoers.d/*", "E_POLICY_PROTECTED_PATH", "says who may become root" },
	{ "/etc/polkit-1/rules.d/*", "E_POLICY_PROTECTED_PATH", "says who may do what" },
	{ "/etc/pam.d/*", "E_POLICY_PROTECTED_PATH", "says how users log in" },
	{ "/etc/security/*", "E_POLICY_PROTECTED_PATH", "says how users log in" },
	{ "/etc/nsswitch.conf", "E_POLICY_PROTECTED_PATH", "says where accounts come from" },
	{ "/etc/ld.so.preload", "E_POLICY_PROTECTED_PATH", "is loaded into every program" },
	{ "/etc/ld.so.conf", "E_POLICY_PROTECTED_PATH", "says which libraries are loaded" },
	{ "/etc/fstab", "E_POLICY_PROTECTED_PATH", "belongs to the system's administrator" },
	{ "/etc/hosts", "E_POLICY_PROTECTED_PATH", "belongs to the system's administrator" },
	{ "/etc/resolv.conf", "E_POLICY_PROTECTED_PATH", "belongs to the system's administrator" },
	{ "/etc/crontab", "E_POLICY_PROTECTED_PATH", "runs commands as root" },
	{ "/var/spool/cron/*", "E_POLICY_PROTECTED_PATH", "runs commands as its user" },
	{ "/etc/ssh/sshd_config", "E_POLICY_PROTECTED_PATH", "says who may log in" },
	{ "/root/?*", "E_POLICY_PROTECTED_PATH", "lies in root's home" },
	{ "/home/?*", "E_POLICY_PROTECTED_PATH", "lies in a user's home" },
	{ "/etc/apt/sources.list*", "E_SCRIPT_REVIEW", "adds a package source" },
	{ "/etc/apt/trusted.gpg*", "E_SCRIPT_REVIEW", "trusts a key for packages" },
	{ "/etc/yum.repos.d/*", "E_SCRIPT_REVIEW", "adds a package source" },
	{ "/dev/*", "E_POLICY_PROTECTED_PATH", "lies where the kernel's devices are" },
	{ "/proc/*", "E_POLICY_PROTECTED_PATH", "lies in a kernel file system" },
	{ "/sys/*", "E_POLICY_PROTECTED_PATH", "lies in a kernel file system" },
	{ "/usr/share/libalpm/hooks/*.hook", "E_SCRIPT_REVIEW", "runs a command in transactions of other packages" },
	{ "/etc/pacman.d/hooks/*.hook", "E_SCRIPT_REVIEW", "runs a command in transactions of other packages" },
};

static void check_place(struct guard *g, const struct entry *entry)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (entry->type != ENTRY_DIR && fnmatch(places[i].pattern, entry->path, 0) == 0)
			guard_warn(g, places[i].code, entry->path, "%s", places[i].why);
}

static void check_mode(struct guard *g, const struct entry *entry)
{
	uint32_t mode = entry->mode;

	if (entry->type == ENTRY_SYMLINK || entry->type == ENTRY_HARDLINK)
		return;
	if ((mode & 04000) && entry->type != ENTRY_DIR)
		guard_warn(g, "E_POLICY_SETUID", entry->path, "runs as its owner (%s, mode %04o)",
			entry->owner[0] ? entry->owner : "by number", mode);
	if (mode & 02000)
		guard_warn(g, "E_POLICY_SETGID", entry->path, "%s (%s, mode %04o)",
			entry->type == ENTRY_DIR ? "gives its group to what is made in it" : "runs with its group",
			entry->group[0] ? entry->group : "by number", mode);
	if ((mode & 0002) && !(entry->type == ENTRY_DIR && (mode & 01000)))
		guard_warn(g, "E_POLICY_MODE", entry->path, "everybody may write to it (mode %04o)", mode);
}

void guard_policy(struct guard *g, const struct entry *entry)
{
	if (g->pkg == NULL)
		return;
	check_mode(g, entry);
	if (entry->capabilities[0])
		guard_warn(g, "E_POLICY_FILECAP", entry->path, "runs with the capabilities %s", entry->capabilities);
	check_place(g, entry);
}
