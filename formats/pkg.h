/* pkg.h - the one canonical package: every reader fills it, every writer consumes it.
 *
 * A pkg owns an arena; every string and array in it lives there. Names are bytes (NUL-terminated, may be any encoding);
 * whoever displays them escapes. Architecture is in rpm's spelling ("x86_64", "noarch"), `architecture_native` as the source wrote it. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/record.h"

/* ---- relations: deb-control(5) fields, rpm requires/provides/... */
enum rel_kind {
	REL_REQUIRES,
	REL_PRE_REQUIRES,
	REL_PROVIDES,
	REL_CONFLICTS,
	REL_OBSOLETES,
	REL_REPLACES,
	REL_BREAKS,
	REL_RECOMMENDS,
	REL_SUGGESTS,
	REL_SUPPLEMENTS,
	REL_ENHANCES,
	REL_KINDS
};
enum rel_op { OP_NONE, OP_LT, OP_LE, OP_EQ, OP_GE, OP_GT };
enum rel_tree { REL_PLAIN, REL_OR, REL_AND, REL_IF, REL_UNLESS, REL_WITH, REL_WITHOUT, REL_ELSE };
struct relation {
	enum rel_kind kind;
	enum rel_tree tree; /* REL_PLAIN: name op version; else `parts` hold the operands in order, name is "" */
	const char *name;
	enum rel_op op;
	const char *version; /* "[epoch:]version[-release]" as the source wrote it; "" when OP_NONE */
	const char *arch;    /* deb's ":any" or "[amd64]" qualifier, "" when none; rpm's (x86-64) stays in the name */
	const char *text;    /* as the source wrote it */
	uint32_t flags;      /* rpm's sense flags beyond the comparison (scriptlet qualifiers, rpmlib), 0 for others */
	struct relation *parts;
	size_t parts_len;
};

/* ---- scripts */
enum event {
	EVENT_PRE_INSTALL,
	EVENT_POST_INSTALL,
	EVENT_PRE_UPGRADE,
	EVENT_POST_UPGRADE,
	EVENT_PRE_REMOVE,
	EVENT_POST_REMOVE,
	EVENT_PURGE,
	EVENT_PRE_TRANSACTION,
	EVENT_POST_TRANSACTION,
	EVENT_VERIFY,
	EVENT_PRE_UNTRANSACTION,
	EVENT_POST_UNTRANSACTION,
	EVENT_CONFIG /* debconf's config */,
	EVENT_TRIGGER,
	EVENT_KINDS
};
struct script {
	enum event event;        /* of its main use: a deb postinst is post-install, a postrm post-remove */
	const char *source;      /* "preinst", "%post", "%triggerin", ... */
	const char *interpreter; /* "/bin/sh", "<lua>"; arguments after blanks; "" when it has none */
	const char *body;        /* the vendor's bytes, NUL added; for deb the "#!" line is part of it */
	size_t len;
	const char *trigger; /* EVENT_TRIGGER: the condition as text ("libfoo >= 2", "/usr/lib/x"); else "" */
	uint32_t priority;   /* rpm's file triggers: the higher runs first; 0 for others */
};
/* A deb trigger directive line or an rpm trigger without script ("interest-noawait /usr/share/x"). */
struct trigger {
	const char *text;
};

/* ---- entries */
enum entry_type { ENTRY_FILE, ENTRY_DIR, ENTRY_SYMLINK, ENTRY_HARDLINK, ENTRY_CHAR, ENTRY_BLOCK, ENTRY_FIFO };
enum entry_flag {
	ENTRY_CONFIG = 1,
	ENTRY_NOREPLACE = 2,
	ENTRY_DOC = 4,
	ENTRY_LICENSE = 8,
	ENTRY_GHOST = 16,
	ENTRY_MISSINGOK = 32,
	ENTRY_README = 64,
	ENTRY_ARTIFACT = 128,
	ENTRY_ADDED = 256 /* ours, not the vendor's: from the recipe */
};
struct xattr {
	const char *name;
	const unsigned char *value;
	size_t len;
};
struct extent {
	uint64_t at, len;
}; /* a stretch of bytes in a file */
struct entry {
	const char *
		path; /* normalised: starts with '/', no trailing '/', no '.', no '..'; the root itself is never an entry */
	enum entry_type type;
	uint32_t mode;             /* permission bits, 07777 */
	const char *owner, *group; /* names; "" when only ids are known */
	int64_t uid, gid;          /* -1: unknown */
	uint64_t size;             /* files: logical bytes; else 0 */
	int64_t mtime;
	uint32_t mtime_ns;
	const char *target; /* symlink: as it stands; hardlink: the path of the set's file; else "" */
	uint32_t dev_major, dev_minor;
	uint32_t flags;                /* enum entry_flag */
	const char *capabilities;      /* text form, cap_to_text(3): "cap_net_raw=ep"; "" */
	const char *selinux;           /* "" */
	const char *acl, *acl_default; /* POSIX.1e text form with names; "" */
	struct xattr *xattrs;          /* others (user.*, ...); capabilities, selinux and ACLs are not repeated here */
	size_t xattrs_len;
	struct extent *extents; /* where a sparse file has data; NULL: dense. Holes reach sinks as data(NULL, len) */
	size_t extents_len;
	const char **links; /* on the file of a hard link set: its other names; see sink.h */
	size_t links_len;
	const char *
		want_digest; /* hex digest the source promised, or ""; its length tells the kind (md5, sha1, sha256, ...) */
	char sha256[65];     /* filled by the digest stage; "" before */
};

/* ---- signatures found; sign/ judges them, formats/ only says which bytes they cover */
enum sig_covers { SIG_HEADER, SIG_PAYLOAD /* header and payload */, SIG_FILE };
struct signature {
	const char *source; /* "RSAHEADER", "_gpgorigin", ... */
	enum sig_covers covers;
	const unsigned char *blob; /* OpenPGP packets or armor */
	size_t len;
	struct extent *ranges; /* byte ranges of the input file it covers, in order */
	size_t ranges_len;
};

/* ---- what a target cannot express; shown to the user, never silent */
enum loss_class { LOSS_NOTE, LOSS_BEHAVIOUR };
struct loss {
	const char *target, *what /* "KIND:TEXT" */, *why;
	enum loss_class class;
};

/* The packed payload as it stands in the input file: what a writer of the same format may take as it is (repackager/payload.h).
 * The reader offers it before the entries come and confirms it behind the last one, when nothing in it needed a lenient reader. */
struct payload {
	uint64_t at, len;  /* byte range of the input file; len 0: nothing is offered */
	int codec;         /* enum codec */
	uint64_t unpacked; /* its bytes when unpacked; 0: not confirmed */
};

struct warning {
	const char *code, *where, *text;
};
struct field {
	const char *name, *value;
};

struct pkg {
	struct arena arena;
	const char *format; /* reader's name */
	const char *name, *version, *release, *architecture, *architecture_native;
	int64_t epoch; /* 0 when none */
	const char *summary, *description, *license, *vendor, *maintainer, *homepage, *section, *changelog;
	const char *control; /* deb: the control file as it stands; else "" */
	int64_t build_time;  /* 0 unknown */
	bool has_metadata;   /* false for a plain archive */
	struct payload payload;
	struct {
		struct relation *at;
		size_t len, room;
	} relations;
	struct {
		struct script *at;
		size_t len, room;
	} scripts;
	struct {
		struct trigger *at;
		size_t len, room;
	} triggers;
	struct {
		struct entry *at;
		size_t len, room;
	} entries;
	struct {
		struct signature *at;
		size_t len, room;
	} signatures;
	struct {
		struct loss *at;
		size_t len, room;
	} lost;
	struct {
		struct warning *at;
		size_t len, room;
	} warnings;
	struct {
		struct field *at;
		size_t len, room;
	} fields; /* further metadata the source had: for lost, and for writers of its own kind */
};

/* All text members become "" and the arena gets that limit (0: none). */
void pkg_init(struct pkg *p, size_t arena_limit);
void pkg_done(struct pkg *p);
/* Each adds a zeroed item whose text members are "" (arena strings); NULL: the arena's limit was reached. */
struct relation *pkg_add_relation(struct pkg *p);
struct script *pkg_add_script(struct pkg *p);
struct trigger *pkg_add_trigger(struct pkg *p);
struct entry *pkg_add_entry(struct pkg *p);
struct signature *pkg_add_signature(struct pkg *p);
void pkg_lose(struct pkg *p, const char *target, enum loss_class class, const char *why, const char *what_fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* code is one of formats.md's; repeated (code, where) pairs are kept once; at most 1,000 are kept. */
void pkg_warn(struct pkg *p, const char *code, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int pkg_field(struct pkg *p, const char *name, const char *value);
const char *pkg_field_get(const struct pkg *p, const char *name); /* NULL */
void entry_init(struct entry *e);                                 /* text members "", ids -1 */
/* Deep copies into `to`; false at its limit. */
bool entry_copy(struct arena *to, const struct entry *from, struct entry *ret);
bool relation_copy(struct arena *to, const struct relation *from, struct relation *ret);
int entry_order(const void *a, const void *b); /* by path bytes, for qsort */
void pkg_sort_entries(struct pkg *p);

const char *rel_kind_name(enum rel_kind k);     /* "requires", "pre-requires", ... */
int rel_kind_parse(const char *name);           /* -1 */
const char *rel_op_name(enum rel_op o);         /* "", "<", "<=", "=", ">=", ">" */
const char *event_kind_name(enum event e);      /* "pre-install", ... */
int event_kind_parse(const char *name);         /* -1 */
const char *entry_type_name(enum entry_type t); /* "file", "dir", ... */
