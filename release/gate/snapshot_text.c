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

const char *const snap_lists[SNAP_LISTS] = { "packages", "records", "releases" };
enum { HEAD_MAX = 64 << 20, MEMBER_MAX = 64, READ_AHEAD = 256 << 10, WRITE_BEHIND = 256 << 10, LINE_LENGTH = 64 << 20 };

/* ---- reading */

static int open_lines(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", path) : snap_lines(fd, path, e);
}

static int begin_reading(struct snap_reader *r, int fd)
{
	if (fd < 0)
		return -1;
	*r = (struct snap_reader){ .fd = fd, .list = -1, .buf = mem_resize(NULL, READ_AHEAD + 1), .room = READ_AHEAD };
	return 0;
}

int snap_open(struct snap_reader *r, const char *path, struct err *e)
{
	return begin_reading(r, open_lines(path, e));
}

int snap_open_fd(struct snap_reader *r, int fd, struct err *e)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0 || lseek(own, 0, SEEK_SET) != 0) {
		err_sys(e, "release.json");
		if (own >= 0)
			close(own);
		return -1;
	}
	return begin_reading(r, own);
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
	r->before += r->at;
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

static int odd_line(struct err *e)
{
	return err_input(e, "E_STRUCTURE", "release.json is not of its form");
}

/* Between two lists, or behind the last one: the line is what would be written there, so that nobody who reads JSON sees something else. */
static int next_list(struct snap_reader *r, const char *line, size_t len, struct err *e)
{
	char wanted[32];
	int at = snprintf(wanted, sizeof wanted, r->list < 0 ? "{\"%s\":[" : "],\"%s\":[",
		r->list + 1 < SNAP_LISTS ? snap_lists[r->list + 1] : "");
	ssize_t more;

	if (r->is_more)
		return odd_line(e);
	r->number = 0;
	if (++r->list < SNAP_LISTS)
		return len == (size_t)at && memcmp(line, wanted, len) == 0 ? 0 : odd_line(e);
	more = r->at < r->end ? 1 : read_more(r, e);
	return more > 0 ? odd_line(e) : (int)more;
}

int snap_next(struct snap_reader *r, struct snap_item *ret, struct err *e)
{
	for (;;) {
		char *line = NULL;
		size_t len = 0;

		if (next_line(r, &line, &len, e))
			return -1;
		if (r->list < 0 || (len && *line == ']')) {
			if (next_list(r, line, len, e))
				return -1;
			if (r->list == SNAP_LISTS)
				return 0;
			continue;
		}
		if (r->number && !r->is_more)
			return odd_line(e);
		r->is_more = len > 0 && line[len - 1] == ',';
		len -= r->is_more;
		line[len] = '\0';
		*ret = (struct snap_item){ (enum snap_list)r->list, r->number++, line, len,
			r->before + (uint64_t)(line - r->buf) };
		return 1;
	}
}

static int each(struct snap_reader *r, enum snap_list list,
	int (*see)(void *context, const struct snap_item *item, struct err *e), void *context, struct err *e)
{
	struct snap_item item;
	int got, status = 0;

	while (status == 0 && (got = snap_next(r, &item, e)) != 0 && (got < 0 || item.list <= list))
		status = got < 0 ? -1 : item.list == list ? see(context, &item, e) : 0;
	return status;
}

/* How many bytes are the same. */
static size_t common(const char *a, const char *b, size_t len)
{
	enum { BLOCK = 1024 };
	size_t at = 0;

	while (len - at >= BLOCK && memcmp(a + at, b + at, BLOCK) == 0)
		at += BLOCK;
	while (at < len && a[at] == b[at])
		at++;
	return at;
}

/* So many bytes of what is the same are whole lines of one list, but for the last line. */
static size_t lines_but_one(const char *at, size_t len)
{
	const char *list_end = memchr(at, ']', len), *last;

	if (list_end) /* or within an item: then the lines from there on are looked at one by one */
		len = (size_t)(list_end - at);
	last = memrchr(at, '\n', len);
	last = last ? memrchr(at, '\n', (size_t)(last - at)) : NULL;
	return last ? (size_t)(last - at) + 1 : 0;
}

int snap_pass_same(struct snap_reader *a, struct snap_reader *b, struct err *e)
{
	struct snap_reader *both[] = { a, b };

	if (a->list != b->list || a->list < 0)
		return 0;
	for (;;) {
		size_t left[] = { a->end - a->at, b->end - b->at }, len = left[0] < left[1] ? left[0] : left[1],
		       same = common(a->buf + a->at, b->buf + b->at, len), lines = lines_but_one(a->buf + a->at, same);

		a->at += lines;
		b->at += lines;
		if (same < len || (same > 0 && memchr(a->buf + a->at, ']', same - lines)))
			return 0;
		for (size_t i = 0; i < COUNT(both); i++) {
			ssize_t got = left[i] == len ? read_more(both[i], e) : 1;

			if (got <= 0)
				return got < 0 ? -1 : 0;
		}
	}
}

int snap_each(const char *path, enum snap_list list,
	int (*see)(void *context, const struct snap_item *item, struct err *e), void *context, struct err *e)
{
	AUTO_SNAP_READER r = { 0 };

	return snap_open(&r, path, e) ? -1 : each(&r, list, see, context, e);
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

static int go_to_releases(struct snap_reader *r, const char *path, struct err *e)
{
	off_t at = find_releases(r, e);

	if (at < 0 || lseek(r->fd, at, SEEK_SET) != at) {
		snap_close(r);
		return at < 0 ? err_wrap(e, "%s", path) : err_sys(e, "%s", path);
	}
	r->list = SNAP_RELEASES;
	r->before = (uint64_t)at;
	return 0;
}

int snap_open_behind(struct snap_reader *r, const char *path, uint64_t at, struct err *e)
{
	if (snap_open(r, path, e))
		return -1;
	if (lseek(r->fd, (off_t)at, SEEK_SET) != (off_t)at) {
		snap_close(r);
		return err_sys(e, "%s", path);
	}
	r->list = SNAP_PACKAGES;
	r->before = at;
	return 0;
}

int snap_open_releases(struct snap_reader *r, const char *path, struct err *e)
{
	return snap_open(r, path, e) ? -1 : go_to_releases(r, path, e);
}

int snap_each_fd(int fd, enum snap_list list, int (*see)(void *context, const struct snap_item *item, struct err *e),
	void *context, struct err *e)
{
	AUTO_SNAP_READER r = { 0 };

	if (snap_open_fd(&r, fd, e) || (list == SNAP_RELEASES && go_to_releases(&r, "release.json", e)))
		return -1;
	return each(&r, list, see, context, e);
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

	return fd < 0 ? NULL : snap_head_fd(fd, path, e);
}

/* A list that it had, too, would be another one for readers of JSON. */
static json_t *without_lists(json_t *head, const char *path, struct err *e)
{
	for (int i = 0; head && i < SNAP_LISTS; i++)
		if (json_object_get(head, snap_lists[i])) {
			json_decref(head);
			head = NULL;
			err_input(e, "E_STRUCTURE", "%s: its list '%s' is there twice", path, snap_lists[i]);
		}
	return head;
}

json_t *snap_head_fd(int fd, const char *path, struct err *e)
{
	AUTO_FREE char *text = NULL;
	uint64_t at, size;

	if (last_line(fd, &at, &size, e))
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
	return without_lists(json_parse(text, size - at, path, e), path, e);
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

void snap_item_digest(const struct snap_item *item, char ret[SHA256_HEX])
{
	snprintf(ret, SHA256_HEX, "%.*s", item->len == SHA256_HEX + 1 ? SHA256_HEX - 1 : 0, item->at + 1);
}

json_t *snap_item_json(const struct snap_item *item, struct err *e)
{
	return json_parse(item->at, item->len, "release.json", e);
}

/* ---- writing */

static int put(struct snap_writer *w, const char *bytes, size_t len, struct err *e)
{
	sha256_open_add(&w->digest, bytes, len);
	return out_write(w->out, bytes, len, e);
}

int snap_begin(struct snap_writer *w, int fd, struct err *e)
{
	*w = (struct snap_writer){ .fd = fd, .out = out_fd(fd), .list = -1 };
	sha256_open_init(&w->digest);
	return put(w, "{", 1, e);
}

int snap_create(struct snap_writer *w, const char *path, struct err *e)
{
	int fd;

	/* of an attempt that was killed: it may have other names by now, under which it stays what it was */
	if (unlink(path) && errno != ENOENT)
		return err_sys(e, "%s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_sys(e, "%s", path);
	return snap_begin(w, fd, e);
}

static int flush(struct snap_writer *w, struct err *e)
{
	size_t len = w->lines.len;

	w->lines.len = 0;
	return len ? put(w, w->lines.at, len, e) : 0;
}

static void move_to(struct snap_writer *w, int list)
{
	for (; w->list < list; w->has_items = false) {
		if (w->list >= 0)
			text_add(&w->lines, "%s]", w->has_items ? "\n" : "");
		w->list++;
		if (w->list < SNAP_LISTS)
			text_add(&w->lines, "%s\"%s\":[\n", w->list ? "," : "", snap_lists[w->list]);
	}
}

static void begin_item(struct snap_writer *w, enum snap_list list, size_t count)
{
	move_to(w, (int)list);
	if (w->has_items)
		text_bytes(&w->lines, ",\n", 2);
	w->has_items = true;
	w->counts[list] += count;
	w->last = w->digest.count + w->lines.len;
}

int snap_put_packages(struct snap_writer *w, int fd, uint64_t at, uint64_t len, size_t count, struct err *e)
{
	begin_item(w, SNAP_PACKAGES, count);
	while (len > 0) {
		size_t part = len < WRITE_BEHIND ? (size_t)len : WRITE_BEHIND;

		text_room(&w->lines, part);
		if (fd_pread(fd, w->lines.at + w->lines.len, part, at, e))
			return err_wrap(e, "release.json");
		w->lines.len += part;
		at += part;
		len -= part;
		if (w->lines.len >= WRITE_BEHIND && flush(w, e))
			return -1;
	}
	return 0;
}

int snap_put(struct snap_writer *w, enum snap_list list, const char *item, size_t len, struct err *e)
{
	begin_item(w, list, 1);
	text_bytes(&w->lines, item, len);
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
	unsigned char raw[32];
	size_t len;
	int status;

	if (json_canonical(head, &text, &len, e))
		return -1;
	move_to(w, SNAP_LISTS);
	text_add(&w->lines, "%s", json_object_size(head) ? "," : "");
	text_bytes(&w->lines, text + 1, len - 1);
	text_bytes(&w->lines, "\n", 1);
	if (flush(w, e))
		return -1;
	*ret_size = w->digest.count;
	status = out_close(w->out, e);
	w->out = NULL;
	sha256_open_end(&w->digest, raw);
	hex_of(raw, sizeof raw, ret_sha256);
	return status;
}

void snap_abandon(struct snap_writer *w)
{
	out_drop(&w->out);
	text_done(&w->lines);
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct snap_writer){ .fd = -1 };
}
