/* convert.h - the whole way of one or more vendor files into packages for one or more targets, in one pass over each payload.
 *
 * All outputs appear together, by rename, or none does. A loss of class `behaviour` that is neither accepted by the recipe nor allowed
 * refuses (ERR_INPUT, E_UNSUPPORTED), and the result still tells every loss. Same input, recipe, house and options: same bytes. */
#pragma once
#include "base/event.h"
#include "base/json.h"
#include "formats/reader.h"
#include "formats/writer.h"

struct convert {
	const char *const *files; /* at least one */
	size_t files_len;
	const char *const *targets; /* names; at least one */
	size_t targets_len;
	const char *output;     /* folder; made when missing */
	const char *recipe;     /* path or NULL */
	const char *house;      /* path or NULL: the nearest house.yaml above the recipe, when there is a recipe */
	const char *const *set; /* KEY=VALUE */
	size_t set_len;
	bool allow_lossy, want_facts;
	const char *codec;           /* "zstd:3" for every target; NULL: the target's */
	unsigned threads;            /* 0: one per processor; never changes the bytes */
	const struct limits *limits; /* NULL: the house's, else limits_default */
	const struct events *events;
	/* ---- of a capture (capture_build.h) */
	const char *name;       /* what the only file is called, where its path says nothing; NULL: the path's */
	const json_t *lay_over; /* members laid over the recipe's: lists are added to its own, others replace; NULL */
};

/* One vendor file as it was read. */
struct convert_input {
	const char *path;
	const char *member;      /* of a package inside path: its path there; else NULL */
	const struct pkg *outer; /* of a member, while convert() runs: what the file it came in told */
	char sha256[65];         /* of path */
	struct pkg pkg;          /* entries as the source has them, hard links as entries of their own, digests in */
	struct pkg shaped;       /* after the transform: final entries, whose strings the outputs share */
	json_t *facts;           /* of bytes; facts_of(&pkg, facts) joins them. NULL unless wanted */
};
/* A list of components beside a package. */
struct convert_sbom {
	const char *kind, *path;
	char sha256[65];
};
enum { SBOMS_MAX = 4 };
/* One package that was made. */
struct convert_output {
	const char *target, *format, *path;
	size_t input;  /* index */
	bool is_as_is; /* submit_as_is.c: path is the vendor's own file, and what was written was thrown away */
	char sha256[65];
	uint64_t size;
	struct pkg pkg;               /* as written, with its final entries (sets: entry->links) and its losses */
	struct writer_result written; /* control text, header range: for index fragments */
	struct convert_sbom sboms[SBOMS_MAX];
	size_t sboms_len;
};
struct convert_result {
	struct arena arena;
	struct {
		struct convert_input *at;
		size_t len, room;
	} inputs;
	struct {
		struct convert_output *at;
		size_t len, room;
	} outputs;
	char recipe_digest[65]; /* recipe, house and all they name; "" without either */
	const char *product;    /* of the recipe; "" */
};
/* *ret is zeroed by the caller and ended with convert_result_done, after a failure too (inputs and losses as far as they were known). */
int convert(const struct convert *c, struct convert_result *ret, struct err *e) MUST;
void convert_result_done(struct convert_result *r);

/* cli.md's {"outputs": [...], "lost": [...]}. */
json_t *convert_json(const struct convert_result *r);
/* {"target","what","why","class"} of every output, each once. */
json_t *convert_lost_json(const struct convert_result *r);
