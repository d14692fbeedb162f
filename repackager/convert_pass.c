/* convert_pass.c - one file: the chain of sinks over its payload, and once more where something was known too late. */
#include "repackager/convert_pass.h"
#include "repackager/decode.h"
#include "repackager/fanout.h"
#include "repackager/linker.h"
#include "repackager/transform.h"
#include <string.h>

static struct convert_pass *of(struct sink *s)
{
	return (struct convert_pass *)s;
}

static bool wants_sboms(const struct convert_session *s)
{
	return json_array_size(document_at(&s->house, "sbom")) > 0;
}

struct build_job convert_build_of(struct convert_pass *p, const struct target *target, bool is_final)
{
	struct convert_session *s = p->session;

	return (struct build_job){ .recipe = &s->recipe,
		.house = &s->house,
		.identity = &p->identity,
		.target = target,
		.meta = &p->input->pkg,
		.shaped = is_final ? &p->input->shaped : NULL,
		.rules = p->transform ? transform_rules(p->transform) : NULL,
		.epoch = s->epoch };
}

/* What can be known to fail without the payload fails before it. */
static int foresee(struct convert_pass *p, const struct target *target, struct err *e)
{
	struct convert_session *s = p->session;
	struct build_job job = convert_build_of(p, target, false);
	AUTO(pkg) to;

	pkg_init(&to, (size_t)s->limits.memory);
	if (package_build(&job, &to, e) || (target->writer->check && target->writer->check(&to, e)))
		return err_wrap(e, "for %s", target->name);
	if (s->job->allow_lossy || losses_check(&s->recipe, &to, e) == 0)
		return 0;
	/* Refused for its losses: the result tells them all. */
	*LIST_ADD(&s->result->outputs) = (struct convert_output){ .target = target->name, .path = "", .pkg = to };
	pkg_init(&to, 0);
	return err_wrap(e, "for %s", target->name);
}

static int open_writers(struct convert_pass *p, const struct transform_job *job, struct sink **sinks, struct err *e)
{
	struct convert_session *s = p->session;
	bool may_change;

	if (transform_may_change(job, &may_change, e))
		return -1;
	for (size_t i = 0; i < s->targets.len; i++) {
		const struct target *t = &s->targets.at[i];
		struct writer_options options = { .codec = t->codec,
			.level = t->level,
			.threads = s->job->threads,
			.mtime_max = s->epoch,
			.target = t->name,
			.tree_fd = -1,
			.has_digests = true };
		if (t->writer->is_tree && outdir_open(&p->folders[i], s->job->output, e))
			return err_wrap(e, "for %s", t->name);
		if (t->writer->is_tree)
			options.tree_fd = p->folders[i].fd;
		p->is_copied[i] = !may_change && payload_fits(&p->payload, job->meta, t);
		p->payload.source.is_wanted = p->payload.source.is_wanted || p->is_copied[i];
		if (p->is_copied[i])
			options.copy = &p->payload.copy;
		p->jobs[i] = t->writer->open(&options, e);
		if (!p->jobs[i])
			return err_wrap(e, "for %s", t->name);
		sinks[i] = t->writer->sink(p->jobs[i]);
	}
	return 0;
}

static int open_chain(struct convert_pass *p, struct err *e)
{
	struct convert_session *s = p->session;
	struct transform_job job = { .recipe = &s->recipe,
		.house = &s->house,
		.identity = &p->identity,
		.meta = &p->input->pkg,
		.prefix = s->set.at[SET_PREFIX],
		.added_mtime = s->epoch,
		.patches = p->patches,
		.events = s->job->events };
	AUTO_FREE struct sink **sinks = mem_alloc((s->targets.len + 1) * sizeof *sinks);
	size_t len = s->targets.len;

	if (open_writers(p, &job, sinks, e))
		return -1;
	if (wants_sboms(s)) {
		p->sums = sbom_sums_new();
		sinks[len++] = sbom_sums_sink(p->sums);
	}
	p->fanout = fanout_new(sinks, len);
	p->transform = transform_new(&job, fanout_sink(p->fanout), &p->input->shaped, e);
	if (!p->transform)
		return -1;
	if (p->linker)
		linker_again(p->linker, transform_sink(p->transform));
	else {
		p->linker = linker_new(transform_sink(p->transform), &s->result->arena);
		if (job.prefix && p->input->pkg.has_metadata)
			event_log(s->job->events, EVENT_WARNING,
				"--set prefix=%s does nothing here: it is for archives that are no packages; a recipe "
				"can move files",
				job.prefix);
	}
	return 0;
}

const char *convert_shown_name(const struct convert_session *s, const struct convert_input *in)
{
	const char *path = in->member ? in->member
		: s->job->name        ? s->job->name
				      : in->path,
		   *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int on_begin(struct sink *sink, const struct pkg *meta, struct err *e)
{
	struct convert_pass *p = of(sink);
	struct convert_session *s = p->session;
	struct identity_job who = { &s->recipe, &s->house, &s->set, convert_shown_name(p->session, p->input) };

	if (identity_of(&who, meta, &s->result->arena, &p->identity, e) || open_chain(p, e))
		return -1;
	for (size_t i = 0; i < s->targets.len; i++)
		if (foresee(p, &s->targets.at[i], e))
			return -1;
	p->relay.next = linker_sink(p->linker);
	return sink_begin(p->relay.next, meta, e);
}

static const struct sink_ops ops = RELAY_OPS(on_begin);

/* Ends what one pass made; the linker outlives it. */
static void pass_reset(struct convert_pass *p)
{
	for (size_t i = 0; i < p->session->targets.len; i++) {
		p->session->targets.at[i].writer->drop(p->jobs[i]);
		p->jobs[i] = NULL;
		outdir_done(&p->folders[i]);
	}
	payload_done(&p->payload);
	transform_free(p->transform);
	fanout_free(p->fanout);
	sbom_sums_free(p->sums);
	p->sums = NULL;
	p->transform = NULL;
	p->fanout = NULL;
	p->payload.source.is_wanted = false;
}

static int read_once(struct convert_pass *p, struct err *e)
{
	struct convert_session *s = p->session;
	struct convert_input *in = p->input;
	struct decode d = { .path = in->path,
		.name = s->job->name,
		.limits = &s->limits,
		.want_facts = s->job->want_facts || wants_sboms(s),
		.want_elf_paths = documents_move(&s->house, &s->recipe),
		.events = s->job->events,
		.payload = in->member ? NULL : &p->payload.source,
		.inner = in->member };
	json_t *facts = NULL;

	pkg_done(&in->pkg);
	pkg_done(&in->shaped);
	pkg_init(&in->pkg, (size_t)s->limits.memory);
	pkg_init(&in->shaped, (size_t)s->limits.memory);
	json_decref(in->facts);
	in->facts = NULL;
	if (decode(&d, &p->relay.sink, &in->pkg, d.want_facts || d.want_elf_paths ? &facts : NULL, in->sha256, e))
		return -1;
	json_decref(p->elf);
	json_decref(p->inside);
	p->elf = json_incref(json_map(facts, "elf-paths"));
	p->inside = wants_sboms(s) ? json_incref(json_map(facts, "sbom")) : NULL;
	if (facts)
		json_object_del(facts, "elf-paths");
	if (s->job->want_facts)
		in->facts = json_incref(facts);
	json_decref(facts);
	return in->outer ? inner_take_outer(&in->pkg, in->outer, e) : 0;
}

/* Search paths in programs can be replaced once it is known where they are. */
static bool wants_patches(struct convert_pass *p)
{
	if (p->patches || linker_wants_again(p->linker))
		return false;
	p->patches = transform_plan(p->transform, p->elf);
	return json_array_size(p->patches) > 0;
}

/* A payload that was to be copied and cannot be: from now on it is packed. */
static bool must_pack(struct convert_pass *p)
{
	const struct convert_session *s = p->session;
	bool holds = true;

	if (!p->payload.source.is_wanted)
		return false;
	holds = payload_settle(&p->payload, &p->input->pkg, p->transform);
	for (size_t i = 0; holds && i < s->targets.len; i++)
		holds = !p->is_copied[i] || s->targets.at[i].writer->may_copy(p->jobs[i]);
	p->payload.is_off = !holds;
	event_log(s->job->events, EVENT_DEBUG,
		holds ? "%s: the packed payload is taken as it is"
		      : "%s: the payload is not as it would be written: read once more and packed",
		p->input->path);
	return !holds;
}

/* A few passes at most: hard links that are told late, a payload that cannot be copied after all, search paths to replace. */
static int read_all(struct convert_pass *p, struct err *e)
{
	for (;;) {
		if (read_once(p, e))
			return -1;
		if (!linker_wants_again(p->linker) && !must_pack(p) && !wants_patches(p))
			return 0;
		pass_reset(p);
	}
}

int convert_one(struct convert_session *s, size_t index, struct err *e)
{
	struct convert_pass p = { .relay = { .sink = { &ops } }, .session = s, .input = &s->result->inputs.at[index] };

	payload_init(&p.payload);
	p.jobs = mem_alloc(s->targets.len * sizeof *p.jobs);
	p.folders = mem_alloc(s->targets.len * sizeof *p.folders);
	for (size_t i = 0; i < s->targets.len; i++)
		p.folders[i].fd = -1;
	p.is_copied = mem_alloc(s->targets.len * sizeof *p.is_copied);
	int failed = read_all(&p, e);
	if (!failed) {
		transform_tell_moved(p.transform, p.elf);
		failed = convert_write_outputs(&p, index, e);
	}
	pass_reset(&p);
	json_decref(p.elf);
	json_decref(p.inside);
	json_decref(p.patches);
	linker_free(p.linker);
	free(p.jobs);
	free(p.folders);
	free(p.is_copied);
	return failed;
}
