/* cmd.h - the commands' entries for the table in commands.c, and the printing they share. */
#pragma once
#include "cli/cli.h"
#include "formats/pkg.h"

extern const struct command cmd_inspect, cmd_convert, cmd_diff, cmd_verify, cmd_sign, cmd_formats, cmd_checks,
	cmd_completion, cmd_help, cmd_root_create, cmd_root_list, cmd_root_remove, cmd_test, cmd_init, cmd_submit,
	cmd_candidate_list, cmd_candidate_show, cmd_candidate_withdraw, cmd_rfc_open, cmd_rfc_show, cmd_rfc_list,
	cmd_rfc_edit, cmd_rfc_withdraw, cmd_rfc_fields, cmd_rfc_states, cmd_rfc_vote, cmd_rfc_statement, cmd_gate,
	cmd_policy_show, cmd_policy_check, cmd_policy_replace, cmd_status, cmd_release, cmd_channel_list,
	cmd_channel_show, cmd_channel_tree, cmd_channel_client, cmd_trust_export, cmd_audit_verify, cmd_audit_show;

void print_warnings(const struct cli *c, const struct pkg *p);    /* to stderr */
void print_findings(const struct cli *c, const json_t *findings); /* to stdout, worst first */
