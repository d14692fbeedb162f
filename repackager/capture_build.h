/* capture_build.h - packages from what an installer did: recorded by sandbox/capture.h, judged by the recipe, then converted like any
 * vendor's file. Same installer, recipe, house and SOURCE_DATE_EPOCH (else the installer's own time): same bytes. */
#pragma once
#include "repackager/convert.h"

struct capture_order {
	const char *file;             /* an installer; or an archive, which is unpacked to run `arguments` in it */
	const char *const *arguments; /* ends with NULL */
	struct convert convert;       /* output, targets, recipe, house, set, allow_lossy, events */
	const char *root, *roots_dir; /* NULL: what recipe or house name, else "/" */
	const char *require;          /* as struct test has it */
	const char *const *hide;      /* never to be seen inside */
	size_t hide_len;
};
/* What is left undecided refuses (ERR_INPUT, E_UNSUPPORTED) and is all in *ret_report: {"kept", "noise", "litter", "dropped", "foreign_edits",
 * "users", "groups", "units", "alternatives", "network", "running"}; set whenever something was recorded, else NULL. *ret as for convert(). */
int capture_build(const struct capture_order *o, struct convert_result *ret, json_t **ret_report, struct err *e) MUST;
