/* version_pacman.c - pacman's order of versions, and translation from and to rpm's that keeps it. vercmp(8), PKGBUILD(5).
 *
 * pacman compares what rpm once compared: runs of digits or letters, and how many signs stand between them (more is newer); letters
 * right behind a number are older than its end ("1.0rc1" < "1.0" < "1.0.a" < "1.0.1"), '~' and '^' are signs like any other. */
#include "formats/version_private.h"
#include <string.h>

/* ---- the order */

static bool is_sign(char c)
{
	return c && !version_is_digit(c) && !version_is_alpha(c);
}

static size_t run_length(const char *at)
{
	size_t len = 0;

	while (version_is_digit(*at) ? version_is_digit(at[len]) : version_is_alpha(at[len]))
		len++;
	return len;
}

static int compare_numbers(struct slice a, struct slice b)
{
	for (; a.len && *a.at == '0'; a.at++)
		a.len--;
	for (; b.len && *b.at == '0'; b.at++)
		b.len--;
	return a.len != b.len ? (a.len < b.len ? -1 : 1) : memcmp(a.at, b.at, a.len);
}

static int compare_letters(struct slice a, struct slice b)
{
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return order ? order : (int)a.len - (int)b.len;
}

static int part_compare(const char *a, const char *b)
{
	while (*a && *b) {
		const char *x = a, *y = b;
		int order;

		for (; is_sign(*a); a++)
			;
		for (; is_sign(*b); b++)
			;
		if (!*a || !*b)
			break;
		if (a - x != b - y)
			return a - x < b - y ? -1 : 1;
		if (version_is_digit(*a) != version_is_digit(*b))
			return version_is_digit(*a) ? 1 : -1;
		struct slice p = { a, run_length(a) }, q = { b, run_length(b) };
		order = version_is_digit(*a) ? compare_numbers(p, q) : compare_letters(p, q);
		if (order)
			return order;
		a += p.len;
		b += q.len;
	}
	if (!*a && !*b)
		return 0;
	return (!*a && !version_is_alpha(*b)) || version_is_alpha(*a) ? -1 : 1;
}

/* A missing release equals every other. */
int version_compare_pacman(const struct evr *a, const struct evr *b)
{
	int64_t first = a->epoch < 0 ? 0 : a->epoch, second = b->epoch < 0 ? 0 : b->epoch;
	int order = (first > second) - (first < second);

	if (!order)
		order = part_compare(a->version, b->version);
	if (!order && *a->release && *b->release)
		order = part_compare(a->release, b->release);
	return (order > 0) - (order < 0);
}

/* ---- rpm to pacman
 *
 * Behind a number pacman has a place for all that rpm has: letters at once (~), end, letters behind a sign (^, letters), numbers. Behind
 * letters it has none below their end, so "rc~" is written as what no letters are: the letter before the last, and "zz" ("rbzz"). For
 * that 'z' is written "za"; 'A' is "Azz", which leaves AA, AB, AC for what has no letters. */

enum place {
	PLACE_START,
	PLACE_NUMBER,
	PLACE_LETTERS,
	PLACE_PENDING /* a '~' or '^' whose letters are still to come */
};

static void add_letter(struct text *out, char c)
{
	text_bytes(out, &c, 1);
	if (c == 'A' || c == 'z')
		text_add(out, "%s", c == 'A' ? "zz" : "a");
}

static void add_letters(struct text *out, struct slice run)
{
	for (size_t i = 0; i < run.len; i++)
		add_letter(out, run.at[i]);
}

/* What stands directly below the letters that end with `last`. */
static void lower_last(struct text *out, char last)
{
	out->len -= last == 'A' ? 3 : last == 'z' ? 2 : 1;
	if (last == 'A')
		text_add(out, "Azy");
	else
		add_letter(out, last == 'a' ? 'Z' : (char)(last - 1));
	text_add(out, "zz");
}

static enum place pending(struct text *out, enum rpm_token token, struct slice run)
{
	static const char *const forms[] = {
		[RPM_TILDE] = "AA0", [RPM_END] = "AB", [RPM_CARET] = "AC0", [RPM_ALPHA] = "", [RPM_NUMBER] = "zx"
	};

	text_add(out, "%s", forms[token]);
	if (token == RPM_ALPHA)
		add_letters(out, run);
	else if (token == RPM_NUMBER)
		text_bytes(out, run.at, run.len);
	return token == RPM_ALPHA ? PLACE_LETTERS : token == RPM_NUMBER ? PLACE_NUMBER : PLACE_PENDING;
}

static enum place behind_number(struct text *out, enum rpm_token token, struct slice run, char sign)
{
	if (token == RPM_CARET)
		text_add(out, ".A");
	else if (token != RPM_TILDE)
		text_bytes(out, &sign, 1);
	if (token == RPM_ALPHA)
		add_letters(out, run);
	else if (token == RPM_NUMBER)
		text_bytes(out, run.at, run.len);
	return token == RPM_ALPHA ? PLACE_LETTERS : token == RPM_NUMBER ? PLACE_NUMBER : PLACE_PENDING;
}

/* A 0 between: behind it there is a place for everything again, and it is below "rc1"; so a zero of the source is behind it too. */
static enum place behind_letters(
	struct text *out, enum rpm_token token, struct slice run, char sign, bool is_zero, char last)
{
	if (token == RPM_TILDE)
		lower_last(out, last);
	if (token != RPM_NUMBER || is_zero)
		text_add(out, "0");
	if (token == RPM_ALPHA || is_zero)
		text_bytes(out, &sign, 1);
	if (token == RPM_ALPHA)
		add_letters(out, run);
	else if (token == RPM_NUMBER)
		text_bytes(out, run.at, run.len);
	return token == RPM_ALPHA ? PLACE_LETTERS : token == RPM_NUMBER ? PLACE_NUMBER : PLACE_PENDING;
}

static void pacman_part(struct text *out, const char *at)
{
	enum place place = PLACE_START;
	char last = '\0';

	for (;;) {
		const char *before = at;
		char sign = *at && strchr("._+", *at) ? *at : '.';
		struct slice run;
		enum rpm_token token = version_rpm_next(&at, &run.at, &run.len);
		bool is_zero = token == RPM_NUMBER && run.len == 0;

		for (; token == RPM_NUMBER && run.at > before && run.at[-1] == '0'; run.at--)
			run.len++; /* as written */
		if (token == RPM_END && (place == PLACE_NUMBER || place == PLACE_LETTERS))
			return;
		if (place == PLACE_START && token == RPM_NUMBER) {
			text_bytes(out, run.at, run.len);
			place = PLACE_NUMBER;
		} else if (place == PLACE_NUMBER) {
			place = behind_number(out, token, run, sign);
		} else if (place == PLACE_LETTERS) {
			place = behind_letters(out, token, run, sign, is_zero, last);
		} else {
			place = pending(out, token, run);
		}
		if (token == RPM_END)
			return;
		last = token == RPM_ALPHA ? run.at[run.len - 1] : '\0';
	}
}

int version_rpm_to_pacman(struct arena *a, const struct evr *rpm, struct evr *ret, struct err *e)
{
	struct evr v = { .epoch = rpm->epoch, .release = "" };

	v.version = version_translate_part(a, rpm->version, pacman_part);
	if (*rpm->release)
		v.release = version_translate_part(a, rpm->release, pacman_part);
	if (!v.version || !v.release)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a version");
	*ret = v;
	return 0;
}

/* ---- pacman to rpm
 *
 * In rpm nothing sorts above a number: one, 10^18, is set apart for several signs in a row (and for any sign behind letters, where the
 * place of numbers is taken by those without a sign). Larger numbers of the source are written behind it and a 0. */
#define APART "1000000000000000000"

static void rpm_number(struct text *out, struct slice run)
{
	while (run.len >= sizeof APART - 1 && *run.at == '0')
		run.at++, run.len--;
	if (run.len >= sizeof APART - 1)
		text_add(out, APART ".0.");
	text_bytes(out, run.at, run.len);
}

static void rpm_part(struct text *out, const char *at)
{
	enum place place = PLACE_START;

	while (*at) {
		const char *sign = at;
		struct slice run;

		while (is_sign(*at))
			at++;
		run = (struct slice){ at, run_length(at) };
		bool is_number = version_is_digit(*at);
		size_t signs = (size_t)(at - sign);

		if (signs > (place == PLACE_NUMBER ? 1 : 0))
			text_add(out, "%s" APART ".%zu.", place == PLACE_START ? "" : ".", signs);
		else if (signs)
			text_add(out, "%c", strchr("._+", *sign) ? *sign : '.');
		else if (place == PLACE_NUMBER)
			text_add(out, "~");
		if (is_number)
			rpm_number(out, run);
		else
			text_bytes(out, run.at, run.len);
		place = is_number ? PLACE_NUMBER : PLACE_LETTERS;
		at += run.len;
	}
}

static int check_part(const char *part, const char *what, struct err *e)
{
	size_t len = strlen(part);

	for (const char *c = part; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("-:/", *c))
			return err_input(e, "E_METADATA", "%s '%s' holds what PKGBUILD(5) does not allow", what, part);
	if (len && is_sign(part[len - 1])) {
		err_input(e, "E_METADATA", "%s '%s' ends with a sign: pacman's own order of such versions is not one",
			what, part);
		return err_hint(e, "say another one with --set %s=...", what);
	}
	return 0;
}

int version_pacman_to_rpm(struct arena *a, const struct evr *pacman, struct evr *ret, struct err *e)
{
	struct evr v = { .epoch = pacman->epoch, .release = "" };

	if (check_part(pacman->version, "version", e) || check_part(pacman->release, "release", e))
		return -1;
	v.version = version_translate_part(a, pacman->version, rpm_part);
	if (*pacman->release)
		v.release = version_translate_part(a, pacman->release, rpm_part);
	if (!v.version || !v.release)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a version");
	*ret = v;
	return 0;
}

bool version_pacman_valid(const char *text)
{
	AUTO(arena) a = { 0 };
	struct err ignored = { 0 };
	struct evr v;

	if (evr_parse(&a, text, &v, &ignored))
		return false;
	for (const char *c = v.version; *c; c++)
		if ((unsigned char)*c >= 0x7f || strchr("-:/", *c))
			return false;
	return !strpbrk(v.release, ":/");
}
