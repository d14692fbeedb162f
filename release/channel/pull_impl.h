/* pull_impl.h - one pull: what its parts share. */
#pragma once
#include "base/digest_map.h"
#include "release/channel/parts.h"
#include "release/channel/pull.h"
#include "release/channel/snapshots.h"

struct pulling {
	const struct pull *p;
	struct fetcher fetcher;
	char *snapshots, *current, *incoming, *parts, *tree, *seen_path;
	struct generations here;
	json_t *seen, *release;  /* the newest ever taken; what is offered, without its long lists */
	json_t *layout;          /* of what is offered; NULL: nobody asked yet */
	struct parts chosen;     /* of it */
	json_t *had;             /* the targets that current holds; NULL: all of them, or there is no current */
	struct digest_map have;  /* packages and records of the snapshots here, by sha256: struct here */
	json_t *have_indexes;    /* {sha256: path of a file here} */
	int lines;               /* release.json of the generation that was asked last, open; -1: none */
	size_t lines_of;         /* which */
	char release_digest[65]; /* of the offered release.json */
	size_t files, fetched;
};
struct here {
	uint32_t generation, len; /* of pulling.here; length of the package's line in its release.json; 0: a record */
	uint64_t at;              /* of the line */
};

/* pull_here.c: what was taken before. */
int pull_look_around(struct pulling *w, struct err *e) MUST;
/* What the snapshots here hold, noted anew. */
int pull_note_here(struct pulling *w, struct err *e) MUST;
/* A file of a snapshot here with that sha256; malloc, NULL: there is none. */
char *pull_find_here(struct pulling *w, const char *sha256);
void pull_forget_here(struct pulling *w); /* frees what they hold */

/* pull_get.c: what is offered. release.json and its signature into incoming/tree, believed, or nothing else is asked for. */
int pull_take_head(struct pulling *w, struct err *e) MUST;
/* Which targets the offered snapshot has. */
int pull_layout(struct pulling *w, struct err *e) MUST;
/* Everything that it names, into incoming/tree: from here, or fetched. */
int pull_get_all(struct pulling *w, struct err *e) MUST;
/* Has release.json become another one meanwhile? Then what was missing or different is no lie but the next snapshot. */
bool pull_has_moved(struct pulling *w);
