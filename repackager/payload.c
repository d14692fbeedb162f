/* payload.c - when a packed payload is taken as it is, see payload.h. */
#include "repackager/payload.h"
#include "base/digest.h"
#include <string.h>
#include <unistd.h>

void payload_init(struct payload_plan *p)
{
	*p = (struct payload_plan){ .source = { .fd = -1 } };
}

void payload_done(struct payload_plan *p)
{
	if (p->source.fd >= 0)
		close(p->source.fd);
	p->source.fd = -1;
}

bool payload_fits(const struct payload_plan *p, const struct pkg *meta, const struct target *t)
{
	return !p->is_off && t->writer->may_copy && meta->payload.len > 0 && t->level == 0 &&
		(int)t->codec == meta->payload.codec && strcmp(t->writer->name, meta->format) == 0;
}

bool payload_settle(struct payload_plan *p, const struct pkg *meta, const struct transform *t)
{
	const struct payload *from = &meta->payload;

	if (from->unpacked == 0 || p->source.fd < 0 || transform_has_changed(t))
		return false;
	p->copy = (struct payload_copy){
		.fd = p->source.fd, .at = from->at, .len = from->len, .unpacked = from->unpacked
	};
	memcpy(p->copy.sha256, p->source.sha256, sizeof p->copy.sha256);
	return true;
}

int payload_hash(
	const struct payload_plan *p, int fd, uint64_t at, char ret_sha256[65], uint64_t *ret_size, struct err *e)
{
	struct digest_part part = { .at = at, .len = p->copy.len };

	if (sha256_fd_part(fd, &part, ret_sha256, ret_size, e))
		return -1;
	if (strcmp(part.sha256, p->copy.sha256) != 0)
		return err_input(e, "E_MISMATCH", "the file changed while it was read");
	return 0;
}
