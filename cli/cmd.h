/* cmd.h - the commands' entries for the table in commands.c, and the printing they share. */
#pragma once
#include "base/record.h"
#include "cli/cli.h"
#include "formats/pkg.h"

extern const struct command cmd_inspect, cmd_convert, cmd_diff, cmd_verify, cmd_sign, cmd_formats, cmd_checks,
	cmd_completion, cmd_help, cmd_root_create, cmd_root_refresh, cmd_root_list, cmd_root_remove, cmd_test, cmd_init,
	cmd_submit, cmd_candidate_list, cmd_candidate_show, cmd_candidate_withdraw, cmd_rfc_open, cmd_rfc_show,
	cmd_rfc_list, cmd_rfc_edit, cmd_rfc_withdraw, cmd_rfc_fields, cmd_rfc_states, cmd_rfc_vote, cmd_rfc_statement,
	cmd_gate, cmd_policy_show, cmd_recipe_check, cmd_recipe_new, cmd_policy_check, cmd_policy_replace, cmd_status,
	cmd_release, cmd_channel_list, cmd_channel_show, cmd_channel_tree, cmd_channel_client, cmd_trust_export,
	cmd_audit_verify, cmd_audit_show, cmd_shell, cmd_capture, cmd_finding_list, cmd_finding_accept,
	cmd_evidence_add;

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

/* ---- store.c: commands that work on a store */
#include "release/release.h"
void auto_release(struct release **r);
#define AUTO_RELEASE __attribute__((cleanup(auto_release))) struct release
int store_of(struct cli *c, struct release **ret, struct err *e) MUST;
struct actor actor_of(const struct cli *c);
/* A JSON value as indented lines for a person. */
void print_tree(const json_t *value, int depth);
/* A table of objects: columns "key:TITLE:width", NULL ends. */
void print_table(const json_t *list, const char *const *columns);
/* "rule  text" lines. */
void print_reasons(const struct cli *c, const json_t *reasons);
/* Prints value as JSON with --json, else as a tree; steals it; returns 0. */
int print_value(struct cli *c, json_t *value);
/* ---- findings.c, of candidates */
/* What the evidence of these candidates (names, or objects with "id") found, each once, with acceptances. */
int findings_of(struct release *r, const json_t *candidates, json_t **ret, struct err *e) MUST;
/* The value as print_value does, and the findings grouped below it (with --json as its member). Steals both. */
int print_with_findings(struct cli *c, json_t *value, json_t *findings);
