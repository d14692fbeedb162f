/* accept.c - STORE PERSON GNUPGHOME CANDIDATE FINDING ROLE REASON: accepts a finding, for end-to-end tests. */
#include "release/release.h"
#include <stdio.h>

int main(int argc, char **argv)
{
	struct release *r = NULL;
	struct err e = { 0 };

	if (argc != 8)
		return 2;
	const struct actor who = { argv[2], argv[3], NULL };
	int rc = release_open(argv[1], &r, &e) ||
		finding_accept(r, &who, argv[4], argv[5], argv[6], argv[7], 0, NULL, &e);
	if (rc)
		fprintf(stderr, "accept: %s\n", e.text);
	if (r)
		release_close(r);
	return rc ? 1 : 0;
}
