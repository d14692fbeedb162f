/* rpm_changes.h - a changelog in the form of a spec file, taken apart: "* Sat Nov 21 2026 Name <mail> - 1-1\n- text\n". */
#pragma once
#include "base/base.h"
#include <stdbool.h>

struct rpm_changes {
	char *text;           /* owned; the others point into it */
	LIST(uint32_t) times; /* noon of the day, UTC, as rpmbuild takes it */
	LIST(const char *) names;
	LIST(const char *) texts;
};
/* In the text's order. False when it is not of this form. */
bool rpm_changes_parse(struct rpm_changes *c, const char *changelog);
void rpm_changes_done(struct rpm_changes *c);
