/* family.c - the families' names and their formats: one table. */
#include "formats/family.h"
#include "base/base.h"
#include <string.h>

static const struct {
	const char *format;
	enum family family;
} table[] = {
	{ "deb", FAMILY_DEB },
	{ "ipk", FAMILY_DEB },
	{ "rpm", FAMILY_RPM },
	{ "pacman", FAMILY_PACMAN },
	{ "apk", FAMILY_APK },
};

enum family family_of(const char *format)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (strcmp(table[i].format, format) == 0)
			return table[i].family;
	return FAMILY_NONE;
}

const char *family_name(enum family f)
{
	static const char *const names[] = { "deb", "rpm", "pacman", "apk", "none" };

	return names[f];
}
