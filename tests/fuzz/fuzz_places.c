/* fuzz_places.c - any bytes as one of the files that are read line by line because of their place: tmpfiles.d, inetd, xinetd, cron, sudoers, PAM, polkit,
 * D-Bus, udev, audit rules, fstab, units; what is found is compared with nothing of the kind and with itself. */
#include "inspect/inspect.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *facts_with(const char *path, const uint8_t *data, size_t size)
{
	AUTO(pkg) pkg = { 0 };
	struct entry entry;
	struct err e = { 0 };
	json_t *bytes = NULL, *facts = NULL;
	struct sink *s = facts_collector(MIB(1), &bytes);

	pkg_init(&pkg, 0);
	entry_init(&entry);
	entry.path = path;
	entry.type = ENTRY_FILE;
	entry.size = size;
	if (sink_begin(s, &pkg, &e) == 0 && sink_entry_begin(s, &entry, &e) == 0 &&
		(size == 0 || sink_data(s, data, size, &e) == 0) && sink_entry_end(s, &e) == 0 &&
		sink_close(s, &e) == 0)
		facts = facts_of(&pkg, bytes);
	sink_drop(s);
	json_decref(bytes);
	return facts;
}

static void compare(const json_t *old, const json_t *new)
{
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };
	struct err e = { 0 };

	arena_init(&arena, MIB(16));
	if (facts_compare(old, new, &arena, &found, &e) == 0)
		json_decref(findings_json(&found));
	LIST_DONE(&found);
}

/* The first byte chooses the place; the rest is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/usr/lib/tmpfiles.d/a.conf", "/etc/inetd.conf", "/etc/xinetd.d/a",
		"/etc/cron.d/a", "/etc/sudoers.d/a", "/etc/pam.d/a", "/usr/share/polkit-1/actions/a.policy",
		"/etc/dbus-1/system.d/a.conf", "/etc/udev/rules.d/a.rules", "/etc/audit/rules.d/a.rules", "/etc/fstab",
		"/usr/lib/systemd/system/a.service", "/etc/rsyslog.conf", "/usr/lib/sysusers.d/a.conf",
		"/etc/nginx/nginx.conf", "/etc/ld.so.conf.d/a.conf" };

	if (size == 0)
		return 0;
	const char *path = paths[data[0] % COUNT(paths)];
	AUTO_JSON *none = facts_with(path, (const uint8_t *)"#\n", 2), *facts = facts_with(path, data + 1, size - 1);

	if (none && facts) {
		compare(none, facts);
		compare(facts, none);
		compare(facts, facts);
	}
	return 0;
}
