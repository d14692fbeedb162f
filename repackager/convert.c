/* convert.c - files x targets: what is the same for every file, and all outputs or none. The pass over one file: convert_pass.c. */
#include "formats/dsc.h"
#include "repackager/convert_pass.h"
#include "repackager/transform.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static void lay_over(struct document *recipe, const json_t *over)
{
	const char *key;
	json_t *value;

	if (!recipe->json) {
		recipe->json = json_object();
		recipe->path = mem_strdup("capture");
		recipe->dir = mem_strdup(".");
	}
	json_object_foreach((json_t *)over, key, value) {
		json_t *own = json_list(recipe->json, key);

		if (own && json_is_array(value))
			json_array_extend(own, value);
		else
			json_object_set_new(recipe->json, key, json_deep_copy(value));
	}
}

static int load_documents(struct convert_session *s, struct err *e)
{
	const struct convert *c = s->job;
	AUTO_FREE char *found = c->recipe && !c->house ? house_find(c->recipe) : NULL;
	const char *house = c->house ? c->house : found;

	if (c->recipe && recipe_load(c->recipe, &s->recipe, e))
		return -1;
	if (document_at(&s->recipe, "source/answers") && !c->lay_over)
		event_log(c->events, EVENT_INFO, "%s: source.answers is read by `sluice capture`; nothing is run here",
			c->recipe);
	if (house && house_load(house, &s->house, e))
		return -1;
	if (recipe_digest(&s->recipe, &s->house, s->result->recipe_digest, e))
		return -1;
	if (c->lay_over)
		lay_over(&s->recipe, c->lay_over);
	s->result->product = arena_str(&s->result->arena, document_text(&s->recipe, "product"));
	if (!c->limits)
		return recipe_limits(&s->recipe, &s->house, &s->limits, e);
	s->limits = *c->limits;
	return 0;
}

static int load_targets(struct convert_session *s, struct err *e)
{
	for (size_t i = 0; i < s->job->targets_len; i++) {
		struct target t;
		if (target_resolve(s->job->targets[i], &s->house, &s->result->arena, &t, e))
			return -1;
		if (s->job->codec && codec_parse(s->job->codec, &t.codec, &t.level))
			return err_usage(e, "'%s' is no codec", s->job->codec);
		for (size_t k = 0; k < s->targets.len; k++)
			if (strcmp(s->targets.at[k].name, t.name) == 0)
				return err_usage(e, "the target %s is named twice", t.name);
		*LIST_ADD(&s->targets) = t;
	}
	return s->targets.len > 0 ? 0 : err_usage(e, "no target: say --to deb, for example");
}

/* Folders that were made for outputs that never came; only empty ones go. */
static void unmake(const char *path, size_t existing)
{
	AUTO_FREE char *part = mem_strdup(path);

	for (size_t len = strlen(part); len > existing; len--)
		if (part[len] == '/' || part[len] == '\0') {
			part[len] = '\0';
			if (rmdir(part) && errno != ENOENT) /* "a//b/" names a folder more than once */
				return;
		}
}

/* How much of the path is there already, in bytes. */
static size_t existing_part(const char *path)
{
	AUTO_FREE char *part = mem_strdup(path);
	size_t len = strlen(part);

	while (len > 0 && !fs_exists(part)) {
		while (len > 0 && part[len - 1] != '/')
			len--;
		while (len > 0 && part[len - 1] == '/')
			len--;
		part[len] = '\0';
	}
	return len;
}

static int convert_files(struct convert_session *s, struct err *e)
{
	const struct convert *c = s->job;

	if (fs_mkdirs(c->output, 0755, e))
		return -1;
	for (size_t i = 0; i < s->result->inputs.len; i++)
		if (convert_one(s, i, e))
			return -1;
	for (size_t i = 0; i < s->files.len; i++)
		if (outfile_commit(&s->files.at[i], e))
			return -1;
	for (size_t i = 0; i < s->trees.len; i++)
		if (outdir_commit(&s->trees.at[i], e))
			return -1;
	return 0;
}

/* A Debian upload (.changes) is its packages, without a recipe having to say so. */
static bool is_control_file(const char *path)
{
	char head[64];
	struct err ignored;
	AUTO_FD int fd = fs_open_file(path, &ignored);
	ssize_t len = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);

	return len > 0 && dsc_begins(head, (size_t)len);
}

/* The file itself, or the packages in it that the recipe's `inner` names. */
static int find_inputs(struct convert_session *s, const char *path, struct err *e)
{
	const char *pattern = document_text(&s->recipe, "source/inner");
	bool is_said = pattern[0] != 0;
	struct inner_found *found;

	if (!is_said && is_control_file(path))
		pattern = "*deb";
	if (!pattern[0]) {
		*LIST_ADD(&s->result->inputs) = (struct convert_input){ .path = path };
		return 0;
	}
	found = mem_alloc(sizeof *found);
	*LIST_ADD(&s->outers) = found;
	if (inner_find(path, pattern, &s->limits, s->job->events, found, e))
		return -1;
	if (!is_said && strcmp(found->outer.format, "changes") != 0) {
		*LIST_ADD(&s->result->inputs) = (struct convert_input){ .path = path };
		return 0;
	}
	if (found->len == 0 && !is_said)
		return err_input(e, "E_EMPTY", "%s uploads no packages", path);
	if (found->len == 0)
		return document_error(&s->recipe, "source/inner", e, "nothing in %s fits '%s'", path, pattern);
	for (size_t i = 0; i < found->len; i++)
		*LIST_ADD(&s->result->inputs) = (struct convert_input){
			.path = path, .member = arena_str(&s->result->arena, found->at[i]), .outer = &found->outer
		};
	return 0;
}

static int session_run(struct convert_session *s, struct err *e)
{
	const struct convert *c = s->job;

	if (source_date_epoch(&s->epoch, e) || settings_parse(c->set, c->set_len, &s->set, e) || load_documents(s, e) ||
		load_targets(s, e))
		return -1;
	for (size_t i = 0; i < c->files_len; i++)
		if (find_inputs(s, c->files[i], e))
			return -1;
	return convert_files(s, e);
}

int convert(const struct convert *c, struct convert_result *ret, struct err *e)
{
	struct convert_session s = { .job = c, .result = ret };
	size_t existing = existing_part(c->output);

	arena_init(&ret->arena, 0);
	ret->product = "";
	int failed = session_run(&s, e);
	for (size_t i = 0; i < s.files.len; i++)
		outfile_done(&s.files.at[i]);
	for (size_t i = 0; i < s.trees.len; i++)
		outdir_done(&s.trees.at[i]);
	if (failed)
		unmake(c->output, existing);
	for (size_t i = 0; i < ret->inputs.len; i++)
		ret->inputs.at[i].outer = NULL;
	for (size_t i = 0; i < s.outers.len; i++) {
		inner_found_done(s.outers.at[i]);
		free(s.outers.at[i]);
	}
	LIST_DONE(&s.outers);
	LIST_DONE(&s.files);
	LIST_DONE(&s.trees);
	LIST_DONE(&s.targets);
	document_done(&s.recipe);
	document_done(&s.house);
	return failed;
}

void convert_result_done(struct convert_result *r)
{
	for (size_t i = 0; i < r->outputs.len; i++) {
		pkg_done(&r->outputs.at[i].pkg);
		free(r->outputs.at[i].written.control);
	}
	for (size_t i = 0; i < r->inputs.len; i++) {
		pkg_done(&r->inputs.at[i].pkg);
		pkg_done(&r->inputs.at[i].shaped);
		json_decref(r->inputs.at[i].facts);
	}
	LIST_DONE(&r->outputs);
	LIST_DONE(&r->inputs);
	arena_done(&r->arena);
}
