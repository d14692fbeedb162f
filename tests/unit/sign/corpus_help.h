/* corpus_help.h - finding the corpus for tests of sign/: SLUICE_CORPUS, else shared/corpus beside the sources; unpacked where it is packed. */
#pragma once
#include "base/fs.h"
#include "base/proc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *corpus_temporary;

/* The folder with keys/, real/ and malformed/; NULL: there is none (said loudly). */
static const char *corpus_open(void)
{
	static const char *const wanted[] = { "keys", "real/sig", "malformed/sig", "malformed/keys",
		"real/tar/upstream", "real/repo-apt", "malformed/repo-apt", "real/deb", "malformed/deb", "real/rpm",
		"malformed/rpm" };
	const char *given = getenv("SLUICE_CORPUS");
	char *dir = mem_strdup(given ? given : TEST_DATA "/../../../shared/corpus");
	char *unpacked = fs_join(dir, "real"), *packed = fs_join(dir, "corpus.tar.zst");
	const char *argv[8 + COUNT(wanted)] = { "tar", "--zstd", "-xf", packed, "-C", NULL };
	struct err e = { 0 };

	if (fs_exists(unpacked)) {
		corpus_temporary = NULL;
		free(unpacked);
		free(packed);
		return dir;
	}
	if (!fs_exists(packed)) {
		fprintf(stderr, "SKIPPED: no corpus at %s (set SLUICE_CORPUS)\n", dir);
		free(unpacked);
		free(packed);
		free(dir);
		return NULL;
	}
	if (fs_temp_dir("corpus", &corpus_temporary, &e)) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	argv[5] = corpus_temporary;
	for (size_t i = 0; i < COUNT(wanted); i++)
		argv[6 + i] = wanted[i];
	argv[6 + COUNT(wanted)] = NULL;
	if (proc_must(argv, &e)) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	free(unpacked);
	free(packed);
	free(dir);
	return corpus_temporary;
}

static void corpus_close(void)
{
	struct err e = { 0 };

	if (corpus_temporary)
		fs_remove_tree(corpus_temporary, &e);
}
