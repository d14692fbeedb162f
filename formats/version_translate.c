/* version_translate.c - versions of deb in rpm's alphabet and the other way, and of any family in any other's, order kept for every pair.
 * The schemes are told in version.h.
 *
 * All ways are the same idea: read the source as the tokens its comparison sees, and write each token, by what came before it, so
 * that all tokens possible at that place keep their order in the other family's eyes. What is common stays as it is. */
#include "base/text.h"
#include "formats/version.h"
#include "formats/version_private.h"
#include <string.h>

/* A run of digits; moves *at behind it. *ret_value has no leading zeros; its length is 0 for zero and for no digits at all. */
static struct slice take_number(const char **at, struct slice *ret_value)
{
	const char *start = *at, *c = start;
	struct slice all;

	while (version_is_digit(*c))
		c++;
	all = (struct slice){ start, (size_t)(c - start) };
	while (start < c && *start == '0')
		start++;
	*ret_value = (struct slice){ start, (size_t)(c - start) };
	*at = c;
	return all;
}

static void add_slice(struct text *out, struct slice s)
{
	text_bytes(out, s.at, s.len);
}

/* ---- deb to rpm
 *
 * In rpm nothing sorts above a number, and deb has things that do ("1.dfsg" > "1.9"). One number is therefore set apart, ESCAPE; what
 * follows it says which: 1 a number not below ESCAPE itself, 2 something above all numbers, 3 the same for ':'. */
#define ESCAPE "1000000000000000" /* 10^15: dates with seconds (14 digits) stay below */

static void rpm_number(struct text *out, struct slice all, struct slice value)
{
	if (value.len >= sizeof ESCAPE - 1)
		text_add(out, ESCAPE ".1.");
	if (all.len == 0)
		text_add(out, "0");
	else
		add_slice(out, all);
}

/* One non-digit of deb inside a run of letters, so that strcmp keeps deb's order: end < A-Z < a-z < + < - < . < : */
static void rpm_letter(struct text *out, char c)
{
	static const char codes[] = "z+-.:"; /* za zb zc zd ze */
	const char *code = strchr(codes, c);

	if (code)
		text_add(out, "z%c", (char)('a' + (code - codes)));
	else
		text_bytes(out, &c, 1);
}

static void rpm_after_tilde(struct text *out, const char **at);

/* The letters from *at on up to the number, then the number. has_letter: rpm sees a letter already, so that an end is an end. */
static void rpm_letters(struct text *out, const char **at)
{
	struct slice all, value;

	while (**at && **at != '~' && !version_is_digit(**at))
		rpm_letter(out, *(*at)++);
	if (**at == '~') {
		text_add(out, "~");
		++*at;
		rpm_after_tilde(out, at);
		return;
	}
	all = take_number(at, &value);
	if (value.len)
		rpm_number(out, all, value);
	else if (**at == '~')
		text_add(out, "~0"); /* "a0~b" < "a": below the end, above "a~..." */
	else if (**at)
		text_add(out, "0");
}

/* Behind '~': '~' < end or number < letters; a number takes rpm's '^', which is below letters. */
static void rpm_after_tilde(struct text *out, const char **at)
{
	struct slice all, value;

	for (; **at == '~'; ++*at)
		text_add(out, "~");
	if (**at && !version_is_digit(**at)) {
		rpm_letters(out, at);
		return;
	}
	all = take_number(at, &value);
	text_add(out, "^");
	rpm_number(out, all, value);
}

/* '+' behind a number: letters to rpm, above '^' and below numbers. An empty run is 'A', one that begins with 'A' gets another. */
static void rpm_plus(struct text *out, const char **at)
{
	++*at;
	text_add(out, "+");
	if (!**at || **at == '~' || version_is_digit(**at) || **at == 'A')
		text_add(out, "A");
	rpm_letters(out, at);
}

/* '.' behind a number */
static void rpm_dot(struct text *out, const char **at)
{
	struct slice all, value;

	++*at;
	if (**at == '~') {
		text_add(out, "_zt"); /* below ".0", above all of '-' */
		rpm_letters(out, at);
	} else if (**at && !version_is_digit(**at)) {
		text_add(out, "." ESCAPE ".2.");
		rpm_letters(out, at);
	} else {
		text_add(out, ".");
		all = take_number(at, &value);
		rpm_number(out, all, value);
	}
}

static void rpm_part(struct text *out, const char *at)
{
	struct slice all, value;

	if (!*at || version_is_digit(*at)) {
		all = take_number(&at, &value);
		rpm_number(out, all, value);
	} else if (*at != '~') {
		text_add(out, ESCAPE ".2.");
		rpm_letters(out, &at);
	}
	while (*at) {
		switch (*at) {
		case '~':
			at++;
			text_add(out, "~");
			rpm_after_tilde(out, &at);
			break;
		case '+':
			rpm_plus(out, &at);
			break;
		case '-':
			at++;
			text_add(out, "_zm"); /* above every "+...", whose letters begin with za..ze at most */
			rpm_letters(out, &at);
			break;
		case '.':
			rpm_dot(out, &at);
			break;
		case ':':
			at++;
			text_add(out, "." ESCAPE ".3.");
			rpm_after_tilde(out, &at);
			break;
		default:
			text_add(out, "^");
			rpm_letters(out, &at);
		}
	}
}

/* ---- rpm to deb */

enum place { PLACE_START, PLACE_NUMBER, PLACE_LETTERS, PLACE_TILDE };

/* '~' of rpm: written so that what alpha-first parts begin with ("0~~~") stays below every part that begins with a number. */
static enum place deb_tilde(struct text *out, enum place place)
{
	text_add(out, place == PLACE_START ? "0~~~~" : "~");
	if (place != PLACE_TILDE)
		return PLACE_TILDE;
	text_add(out, "A");
	return PLACE_LETTERS;
}

static enum place deb_caret(struct text *out, enum place place)
{
	static const char *const forms[] = { "0~~~1", "+~", "0+~", "1" };

	text_add(out, "%s", forms[place]);
	return place == PLACE_START || place == PLACE_TILDE ? PLACE_NUMBER : PLACE_TILDE;
}

static enum place deb_alpha(struct text *out, enum place place, struct slice letters)
{
	static const char *const before[] = { "0~~~", "+", "0+", "" };

	text_add(out, "%s", before[place]);
	add_slice(out, letters);
	return PLACE_LETTERS;
}

static enum place deb_number(struct text *out, enum place place, struct slice all, struct slice value)
{
	if (place == PLACE_NUMBER || place == PLACE_TILDE)
		text_add(out, ".");
	if (place == PLACE_LETTERS && value.len == 0)
		text_add(out, "0.0"); /* deb holds "rc" and "rc0" equal, rpm does not */
	else
		add_slice(out, all);
	return PLACE_NUMBER;
}

static void deb_part(struct text *out, const char *at)
{
	enum place place = PLACE_START;
	struct slice run, value;

	while (*at) {
		if (*at == '~') {
			at++;
			place = deb_tilde(out, place);
		} else if (*at == '^') {
			at++;
			place = deb_caret(out, place);
		} else if (version_is_alpha(*at)) {
			for (run.at = at; version_is_alpha(*at); at++)
				;
			run.len = (size_t)(at - run.at);
			place = deb_alpha(out, place, run);
		} else if (version_is_digit(*at)) {
			run = take_number(&at, &value);
			place = deb_number(out, place, run, value);
		} else {
			at++; /* a separator */
		}
	}
	if (place == PLACE_START)
		text_add(out, "0~~~"); /* nothing but separators */
}

/* ---- all */

char *version_translate_part(struct arena *a, const char *part, void (*how)(struct text *, const char *))
{
	struct text out = { 0 };
	char *copy;

	how(&out, part);
	copy = arena_copy(a, out.at ? out.at : "", out.len);
	text_done(&out);
	return copy;
}

int version_to_rpm(struct arena *a, const struct evr *deb, struct evr *ret, struct err *e)
{
	struct evr v = { .epoch = deb->epoch };

	for (const char *c = deb->version; *c; c++)
		if (!version_is_digit(*c) && !version_is_alpha(*c) && !strchr("+-.:~", *c))
			return err_input(
				e, "E_METADATA", "version '%s' holds what deb-version(7) does not allow", deb->version);
	for (const char *c = deb->release; *c; c++)
		if (!version_is_digit(*c) && !version_is_alpha(*c) && !strchr("+.~", *c))
			return err_input(e, "E_METADATA", "revision '%s' holds what deb-version(7) does not allow",
				deb->release);
	v.version = version_translate_part(a, deb->version, rpm_part);
	v.release = version_translate_part(a, deb->release, rpm_part); /* "" and "0" are the same to deb: "0" */
	if (!v.version || !v.release)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a version");
	*ret = v;
	return 0;
}

int version_to_deb(struct arena *a, const struct evr *rpm, struct evr *ret, struct err *e)
{
	struct evr v = { .epoch = rpm->epoch };

	if (strchr(rpm->version, '-') || strchr(rpm->release, '-'))
		return err_input(
			e, "E_METADATA", "version '%s-%s' has a '-' inside a part", rpm->version, rpm->release);
	v.version = version_translate_part(a, rpm->version, deb_part);
	v.release = *rpm->release ? version_translate_part(a, rpm->release, deb_part) : "";
	if (!v.version || !v.release)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a version");
	*ret = v;
	return 0;
}

/* rpm stands in the middle: its order is the plainest (~ < end < ^ < letters < numbers, wherever one stands). */
int version_into(
	enum family from, enum family into, struct arena *a, const struct evr *v, struct evr *ret, struct err *e)
{
	struct evr rpm = *v;
	int failed = 0;

	if (from == FAMILY_NONE)
		from = FAMILY_DEB;
	if (from == into || into == FAMILY_NONE) {
		*ret = *v;
		return 0;
	}
	if (from == FAMILY_DEB)
		failed = version_to_rpm(a, v, &rpm, e);
	else if (from == FAMILY_PACMAN)
		failed = version_pacman_to_rpm(a, v, &rpm, e);
	else if (from == FAMILY_APK)
		failed = version_apk_to_rpm(a, v, &rpm, e);
	if (failed)
		return -1;
	switch (into) {
	case FAMILY_DEB:
		return version_to_deb(a, &rpm, ret, e);
	case FAMILY_PACMAN:
		return version_rpm_to_pacman(a, &rpm, ret, e);
	case FAMILY_APK:
		return version_rpm_to_apk(a, &rpm, from, ret, e);
	default:
		*ret = rpm;
		return 0;
	}
}
