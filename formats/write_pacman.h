/* write_pacman.h - what the parts of the pacman and apk writers share; for formats/ only. */
#pragma once
#include "base/text.h"
#include "formats/family.h"
#include "formats/mtree_out.h"
#include "formats/writer.h"

extern const struct writer writer_pacman, writer_apk;

/* One line "key = value" of a .PKGINFO; blanks for control bytes; nothing for an empty value. */
void pkginfo_add(struct text *t, const char *key, const char *value);
/* Relations of pkg whose kind is in `kinds` (1 << REL_...), one a line. E_METADATA: the family cannot say it. */
int pkginfo_add_relations(
	struct text *t, const struct pkg *pkg, enum family f, const char *key, unsigned kinds, struct err *e) MUST;
/* Fields of a package of the same family under their own names: those of `keys` (ends with NULL). */
void pkginfo_add_fields(struct text *t, const struct pkg *pkg, const char *const *keys);
/* Name, version, architecture and relations: what the package manager would refuse is E_METADATA. */
int pkginfo_check(const struct pkg *pkg, enum family f, struct err *e) MUST;
/* "[epoch:]version-release"; malloc. */
char *pkginfo_version_text(const struct pkg *pkg);
/* What both cannot hold of the metadata: a description longer than its summary, deb's and rpm's triggers, scripts other than `names`. */
void pkginfo_lose(struct pkg *pkg, const char *target, const char *const *names);
/* One metadata file as a tar member: root's, 0644 or 0755. */
struct out;
int pkginfo_member(struct out *out, const char *name, const void *bytes, size_t len, uint32_t mode, int64_t mtime,
	struct err *e) MUST;

/* --- pacman */
struct pacman_facts { /* what the pass over the payload left for the metadata */
	struct mtree_list rows;
	LIST(const char *) backups; /* "/etc/x" */
	uint64_t bytes;
};
/* The metadata members, in order; facts are sorted, and get their rows. built: time of all of them. */
int pacman_metadata(struct out *out, const struct pkg *pkg, struct pacman_facts *facts, int64_t built, struct err *e)
	MUST;
int pacman_check(const struct pkg *pkg, struct err *e) MUST;
char *pacman_file_name(const struct pkg *pkg); /* malloc */
void pacman_lose(struct pkg *pkg, const char *target);

/* --- apk */
/* The control segment's members, .PKGINFO first, without an end mark: the tar goes on in the data segment. bytes: of all files. */
int apk_control(struct out *out, const struct pkg *pkg, uint64_t bytes, const char *datahash, int64_t built,
	struct err *e) MUST;
int apk_check(const struct pkg *pkg, struct err *e) MUST;
char *apk_file_name(const struct pkg *pkg); /* malloc */
void apk_lose(struct pkg *pkg, const char *target);
