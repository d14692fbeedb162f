/* build.c - putting the target's package together. */
#include "repackager/build.h"
#include "base/text.h"
#include "base/when.h"
#include "repackager/relations.h"
#include "repackager/scripts.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int source_date_epoch(int64_t *ret, struct err *e)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end = NULL;
	long long value;

	*ret = -1;
	if (!text || !text[0])
		return 0;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end || value < 0)
		return err_usage(e, "SOURCE_DATE_EPOCH=%s: wants seconds since 1970", text);
	*ret = value;
	return 0;
}

/* The vendor's build time, else his newest file's; never ours. */
static int64_t build_time(const struct build_job *job)
{
	int64_t time = job->meta->build_time;

	if (time == 0 && job->shaped)
		for (size_t i = 0; i < job->shaped->entries.len; i++)
			if (job->shaped->entries.at[i].mtime > time)
				time = job->shaped->entries.at[i].mtime;
	return job->epoch >= 0 && (time == 0 || time > job->epoch) ? job->epoch : time;
}

static void copy_losses(const struct pkg *from, const char *target, struct pkg *to)
{
	for (size_t i = 0; i < from->lost.len; i++) {
		const struct loss *l = &from->lost.at[i];
		pkg_lose(to, target, l->class, l->why, "%s", l->what);
	}
}

/* The folders of a relocatable rpm go where its files went. */
static const char *value_of(const struct build_job *job, const struct field *f)
{
	return job->rules && text_starts(f->name, "prefixes") ? rules_moved(job->rules, f->value) : f->value;
}

/* Metadata that is of one family only: kept at home, told elsewhere. */
static int fields(const struct build_job *job, struct pkg *to, struct err *e)
{
	enum family home = vendor_family(job->meta);

	for (size_t i = 0; i < job->meta->fields.len; i++) {
		const struct field *f = &job->meta->fields.at[i];
		const char *value = value_of(job, f);
		if (target_family(job->target) != home)
			pkg_lose(to, job->target->name, LOSS_NOTE, "the other family has no such field", "field:%s",
				f->name);
		else if (!value || pkg_field(to, f->name, value))
			return err_input(e, "E_LIMIT_MEMORY", "too many fields");
	}
	return 0;
}

/* The house's line about this build, above the vendor's changelog. An RfC is opened on the finished package, so none can be named in it. */
static int changelog(const struct build_job *job, struct pkg *to, struct err *e)
{
	const char *template = document_text(job->house, "changelog"), *line;
	struct words w = { 0 };
	struct err why = { 0 };
	struct tm tm;
	char day[32];
	time_t time = (time_t)to->build_time;

	to->changelog = job->meta->changelog;
	if (!template[0])
		return 0;
	if (target_family(job->target) != FAMILY_RPM) {
		pkg_lose(to, job->target->name, LOSS_NOTE,
			"outside rpm a changelog is a file of the vendor's, which is not rewritten",
			"changelog:of the house");
		return 0;
	}
	words_add(&w, "version", to->version);
	words_add(&w, "release", to->release);
	words_add(&w, "name", to->name);
	words_add(&w, "rfc", "-");
	line = words_fill(&w, &to->arena, template, &why);
	if (!line)
		return document_error(job->house, "changelog", e, "%s", why.text);
	if (strstr(template, "{rfc}"))
		pkg_lose(to, job->target->name, LOSS_NOTE,
			"an RfC is opened on the finished package, which cannot name it", "changelog:{rfc}");
	gmtime_r(&time, &tm);
	strftime(day, sizeof day, "%a %b %d %Y", &tm);
	to->changelog = arena_printf(&to->arena, "* %s %s - %s-%s\n- %s\n%s%s", day,
		to->maintainer[0] ? to->maintainer : "unknown", to->version, to->release, line,
		to->changelog[0] ? "\n" : "", to->changelog);
	return to->changelog ? 0 : err_input(e, "E_LIMIT_MEMORY", "the changelog is too large");
}

static void tell_version(const struct build_job *job, struct pkg *to)
{
	if (!identity_keeps_versions(job->house) && job->meta->has_metadata)
		pkg_lose(to, job->target->name, LOSS_NOTE,
			"the house does not keep vendors' versions: the recipe's or --set's stands instead",
			"version:%s%s%s", job->meta->version, job->meta->release[0] ? "-" : "", job->meta->release);
}

int package_build(const struct build_job *job, struct pkg *to, struct err *e)
{
	struct relations_job relations = { job->recipe, job->house, job->identity, job->target, job->meta };
	struct scripts_job scripts = { job->recipe, job->house, job->identity, job->target, job->meta, job->shaped,
		job->rules };

	to->build_time = build_time(job);
	if (identity_apply(job->identity, job->target, to, e) || relations_build(&relations, to, e) ||
		scripts_build(&scripts, to, e) || fields(job, to, e) || changelog(job, to, e))
		return -1;
	copy_losses(job->meta, job->target->name, to);
	tell_version(job, to);
	if (!job->shaped)
		return 0;
	copy_losses(job->shaped, job->target->name, to);
	for (size_t i = 0; i < job->shaped->entries.len; i++)
		*LIST_ADD(&to->entries) = job->shaped->entries.at[i];
	pkg_sort_entries(to);
	return 0;
}

bool loss_is_accepted(const struct document *recipe, const char *what)
{
	json_t *item;
	size_t i;

	json_array_foreach(document_at(recipe, "accept-losses"), i, item)
		if (strcmp(json_string_value(item), what) == 0 || fnmatch(json_string_value(item), what, 0) == 0)
			return true;
	return false;
}

int losses_check(const struct document *recipe, const struct pkg *to, struct err *e)
{
	AUTO(text) all = { 0 };

	for (size_t i = 0; i < to->lost.len; i++) {
		const struct loss *l = &to->lost.at[i];
		if (l->class == LOSS_BEHAVIOUR && !loss_is_accepted(recipe, l->what))
			text_add(&all, "%s%s (%s)", all.len ? "; " : "", l->what, l->why);
	}
	if (all.len == 0)
		return 0;
	err_input(e, "E_UNSUPPORTED", "as %s the package would act otherwise than at home: %s", to->format, all.at);
	return err_hint(e,
		"accept it by its name under accept-losses in the recipe ('sluice convert' also takes --allow-lossy)");
}
