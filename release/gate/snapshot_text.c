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
enum {
	HEAD_MAX = 64 << 20,
	WHOLE_MAX = 256 << 20,
	MEMBER_MAX = 64,
	READ_AHEAD = 256 << 10,
	WRITE_BEHIND = 256 << 10,
	LINE_LENGTH = 64 << 20
};

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
	int fd = open_lines(path, e);

	if (fd < 0)
		return -1;
	*r = (struct snap_reader){ .fd = fd, .list = -1, .buf = mem_resize(NULL, READ_AHEAD + 1), .room = READ_AHEAD };
	return 0;
}

void snap_close(struct snap_reader *r)
{
	if (r->buf)
		close(r->fd);
	free(r->buf);
	*r = (struct snap_reader){ 0 };
}

/* More behind what is not yet read, which moves to the front; 0: there is no more. */
static ssize_t read_more(struct snap_reader *r, struct err *e)
{
	ssize_t got;

	memmove(r->buf, r->buf + r->at, r->end - r->at);
	r->end -= r->at;
	r->at = 0;
	if (r->end == r->room) {
		if (r->room > LINE_LENGTH)
			return err_input(e, "E_LIMIT_SIZE", "release.json has a line that is too long");
		r->room *= 2;
		r->buf = mem_resize(r->buf, r->room + 1);
	}
	while ((got = read(r->fd, r->buf + r->end, r->room - r->end)) < 0 && errno == EINTR)
		continue;
	if (got < 0)
		return err_sys(e, "release.json");
	r->end += (size_t)got;
	return got;
}

/* The next line without its end. */
static int next_line(struct snap_reader *r, char **ret, size_t *ret_len, struct err *e)
{
	size_t looked = 0;

	for (;;) {
		char *from = r->buf + r->at, *end = memchr(from + looked, '\n', r->end - r->at - looked);
		ssize_t got;

		if (end) {
			*ret = from;
			*ret_len = (size_t)(end - from);
			r->at += *ret_len + 1;
			return 0;
		}
		looked = r->end - r->at;
		got = read_more(r, e);
		if (got <= 0)
			return got < 0 ? -1 : err_input(e, "E_TRUNCATED", "release.json ends in a list");
	}
}

int snap_next(struct snap_reader *r, struct snap_item *ret, struct err *e)
{
	for (;;) {
		char *line = NULL;
		size_t len = 0;

		if (next_line(r, &line, &len, e))
			return -1;
		if (r->list < 0 || (len && *line == ']')) {
			r->number = 0;
			if (++r->list == SNAP_LISTS)
				return 0;
			continue;
		}
		len -= len > 0 && line[len - 1] == ',';
		line[len] = '\0';
		*ret = (struct snap_item){ (enum snap_list)r->list, r->number++, line, len };
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

/* No text holds a line end, so this stands between the lists and nowhere else. */
static const char before_releases[] = "\n],\"releases\":[\n";

/* Where the releases begin, looked for from the end; -1: failed. */
static off_t find_releases(struct snap_reader *r, struct err *e)
{
	enum { LEN = sizeof before_releases - 1, BLOCK = 64 << 10 };
	off_t at = lseek(r->fd, 0, SEEK_END);

	while (at > 0) {
		size_t len = at < BLOCK ? (size_t)at : BLOCK;
		const char *found;

		at -= (off_t)len;
		if (fd_pread(r->fd, r->buf, len, (uint64_t)at, e))
			return -1;
		found = memmem(r->buf, len, before_releases, LEN);
		if (found)
			return at + (found - r->buf) + LEN;
		at += at > 0 ? LEN - 1 : 0; /* it may lie across two blocks */
	}
	return err_input(e, "E_TRUNCATED", "it has no list of releases");
}

int snap_open_releases(struct snap_reader *r, const char *path, struct err *e)
{
	off_t at;

	if (snap_open(r, path, e))
		return -1;
	at = find_releases(r, e);
	if (at < 0 || lseek(r->fd, at, SEEK_SET) != at) {
		snap_close(r);
		return at < 0 ? err_wrap(e, "%s", path) : err_sys(e, "%s", path);
	}
	r->list = SNAP_RELEASES;
	return 0;
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

/* Behind the text that begins at `at`; NULL: it has no end. */
static const char *text_end(const char *at, const char *end)
{
	for (const char *found; (found = memchr(at, '"', (size_t)(end - at))); at = found + 1) {
		const char *slash = found;

		while (slash > at && slash[-1] == '\\')
			slash--;
		if ((found - slash) % 2 == 0)
			return found + 1;
	}
	return NULL;
}

/* At the comma or bracket behind the value that begins at `at`; NULL: it has no end. */
static const char *value_end(const char *at, const char *end)
{
	int depth = 0;

	while (at < end && !(depth == 0 && (*at == ',' || *at == '}'))) {
		if (*at == '"') {
			at = text_end(at + 1, end);
			if (!at)
				return NULL;
			continue;
		}
		depth += (*at == '[' || *at == '{') - (*at == ']' || *at == '}');
		at++;
	}
	return at < end ? at : NULL;
}

static int name_order(const char *wanted, const char *name, size_t len)
{
	size_t own = strlen(wanted);
	int order = memcmp(wanted, name, own < len ? own : len);

	return order ? order : (own > len) - (own < len);
}

void snap_item_members(const struct snap_item *item, struct snap_member *members, size_t len)
{
	const char *at = item->at, *end = at + item->len;
	size_t next = 0;

	for (size_t i = 0; i < len; i++)
		members[i].len = 0;
	while (next < len && end - at > 2 && at[1] == '"') { /* at the bracket, or at a comma */
		const char *name = at + 2, *value = text_end(name, end);
		size_t name_len = value ? (size_t)(value - 1 - name) : 0;
		int order = -1;

		if (!value || value == end || !(at = value_end(++value, end)))
			return;
		while (next < len && (order = name_order(members[next].name, name, name_len)) < 0)
			next++;
		if (order != 0)
			continue;
		members[next].at = *value == '"' ? value + 1 : value;
		members[next++].len = (size_t)(at - value) - (*value == '"' ? 2 : 0);
	}
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
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_sys(e, "%s", path);
	return begin_fd(w, fd, e);
}

static int flush(struct snap_writer *w, struct err *e)
{
	size_t len = w->lines.len;

	w->lines.len = 0;
	return len ? out_write(w->out, w->lines.at, len, e) : 0;
}

static void move_to(struct snap_writer *w, int list)
{
	for (; w->list < list; w->has_items = false) {
		if (w->list >= 0)
			text_add(&w->lines, "%s]", w->has_items ? "\n" : "");
		w->list++;
		if (w->list < SNAP_LISTS)
			text_add(&w->lines, "%s\"%s\":[\n", w->list ? "," : "", names[w->list]);
	}
}

int snap_put(struct snap_writer *w, enum snap_list list, const char *item, size_t len, struct err *e)
{
	move_to(w, (int)list);
	if (w->has_items)
		text_bytes(&w->lines, ",\n", 2);
	text_bytes(&w->lines, item, len);
	w->has_items = true;
	w->counts[list]++;
	return w->lines.len < WRITE_BEHIND ? 0 : flush(w, e);
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

	if (json_canonical(head, &text, &len, e))
		return -1;
	move_to(w, SNAP_LISTS);
	if (flush(w, e) || out_str(w->out, json_object_size(head) ? "," : "", e) || out_str(w->out, text + 1, e) ||
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
	text_done(&w->lines);
	digest_done(&w->digest);
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct snap_writer){ .fd = -1 };
}
