/* site.h - what receipts (site.c) and reports (report.c) of distribution servers and machines have in common. */
#pragma once
#include "release/release.h"

bool site_name_valid(const char *name);
/* Is the policy's site in one of the groups that its channel names, or names the channel none? */
bool site_shares_group(const json_t *site, const json_t *channel);
/* told names a snapshot ("channel","channel_id","serial","release": sha256 of its release.json,"valid_until") that was let out here. ERR_VERDICT E_MISMATCH: it does not. */
int site_fits_snapshot(struct release *r, const json_t *told, struct err *e) MUST;
/* The signature (file; may be NULL) over those bytes, by a key that the policy gives told's "site". ret_key "": none was asked for. */
int site_signed(struct release *r, const json_t *told, const char *bytes, size_t len, const char *file,
	char ret_key[65], struct err *e) MUST;
