/* index_apt.c - an apt repository's Packages and Release from stored stanzas. Sources: Debian's repository format, apt-secure(8). */
#include "base/codec.h"
#include "base/text.h"
#include "base/when.h"
#include "formats/index_set.h"
#include "formats/version.h"
#include <string.h>

enum { INDEX_MAX = 1 << 30 };

/* ---- one stanza */

char *apt_fragment(const char *control, const struct index_file *file)
{
	struct text t = { 0 };
	size_t len = strlen(control);

	while (len > 0 && control[len - 1] == '\n')
		len--;
	text_bytes(&t, control, len);
	text_add(&t, "\nFilename: %s\nSize: %llu\nSHA256: %s\n\n", file->location, (unsigned long long)file->size,
		file->sha256);
	return text_take(&t);
}

/* ---- sorting */

struct sorted {
	const struct apt_stanza *stanza;
	char *package;
	struct evr version;
};

/* The value of a field of a stanza, one line; arena string, "" when missing. */
static char *field_of(struct arena *a, const char *stanza, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = stanza; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		struct slice rest = slice_of(line), value;

		if (strncasecmp(line, name, len) != 0 || line[len] != ':' || !slice_cut(&rest, '\n', &value))
			continue;
		value = slice_trim((struct slice){ value.at + len + 1, value.len - len - 1 });
		return arena_copy(a, value.at, value.len);
	}
	return arena_copy(a, "", 0);
}

static int by_package(const void *one, const void *other)
{
	const struct sorted *a = one, *b = other;
	int order = strcmp(a->package, b->package);

	if (!order)
		order = version_compare_deb(&a->version, &b->version);
	if (!order)
		order = strcmp(a->stanza->architecture, b->stanza->architecture);
	return order ? order : strcmp(a->stanza->text, b->stanza->text);
}

static int sort(struct arena *a, const struct apt_stanza *stanzas, size_t len, struct sorted **ret, struct err *e)
{
	struct sorted *all = arena_alloc(a, (len + 1) * sizeof *all);

	for (size_t i = 0; i < len; i++) {
		all[i].stanza = &stanzas[i];
		all[i].package = field_of(a, stanzas[i].text, "Package");
		if (evr_parse(a, field_of(a, stanzas[i].text, "Version"), &all[i].version, e))
			return err_wrap(e, "stanza of '%s'", all[i].package);
	}
	qsort(all, len, sizeof *all, by_package);
	*ret = all;
	return 0;
}

/* ---- the files */

static int compressed(const char *bytes, size_t len, enum codec codec, char **ret, size_t *ret_len, struct err *e)
{
	struct out *out = out_codec(out_mem(INDEX_MAX, ret, ret_len), codec, 0, 1, e);

	if (!out)
		return -1;
	if (out_write(out, bytes, len, e)) {
		out_drop(&out);
		return -1;
	}
	return out_close(out, e);
}

static char *copy_bytes(const char *bytes, size_t len)
{
	char *copy = mem_resize(NULL, len + 1);

	memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

/* The file, its line in Release, and its copy under its hash: the copy stays reachable when the next snapshot takes the name. */
static void add_index(
	struct index_set *set, struct text *lines, const char *suite, const char *path, char *bytes, size_t len)
{
	struct index_item *item = index_set_add(set, mem_printf("dists/%s/%s", suite, path), bytes, len);
	const char *slash = strrchr(path, '/');
	char sha256[65];

	memcpy(sha256, item->sha256, sizeof sha256);
	text_add(lines, " %s %zu %s\n", sha256, len, path);
	index_set_add(set, mem_printf("dists/%s/%.*s/by-hash/SHA256/%s", suite, (int)(slash - path), path, sha256),
		copy_bytes(bytes, len), len);
}

static bool belongs(const struct apt_stanza *stanza, const char *architecture)
{
	return strcmp(stanza->architecture, architecture) == 0 || strcmp(stanza->architecture, "all") == 0;
}

static int add_architecture(const struct apt_release *r, const char *architecture, const struct sorted *all, size_t len,
	struct text *lines, struct index_set *set, struct err *e)
{
	static const struct {
		enum codec codec;
		const char *suffix;
	} forms[] = { { CODEC_GZIP, ".gz" }, { CODEC_XZ, ".xz" } };
	AUTO_FREE char *path = mem_printf("%s/binary-%s/Packages", r->component, architecture);
	struct text text = { 0 };
	size_t plain_len;
	char *plain;

	for (size_t i = 0; i < len; i++)
		if (belongs(all[i].stanza, architecture))
			text_bytes(&text, all[i].stanza->text, strlen(all[i].stanza->text));
	plain_len = text.len;
	plain = text_take(&text);
	add_index(set, lines, r->suite, path, plain, plain_len);
	for (size_t i = 0; i < COUNT(forms); i++) {
		AUTO_FREE char *name = mem_printf("%s%s", path, forms[i].suffix);
		size_t packed_len;
		char *packed;

		if (compressed(plain, plain_len, forms[i].codec, &packed, &packed_len, e))
			return err_wrap(e, "%s", name);
		add_index(set, lines, r->suite, name, packed, packed_len);
	}
	return 0;
}

/* One line a field: a line end in a name from the policy must not begin another. */
static void add_field(struct text *t, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	text_add(t, "%s: ", name);
	for (; *value; value++)
		text_bytes(t, (unsigned char)*value < ' ' ? " " : value, 1);
	text_add(t, "\n");
}

static void add_release(const struct apt_release *r, const struct text *lines, struct index_set *set)
{
	struct text t = { 0 }, architectures = { 0 };
	char date[64];
	size_t len;

	for (size_t i = 0; i < r->architectures_len; i++)
		text_add(&architectures, "%s%s", i ? " " : "", r->architectures[i]);
	add_field(&t, "Origin", r->origin);
	add_field(&t, "Label", r->label);
	add_field(&t, "Suite", r->suite);
	add_field(&t, "Codename", r->codename);
	when_rfc2822(r->date, date);
	add_field(&t, "Date", date);
	when_rfc2822(r->valid_until, date);
	add_field(&t, "Valid-Until", date);
	add_field(&t, "Acquire-By-Hash", "yes");
	add_field(&t, "Architectures", architectures.at);
	add_field(&t, "Components", r->component);
	add_field(&t, "Description", r->description);
	text_add(&t, "SHA256:\n");
	text_bytes(&t, lines->at, lines->len);
	len = t.len;
	index_set_add(set, mem_printf("dists/%s/Release", r->suite), text_take(&t), len);
	text_done(&architectures);
}

int apt_index(
	const struct apt_release *r, const struct apt_stanza *stanzas, size_t len, struct index_set *ret, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct text lines = { 0 };
	struct sorted *all;
	int status = sort(&arena, stanzas, len, &all, e);

	for (size_t i = 0; status == 0 && i < r->architectures_len; i++)
		status = add_architecture(r, r->architectures[i], all, len, &lines, ret, e);
	if (status == 0)
		add_release(r, &lines, ret);
	text_done(&lines);
	return status ? err_wrap(e, "apt index of '%s'", r->suite) : 0;
}
