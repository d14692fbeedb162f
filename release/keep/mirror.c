/* mirror.c - asking other places for a digest. Nothing of what they say is believed: only bytes that have the digest count. */
#include "release/keep/mirror.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include "release/gate/source.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EARLIER = 20 }; /* generations whose lists a tree keeps in history/ */

static const struct fetch_options no_options;

void mirror_done(struct mirror *m)
{
	if (m->is_open)
		fetcher_done(&m->fetcher);
	if (m->scratch)
		(void)unlink(m->scratch);
	json_decref(m->files);
	free(m->name);
	free(m->blobs);
	free(m->scratch);
}

static void note(struct mirror *m, const char *digest, const char *path, int64_t size)
{
	if (digest_is_hex(digest) && size >= 0 && !json_object_get(m->files, digest))
		json_object_set_new(m->files, digest, json_pack("{s:s, s:I}", "path", path, "size", (json_int_t)size));
}

/* Of an earlier generation only what keeps its name is still there. */
static void note_indexes(struct mirror *m, const json_t *release, bool is_earlier)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(release, "indexes"), i, item) {
		AUTO_FREE char *lasting = channel_lasting_name(item);

		if (lasting || !is_earlier)
			note(m, json_text(item, "sha256"), is_earlier ? lasting : json_text(item, "path"),
				json_int(item, "size"));
	}
}

static void note_packages(struct mirror *m, const json_t *release)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(release, "packages"), i, item)
		note(m, json_text(item, "sha256"), json_text(item, "path"), json_int(item, "size"));
}

static void note_records(struct mirror *m, const json_t *release)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(release, "records"), i, item) {
		const char *digest = json_string_value(item) ? json_string_value(item) : "";
		AUTO_FREE char *path = mem_printf("records/%s", digest);

		note(m, digest, path, SOURCE_RECORD_MAX);
	}
}

/* The lists of a release.json, of the newest or an earlier generation. -1: it is not there. */
static int note_release(struct mirror *m, const char *path, bool is_earlier, int64_t *ret_serial, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *release = NULL;
	size_t len;

	if (fetch_bytes(&m->fetcher, path, RELEASE_MAX, &bytes, &len, e) ||
		!(release = json_parse(bytes, len, path, e)))
		return -1;
	note_packages(m, release);
	note_indexes(m, release, is_earlier);
	if (!is_earlier)
		note_records(m, release);
	*ret_serial = json_int(release, "serial");
	return 0;
}

static int open_tree(struct mirror *m, const char *base, struct err *e)
{
	int64_t serial = 0, earlier;

	m->is_open = true;
	m->files = json_object();
	if (fetch_open(&m->fetcher, base, &no_options, e) || note_release(m, "release.json", false, &serial, e))
		return -1;
	for (int64_t n = serial - 1; n > 0 && n >= serial - EARLIER; n--) {
		AUTO_FREE char *path = mem_printf("history/%lld.json", (long long)n);
		struct err ignored = { 0 };

		if (note_release(m, path, true, &earlier, &ignored))
			break;
	}
	return 0;
}

static int open_any(struct mirror *m, const char *name, struct err *e)
{
	AUTO_FREE char *whole = strstr(name, "://") ? NULL : realpath(name, NULL);
	AUTO_FREE char *blobs = whole ? fs_join(whole, "blobs") : NULL,
		       *current = whole ? fs_join(whole, "current") : NULL;
	struct stat st;

	if (strstr(name, "://"))
		return open_tree(m, name, e);
	if (!whole || stat(whole, &st))
		return err_sys(e, "%s", name);
	if (S_ISREG(st.st_mode)) {
		m->is_open = true;
		return fetch_open_archive(&m->fetcher, whole, e);
	}
	if (fs_exists(blobs)) {
		m->blobs = blobs;
		blobs = NULL;
		return 0;
	}
	return open_tree(m, fs_exists(current) ? current : whole, e);
}

int mirror_open(struct mirror *m, const char *name, const char *scratch, struct err *e)
{
	*m = (struct mirror){ .name = mem_strdup(name), .scratch = fs_join(scratch, "fetched") };
	if (open_any(m, name, e)) {
		mirror_done(m);
		return err_wrap(e, "%s", name);
	}
	return 0;
}

static bool has_digest(const char *file, const char *digest)
{
	struct err ignored = { 0 };
	AUTO_FD int fd = fs_open_file(file, &ignored);
	char found[SHA256_HEX];
	uint64_t size;

	return fd >= 0 && sha256_fd(fd, found, &size, &ignored) == 0 && strcmp(found, digest) == 0;
}

char *mirror_find(struct mirror *m, const char *digest)
{
	struct fetch_file file = { .path = "", .to = m->scratch, .sha256 = digest, .size = INT64_MAX };
	const json_t *known = json_object_get(m->files, digest);
	struct err ignored = { 0 };

	if (m->blobs) {
		char *path = mem_printf("%s/%.2s/%s", m->blobs, digest, digest + 2);

		if (has_digest(path, digest))
			return path;
		free(path);
		return NULL;
	}
	if (m->files && !known)
		return NULL;
	(void)unlink(m->scratch);
	if (known) {
		file.path = json_text(known, "path");
		file.size = (uint64_t)json_int(known, "size");
	}
	return fetch_file(&m->fetcher, &file, &ignored) == 0 && has_digest(m->scratch, digest) ? mem_strdup(m->scratch)
											       : NULL;
}
