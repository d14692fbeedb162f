/* convert_pass.h - what the parts of a conversion share: the session, the pass over one file, its packages at the end. Private to convert*.c. */
#pragma once
#include "base/fs.h"
#include "repackager/build.h"
#include "repackager/convert.h"
#include "repackager/inner.h"
#include "repackager/payload.h"
#include "repackager/sbom.h"

/* What is the same for every file. */
struct convert_session {
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
struct convert_pass {
	struct relay relay;
	struct convert_session *session;
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

/* convert_pass.c: reads one of the session's inputs and makes its packages; nothing has its name yet. */
int convert_one(struct convert_session *s, size_t index, struct err *e) MUST;
/* is_final: the entries stand. */
struct build_job convert_build_of(struct convert_pass *p, const struct target *target, bool is_final);
/* The last part of the file's name, or of the name that a package inside it has there. */
const char *convert_shown_name(const struct convert_session *s, const struct convert_input *in);

/* convert_outputs.c: the packages of a pass whose entries all came, and what goes with them. */
int convert_write_outputs(struct convert_pass *p, size_t input, struct err *e) MUST;
