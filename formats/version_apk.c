/* version_apk.c - apk's order of versions, and translation from and to rpm's that keeps it. apk-package(5); apk-tools 2, version.c.
 *
 * A version is numbers joined by dots, a letter, suffixes with numbers, "-r" and a number: 1.2.3b_rc1_p2-r4. Behind a number:
 * _alpha < _beta < _pre < _rc < end < -r < _cvs < _svn < _git < _hg < _p < letter < further digits of "0..." < ".number". */
#include "formats/version_private.h"
#include <stdio.h>
#include <string.h>

static const char *const suffixes[] = { "alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p" };
enum { SUFFIXES_BEFORE = 4, DIGITS_MAX = 17 };

/* ---- the order: tokens in the order that apk gives their kinds, the newest first */

enum kind {
	KIND_NUMBER,
	KIND_DIGITS /* of a component behind its leading zeros */,
	KIND_LETTER,
	KIND_SUFFIX,
	KIND_SUFFIX_NUMBER,
	KIND_REVISION,
	KIND_END,
	KIND_INVALID
};
struct token {
	enum kind kind;
	int64_t value; /* leading zeros of a component are counted below zero; suffixes: below zero those before a release */
};
struct cursor {
	const char *at;
	enum kind last;
	bool is_first, was_zeros;
};

static int64_t take_digits(struct cursor *c)
{
	const char *start = c->at;
	int64_t value = 0;

	for (; version_is_digit(*c->at); c->at++)
		if (c->at - start < DIGITS_MAX)
			value = value * 10 + (*c->at - '0');
	return c->at == start || c->at - start > DIGITS_MAX ? -1 : value;
}

static struct token number(struct cursor *c, enum kind kind)
{
	int64_t value = take_digits(c);

	return (struct token){ value < 0 ? KIND_INVALID : kind, value };
}

static struct token component(struct cursor *c)
{
	const char *start = c->at;

	if (*c->at != '0')
		return number(c, KIND_NUMBER);
	while (*c->at == '0')
		c->at++;
	c->was_zeros = true;
	return (struct token){ KIND_NUMBER, start - c->at };
}

static struct token suffix(struct cursor *c)
{
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		size_t len = strlen(suffixes[i]);
		if (strncmp(c->at, suffixes[i], len) == 0 && !version_is_alpha(c->at[len])) {
			c->at += len;
			return (struct token){ KIND_SUFFIX, (int64_t)i - SUFFIXES_BEFORE };
		}
	}
	return (struct token){ KIND_INVALID, 0 };
}

static struct token next(struct cursor *c)
{
	bool is_dotted = c->last == KIND_NUMBER || c->last == KIND_DIGITS, was_zeros = c->was_zeros;
	struct token t = { KIND_INVALID, 0 };
	char first = *c->at;

	c->was_zeros = false;
	if (c->is_first) {
		t = number(c, KIND_NUMBER);
		c->is_first = false;
	} else if (first == '\0') {
		t.kind = KIND_END;
	} else if (version_is_digit(first) && was_zeros) {
		t = number(c, KIND_DIGITS);
	} else if (version_is_digit(first) && c->last == KIND_SUFFIX) {
		t = number(c, KIND_SUFFIX_NUMBER);
	} else if (first >= 'a' && first <= 'z' && is_dotted) {
		t = (struct token){ KIND_LETTER, *c->at++ };
	} else if (first == '.' && is_dotted) {
		c->at++;
		t = component(c);
	} else if (first == '_' && c->last < KIND_REVISION) {
		c->at++;
		t = suffix(c);
	} else if (first == '-' && c->at[1] == 'r' && c->last < KIND_REVISION) {
		c->at += 2;
		t = number(c, KIND_REVISION);
	}
	c->last = t.kind;
	return t;
}

static struct cursor cursor(const char *text)
{
	return (struct cursor){ .at = text, .is_first = true };
}

static int text_compare(const char *a, const char *b)
{
	struct cursor x = cursor(a), y = cursor(b);

	for (;;) {
		struct token s = next(&x), t = next(&y);
		if (s.kind != t.kind) {
			if (s.kind == KIND_SUFFIX && s.value < 0)
				return -1;
			if (t.kind == KIND_SUFFIX && t.value < 0)
				return 1;
			return s.kind > t.kind ? -1 : 1;
		}
		if (s.value != t.value)
			return s.value < t.value ? -1 : 1;
		if (s.kind >= KIND_END)
			return 0;
	}
}

static const char *apk_text(struct text *out, const struct evr *v)
{
	text_add(out, "%s%s%s", v->version, *v->release ? "-" : "", v->release);
	return out->at ? out->at : "";
}

int version_compare_apk(const struct evr *a, const struct evr *b)
{
	AUTO(text) x = { 0 };
	AUTO(text) y = { 0 };

	return text_compare(apk_text(&x, a), apk_text(&y, b));
}

bool version_apk_valid(const char *text)
{
	struct cursor c = cursor(text);
	struct token t;

	do
		t = next(&c);
	while (t.kind < KIND_END);
	return t.kind == KIND_END;
}

/* ---- apk to rpm
 *
 * "_rc1" is ~rc1, "_p1" is ^p1; svn is written dsvn, for its letters stand behind git, hg and p. A suffix behind one without a number is
 * above all numbers: 10^18 is put between. Leading zeros: "05" is 0zz5, "00" 0~~ and what 10^9 lacks. */

static void rpm_component(struct text *out, struct token t)
{
	if (t.value > 0)
		text_add(out, "%lld", (long long)t.value);
	else if (t.value >= -1)
		text_add(out, "0");
	else
		text_add(out, "0~~%lld", 1000000000LL + t.value);
}

static void rpm_suffix(struct text *out, struct token t, enum kind before)
{
	const char *name = suffixes[t.value + SUFFIXES_BEFORE];

	if (t.value >= 0 && before == KIND_SUFFIX)
		text_add(out, "1000000000000000000");
	text_add(out, "%s%s%s", t.value < 0 ? "~" : "^", strcmp(name, "svn") == 0 ? "d" : "", name);
}

static void rpm_part(struct text *out, const char *at)
{
	struct cursor c = cursor(at);
	bool is_first = true;

	for (;;) {
		enum kind before = c.last;
		struct token t = next(&c);

		if (t.kind >= KIND_REVISION)
			return;
		if (t.kind == KIND_NUMBER) {
			text_add(out, "%s", is_first ? "" : ".");
			rpm_component(out, t);
		} else if (t.kind == KIND_LETTER) {
			text_add(out, "%c", (char)t.value);
		} else if (t.kind == KIND_SUFFIX) {
			rpm_suffix(out, t, before);
		} else {
			text_add(out, "%s%lld", t.kind == KIND_DIGITS ? "zz" : "", (long long)t.value);
		}
		is_first = false;
	}
}

int version_apk_to_rpm(struct arena *a, const struct evr *apk, struct evr *ret, struct err *e)
{
	AUTO(text) whole = { 0 };
	struct evr v = { .epoch = -1, .release = "" };

	if (apk->epoch > 0 || !version_apk_valid(apk_text(&whole, apk)) || strchr(apk->version, '-'))
		return err_input(e, "E_METADATA", "'%s' is no version for apk", whole.at ? whole.at : "");
	v.version = version_translate_part(a, apk->version, rpm_part);
	if (*apk->release)
		v.release = arena_str(a, apk->release + 1); /* "r4" */
	if (!v.version || !v.release)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a version");
	*ret = v;
	return 0;
}
