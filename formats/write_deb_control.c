/* write_deb_control.c - the control archive of a deb: control, conffiles, md5sums, scripts, triggers. deb-control(5), deb(5). */
#include "formats/relation.h"
#include "formats/relation_text.h"
#include "formats/tar_out.h"
#include "formats/version.h"
#include "formats/write_deb.h"
#include <string.h>

/* ---- what dpkg would refuse */

static int check_name(const char *name, struct err *e)
{
	if (strlen(name) < 2)
		return err_input(e, "E_METADATA", "package name '%s' is too short for a deb", name);
	for (const char *c = name; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (c > name && strchr("+-.", *c)))) {
			err_input(e, "E_METADATA", "package name '%s': a deb's name holds a-z 0-9 + - . only", name);
			return err_hint(e, "set package.name in the recipe");
		}
	return 0;
}

/* What stands before a colon would be read as the epoch. */
static char *version_text(const struct pkg *pkg)
{
	char *epoch = pkg->epoch > 0 || strchr(pkg->version, ':') ? mem_printf("%lld:", (long long)pkg->epoch)
								  : mem_strdup("");
	char *text = mem_printf("%s%s%s%s", epoch, pkg->version, *pkg->release ? "-" : "", pkg->release);

	free(epoch);
	return text;
}

static int check_architecture(const struct pkg *pkg, struct err *e)
{
	if (!arch_to_deb(pkg->architecture))
		return err_input(
			e, "E_METADATA", "architecture '%s' is not in the table of formats/arch.c", pkg->architecture);
	return 0;
}

int deb_check(const struct pkg *pkg, struct err *e)
{
	AUTO_FREE char *version = version_text(pkg);
	AUTO(arena) arena = { 0 };

	if (check_name(pkg->name, e) || check_architecture(pkg, e))
		return -1;
	if (!version_deb_valid(version))
		return err_input(e, "E_METADATA", "dpkg refuses the version '%s'", version);
	for (size_t i = 0; i < pkg->relations.len; i++)
		if (!relation_deb_text(&arena, &pkg->relations.at[i]))
			return err_input(e, "E_METADATA", "%s: a deb cannot say '%s'",
				rel_kind_name(pkg->relations.at[i].kind),
				*pkg->relations.at[i].text ? pkg->relations.at[i].text : pkg->relations.at[i].name);
	return 0;
}

char *deb_file_name(const struct pkg *pkg)
{
	const char *arch = arch_to_deb(pkg->architecture);

	return mem_printf("%s_%s%s%s_%s.deb", pkg->name, pkg->version, *pkg->release ? "-" : "", pkg->release,
		arch ? arch : pkg->architecture);
}

/* ---- the control file */

static bool is_word_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(word, *words) == 0)
			return true;
	return false;
}

/* One line: control bytes and line ends would begin another field. */
static void add_field(struct text *t, const char *name, const char *value)
{
	text_field(t, name, ": ", value);
}

/* deb-control(5): lines of the extended description begin with a blank, an empty one is " .". */
static void add_description(struct text *t, const struct pkg *pkg)
{
	struct slice rest = slice_of(pkg->description), line;
	size_t end;

	add_field(t, "Description", *pkg->summary ? pkg->summary : pkg->name);
	end = t->len;
	while (slice_cut(&rest, '\n', &line)) {
		size_t start = t->len;

		while (line.len > 0 && (unsigned char)line.at[line.len - 1] <= ' ')
			line.len--;
		text_add(t, " ");
		if (line.len == 0 || (line.len == 1 && *line.at == '.'))
			text_add(t, ".");
		else
			text_bytes(t, line.at, line.len);
		for (size_t i = start; i < t->len; i++)
			if ((unsigned char)t->at[i] < ' ' || t->at[i] == 0x7f)
				t->at[i] = ' ';
		text_add(t, "\n");
		if (line.len > 0)
			end = t->len;
	}
	t->len = end; /* without empty lines at the end */
	t->at[end] = '\0';
}

/* Which relations stand in which field, in the order dpkg prints them. rpm's obsoletes take away and replace. */
static const struct {
	const char *field;
	unsigned kinds;
} relation_fields[] = {
	{ "Pre-Depends", 1u << REL_PRE_REQUIRES },
	{ "Depends", 1u << REL_REQUIRES },
	{ "Recommends", 1u << REL_RECOMMENDS },
	{ "Suggests", 1u << REL_SUGGESTS },
	{ "Enhances", 1u << REL_ENHANCES | 1u << REL_SUPPLEMENTS },
	{ "Conflicts", 1u << REL_CONFLICTS | 1u << REL_OBSOLETES },
	{ "Breaks", 1u << REL_BREAKS },
	{ "Replaces", 1u << REL_REPLACES | 1u << REL_OBSOLETES },
	{ "Provides", 1u << REL_PROVIDES },
};

static int add_relations(struct text *t, const struct pkg *pkg, const char *field, unsigned kinds, struct err *e)
{
	AUTO(arena) arena = { 0 };
	bool is_first = true;

	for (size_t i = 0; i < pkg->relations.len; i++) {
		const struct relation *r = &pkg->relations.at[i];
		const char *text;

		if (!(kinds >> r->kind & 1))
			continue;
		text = relation_deb_text(&arena, r);
		if (!text)
			return err_input(
				e, "E_METADATA", "%s: a deb cannot say '%s'", field, *r->text ? r->text : r->name);
		if (is_first)
			text_add(t, "%s: %s", field, text);
		else
			text_add(t, ", %s", text);
		is_first = false;
	}
	if (!is_first)
		text_add(t, "\n");
	return 0;
}

static const char *const early_fields[] = { "Source", "Multi-Arch", "Essential", "Protected", "Build-Essential", NULL };

/* Whatever else a deb's control file said goes on behind what we write ourselves. */
static void add_others(struct text *t, const struct pkg *pkg)
{
	static const char *const written[] = { "Priority", "Installed-Size", "License", "Vendor", "conffile-removed",
		NULL };

	if (strcmp(pkg->format, "deb") != 0)
		return;
	for (size_t i = 0; i < pkg->fields.len; i++) {
		const char *name = pkg->fields.at[i].name;

		if (!is_word_of(name, early_fields) && !is_word_of(name, written) && !strpbrk(name, ": \t\n") && *name)
			add_field(t, name, pkg->fields.at[i].value);
	}
}

int deb_control_text(const struct pkg *pkg, uint64_t installed_kib, struct text *ret, struct err *e)
{
	AUTO_FREE char *version = version_text(pkg);
	const char *priority = pkg_field_get(pkg, "Priority"), *license = pkg_field_get(pkg, "License");
	const char *vendor = pkg_field_get(pkg, "Vendor");

	add_field(ret, "Package", pkg->name);
	add_field(ret, "Version", version);
	add_field(ret, "Architecture", arch_to_deb(pkg->architecture));
	add_field(ret, "Maintainer", *pkg->maintainer ? pkg->maintainer : *pkg->vendor ? pkg->vendor : "unknown");
	text_add(ret, "Installed-Size: %llu\n", (unsigned long long)installed_kib);
	for (const char *const *name = early_fields; *name; name++)
		add_field(ret, *name, pkg_field_get(pkg, *name) ? pkg_field_get(pkg, *name) : "");
	for (size_t i = 0; i < COUNT(relation_fields); i++)
		if (add_relations(ret, pkg, relation_fields[i].field, relation_fields[i].kinds, e))
			return -1;
	add_field(ret, "Section", *pkg->section ? pkg->section : "misc");
	add_field(ret, "Priority", priority && *priority ? priority : "optional");
	add_field(ret, "Homepage", pkg->homepage);
	add_field(ret, "License", *pkg->license ? pkg->license : license ? license : "");
	add_field(ret, "Vendor", *pkg->vendor ? pkg->vendor : vendor ? vendor : "");
	add_others(ret, pkg);
	add_description(ret, pkg);
	return 0;
}

/* ---- the control archive */

static int add_member(
	struct out *out, const char *name, const void *bytes, size_t len, uint32_t mode, int64_t mtime, struct err *e)
{
	AUTO_FREE char *path = mem_printf("./%s", name);
	struct tar_item item = { .path = path,
		.target = "",
		.type = '0',
		.mode = mode,
		.mtime = mtime,
		.size = len,
		.owner = "root",
		.group = "root" };

	if (tar_out_item(out, &item, e) || out_write(out, bytes, len, e))
		return -1;
	return tar_out_pad(out, len, e);
}

static int add_scripts(struct out *out, struct pkg *pkg, const char *target, int64_t mtime, struct err *e)
{
	static const char *const names[] = { "config", "postinst", "postrm", "preinst", "prerm", NULL };

	for (const char *const *name = names; *name; name++) {
		bool is_done = false;

		for (size_t i = 0; i < pkg->scripts.len; i++) {
			const struct script *s = &pkg->scripts.at[i];

			if (strcmp(s->source, *name) != 0)
				continue;
			if (is_done)
				return err_input(e, "E_METADATA", "two scripts are named '%s'", *name);
			is_done = true;
			if (add_member(out, *name, s->body, s->len, 0755, mtime, e))
				return -1;
		}
	}
	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (!is_word_of(pkg->scripts.at[i].source, names))
			pkg_lose(pkg, target, LOSS_BEHAVIOUR, "dpkg calls no script of this kind", "script:%s",
				pkg->scripts.at[i].source);
	return 0;
}

static int add_triggers(struct out *out, struct pkg *pkg, const char *target, int64_t mtime, struct err *e)
{
	static const char *const words[] = { "interest", "interest-await", "interest-noawait", "activate",
		"activate-await", "activate-noawait", NULL };
	struct text text = { 0 };
	int status = 0;

	for (size_t i = 0; i < pkg->triggers.len; i++) {
		struct slice rest = slice_of(pkg->triggers.at[i].text), word;
		char name[32] = "";

		if (slice_cut(&rest, ' ', &word) && word.len < sizeof name)
			memcpy(name, word.at, word.len);
		if (is_word_of(name, words) && rest.len > 0 && !strchr(pkg->triggers.at[i].text, '\n'))
			text_add(&text, "%s\n", pkg->triggers.at[i].text);
		else
			pkg_lose(pkg, target, LOSS_BEHAVIOUR, "dpkg has no such trigger", "trigger:%s",
				pkg->triggers.at[i].text);
	}
	if (text.len > 0)
		status = add_member(out, "triggers", text.at, text.len, 0644, mtime, e);
	text_done(&text);
	return status;
}

/* debconf templates and the tables of libraries go on as they were. */
static int add_kept_files(struct out *out, struct pkg *pkg, const char *target, int64_t mtime, struct err *e)
{
	static const char *const names[] = { "shlibs", "symbols", "templates", NULL };
	static const char prefix[] = "control-file:";

	for (const char *const *name = names; *name; name++) {
		AUTO_FREE char *key = mem_printf("%s%s", prefix, *name);
		const char *value = pkg_field_get(pkg, key);

		if (value && add_member(out, *name, value, strlen(value), 0644, mtime, e))
			return -1;
	}
	for (size_t i = 0; i < pkg->fields.len; i++)
		if (text_starts(pkg->fields.at[i].name, prefix) &&
			!is_word_of(pkg->fields.at[i].name + sizeof prefix - 1, names))
			pkg_lose(pkg, target, LOSS_NOTE, "not a file that dpkg knows in a control archive", "%s",
				pkg->fields.at[i].name);
	return 0;
}

int deb_control_tar(struct out *out, struct pkg *pkg, const char *target, const struct deb_facts *facts, int64_t mtime,
	char **ret_control, struct err *e)
{
	struct tar_item root = {
		.path = "./", .target = "", .type = '5', .mode = 0755, .mtime = mtime, .owner = "root", .group = "root"
	};
	struct text control = { 0 };
	int status = deb_control_text(pkg, facts->installed_kib, &control, e);

	if (status == 0)
		status = tar_out_item(out, &root, e);
	if (status == 0)
		status = add_member(out, "control", control.at, control.len, 0644, mtime, e);
	if (status == 0 && facts->conffiles.len > 0)
		status = add_member(out, "conffiles", facts->conffiles.at, facts->conffiles.len, 0644, mtime, e);
	if (status == 0 && facts->md5sums.len > 0)
		status = add_member(out, "md5sums", facts->md5sums.at, facts->md5sums.len, 0644, mtime, e);
	if (status == 0 &&
		(add_scripts(out, pkg, target, mtime, e) || add_kept_files(out, pkg, target, mtime, e) ||
			add_triggers(out, pkg, target, mtime, e) || tar_out_end(out, e)))
		status = -1;
	if (status == 0)
		*ret_control = text_take(&control);
	text_done(&control);
	return status;
}
