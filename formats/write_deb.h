/* write_deb.h - what the parts of the deb writer share; for formats/ only. */
#pragma once
#include "base/text.h"
#include "formats/writer.h"

extern const struct writer writer_deb;

/* What the pass over the payload left for the control archive. */
struct deb_facts {
	struct text md5sums, conffiles;
	uint64_t installed_kib;
};

/* What a deb cannot hold, counted by kind; one loss a kind is told, with its first paths. */
enum lost_kind {
	LOST_XATTR,
	LOST_ACL,
	LOST_SELINUX,
	LOST_CAPABILITIES,
	LOST_SPARSE,
	LOST_NANOSECONDS,
	LOST_GHOST,
	LOST_DOC,
	LOST_REPLACE,
	LOST_MISSINGOK,
	LOST_LATE_DIR,
	LOST_KINDS
};
struct deb_losses {
	struct {
		size_t count;
		char *paths;
	} of[LOST_KINDS];
};
void deb_lose(struct deb_losses *l, enum lost_kind kind, const char *path);
/* Into pkg->lost; capabilities are left out when the package's scripts set them (field "deb:capabilities-handled"). */
void deb_losses_tell(const struct deb_losses *l, struct pkg *pkg, const char *target);
void deb_losses_done(struct deb_losses *l);

/* ar(5) header of one member; size at most AR_SIZE_MAX. */
#define AR_SIZE_MAX UINT64_C(9999999999)
enum { AR_HEADER = 60 };
void ar_header(char ret[AR_HEADER], const char *name, int64_t mtime, uint64_t size);
/* A whole member from a stretch of a file, padded; over AR_SIZE_MAX is E_LIMIT_SIZE. */
int ar_member_write(int fd, const char *name, int64_t mtime, const struct payload_copy *from, struct err *e) MUST;

/* The control file. E_METADATA for what dpkg would refuse. */
int deb_control_text(const struct pkg *pkg, uint64_t installed_kib, struct text *ret, struct err *e) MUST;
/* Name, version, architecture, relations: what dpkg would refuse is E_METADATA. */
int deb_check(const struct pkg *pkg, struct err *e) MUST;
char *deb_file_name(const struct pkg *pkg); /* malloc */
/* The whole control.tar into out: control, then the others by name; notes what does not fit in pkg->lost. mtime: of every member. */
int deb_control_tar(struct out *out, struct pkg *pkg, const char *target, const struct deb_facts *facts, int64_t mtime,
	char **ret_control, struct err *e) MUST;
