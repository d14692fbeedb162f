/* pairs.c - keeps signed files and their signatures for a while after their snapshot was served. */
#include "release/channel/pairs.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/snapshots.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEPT_SECONDS = 120 }; /* a server remembers a serial for half a minute */

static bool is_half(const char *path)
{
	static const char *const names[] = { "Release", "Release.gpg", "repomd.xml", "repomd.xml.asc", "release.json",
		"release.json.asc" };
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(slash ? slash + 1 : path, names[i]) == 0)
			return true;
	return false;
}

static int by_serial(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* A snapshot was served until the next one's pairs were made. */
static int drop_old(const char *pairs, struct err *e)
{
	long long *serials = NULL;
	size_t len = 0;
	int status = snapshots_list(pairs, &serials, &len, e);

	if (len > 1)
		qsort(serials, len, sizeof *serials, by_serial);
	for (size_t i = 0; status == 0 && i + 1 < len; i++) {
		AUTO_FREE char *old = mem_printf("%s/%lld", pairs, serials[i]),
			       *next = mem_printf("%s/%lld", pairs, serials[i + 1]);
		struct stat st;

		if (stat(next, &st) || st.st_mtim.tv_sec + KEPT_SECONDS > when_now())
			break;
		status = fs_remove_tree(old, e);
	}
	free(serials);
	return status;
}

int pairs_keep(
	const char *folder, long long serial, const char *snapshot, const struct signer_answer *answer, struct err *e)
{
	AUTO_FREE char *pairs = fs_join(folder, "pairs"), *mine = mem_printf("%s/%lld", pairs, serial);

	/* what a publication left that did not get as far as the switch */
	if (fs_remove_tree(mine, e) || fs_mkdirs(mine, 0755, e))
		return -1;
	for (size_t i = 0; i < answer->files.len; i++) {
		const char *path = answer->files.at[i].path;
		AUTO_FREE char *from = fs_join(snapshot, path);

		if (is_half(path) && tree_link(from, mine, path, e))
			return -1;
	}
	return drop_old(pairs, e);
}
