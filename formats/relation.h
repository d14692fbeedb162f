/* relation.h - relations as people write them. deb-control(5), rpm-dependencies(7). */
#pragma once
#include "formats/arch.h"
#include "formats/pkg.h"

/* Of struct relation's flags: rpm marks what is about its own form (RPMSENSE_RPMLIB). */
enum { RELATION_RPMLIB = 1 << 24 };

/* A deb field ("a (>= 1) | b, c:any [amd64]"): adds to p. E_METADATA on garbage. */
int relations_parse_deb(struct pkg *p, enum rel_kind kind, const char *field, size_t len, struct err *e) MUST;
/* "name op version" or a rich "(a or b)" of rpm. */
int relation_parse_rpm(struct pkg *p, enum rel_kind kind, const char *text, struct err *e) MUST;
/* Either spelling, as in a recipe: "libc6 (>= 2.36)", "glibc >= 2.36", "a | b". */
int relation_parse_any(struct pkg *p, enum rel_kind kind, const char *text, struct err *e) MUST;
/* One relation in that family's spelling; NULL when it cannot be expressed there. Arena string. */
char *relation_deb_text(struct arena *a, const struct relation *r);
char *relation_rpm_text(struct arena *a, const struct relation *r);
char *relation_pacman_text(struct arena *a, const struct relation *r); /* "name>=1.2" */
char *relation_apk_text(struct arena *a, const struct relation *r);    /* a conflict is "!name" */
char *relation_text(enum family f, struct arena *a, const struct relation *r);
