/* version_private.h - what the version_*.c share; for formats/ only. */
#pragma once
#include "base/text.h"
#include "formats/version.h"

static inline bool version_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool version_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What rpm's comparison sees of a version, in its order. */
enum rpm_token { RPM_TILDE, RPM_END, RPM_CARET, RPM_ALPHA, RPM_NUMBER };
/* The next token; *at moves behind it; *ret_len its length, digits without leading zeros (so 0 for zero). */
enum rpm_token version_rpm_next(const char **at, const char **ret_start, size_t *ret_len);
/* One part through a writer, as an arena string; NULL: no room. */
char *version_translate_part(struct arena *a, const char *part, void (*how)(struct text *, const char *));

int version_pacman_to_rpm(struct arena *a, const struct evr *pacman, struct evr *ret, struct err *e) MUST;
int version_rpm_to_pacman(struct arena *a, const struct evr *rpm, struct evr *ret, struct err *e) MUST;
int version_apk_to_rpm(struct arena *a, const struct evr *apk, struct evr *ret, struct err *e) MUST;
/* home: whose version the rpm form is a translation of; it decides what apk's one letter is used for. */
int version_rpm_to_apk(struct arena *a, const struct evr *rpm, enum family home, struct evr *ret, struct err *e) MUST;
