/* index_rpmmd.c - what one package contributes to an rpm-md repository: its XML for primary, filelists and other, as createrepo_c writes it.
 *
 * Relations come from the same place as the built header's (rpm_own.h). XML 1.0 holds no control characters and only UTF-8: the first are
 * left out, other bytes are taken for Latin-1, as createrepo_c does. */
#include "base/text.h"
#include "formats/index.h"
#include "formats/rpm_changes.h"
#include "formats/rpm_meta.h"
#include "formats/rpm_own.h"
#include "formats/rpm_write.h"
#include <rpm/rpmds.h>
#include <string.h>

enum { CHANGES_MAX = 10 };

/* ---- XML */

static void add_char(struct text *t, uint32_t c)
{
	if (c == '&')
		text_add(t, "&amp;");
	else if (c == '<')
		text_add(t, "&lt;");
	else if (c == '>')
		text_add(t, "&gt;");
	else if (c == '"')
		text_add(t, "&quot;");
	else if (c == '\r')
		text_add(t, "&#13;");
	else if (c >= ' ' || c == '\n' || c == '\t')
		text_add(t, "%c", (int)c);
}

static void add_escaped(struct text *t, const char *bytes)
{
	bool is_utf8 = text_is_utf8(bytes, strlen(bytes));

	for (size_t i = 0, left = strlen(bytes), step; left > 0; i += step, left -= step) {
		unsigned char c = (unsigned char)bytes[i];
		uint32_t code = c;

		step = 1;
		if (c == 0x7f)
			continue;
		if (c < 0x80) {
			add_char(t, c);
			continue;
		}
		if (is_utf8)
			step = text_utf8(bytes + i, left, &code);
		if (code == 0xfffe || code == 0xffff)
			continue;
		if (is_utf8)
			text_bytes(t, bytes + i, step);
		else
			text_add(t, "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
	}
}

static void add_element(struct text *t, const char *indent, const char *name, const char *content)
{
	text_add(t, "%s<%s>", indent, name);
	add_escaped(t, content);
	text_add(t, "</%s>\n", name);
}

static void add_attribute(struct text *t, const char *name, const char *value)
{
	text_add(t, " %s=\"", name);
	for (const char *line = value;;) { /* a parser would make a blank of a line break in an attribute */
		const char *end = strpbrk(line, "\n\t");
		char *part = mem_printf("%.*s", end ? (int)(end - line) : (int)strlen(line), line);

		add_escaped(t, part);
		free(part);
		if (!end)
			break;
		text_add(t, "&#%d;", *end);
		line = end + 1;
	}
	text_add(t, "\"");
}

/* ---- relations */

static const struct {
	const char *element;
	enum rel_kind kind;
} relation_elements[] = { { "rpm:provides", REL_PROVIDES }, { "rpm:requires", REL_REQUIRES },
	{ "rpm:conflicts", REL_CONFLICTS }, { "rpm:obsoletes", REL_OBSOLETES }, { "rpm:suggests", REL_SUGGESTS },
	{ "rpm:enhances", REL_ENHANCES }, { "rpm:recommends", REL_RECOMMENDS },
	{ "rpm:supplements", REL_SUPPLEMENTS } };

static const char *const op_names[] = {
	[OP_NONE] = "", [OP_LT] = "LT", [OP_LE] = "LE", [OP_EQ] = "EQ", [OP_GE] = "GE", [OP_GT] = "GT"
};

/* "[epoch:]version[-release]" as three attributes; the epoch is 0 when none is written. */
static void add_evr(struct text *t, const char *evr)
{
	const char *colon = strchr(evr, ':'), *version = colon ? colon + 1 : evr, *dash = strrchr(version, '-');
	char *epoch = colon ? mem_printf("%.*s", (int)(colon - evr), evr) : mem_strdup("0");
	char *ver = mem_printf("%.*s", dash ? (int)(dash - version) : (int)strlen(version), version);

	add_attribute(t, "epoch", epoch);
	add_attribute(t, "ver", ver);
	if (dash)
		add_attribute(t, "rel", dash + 1);
	free(epoch);
	free(ver);
}

static bool is_early(const struct rpm_rel *r)
{
	return r->flags & (RPMSENSE_PREREQ | RPMSENSE_SCRIPT_PRE | RPMSENSE_SCRIPT_POST);
}

static void add_relation(struct text *t, enum rel_kind kind, const struct rpm_rel *r)
{
	enum rel_op op = r->version[0] ? rpm_sense_op(r->flags) : OP_NONE;

	text_add(t, "      <rpm:entry");
	add_attribute(t, "name", r->name);
	if (op != OP_NONE) {
		add_attribute(t, "flags", op_names[op]);
		add_evr(t, r->version);
	}
	if (kind == REL_REQUIRES && is_early(r))
		add_attribute(t, "pre", "1");
	text_add(t, "/>\n");
}

/* For an index two relations are the same when they print the same. */
static bool is_same(enum rel_kind kind, const struct rpm_rel *a, const struct rpm_rel *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->version, b->version) == 0 &&
		rpm_sense_op(a->flags) == rpm_sense_op(b->flags) &&
		(kind != REL_REQUIRES || is_early(a) == is_early(b));
}

/* What the package gives itself needs no one else. */
static bool is_own(const struct rpm_rels *provides, const struct rpm_rel *r)
{
	for (size_t i = 0; i < provides->list.len; i++)
		if (is_same(REL_PROVIDES, &provides->list.at[i], r))
			return true;
	return false;
}

static void add_kind(struct text *t, size_t which, const struct rpm_rels *rels, const struct rpm_rels *provides)
{
	enum rel_kind kind = relation_elements[which].kind;
	bool is_open = false;

	for (size_t i = 0; i < rels->list.len; i++) {
		const struct rpm_rel *r = &rels->list.at[i];
		bool skip = kind == REL_REQUIRES && is_own(provides, r);

		for (size_t k = i; !skip && k-- > 0 && strcmp(rels->list.at[k].name, r->name) == 0;)
			skip = is_same(kind, r, &rels->list.at[k]);
		if (skip)
			continue;
		if (!is_open)
			text_add(t, "    <%s>\n", relation_elements[which].element);
		is_open = true;
		add_relation(t, kind, r);
	}
	if (is_open)
		text_add(t, "    </%s>\n", relation_elements[which].element);
}

static bool has_config(const struct pkg *p)
{
	for (size_t i = 0; i < p->entries.len; i++)
		if (p->entries.at[i].flags & ENTRY_CONFIG)
			return true;
	return false;
}

static void add_relations(struct text *t, const struct pkg *p, struct arena *a)
{
	AUTO(rpm_rels) provides = { 0 };
	struct err e = { 0 };

	if (rpm_rels_collect(&provides, REL_PROVIDES, p, has_config(p), a, NULL, "", &e))
		return; /* the arena has no limit */
	rpm_rels_sort(&provides);
	for (size_t i = 0; i < COUNT(relation_elements); i++) {
		AUTO(rpm_rels) rels = { 0 };

		if (rpm_rels_collect(&rels, relation_elements[i].kind, p, has_config(p), a, NULL, "", &e))
			return;
		rpm_rels_sort(&rels);
		add_kind(t, i, &rels, &provides);
	}
}

/* ---- files */

struct name {
	const char *path, *type; /* type "": a file */
};
struct names {
	LIST(struct name) list;
};

static int order_names(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

static void names_load(struct names *n, const struct pkg *p)
{
	size_t unique = 0;

	for (size_t i = 0; i < p->entries.len; i++) {
		const struct entry *x = &p->entries.at[i];
		const char *type = x->type == ENTRY_DIR ? "dir" : x->flags & ENTRY_GHOST ? "ghost" : "";

		if (rpm_is_system_folder(x)) /* the writer left it out */
			continue;
		*LIST_ADD(&n->list) = (struct name){ x->path, type };
		for (size_t k = 0; k < x->links_len; k++)
			*LIST_ADD(&n->list) = (struct name){ x->links[k], type };
	}
	if (n->list.len)
		qsort(n->list.at, n->list.len, sizeof *n->list.at, order_names);
	for (size_t i = 0; i < n->list.len; i++) /* a set's names may stand as entries of their own, too */
		if (i == 0 || strcmp(n->list.at[i].path, n->list.at[unique - 1].path) != 0)
			n->list.at[unique++] = n->list.at[i];
	n->list.len = unique;
}

/* Files that packages require by path: dnf finds them without the whole list. */
static bool is_primary(const char *path)
{
	return text_starts(path, "/etc/") || strstr(path, "bin/") || strcmp(path, "/usr/lib/sendmail") == 0;
}

static void add_files(struct text *t, const struct names *n, const char *indent, bool primary_only)
{
	for (size_t i = 0; i < n->list.len; i++) {
		const struct name *x = &n->list.at[i];

		if (primary_only && !is_primary(x->path))
			continue;
		text_add(t, "%s<file", indent);
		if (x->type[0])
			add_attribute(t, "type", x->type);
		text_add(t, ">");
		add_escaped(t, x->path);
		text_add(t, "</file>\n");
	}
}

/* ---- the three documents' parts */

static void add_version(struct text *t, const struct pkg *p)
{
	text_add(t, "  <version epoch=\"%lld\"", (long long)(p->epoch > 0 ? p->epoch : 0));
	add_attribute(t, "ver", p->version);
	add_attribute(t, "rel", rpm_release(p));
	text_add(t, "/>\n");
}

static void add_format(
	struct text *t, const struct pkg *p, const struct index_file *f, const struct names *n, struct arena *a)
{
	const char *host = pkg_field_get(p, "buildhost"), *source = pkg_field_get(p, "sourcerpm");

	text_add(t, "  <format>\n");
	add_element(t, "    ", "rpm:license", p->license[0] ? p->license : "unknown");
	add_element(t, "    ", "rpm:vendor", p->vendor);
	add_element(t, "    ", "rpm:group", p->section[0] ? p->section : "Unspecified");
	add_element(t, "    ", "rpm:buildhost", host ? host : "sluice");
	add_element(t, "    ", "rpm:sourcerpm",
		source ? source : arena_printf(a, "%s-%s-%s.src.rpm", p->name, p->version, rpm_release(p)));
	text_add(t, "    <rpm:header-range start=\"%llu\" end=\"%llu\"/>\n", (unsigned long long)f->header_start,
		(unsigned long long)f->header_end);
	add_relations(t, p, a);
	add_files(t, n, "    ", true);
	text_add(t, "  </format>\n");
}

static char *primary(const struct pkg *p, const struct index_file *f, const struct names *n, struct arena *a)
{
	struct text t = { 0 };

	text_add(&t, "<package type=\"rpm\">\n");
	add_element(&t, "  ", "name", p->name);
	add_element(&t, "  ", "arch", p->architecture);
	add_version(&t, p);
	text_add(&t, "  <checksum type=\"sha256\" pkgid=\"YES\">%s</checksum>\n", f->sha256);
	add_element(&t, "  ", "summary", p->summary[0] ? p->summary : p->name);
	add_element(&t, "  ", "description", p->description);
	add_element(&t, "  ", "packager", p->maintainer);
	add_element(&t, "  ", "url", p->homepage);
	text_add(&t, "  <time file=\"%lld\" build=\"%lld\"/>\n", (long long)f->time,
		(long long)(p->build_time ? p->build_time : f->time));
	text_add(&t, "  <size package=\"%llu\" installed=\"%llu\" archive=\"%llu\"/>\n", (unsigned long long)f->size,
		(unsigned long long)f->installed_size, (unsigned long long)f->archive_size);
	text_add(&t, "  <location");
	add_attribute(&t, "href", f->location);
	text_add(&t, "/>\n");
	add_format(&t, p, f, n, a);
	text_add(&t, "</package>\n");
	return text_take(&t);
}

static void add_head(struct text *t, const struct pkg *p, const struct index_file *f)
{
	text_add(t, "<package");
	add_attribute(t, "pkgid", f->sha256);
	add_attribute(t, "name", p->name);
	add_attribute(t, "arch", p->architecture);
	text_add(t, ">\n");
	add_version(t, p);
}

static char *filelists(const struct pkg *p, const struct index_file *f, const struct names *n)
{
	struct text t = { 0 };

	add_head(&t, p, f);
	add_files(&t, n, "  ", false);
	text_add(&t, "</package>\n");
	return text_take(&t);
}

/* The newest few, the oldest of them first, no two at one moment: clients sort by time. */
static char *other(const struct pkg *p, const struct index_file *f)
{
	struct text t = { 0 };
	AUTO(rpm_changes) c = { 0 };
	uint32_t last = 0;
	size_t len = rpm_changes_parse(&c, p->changelog) ? c.names.len : 0;

	add_head(&t, p, f);
	for (size_t i = len < CHANGES_MAX ? len : CHANGES_MAX; i-- > 0;) {
		uint32_t when = c.times.at[i] > last ? c.times.at[i] : last + 1;

		text_add(&t, "  <changelog");
		add_attribute(&t, "author", c.names.at[i]);
		text_add(&t, " date=\"%u\">", when);
		add_escaped(&t, c.texts.at[i]);
		text_add(&t, "</changelog>\n");
		last = when;
	}
	text_add(&t, "</package>\n");
	return text_take(&t);
}

static void set_text(json_t *object, const char *key, char *text)
{
	json_object_set_new(object, key, json_string(text));
	free(text);
}

json_t *rpmmd_fragment(const struct pkg *pkg, const struct index_file *file)
{
	AUTO(arena) a = { 0 };
	struct names n = { 0 };
	json_t *fragment = json_object();

	arena_init(&a, 0);
	names_load(&n, pkg);
	set_text(fragment, "primary", primary(pkg, file, &n, &a));
	set_text(fragment, "filelists", filelists(pkg, file, &n));
	set_text(fragment, "other", other(pkg, file));
	LIST_DONE(&n.list);
	return fragment;
}
