/* rpm_write.h - one rpm being written: what its parts share. Part of the rpm writer. */
#pragma once
#include "base/digest.h"
#include "formats/rpm_own.h"
#include "formats/writer.h"
#include <rpm/header.h>

extern const struct writer writer_rpm;

/* One name of the package. The members of a hard link set share an inode. */
struct rpm_written {
	const char *path, *owner, *group, *target, *capabilities;
	uint64_t size;
	uint32_t mtime, flags, inode;
	uint16_t mode, rdev;
	bool is_extra_link; /* counts no bytes of its own */
	bool is_large;      /* stands first in the header, at `number`; its member is a stripped one */
	uint32_t number;
	unsigned char sha256[32];
};

/* What an rpm cannot hold, gathered: one line a kind, with the first paths. */
enum rpm_loss {
	RPM_LOSS_XATTR,
	RPM_LOSS_ACL,
	RPM_LOSS_SELINUX,
	RPM_LOSS_TIME,
	RPM_LOSS_CLAMPED,
	RPM_LOSS_SPARSE,
	RPM_LOSS_OWNER,
	RPM_LOSS_FOLDER,
	RPM_LOSSES
};
struct rpm_lost {
	unsigned count;
	char paths[1024];
};

struct writer_job {
	struct writer_options options;
	struct sink sink;
	struct arena strings;
	LIST(struct rpm_written) files;
	const struct entry *entry; /* the one being written */
	size_t set_from;           /* the files of the entry being written: from here to the end */
	struct rpm_lost lost[RPM_LOSSES];
	uint32_t inodes, large_len;
	uint64_t large_over; /* what a plain cpio member can say: 4 GiB - 1; tests make it small */
	int64_t newest;
	int payload_fd;
	struct out *payload; /* plain bytes go in here */
	struct digest payload_digest, file_digest;
	char payload_sha256[DIGEST_HEX];
	uint64_t archive_size;
	bool has_data, is_closed;
	bool is_altered; /* less than what came: a payload that was copied would hold it */
};

#define RPM_BUILD_HOST "sluice"
/* The package's, else SOURCE_DATE_EPOCH, else that of the newest entry; never after SOURCE_DATE_EPOCH. */
uint32_t rpm_build_time(const struct writer_job *job, const struct pkg *pkg);
/* The main header, with its immutable region; NULL: failed. job->files must be in the header's order. */
Header rpm_write_header(struct writer_job *job, struct pkg *pkg, uint64_t *ret_installed, struct err *e);
/* Parts of it. */
int rpm_put_files(Header h, struct writer_job *job, struct err *e) MUST;
int rpm_put_relations(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e) MUST;
int rpm_put_scripts(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e) MUST;
int rpm_put_changelog(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e) MUST;

/* headerPut with the type spelled out (the signature header's tags have other types than the main header's). */
int rpm_put(Header h, uint32_t tag, uint32_t type, const void *data, size_t count, struct err *e) MUST;
int rpm_put_text(Header h, uint32_t tag, const char *text, struct err *e) MUST; /* "" puts nothing */
int rpm_put_number(Header h, uint32_t tag, uint32_t number, struct err *e) MUST;
/* The blob with its magic; malloc. */
int rpm_blob(Header h, unsigned char **ret, size_t *ret_len, struct err *e) MUST;

void rpm_lost_note(struct writer_job *job, enum rpm_loss kind, const char *path);
void rpm_lost_entry(
	struct writer_job *job, const struct entry *x); /* notes all that this entry has and an rpm has not */
void rpm_lost_tell(const struct writer_job *job, struct pkg *pkg);
bool rpm_is_system_folder(const struct entry *x); /* left out */
