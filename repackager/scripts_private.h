/* scripts_private.h - what scripts*.c share. */
#pragma once
#include "repackager/scripts.h"
#include "repackager/shell.h"

/* The four scripts that both families have, and rpm's two around a transaction. */
enum slot { SLOT_PRE, SLOT_POST, SLOT_PREUN, SLOT_POSTUN, SLOT_PRETRANS, SLOT_POSTTRANS, SLOT_VERIFY, SLOTS };

/* The organisation's own: house and recipe. Outermost first in `before`, last in `after`. */
struct own_script {
	const char *interpreter, *body, *function;
	size_t len;
	enum event event;
};
struct own_scripts {
	struct own_script *at;
	size_t len, room;
};

struct scripts_build {
	const struct scripts_job *job;
	struct pkg *to;
	enum family home, into;
	bool has_vendor; /* the vendor brought scripts of a family at all (not a plain archive) */
	struct shell slots[SLOTS];
	struct own_scripts before, after;
	const char *state;   /* folder where the installed version keeps what the next one calls; quoted for sh */
	const char *version; /* of the vendor, in his family's letters; quoted for sh */
};

/* The vendor's script of that source name ("preinst", "%pre"), unless the recipe drops it. */
const struct script *scripts_vendor(const struct scripts_build *b, const char *source);
bool scripts_has_own(const struct scripts_build *b, enum event event);
/* `case` lines that run the organisation's own for the event in $sluice_event. */
void scripts_run_own(struct scripts_build *b, enum slot slot, const struct own_scripts *list);
int scripts_load_own(struct scripts_build *b, struct err *e) MUST;

/* Lines for users, services and capabilities (scripts_generated.c); each adds to the slot's lines when there is something to do.
 * The shell variable sluice_event holds the canonical event there. */
void scripts_users(struct scripts_build *b);
void scripts_services_up(struct scripts_build *b);    /* into SLOT_POST */
void scripts_services_down(struct scripts_build *b);  /* into SLOT_PREUN */
void scripts_services_after(struct scripts_build *b); /* into SLOT_POSTUN */
bool scripts_has_capabilities(const struct scripts_build *b);
void scripts_capabilities(struct scripts_build *b); /* deb, into SLOT_POST */

/* Shell functions; sluice_compare A B sets sluice_order to lt, eq or gt as dpkg orders versions (scripts_compare.c). */
extern const char scripts_compare[];

/* Helpers of the other family that the vendor's text calls: replaced, or lost (scripts_helpers.c). */
void scripts_helpers(struct scripts_build *b, const struct script *s, enum slot slot);

/* Units that rpm's macros would have handled by a helper Debian lacks (scripts_units.c). */
void scripts_units(struct scripts_build *b, const struct script *s);

/* The two directions and the way home. */
/* Shell lines that set sluice_event from $1 as rpm calls that slot; "": none. */
const char *scripts_rpm_event(enum slot slot);
int scripts_home(struct scripts_build *b, struct err *e) MUST;
int scripts_into_deb(struct scripts_build *b, struct err *e) MUST;
int scripts_into_rpm(struct scripts_build *b, struct err *e) MUST;
/* A text that the next version will call, kept in the state folder as NAME beside NAME.by, its interpreter. */
void scripts_keep(struct scripts_build *b, enum slot slot, const char *name, const struct script *s);
/* The shell function sluice_kept: NAME ARG... runs what scripts_keep kept, nothing when there is nothing. */
void scripts_kept_function(struct scripts_build *b, enum slot slot, const char *environment);
/* The generated scripts of all used slots into the package, with what they need. */
int scripts_emit(struct scripts_build *b, struct err *e) MUST;
int scripts_need(struct scripts_build *b, enum rel_kind kind, const char *name, struct err *e) MUST;
void scripts_lose(struct scripts_build *b, enum loss_class class, const struct script *s, const char *why);
