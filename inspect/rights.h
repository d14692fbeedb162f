/* rights.h - lines that give rights away or guard them, in files that are no lists of settings: sudoers, PAM, polkit, D-Bus, audit rules, fstab and the
 * like, and options that open a program to a debugger. Private to inspect/. */
#pragma once
#include "inspect/looked.h"

/* Adds to "lines" items {"path", "rule": N, "subject", "rank", "text"}, and the paths of the files that were looked at to "line-files"; facts: of a
 * check's own `look`. */
void rights_look(const struct looked *file, json_t *facts);
/* old, new: the checks' facts of bytes. */
void rights_compare(struct compare *c, const json_t *old, const json_t *new);
