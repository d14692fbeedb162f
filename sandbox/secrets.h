/* secrets.h - what a copy of this machine does not show, beyond the plan's fixed places. */
#pragma once
#include "sandbox/launch.h"

/* Replaces every hash of /etc/shadow and /etc/gshadow inside by "*", and empties files of passwords that packages rewrite themselves. */
int secrets_replace(struct sandbox *s, struct err *e) MUST;
char *secrets_without_hashes(const char *text); /* malloc */
/* Calls hide with each place of this machine to be hidden that has no fixed name: host keys, folders at the top that no standard knows,
 * the caller's home, the root images. */
void secrets_each(void (*hide)(void *context, const char *path), void *context);

/* Every place that a copy of this machine must not show, resolved: those named (NULLs and what is missing are passed over), the caller's
 * keys, and what secrets_each finds. */
struct hidden {
	const char **at;
	size_t len, room;
};
void hidden_find(const char *const *named, size_t len, struct hidden *ret);
void hidden_done(struct hidden *h);
