/* deb_control.c - what control.tar says: fields, maintainer scripts, triggers, conffiles, digests. deb-control(5), deb-triggers(5). */
#include "base/text.h"
#include "formats/deb822.h"
#include "formats/deb_private.h"
#include "formats/relation.h"
#include "formats/version.h"
#include <string.h>
#include <strings.h>

enum { CONTROL_MOST = 4 << 20, OTHER_MOST = 16 << 20 };

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

static uint64_t most_of(const char *name, const struct limits *limits, const char **ret_code)
{
	if (strcmp(name, "control") == 0)
		return CONTROL_MOST;
	if (script_of(name) < 0)
		return OTHER_MOST;
	*ret_code = "E_LIMIT_SCRIPT";
	return limits->script;
}

void deb_control_init(struct keep *c, const struct limits *limits, uint64_t input_size)
{
	keep_init(c, "control.tar", limits, input_size, most_of);
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
	if (known == NULL && strcmp(pkg->format, "ipk") != 0) /* whose reader has another table */
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

static int take_triggers(struct pkg *pkg, const struct kept *f, struct err *e)
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

static int take_file(struct pkg *pkg, const struct kept *f, struct deb_marks *marks, struct err *e)
{
	int script = script_of(f->name);

	if (strcmp(f->name, "control") == 0)
		return 0;
	if (script >= 0)
		return kept_script(pkg, f, scripts[script].event, "", e);
	if (strcmp(f->name, "triggers") == 0)
		return take_triggers(pkg, f, e);
	if (strcmp(f->name, "conffiles") == 0)
		return deb_marks_conffiles(marks, f->at, f->len, e);
	if (strcmp(f->name, "md5sums") == 0)
		return deb_marks_md5sums(marks, f->at, f->len, e);
	return kept_field(pkg, f, e); /* shlibs, symbols, templates, ... */
}

int deb_control_take(
	const struct keep *c, struct pkg *pkg, const struct limits *limits, struct deb_marks *marks, struct err *e)
{
	const struct kept *control = keep_find(c, "control");

	if (control == NULL)
		return err_input(e, "E_METADATA", "control.tar holds no file named control");
	if (deb_control_fields(pkg, control->at, control->len, e)) {
		err_wrap(e, "control");
		return err_member(e, "control");
	}
	pkg->control = arena_copy(&pkg->arena, control->at, control->len);
	if (!pkg->control)
		return err_input(e, "E_LIMIT_MEMORY", "control: too long");
	for (size_t i = 0; i < c->files.len; i++)
		if (take_file(pkg, &c->files.at[i], marks, e))
			return err_member(e, c->files.at[i].name);
	return deb_marks_ready(marks, e);
}
