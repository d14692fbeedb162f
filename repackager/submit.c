/* submit.c - one vendor file becomes a candidate. The steps lie in submit_build.c and submit_prove.c. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "repackager/identity.h"
#include "repackager/submit_job.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int submit_evidence(struct submit_job *job, const char *kind, json_t *subjects, const char *verdict, const char *text,
	json_t *body, struct err *e)
{
	AUTO_JSON *evidence = evidence_json(kind, subjects, verdict, when_now(), body);
	AUTO_FREE char *bytes = NULL;
	char digest[65];
	size_t len;

	if (json_canonical(evidence, &bytes, &len, e) || blob_put(job->release->store->blobs, bytes, len, digest, e))
		return err_wrap(e, "keeping the evidence '%s'", kind);
	json_array_append_new(job->evidence, json_string(digest));
	json_array_append_new(job->told, json_pack("{s:s, s:s, s:s}", "kind", kind, "verdict", verdict, "text", text));
	if (strcmp(verdict, "pass") != 0)
		job->is_negative = true;
	return 0;
}

const char *submit_target_text(const struct submit_job *job, const char *target, const char *key)
{
	AUTO_FREE char *place = mem_printf("targets/%s/%s", target, key);
	return document_text(&job->house, place);
}

/* ---- the work folder: locked while its process lives, so that a later run knows what a killed one left */

static int clear_left_overs(const char *base, struct err *e)
{
	DIR *folder = opendir(base);
	const struct dirent *entry;
	struct err ignored;

	if (!folder)
		return err_sys(e, "cannot read %s", base);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		AUTO_FREE char *path = fs_join(base, entry->d_name);
		AUTO_FREE char *lock = fs_join(path, "lock");
		AUTO_FD int fd = fs_lock(lock, false, &ignored);
		if (fd >= 0 || !fs_exists(lock))
			fs_remove_tree(path, &ignored); /* what cannot be removed now is tried again by the next run */
	}
	closedir(folder);
	return 0;
}

static int open_work(struct submit_job *job, struct err *e)
{
	AUTO_FREE char *base = store_path(job->release->store, "work");
	AUTO_FREE char *guard = store_path(job->release->store, "work.lock");
	unsigned char salt[8];
	char name[17];

	AUTO_FD int one_at_a_time = fs_lock(guard, true, e);
	if (one_at_a_time < 0 || fs_mkdirs(base, 0700, e) || clear_left_overs(base, e))
		return -1;
	random_bytes(salt, sizeof salt);
	hex_of(salt, sizeof salt, name);
	job->work = fs_join(base, name);
	AUTO_FREE char *lock = fs_join(job->work, "lock");
	if (fs_mkdirs(job->work, 0700, e))
		return -1;
	job->work_lock = fs_lock(lock, false, e);
	return job->work_lock < 0 ? -1 : 0;
}

/* ---- which recipe, which house, which targets */

static bool recipe_fits(const char *path, const char *file)
{
	struct document d = { 0 };
	struct err ignored = { 0 };
	const char *base = strrchr(file, '/');
	bool fits = false;

	if (recipe_load(path, &d, &ignored) == 0) {
		const char *product = document_text(&d, "product");
		fits = product[0] && text_starts(base ? base + 1 : file, product);
	}
	document_done(&d);
	return fits;
}

/* In a folder of recipes the one whose product the file's name begins with; the longest wins. */
static int choose_recipe(struct submit_job *job, struct err *e)
{
	const struct submit *s = job->asked;

	if (s->recipe || !s->recipes) {
		job->recipe_path = s->recipe ? mem_strdup(s->recipe) : NULL;
		return 0;
	}
	DIR *folder = opendir(s->recipes);
	const struct dirent *entry;
	if (!folder)
		return err_sys(e, "cannot read %s", s->recipes);
	while ((entry = readdir(folder))) {
		AUTO_FREE char *path = fs_join(s->recipes, entry->d_name);
		if (!text_ends(entry->d_name, ".yaml") || !recipe_fits(path, s->file))
			continue;
		if (!job->recipe_path || strlen(path) > strlen(job->recipe_path)) {
			free(job->recipe_path);
			job->recipe_path = mem_strdup(path);
		}
	}
	closedir(folder);
	if (job->recipe_path)
		return 0;
	err_usage(e, "no recipe in %s is for %s", s->recipes, s->file);
	return err_hint(e, "a recipe's 'product' must be what the file's name begins with; or name one with --recipe");
}

static int load_documents(struct submit_job *job, struct err *e)
{
	if (choose_recipe(job, e))
		return -1;
	if (job->recipe_path && recipe_load(job->recipe_path, &job->recipe, e))
		return -1;
	if (job->asked->house)
		job->house_path = mem_strdup(job->asked->house);
	else if (job->recipe_path)
		job->house_path = house_find(job->recipe_path);
	return job->house_path ? house_load(job->house_path, &job->house, e) : 0;
}

/* Channels have indexes for apt and dnf; packages of other formats could be built, and would never reach a machine. */
static int check_published(const struct submit_job *job, const char *name, struct err *e)
{
	AUTO(arena) strings = { 0 };
	struct target t;

	if (target_resolve(name, &job->house, &strings, &t, e))
		return -1;
	if (target_family(&t) == FAMILY_DEB || target_family(&t) == FAMILY_RPM)
		return 0;
	err_usage(e, "a channel wants the target %s, which is %s: channels publish deb and rpm", name, t.writer->name);
	return err_hint(e, "take it out of the channel's targets in the policy; 'sluice convert' builds it by itself");
}

/* As it is, a package fits the targets of its own format. */
static int wants_target(const struct submit_job *job, const char *name, bool *ret, struct err *e)
{
	AUTO(arena) strings = { 0 };
	struct target t;

	*ret = true;
	if (!job->asked->as_is)
		return 0;
	if (target_resolve(name, &job->house, &strings, &t, e))
		return -1;
	*ret = strcmp(t.writer->name, job->format) == 0;
	return 0;
}

/* Every target of every channel. */
static int find_targets(struct submit_job *job, struct err *e)
{
	const json_t *channels = json_map(release_policy(job->release), "channels");
	AUTO_JSON *seen = json_object();
	const char *name;
	json_t *channel, *target;
	size_t i;

	json_object_foreach((json_t *)channels, name, channel)
		json_array_foreach(json_list(channel, "targets"), i, target)
			json_object_set_new(seen, json_string_value(target), json_true());
	json_object_foreach(seen, name, target) {
		bool is_wanted;

		if (check_published(job, name, e) || wants_target(job, name, &is_wanted, e))
			return -1;
		if (is_wanted)
			json_array_append_new(job->targets, json_string(name));
	}
	if (json_array_size(job->targets) > 0)
		return 0;
	return err_usage(e,
		job->asked->as_is ? "no channel wants packages of this format: as it is, it can go nowhere"
				  : "the policy has no channel with targets: there is nothing to build for");
}

int submit_before(struct submit_job *job, const json_t **ret, struct err *e)
{
	if (!job->is_before_known && candidate_before(job->release, job->product, job->packages, &job->before, e))
		return -1;
	job->is_before_known = true;
	*ret = job->before;
	return 0;
}

char *submit_version(const struct submit_job *job)
{
	const struct pkg *in = &job->made.inputs.at[0].pkg, *named = in->version[0] ? in : &job->made.outputs.at[0].pkg;

	return mem_printf("%s%s%s", named->version, named->release[0] ? "-" : "", named->release);
}

static json_t *record_of(const struct submit_job *job)
{
	const struct convert_input *in = &job->made.inputs.at[0];
	const char *base = strrchr(in->path, '/');
	AUTO_FREE char *version = submit_version(job);
	uint64_t size = 0;
	struct stat st;
	json_t *source = json_object();

	if (stat(in->path, &st) == 0)
		size = (uint64_t)st.st_size;
	json_set_str(source, "name", base ? base + 1 : in->path);
	json_object_set_new(source, "size", json_integer((json_int_t)size));
	json_set_str(source, "sha256", in->sha256);
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:O, s:O, s:s, s:O, s:O}", "product", job->product,
		"vendor", job->vendor, "version", version, "source", source, "recipe", job->made.recipe_digest, "house",
		"", "as_is", job->asked->as_is ? job->asked->as_is : "", "packages", job->packages, "evidence",
		job->evidence, "facts", job->facts, "reports", job->reports, "back", job->back);
}

static int run(struct submit_job *job, json_t **ret, struct err *e)
{
	char id[32], *person = NULL, *home = NULL, *key = NULL;

	/* Who acts must stand before hours of work are spent. */
	int known = release_whoami(job->release, job->asked->actor, &person, &home, &key, e);
	free(person);
	free(home);
	free(key);
	if (known || load_documents(job, e) || submit_look_as_is(job, e) || find_targets(job, e) || open_work(job, e))
		return -1;
	if (submit_build(job, e) || submit_vendor(job, e) || submit_test(job, e) || submit_compare(job, e) ||
		submit_back(job, e))
		return -1;
	if (candidate_add(job->release, job->asked->actor, record_of(job), id, e))
		return err_wrap(e, "recording the candidate");
	*ret = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O, s:O, s:o}", "candidate", id, "product", job->product, "vendor",
		job->vendor, "verdict", job->is_negative ? "fail" : "pass", "evidence", job->told, "findings",
		job->findings, "packages", job->packages, "lost", convert_lost_json(&job->made));
	return 0;
}

static void job_done(struct submit_job *job)
{
	struct err ignored;

	for (size_t i = 0; i < json_array_size(job->packages); i++)
		if (job->signed_files)
			free(job->signed_files[i]);
	free(job->signed_files);
	convert_result_done(&job->made);
	document_done(&job->recipe);
	document_done(&job->house);
	json_decref(job->targets);
	json_decref(job->packages);
	json_decref(job->back);
	json_decref(job->evidence);
	json_decref(job->told);
	json_decref(job->findings);
	json_decref(job->reports);
	json_decref(job->report);
	json_decref(job->before);
	if (job->work)
		fs_remove_tree(job->work, &ignored);
	if (job->work_lock >= 0)
		close(job->work_lock);
	free(job->work);
	free(job->recipe_path);
	free(job->house_path);
	free(job->vendor);
}

int submit(struct release *r, const struct submit *s, json_t **ret, struct err *e)
{
	struct submit_job job = { .release = r,
		.asked = s,
		.work_lock = -1,
		.targets = json_array(),
		.packages = json_array(),
		.back = json_array(),
		.evidence = json_array(),
		.told = json_array(),
		.findings = json_array(),
		.reports = json_array() };
	int done = run(&job, ret, e);

	if (done)
		release_note(r, s->actor, "submit", s->file, e->text);
	job_done(&job);
	return done;
}
