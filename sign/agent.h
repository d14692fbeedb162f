/* agent.h - signatures made by the key's agent itself: gpg is not started for each. Private to sign/. */
#pragma once
#include "base/digest.h"
#include "sign/gpg.h"

struct agent_signer {
	int fd; /* -1: cannot be used; gpg signs */
	int algorithm;
	unsigned char fingerprint[20]; /* of the key or subkey that signs */
	char grip[41];
};
/* What is signed: bytes, or a text whose lines are put in a form of their own first (clear_write.c). */
enum agent_over { AGENT_OVER_BYTES = 0x00, AGENT_OVER_TEXT = 0x01 };
/* ready: the home as gpg uses it, its agent running; which: fingerprint of the subkey that gpg signs with. A key that only gpg can use: fd stays -1. */
void agent_signer_open(struct agent_signer *a, const char *ready, gpgme_key_t key, const char *which);
/* A version 4 signature (SHA-512), binary. message: holds what is covered so far; it is ended. */
int agent_sign(struct agent_signer *a, enum agent_over over, struct digest *message, int64_t at, char **ret_sig,
	size_t *ret_len, struct err *e) MUST;
void agent_signer_done(struct agent_signer *a);

/* agent_answer.c: what the agent answers to PKSIGN, as the numbers of an OpenPGP signature ("mpi": two bytes of length in bits, then the bytes). -1: it is of
 * another form. */
struct agent_numbers {
	unsigned char at[2 * (2 + 1024)];
	size_t len;
};
int agent_numbers_read(const unsigned char *bytes, size_t len, int algorithm, struct agent_numbers *ret, struct err *e)
	MUST;
