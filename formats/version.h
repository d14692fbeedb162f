/* version.h - version order of deb, rpm, pacman and apk, and translation between them that keeps it. deb-version(7), rpm-version(7),
 * vercmp(8), apk-package(5).
 *
 * A struct evr borrows its strings. epoch -1: none written. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "formats/family.h"

struct evr {
	int64_t epoch;
	const char *version, *release;
}; /* release "" when none */
int evr_parse(struct arena *a, const char *text, struct evr *ret, struct err *e)
	MUST; /* "[epoch:]version[-release]": the last '-' splits */
char *evr_text(struct arena *a, const struct evr *v);
int version_compare_deb(const struct evr *a, const struct evr *b);
int version_compare_rpm(const struct evr *a, const struct evr *b);
/* As libalpm; it is no order for versions that end with a sign beside others with two signs in a row, which translation refuses. */
int version_compare_pacman(const struct evr *a, const struct evr *b);
/* As apk-tools 2 (apk 3 differs only for components with leading zeros). */
int version_compare_apk(const struct evr *a, const struct evr *b);
int version_compare(enum family f, const struct evr *a, const struct evr *b); /* FAMILY_NONE: as deb */
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
 * '^' needs rpm 4.15 (EL 9; EL 8 has it patched in).
 *
 * With pacman and apk rpm's form stands in the middle: deb -> rpm -> pacman, apk -> rpm -> deb and so on.
 *
 *   rpm -> pacman  numbers and letters behind a sign stay: 1.2.3-4, 5.1+dfsg-2, 4.el9
 *                ~letters             1.0~rc1 -> 1.0rc1       (pacman: letters right behind a number < end < .letters < .numbers)
 *                letters at once      1.1.1k -> 1.1.1.k
 *                ^letters             9.2^p1 -> 9.2.Ap1       (^end .AAB, ^^ .AAC0, ^number .Azx20; behind ~ the same without .A)
 *                letters, '~'         rc~git -> rbzz0git      (below "rc", above all before it; for that z is written za, A Azz)
 *                letters, letters     a.b -> a0.b;   zero behind letters rc0 -> rc0.0
 *                epochs stay. No release (in relations) stays none; it equals any there.
 *   pacman -> rpm  1.0rc1 -> 1.0~rc1, 1.1.1.k stays; n signs in a row (letters: any) .1000000000000000000.n. between;
 *                E_METADATA where a part ends with a sign: pacman's own comparison contradicts itself there.
 *   rpm -> apk   dotted numbers stay. What comes behind is suffixes; -r is always r0, for a release that is more than a number
 *                has no place there: it is a suffix of the version
 *                release              1.2.3-4 -> 1.2.3_p4-r0, 1.2.3 of deb and 1.2.3-0 -> 1.2.3-r0
 *                ~alpha ~beta ~pre ~rc with a number   1.0~rc1-2 -> 1.0_rc1_p2-r0
 *                one letter behind a number            1.1.1k-1 -> 1.1.1k_p1-r0
 *                all else: _p and nine digits, the first says what it is: 2 ^, 3 letters, 4 a number, 5 a long number, 6 more letters,
 *                7 deb's "+letters", 1 a release of more than eight digits; letters two digits each (A 11 ... Z 36, a 41 ... z 66):
 *                513.el8 -> _p513_p345520000_p400000008
 *                words between apk's four, other '~': _rc900000000 and the like, then as above; '~' behind a suffix _alpha0
 *                epoch 1 and up: a first number 1000000000000001. in front, above all others (apk knows no epochs)
 *   apk -> rpm   1.2.3_rc1-r4 -> 1.2.3~rc1-4, _p1 -> ^p1, 1.1.1k stays; svn is written dsvn; leading zeros 1.05 -> 1.0zz5.
 * The result is an order, not a way back. */
int version_to_rpm(struct arena *a, const struct evr *deb, struct evr *ret, struct err *e) MUST;
int version_to_deb(struct arena *a, const struct evr *rpm, struct evr *ret, struct err *e) MUST;
bool version_deb_valid(const char *text);
bool version_pacman_valid(const char *text);
bool version_apk_valid(const char *text); /* with or without "-r4" */
/* The same version in another family's words; as it is when both are the same or one is FAMILY_NONE (which as `from` means deb's). E_METADATA
 * when it is no version of `from`. A version without release (of relations) stays without, but deb's, which is "0" to dpkg. */
int version_into(
	enum family from, enum family into, struct arena *a, const struct evr *v, struct evr *ret, struct err *e) MUST;
/* Behind a version that version_into gave apk without its release: above all its releases. rpm and pacman ignore a release that a
 * relation does not name; apk has no word for that, so "= 1.0" becomes two bounds. */
#define VERSION_APK_ANY_RELEASE "_p199999999"
