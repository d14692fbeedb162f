/* scripts_rpm.h - between scripts_rpm.c and scripts_rpm_calls.c: a deb's maintainer scripts under rpm's calls. */
#pragma once
#include "repackager/scripts_private.h"

/* What dpkg puts into a script's environment, as "A=b ... \" for the line in front of a command. Owned by the caller. */
char *scripts_rpm_environment(const struct scripts_build *b, const char *name) MUST;
/* The vendor's as the function sluice_SOURCE of that slot, with the shims it needs; false: there is none. */
bool scripts_rpm_carry(struct scripts_build *b, enum slot slot, const char *source);
/* The function sluice_other: sets a variable of that name to the version installed beside this one, in deb's spelling. */
int scripts_rpm_other_function(struct scripts_build *b, enum slot slot, struct err *e) MUST;

/* dpkg's triggers as rpm's. ldconfig, which has a trigger of its own on Debian, is called first in %post and %postun. */
void scripts_rpm_ldconfig(struct scripts_build *b);
int scripts_rpm_triggers(struct scripts_build *b, struct err *e) MUST;

/* The lines of each scriptlet. */
int scripts_rpm_pre(struct scripts_build *b, struct err *e) MUST;
int scripts_rpm_post(struct scripts_build *b, struct err *e) MUST;
int scripts_rpm_preun(struct scripts_build *b, struct err *e) MUST;
int scripts_rpm_postun(struct scripts_build *b, struct err *e) MUST;
