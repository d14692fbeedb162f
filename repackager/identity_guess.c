/* identity_guess.c - what the name of a plain archive tells about its content. */
#include "base/text.h"
#include "formats/relation.h"
#include "repackager/identity.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const endings[] = { ".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".gz", ".bz2", ".xz", ".zst", ".lzma",
	".zip", ".jar", ".run", ".sh", ".7z", ".cpio", ".appimage", ".squashfs" };
/* Words behind the version that name a platform. */
static const char *const platforms[] = { "linux", "gnu", "glibc", "unknown", "bin", "dist", "release" };
static const struct {
	const char *word, *architecture;
} spellings[] = { { "x64", "x86_64" }, { "x86-64", "x86_64" }, { "64bit", "x86_64" }, { "linux64", "x86_64" },
	{ "any", "noarch" }, { "aarch64", "aarch64" }, { "x86", "i686" }, { "i386", "i686" } };

static bool drop_ending(char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < COUNT(endings); i++) {
		size_t end = strlen(endings[i]);
		if (len > end && strcasecmp(name + len - end, endings[i]) == 0) {
			name[len - end] = '\0';
			return true;
		}
	}
	return false;
}

static const char *architecture_of(const char *word)
{
	for (size_t i = 0; i < COUNT(spellings); i++)
		if (strcasecmp(spellings[i].word, word) == 0)
			return spellings[i].architecture;
	const char *rpm = arch_to_rpm(word);
	return rpm ? rpm : arch_to_deb(word) ? word : NULL;
}

static bool is_platform(const char *word)
{
	for (size_t i = 0; i < COUNT(platforms); i++)
		if (strcasecmp(platforms[i], word) == 0)
			return true;
	return false;
}

/* Takes "-linux-x86_64" and the like off the end. x86_64 holds a separator itself, so the longest word is tried first. */
static void drop_platform(struct arena *a, char *name, const char **ret_architecture)
{
	for (bool again = true; again;) {
		again = false;
		for (char *at = name + 1; *at && !again; at++) {
			if (!strchr("-_.", *at) || !at[1])
				continue;
			const char *architecture = architecture_of(at + 1);
			if (!architecture && !is_platform(at + 1))
				continue;
			if (architecture)
				*ret_architecture = arena_str(a, architecture);
			*at = '\0';
			again = true;
		}
	}
}

void identity_guess(struct arena *a, const char *file_name, const char **ret_name, const char **ret_version,
	const char **ret_architecture)
{
	AUTO_FREE char *name = mem_strdup(file_name);
	char *version = NULL;

	*ret_name = *ret_version = *ret_architecture = "";
	while (drop_ending(name))
		continue;
	drop_platform(a, name, ret_architecture);
	for (char *at = name; *at; at++) {
		if (at > name && strchr("-_", *at) &&
			(isdigit((unsigned char)at[1]) || (at[1] == 'v' && isdigit((unsigned char)at[2])))) {
			version = at + 1 + (at[1] == 'v');
			*at = '\0';
			break;
		}
	}
	for (char *at = name; *at; at++)
		*at = *at == '_' || *at == ' ' ? '-' : (char)tolower((unsigned char)*at);
	*ret_name = arena_str(a, name);
	if (version)
		*ret_version = arena_str(a, version);
}
