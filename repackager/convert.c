/* convert.c - files x targets: the pass over a payload, the packages at its end, all outputs or none. */
#include "repackager/convert.h"
#include "base/digest.h"
#include "base/fs.h"
#include "formats/dsc.h"
#include "repackager/build.h"
#include "repackager/decode.h"
#include "repackager/fanout.h"
#include "repackager/inner.h"
#include "repackager/linker.h"
#include "repackager/payload.h"
#include "repackager/sbom.h"
#include "repackager/settle.h"
#include "repackager/transform.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What is the same for every file. */
struct session {
	const struct convert *job;
	struct convert_result *result;
	struct document recipe, house;
	struct settings set;
	struct limits limits;
	int64_t epoch;
	LIST(struct target) targets;
	LIST(struct outfile) files; /* one an output, committed together */
	LIST(struct inner_found *) outers;
	LIST(struct outdir) trees; /* outputs that are folders, committed behind the files */
};

/* One file on its way: a sink that makes the chain of sinks once the metadata stands. */
struct pass {
	struct relay relay;
	struct session *session;
	struct convert_input *input;
	struct identity identity;
	struct linker *linker;
	struct transform *transform;
	struct fanout *fanout;
	struct writer_job **jobs; /* one a target */
	struct outdir *folders;   /* one a target, for those whose output is a folder */
	bool *is_copied;          /* one a target: it takes the payload as it is */
	struct payload_plan payload;
	struct sbom_sums *sums; /* when the house wants lists of components; NULL */
	json_t *inside;         /* the facts of what its programs were built from, when there are such lists; NULL */
	json_t *elf;            /* where programs look for libraries, when something moves; NULL */
	json_t *patches;        /* for a second pass */
};

static struct pass *of(struct sink *s)
{
	return (struct pass *)s;
}

static bool wants_sboms(const struct session *s)
{
	return json_array_size(document_at(&s->house, "sbom")) > 0;
}

static struct build_job build_of(struct pass *p, const struct target *target, bool is_final)
{
	struct session *s = p->session;

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
static int foresee(struct pass *p, const struct target *target, struct err *e)
{
	struct session *s = p->session;
	struct build_job job = build_of(p, target, false);
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

static int open_writers(struct pass *p, const struct transform_job *job, struct sink **sinks, struct err *e)
{
	struct session *s = p->session;
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

static int open_chain(struct pass *p, struct err *e)
{
	struct session *s = p->session;
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

/* The last part of the file's name, or of the name that a package inside it has there. */
static const char *shown_name(const struct session *s, const struct convert_input *in)
{
	const char *path = in->member ? in->member
		: s->job->name        ? s->job->name
				      : in->path,
		   *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int on_begin(struct sink *sink, const struct pkg *meta, struct err *e)
{
	struct pass *p = of(sink);
	struct session *s = p->session;
	struct identity_job who = { &s->recipe, &s->house, &s->set, shown_name(p->session, p->input) };

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
static void pass_reset(struct pass *p)
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

static int read_once(struct pass *p, struct err *e)
{
	struct session *s = p->session;
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
static bool wants_patches(struct pass *p)
{
	if (p->patches || linker_wants_again(p->linker))
		return false;
	p->patches = transform_plan(p->transform, p->elf);
	return json_array_size(p->patches) > 0;
}

/* ---- the packages at the end */

static bool is_name_taken(const struct session *s, const char *path)
{
	for (size_t i = 0; i < s->files.len; i++)
		if (strcmp(s->files.at[i].path, path) == 0)
			return true;
	for (size_t i = 0; i < s->trees.len; i++)
		if (strcmp(s->trees.at[i].path, path) == 0)
			return true;
	return false;
}

/* *ret_fd: what the writer writes into. folder: of a target whose output is one; it becomes the session's. */
static int open_output(struct session *s, const struct target *t, struct outdir *folder, struct convert_output *out,
	int *ret_fd, struct err *e)
{
	AUTO_FREE char *name = t->writer->file_name(&out->pkg), *path = fs_join(s->job->output, name);

	if (strchr(name, '/'))
		return err_input(e, "E_METADATA", "'%s' is no name for a file", name);
	if (is_name_taken(s, path)) {
		err_usage(e, "two of the packages would be %s", path);
		return err_hint(e, "give each target its own 'suffix' in the house");
	}
	out->path = arena_str(&s->result->arena, path);
	if (t->writer->is_tree) {
		if (outdir_name(folder, path, e))
			return -1;
		*LIST_ADD(&s->trees) = *folder;
		*ret_fd = folder->fd;
		*folder = (struct outdir){ .fd = -1 };
		return out->path ? 0 : err_input(e, "E_LIMIT_MEMORY", "the output's name is too long");
	}
	struct outfile file = { .fd = -1 };
	if (outfile_open(&file, path, 0644, e))
		return -1;
	*LIST_ADD(&s->files) = file;
	*ret_fd = file.fd;
	return out->path ? 0 : err_input(e, "E_LIMIT_MEMORY", "the output's name is too long");
}

static int write_output(
	struct pass *p, size_t target, struct convert_output *out, struct settling *settling, struct err *e)
{
	struct session *s = p->session;
	const struct target *t = &s->targets.at[target];
	struct build_job job = build_of(p, t, true);
	int fd;

	if (package_build(&job, &out->pkg, e) || (t->writer->check && t->writer->check(&out->pkg, e)) ||
		open_output(s, t, &p->folders[target], out, &fd, e))
		return -1;
	if (t->writer->finish(p->jobs[target], &out->pkg, fd, &out->written, e))
		return -1;
	if (!s->job->allow_lossy && losses_check(&s->recipe, &out->pkg, e))
		return -1;
	if (t->writer->is_tree) {
		memcpy(out->sha256, out->written.tree_sha256, sizeof out->sha256);
		out->size = out->written.archive_size;
		return 0;
	}
	settling->fd = fd;
	settling->payload = p->is_copied[target] ? &p->payload : NULL;
	settling->payload_at = out->written.payload_at;
	settle_start(settling);
	return 0;
}

/* Each output of this file gets its digest; the first failure counts. */
static int settle_outputs(struct pass *p, struct settling *settling, size_t first, struct err *e)
{
	struct session *s = p->session;
	struct err ignored;
	int failed = 0;

	for (size_t i = 0; i < s->targets.len; i++) {
		struct convert_output *out = &s->result->outputs.at[first + i];
		if (!settling[i].is_started)
			continue;
		if (settle_end(&settling[i], failed ? &ignored : e))
			failed = -1;
		memcpy(out->sha256, settling[i].sha256, sizeof out->sha256);
		out->size = settling[i].size;
	}
	return failed;
}

static int write_each(struct pass *p, size_t input, struct settling *settling, struct err *e)
{
	struct session *s = p->session;

	for (size_t i = 0; i < s->targets.len; i++) {
		const struct target *t = &s->targets.at[i];
		struct convert_output *out = LIST_ADD(&s->result->outputs);
		*out = (struct convert_output){
			.target = t->name, .format = t->writer->name, .path = "", .input = input
		};
		pkg_init(&out->pkg, (size_t)s->limits.memory);
		if (write_output(p, i, out, &settling[i], e)) {
			err_wrap(e, "%s: for %s", shown_name(p->session, p->input), t->name);
			return err_file(e, p->input->path);
		}
		t->writer->drop(p->jobs[i]); /* its temporary is on the disk until then */
		p->jobs[i] = NULL;
	}
	return 0;
}

static int write_sbom(struct pass *p, struct convert_output *out, const struct sbom_kind *kind, struct err *e)
{
	struct session *s = p->session;
	const char *slash = strrchr(out->path, '/');
	struct sbom_job job = { &s->house, &out->pkg, slash ? slash + 1 : out->path, out->sha256, p->sums, p->inside };
	AUTO_JSON *document = kind->make(&job);
	AUTO_FREE char *dump = document ? json_dumps(document, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
	AUTO_FREE char *text = dump ? mem_printf("%s\n", dump) : NULL;
	struct convert_sbom *sbom = &out->sboms[out->sboms_len];
	struct outfile file = { .fd = -1 };

	if (!text)
		return err_input(
			e, "E_METADATA", "a text of the package is no UTF-8: no %s can be made of it", kind->name);
	sbom->kind = kind->name;
	sbom->path = arena_printf(&s->result->arena, "%s%s", out->path, kind->suffix);
	if (!sbom->path)
		return err_input(e, "E_LIMIT_MEMORY", "the output's name is too long");
	if (outfile_open(&file, sbom->path, 0644, e))
		return -1;
	*LIST_ADD(&s->files) = file;
	sha256_hex(text, strlen(text), sbom->sha256);
	out->sboms_len++;
	return fd_write(file.fd, text, strlen(text), e);
}

/* Beside each package, once its digest is known. */
static int write_sboms(struct pass *p, size_t first, struct err *e)
{
	struct session *s = p->session;
	json_t *name;
	size_t i;

	for (size_t k = first; k < s->result->outputs.len; k++)
		json_array_foreach(document_at(&s->house, "sbom"), i, name) {
			const struct sbom_kind *kind = sbom_named(json_string_value(name));
			struct convert_output *out = &s->result->outputs.at[k];
			bool is_twice = false;
			for (size_t other = 0; other < out->sboms_len; other++)
				is_twice |= strcmp(out->sboms[other].kind, json_string_value(name)) == 0;
			if (kind && !is_twice && write_sbom(p, out, kind, e))
				return err_wrap(e, "for %s", out->target);
		}
	return 0;
}

static int write_outputs(struct pass *p, size_t input, struct err *e)
{
	struct session *s = p->session;
	AUTO_FREE struct settling *settling = mem_alloc(s->targets.len * sizeof *settling);
	size_t first = s->result->outputs.len;
	struct err late = { 0 };
	int failed = write_each(p, input, settling, e);

	if (settle_outputs(p, settling, first, &late) && !failed) {
		*e = late;
		failed = err_file(e, p->input->path);
	}
	return failed ? failed : write_sboms(p, first, e);
}

/* A payload that was to be copied and cannot be: from now on it is packed. */
static bool must_pack(struct pass *p)
{
	const struct session *s = p->session;
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
static int read_all(struct pass *p, struct err *e)
{
	for (;;) {
		if (read_once(p, e))
			return -1;
		if (!linker_wants_again(p->linker) && !must_pack(p) && !wants_patches(p))
			return 0;
		pass_reset(p);
	}
}

static int convert_file(struct session *s, size_t index, struct err *e)
{
	struct pass p = { .relay = { .sink = { &ops } }, .session = s, .input = &s->result->inputs.at[index] };

	payload_init(&p.payload);
	p.jobs = mem_alloc(s->targets.len * sizeof *p.jobs);
	p.folders = mem_alloc(s->targets.len * sizeof *p.folders);
	for (size_t i = 0; i < s->targets.len; i++)
		p.folders[i].fd = -1;
	p.is_copied = mem_alloc(s->targets.len * sizeof *p.is_copied);
	int failed = read_all(&p, e);
	if (!failed) {
		transform_tell_moved(p.transform, p.elf);
		failed = write_outputs(&p, index, e);
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

/* ---- the session */

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

static int load_documents(struct session *s, struct err *e)
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

static int load_targets(struct session *s, struct err *e)
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

static int convert_files(struct session *s, struct err *e)
{
	const struct convert *c = s->job;

	if (fs_mkdirs(c->output, 0755, e))
		return -1;
	for (size_t i = 0; i < s->result->inputs.len; i++)
		if (convert_file(s, i, e))
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
static int find_inputs(struct session *s, const char *path, struct err *e)
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

static int session_run(struct session *s, struct err *e)
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
	struct session s = { .job = c, .result = ret };
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
