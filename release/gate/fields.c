/* fields.c - the table of RfC fields; `sluice rfc fields` prints it. */
#include "release/gate/fields.h"
#include <string.h>

#define ALL(stage)                                                                                                     \
	{                                                                                                              \
		stage, stage, stage                                                                                    \
	}
#define FROM_SIGNIFICANT                                                                                               \
	{                                                                                                              \
		NULL, "voting", "voting"                                                                               \
	}
#define LATE                                                                                                           \
	{                                                                                                              \
		NULL, "closed", "closed"                                                                               \
	}
#define FAR                                                                                                            \
	{                                                                                                              \
		NULL, NULL, "voting"                                                                                   \
	}

const struct rfc_field rfc_field_table[] = {
	{ "reason", "why the change is asked for", ALL("voting"), true },
	{ "urgency", "low, medium or high", ALL("voting"), true },
	{ "impact", "minor, significant or far-reaching", ALL("voting"), true },
	{ "type", "normal, standard or emergency", ALL(NULL), true },
	{ "window", "START/DURATION in which it may be released", ALL(NULL), true },
	{ "resume", "the stopped channel that it starts again (without candidates)", ALL(NULL), true },
	{ "remove", "the package that it takes out of a channel (without candidates)", ALL(NULL), true },
	{ "from-channel", "the channel that it takes the package out of", ALL(NULL), true },
	{ "adopt", "the target whose repository is taken over into a channel (without candidates)", ALL(NULL), true },
	{ "into-channel", "the channel that the repository is taken over into", ALL(NULL), true },
	{ "template", "the standard change's template", ALL(NULL), true },
	{ "relevance", "whether and where the organisation is affected", ALL(NULL), true },
	{ "cve", "the problem or vulnerability it answers", ALL(NULL), true },
	{ "risks", "what may go wrong", FROM_SIGNIFICANT, true },
	{ "order", "what must come before or after", ALL(NULL), true },
	{ "plan", "how it is rolled out", FROM_SIGNIFICANT, true },
	{ "back-out", "how it is undone", FROM_SIGNIFICANT, true },
	{ "resources", "people, time and machines it takes", FAR, true },
	{ "downtime", "expected downtime, such as 30m or none; other words are taken for a day", FAR, true },
	{ "recommendation", "what the change manager recommends", ALL(NULL), true },
	{ "evaluation-date", "when its success is reviewed", ALL(NULL), true },
	{ "if-not", "what happens if it is not done", ALL(NULL), true },
	{ "title", "the change in one line", ALL(NULL), true },
	{ "test-plan", "what is tested, and how", ALL(NULL), true },
	{ "actual-time", "when it was really carried out; binds no vote", ALL("implemented"), false },
	{ "results", "tests after the roll-out and their problems; binds no vote", LATE, false },
	{ "rejection-reason", "why it was rejected", ALL(NULL), false },
	{ "notes", "anything else; binds no vote", ALL(NULL), false },
	{ "external", "reference into another system; binds no vote", ALL(NULL), false },
	{ NULL },
};

const struct rfc_field *rfc_field_named(const char *key)
{
	for (const struct rfc_field *f = rfc_field_table; f->key; f++)
		if (strcmp(f->key, key) == 0)
			return f;
	return NULL;
}

bool fields_is_subject(const char *key)
{
	static const char *const subjects[] = { "candidates", "resume", "remove", "from-channel", "removes", "adopt",
		"into-channel", "adopts" };

	for (size_t i = 0; i < COUNT(subjects); i++)
		if (strcmp(subjects[i], key) == 0)
			return true;
	return false;
}
