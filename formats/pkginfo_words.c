/* pkginfo_words.c - names and versions as pacman and apk take them. */
#include "formats/pkginfo.h"
#include "formats/version.h"
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { NAME_MOST = 255, VERSION_MOST = 256 };

/* PKGBUILD(5), "pkgname"; apk-tools' package names. */
bool pkginfo_name_valid(enum family family, const char *name)
{
	const char *good = family == FAMILY_APK ? LOWER UPPER DIGITS "+._-" : LOWER UPPER DIGITS "@._+-";
	size_t len = strlen(name);

	return len > 0 && len <= NAME_MOST && strspn(name, good) == len && strchr("-.", name[0]) == NULL;
}

/* libalpm: one '-' parts version and release, no '/', and the whole becomes a folder's name. (Only makepkg wants digits as release.) */
static bool pacman_version_valid(const char *text)
{
	size_t epoch = strspn(text, DIGITS);
	const char *dash = strchr(text, '-'), *colon = strchr(text, ':');

	if (colon && (colon != text + epoch || epoch == 0 || epoch > 9 || strchr(colon + 1, ':')))
		return false;
	text = colon ? colon + 1 : text;
	if (dash == NULL || dash == text || dash[1] == 0 || strchr(dash + 1, '-') || !version_pacman_valid(text))
		return false;
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("/<>=", *c))
			return false;
	return true;
}

bool pkginfo_version_valid(enum family family, const char *text)
{
	if (strlen(text) > VERSION_MOST)
		return false;
	return family == FAMILY_APK ? version_apk_valid(text) && strstr(text, "-r") : pacman_version_valid(text);
}
