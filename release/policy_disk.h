/* policy_disk.h - a policy file and what lies beside it, as somebody is about to check it or put it in force. */
#pragma once
#include "release/release.h"

enum { POLICY_MAX = 1 << 20 }; /* a policy, or a file of it */
struct policy_disk {
	const char *file;  /* where the policy is */
	struct release *r; /* NULL: nothing is in force; else files that are not on disk stay as they are */
	char *text;        /* the rest is made by policy_disk_read */
	size_t len;
	json_t *json, *files; /* files: PATH: digest, as it would be in force */
	json_t *bytes;        /* PATH: new bytes, to be kept; unpublished ones with their salt */
	json_t *warnings;
};
int policy_disk_read(struct policy_disk *d, struct err *e) MUST;
void policy_disk_done(struct policy_disk *d);
/* One file: its form, and its bytes as they are kept (salted when it is not published). */
int policy_disk_file(const json_t *about, const char *file, char **ret, size_t *ret_len, struct err *e) MUST;
char *policy_beside(const char *file, const char *name); /* malloc */
/* People and vendors whose certificate is not in the keyring, as warnings. */
void policy_missing_certificates(const json_t *policy, struct keyring *ring, json_t *warnings);
