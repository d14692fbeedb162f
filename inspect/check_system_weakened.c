/* check_system_weakened.c - settings of the kernel, of its modules and of the firewall that protect the whole machine: weaker, gone, or new and weak.
 *
 * Facts: {"bytes": {"settings": {"items": [{"path", "key", "value"}], "more"}}}; keys: "sysctl NAME", "module NAME" (kept out), "firewall KEY". */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

/* Values from weak to strong; what a kernel does without the setting is at `unset`. */
static const struct setting {
	const char *key, *values, *unset, *means;
} settings[] = {
	{ "sysctl kernel.randomize_va_space", "0|1|2", "2", "faults in programs are hard to use" },
	{ "sysctl kernel.kptr_restrict", "0|1|2", "0", "the kernel's addresses are not shown" },
	{ "sysctl kernel.dmesg_restrict", "0|1", "0", "only administrators read the kernel's log" },
	{ "sysctl kernel.unprivileged_bpf_disabled", "0|2|1", "2",
		"only administrators load programs into the kernel" },
	{ "sysctl net.core.bpf_jit_harden", "0|1|2", "0", "programs in the kernel are hardened" },
	{ "sysctl kernel.yama.ptrace_scope", "0|1|2|3", "0", "programs cannot read each other's memory" },
	{ "sysctl kernel.perf_event_paranoid", "-1|0|1|2|3|4", "2", "only administrators measure the whole machine" },
	{ "sysctl kernel.kexec_load_disabled", "0|1", "0", "the kernel cannot be replaced while it runs" },
	{ "sysctl kernel.modules_disabled", "0|1", "0", "no more parts are loaded into the kernel" },
	{ "sysctl kernel.unprivileged_userns_clone", "1|0", "1", "only administrators make containers" },
	{ "sysctl vm.unprivileged_userfaultfd", "1|0", "0", "faults in the kernel are hard to use" },
	{ "sysctl vm.mmap_min_addr", "0|4096|32768|65536", "65536", "faults in the kernel are hard to use" },
	{ "sysctl dev.tty.ldisc_autoload", "1|0", "1", "old parts of the kernel are not loaded unasked" },
	{ "sysctl fs.suid_dumpable", "1|2|0", "0", "memory of privileged programs is not written to disk" },
	{ "sysctl fs.protected_hardlinks", "0|1", "1", "tricks with links in shared folders fail" },
	{ "sysctl fs.protected_symlinks", "0|1", "1", "tricks with links in shared folders fail" },
	{ "sysctl fs.protected_fifos", "0|1|2", "1", "tricks with files in shared folders fail" },
	{ "sysctl fs.protected_regular", "0|1|2", "1", "tricks with files in shared folders fail" },
	{ "sysctl net.ipv4.conf.*.rp_filter", "0|2|1", "0", "packets with forged senders are dropped" },
	{ "sysctl net.ipv[46].conf.*.accept_redirects", "1|0", "1",
		"others on the network cannot redirect the machine's traffic" },
	{ "sysctl net.ipv4.conf.*.send_redirects", "1|0", "1", "the machine does not redirect others' traffic" },
	{ "sysctl net.ipv[46].conf.*.accept_source_route", "1|0", "0",
		"senders cannot choose the way of their packets" },
	{ "sysctl net.ipv4.conf.*.log_martians", "0|1", "0", "impossible packets are logged" },
	{ "sysctl net.ipv4.tcp_syncookies", "0|1|2", "1", "floods of connections do not stop the machine" },
	{ "sysctl net.ipv4.icmp_echo_ignore_broadcasts", "0|1", "1", "the machine cannot be used to flood others" },
	{ "sysctl net.ipv4.ip_forward", "1|0", "0", "the machine does not pass others' traffic on" },
	{ "sysctl net.ipv6.conf.*.forwarding", "1|0", "0", "the machine does not pass others' traffic on" },
	{ "module *", "|out", "", "a part of the kernel that is not needed is kept out" },
	{ "firewall enabled", "no|yes", "", "the firewall is on" },
	{ "firewall default_*_policy", "accept|reject|drop", "", "the firewall refuses what nobody has allowed" },
	{ "firewall *policy", "accept|reject|drop", "", "the firewall refuses what nobody has allowed" },
	{ "firewall *target", "accept|default|%%reject%%|reject|drop", "",
		"the firewall refuses what nobody has allowed" },
};

static const struct setting *setting_of(const char *key)
{
	for (size_t i = 0; i < COUNT(settings); i++)
		if (fnmatch(settings[i].key, key, 0) == 0)
			return &settings[i];
	return NULL;
}

/* ---- looking */

static void keep(json_t *facts, const char *path, char *key, const char *value)
{
	json_t *item;

	for (char *at = key; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (setting_of(key) && (item = fact_add(fact_list_at(facts, "settings"))) != NULL) {
		json_set_str(item, "path", path);
		json_set_str(item, "key", key);
		json_set_str(item, "value", value);
	}
	free(key);
}

static char *sysctl_key(const char *key)
{
	char *name = mem_printf("sysctl %s", key + (*key == '-'));

	for (char *at = name + 7; *at; at++)
		*at = *at == '/' ? '.' : *at;
	return name;
}

/* "blacklist X", "install X /bin/false" keep a module out. */
static void look_module(json_t *facts, const char *path, const struct config_item *at)
{
	size_t len = strcspn(at->value, " \t");
	bool is_out = strcmp(at->key, "blacklist") == 0 ||
		(strcmp(at->key, "install") == 0 &&
			(strstr(at->value, "/bin/true") || strstr(at->value, "/bin/false")));

	if (is_out)
		keep(facts, path, mem_printf("module %.*s", (int)len, at->value), "out");
}

static void look(const struct looked *file, json_t *facts)
{
	const char *path = file->entry->path;
	bool is_sysctl = strstr(path, "/sysctl.d/") || text_ends(path, "/sysctl.conf"),
	     is_module = strstr(path, "/modprobe.d/") != NULL;
	bool is_firewall = text_starts(path, "/etc/ufw/") || strcmp(path, "/etc/default/ufw") == 0 ||
		text_starts(path, "/etc/nftables") || strstr(path, "/firewalld/") != NULL;

	for (size_t i = 0; file->config && i < file->config->items.len; i++) {
		const struct config_item *at = &file->config->items.at[i];

		if (is_sysctl)
			keep(facts, path, sysctl_key(at->key), at->value);
		else if (is_module)
			look_module(facts, path, at);
		else if (is_firewall)
			keep(facts, path, mem_printf("firewall %s", at->key), at->value);
	}
}

/* ---- comparing: {KEY (for the firewall with its file): item}, the last one said holds */

static json_t *state_of(const json_t *facts)
{
	json_t *state = json_object(), *item;
	size_t i;

	json_array_foreach(fact_items(facts, "settings"), i, item) {
		const char *key = json_text(item, "key");
		AUTO_FREE char *name = text_starts(key, "firewall ") ? mem_printf("%s\n%s", key, fact_path(item))
								     : mem_strdup(key);

		if (*key)
			json_object_set(state, name, item);
	}
	return state;
}

static const char *name_of(const char *key)
{
	const char *blank = strchr(key, ' ');

	return blank ? blank + 1 : key;
}

static void tell(struct compare *c, const struct setting *s, const json_t *place, const char *key, const char *old,
	const char *new)
{
	finding_add(c, SEVERITY_MEDIUM, arena_printf(c->arena, "%s:%s", fact_path(place), name_of(key)), old, new,
		arena_printf(c->arena,
			"A setting of the whole machine is weaker than before (%s: %s became %s). It sees to it that "
			"%s.",
			name_of(key), *old ? old : "not set", *new ? new : "not set", s->means),
		"Ask the vendor why, and set the old value with a file of the organisation's own.");
}

static void compare(struct compare *c)
{
	json_t *old, *new, *item;
	const char *name;

	if (c->old == NULL)
		return;
	c->old = json_map(c->old, "bytes");
	c->new = json_map(c->new, "bytes");
	old = state_of(c->old);
	new = state_of(c->new);
	json_object_foreach(old, name, item) {
		const char *key = json_text(item, "key"), *before = json_text(item, "value");
		const struct setting *s = setting_of(key);
		const json_t *place = json_object_get(new, name);
		const char *now = place ? json_text(place, "value") : s ? s->unset : "";
		bool is_known = s && (place || *s->unset || text_starts(key, "module "));

		if (is_known && fact_rank(s->values, now) >= 0 &&
			fact_rank(s->values, now) < fact_rank(s->values, before))
			tell(c, s, place ? place : item, key, before, place ? now : "");
	}
	json_object_foreach(new, name, item) {
		const char *key = json_text(item, "key"), *now = json_text(item, "value");
		const struct setting *s = setting_of(key);

		if (s && *s->unset && json_object_get(old, name) == NULL && fact_rank(s->values, now) >= 0 &&
			fact_rank(s->values, now) < fact_rank(s->values, s->unset))
			tell(c, s, item, key, "", now);
	}
	json_decref(old);
	json_decref(new);
	fact_tell_cut(c, "settings");
}

const struct check check_system_weakened = {
	.id = "system-weakened",
	.severity = SEVERITY_MEDIUM,
	.waiver = "security-officer",
	.about = "Settings of the kernel (sysctl), of its modules (modprobe) and of the firewall that protect the "
		 "whole machine: lowered, gone, or new "
		 "and weak.",
	.why = "These settings protect every program on the machine, not only those of this update, and nobody "
	       "expects an update to lower them. A file of the organisation's own in /etc/sysctl.d that comes "
	       "later in the order of names keeps the old value. Known false alarm: a setting that another "
	       "package makes now.",
	.look = look,
	.compare = compare,
};
