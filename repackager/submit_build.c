/* submit_build.c - the packages of a submission: converted in one pass, signed with the package key, kept with what indexes will say of them. */
#include "base/fs.h"
#include "base/text.h"
#include "formats/index.h"
#include "repackager/sign_pkg.h"
#include "repackager/submit_job.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int convert_all(struct submit_job *job, struct err *e)
{
	size_t len = job->asked->as_is ? 1 : json_array_size(job->targets);
	const char **names = mem_alloc(len * sizeof *names);

	for (size_t i = 0; i < len; i++)
		names[i] = job->asked->as_is ? job->format : json_string_value(json_array_get(job->targets, i));
	AUTO_FREE char *plain = fs_join(job->work, "plain");
	struct convert c = { .files = &job->asked->file,
		.files_len = 1,
		.targets = names,
		.targets_len = len,
		.output = plain,
		.recipe = job->recipe_path,
		.house = job->asked->as_is ? NULL : job->house_path,
		.allow_lossy = job->asked->as_is != NULL, /* what is made is read for its facts and thrown away */
		.want_facts = true,
		.events = job->asked->events };
	int done = convert(&c, &job->made, e);
	free(names);
	return done;
}

/* A candidate is one package for each target, tested and compared by itself; several packages of a product are several candidates. */
static int check_single(struct submit_job *job, struct err *e)
{
	if (job->made.inputs.len == 1)
		return 0;
	if (!document_at(&job->recipe, "source/inner")) {
		err_usage(e, "%zu packages in %s: a submission is one of them", job->made.inputs.len, job->asked->file);
		return err_hint(e, "submit each package by itself; one RfC can name them together");
	}
	document_error(&job->recipe, "source/inner", e,
		"%zu packages in %s fit: a submission is one of them (%s, %s, ...)", job->made.inputs.len,
		job->asked->file, job->made.inputs.at[0].member + 1, job->made.inputs.at[1].member + 1);
	return err_hint(e, "a recipe for each of them makes candidates that one RfC can name together");
}

/* The recipe's word, else the vendor's name for it, else what it is called here. */
static int name_product(struct submit_job *job, struct err *e)
{
	const char *const names[] = { job->made.product, job->made.inputs.at[0].pkg.name,
		job->made.outputs.len ? job->made.outputs.at[0].pkg.name : NULL };

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i] && names[i][0]) {
			job->product = names[i];
			return 0;
		}
	return err_usage(e, "nothing says which product this is: give a recipe with 'product'");
}

/* Where a package lies below the repository's root. The digest is part of it, so a path never changes its content. component "": the channel's first. */
static char *location_of(const struct convert_output *o, const char *component, const char *sha256)
{
	const char *base = strrchr(o->path, '/'), *name = o->pkg.name;
	base = base ? base + 1 : o->path;
	if (strcmp(o->format, "deb") == 0)
		return mem_printf(
			"pool/%s/%c/%s/%.12s/%s", *component ? component : "main", name[0], name, sha256, base);
	return mem_printf("packages/%c/%.12s/%s", name[0], sha256, base);
}

/* dnf's $basearch of a package; what fits every machine goes to this one's. */
static char *expand_path(const char *path, const char *architecture)
{
	const char *at = strstr(path, "$basearch");
	const char *arch = strcmp(architecture, "noarch") == 0 ? "x86_64" : architecture;
	if (!at)
		return mem_strdup(path);
	return mem_printf("%.*s%s%s", (int)(at - path), path, arch, at + strlen("$basearch"));
}

static int keep_fragment(struct submit_job *job, const struct convert_output *o, const struct signed_pkg *s,
	const char *location, char ret[65], struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	struct index_file file = { .location = location,
		.sha256 = s->sha256,
		.size = s->size,
		.time = o->pkg.build_time,
		.header_start = o->written.header_start,
		.header_end = o->written.header_end,
		.installed_size = o->written.installed_size,
		.archive_size = o->written.archive_size };

	if (strcmp(o->format, "deb") == 0) {
		text = apt_fragment(o->written.control, &file);
		len = strlen(text);
	} else {
		AUTO_JSON *fragment = rpmmd_fragment(&o->pkg, &file);
		if (json_canonical(fragment, &text, &len, e))
			return -1;
	}
	return blob_put(job->release->store->blobs, text, len, ret, e);
}

/* Whose files they are, for those who ask an index of files; "" for a package of another format, or without files. */
static int keep_contents(struct submit_job *job, const struct convert_output *o, char ret[65], struct err *e)
{
	AUTO_FREE char *text = NULL;

	ret[0] = '\0';
	if (strcmp(o->format, "deb") != 0)
		return 0;
	text = apt_contents(&o->pkg, o->written.control);
	return *text ? blob_put(job->release->store->blobs, text, strlen(text), ret, e) : 0;
}

static json_t *package_json(struct submit_job *job, const struct convert_output *o, const struct signed_pkg *s,
	const char *location, const char *fragment)
{
	AUTO_FREE char *version = mem_printf("%s%s%s", o->pkg.version, o->pkg.release[0] ? "-" : "", o->pkg.release);
	AUTO_FREE char *full = o->pkg.epoch > 0 ? mem_printf("%lld:%s", (long long)o->pkg.epoch, version)
						: mem_strdup(version);
	AUTO_FREE char *path = expand_path(submit_target_text(job, o->target, "path"), o->pkg.architecture);
	const char *component = strcmp(o->format, "deb") == 0 ? submit_target_text(job, o->target, "component") : "";
	const char *native = o->pkg.architecture_native[0] ? o->pkg.architecture_native : o->pkg.architecture;

	json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "target", o->target,
		"format", o->format, "name", o->pkg.name, "version", full, "architecture", native, "sha256", s->sha256,
		"size", (json_int_t)s->size, "location", location, "fragment", fragment, "suite",
		submit_target_text(job, o->target, "suite"), "path", path);
	if (one && *component)
		json_set_str(one, "component", component);
	return one;
}

int submit_sign(struct submit_job *job, struct signer *signer, struct convert_output *o, const char *folder_name,
	size_t number, json_t *list, char **ret_file, struct err *e)
{
	const char *base = strrchr(o->path, '/');
	AUTO_FREE char *folder = mem_printf("%s/%s/%zu", job->work, folder_name, number);
	AUTO(outfile) out = { .fd = -1 };
	AUTO_FD int from = open(o->path, O_RDONLY | O_CLOEXEC);
	struct signed_pkg s;
	char fragment[65], digest[65], contents[65];
	uint64_t size;

	if (from < 0)
		return err_sys(e, "cannot open %s", o->path);
	char *path = *ret_file = fs_join(folder, base ? base + 1 : o->path);
	if (fs_mkdirs(folder, 0700, e) || outfile_open(&out, path, 0644, e) || sign_pkg(signer, from, out.fd, &s, e) ||
		outfile_commit(&out, e) || (o->is_as_is && submit_measure_as_is(path, o, e)))
		return err_wrap(e, "%s", o->target);
	AUTO_FREE char *location = location_of(o, submit_target_text(job, o->target, "component"), s.sha256);
	if (keep_fragment(job, o, &s, location, fragment, e) || keep_contents(job, o, contents, e) ||
		blob_put_file(job->release->store->blobs, path, digest, &size, e))
		return err_wrap(e, "%s: keeping it", o->target);
	if (strcmp(digest, s.sha256) != 0)
		return err_env(e, "%s: the package changed while it was kept", o->target);
	if (json_array_append_new(list, package_json(job, o, &s, location, fragment)))
		return err_input(e, "E_NAME_ENCODING", "%s: its name or version is not UTF-8", o->target);
	if (*contents)
		json_set_str(json_array_get(list, json_array_size(list) - 1), "contents", contents);
	return 0;
}

/* The record names the recipe by the digest of its manifest; an auditor finds the manifest under that name. */
static int keep_manifest(struct submit_job *job, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	char digest[65];
	size_t len;

	if (!job->made.recipe_digest[0])
		return 0;
	AUTO_JSON *manifest = recipe_manifest(&job->recipe, &job->house, e);
	if (!manifest || json_canonical(manifest, &bytes, &len, e) ||
		blob_put(job->release->store->blobs, bytes, len, digest, e))
		return err_wrap(e, "keeping the recipe's digests");
	if (strcmp(digest, job->made.recipe_digest) != 0)
		return err_env(e, "the recipe or a file it names changed while it was used");
	return 0;
}

/* As it is, one package goes to all targets of its format. */
static int sign_all(struct submit_job *job, struct signer *signer, struct err *e)
{
	size_t len = job->asked->as_is ? json_array_size(job->targets) : job->made.outputs.len;

	job->signed_files = mem_alloc((len + 1) * sizeof *job->signed_files);
	for (size_t i = 0; i < len; i++) {
		struct convert_output *o = &job->made.outputs.at[job->asked->as_is ? 0 : i];

		if (o->is_as_is)
			o->target = json_string_value(json_array_get(job->targets, i));
		if (submit_sign(job, signer, o, "signed", i, job->packages, &job->signed_files[i], e))
			return -1;
	}
	return 0;
}

int submit_build(struct submit_job *job, struct err *e)
{
	AUTO(signer) signer = { .fd = -1 };
	AUTO_FREE char *home = release_key_home(job->release, "package");
	AUTO_JSON *keys = NULL;

	/* The key process is forked before anything of the vendor's is touched. */
	if (release_keys(job->release, &keys, e) || signer_open(&signer, home, json_text(keys, "package"), e))
		return err_wrap(e, "the package key");
	if (convert_all(job, e) || check_single(job, e) || keep_manifest(job, e) || name_product(job, e))
		return -1;
	if (job->asked->as_is && submit_keep_as_is(job, e))
		return -1;
	return sign_all(job, &signer, e);
}
