/* abi_types.c - pairs libraries of two versions, runs abidiff on them, and keeps the lines that say what changed. Its output is hostile text: made
 * printable, and cut. */
#include "repackager/abi_types.h"
#include "base/arena.h"
#include "base/text.h"
#include "sandbox/helper.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PAIRS_MAX = 16,
	SECONDS = 10,
	SHOWN_LINES = 8,
	SHOWN_LINE = 160,
	CHANGED = 4,
	BROKEN = 3 /* bits of its exit code */
};
#define MEMORY (2048ULL << 20)

int abi_side_open(void)
{
	return memfd_create("libraries", MFD_CLOEXEC);
}

void abi_side_add(abi_side *side, int fd, json_t *facts)
{
	json_t *kept = json_incref(json_object_get(facts, "elf-kept"));

	if (facts)
		json_object_del(facts, "elf-kept");
	*LIST_ADD(side) = (struct abi_package){ kept, fd };
}

void abi_side_done(abi_side *side)
{
	for (size_t i = 0; i < side->len; i++) {
		json_decref(side->at[i].kept);
		if (side->at[i].fd >= 0)
			close(side->at[i].fd);
	}
	LIST_DONE(side);
}

/* One library: where it lies, checked against the file. */
struct library {
	const char *path, *soname, *machine;
	int fd;
	uint64_t at, len;
};

static bool library_of(const struct abi_package *p, const json_t *item, struct library *ret)
{
	int64_t at = json_int(item, "at"), len = json_int(item, "len");
	struct stat st;

	*ret = (struct library){ json_text(item, "path"), json_text(item, "soname"), json_text(item, "machine"), p->fd,
		(uint64_t)at, (uint64_t)len };
	return *ret->soname && at >= 0 && len > 0 && fstat(p->fd, &st) == 0 && at <= st.st_size &&
		len <= st.st_size - at;
}

/* The only one of that name; two of one name are nobody's counterpart. */
static bool find(const abi_side *side, const struct library *wanted, struct library *ret)
{
	unsigned found = 0;

	for (size_t k = 0; k < side->len; k++) {
		json_t *item;
		size_t i;

		json_array_foreach(json_list(side->at[k].kept, "items"), i, item) {
			struct library one;

			if (library_of(&side->at[k], item, &one) && strcmp(one.soname, wanted->soname) == 0 &&
				strcmp(one.machine, wanted->machine) == 0 && ++found == 1)
				*ret = one;
		}
	}
	return found == 1;
}

static bool is_same(const struct library *a, const struct library *b)
{
	char piece[2][65536];

	if (a->len != b->len)
		return false;
	for (uint64_t done = 0; done < a->len;) {
		size_t len = a->len - done < sizeof piece[0] ? (size_t)(a->len - done) : sizeof piece[0];

		if (pread(a->fd, piece[0], len, (off_t)(a->at + done)) != (ssize_t)len ||
			pread(b->fd, piece[1], len, (off_t)(b->at + done)) != (ssize_t)len ||
			memcmp(piece[0], piece[1], len) != 0)
			return false;
		done += len;
	}
	return true;
}

/* The first lines of changes, from "[C] 'function ...'" on, joined by "; ". */
static char *changes_of(const char *output)
{
	struct slice rest = slice_of(output), line;
	struct text t = { 0 };
	unsigned shown = 0;
	bool is_inside = false;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		is_inside |= line.len > 3 && memcmp(line.at, "[C]", 3) == 0;
		if (!is_inside || line.len == 0)
			continue;
		if (shown++ == SHOWN_LINES) {
			text_add(&t, "; ...");
			break;
		}
		AUTO_FREE char *safe = text_printable(line.at, line.len < SHOWN_LINE ? line.len : SHOWN_LINE, false);
		text_add(&t, "%s%s", t.len ? "; " : "", safe);
	}
	return text_take(&t);
}

static void tell(json_t *list, const struct library *l, const char *how, const char *text)
{
	json_t *item = json_object();

	json_set_str(item, "path", l->path);
	json_set_str(item, "soname", l->soname);
	json_set_str(item, "how", how);
	json_set_str(item, "text", text);
	json_array_append_new(json_list(list, "items"), item);
}

static int compare(
	const char *program, const struct library *old, const struct library *new, json_t *list, struct err *e)
{
	const char *const argv[] = { "abidiff", "--no-added-syms", "--no-show-locs", "--no-unreferenced-symbols",
		"--no-corpus-path", "--ignore-soname", HELPER_FOLDER "/old", HELPER_FOLDER "/new", NULL };
	const struct helper_file files[] = { { "old", old->fd, old->at, old->len },
		{ "new", new->fd, new->at, new->len } };
	struct helper h = { .program = program,
		.argv = argv,
		.files = files,
		.files_len = COUNT(files),
		.memory = MEMORY,
		.output = MIB(1),
		.seconds = SECONDS };
	struct helper_result r;

	if (helper_run(&h, &r, e))
		return -1;
	AUTO_FREE char *output = r.output;
	AUTO_FREE char *changes = changes_of(output);
	if (r.is_timeout)
		tell(list, new, "failed", "it took too long");
	else if (r.is_cut)
		tell(list, new, *changes ? "changed" : "failed", *changes ? changes : "abidiff printed too much");
	else if (r.exit >= 128 || r.exit & BROKEN)
		tell(list, new, "failed",
			r.exit >= 128 ? "abidiff was ended by a signal" : "abidiff could not read them");
	else if (r.exit & CHANGED && *changes)
		tell(list, new, "changed", changes);
	return 0;
}

/* Pairs that differ, up to a bound. */
static void compare_all(const abi_side *old, const abi_side *new, const char *program, json_t *own, json_t *list)
{
	unsigned pairs = 0;

	for (size_t k = 0; k < new->len; k++) {
		json_t *item;
		size_t i;

		json_array_foreach(json_list(new->at[k].kept, "items"), i, item) {
			struct library now, only, before;
			struct err e = { 0 };

			if (!library_of(&new->at[k], item, &now) || !find(new, &now, &only) ||
				!find(old, &now, &before) || is_same(&before, &now))
				continue;
			if (program == NULL) {
				json_set_str(own, "untold", "abidiff (of libabigail) is not installed");
				return;
			}
			if (pairs++ >= PAIRS_MAX) {
				json_object_set_new(list, "more", json_integer(json_int(list, "more") + 1));
			} else if (compare(program, &before, &now, list, &e)) {
				AUTO_FREE char *safe = text_printable(e.text, strlen(e.text), false);

				json_set_str(own, "untold", safe);
				return;
			}
		}
	}
}

static int64_t left_out(const abi_side *side)
{
	int64_t more = 0;

	for (size_t i = 0; i < side->len; i++)
		more += json_int(side->at[i].kept, "more");
	return more;
}

void abi_types(const abi_side *old, const abi_side *new, json_t *new_facts)
{
	json_t *own = json_object_get(new_facts, "abi-broken"), *list;

	if (!json_is_object(own))
		return;
	list = json_pack("{s:[], s:I}", "items", "more", (json_int_t)(left_out(old) + left_out(new)));
	compare_all(old, new, helper_find("abidiff"), own, list);
	json_object_set_new(own, "types", list);
}
