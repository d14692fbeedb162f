/* recipe_lint.h - what is wrong or doubtful in a recipe, told with FILE:LINE:COLUMN, for people and for CI.
 *
 * An error is what a conversion would refuse or what can never do anything; a warning is what is probably not meant. With the vendor's file
 * beside it the rules are tried on what is in it, and what matched nothing is told. */
#pragma once
#include "base/event.h"
#include "base/json.h"

struct lint_job {
	const char *recipe;
	const char *house; /* NULL: the nearest house.yaml above the recipe; none is fine */
	const char *file;  /* the vendor's; NULL: none */
	const struct events *events;
};
/* *ret: [{"severity": "error"|"warning", "check", "place": "FILE:LINE:COLUMN", "file", "line", "column", "text"}], in the order of the files'
 * lines; owned by the caller. ERR_USAGE when a file does not follow the schema (the first place), ERR_INPUT and ERR_ENV as in a conversion. */
int recipe_lint(const struct lint_job *job, json_t **ret, struct err *e) MUST;
