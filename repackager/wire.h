/* wire.h - what the confined decoder tells its parent, as frames (base/frame.h) on a pipe.
 *
 * Order: META, then any of RELATION SCRIPT TRIGGER FIELD SIGNATURE LOSS WARNING PAYLOAD, then BEGIN; for each entry ENTRY, DATA or HOLE
 * (files only, together exactly the entry's size), ENTRY_END; where nobody wants the bytes, PASSED says how many went by instead of DATA and
 * HOLE, and a file's ENTRY_END holds its sha256 (or nothing, where that is not wanted either); between entries and after them SIGNATURE LOSS WARNING FIELD PAYLOAD; then FACTS
 * (zero or more pieces of one canonical JSON text) and DONE. ERROR may come at any time and is the last.
 *
 * The sender is the child, under attack by its input: the receiver believes nothing. It checks order, types, enum ranges, lengths,
 * the normal form of paths, sums against limits, and takes codes only from err_code_known. */
#pragma once
#include "base/frame.h"
#include "base/json.h"
#include "formats/reader.h"

enum wire_type {
	WIRE_META = 1,
	WIRE_RELATION,
	WIRE_SCRIPT,
	WIRE_TRIGGER,
	WIRE_FIELD,
	WIRE_SIGNATURE,
	WIRE_LOSS,
	WIRE_WARNING,
	WIRE_BEGIN,
	WIRE_ENTRY,
	WIRE_DATA,
	WIRE_HOLE,
	WIRE_ENTRY_END,
	WIRE_FACTS,
	WIRE_DONE,
	WIRE_ERROR,
	WIRE_PAYLOAD,
	WIRE_PASSED,
	WIRE_TYPES
};
enum { WIRE_DATA_MAX = 256 * 1024, WIRE_FRAME_MAX = 8 * 1024 * 1024, WIRE_FACTS_MAX = 32 * 1024 * 1024 };

/* ---- the child's side */
struct wire_out;
struct wire_out *wire_out_new(int fd); /* borrows fd */
void wire_out_free(struct wire_out *w);
/* Before the stream: PASSED and digests instead of bytes. wants: which files' digests, beside those that a promised sha256 is compared with;
 * NULL: all. */
void wire_out_digests_only(struct wire_out *w, bool (*wants)(const struct entry *entry));
struct sink *wire_out_sink(struct wire_out *w); /* feed it a raw stream */
/* After a good end of the stream: what the reader still added to pkg, facts (may be NULL), DONE. */
int wire_out_finish(struct wire_out *w, const struct pkg *pkg, const json_t *facts, struct err *e) MUST;
int wire_out_error(struct wire_out *w, const struct err *error, struct err *e) MUST;

/* ---- one record as bytes; the reading side checks everything that can be checked without the others. Strings go into u->arena. */
void wire_pack_meta(struct pack *p, const struct pkg *pkg);
void wire_pack_relation(struct pack *p, const struct relation *r);
void wire_pack_script(struct pack *p, const struct script *s);
void wire_pack_signature(struct pack *p, const struct signature *s);
void wire_pack_loss(struct pack *p, const struct loss *l);
void wire_pack_payload(struct pack *p, const struct payload *payload);
void wire_pack_entry(struct pack *p, const struct entry *entry);
void wire_pack_error(struct pack *p, const struct err *error);
int wire_unpack_meta(struct unpack *u, struct pkg *pkg, struct err *e) MUST;
int wire_unpack_relation(struct unpack *u, struct relation *ret, struct err *e) MUST;
int wire_unpack_script(struct unpack *u, const struct limits *limits, struct script *ret, struct err *e) MUST;
int wire_unpack_signature(struct unpack *u, struct signature *ret, struct err *e) MUST;
int wire_unpack_loss(struct unpack *u, struct loss *ret, struct err *e) MUST;
int wire_unpack_payload(struct unpack *u, struct payload *ret, struct err *e) MUST;
int wire_unpack_entry(struct unpack *u, const struct limits *limits, struct entry *ret, struct err *e) MUST;
/* Sets *e to the error that was sent (or to one that says it made no sense); returns -1. */
int wire_unpack_error(struct unpack *u, struct err *e) MUST;
/* Starts with '/', no empty, "." or ".." component, no trailing '/', no control bytes. */
bool wire_path_normal(const char *path);

/* ---- the parent's side */
struct wire_in;
/* Receives from fd (borrowed) into pkg and sink (may be NULL; not owned). */
struct wire_in *wire_in_new(
	int fd, const struct limits *limits, struct pkg *pkg, struct sink *sink, json_t **ret_facts);
void wire_in_free(struct wire_in *w);
/* No bytes come, but the sender's digests of them. What is decided from such a pass rests on the sender anyhow: the entries, the metadata, the facts
 * and what each file is promised to be are its word, too, so a sender that was taken over gains nothing by a wrong digest. Whoever passes
 * bytes on (a writer, a package, a test root) has a sink and digests them itself. */
void wire_in_digests_only(struct wire_in *w);
/* Called about every MiB of data; may be NULL. */
void wire_in_on_progress(struct wire_in *w, void (*progress)(void *context), void *context);
/* Called once, behind BEGIN and the sink's begin; what it refuses ends the run. May be NULL. */
void wire_in_on_begin(
	struct wire_in *w, int (*begun)(void *context, const struct pkg *pkg, struct err *e), void *context);
/* One read of fd, and every whole frame there is. 1: more is to come; 0: DONE and the end of the stream; -1: failed.
 * *ret_is_cut: the stream ended before DONE, so the child's end says why. */
int wire_in_step(struct wire_in *w, bool *ret_is_cut, struct err *e) MUST;
