/* submit_job.h - what the steps of a submission hand to one another. */
#pragma once
#include "repackager/convert.h"
#include "repackager/recipe.h"
#include "repackager/submit.h"
#include "sign/sign.h"

struct submit_job {
	struct release *release;
	const struct submit *asked;
	struct document recipe, house;
	char *recipe_path; /* chosen; NULL: none */
	char *house_path;  /* NULL: none */
	char *work;        /* a folder inside the store, gone at the end */
	int work_lock;
	struct convert_result made;
	json_t *targets;     /* names */
	json_t *packages;    /* candidate_add's */
	json_t *back;        /* in the shape of packages: the way back (submit_back.c) */
	char **signed_files; /* of packages, in the same order */
	json_t *evidence;    /* digests */
	json_t *told;        /* for the caller: {"kind","verdict","text"} */
	json_t *findings;
	json_t *reports; /* digests */
	json_t *report;  /* of the test system, all targets in it; NULL: nothing was tried */
	char signer[65]; /* the vendor's key that signed, primary fingerprint; "" when it did not */
	char facts[65];
	const char *product, *format; /* format: of a package that passes as it is */
	char *vendor;
	json_t *before; /* submit_before's */
	bool is_before_known;
	bool is_negative;
};
/* Tells and stores one piece of evidence; steals subjects and body. */
int submit_evidence(struct submit_job *job, const char *kind, json_t *subjects, const char *verdict, const char *text,
	json_t *body, struct err *e) MUST;
/* What it replaces (candidate_before), looked up once; *ret borrowed, NULL: it is a first version. Once the packages are there. */
int submit_before(struct submit_job *job, const json_t **ret, struct err *e) MUST;
char *submit_version(const struct submit_job *job); /* the update's own: VERSION-RELEASE; malloc */
/* The house's word on a target ("suite", "path", "root"); "" when there is none. */
const char *submit_target_text(const struct submit_job *job, const char *target, const char *key);

int submit_build(struct submit_job *job, struct err *e) MUST; /* submit_build.c: convert, sign, fragments, blobs */
/* Signs one package, keeps it with its fragment, and adds it to the list; *ret_file: where it lies, below work/FOLDER/NUMBER. */
int submit_sign(struct submit_job *job, struct signer *signer, struct convert_output *o, const char *folder,
	size_t number, json_t *list, char **ret_file, struct err *e) MUST;
/* submit_as_is.c: a distribution's own package. look: which format it is; keep: the one that was read for its facts gives way to the file itself. */
int submit_look_as_is(struct submit_job *job, struct err *e) MUST;
int submit_keep_as_is(struct submit_job *job, struct err *e) MUST;
/* Of the signed file: the range of an rpm's main header, for the index. */
int submit_measure_as_is(const char *path, struct convert_output *o, struct err *e) MUST;
/* submit_adopted.c: facts of what was taken over (submit_before's, "adopted"), as those of a released version would be. The caller's. */
int submit_adopted_facts(struct submit_job *job, const json_t *before, json_t **ret, struct err *e) MUST;
int submit_back(struct submit_job *job, struct err *e) MUST;   /* submit_back.c */
int submit_vendor(struct submit_job *job, struct err *e) MUST; /* submit_prove.c */
int submit_test(struct submit_job *job, struct err *e) MUST;
int submit_compare(struct submit_job *job, struct err *e) MUST;
