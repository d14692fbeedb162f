/* unit_paths.c - paths of systemd's units and of init scripts. */
#include "inspect/unit_paths.h"
#include "base/text.h"
#include "inspect/fact.h"
#include <string.h>

static bool is_unit_name(const char *name, size_t len)
{
	static const char *const kinds[] = { ".service", ".socket", ".timer", ".path", ".mount", ".automount",
		".swap" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t k = strlen(kinds[i]);

		if (len > k && memcmp(name + len - k, kinds[i], k) == 0)
			return true;
	}
	return false;
}

char *unit_of_path(const char *path, bool *ret_is_dropin)
{
	static const char *const folders[] = { "/usr/lib/systemd/system/", "/etc/systemd/system/",
		"/usr/local/lib/systemd/system/", "/usr/lib/systemd/user/", "/etc/systemd/user/" };
	enum { USER_FROM = 3 };
	AUTO_FREE char *merged = fact_key(path);

	*ret_is_dropin = false;
	if (text_starts(path, "/etc/init.d/") && strchr(path + 12, '/') == NULL) {
		size_t len = strlen(path + 12);

		if (strcmp(path + 12, "README") == 0 || path[12] == '.' || strcmp(path + 12, "skeleton") == 0)
			return NULL;
		return mem_printf("%.*s.service", (int)(text_ends(path, ".sh") ? len - 3 : len), path + 12);
	}
	for (size_t i = 0; i < COUNT(folders); i++) {
		const char *name = merged + strlen(folders[i]), *slash;
		size_t len;

		if (!text_starts(merged, folders[i]))
			continue;
		slash = strchr(name, '/');
		len = slash ? (size_t)(slash - name) : strlen(name);
		if (slash && (len < 3 || memcmp(slash - 2, ".d", 2) != 0 || !text_ends(slash, ".conf")))
			return NULL;
		len -= slash ? 2 : 0;
		if (!is_unit_name(name, len))
			return NULL;
		*ret_is_dropin = slash != NULL;
		return mem_printf("%s%.*s", i >= USER_FROM ? "user:" : "", (int)len, name);
	}
	return NULL;
}
