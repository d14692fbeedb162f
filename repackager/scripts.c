/* scripts.c - which way the scripts go: unchanged at home, translated elsewhere. */
#include "repackager/scripts.h"
#include <string.h>

static int keep(const struct scripts_job *job, struct pkg *to, struct err *e)
{
	for (size_t i = 0; i < job->meta->scripts.len; i++) {
		struct script *s = pkg_add_script(to);
		if (!s)
			return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
		*s = job->meta->scripts.at[i];
	}
	for (size_t i = 0; i < job->meta->triggers.len; i++) {
		struct trigger *t = pkg_add_trigger(to);
		if (!t)
			return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
		*t = job->meta->triggers.at[i];
	}
	return 0;
}

int scripts_build(const struct scripts_job *job, struct pkg *to, struct err *e)
{
	enum family home = strcmp(job->meta->format, "rpm") == 0 ? FAMILY_RPM : FAMILY_DEB;

	if (home == target_family(job->target))
		return keep(job, to, e);
	for (size_t i = 0; i < job->meta->scripts.len; i++)
		pkg_lose(to, job->target->name, LOSS_BEHAVIOUR, "it was written for another package manager's calls",
			"script:%s", job->meta->scripts.at[i].source);
	return 0;
}
