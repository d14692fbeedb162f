/* rpm_meta.h - what an rpm's main header says, put into struct pkg: identity, relations, scripts. Part of the rpm reader. */
#pragma once
#include "formats/guard.h"
#include "formats/rpm_header.h"

int rpm_identity_load(const struct rpm_header *h, struct pkg *pkg, struct err *e) MUST;
int rpm_relations_load(const struct rpm_header *h, struct pkg *pkg, struct err *e) MUST;
/* A source package: its relations are of the build. They become the fields buildrequires, buildconflicts, ...; the field sourcepackage
 * says that nothing is installed. */
int rpm_relations_of_build(struct pkg *pkg, struct err *e) MUST;
int rpm_scripts_load(const struct rpm_header *h, const struct limits *limits, struct pkg *pkg, struct err *e) MUST;

/* Which tags hold one kind of relation; shared with the writer. */
struct rpm_relation_tags {
	enum rel_kind kind;
	uint32_t name, version, flags;
};
extern const struct rpm_relation_tags rpm_relation_tags[]; /* ends with name 0 */
enum rel_op rpm_sense_op(uint32_t flags);
uint32_t rpm_op_sense(enum rel_op op);

/* Which tags hold one script; shared with the writer. */
struct rpm_script_tags {
	enum event event;
	const char *source; /* "%pre" */
	uint32_t body, interpreter, flags;
};
extern const struct rpm_script_tags rpm_script_tags[]; /* ends with source NULL */
/* Three families of triggers: on packages, on files, on files once a transaction. */
struct rpm_trigger_tags {
	const char *prefix; /* "%trigger", "%filetrigger", "%transfiletrigger" */
	uint32_t bodies, interpreters, script_flags, names, versions, flags, index, priorities;
};
extern const struct rpm_trigger_tags rpm_trigger_tags[]; /* ends with prefix NULL */
struct rpm_trigger_sense {
	uint32_t sense;
	const char *suffix; /* "in", "un", "postun", "prein" */
};
extern const struct rpm_trigger_sense rpm_trigger_senses[]; /* ends with suffix NULL */
