/* trial.h - one scenario being tried in one live root; shared by the scenario files. Only test.h is for others. */
#pragma once
#include "base/event.h"
#include "base/json.h"
#include "base/record.h"
#include "sandbox/expect.h"
#include "sandbox/launch.h"
#include "sandbox/logs.h"
#include "sandbox/package_tables.h"
#include "sandbox/plans.h"
#include "sandbox/test.h"
#include "sandbox/watched.h"

/* Where the packages lie inside. */
#define INSIDE_NEW "/run/sluice/new"
#define INSIDE_OLD "/run/sluice/old"
#define INSIDE_WITH "/run/sluice/with"

/* How much of one scenario is told. A hostile package makes as much of everything as it likes, and a result that is too large to be carried
 * would be no result. Bytes are counted as they are shown (a control byte is four). What is over is counted, and a finding says so:
 * an ordinary package never comes near the bounds of bytes, so to pass one fails the scenario. */
enum { LISTED_MAX = 20000, LISTED_BYTES = 16 << 20 /* names and link targets of changes */, SCRIPTS_TOLD = 10000 };
enum { FINDINGS_MAX = 2000, FINDINGS_BYTES = 8 << 20 /* twice that for what fails the scenario */ };
enum { LOGS_TOLD = 1000, LOG_BYTES = 32 << 20 /* of lines that speak of failure */, LEARNT_MAX = 200000 };
enum { OUTPUT_BYTES = 64 << 20 /* of all commands */, USERS_LISTED = 1000, UNITS_LISTED = 2000 };
struct told {
	size_t changes, findings, logs, output; /* bytes */
	size_t entries;                         /* changes, by number */
	uint64_t unlisted;                      /* of changes */
	bool is_findings_cut, is_failures_cut, is_scripts_cut, is_output_cut;
};

struct trial;
/* What differs between dpkg and rpm. Each returns 0 also when the package manager refused: then *ret_ok is false. */
struct manager {
	const char *format; /* "deb" */
	/* Before the packages: the root is made ready. */
	int (*prepare)(struct trial *t, struct err *e);
	/* {"name","version","architecture"} of one package file */
	int (*describe)(struct trial *t, const char *file, json_t **ret, struct err *e);
	/* What the packages need and the given folders hold is installed first: it is part of the system that they come to. */
	int (*dependencies)(struct trial *t, struct err *e);
	int (*install)(struct trial *t, const char *const *files, bool *ret_ok, struct err *e);
	int (*remove)(struct trial *t, bool *ret_ok, struct err *e);
	int (*purge)(struct trial *t, bool *ret_ok, struct err *e); /* NULL: the format has none */
	/* Configuration files of the installed packages, as an array of paths. */
	int (*conffiles)(struct trial *t, json_t **ret, struct err *e);
	/* A command that prints the files of all installed packages, one a line; ends with NULL. */
	const char *const *owned;
	/* After a command that failed or was killed: what an administrator does before trying again; NULL: nothing. */
	const char *const *heal;
	unsigned retry_seconds; /* and how long they take at least */
	/* Heads of commands that tell how the packages whose names follow are installed; with and without names. NULL ends. */
	const char *const *status, *const *audit;
	/* The head of a command that prints the files of the packages whose names follow; ends with NULL. */
	const char *const *holds;
	/* Adds what the package manager told about scripts to t->scripts. */
	void (*scripts)(struct trial *t, const struct command_result *r);
	/* A command that lists the files of a package given after it, one a line; ends with NULL. */
	const char *const *list;
	const char *noise; /* lines that begin so are for us, not for the log; or NULL */
};
extern const struct manager manager_deb, manager_rpm;

struct watch { /* the state to compare with */
	struct changes changes;
	char *passwd, *group, *shadow;
	json_t *listening;
	struct processes processes;
};
void watch_done(struct watch *w);

struct trial {
	const struct test *test;
	const struct manager *manager;
	const struct root *root;
	const struct expectations *expect;
	const struct plan *plan;
	const struct plan *plain; /* when the booted one does not come up; NULL: that is an error */
	char *boot_error;         /* why it did not; NULL: it did, or was not tried */
	struct sandbox *sandbox;
	const char *const *new_files, *const *old_files; /* inside; end with NULL */
	json_t *packages;                                /* the new ones, described */
	struct watch before;
	struct package_tables tables; /* before, too */
	/* the result */
	json_t *steps, *scripts, *findings, *expectations, *logs, *processes_left, *listening, *users_added, *units,
		*provided, *changes, *entries, *variants;
	struct text log;     /* every command with its output */
	json_t *log_read;    /* {path: how far it was read}; NULL: nothing is examined */
	json_t *log_excused; /* lines of the journal about units that a test root cannot run, as a map; or NULL */
	bool has_no_journal; /* the root keeps none, and none has begun */
	json_t *log_digests; /* {digest: true} of every line that speaks of failure */
	json_t *users_gone;  /* logs_learn: users that the packages made and their purge took away; or NULL */
	json_t *owned; /* paths that packages still installed hold, when dependencies came along and it matters; or NULL */
	bool asks_purge; /* a package asks (debconf) what to do with its data at the purge; the answer here is the default */
	bool is_failed, is_upgrading, is_reinstalling, needs_apt;
	bool is_refused; /* a package that no package manager can read: bad input, no result */
	struct told told;
	int64_t ms;
	int64_t began,
		step_at; /* when the scenario began, on the machine's steady clock; when the last step began, since then */
	/* profiles and services (profile.h, services.h) */
	bool is_booted; /* profile systemd */
	struct {
		int64_t at;
		uint64_t who;
		unsigned rests;
	} alive;              /* services_watch: since when was watched, which processes lived, how long they sleep */
	json_t *services;     /* [{"unit","after_install","after_remove"}] */
	json_t *mute;         /* init scripts that did not say their status in time, as a map; or NULL */
	json_t *system_units; /* unit files that were there before the packages, as a map; NULL: not booted */
	int64_t boot_ms, power_off_ms;
	struct text service_text;  /* accounts_services: what starts the packages' services */
	json_t *accounts, *kernel; /* accounts.h, kernel_lines.h */
	json_t *bound;             /* {"tcp/80": ["0.0.0.0", "::"]} of t->listening: bound.h */
	struct observed observed;  /* calls, conversations, ports: watched.h */
	/* capture's part: a person's look */
	bool has_looked;
	int shell_exit;
	struct fault fault;   /* what the next step meets; FAULT_NONE: nothing */
	bool is_made_to_fail; /* a script that is killed in this step is no finding */
	unsigned layers;      /* that stood between it and this machine; 0: it did not start */
};

/* What was left running may be another package's: a booted root is asked (test.c). */
#define CHECK_OTHERS_SERVICE "service-of-another"

/* Runs and records a step; what: shown instead of argv when not NULL. */
int trial_step(struct trial *t, const char *const *argv, struct command_result *ret, struct err *e) MUST;
/* Runs without recording: questions. *ret: stdout and stderr, malloc; exit other than 0 is *ret NULL. */
int trial_ask(struct trial *t, const char *const *argv, char **ret, struct err *e) MUST;
/* What the log gets of an output: of many commands that print much, the first are kept. */
const char *trial_kept(struct trial *t, const char *output);
/* A finding at `high` and above fails the scenario. */
void trial_find(struct trial *t, enum severity s, const char *check, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* at: milliseconds since the step's beginning. */
/* A person looks at the root as it is now; why "": he asked for it. What goes wrong with that is told, not returned. */
void trial_look(struct trial *t, const char *why);
void trial_script(struct trial *t, const char *event, const char *source, const char *package, const char *arguments,
	int exit, int64_t at, int64_t ms);
const char *trial_package(const struct trial *t, size_t i); /* its name; NULL past the end */
int64_t trial_clock(void);                                  /* steady, milliseconds */
/* The name of an id in passwd(5) or group(5) text; the number when it has none; malloc. */
char *trial_name_of(const char *table, unsigned id);

/* observe.c */
int watch_take(struct trial *t, struct watch *ret, struct err *e) MUST;
bool watch_knows(const struct watch *w, const char *path); /* had it changed by then? */
/* The ports that listen now, as an array of "tcp/80". */
int watch_ports(struct trial *t, json_t **ret, struct err *e) MUST;
/* After an installation: changes, users, listening, units, logs into the result. */
int observe_installed(struct trial *t, struct err *e) MUST;
/* After a removal: what is left over that was not there before. */
int observe_left(struct trial *t, bool purged, struct err *e) MUST;
bool is_books(const char *path); /* the package manager's own files */
/* ---- lasting.c: what must outlast a second operation: an administrator's edits, data, users, daemons, ports. */
struct lasting {
	json_t *edited;  /* path: the line that was added, or the whole content's digest */
	json_t *planted; /* data files that we put beside the package's own */
	json_t *users;
	struct processes daemons;
	json_t *ports;
};
void lasting_done(struct lasting *l);
/* After an installation: edits, plants and remembers. */
int lasting_take(struct trial *t, struct lasting *ret, struct err *e) MUST;
/* After the operation. same: the same version is installed as before, so that nothing may be missing. */
int lasting_check(struct trial *t, const struct lasting *l, bool same, const char *operation, struct err *e) MUST;
/* The part of both that only looks: users, daemons, ports. */
int lasting_take_alive(struct trial *t, const struct watch *now, struct lasting *ret, struct err *e) MUST;
int lasting_check_alive(struct trial *t, const struct lasting *l, bool same, const char *operation, struct err *e) MUST;
bool lasting_is_planted(const char *path);
/* Does that port of before (an array of "udp/53") listen now, or one that stands for it? */
bool lasting_listens(const json_t *before, const json_t *now, const char *port);
/* Waits until what the packages started runs and listens as remembered, or until patience ends. */
int lasting_settle(struct trial *t, const struct lasting *l, struct err *e) MUST;
/* Waits until every process that came with the packages is gone, or until patience ends. */
int lasting_wait_gone(struct trial *t, struct err *e) MUST;

/* ---- compare.c: is this tree that tree? Books, litter of the machine's own and contents that no package holds are passed over. */
/* Lines that are paths as a map; /bin/x also as /usr/bin/x, where it is the same. */
json_t *trial_paths(const char *lines);
/* The paths that the packages under test hold, as a map. */
int trial_holds(struct trial *t, json_t **ret, struct err *e) MUST;
struct comparison {
	const struct watch *want, *got;
	const json_t *holds;           /* paths that the packages hold */
	const json_t *edited;          /* paths whose content is an administrator's, not compared; or NULL */
	const char *check, *operation; /* of the findings */
	bool is_same_root;             /* both were seen in one root: contents that scripts made count, too */
	bool is_same_version;          /* no other version was in between */
};
/* Returns how many differences weigh `high`. */
unsigned trees_compare(struct trial *t, const struct comparison *c);

/* ---- scenarios of scenario_versions.c */
int try_upgrade(struct trial *t, struct err *e) MUST;
int try_reinstall(struct trial *t, struct err *e) MUST;
int try_downgrade(struct trial *t, struct err *e) MUST;
int try_rollback(struct trial *t, struct err *e) MUST;
int try_cycle(struct trial *t, struct err *e) MUST;
/* ---- scenarios of scenario_faults.c */
int try_failing(struct trial *t, struct err *e) MUST;
int try_interrupted(struct trial *t, struct err *e) MUST;
/* What the scenarios of one root can afford of this: the installed packages come once more, the unpack breaks off, and again. */
int try_broken_off(struct trial *t, const struct lasting *l, struct err *e) MUST;
/* scenario.c: what they share. Installs; a refusal is a finding. */
int trial_install(struct trial *t, const char *const *files, const char *what, bool *ret_ok, struct err *e) MUST;
/* Takes them away and looks at what is left. The last removal that the format knows is the one after which nothing may be. */
int trial_remove(struct trial *t, bool purge, struct err *e) MUST;
/* A second trial of the same packages in a fresh root of its own, for comparing; nothing of it is reported. End with trial_end. */
int trial_begin(struct trial *t, struct err *e) MUST;
struct trial trial_like(const struct trial *t);
void trial_end(struct trial *t);

/* scenario.c: runs one named scenario in a fresh root; the result as JSON. Never fails: what goes wrong is in it. */
json_t *scenario_run(const struct test *t, const struct manager *m, const struct root *root, const struct plan *plan,
	const struct plan *plain, const struct expectations *x, const char *name, const char *const *new_files,
	const char *const *old_files);
bool scenario_known(const char *name);
bool scenario_is_long(const char *name);   /* many roots, one after another: only when asked for */
bool scenario_needs_old(const char *name); /* of a known one */
const char *scenario_name(size_t i);       /* in the order in which they are tried; NULL past the end */

/* report.c */
int report_write(const char *dir, json_t *report, struct err *e) MUST;
void report_trim(json_t *report); /* takes away what only the report itself shows */
