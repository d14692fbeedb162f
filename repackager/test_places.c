/* test_places.c - which packages are tried where. */
#include "repackager/test_places.h"
#include "base/text.h"
#include "sandbox/test.h"
#include <string.h>

static const char *const formats[] = { "deb", "rpm" };

const char *test_root_of(
	const struct document *recipe, const struct document *house, const char *target, const char *format)
{
	AUTO_FREE char *by_target = mem_printf("test/root/%s", target ? target : ""),
		       *by_format = mem_printf("test/root/%s", format),
		       *of_house = mem_printf("targets/%s/root", target ? target : "");
	const char *root = target ? document_text(recipe, by_target) : "";

	if (!root[0])
		root = document_text(recipe, by_format);
	if (!root[0])
		root = document_text(recipe, "test/root"); /* one for all */
	if (!root[0] && target)
		root = document_text(house, of_house);
	return root[0] ? root : NULL;
}

void test_folders_of(const struct document *recipe, struct test_folders *ret)
{
	json_t *with = document_at(recipe, "test/with"), *one;
	size_t i;

	if (json_is_string(with))
		*LIST_ADD(ret) = document_file(recipe, json_string_value(with));
	json_array_foreach(with, i, one) /* nothing when it is no list */
		*LIST_ADD(ret) = document_file(recipe, json_string_value(one));
}

void test_folders_done(struct test_folders *f)
{
	for (size_t i = 0; i < f->len; i++)
		free(f->at[i]);
	LIST_DONE(f);
}

void test_places_done(struct test_places *p)
{
	for (size_t i = 0; i < p->places.len; i++) {
		free(p->places.at[i].target);
		free(p->places.at[i].named_by);
		LIST_DONE(&p->places.at[i].files);
		LIST_DONE(&p->places.at[i].old);
	}
	LIST_DONE(&p->places);
}

/* ---- files by format */
struct files {
	LIST(const char *) at;
};

static int files_of(const char *const *all, size_t len, const char *format, struct files *ret, struct err *e)
{
	for (size_t i = 0; i < len; i++) {
		const char *own = test_format(all[i], e);

		if (!own)
			return -1;
		if (strcmp(own, format) == 0)
			*LIST_ADD(&ret->at) = all[i];
	}
	return 0;
}

/* ---- targets of the house */
static bool bears(const char *file, const char *suffix)
{
	const char *slash = strrchr(file, '/');

	return *suffix && strstr(slash ? slash + 1 : file, suffix);
}

static const char *suffix_of(const struct document *house, const char *target)
{
	AUTO_FREE char *place = mem_printf("targets/%s/suffix", target);

	return document_text(house, place);
}

static bool any_bears(const struct files *f, const char *suffix)
{
	bool any = false;

	for (size_t i = 0; i < f->at.len; i++)
		any |= bears(f->at.at[i], suffix);
	return any;
}

static bool is_wanted(const char *targets, const char *name)
{
	struct slice rest, word;

	if (!targets)
		return true;
	rest = slice_of(targets);
	while (slice_cut(&rest, ',', &word))
		if (word.len == strlen(name) && memcmp(word.at, name, word.len) == 0)
			return true;
	return false;
}

static struct test_place *add_place(struct test_places *p, const struct document *recipe, const struct document *house,
	const char *target, const char *format)
{
	struct test_place *place = LIST_ADD(&p->places);

	*place = (struct test_place){ .target = target ? mem_strdup(target) : NULL,
		.root = test_root_of(recipe, house, target, format) };
	if (place->root)
		place->named_by = target ? mem_printf("target %s", target) : mem_strdup("the recipe");
	return place;
}

static void give_files(struct test_place *place, const struct files *files, const struct files *old)
{
	for (size_t i = 0; i < files->at.len; i++)
		*LIST_ADD(&place->files) = files->at.at[i];
	for (size_t i = 0; i < old->at.len; i++)
		*LIST_ADD(&place->old) = old->at.at[i];
}

/* Does one of the format's targets say by its suffix that the files are its own? */
static bool has_owner(const struct document *house, const char *format, const struct files *files)
{
	const char *name;
	json_t *target;

	json_object_foreach(document_at(house, "targets"), name, target)
		if (strcmp(json_text(target, "format"), format) == 0 && any_bears(files, suffix_of(house, name)))
			return true;
	return false;
}

static int places_of_format(const char *format, const struct files *files, const struct files *old,
	const struct document *recipe, const struct document *house, const char *targets, struct test_places *ret,
	struct err *e)
{
	bool owned = has_owner(house, format, files);
	size_t before = ret->places.len;
	const char *name;
	json_t *target;

	json_object_foreach(document_at(house, "targets"), name, target) {
		if (strcmp(json_text(target, "format"), format) != 0 || !is_wanted(targets, name))
			continue;
		if (!targets && owned && !any_bears(files, suffix_of(house, name)))
			continue;
		give_files(add_place(ret, recipe, house, name, format), files, old);
	}
	if (ret->places.len > before)
		return 0;
	if (document_at(house, "targets"))
		return err_usage(e, "no target %s%sin %s takes %s packages", targets ? targets : "", targets ? " " : "",
			house->path, format);
	give_files(add_place(ret, recipe, house, NULL, format), files, old);
	return 0;
}

static int check_targets(const struct document *house, const char *targets, struct err *e)
{
	struct slice rest = slice_of(targets ? targets : ""), word;

	while (targets && slice_cut(&rest, ',', &word)) {
		AUTO_FREE char *place = mem_printf("targets/%.*s", (int)word.len, word.at);

		if (!document_at(house, place))
			return err_usage(e, "'%.*s' is no target of the house", (int)word.len, word.at);
	}
	return 0;
}

int test_places_of(const char *const *files, size_t len, const char *const *old, size_t old_len,
	const struct document *recipe, const struct document *house, const char *targets, struct test_places *ret,
	struct err *e)
{
	int rc = check_targets(house, targets, e);

	for (size_t i = 0; rc == 0 && i < COUNT(formats); i++) {
		struct files new_ones = { 0 }, old_ones = { 0 };

		rc = files_of(files, len, formats[i], &new_ones, e) || files_of(old, old_len, formats[i], &old_ones, e)
			? -1
			: 0;
		if (rc == 0 && new_ones.at.len == 0 && old_ones.at.len)
			rc = err_usage(e, "%s: there is no %s package to upgrade to", old_ones.at.at[0], formats[i]);
		if (rc == 0 && new_ones.at.len)
			rc = places_of_format(formats[i], &new_ones, &old_ones, recipe, house, targets, ret, e);
		LIST_DONE(&new_ones.at);
		LIST_DONE(&old_ones.at);
	}
	return rc;
}
