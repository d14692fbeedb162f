/* log_file.c - the log as a file: what checking it reads from the store is noted, and exactly that goes along. */
#include "release/log_file.h"
#include "base/fs.h"
#include "base/text.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LOG_FILE_MAX = 1 << 30 };

/* ---- writing */
struct noting {
	struct record_source source;
	struct record_source *below;
	json_t *digests;
};

static int noting_open(struct record_source *s, const char *digest, struct err *e)
{
	struct noting *n = (struct noting *)s;

	json_object_set_new(n->digests, digest, json_true());
	return n->below->ops->open(n->below, digest, e);
}

static void add_line(struct text *t, json_t *line)
{
	AUTO_FREE char *dump = json_dumps(line, JSON_COMPACT);

	text_add(t, "%s\n", dump);
	json_decref(line);
}

static int add_blob(struct text *t, struct record_source *s, const char *digest, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *hex = NULL;
	json_t *line;
	size_t len;

	if (source_get(s, digest, &bytes, &len, e))
		return -1;
	line = memchr(bytes, '\0', len) ? NULL : json_pack("{s:s, s:s%}", "blob", digest, "text", bytes, len);
	if (line) {
		add_line(t, line);
		return 0;
	}
	hex = mem_alloc(2 * len + 1);
	hex_of(bytes, len, hex);
	add_line(t, json_pack("{s:s, s:s}", "blob", digest, "hex", hex));
	return 0;
}

static int write_lines(struct release *r, const char *file, const json_t *rows, const json_t *told,
	const json_t *digests, struct err *e)
{
	struct text t = { 0 };
	const char *digest;
	size_t i;
	json_t *row, *value;
	int result = 0;

	add_line(&t,
		json_pack("{s:i, s:s, s:O, s:O}", "sluice-log", 1, "organisation",
			json_text(release_policy(r), "organisation"), "rows", json_object_get(told, "rows"), "head",
			json_object_get(told, "head")));
	json_array_foreach(rows, i, row)
		add_line(&t, json_pack("{s:O}", "row", row));
	json_object_foreach((json_t *)digests, digest, value)
		if (result == 0)
			result = add_blob(&t, &r->source.source, digest, e);
	if (result == 0)
		result = fs_write_file(file, t.at, t.len, 0644, e);
	text_done(&t);
	return result;
}

int log_file_write(struct release *r, const char *file, json_t **ret, struct err *e)
{
	static const struct source_ops ops = { noting_open };
	AUTO_JSON *rows = store_rows(r->store, NULL, e), *trust = NULL, *told = NULL, *digests = json_object();
	struct noting noting = { { &ops }, &r->source.source, digests };
	const json_t *first;

	if (!rows || release_trust(r, &trust, e) || audit_log(&noting.source, rows, trust, &told, e))
		return -1;
	first = json_array_get(json_list(told, "findings"), 0);
	if (first) {
		err_verdict(e, "E_SIG_BAD", "the log does not stand up to its own check: %s: %s",
			json_text(first, "where"), json_text(first, "text"));
		return err_hint(e, "'sluice audit verify' tells all of it");
	}
	if (write_lines(r, file, rows, told, digests, e))
		return -1;
	json_object_del(told, "findings");
	json_object_del(told, "ok");
	json_object_set_new(told, "blobs", json_integer((json_int_t)json_object_size(digests)));
	json_set_str(told, "file", file);
	*ret = json_incref(told);
	return 0;
}

/* ---- reading */
struct lines {
	struct record_source source;
	json_t *head, *rows, *blobs;
};

/* Its bytes in memory; whoever asks hashes them. */
static int lines_open(struct record_source *s, const char *digest, struct err *e)
{
	const json_t *text = json_object_get(((struct lines *)s)->blobs, digest);
	AUTO_FD int fd = -1;
	int result;

	if (!text)
		return err_verdict(e, "E_DIGEST", "%s: it is named but not in the file", digest);
	fd = memfd_create("blob", MFD_CLOEXEC);
	if (fd < 0 ||
		write(fd, json_string_value(text), json_string_length(text)) != (ssize_t)json_string_length(text) ||
		lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(e, "memory for %s", digest);
	result = fd;
	fd = -1;
	return result;
}

static int take_hex(struct lines *l, const char *digest, const json_t *hex, struct err *e)
{
	size_t len = json_string_length(hex) / 2;
	AUTO_FREE char *bytes = mem_alloc(len + 1);

	if (json_string_length(hex) % 2 || hex_parse(json_string_value(hex), 2 * len, bytes))
		return err_input(e, "E_CORRUPT", "its hex is none");
	json_object_set_new(l->blobs, digest, json_stringn_nocheck(bytes, len));
	return 0;
}

static int take_line(struct lines *l, json_t *line, struct err *e)
{
	const char *digest = json_text(line, "blob");

	if (!l->head) {
		if (json_int(line, "sluice-log") != 1)
			return err_input(e, "E_METADATA", "it does not begin as a log of Sluice");
		l->head = json_incref(line);
		return 0;
	}
	if (json_map(line, "row"))
		return json_array_append(l->rows, json_map(line, "row"));
	if (!digest_is_hex(digest) || json_object_get(l->blobs, digest))
		return err_input(e, "E_METADATA", "neither a row nor a blob that is new");
	if (json_is_string(json_object_get(line, "text")))
		return json_object_set(l->blobs, digest, json_object_get(line, "text"));
	if (json_is_string(json_object_get(line, "hex")))
		return take_hex(l, digest, json_object_get(line, "hex"), e);
	return err_input(e, "E_METADATA", "a blob without bytes");
}

int log_file_parse(const char *bytes, size_t len, const char *file, json_t **ret_head, json_t **ret_rows,
	json_t **ret_blobs, struct err *e)
{
	AUTO_JSON *rows = json_array(), *blobs = json_object();
	struct lines l = { .rows = rows, .blobs = blobs };
	size_t number = 0;
	int result = 0;

	for (size_t at = 0; at < len && result == 0;) {
		const char *stop = memchr(bytes + at, '\n', len - at);
		size_t size = stop ? (size_t)(stop - bytes) - at : len - at;
		AUTO_FREE char *place = mem_printf("%s:%zu", file, ++number);
		AUTO_JSON *line = json_parse(bytes + at, size, place, e);

		result = line ? take_line(&l, line, e) : -1;
		if (line && result)
			err_wrap(e, "%s", place);
		at += size + 1;
	}
	if (result == 0 && !l.head)
		result = err_input(e, "E_EMPTY", "%s: it is empty", file);
	if (result == 0) {
		*ret_head = json_incref(l.head);
		*ret_rows = json_incref(rows);
		*ret_blobs = json_incref(blobs);
	}
	json_decref(l.head);
	return result;
}

/* The first line says how long the log is: rows that were cut off at its end are missed by that, as far as the line is believed. */
static void check_length(const struct lines *l, json_t *told)
{
	if (json_int(l->head, "rows") == json_int(told, "rows") &&
		strcmp(json_text(l->head, "head"), json_text(told, "head")) == 0)
		return;
	json_array_append_new(json_list(told, "findings"),
		json_pack("{s:s, s:s, s:s}", "what", "log", "where", "log", "text",
			"it does not end where its first line says"));
	json_object_set_new(told, "ok", json_false());
}

int log_file_verify(const char *file, const json_t *trust, json_t **ret, struct err *e)
{
	static const struct source_ops ops = { lines_open };
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *head = NULL, *rows = NULL, *blobs = NULL;
	json_t *told = NULL;
	size_t len;

	if (fs_read_file(file, LOG_FILE_MAX, &bytes, &len, e) ||
		log_file_parse(bytes, len, file, &head, &rows, &blobs, e))
		return -1;
	struct lines l = { { &ops }, head, rows, blobs };
	if (audit_log(&l.source, rows, trust, &told, e))
		return -1;
	check_length(&l, told);
	*ret = told;
	return json_flag(told, "ok")
		? 0
		: err_verdict(e, "E_SIG_BAD", "%s: it does not say what its signed records say: %zu findings", file,
			  json_array_size(json_list(told, "findings")));
}
