/* names.c - the words of the package model, as cli.md's JSON spells them. */
#include "formats/pkg.h"
#include <string.h>

static const char *const rel_kinds[REL_KINDS] = {
	[REL_REQUIRES] = "requires",
	[REL_PRE_REQUIRES] = "pre-requires",
	[REL_PROVIDES] = "provides",
	[REL_CONFLICTS] = "conflicts",
	[REL_OBSOLETES] = "obsoletes",
	[REL_REPLACES] = "replaces",
	[REL_BREAKS] = "breaks",
	[REL_RECOMMENDS] = "recommends",
	[REL_SUGGESTS] = "suggests",
	[REL_SUPPLEMENTS] = "supplements",
	[REL_ENHANCES] = "enhances",
};

static const char *const rel_ops[] = { "", "<", "<=", "=", ">=", ">" };

static const char *const events[EVENT_KINDS] = {
	[EVENT_PRE_INSTALL] = "pre-install",
	[EVENT_POST_INSTALL] = "post-install",
	[EVENT_PRE_UPGRADE] = "pre-upgrade",
	[EVENT_POST_UPGRADE] = "post-upgrade",
	[EVENT_PRE_REMOVE] = "pre-remove",
	[EVENT_POST_REMOVE] = "post-remove",
	[EVENT_PURGE] = "purge",
	[EVENT_PRE_TRANSACTION] = "pre-transaction",
	[EVENT_POST_TRANSACTION] = "post-transaction",
	[EVENT_VERIFY] = "verify",
	[EVENT_PRE_UNTRANSACTION] = "pre-untransaction",
	[EVENT_POST_UNTRANSACTION] = "post-untransaction",
	[EVENT_CONFIG] = "config",
	[EVENT_TRIGGER] = "trigger",
};

static const char *const entry_types[] = { "file", "dir", "symlink", "hardlink", "char", "block", "fifo" };

static int find(const char *const *words, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

const char *rel_kind_name(enum rel_kind k)
{
	return rel_kinds[k];
}

int rel_kind_parse(const char *name)
{
	return find(rel_kinds, COUNT(rel_kinds), name);
}

const char *rel_op_name(enum rel_op o)
{
	return rel_ops[o];
}

const char *event_kind_name(enum event e)
{
	return events[e];
}

int event_kind_parse(const char *name)
{
	return find(events, COUNT(events), name);
}

const char *entry_type_name(enum entry_type t)
{
	return entry_types[t];
}
