/* cmd.h - the commands' entries for the table in commands.c, and the printing they share. */
#pragma once
#include "base/record.h"
#include "cli/cli.h"
#include "formats/pkg.h"

/* One declaration a line: two changes that each add a command do not meet. */
extern const struct command cmd_advisory_import, cmd_advisory_list;
extern const struct command cmd_audit_export;
extern const struct command cmd_audit_show;
extern const struct command cmd_audit_verify;
extern const struct command cmd_calendar;
extern const struct command cmd_candidate_list;
extern const struct command cmd_candidate_show;
extern const struct command cmd_candidate_withdraw;
extern const struct command cmd_capture;
extern const struct command cmd_channel_adopt;
extern const struct command cmd_channel_client;
extern const struct command cmd_channel_diff, cmd_channel_history, cmd_channel_resume, cmd_channel_stop;
extern const struct command cmd_channel_list;
extern const struct command cmd_channel_show;
extern const struct command cmd_channel_tree;
extern const struct command cmd_checks;
extern const struct command cmd_completion;
extern const struct command cmd_convert;
extern const struct command cmd_deputy_add;
extern const struct command cmd_deputy_end;
extern const struct command cmd_deputy_list;
extern const struct command cmd_diff;
extern const struct command cmd_audit_report, cmd_audit_reconcile, cmd_hooks_list, cmd_hooks_run, cmd_evidence_add;
extern const struct command cmd_export, cmd_import, cmd_site_add, cmd_site_list;
extern const struct command cmd_report, cmd_report_add, cmd_report_list;
extern const struct command cmd_expect_list, cmd_expect_sign, cmd_expect_withdraw;
extern const struct command cmd_finding_accept;
extern const struct command cmd_finding_list;
extern const struct command cmd_formats;
extern const struct command cmd_gate;
extern const struct command cmd_gc, cmd_fsck, cmd_backup, cmd_restore;
extern const struct command cmd_help;
extern const struct command cmd_init;
extern const struct command cmd_inspect;
extern const struct command cmd_key_list;
extern const struct command cmd_key_new;
extern const struct command cmd_key_package;
extern const struct command cmd_key_refresh;
extern const struct command cmd_key_revoke;
extern const struct command cmd_policy_check;
extern const struct command cmd_policy_map;
extern const struct command cmd_policy_replace;
extern const struct command cmd_policy_show;
extern const struct command cmd_pull;
extern const struct command cmd_recipe_approve, cmd_recipe_check;
extern const struct command cmd_recipe_new;
extern const struct command cmd_release;
extern const struct command cmd_rfc_agenda;
extern const struct command cmd_rfc_brief;
extern const struct command cmd_rfc_condition_met;
extern const struct command cmd_rfc_consent;
extern const struct command cmd_rfc_export;
extern const struct command cmd_rfc_edit;
extern const struct command cmd_rfc_fields;
extern const struct command cmd_rfc_list;
extern const struct command cmd_rfc_open;
extern const struct command cmd_rfc_schedule;
extern const struct command cmd_rfc_show;
extern const struct command cmd_rfc_statement;
extern const struct command cmd_rfc_states;
extern const struct command cmd_rfc_vote;
extern const struct command cmd_rfc_withdraw;
extern const struct command cmd_rollback;
extern const struct command cmd_root_create;
extern const struct command cmd_root_list;
extern const struct command cmd_root_refresh;
extern const struct command cmd_root_remove;
extern const struct command cmd_run_due;
extern const struct command cmd_serve;
extern const struct command cmd_shell;
extern const struct command cmd_sign;
extern const struct command cmd_status;
extern const struct command cmd_submit;
extern const struct command cmd_test;
extern const struct command cmd_trust_export;
extern const struct command cmd_verify;

extern const struct command cmd_rfc_reject, cmd_rfc_not_installed, cmd_rfc_resubmit, cmd_rfc_priority, cmd_rfc_dispute,
	cmd_rfc_decide, cmd_rfc_pir;

void print_warnings(const struct cli *c, const struct pkg *p); /* to stderr */

/* ---- findings.c */
void print_findings(const struct cli *c, const json_t *findings);     /* to stdout, grouped by severity, worst first */
void print_findings_sum(const struct cli *c, const json_t *findings); /* one line: counts, impact floor */
int finding_severity(const json_t *finding);                          /* one that cannot be read is critical */
size_t findings_count(const json_t *findings, int severity);
enum severity findings_worst(const json_t *findings);
/* The label, and the text behind it wrapped to the terminal, escaped. */
void say_wrapped(int indent, const char *label, const char *text);
/* ---- cmd_checks.c */
struct check;
int explain_check(const struct cli *c, const char *id, struct err *e) MUST;
json_t *check_json(const struct check *k);

void print_losses(const struct cli *c, const json_t *lost); /* to stderr */

/* ---- cmd_convert.c: what goes into packages */
enum { WORDS_MAX = 64 }; /* targets, and --set */
/* "deb,rpm" and repeated --to, as one list; the strings stay in *store. */
int targets_of(const struct cli *c, char *store[], const char *ret[WORDS_MAX], size_t *ret_len, struct err *e) MUST;
int settings_of(const struct cli *c, const char *ret[WORDS_MAX], size_t *ret_len, struct err *e) MUST;

/* cmd_test.c: what the store's policy asks of a test machine holds without a candidate as well; *ret (malloc) NULL where there is no store. */
int required_here(struct cli *c, char **ret, int64_t *ret_max_age, struct err *e) MUST;

/* cmd_pull.c: --keep N, or 3. */
int keep_of(const struct cli *c, unsigned *ret, struct err *e) MUST;

/* ---- store.c: commands that work on a store */
#include "release/release.h"
void auto_release(struct release **r);
#define AUTO_RELEASE __attribute__((cleanup(auto_release))) struct release
int store_of(struct cli *c, struct release **ret, struct err *e) MUST;
/* --trust FILE, read. New reference. */
int trust_of(const struct cli *c, json_t **ret, struct err *e) MUST;
struct actor actor_of(const struct cli *c);
/* A JSON value as indented lines for a person. */
void print_tree(const json_t *value, int depth);
/* A table of objects: columns "key:TITLE:width", NULL ends. */
void print_table(const json_t *list, const char *const *columns);
/* "rule  text" lines. */
void print_reasons(const struct cli *c, const json_t *reasons);
/* A refusal: the error and the answer's "reasons", or the answer as JSON with "error" in it; steals the answer; returns 1. */
int print_refusal(struct cli *c, json_t *answer, const struct err *e);
/* Prints value as JSON with --json, else as a tree; steals it; returns 0. */
int print_value(struct cli *c, json_t *value);
/* ---- findings.c, of candidates */
/* What the evidence of these candidates (names, or objects with "id") found, each once, with acceptances. */
int findings_of(struct release *r, const json_t *candidates, json_t **ret, struct err *e) MUST;
/* The value as print_value does, and the findings grouped below it (with --json as its member). Steals both. */
int print_with_findings(struct cli *c, json_t *value, json_t *findings);
/* ---- cmd_brief.c: the page of an RfC; role NULL: the board's. */
int print_brief(struct cli *c, struct release *r, const char *id, const char *role, const char *format, struct err *e)
	MUST;
