/* memory.h - signatures that gpg found good are not shown to it again: what a process found is kept in the log index's file, for the next one.
 *
 * So is what gpg says of the policies' keys (sign.h, keyring_told), by which plain signatures are judged without it.
 * It only ever spares a question that was answered "good" for the same bytes, the same signature, the same key and the same certificates: a new
 * certificate, or a revocation, makes other names. The signature of a fresh act is always judged, and whoever has no index (audit, verify, pull) judges all
 * and asks gpg about the keys itself.
 * The signer's file is its own; the command's is a cache that fools nobody but those who may write it. */
#pragma once
#include "release/gate/policy.h"

enum { MEMORY_NAME = 65 };
/* ret: the name of a good signature, judged as of `at` (0: as of the day it is asked, or of the act's time); "": it cannot be remembered. */
struct memory_of {
	const char *bytes;
	size_t len;
	const char *sig;
	size_t sig_len;
	const char *fingerprint; /* of the primary key that it is good by */
	int64_t at;
};
void memory_of_signature(
	const struct policies *p, const char *kind, const struct memory_of *what, char ret[MEMORY_NAME]);
/* The name of certificates that gpg took in that order; content: the keyring's with them. */
void memory_of_ring(const char *content, char ret[MEMORY_NAME]);

/* Before something is verified with the policies' keyring: it hears what gpg said of these keys to an earlier process. */
void memory_ring(struct policies *p);

bool memory_has(struct policies *p, const char *name);
void memory_note(struct policies *p, const char *name);
void memory_keep(struct policies *p); /* writes down what was noted; what cannot be kept is found out again */
