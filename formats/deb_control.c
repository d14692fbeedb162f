/* deb_control.c - what control.tar says: fields, maintainer scripts, triggers, conffiles, digests. deb-control(5), deb-triggers(5). */
#include "base/text.h"
#include "formats/deb822.h"
#include "formats/deb_private.h"
#include "formats/guard.h"
#include "formats/relation.h"
#include "formats/version.h"
#include <string.h>
#include <strings.h>

enum { CONTROL_MOST = 4 << 20, OTHER_MOST = 16 << 20, FIELD_MOST = 1 << 20, FILES_MOST = 1000 };
#define BOMB_FROM MIB(64) /* a control file that says so much is judged by its ratio, not by what it might be for */

struct file {
	const char *name; /* without the leading '/' */
	char *at;
	size_t len, room;
};

struct deb_control {
	struct sink sink;
	struct arena arena;
	const struct limits *limits;
	uint64_t input_size;
	struct file *open;
	struct file files[FILES_MOST];
	size_t len;
};

/* Maintainer scripts and what their main use is. */
static const struct {
	const char *name;
	enum event event;
} scripts[] = {
	{ "preinst", EVENT_PRE_INSTALL },
	{ "postinst", EVENT_POST_INSTALL },
	{ "prerm", EVENT_PRE_REMOVE },
	{ "postrm", EVENT_POST_REMOVE },
	{ "config", EVENT_CONFIG },
};

static int script_of(const char *name)
{
	for (size_t i = 0; i < COUNT(scripts); i++)
		if (strcmp(scripts[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int check_size(const struct deb_control *c, const char *name, uint64_t size, struct err *e)
{
	bool is_script = script_of(name) >= 0;
	uint64_t most = strcmp(name, "control") == 0 ? CONTROL_MOST : is_script ? c->limits->script : OTHER_MOST;

	if (size <= most)
		return 0;
	if (size > BOMB_FROM && c->limits->ratio && size / c->limits->ratio > c->input_size)
		return err_input(e, "E_LIMIT_RATIO", "%s: more than %u times the input's size", name, c->limits->ratio);
	return err_input(e, is_script ? "E_LIMIT_SCRIPT" : "E_LIMIT_METADATA", "%s holds %llu bytes (at most %llu)",
		name, (unsigned long long)size, (unsigned long long)most);
}

static int keep_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct deb_control *c = (struct deb_control *)s;
	const char *name = entry->path + 1;
	struct file *f = &c->files[c->len];

	if (entry->type == ENTRY_SYMLINK || entry->type == ENTRY_HARDLINK)
		return err_input(
			e, "E_LINK_ESCAPE", "%s is a link to %s; control files are files", name, entry->target);
	if (entry->type != ENTRY_FILE || strchr(name, '/'))
		return err_input(e, "E_STRUCTURE", "%s: control.tar holds plain files only", name);
	if (c->len == FILES_MOST)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %d control files", FILES_MOST);
	if (check_size(c, name, entry->size, e))
		return -1;
	f->name = arena_str(&c->arena, name);
	f->at = arena_alloc(&c->arena, (size_t)entry->size + 1);
	if (f->name == NULL || f->at == NULL)
		return err_input(e, "E_LIMIT_METADATA", "the control files take too much memory");
	f->room = (size_t)entry->size;
	c->open = f;
	c->len++;
	return 0;
}

static int keep_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct file *f = ((struct deb_control *)s)->open;

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

struct deb_control *deb_control_new(const struct limits *limits, uint64_t input_size)
{
	struct deb_control *c = mem_alloc(sizeof *c);

	c->sink.ops = &keep_ops;
	c->limits = limits;
	c->input_size = input_size;
	arena_init(&c->arena, (size_t)(limits->memory / 8));
	return c;
}

void deb_control_free(struct deb_control *c)
{
	if (c == NULL)
		return;
	arena_done(&c->arena);
	free(c);
}

struct sink *deb_control_sink(struct deb_control *c)
{
	return &c->sink;
}

/* --- the fields of "control" --- */

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
}

/* As dpkg takes it: letters, digits and "-+._", a letter or digit first. */
static int set_name(struct pkg *pkg, const char *value, size_t len, struct err *e)
{
	size_t good = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._");

	if (len < 1 || len > 255 || good != len || strchr("-+._", value[0]))
		return err_input(e, "E_METADATA", "Package: '%.128s' is no package name", value);
	pkg->name = arena_str(&pkg->arena, value);
	return pkg->name ? 0 : no_room(e);
}

static int set_version(struct pkg *pkg, const char *value, size_t len, struct err *e)
{
	struct evr v;

	if (len > 1024 || !version_deb_valid(value))
		return err_input(e, "E_METADATA", "Version: '%.128s' is no version", value);
	if (evr_parse(&pkg->arena, value, &v, e))
		return err_wrap(e, "Version");
	pkg->epoch = v.epoch > 0 ? v.epoch : 0;
	pkg->version = v.version;
	pkg->release = v.release ? v.release : "";
	return 0;
}

/* One that the table does not know is kept as it is: what cannot be written is told when somebody wants it written. */
static int set_architecture(struct pkg *pkg, const char *value, size_t len, struct err *e)
{
	const char *known;

	if (len < 1 || len > 64 || strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-_") != len)
		return err_input(e, "E_METADATA", "Architecture: '%.64s' is none", value);
	known = arch_to_rpm(value);
	if (known == NULL)
		pkg_warn(pkg, "E_METADATA", "control", "the architecture %s is not in the table", value);
	pkg->architecture_native = arena_str(&pkg->arena, value);
	pkg->architecture = arena_str(&pkg->arena, known ? known : value);
	return pkg->architecture && pkg->architecture_native ? 0 : no_room(e);
}

/* The first line is the summary; of the others one blank goes, and a lone '.' is an empty line. */
static int set_description(struct pkg *pkg, const char *value, size_t len, struct err *e)
{
	struct slice rest = { value, len }, line = { 0 };
	AUTO(text) t = { 0 };

	slice_cut(&rest, '\n', &line);
	line = slice_trim(line);
	pkg->summary = arena_copy(&pkg->arena, line.len ? line.at : "", line.len);
	for (bool first = true; slice_cut(&rest, '\n', &line); first = false) {
		struct slice plain = slice_trim(line);

		if (!first)
			text_bytes(&t, "\n", 1);
		if (!slice_is(plain, "."))
			text_bytes(&t, line.at + (line.len > 0), line.len - (line.len > 0));
	}
	pkg->description = arena_copy(&pkg->arena, t.at ? t.at : "", t.len);
	return pkg->summary && pkg->description ? 0 : no_room(e);
}

/* Writers count for themselves; a number that cannot be true is worth a word. */
static int set_installed_size(struct pkg *pkg, const char *value, size_t len, struct err *e)
{
	size_t digits = strspn(value, "0123456789");

	if (digits != len || len == 0 || len > 11)
		pkg_warn(pkg, "E_METADATA", "control", "Installed-Size '%.32s' is not believed; it is counted again",
			value);
	return pkg_field(pkg, "Installed-Size", value) ? no_room(e) : 0;
}

static const struct {
	const char *name;
	int (*set)(struct pkg *pkg, const char *value, size_t len, struct err *e);
} known[] = {
	{ "Package", set_name },
	{ "Version", set_version },
	{ "Architecture", set_architecture },
	{ "Description", set_description },
	{ "Installed-Size", set_installed_size },
};

static const struct {
	const char *name;
	enum rel_kind kind;
} relations[] = {
	{ "Depends", REL_REQUIRES },
	{ "Pre-Depends", REL_PRE_REQUIRES },
	{ "Provides", REL_PROVIDES },
	{ "Conflicts", REL_CONFLICTS },
	{ "Replaces", REL_REPLACES },
	{ "Breaks", REL_BREAKS },
	{ "Recommends", REL_RECOMMENDS },
	{ "Suggests", REL_SUGGESTS },
	{ "Enhances", REL_ENHANCES },
};

static const char **text_slot(struct pkg *pkg, const char *name)
{
	const struct {
		const char *name;
		const char **slot;
	} slots[] = {
		{ "Maintainer", &pkg->maintainer },
		{ "Homepage", &pkg->homepage },
		{ "Section", &pkg->section },
	};

	for (size_t i = 0; i < COUNT(slots); i++)
		if (strcasecmp(slots[i].name, name) == 0)
			return slots[i].slot;
	return NULL;
}

static int take_field(struct pkg *pkg, const struct deb822_field *f, struct err *e)
{
	const char **slot = text_slot(pkg, f->name);

	if (strlen(f->value) != f->len)
		return err_input(e, "E_METADATA", "%s holds a NUL byte", f->name);
	if (!text_is_utf8(f->value, f->len))
		pkg_warn(pkg, "E_NAME_ENCODING", f->name, "the field is not UTF-8");
	if (slot) {
		*slot = arena_copy(&pkg->arena, f->value, f->len);
		return *slot ? 0 : no_room(e);
	}
	for (size_t i = 0; i < COUNT(known); i++)
		if (strcasecmp(known[i].name, f->name) == 0)
			return known[i].set(pkg, f->value, f->len, e);
	for (size_t i = 0; i < COUNT(relations); i++)
		if (strcasecmp(relations[i].name, f->name) == 0)
			return f->len == 0 || relations_parse_deb(pkg, relations[i].kind, f->value, f->len, e) == 0
				? 0
				: err_wrap(e, "%s", f->name);
	return pkg_field(pkg, f->name, f->value) ? no_room(e) : 0;
}

int deb_control_fields(struct pkg *pkg, const char *text, size_t len, struct err *e)
{
	static const char *const needed[] = { "Package", "Version", "Architecture" };
	AUTO(deb822) d = { 0 };
	AUTO(arena) a = { 0 };

	arena_init(&a, 8 * CONTROL_MOST);
	if (deb822_parse(&a, text, len, &d, e))
		return -1;
	for (size_t i = 0; i < COUNT(needed); i++)
		if (deb822_get(&d, needed[i]) == NULL)
			return err_input(e, "E_METADATA", "the field %s is missing", needed[i]);
	for (size_t i = 0; i < d.len; i++)
		if (take_field(pkg, &d.at[i], e))
			return -1;
	return 0;
}

/* --- the other files --- */

static int take_script(struct pkg *pkg, const struct file *f, enum event event, struct err *e)
{
	struct script *s = pkg_add_script(pkg);
	struct slice line = { 0 }, rest = { f->at, f->len };

	if (s == NULL)
		return no_room(e);
	s->event = event;
	s->source = arena_str(&pkg->arena, f->name);
	s->body = arena_copy(&pkg->arena, f->at, f->len);
	s->len = f->len;
	if (f->len > 2 && memcmp(f->at, "#!", 2) == 0) {
		slice_cut(&rest, '\n', &line);
		line.at += 2, line.len -= 2;
		line = slice_trim(line);
		s->interpreter = arena_copy(&pkg->arena, line.at, strnlen(line.at, line.len));
	}
	if (s->source == NULL || s->body == NULL || s->interpreter == NULL)
		return no_room(e);
	guard_script(pkg, s);
	return 0;
}

static int take_triggers(struct pkg *pkg, const struct file *f, struct err *e)
{
	struct slice rest = { f->at, f->len }, line;

	while (slice_cut(&rest, '\n', &line)) {
		const char *hash = memchr(line.at, '#', line.len);
		struct trigger *t;

		if (hash)
			line.len = (size_t)(hash - line.at);
		line = slice_trim(line);
		if (line.len == 0)
			continue;
		if (memchr(line.at, 0, line.len))
			return err_input(e, "E_METADATA", "triggers: a NUL byte");
		t = pkg_add_trigger(pkg);
		if (t == NULL || (t->text = arena_copy(&pkg->arena, line.at, line.len)) == NULL)
			return no_room(e);
	}
	return 0;
}

/* shlibs, symbols, templates, ...: for writers of the same kind, as long as they are text of a sensible size. */
static int take_other(struct pkg *pkg, const struct file *f, struct err *e)
{
	AUTO_FREE char *name = mem_printf("control-file:%s", f->name);

	if (f->len > FIELD_MOST || strlen(f->at) != f->len) {
		pkg_lose(pkg, "*", LOSS_NOTE, "too large or not text", "control-file:%s", f->name);
		return 0;
	}
	return pkg_field(pkg, name, f->at) ? no_room(e) : 0;
}

static int take_file(struct pkg *pkg, const struct file *f, struct deb_marks *marks, struct err *e)
{
	int script = script_of(f->name);

	if (strcmp(f->name, "control") == 0)
		return 0;
	if (script >= 0)
		return take_script(pkg, f, scripts[script].event, e);
	if (strcmp(f->name, "triggers") == 0)
		return take_triggers(pkg, f, e);
	if (strcmp(f->name, "conffiles") == 0)
		return deb_marks_conffiles(marks, f->at, f->len, e);
	if (strcmp(f->name, "md5sums") == 0)
		return deb_marks_md5sums(marks, f->at, f->len, e);
	return take_other(pkg, f, e);
}

int deb_control_take(
	struct deb_control *c, struct pkg *pkg, const struct limits *limits, struct deb_marks *marks, struct err *e)
{
	const struct file *control = NULL;

	for (size_t i = 0; i < c->len; i++)
		if (strcmp(c->files[i].name, "control") == 0)
			control = &c->files[i];
	if (control == NULL)
		return err_input(e, "E_METADATA", "control.tar holds no file named control");
	if (deb_control_fields(pkg, control->at, control->len, e)) {
		err_wrap(e, "control");
		return err_member(e, "control");
	}
	for (size_t i = 0; i < c->len; i++)
		if (take_file(pkg, &c->files[i], marks, e))
			return err_member(e, c->files[i].name);
	return deb_marks_ready(marks, e);
}
