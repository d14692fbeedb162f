/* pkginfo.c - .PKGINFO line by line: what each key means to pacman and to apk. */
#include "formats/pkginfo.h"
#include "base/digest.h"
#include "base/text.h"
#include "formats/arch.h"
#include <string.h>

struct parse {
	struct pkg *pkg;
	enum family family;
	struct pkginfo *info;
	struct text licenses, install_if;
	const char *packager;
	unsigned seen; /* bits: rows of `keys` that came */
};

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
}

/* ---- relations */

static const struct {
	const char *sign;
	enum rel_op op;
} operators[] = { { ">=", OP_GE }, { "<=", OP_LE }, { "=~", OP_GE }, { "><", OP_NONE }, { "=", OP_EQ }, { ">", OP_GT },
	{ "<", OP_LT }, { "~", OP_GE } };

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
			return false;
	return s.len > 0;
}

/* Cuts "name>=version" in three; false: a part is missing. apk's names may hold anything but the signs. */
static bool cut_relation(
	enum family family, struct slice s, struct slice *ret_name, int *ret_row, struct slice *ret_rest)
{
	const char *signs = family == FAMILY_APK ? "<>=~" : "<>=";
	size_t at = 0;

	while (at < s.len && strchr(signs, s.at[at]) == NULL)
		at++;
	*ret_name = (struct slice){ s.at, at };
	*ret_rest = (struct slice){ s.at + at, s.len - at };
	*ret_row = -1;
	if (at == s.len)
		return at > 0;
	for (size_t i = 0; i < COUNT(operators) && *ret_row < 0; i++) {
		size_t len = strlen(operators[i].sign);

		if (ret_rest->len > len && memcmp(ret_rest->at, operators[i].sign, len) == 0) {
			*ret_row = (int)i;
			ret_rest->at += len;
			ret_rest->len -= len;
		}
	}
	return at > 0 && *ret_row >= 0 && strchr(signs, ret_rest->at[0]) == NULL;
}

int pkginfo_relation(struct pkg *pkg, enum family family, enum rel_kind kind, struct slice text, struct err *e)
{
	struct slice whole = text, name, version;
	struct relation *r;
	int row;

	if (family == FAMILY_APK && text.len && text.at[0] == '!') {
		kind = REL_CONFLICTS;
		text.at++, text.len--;
	}
	if (!is_printable(text) || !cut_relation(family, text, &name, &row, &version))
		return err_input(
			e, "E_METADATA", "'%.*s' is no relation", (int)(whole.len < 128 ? whole.len : 128), whole.at);
	r = pkg_add_relation(pkg);
	if (r == NULL)
		return no_room(e);
	r->kind = kind;
	r->op = row < 0 ? OP_NONE : operators[row].op;
	r->name = arena_copy(&pkg->arena, name.at, name.len);
	r->text = arena_copy(&pkg->arena, whole.at, whole.len);
	r->version = r->op == OP_NONE ? "" : arena_copy(&pkg->arena, version.at, version.len);
	if (r->name == NULL || r->text == NULL || r->version == NULL)
		return no_room(e);
	if (row >= 0 && strpbrk(operators[row].sign, "~") != NULL)
		pkg_warn(pkg, "E_METADATA", r->text, "'like this version' is read as 'at least'");
	return 0;
}

/* apk lists several in one line; pacman one a line. */
static int take_relations(struct parse *p, enum rel_kind kind, struct slice value, struct err *e)
{
	struct slice one;

	if (p->family == FAMILY_PACMAN)
		return pkginfo_relation(p->pkg, p->family, kind, value, e);
	while (slice_cut(&value, ' ', &one))
		if (one.len && pkginfo_relation(p->pkg, p->family, kind, one, e))
			return -1;
	return 0;
}

/* "name>=1: what for": the words stay in the text. */
static int take_optional(struct parse *p, struct slice value, struct err *e)
{
	struct slice name = value;

	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] == ':' && (i + 1 == value.len || value.at[i + 1] == ' ')) {
			name.len = i;
			break;
		}
	if (pkginfo_relation(p->pkg, p->family, REL_SUGGESTS, slice_trim(name), e))
		return -1;
	p->pkg->relations.at[p->pkg->relations.len - 1].text = arena_copy(&p->pkg->arena, value.at, value.len);
	return p->pkg->relations.at[p->pkg->relations.len - 1].text ? 0 : no_room(e);
}

/* All that install_if names must be there: one relation, an "and" when it names several. */
static int take_install_if(struct parse *p, struct err *e)
{
	struct pkg *pkg = p->pkg;
	struct slice all = { p->install_if.at, p->install_if.len };
	size_t first = pkg->relations.len, count;
	struct relation *whole;

	if (all.len == 0)
		return 0;
	if (take_relations(p, REL_SUPPLEMENTS, all, e))
		return err_wrap(e, "install_if");
	count = pkg->relations.len - first;
	if (count < 2)
		return 0;
	whole = pkg_add_relation(pkg);
	if (whole == NULL)
		return no_room(e);
	whole->kind = REL_SUPPLEMENTS;
	whole->tree = REL_AND;
	whole->text = arena_copy(&pkg->arena, p->install_if.at, p->install_if.len);
	whole->parts = (struct relation *)arena_copy(&pkg->arena, &pkg->relations.at[first], count * sizeof *whole);
	whole->parts_len = count;
	if (whole->text == NULL || whole->parts == NULL)
		return no_room(e);
	pkg->relations.at[first] = *whole;
	pkg->relations.len = first + 1;
	return 0;
}

/* ---- single values */

static int set_name(struct parse *p, struct slice v, struct err *e)
{
	p->pkg->name = arena_copy(&p->pkg->arena, v.at, v.len);
	if (p->pkg->name == NULL)
		return no_room(e);
	if (!pkginfo_name_valid(p->family, p->pkg->name))
		return err_input(e, "E_METADATA", "pkgname: '%.128s' is no package name", p->pkg->name);
	return 0;
}

/* "[epoch:]version-release"; apk has no epoch and its release starts with 'r'. */
static int set_version(struct parse *p, struct slice v, struct err *e)
{
	struct pkg *pkg = p->pkg;
	char *text = arena_copy(&pkg->arena, v.at, v.len), *dash, *colon;

	if (text == NULL)
		return no_room(e);
	if (!pkginfo_version_valid(p->family, text)) {
		if (p->family == FAMILY_PACMAN || v.len > 256 || strpbrk(text, "/ <>=") || text[0] == 0)
			return err_input(e, "E_METADATA", "pkgver: '%.128s' is no version", text);
		pkg_warn(pkg, "E_METADATA", ".PKGINFO", "apk does not know how to compare the version %s", text);
	}
	colon = p->family == FAMILY_PACMAN ? strchr(text, ':') : NULL;
	if (colon) {
		pkg->epoch = strtol(text, NULL, 10);
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	if (dash)
		*dash = 0;
	pkg->version = text;
	pkg->release = dash ? dash + 1 : "";
	return 0;
}

static int set_architecture(struct parse *p, struct slice v, struct err *e)
{
	struct pkg *pkg = p->pkg;
	const char *known;

	pkg->architecture_native = arena_copy(&pkg->arena, v.at, v.len);
	if (pkg->architecture_native == NULL)
		return no_room(e);
	if (v.len == 0 || v.len > 64 ||
		strspn(pkg->architecture_native, "abcdefghijklmnopqrstuvwxyz0123456789_-") != v.len)
		return err_input(e, "E_METADATA", "arch: '%.64s' is none", pkg->architecture_native);
	known = arch_from(p->family, pkg->architecture_native);
	if (known == NULL)
		pkg_warn(pkg, "E_METADATA", ".PKGINFO", "the architecture %s is not in the table",
			pkg->architecture_native);
	pkg->architecture = known ? known : pkg->architecture_native;
	return 0;
}

/* A number that cannot be true is worth a word; it is counted again anyway. */
static bool number(struct parse *p, const char *key, struct slice v, int64_t *ret)
{
	int64_t n = 0;

	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] < '0' || v.at[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, v.at[i] - '0', &n)) {
			v.len = 0;
			break;
		}
	if (v.len == 0)
		pkg_warn(p->pkg, "E_METADATA", key, "is no number that can be true");
	else
		*ret = n;
	return v.len > 0;
}

static int set_build_time(struct parse *p, struct slice v, struct err *e)
{
	number(p, "builddate", v, &p->pkg->build_time);
	return 0;
}

static int set_size(struct parse *p, struct slice v, struct err *e)
{
	int64_t size = 0;
	char text[32];

	if (!number(p, "size", v, &size) || v.len >= sizeof text)
		return 0;
	memcpy(text, v.at, v.len);
	text[v.len] = 0;
	return pkg_field(p->pkg, "size", text) ? no_room(e) : 0;
}

static int add_license(struct parse *p, struct slice v, struct err *e)
{
	if (v.len)
		text_add(&p->licenses, "%s%.*s", p->licenses.len ? " AND " : "", (int)v.len, v.at);
	return 0;
}

static int add_install_if(struct parse *p, struct slice v, struct err *e)
{
	text_add(&p->install_if, "%s%.*s", p->install_if.len ? " " : "", (int)v.len, v.at);
	return 0;
}

static int add_triggers(struct parse *p, struct slice v, struct err *e)
{
	p->info->triggers = arena_printf(&p->pkg->arena, "%s%s%.*s", p->info->triggers,
		*p->info->triggers && v.len ? " " : "", (int)v.len, v.at);
	return p->info->triggers ? 0 : no_room(e);
}

static int add_backup(struct parse *p, struct slice v, struct err *e)
{
	const char *path = text_path(&p->pkg->arena, v.at, v.len);

	if (path == NULL || path[1] == 0)
		return err_input(e, "E_METADATA", "backup: '%.*s' is no path of the package",
			(int)(v.len < 256 ? v.len : 256), v.at);
	*LIST_ADD(&p->info->backups) = path;
	return 0;
}

static int set_datahash(struct parse *p, struct slice v, struct err *e)
{
	unsigned char bytes[32];

	if (v.len != 2 * sizeof bytes || hex_parse(v.at, v.len, bytes))
		return err_input(
			e, "E_METADATA", "datahash: '%.*s' is no digest", (int)(v.len < 80 ? v.len : 80), v.at);
	p->info->datahash = arena_copy(&p->pkg->arena, v.at, v.len);
	return p->info->datahash ? 0 : no_room(e);
}

static int set_packager(struct parse *p, struct slice v, struct err *e)
{
	p->packager = arena_copy(&p->pkg->arena, v.at, v.len);
	return p->packager ? 0 : no_room(e);
}

/* ---- keys */

enum { FOR_PACMAN = 1 << FAMILY_PACMAN, FOR_APK = 1 << FAMILY_APK, FOR_BOTH = FOR_PACMAN | FOR_APK };

static const struct {
	const char *key;
	int families;
	bool is_once;
	int (*set)(struct parse *p, struct slice v, struct err *e);
} keys[] = {
	{ "pkgname", FOR_BOTH, true, set_name },
	{ "pkgver", FOR_BOTH, true, set_version },
	{ "arch", FOR_BOTH, true, set_architecture },
	{ "builddate", FOR_BOTH, true, set_build_time },
	{ "size", FOR_BOTH, true, set_size },
	{ "packager", FOR_BOTH, true, set_packager },
	{ "datahash", FOR_APK, true, set_datahash },
	{ "license", FOR_BOTH, false, add_license },
	{ "triggers", FOR_APK, false, add_triggers },
	{ "install_if", FOR_APK, false, add_install_if },
	{ "backup", FOR_PACMAN, false, add_backup },
	{ "optdepend", FOR_PACMAN, false, take_optional },
};

static const struct {
	const char *key;
	int families;
	enum rel_kind kind;
} relations[] = {
	{ "depend", FOR_BOTH, REL_REQUIRES },
	{ "provides", FOR_BOTH, REL_PROVIDES },
	{ "conflict", FOR_BOTH, REL_CONFLICTS },
	{ "replaces", FOR_PACMAN, REL_OBSOLETES },
	{ "replaces", FOR_APK, REL_REPLACES },
};

static const char **text_slot(struct parse *p, struct slice key)
{
	const struct {
		const char *key;
		const char **slot;
		int families;
	} slots[] = {
		{ "pkgdesc", &p->pkg->summary, FOR_BOTH },
		{ "url", &p->pkg->homepage, FOR_BOTH },
		{ "maintainer", &p->pkg->maintainer, FOR_APK },
	};

	for (size_t i = 0; i < COUNT(slots); i++)
		if (slots[i].families >> p->family & 1 && slice_is(key, slots[i].key))
			return slots[i].slot;
	return NULL;
}

static int take_field(struct parse *p, struct slice key, struct slice value, struct err *e)
{
	char *name = arena_copy(&p->pkg->arena, key.at, key.len);
	char *text = arena_copy(&p->pkg->arena, value.at, value.len);

	return !name || !text || pkg_field(p->pkg, name, text) ? no_room(e) : 0;
}

static int take(struct parse *p, struct slice key, struct slice value, struct err *e)
{
	const char **slot = text_slot(p, key);

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (!(keys[i].families >> p->family & 1) || !slice_is(key, keys[i].key))
			continue;
		if (keys[i].is_once && p->seen >> i & 1)
			return err_input(e, "E_METADATA", "comes twice");
		p->seen |= 1u << i;
		return keys[i].set(p, value, e);
	}
	for (size_t i = 0; i < COUNT(relations); i++)
		if (relations[i].families >> p->family & 1 && slice_is(key, relations[i].key))
			return take_relations(p, relations[i].kind, value, e);
	if (slot == NULL)
		return take_field(p, key, value, e);
	if (**slot)
		return err_input(e, "E_METADATA", "comes twice");
	*slot = arena_copy(&p->pkg->arena, value.at, value.len);
	return *slot ? 0 : no_room(e);
}

static int take_line(struct parse *p, struct slice line, struct err *e)
{
	const char *equals;
	struct slice key, value;

	for (size_t i = 0; i < line.len; i++)
		if (((unsigned char)line.at[i] < ' ' && line.at[i] != '\t') || line.at[i] == 0x7f)
			return err_input(e, "E_METADATA", "a control byte 0x%02x", (unsigned char)line.at[i]);
	line = slice_trim(line);
	if (line.len == 0 || line.at[0] == '#')
		return 0;
	equals = memchr(line.at, '=', line.len);
	key = slice_trim((struct slice){ line.at, equals ? (size_t)(equals - line.at) : 0 });
	if (key.len == 0 || key.len > 64 || !is_printable(key))
		return err_input(
			e, "E_METADATA", "'%.*s' is no \"key = value\"", (int)(line.len < 64 ? line.len : 64), line.at);
	value = slice_trim((struct slice){ equals + 1, line.len - (size_t)(equals + 1 - line.at) });
	if (!text_is_utf8(value.at, value.len))
		pkg_warn(p->pkg, "E_NAME_ENCODING", ".PKGINFO", "a value is not UTF-8");
	return take(p, key, value, e) ? err_wrap(e, "%.*s", (int)key.len, key.at) : 0;
}

static int finish(struct parse *p, struct err *e)
{
	struct pkg *pkg = p->pkg;
	const struct {
		const char *key, *value;
	} needed[] = { { "pkgname", pkg->name }, { "pkgver", pkg->version }, { "arch", pkg->architecture } };

	for (size_t i = 0; i < COUNT(needed); i++)
		if (!*needed[i].value)
			return err_input(e, "E_METADATA", "%s is missing", needed[i].key);
	pkg->license = arena_copy(&pkg->arena, p->licenses.at ? p->licenses.at : "", p->licenses.len);
	if (pkg->license == NULL)
		return no_room(e);
	if (p->packager && !*pkg->maintainer)
		pkg->maintainer = p->packager;
	else if (p->packager && pkg_field(pkg, "packager", p->packager))
		return no_room(e);
	return take_install_if(p, e);
}

void pkginfo_done(struct pkginfo *i)
{
	LIST_DONE(&i->backups);
}

int pkginfo_parse(struct pkg *pkg, enum family family, const char *text, size_t len, struct pkginfo *ret, struct err *e)
{
	struct parse p = { .pkg = pkg, .family = family, .info = ret };
	struct slice rest = { text, len }, line;
	unsigned n = 0;
	int done = 0;

	ret->triggers = "";
	while (done == 0 && slice_cut(&rest, '\n', &line)) {
		n++;
		if (take_line(&p, line, e))
			done = err_wrap(e, "line %u", n);
	}
	if (done == 0)
		done = finish(&p, e);
	text_done(&p.licenses);
	text_done(&p.install_if);
	return done;
}
