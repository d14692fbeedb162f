/* capture.h - recording what a command does to a root: run twice, each time in a fresh one, so that what differs by itself is known.
 *
 * This only records. What becomes of it (packages, refusals) is decided by repackager/capture.h. */
#pragma once
#include "base/event.h"
#include "base/json.h"
#include "sandbox/replies.h"
#include "sandbox/takeout.h"
#include "sandbox/test.h"

struct capture_job {
	const char *file;      /* put in under its own name, made executable, run with `arguments`; or ... */
	const char *tree;      /* ... a tar file that is unpacked as the working folder, in which `arguments` are run */
	const char *name;      /* what messages call it; NULL: what the file is called */
	const char *directory; /* in the tree; NULL: its top */
	const char *const *arguments; /* ends with NULL */
	const char *root, *roots_dir; /* as struct test has them */
	const char *require;
	const char *const *hide;
	size_t hide_len;
	struct test_limits limits; /* seconds: of the whole run, 1800 */
	struct replies *replies;
	const struct events *events; /* EVENT_DEBUG gets what it prints */
};
struct captured {            /* a path that is not as it was */
	char kind;           /* '+' there now, '*' changed, '-' gone */
	struct taken taken;  /* as the first run left it; of one that is gone only the path */
	const char *differs; /* what the second run made different, "content"; NULL: nothing */
	bool is_old;         /* its time is from before the run, and the same both times: it came with the installer */
};
struct capture;
/* Refused (ERR_INPUT) when the command fails, asks what nobody answers, or cannot be tried twice. *ret_network, also when it fails, where it
 * tried to reach the network (report.json's `network`). */
int capture_record(const struct capture_job *job, struct capture **ret, json_t **ret_network, struct err *e) MUST;
void capture_free(struct capture *c);
/* Sorted by path. The caller may shape the entries before capture_take. */
struct captured *capture_paths(struct capture *c, size_t *ret_len);
struct arena *capture_arena(struct capture *c);
const json_t *capture_left_running(const struct capture *c); /* names of processes that were still there */
/* A file of the root as its image has it, or as the first run left it. *ret_bytes NULL: no such file. Up to 4 MiB. */
int capture_before(struct capture *c, const char *path, char **ret_bytes, size_t *ret_len, struct err *e) MUST;
int capture_after(struct capture *c, const char *path, char **ret_bytes, size_t *ret_len, struct err *e) MUST;
/* These (sorted) as a pax archive, as the first run left them. */
int capture_take(struct capture *c, struct taken *at, size_t len, int fd, struct err *e) MUST;
