/* built_from.c - Go's list of modules, found by the marks that stand around it whatever became of the sections, and the list that cargo auditable packs
 * into ".dep-v0". */
#include "inspect/built_from.h"
#include "base/text.h"
#include "inspect/elf.h"
#include <string.h>
#include <zlib.h>

enum {
	MODULES_MAX = 2048,
	MARK = 16,
	GO_TEXT_MAX = 4 << 20,
	GO_HEAD = 32, /* bytes in front of the version that stands in line (Go 1.18 and later) */
	GO_VERSION_MAX = 128,
	CARGO_MAX = 8 << 20 /* bytes of JSON */
};
/* Around the text "path\t..\nmod\tPATH\tVERSION\tSUM\ndep\t...\n=>\t...\nbuild\t..."; package debug/buildinfo of Go. */
static const unsigned char go_begin[MARK] = { 0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07,
	0xe6, 0xd6, 0x18, 0xe6 };
static const unsigned char go_end[MARK] = { 0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10,
	0x41, 0x16, 0xd8, 0xf2 };
static const char go_magic[] = "\xff Go buildinf:";

struct telling {
	built_from_told *tell;
	void *to;
	size_t told, more;
};

static void tell(struct telling *t, const char *kind, struct slice name, struct slice version)
{
	AUTO_FREE char *n = mem_printf("%.*s", (int)(name.len < 1024 ? name.len : 1024), name.at),
		       *v = mem_printf("%.*s", (int)(version.len < 256 ? version.len : 256), version.at);

	if (*n == 0)
		return;
	if (t->told == MODULES_MAX) {
		t->more++;
		return;
	}
	t->told++;
	t->tell(t->to, kind, n, v);
}

/* ---- Go */

/* "dep\tPATH\tVERSION\tSUM"; what "=>" says in the next line stands in its place. */
static void go_modules(struct telling *t, struct slice text)
{
	struct slice line, name = { "", 0 }, version = { "", 0 };

	while (slice_cut(&text, '\n', &line)) {
		struct slice word[3] = { { "", 0 }, { "", 0 }, { "", 0 } };

		for (size_t i = 0; i < COUNT(word); i++)
			slice_cut(&line, '\t', &word[i]);
		bool is_instead = slice_is(word[0], "=>"),
		     is_one = slice_is(word[0], "dep") || slice_is(word[0], "mod");

		if (!is_instead) {
			tell(t, "go", name, version);
			name = version = (struct slice){ "", 0 };
		}
		if (is_one || is_instead) {
			name = word[1];
			version = word[2];
		}
	}
	tell(t, "go", name, version);
}

/* The compiler's version, where it stands in line: a length of one or two bytes, then the text. */
static void go_itself(struct telling *t, const unsigned char *bytes, size_t len)
{
	const unsigned char *at = memmem(bytes, len, go_magic, sizeof go_magic - 1);
	size_t left = at ? len - (size_t)(at - bytes) : 0;

	if (left <= GO_HEAD || !(at[15] & 2))
		return;
	size_t text = at[GO_HEAD];

	if (text < GO_VERSION_MAX && left > GO_HEAD + text)
		tell(t, "go", slice_of("stdlib"), (struct slice){ (const char *)at + GO_HEAD + 1, text });
}

static void read_go(struct telling *t, const unsigned char *bytes, size_t len)
{
	const unsigned char *begin = memmem(bytes, len, go_begin, MARK), *from = begin ? begin + MARK : NULL;
	size_t left = from ? len - (size_t)(from - bytes) : 0, most = left < GO_TEXT_MAX ? left : GO_TEXT_MAX;
	const unsigned char *end = from ? memmem(from, most, go_end, MARK) : NULL;

	go_itself(t, bytes, len);
	if (end)
		go_modules(t, (struct slice){ (const char *)from, (size_t)(end - from) });
	else
		t->more += begin != NULL;
}

/* ---- Rust */

static json_t *cargo_list(const unsigned char *bytes, size_t len)
{
	AUTO_FREE unsigned char *text = mem_alloc(CARGO_MAX);
	uLongf out = CARGO_MAX;

	if (uncompress(text, &out, bytes, len) != Z_OK)
		return NULL;
	return json_loadb((const char *)text, out, JSON_REJECT_DUPLICATES, NULL);
}

/* {"packages": [{"name", "version", "source", "kind": "build" (of what was only used to build it)}]} */
static void read_cargo(struct telling *t, const unsigned char *bytes, size_t len)
{
	AUTO_JSON *list = cargo_list(bytes, len);
	json_t *one;
	size_t i;

	t->more += list == NULL;
	json_array_foreach(json_list(list, "packages"), i, one)
		if (strcmp(json_text(one, "kind"), "build") != 0)
			tell(t, "cargo", slice_of(json_text(one, "name")), slice_of(json_text(one, "version")));
}

size_t built_from(const struct looked *file, built_from_told *tell_one, void *to)
{
	struct telling t = { .tell = tell_one, .to = to };

	if (file->elf == NULL)
		return 0;
	if (file->elf->flags & ELF_GO || memmem(file->bytes, file->len, go_magic, sizeof go_magic - 1))
		read_go(&t, file->bytes, file->len);
	if (file->elf->dep_v0_len > 0)
		read_cargo(&t, file->elf->dep_v0, file->elf->dep_v0_len);
	return t.more;
}
