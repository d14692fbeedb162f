/* agent.h - signatures made by the key's agent itself: gpg is not started for each. Private to sign/. */
#pragma once
#include "sign/gpg.h"
#include "sign/signature_make.h"

struct agent_signer {
	struct signing signing; /* first */
	int fd;                 /* -1: cannot be used; gpg signs */
	char grip[41];
};
/* ready: the home as gpg uses it, its agent running; which: fingerprint of the subkey that gpg signs with. A key that only gpg can use: fd stays -1. */
void agent_signer_open(struct agent_signer *a, const char *ready, gpgme_key_t key, const char *which);
void agent_signer_done(struct agent_signer *a);

/* agent_answer.c: what the agent answers to PKSIGN, as the numbers of an OpenPGP signature. -1: it is of another form. */
int agent_numbers_read(
	const unsigned char *bytes, size_t len, int algorithm, struct signature_numbers *ret, struct err *e) MUST;
