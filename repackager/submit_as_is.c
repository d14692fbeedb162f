/* submit_as_is.c - a distribution's own package passes unchanged: the bytes are the vendor's, with our signature beside theirs.
 *
 * It is read like any other file (confined, by convert), so that facts, tests and comparison are the usual ones; what that pass writes is thrown
 * away. The index speaks of it in the package's own words: a deb's control file as it stands, an rpm's header by its range in the signed file. */
#include "base/fs.h"
#include "base/text.h"
#include "formats/deb_sig.h"
#include "formats/rpm_sig.h"
#include "repackager/submit_job.h"
#include <string.h>
#include <strings.h>
#include <unistd.h>

int submit_look_as_is(struct submit_job *job, struct err *e)
{
	unsigned char head[512];
	ssize_t got;

	if (!job->asked->as_is)
		return 0;
	AUTO_FD int fd = fs_open_file(job->asked->file, e);
	if (fd < 0)
		return -1;
	got = pread(fd, head, sizeof head, 0);
	if (got < 0)
		return err_sys(e, "cannot read %s", job->asked->file);
	job->format = deb_sig_is_deb(head, (size_t)got) ? "deb" : rpm_sig_is_rpm(head, (size_t)got) ? "rpm" : NULL;
	return job->format
		? 0
		: err_input(e, "E_UNSUPPORTED", "%s: only a deb or an rpm can pass as it is", job->asked->file);
}

/* What the index adds itself: a control file that says it already would speak for another file. */
static int check_control(const char *control, struct err *e)
{
	static const char *const ours[] = { "Filename:", "Size:", "MD5sum:", "SHA1:", "SHA256:", "SHA512:" };
	struct slice rest = slice_of(control), line;

	while (slice_cut(&rest, '\n', &line))
		for (size_t i = 0; i < COUNT(ours); i++)
			if (line.len >= strlen(ours[i]) && strncasecmp(line.at, ours[i], strlen(ours[i])) == 0)
				return err_input(e, "E_METADATA",
					"control: %s belongs into an index, not into a package", ours[i]);
	return 0;
}

int submit_keep_as_is(struct submit_job *job, struct err *e)
{
	struct convert_output *o = &job->made.outputs.at[0];
	const struct convert_input *in = &job->made.inputs.at[0];
	const char *control = in->pkg.control;

	if (strcmp(o->pkg.name, in->pkg.name) != 0 || strcmp(o->pkg.version, in->pkg.version) != 0 ||
		strcmp(o->pkg.release, in->pkg.release) != 0 || o->pkg.epoch != in->pkg.epoch)
		return err_input(e, "E_METADATA", "%s %s cannot pass as it is: its name or version is no ordinary one",
			in->pkg.name, in->pkg.version);
	if (strcmp(job->format, "deb") == 0 && check_control(control, e))
		return -1;
	o->is_as_is = true;
	o->path = in->path;
	o->pkg.build_time = in->pkg.build_time;
	if (*control) {
		char *own = mem_strdup(control);

		free(o->written.control);
		o->written.control = own;
	}
	return 0;
}

int submit_measure_as_is(const char *path, struct convert_output *o, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct extent *ranges;
	size_t len;

	if (strcmp(o->format, "rpm") != 0)
		return 0;
	AUTO_FD int fd = fs_open_file(path, e);
	if (fd < 0 || rpm_sig_ranges(fd, &arena, &ranges, &len, e))
		return -1;
	o->written.header_start = ranges[0].at;
	o->written.header_end = ranges[0].at + ranges[0].len;
	return 0;
}
