/* convert_outputs.c - the packages at the end of a pass, their digests, and their lists of components. */
#include "base/digest.h"
#include "repackager/convert_pass.h"
#include "repackager/settle.h"
#include <string.h>

static bool is_name_taken(const struct convert_session *s, const char *path)
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
static int open_output(struct convert_session *s, const struct target *t, struct outdir *folder,
	struct convert_output *out, int *ret_fd, struct err *e)
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
	struct convert_pass *p, size_t target, struct convert_output *out, struct settling *settling, struct err *e)
{
	struct convert_session *s = p->session;
	const struct target *t = &s->targets.at[target];
	struct build_job job = convert_build_of(p, t, true);
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
static int settle_outputs(struct convert_pass *p, struct settling *settling, size_t first, struct err *e)
{
	struct convert_session *s = p->session;
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

static int write_each(struct convert_pass *p, size_t input, struct settling *settling, struct err *e)
{
	struct convert_session *s = p->session;

	for (size_t i = 0; i < s->targets.len; i++) {
		const struct target *t = &s->targets.at[i];
		struct convert_output *out = LIST_ADD(&s->result->outputs);
		*out = (struct convert_output){
			.target = t->name, .format = t->writer->name, .path = "", .input = input
		};
		pkg_init(&out->pkg, (size_t)s->limits.memory);
		if (write_output(p, i, out, &settling[i], e)) {
			err_wrap(e, "%s: for %s", convert_shown_name(p->session, p->input), t->name);
			return err_file(e, p->input->path);
		}
		t->writer->drop(p->jobs[i]); /* its temporary is on the disk until then */
		p->jobs[i] = NULL;
	}
	return 0;
}

static int write_sbom(struct convert_pass *p, struct convert_output *out, const struct sbom_kind *kind, struct err *e)
{
	struct convert_session *s = p->session;
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
static int write_sboms(struct convert_pass *p, size_t first, struct err *e)
{
	struct convert_session *s = p->session;
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

int convert_write_outputs(struct convert_pass *p, size_t input, struct err *e)
{
	struct convert_session *s = p->session;
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
