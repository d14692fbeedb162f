/* rpm_files.h - the file list of an rpm's header: what the payload must hold, exactly. */
#pragma once
#include "formats/guard.h"
#include "formats/rpm_header.h"

enum { RPM_NO_SET = -1 };
struct rpm_file {
	const char *path; /* normalised; "/" for the root itself, which is no entry */
	const char *owner, *group, *target, *digest, *capabilities, *selinux;
	uint64_t size;
	uint32_t flags; /* RPMFILE_* */
	uint32_t mtime, inode, device;
	uint16_t mode, rdev;
	uint32_t set_next; /* the next file of its hard link set, in a ring; itself when alone */
	bool seen, sent;
};
struct rpm_files {
	struct rpm_file *at;
	uint32_t len;
	uint32_t *by_path; /* sorted */
	bool has_large;    /* a file that a plain cpio member cannot hold */
};
/* Strings live in a; E_CORRUPT when the header's arrays do not fit together. */
/* is_source: names have no folders; they get "/". */
int rpm_files_load(const struct rpm_header *h, bool is_source, const struct limits *limits, struct guard *guard,
	struct arena *a, struct pkg *pkg, struct rpm_files *ret, struct err *e) MUST;
void rpm_files_done(struct rpm_files *f);
/* The file's place, or -1. name as in the payload: "./usr/x", "/usr/x" or "usr/x". hint: where it probably is. */
int64_t rpm_files_find(const struct rpm_files *f, const char *name, uint32_t hint);
/* Everything but hard link names. */
int rpm_file_entry(const struct rpm_file *f, struct pkg *pkg, struct entry *ret, struct err *e) MUST;
