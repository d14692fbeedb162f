/* keep.c - control files held whole, within limits. */
#include "formats/keep.h"
#include "formats/guard.h"
#include <string.h>

enum { FILES_MOST = 1000, FIELD_MOST = 1 << 20 };
#define BOMB_FROM MIB(64) /* a control file that says so much is judged by its ratio, not by what it might be for */

static int check_size(const struct keep *k, const char *name, uint64_t size, struct err *e)
{
	const char *code = "E_LIMIT_METADATA";
	uint64_t most = k->most(name, k->limits, &code);

	if (size <= most)
		return 0;
	if (size > BOMB_FROM && k->limits->ratio && size / k->limits->ratio > k->input_size)
		return err_input(e, "E_LIMIT_RATIO", "%s: more than %u times the input's size", name, k->limits->ratio);
	return err_input(e, code, "%s holds %llu bytes (at most %llu)", name, (unsigned long long)size,
		(unsigned long long)most);
}

static int keep_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct keep *k = (struct keep *)s;
	const char *name = entry->path + 1;
	struct kept f = { .mtime = entry->mtime, .room = (size_t)entry->size };

	if (entry->type == ENTRY_SYMLINK || entry->type == ENTRY_HARDLINK)
		return err_input(
			e, "E_LINK_ESCAPE", "%s is a link to %s; control files are files", name, entry->target);
	if (entry->type != ENTRY_FILE || strchr(name, '/'))
		return err_input(e, "E_STRUCTURE", "%s: %s holds plain files only", name, k->where);
	if (k->files.len == FILES_MOST)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %d control files", FILES_MOST);
	if (check_size(k, name, entry->size, e))
		return -1;
	f.name = arena_str(&k->arena, name);
	f.at = arena_alloc(&k->arena, (size_t)entry->size + 1);
	if (f.name == NULL || f.at == NULL)
		return err_input(e, "E_LIMIT_METADATA", "the control files take too much memory");
	*LIST_ADD(&k->files) = f;
	return 0;
}

static int keep_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct keep *k = (struct keep *)s;
	struct kept *f = &k->files.at[k->files.len - 1];

	if (len > f->room - f->len)
		return err_input(e, "E_MISMATCH", "%s is longer than it says", f->name);
	if (bytes)
		memcpy(f->at + f->len, bytes, len);
	f->len += len;
	return 0;
}

static int keep_end(struct sink *s, struct err *e)
{
	return 0;
}

static const struct sink_ops keep_ops = { NULL, keep_begin, keep_data, keep_end, NULL, NULL };

void keep_init(struct keep *k, const char *where, const struct limits *limits, uint64_t input_size,
	uint64_t (*most)(const char *name, const struct limits *limits, const char **ret_code))
{
	*k = (struct keep){
		.sink = { &keep_ops }, .limits = limits, .input_size = input_size, .where = where, .most = most
	};
	arena_init(&k->arena, (size_t)(limits->memory / 8));
}

void keep_done(struct keep *k)
{
	LIST_DONE(&k->files);
	arena_done(&k->arena);
}

const struct kept *keep_find(const struct keep *k, const char *name)
{
	for (size_t i = 0; i < k->files.len; i++)
		if (strcmp(k->files.at[i].name, name) == 0)
			return &k->files.at[i];
	return NULL;
}

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
}

int kept_script(struct pkg *pkg, const struct kept *f, enum event event, const char *trigger, struct err *e)
{
	struct script *s = pkg_add_script(pkg);
	struct slice line = { 0 }, rest = { f->at, f->len };

	if (s == NULL)
		return no_room(e);
	s->event = event;
	s->trigger = trigger;
	s->source = arena_str(&pkg->arena, f->name);
	s->body = arena_copy(&pkg->arena, f->at, f->len);
	s->len = f->len;
	if (f->len > 2 && memcmp(f->at, "#!", 2) == 0) {
		slice_cut(&rest, '\n', &line);
		line.at += 2, line.len -= 2;
		line = slice_trim(line);
		/* a tab parts it from its argument as well as a blank does; all who read it look for a blank */
		char *words = arena_copy(&pkg->arena, line.at, strnlen(line.at, line.len));
		for (char *c = words; c && *c; c++)
			*c = *c == '\t' ? ' ' : *c;
		s->interpreter = words;
	}
	if (s->source == NULL || s->body == NULL || s->interpreter == NULL)
		return no_room(e);
	guard_script(pkg, s);
	return 0;
}

int kept_field(struct pkg *pkg, const struct kept *f, struct err *e)
{
	AUTO_FREE char *name = mem_printf("control-file:%s", f->name);

	if (f->len > FIELD_MOST || strlen(f->at) != f->len) {
		pkg_lose(pkg, "*", LOSS_NOTE, "too large or not text", "control-file:%s", f->name);
		return 0;
	}
	return pkg_field(pkg, name, f->at) ? no_room(e) : 0;
}
