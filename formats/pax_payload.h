/* pax_payload.h - a package's files as a pax archive that is compressed into a temporary while they come: for writers whose metadata, known last,
 * stands before it in a frame of its own (pacman, tar). */
#pragma once
#include "formats/pax_tree.h"
#include "formats/writer.h"

struct pax_payload {
	struct pax_tree tree;
	struct out *out;       /* into fd; NULL once closed */
	uint64_t archive_size; /* before compression; set by close */
	int fd;                /* unlinked */
};
/* What it made so far is released by pax_payload_done when this fails, too. */
int pax_payload_open(struct pax_payload *p, const struct writer_options *options, struct err *e) MUST;
int pax_payload_close(struct pax_payload *p, struct err *e) MUST; /* the archive's end; all of it is in fd */
int pax_payload_append(const struct pax_payload *p, int fd, struct err *e)
	MUST; /* after close: all of it, at fd's position */
void pax_payload_done(struct pax_payload *p);
