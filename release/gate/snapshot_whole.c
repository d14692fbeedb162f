/* snapshot_whole.c - a release.json that was written whole, as earlier versions did, brought into lines. */
#include "base/fs.h"
#include "base/stream.h"
#include "release/gate/snapshot_text.h"
#include <string.h>
#include <unistd.h>

enum { WHOLE_MAX = 256 << 20 };

static int by_path(const void *a, const void *b)
{
	return strcmp(json_text(*(json_t *const *)a, "path"), json_text(*(json_t *const *)b, "path"));
}

static int by_digest(const void *a, const void *b)
{
	const char *x = json_string_value(*(json_t *const *)a), *y = json_string_value(*(json_t *const *)b);

	return strcmp(x ? x : "", y ? y : "");
}

static int put_list(struct snap_writer *w, enum snap_list list, const json_t *items, struct err *e)
{
	static int (*const orders[SNAP_LISTS])(const void *, const void *) = { by_path, by_digest, NULL };
	AUTO_JSON *sorted = orders[list] ? json_sorted(items, orders[list], false) : json_incref((json_t *)items);
	size_t i;
	json_t *item;

	json_array_foreach(sorted, i, item)
		if (snap_put_json(w, list, item, e))
			return -1;
	return 0;
}

/* In lines, in a file without a name; its fd. */
static int in_lines(int from, const char *path, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *json = NULL, *head = NULL;
	AUTO_FD int fd = -1;
	struct snap_writer w = { .fd = -1 };
	char sha256[SHA256_HEX];
	uint64_t size;
	size_t len;
	int status, made;

	if (fs_read_fd(from, WHOLE_MAX, &bytes, &len, e) || !(json = json_parse(bytes, len, path, e)) ||
		(fd = fs_temp_file(e)) < 0)
		return -1;
	head = json_copy(json);
	status = snap_begin(&w, dup(fd), e);
	for (int i = 0; status == 0 && i < SNAP_LISTS; i++) {
		status = put_list(&w, i, json_list(json, snap_lists[i]), e);
		json_object_del(head, snap_lists[i]);
	}
	if (status == 0)
		status = snap_finish(&w, head, sha256, &size, e);
	snap_abandon(&w);
	if (status)
		return -1;
	made = fd;
	fd = -1;
	return lseek(made, 0, SEEK_SET) < 0 ? (close(made), err_sys(e, "%s", path)) : made;
}

static const char first_line[] = "{\"packages\":[\n";

int snap_lines(int fd, const char *path, struct err *e)
{
	char begin[sizeof first_line];
	int made;

	if (pread(fd, begin, sizeof begin - 1, 0) == sizeof begin - 1 &&
		memcmp(begin, first_line, sizeof begin - 1) == 0)
		return fd;
	made = in_lines(fd, path, e);
	close(fd);
	return made;
}
