/* secrets.h - a copy of this machine carries no password hashes. */
#pragma once
#include "sandbox/launch.h"

/* Replaces every hash of /etc/shadow and /etc/gshadow inside by "*". */
int secrets_replace(struct sandbox *s, struct err *e) MUST;
char *secrets_without_hashes(const char *text); /* malloc */
