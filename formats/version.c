/* version.c - versions taken apart, and the orders of deb and rpm. deb-version(7), rpm-version(7); dpkg's verrevcmp and
 * rpm 4.18's rpmvercmp are what we must agree with, so both are told here in our own words and tested against the originals. */
#include "formats/version.h"
#include "formats/version_private.h"
#include <stdio.h>
#include <string.h>

enum { VERSION_MAX = 1024 };

static int sign(int64_t difference)
{
	return (difference > 0) - (difference < 0);
}

/* Both families read an epoch of digits only; rpm stores 32 bits, dpkg an int. */
static int parse_epoch(const char *text, size_t len, int64_t *ret, struct err *e)
{
	int64_t epoch = 0;

	if (len == 0)
		return err_input(e, "E_METADATA", "version: empty epoch");
	for (size_t i = 0; i < len; i++) {
		if (!version_is_digit(text[i]))
			return err_input(e, "E_METADATA", "version: epoch '%.*s' is not a number", (int)len, text);
		epoch = epoch * 10 + (text[i] - '0');
		if (epoch > INT32_MAX)
			return err_input(e, "E_METADATA", "version: epoch is too large");
	}
	*ret = epoch;
	return 0;
}

int evr_parse(struct arena *a, const char *text, struct evr *ret, struct err *e)
{
	struct evr v = { .epoch = -1, .release = "" };
	const char *colon = strchr(text, ':'), *dash;
	size_t len;

	if (strlen(text) > VERSION_MAX)
		return err_input(e, "E_LIMIT_NAME", "version is longer than %d bytes", VERSION_MAX);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return err_input(e, "E_METADATA", "version '%s' holds a blank or control byte", text);
	if (colon) {
		if (parse_epoch(text, (size_t)(colon - text), &v.epoch, e))
			return -1;
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	len = dash ? (size_t)(dash - text) : strlen(text);
	if (len == 0)
		return err_input(e, "E_METADATA", "version is empty");
	if (dash && !dash[1])
		return err_input(e, "E_METADATA", "version '%s' ends with '-'", text);
	v.version = arena_copy(a, text, len);
	if (dash)
		v.release = arena_str(a, dash + 1);
	if (!v.version || !v.release)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a version");
	*ret = v;
	return 0;
}

char *evr_text(struct arena *a, const struct evr *v)
{
	char epoch[32] = "";

	if (v->epoch >= 0)
		(void)snprintf(epoch, sizeof epoch, "%lld:", (long long)v->epoch);
	return arena_printf(a, "%s%s%s%s", epoch, v->version, *v->release ? "-" : "", v->release);
}

/* ---- deb: '~' < end and digits < letters < everything else, each by its code */

static int deb_order(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || version_is_digit(c))
		return 0;
	return version_is_alpha(c) ? c : (unsigned char)c + 256;
}

static int deb_part_compare(const char *a, const char *b)
{
	while (*a || *b) {
		int first = 0;

		while ((*a && !version_is_digit(*a)) || (*b && !version_is_digit(*b))) {
			int difference = deb_order(*a) - deb_order(*b);

			if (difference)
				return sign(difference);
			a++, b++; /* equal and one of them is no digit: so neither has ended */
		}
		while (*a == '0')
			a++;
		while (*b == '0')
			b++;
		for (; version_is_digit(*a) && version_is_digit(*b); a++, b++)
			if (!first)
				first = *a - *b;
		if (version_is_digit(*a))
			return 1;
		if (version_is_digit(*b))
			return -1;
		if (first)
			return sign(first);
	}
	return 0;
}

static int64_t epoch_of(const struct evr *v)
{
	return v->epoch < 0 ? 0 : v->epoch;
}

int version_compare_deb(const struct evr *a, const struct evr *b)
{
	int order = sign(epoch_of(a) - epoch_of(b));

	if (!order)
		order = deb_part_compare(a->version, b->version);
	return order ? order : deb_part_compare(a->release, b->release);
}

/* ---- rpm: segments of digits or letters, whatever separates them; '~' < end < '^' < letters < digits */

enum rpm_token version_rpm_next(const char **at, const char **ret_start, size_t *ret_len)
{
	const char *c = *at;
	enum rpm_token kind;

	while (*c && !version_is_digit(*c) && !version_is_alpha(*c) && *c != '~' && *c != '^')
		c++;
	*ret_start = c;
	*ret_len = 0;
	if (*c == '\0')
		kind = RPM_END;
	else if (*c == '~')
		kind = RPM_TILDE, c++;
	else if (*c == '^')
		kind = RPM_CARET, c++;
	else if (version_is_alpha(*c)) {
		for (kind = RPM_ALPHA; version_is_alpha(*c); c++)
			;
		*ret_len = (size_t)(c - *ret_start);
	} else {
		for (kind = RPM_NUMBER; *c == '0'; c++)
			;
		for (*ret_start = c; version_is_digit(*c); c++)
			;
		*ret_len = (size_t)(c - *ret_start);
	}
	*at = c;
	return kind;
}

static int rpm_part_compare(const char *a, const char *b)
{
	for (;;) {
		const char *x, *y;
		size_t xlen, ylen, common;
		enum rpm_token s = version_rpm_next(&a, &x, &xlen), t = version_rpm_next(&b, &y, &ylen);
		int order;

		if (s != t)
			return s < t ? -1 : 1;
		if (s == RPM_END)
			return 0;
		if (s == RPM_NUMBER && xlen != ylen)
			return xlen < ylen ? -1 : 1;
		common = xlen < ylen ? xlen : ylen;
		order = sign(memcmp(x, y, common));
		if (!order)
			order = sign((int64_t)xlen - (int64_t)ylen);
		if (order)
			return order;
	}
}

/* A missing release is older than any, as rpmverCmp has it. */
int version_compare_rpm(const struct evr *a, const struct evr *b)
{
	int order = sign(epoch_of(a) - epoch_of(b));

	if (!order)
		order = rpm_part_compare(a->version, b->version);
	if (!order && (!*a->release || !*b->release))
		return !*b->release - !*a->release;
	return order ? order : rpm_part_compare(a->release, b->release);
}

/* What dpkg accepts in a Version field. */
bool version_deb_valid(const char *text)
{
	const char *colon = strchr(text, ':'), *dash;
	struct err ignored = { 0 };
	int64_t epoch;

	if (strlen(text) > VERSION_MAX)
		return false;
	if (colon) {
		if (parse_epoch(text, (size_t)(colon - text), &epoch, &ignored))
			return false;
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	if (!version_is_digit(*text) || (dash && !dash[1]))
		return false;
	for (const char *c = text; *c; c++)
		if (!version_is_digit(*c) && !version_is_alpha(*c) && !strchr(dash && c > dash ? ".+~" : ".+~-:", *c))
			return false;
	return true;
}

int version_compare(enum family f, const struct evr *a, const struct evr *b)
{
	static int (*const compare[FAMILIES])(const struct evr *, const struct evr *) = { version_compare_deb,
		version_compare_rpm, version_compare_pacman, version_compare_apk, version_compare_deb };

	return compare[f](a, b);
}
