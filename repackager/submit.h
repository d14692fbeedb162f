/* submit.h - the whole pipeline for one vendor file: verify, rewrite for every target of every channel, sign, test, compare, and record the candidate.
 *
 * Negative evidence (an unsigned vendor, a failed test) makes a candidate all the same: the gate will refuse it. An input that is refused, a recipe
 * that does not parse or an environment that fails makes none. Killed at any moment it leaves at most a work folder, which the next run removes. */
#pragma once
#include "base/event.h"
#include "release/release.h"

struct submit {
	const char *file;
	const char *recipe;  /* path, or NULL */
	const char *recipes; /* a folder to find the recipe in by product, or NULL */
	const char *house;   /* path; NULL: the nearest house.yaml above the recipe */
	const char
		*as_is; /* why a distribution's own package passes as it is, only signed again; NULL: it is rewritten */
	const char *signature, *checksums, *apt_release, *apt_packages; /* how the vendor signed; see verify_vendor.h */
	const struct actor *actor;
	const struct events *events;
};
/* {"candidate","product","vendor","version","verdict": "pass|fail","evidence": [{"kind","verdict","text"}],"findings": [...],"packages": [...],"lost": [...]} */
int submit(struct release *r, const struct submit *s, json_t **ret, struct err *e) MUST;
