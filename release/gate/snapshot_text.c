/* snapshot_text.c - reads and writes release.json item by item. */
#include "release/gate/snapshot_text.h"
#include "base/fs.h"
#include "base/stream.h"
#include "base/text.h"
#include "formats/index.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[SNAP_LISTS] = { "packages", "records", "releases" };
enum { HEAD_MAX = 64 << 20, WHOLE_MAX = 256 << 20, MEMBER_MAX = 64, READ_AHEAD = 256 << 10 };

/* ---- one that was written whole, as earlier versions did */

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

static int begin_fd(struct snap_writer *w, int fd, struct err *e)
{
	*w = (struct snap_writer){ .fd = fd, .out = out_fd(fd), .list = -1 };
	digest_init(&w->digest, DIGEST_SHA256);
	w->out = out_digest(w->out, &w->digest);
	return out_str(w->out, "{", e);
}

/* In lines, in a file without a name; its fd. */
static int in_lines(const char *path, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *json = NULL, *head = NULL;
	AUTO_FD int fd = -1;
	struct snap_writer w = { .fd = -1 };
	char sha256[SHA256_HEX];
	uint64_t size;
	size_t len;
	int status, made;

	if (fs_read_file(path, WHOLE_MAX, &bytes, &len, e) || !(json = json_parse(bytes, len, path, e)) ||
		(fd = fs_temp_file(e)) < 0)
		return -1;
	head = json_copy(json);
	status = begin_fd(&w, dup(fd), e);
	for (int i = 0; status == 0 && i < SNAP_LISTS; i++) {
		status = put_list(&w, i, json_list(json, names[i]), e);
		json_object_del(head, names[i]);
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

static int open_lines(const char *path, struct err *e)
{
	char begin[sizeof first_line];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (pread(fd, begin, sizeof begin - 1, 0) == sizeof begin - 1 &&
		memcmp(begin, first_line, sizeof begin - 1) == 0)
		return fd;
	close(fd);
	return in_lines(path, e);
}

/* ---- reading */

int snap_open(struct snap_reader *r, const char *path, struct err *e)
{
	struct snap_reader made = { .list = -1 };
	int fd = open_lines(path, e);

	if (fd < 0)
		return -1;
	made.file = fdopen(fd, "r");
	if (!made.file) {
		close(fd);
		return err_sys(e, "%s", path);
	}
	(void)setvbuf(made.file, NULL, _IOFBF, READ_AHEAD);
	*r = made;
	return 0;
}

void snap_close(struct snap_reader *r)
{
	if (r->file)
		(void)fclose(r->file);
	free(r->line);
	*r = (struct snap_reader){ 0 };
}

int snap_next(struct snap_reader *r, struct snap_item *ret, struct err *e)
{
	for (;;) {
		ssize_t len = getline(&r->line, &r->room, r->file);

		if (len <= 0 || r->line[len - 1] != '\n')
			return ferror((FILE *)r->file) ? err_sys(e, "release.json")
						       : err_input(e, "E_TRUNCATED", "release.json ends in a list");
		if (r->list < 0 || *r->line == ']') {
			if (++r->list == SNAP_LISTS)
				return 0;
			continue;
		}
		len -= 1 + (len > 1 && r->line[len - 2] == ',');
		r->line[len] = '\0';
		*ret = (struct snap_item){ (enum snap_list)r->list, r->line, (size_t)len };
		return 1;
	}
}

int snap_each(const char *path, enum snap_list list,
	int (*see)(void *context, const struct snap_item *item, struct err *e), void *context, struct err *e)
{
	AUTO_SNAP_READER r = { 0 };
	struct snap_item item;
	int got = 1, status = snap_open(&r, path, e);

	while (status == 0 && (got = snap_next(&r, &item, e)) > 0 && item.list <= list)
		if (item.list == list)
			status = see(context, &item, e);
	return status || got < 0 ? (status ? status : -1) : 0;
}

/* Where the last line begins. */
static int last_line(int fd, uint64_t *ret, uint64_t *ret_size, struct err *e)
{
	char block[65536];
	off_t end = lseek(fd, 0, SEEK_END), at = end - 1; /* not the line end at its very end */

	*ret_size = end < 0 ? 0 : (uint64_t)end;
	while (at > 0) {
		size_t len = at < (off_t)sizeof block ? (size_t)at : sizeof block;
		const char *found;

		at -= (off_t)len;
		if (fd_pread(fd, block, len, (uint64_t)at, e))
			return -1;
		found = memrchr(block, '\n', len);
		if (found) {
			*ret = (uint64_t)at + (uint64_t)(found - block) + 1;
			return 0;
		}
	}
	return err_input(e, "E_TRUNCATED", "release.json has no end");
}

json_t *snap_head(const char *path, struct err *e)
{
	AUTO_FD int fd = open_lines(path, e);
	AUTO_FREE char *text = NULL;
	uint64_t at, size;

	if (fd < 0 || last_line(fd, &at, &size, e))
		return NULL;
	if (size - at > HEAD_MAX || size - at < 3)
		return err_input(e, "E_LIMIT_SIZE", "%s: its last line is too long", path), NULL;
	text = mem_alloc(size - at + 1);
	if (fd_pread(fd, text, size - at, at, e))
		return NULL;
	if (*text != ']')
		return err_input(e, "E_TRUNCATED", "%s: it ends in a list", path), NULL;
	/* "],..." becomes " {..."; without other members it is "]}" */
	if (text[1] == ',')
		memcpy(text, " {", 2);
	else
		*text = '{';
	return json_parse(text, size - at, path, e);
}

json_t *snap_whole(const struct index_item *item, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (!item->file)
		return json_parse(item->bytes, item->len, item->path, e);
	return fs_read_file(item->file, WHOLE_MAX, &bytes, &len, e) ? NULL : json_parse(bytes, len, item->path, e);
}

/* A member's name in quotes stands in no text unescaped, and items have no member of the same name deeper down before it. */
static const char *member_of(const struct snap_item *item, const char *member, size_t *ret_left)
{
	char name[MEMBER_MAX]; /* asked for tens of thousands of items: no allocation */
	size_t len = strlen(member);
	const char *found;

	if (len + 4 > sizeof name)
		return NULL;
	name[0] = '"';
	memcpy(name + 1, member, len);
	memcpy(name + 1 + len, "\":\"", 3);
	found = memmem(item->at, item->len, name, len + 4);
	if (!found)
		return NULL;
	found += len + 4;
	*ret_left = item->len - (size_t)(found - item->at);
	return found;
}

void snap_item_member(const struct snap_item *item, const char *member, char *ret, size_t room)
{
	size_t left = 0, len = 0;
	const char *at = member_of(item, member, &left);

	while (at && len < left && at[len] != '"' && at[len] != '\\' && len + 1 < room)
		len++;
	if (len)
		memcpy(ret, at, len);
	ret[len] = '\0';
}

bool snap_item_says(const struct snap_item *item, const char *member, const char *text)
{
	size_t left = 0, len = strlen(text);
	const char *at = member_of(item, member, &left);

	return at && left > len && memcmp(at, text, len) == 0 && at[len] == '"';
}

json_t *snap_item_json(const struct snap_item *item, struct err *e)
{
	return json_parse(item->at, item->len, "release.json", e);
}

/* ---- writing */

int snap_create(struct snap_writer *w, const char *path, struct err *e)
{
	int fd;

	/* of an attempt that was killed: it may have other names by now, under which it stays what it was */
	if (unlink(path) && errno != ENOENT)
		return err_sys(e, "%s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "%s", path);
	return begin_fd(w, fd, e);
}

static int move_to(struct snap_writer *w, int list, struct err *e)
{
	while (w->list < list) {
		if (w->list >= 0 && out_str(w->out, w->has_items ? "\n]" : "]", e))
			return -1;
		w->list++;
		w->has_items = false;
		if (w->list < SNAP_LISTS && out_printf(w->out, e, "%s\"%s\":[\n", w->list ? "," : "", names[w->list]))
			return -1;
	}
	return 0;
}

int snap_put(struct snap_writer *w, enum snap_list list, const char *item, size_t len, struct err *e)
{
	if (move_to(w, (int)list, e) || (w->has_items && out_write(w->out, ",\n", 2, e)) ||
		out_write(w->out, item, len, e))
		return -1;
	w->has_items = true;
	w->counts[list]++;
	return 0;
}

int snap_put_json(struct snap_writer *w, enum snap_list list, const json_t *item, struct err *e)
{
	AUTO_FREE char *text = json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	return text ? snap_put(w, list, text, strlen(text), e) : err_env(e, "release.json cannot be made");
}

int snap_finish(
	struct snap_writer *w, const json_t *head, char ret_sha256[SHA256_HEX], uint64_t *ret_size, struct err *e)
{
	AUTO_FREE char *text = NULL;
	char hex[DIGEST_HEX];
	size_t len;
	int status;

	if (json_canonical(head, &text, &len, e) || move_to(w, SNAP_LISTS, e))
		return -1;
	if (out_str(w->out, json_object_size(head) ? "," : "", e) || out_str(w->out, text + 1, e) ||
		out_str(w->out, "\n", e))
		return -1;
	*ret_size = w->out->count;
	status = out_close(w->out, e);
	w->out = NULL;
	digest_end_hex(&w->digest, hex);
	memcpy(ret_sha256, hex, SHA256_HEX);
	return status;
}

void snap_abandon(struct snap_writer *w)
{
	out_drop(&w->out);
	digest_done(&w->digest);
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct snap_writer){ .fd = -1 };
}
