/* takeout.h - files taken out of a live test root with all that a package can carry, as a pax archive: for captures and kept roots. */
#pragma once
#include "formats/pkg.h"
#include "sandbox/launch.h"

struct taken {
	struct entry entry; /* owners as numbers; names are the caller's to fill in */
	uint64_t device, inode;
	uint32_t links; /* names that the inode has */
	bool is_there, is_socket;
};
/* Strings in the arena. SELinux labels are left out: they are this machine's. */
int takeout_look(struct sandbox *s, const char *path, struct arena *a, struct taken *ret, struct err *e) MUST;
/* The content of a file, exactly `size` bytes, in pieces; one that changes meanwhile is an error. */
int takeout_read(struct sandbox *s, const char *path, uint64_t size,
	int (*piece)(void *context, const void *bytes, size_t len, struct err *e), void *context, struct err *e) MUST;
/* A pax archive of exactly these (sorted by path, no sockets) to fd. Further names of a file that is among them are hard links. */
int takeout_write(struct sandbox *s, struct taken *at, size_t len, int fd, struct err *e) MUST;
