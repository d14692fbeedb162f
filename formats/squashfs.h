/* squashfs.h - reading a squashfs image (version 4.0) that stands somewhere in a file: alone, in an AppImage, in a snap.
 *
 * Debian's libsquashfs decompresses; every number of the superblock, of inodes, directories and tables is read and checked here before it
 * is used, so that nothing is allocated because an image says so. Format: the kernel's Documentation/filesystems/squashfs.rst and
 * fs/squashfs/squashfs_fs.h. Directories that contain themselves are E_LOOP; a file that two names lead to is a hard link set. */
#pragma once
#include "formats/guard.h"

struct squashfs;
/* The image begins at `at` and may use up to `room` bytes of the file. fd and limits are borrowed. */
int squashfs_open(int fd, uint64_t at, uint64_t room, const struct limits *limits, struct squashfs **ret, struct err *e)
	MUST;
void squashfs_close(struct squashfs *q); /* NULL is fine */
#define AUTO_SQUASHFS __attribute__((cleanup(squashfs_auto))) struct squashfs
void squashfs_auto(struct squashfs **q);
/* Bytes of the image, counted from its beginning; what stands behind them is padding. */
uint64_t squashfs_size(const struct squashfs *q);
/* The content of one file (malloc, NUL after the end), at most `most` bytes (else E_LIMIT_METADATA). Components are fnmatch patterns, the first that
 * fits counts; links within the image are followed. 0 with *ret_bytes NULL: there is none. */
int squashfs_file(
	struct squashfs *q, const char *pattern, size_t most, char **ret_bytes, size_t *ret_len, struct err *e) MUST;
/* All entries to the guard, which is neither begun nor finished here. pkg takes warnings and losses. is_nodev: at home the image is mounted
 * so that devices in it do not work (AppImage); they are left out with a word instead of refused. */
int squashfs_pass(struct squashfs *q, struct guard *g, struct pkg *pkg, bool is_nodev, struct err *e) MUST;
/* A byte that is not zero behind the image, up to `room`: warned of. */
int squashfs_tail(const struct squashfs *q, struct pkg *pkg, struct err *e) MUST;

/* snap_yaml.c: metadata of a snap from its meta/snap.yaml (the "snap format" page of snapcraft's reference). */
int snap_metadata(const char *text, size_t len, struct pkg *pkg, struct err *e) MUST;
