/* submit_adopted.c - what is known of packages that were taken over, made when their next version comes: nobody looked at them before.
 *
 * The confined decoder reads them from the store, and they are tried on the test system by themselves, so that every check has something to compare with. What cannot be read
 * or tried is known by nothing, and each check that misses it says so. */
#include "inspect/inspect.h"
#include "repackager/decode.h"
#include "repackager/prove_test.h"
#include "repackager/submit_job.h"
#include "repackager/test_places.h"
#include <string.h>

static void look(struct submit_job *job, const char *path, json_t *facts)
{
	const struct decode d = { .path = path, .want_facts = true, .events = job->asked->events };
	AUTO_JSON *raw = NULL;
	struct err ignored = { 0 };
	struct pkg pkg;

	pkg_init(&pkg, 0);
	if (decode(&d, NULL, &pkg, &raw, NULL, &ignored) == 0) {
		AUTO_JSON *one = facts_of(&pkg, raw);

		facts_join(facts, one);
	}
	pkg_done(&pkg);
}

static int try(struct submit_job *job, struct prove *p, json_t *facts, struct err *e)
{
	AUTO(test_folders) with = { 0 };
	AUTO_JSON *report = NULL;

	for (size_t i = 0; i < p->sets.len; i++)
		p->sets.at[i].root = test_root_of(
			&job->recipe, &job->house, p->sets.at[i].target, p->sets.at[i].format);
	test_folders_of(&job->recipe, &with);
	for (size_t i = 0; i < with.len; i++)
		*LIST_ADD(&p->with) = with.at[i];
	if (prove_run(p, &report, e))
		return err_wrap(e, "trying what was taken over");
	json_array_append_new(job->reports, json_string(p->report));
	facts_observe(facts, report);
	return 0;
}

/* One target's packages stand for the others, as one vendor's file does. */
int submit_adopted_facts(struct submit_job *job, const json_t *before, json_t **ret, struct err *e)
{
	AUTO_FREE char *work = mem_printf("%s/adopted", job->work);
	AUTO_JSON *facts = json_object();
	const json_t *packages = json_list(before, "packages"), *package;
	const char *target = json_text(json_array_get(packages, 0), "target");
	struct prove p = { .release = job->release, .events = job->asked->events };
	int status = 0;
	size_t i;

	json_array_foreach(packages, i, package) {
		AUTO_FREE char *path = NULL;

		if (status || strcmp(json_text(package, "target"), target) != 0)
			continue;
		status = prove_old_file(job->release, package, work, &path, e);
		if (status)
			continue;
		look(job, path, facts);
		prove_add(&p, package, path);
	}
	if (status == 0 && job->report)
		status = try(job, &p, facts, e);
	prove_done(&p);
	if (status)
		return -1;
	*ret = json_incref(facts);
	return 0;
}
