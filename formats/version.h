/* version.h - version order of deb and rpm, and translation between them that keeps it. deb-version(7), rpm-version(7).
 *
 * A struct evr borrows its strings. epoch -1: none written. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct evr {
	int64_t epoch;
	const char *version, *release;
}; /* release "" when none */
int evr_parse(struct arena *a, const char *text, struct evr *ret, struct err *e)
	MUST; /* "[epoch:]version[-release]": the last '-' splits */
char *evr_text(struct arena *a, const struct evr *v);
int version_compare_deb(const struct evr *a, const struct evr *b);
int version_compare_rpm(const struct evr *a, const struct evr *b);
/* The same version in the other family's alphabet: for any a and b of the source family the results compare there as a and b do at home.
 *
 * Epochs stay. Version and release are translated part by part:
 *
 *   deb -> rpm   numbers joined by dots, "+letters" and "~letters" stay: 1.2.3-4, 5.1+dfsg-2, 1.0~rc1.
 *                letters behind a number   9.2p1 -> 9.2^p1, 2+deb12u3 -> 2+deb12^u3    (rpm: end < ^ < letters < numbers)
 *                number behind + or ~      1+2 -> 1+A2, 1~2023 -> 1~^2023
 *                - inside the version      3.1-2022-2 -> 3.1_zm2022-2
 *                z or + - . : within such letters   za zb zc zd ze
 *                letters behind a dot (deb sorts them above all numbers, rpm has nothing there): behind the number 10^15, which is set
 *                apart for it: 1.dfsg -> 1.1000000000000000.2.dfsg; numbers from 10^15 on and ':' likewise (.1. and .3.)
 *                no revision is "0", as dpkg compares it
 *   rpm -> deb   numbers joined by dots, "+letters", "~letters" stay; separators mean nothing to rpm and become '.', '+' or nothing
 *                letters behind a number   4.el9 -> 4+el9, 1.1.1k -> 1.1.1+k
 *                ^                         1.0^git1 -> 1.0+~git1
 *                number behind ~ or ^      1~2023 -> 1~.2023
 *                letters behind letters    a.b -> a0+b;   zero behind letters   rc0 -> rc0.0
 *                letters first             v1.2 -> 0~~~v1.2;   a second ~ in a row   ~A
 *                no release (in relations) stays none; order is promised among versions that all have one, or all have none.
 * '^' needs rpm 4.15 (EL 9; EL 8 has it patched in). */
int version_to_rpm(struct arena *a, const struct evr *deb, struct evr *ret, struct err *e) MUST;
int version_to_deb(struct arena *a, const struct evr *rpm, struct evr *ret, struct err *e) MUST;
bool version_deb_valid(const char *text);
