/* publish_fill.c - bench_publish_fill STORE PERSON HOME < LINES: records a candidate for each line of publish_make.py, signed by that person; prints their ids.
 *
 * Only the pipeline in front is left out: what it would hand to candidate_add is taken from the line. The record, its signature, the log and the catalogue
 * are made by the same code as after `sluice submit`. */
#include "release/release.h"
#include <stdio.h>
#include <string.h>

static int add(struct release *r, const struct actor *actor, const char *line, struct err *e)
{
	json_t *submit = json_parse(line, strlen(line), "a line", e);
	char id[32];

	if (!submit || candidate_add(r, actor, submit, id, e))
		return -1;
	puts(id);
	return 0;
}

int main(int argc, char **argv)
{
	struct release *r = NULL;
	struct err e = { 0 };
	char *line = NULL;
	size_t room = 0;
	int status;

	if (argc != 4)
		return 2;
	status = release_open(argv[1], &r, &e);
	for (struct actor actor = { argv[2], argv[3], NULL, NULL }; status == 0 && getline(&line, &room, stdin) > 0;)
		status = add(r, &actor, line, &e);
	if (status)
		fprintf(stderr, "bench_publish_fill: %s\n", e.text);
	free(line);
	release_close(r);
	return status ? 1 : 0;
}
