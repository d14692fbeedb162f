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

/* A package of the target that generated lines need. */
struct want {
	const char *name;
	bool is_early; /* before the files come */
};

struct scripts_build {
	const struct scripts_job *job;
	struct pkg *to;
	enum family home, into;
	bool has_vendor; /* the vendor brought scripts of a family at all (not a plain archive) */
	struct shell slots[SLOTS];
	struct own_scripts before, after;
	struct {
		struct want *at;
		size_t len, room;
	} wants;
	const char *state;   /* folder where the installed version keeps what the next one calls; quoted for sh */
	const char *version; /* of the vendor, in his family's letters; quoted for sh */
	bool is_one;         /* the target has one script an event: only that of `one` is being written */
	enum event one;
};

/* ---- home adapters: what the source's package manager would call (scripts_calls.c) */

/* What a failing script means there: the package manager gives up, says so and goes on, says so and keeps the old version (none of whose
 * scripts then runs any more), or counts the package as half done. */
enum failing { FAIL_STOPS, FAIL_WARNS, FAIL_STAYS, FAIL_LATER };
struct call {
	enum event event;
	const char *source;   /* the vendor's script: "preinst", "%pre", ".INSTALL" */
	bool is_old;          /* of the version that goes */
	const char *function; /* pacman's, inside its one script; else NULL */
	const char *
		arguments; /* words of sh; $sluice_version is the new version's, $sluice_old the old one's, in the vendor's letters */
	enum failing failing;
};
struct home {
	const struct call *calls; /* in the order in which they come */
	size_t len;
	const char *title; /* of the generated scripts */
	const char *(*interpreter)(const struct script *s);
	/* What it puts into a script's environment, as "A=b " in front of a command; malloc. NAME: a word of sh, the script's name; NULL: a
	 * trigger, which reads what it is called for. */
	char *(*environment)(const struct scripts_build *b, const char *name);
	void (*tell)(struct scripts_build *b); /* what no other package manager does as this one */
};
const struct home *scripts_home_of(enum family f); /* NULL: FAMILY_NONE */
/* The variables that are not as at home here. */
void scripts_tell_environment(struct scripts_build *b);
/* Whether the target does by itself, or cannot do, what this scriptlet of rpm is for; `lost` says which. */
bool scripts_rpm_is_done(struct scripts_build *b, const struct script *s);

/* ---- target adapters: how the target's own call tells what happens (scripts_managers.c) */

struct manager {
	const char *name;
	bool has_one_an_event; /* scripts (apk) or functions (pacman) by event, not four with arguments */
	bool stops;            /* a failing script before the files stops it */
	bool calls_old;        /* on upgrade it calls the old version's scripts too */
	bool sees_old; /* while the new version's last script of an upgrade runs, the old version's own files are still there */
	bool purges;           /* and remembers what was removed and not purged */
	bool asks;             /* debconf */
	bool passes_stdin;     /* the caller's is the scripts', too */
	bool has_transactions; /* scripts at their beginning and end */
	const char *ldconfig;  /* why a scriptlet that only calls ldconfig need not */
};
extern const struct manager scripts_managers[FAMILIES];
/* Shell lines in front of everything else in a script: sluice_event, sluice_version, sluice_old and what the state folder knows. */
void scripts_head(struct scripts_build *b, enum slot slot, bool has_state);
/* Lines that keep the state folder right: before the vendor's own in a script; behind them in what runs after the files came, inside its
 * mkdir; behind them in what runs after the files went. */
int scripts_state_begin(struct scripts_build *b, enum slot slot, struct err *e) MUST;
void scripts_state_keep(struct scripts_build *b);
void scripts_state_end(struct scripts_build *b);

enum slot scripts_slot_of(enum event event);

/* ---- triggers on paths between apk and the others (scripts_triggers.c) */

const struct script *scripts_apk_trigger(const struct scripts_build *b);   /* NULL: none that the target can call */
void scripts_trigger_lines(struct scripts_build *b);                       /* into SLOT_POST */
int scripts_trigger_interest(struct scripts_build *b, struct err *e) MUST; /* the target is told to call it */
bool scripts_is_path_interest(
	const struct scripts_build *b, const char *text); /* apk's triggers can do what this directive of a deb asks */
int scripts_interest_apk(struct scripts_build *b, struct err *e) MUST;
/* The vendor's scripts from any home on any target that has no file of its own. */
int scripts_across(struct scripts_build *b, struct err *e) MUST;
int scripts_into_none(struct scripts_build *b, struct err *e) MUST;

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

/* Helpers of the other family that the vendor's text calls: replaced, or lost (scripts_helpers.c). */
void scripts_helpers(struct scripts_build *b, const struct script *s, enum slot slot);
/* A shim that the slot's script carries, whether or not the vendor's text names it. */
void scripts_shim(struct scripts_build *b, enum slot slot, const char *word);

/* Scriptlets for rpm's own lua (scripts_lua.c): one of them; whether it reaches for what nothing offers on Debian; the same, and then said in
 * `lost`; what the slot's script needs to run one. */
bool scripts_is_lua(const struct script *s);
bool scripts_lua_misses(const struct script *s);
bool scripts_lua_runs(struct scripts_build *b, const struct script *s);
void scripts_lua(struct scripts_build *b, enum slot slot);

/* rpm's file triggers under dpkg (scripts_deb_triggers.c). Whether it is one that can run here; lines of postinst's configure (is_late: those
 * of a transaction) and of its "triggered"; of prerm, before and behind %preun; of postrm's removal. */
bool scripts_is_file_trigger(const struct script *s);
void scripts_deb_triggers_come(struct scripts_build *b, bool is_late);
int scripts_deb_triggers(struct scripts_build *b, struct err *e) MUST;
void scripts_deb_triggers_go(struct scripts_build *b, bool is_late);
void scripts_deb_triggers_gone(struct scripts_build *b);

/* debconf's questions, answered by their defaults (scripts_debconf.c). */
bool scripts_asks(const struct script *s); /* whether it reads debconf's confmodule; s may be NULL */
void scripts_debconf(struct scripts_build *b, enum slot slot);
void scripts_debconf_tell(struct scripts_build *b);

/* Units that rpm's macros would have handled by a helper Debian lacks (scripts_units.c). */
void scripts_units(struct scripts_build *b, const struct script *s);
/* rpm: units that a deb's scripts enable are disabled when it goes, which at home is done by the purge. */
void scripts_units_go(struct scripts_build *b);

/* deb and rpm under each other's calls, and the way home. */
/* Shell lines that set sluice_event from $1 as rpm calls that slot; "": none. */
const char *scripts_rpm_event(enum slot slot);
void scripts_deb_head(struct scripts_build *b, enum slot slot);
void scripts_rpm_head(struct scripts_build *b, enum slot slot);
void scripts_deb_count(struct scripts_build *b);
extern const char scripts_deb_again[]; /* at the head of postinst: what a configure without a preinst is */
const char *scripts_rpm_interpreter(const struct script *s);
bool scripts_is_ldconfig(const struct script *s);
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
int scripts_need_interpreters(struct scripts_build *b, struct err *e) MUST;
void scripts_lose(struct scripts_build *b, enum loss_class class, const struct script *s, const char *why);
/* Told once, however often it is met. */
void scripts_tell(struct scripts_build *b, enum loss_class class, const char *why, const char *what);
