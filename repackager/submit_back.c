/* submit_back.c - the way back, made before it is needed: each package's released content under a version above the new one, tested over it.
 *
 * The earlier package is rewritten into its own format with another version and nothing else; it is signed, kept and named in the submission like the
 * others, so that the votes cover it. One that cannot be built, or whose test fails, is a finding that somebody must accept: a release without a
 * way back is a decision. */
#include "base/text.h"
#include "repackager/prove_test.h"
#include "repackager/submit_job.h"
#include "repackager/test_places.h"
#include <string.h>

/* "1:4.2-3": the version alone. Malloc. */
static char *upstream_of(const char *version)
{
	const char *from = strchr(version, ':'), *dash = strrchr(version, '-');

	from = from ? from + 1 : version;
	return dash && dash > from ? strndup(from, (size_t)(dash - from)) : mem_strdup(from);
}

static const json_t *earlier(const json_t *released, const json_t *package)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(released, "packages"), i, item)
		if (strcmp(json_text(item, "target"), json_text(package, "target")) == 0 &&
			strcmp(json_text(item, "format"), json_text(package, "format")) == 0 &&
			strcmp(json_text(item, "name"), json_text(package, "name")) == 0)
			return item;
	return NULL;
}

static int rewrite(struct submit_job *job, size_t number, const char *file, struct convert_result *ret, struct err *e)
{
	const struct convert_output *new = &job->made.outputs.at[job->asked->as_is ? 0 : number];
	const json_t *package = json_array_get(job->packages, number);
	AUTO_FREE char *folder = mem_printf("%s/back/%zu", job->work, number);
	AUTO_FREE char *old = upstream_of(json_text(package, "back-of"));
	AUTO_FREE char *version = mem_printf("version=%s+really%s", new->pkg.version, old);
	AUTO_FREE char *epoch = mem_printf("epoch=%lld", (long long)new->pkg.epoch);
	const char *set[] = { version, epoch }, *files[] = { file }, *targets[] = { new->format };
	struct convert c = { .files = files,
		.files_len = 1,
		.targets = targets,
		.targets_len = 1,
		.output = folder,
		.set = set,
		.set_len = new->pkg.epoch > 0 ? 2 : 1,
		.events = job->asked->events };

	if (convert(&c, ret, e))
		return -1;
	if (ret->outputs.len != 1)
		return err_env(e, "%s: it was not rewritten into one package", file);
	ret->outputs.at[0].target = json_text(package, "target");
	return 0;
}

/* 1: it cannot be done, and why says so. */
static int build_one(struct submit_job *job, struct signer *signer, const json_t *old, size_t number, struct prove *p,
	struct err *why, struct err *e)
{
	struct convert_result made = { 0 };
	AUTO_FREE char *file = NULL, *signed_file = NULL, *work = mem_printf("%s/back-of", job->work);
	json_t *package = json_array_get(job->packages, number);
	int result;

	if (prove_old_file(job->release, old, work, &file, e))
		return -1;
	json_object_set(package, "back-of", json_object_get(old, "version"));
	result = rewrite(job, number, file, &made, why) ? 1 : 0;
	json_object_del(package, "back-of");
	if (result == 0)
		result = submit_sign(
			job, signer, &made.outputs.at[0], "back-signed", number, job->back, &signed_file, e);
	if (result == 0) {
		const json_t *back = json_array_get(job->back, json_array_size(job->back) - 1);
		struct prove_set *set = prove_add(p, back, signed_file);

		*LIST_ADD(&set->old) = mem_strdup(job->signed_files[number]);
	}
	convert_result_done(&made);
	return result;
}

static json_t *finding_of(const char *where, const char *text)
{
	AUTO_FREE char *safe = text_printable(text, strlen(text), false);

	return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]", "check", "way-back", "severity", "high", "where",
		where, "old", "", "new", "", "text", safe, "remedy",
		"mend the package, or decide that it is released without a tested way back");
}

static int tell(struct submit_job *job, const char *target, json_t *subjects, const char *verdict, const char *text,
	json_t *body, struct err *e)
{
	if (strcmp(verdict, "pass") != 0)
		json_object_set_new(body, "findings", finding_of(target, text));
	return submit_evidence(job, "way-back", subjects, verdict, text, body, e);
}

static int test_all(struct submit_job *job, struct prove *p, struct err *e)
{
	AUTO_JSON *report = NULL;

	for (size_t i = 0; i < p->sets.len; i++)
		p->sets.at[i].root = test_root_of(
			&job->recipe, &job->house, p->sets.at[i].target, p->sets.at[i].format);
	p->scenarios = "upgrade";
	if (prove_run(p, &report, e))
		return -1;
	json_array_append_new(job->reports, json_string(p->report));
	for (size_t i = 0; i < p->sets.len; i++) {
		const struct prove_set *set = &p->sets.at[i];
		const char *verdict;
		json_t *body = prove_body(p, i, report, &verdict);
		AUTO_FREE char *text = mem_printf("%s: the way back: %s", set->target, verdict);

		json_object_del(body, "findings"); /* lines in logs of what was in use before were judged then */
		if (tell(job, set->target, json_incref(set->subjects), verdict, text, body, e))
			return -1;
	}
	return 0;
}

static int build_all(struct submit_job *job, const json_t *released, struct prove *p, struct err *e)
{
	AUTO(signer) signer = { .fd = -1 };
	AUTO_FREE char *home = release_key_home(job->release, "package");

	if (signer_open(&signer, home, NULL, e))
		return err_wrap(e, "the package key");
	for (size_t i = 0; i < json_array_size(job->packages); i++) {
		const json_t *package = json_array_get(job->packages, i), *old = earlier(released, package);
		const char *target = json_text(package, "target");
		struct err why = { 0 };
		int result = old ? build_one(job, &signer, old, i, p, &why, e) : 0;

		if (result < 0)
			return err_wrap(e, "%s: the way back", target);
		if (result > 0) {
			AUTO_FREE char *text = mem_printf("%s: the way back cannot be built: %s", target, why.text);

			if (tell(job, target, json_pack("[s]", json_text(package, "sha256")), "fail", text,
				    json_pack("{s:s}", "target", target), e))
				return -1;
		}
	}
	return 0;
}

int submit_back(struct submit_job *job, struct err *e)
{
	const json_t *released = NULL;
	AUTO_JSON *decided = NULL;
	struct prove p = { .release = job->release, .events = job->asked->events };
	AUTO(test_folders) with = { 0 };
	int result;

	if (submit_before(job, &released, e))
		return -1;
	if (!released)
		return 0; /* a first version has nothing to go back to */
	test_folders_of(&job->recipe, &with);
	for (size_t i = 0; i < with.len; i++)
		*LIST_ADD(&p.with) = with.at[i];
	result = finding_decided(job->release, "", job->product, &decided, e);
	p.decided = decided;
	if (result == 0)
		result = build_all(job, released, &p, e) || (p.sets.len && test_all(job, &p, e)) ? -1 : 0;
	prove_done(&p);
	return result;
}
