/* lasting.c - names of indexes that never change their content, for clients that read an earlier snapshot's index. */
#include "base/digest.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include <string.h>

char *channel_lasting_name(const json_t *index)
{
	const char *path = json_text(index, "path"), *sha256 = json_text(index, "sha256");
	const char *slash = strrchr(path, '/');

	if (!slash || !digest_is_hex(sha256))
		return NULL;
	if (strstr(path, "/by-hash/") || strncmp(slash + 1, sha256, 64) == 0)
		return mem_strdup(path);
	if (text_starts(path, "deb/dists/") && (text_starts(slash, "/Packages") || text_starts(slash, "/Contents-")))
		return mem_printf("%.*s/by-hash/SHA256/%s", (int)(slash - path), path, sha256);
	return NULL;
}
