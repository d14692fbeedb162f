/* pax_payload.c - a pax archive, compressed, in a temporary file. */
#include "formats/pax_payload.h"
#include "base/fs.h"
#include <unistd.h>

int pax_payload_open(struct pax_payload *p, const struct writer_options *options, struct err *e)
{
	p->fd = fs_temp_file(e);
	if (p->fd >= 0)
		p->out = out_codec(out_fd(p->fd), options->codec, options->level, options->threads, e);
	if (p->out == NULL)
		return -1;
	pax_tree_init(&p->tree, p->out, options->mtime_max);
	return 0;
}

int pax_payload_close(struct pax_payload *p, struct err *e)
{
	struct out *out = p->out;

	if (pax_tree_close(&p->tree, e))
		return -1;
	p->archive_size = out->count;
	p->out = NULL;
	return out_close(out, e);
}

int pax_payload_append(const struct pax_payload *p, int fd, struct err *e)
{
	off_t end = lseek(p->fd, 0, SEEK_END);

	return end < 0 ? err_sys(e, "temporary file") : fs_copy_range(p->fd, 0, fd, (uint64_t)end, e);
}

void pax_payload_done(struct pax_payload *p)
{
	out_drop(&p->out);
	auto_fd(&p->fd);
	pax_tree_done(&p->tree);
}
