/* log_template.c - one pass over a line; each kind of thing that varies is one matcher of the table, the first that fits is taken. */
#include "sandbox/log_template.h"
#include "base/text.h"
#include <ctype.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* ---- shapes: 'd' a digit, 'a' a letter, anything else itself; the length matched, or 0 */
static size_t shape(const char *at, const char *form)
{
	size_t i = 0;

	for (; form[i]; i++) {
		bool fits = form[i] == 'd' ? is_digit(at[i])
			: form[i] == 'a'   ? isalpha((unsigned char)at[i]) != 0
					   : at[i] == form[i];
		if (!fits)
			return 0; /* the line's end fits nothing */
	}
	return i;
}

static size_t first_shape(const char *at, const char *const *forms)
{
	for (size_t len; *forms; forms++)
		if ((len = shape(at, *forms)) > 0)
			return len;
	return 0;
}

static size_t digits(const char *at)
{
	size_t len = 0;

	while (is_digit(at[len]))
		len++;
	return len;
}

/* Seconds' fraction and zone behind a time of day: ".123", ",123", "Z", "+01:00", " +0000" */
static size_t time_tail(const char *at)
{
	static const char *const zones[] = { "+dd:dd", "-dd:dd", "+dddd", "-dddd", " +dddd", " -dddd", "Z", " UTC",
		" GMT", NULL };
	size_t len = 0;

	if ((at[0] == '.' || at[0] == ',') && is_digit(at[1]))
		len = 1 + digits(at + 1);
	return len + first_shape(at + len, zones);
}

static size_t time_of_day(const char *at)
{
	static const char *const forms[] = { "dd:dd:dd", "dd:dd", "d:dd:dd", NULL };
	size_t len = first_shape(at, forms);

	if (!len || is_digit(at[len]))
		return 0;
	return len + time_tail(at + len);
}

static size_t name_of(const char *at, const char *const *names, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strncmp(at, names[i], 3) == 0 && !is_word(at[3]))
			return 3;
	return 0;
}

static size_t month(const char *at)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };

	return name_of(at, names, COUNT(names));
}

static size_t weekday(const char *at)
{
	static const char *const names[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

	return name_of(at, names, COUNT(names));
}

/* "Nov 26 16:23:23 2026", "Nov  6 16:23:23" */
static size_t named_date(const char *at)
{
	size_t len = month(at), more;

	if (!len || at[len] != ' ')
		return 0;
	len += strspn(at + len, " ");
	more = digits(at + len);
	if (more == 0 || more > 2)
		return 0;
	len += more;
	if (at[len] == ' ' && (more = time_of_day(at + len + 1)) > 0)
		len += 1 + more;
	return len + shape(at + len, " dddd");
}

static size_t date(const char *at)
{
	static const char *const forms[] = { "dddd-dd-dd", "dddd/dd/dd", "dd/aaa/dddd", "dd-aaa-dddd", "dd aaa dddd",
		"dd.dd.dddd", NULL };
	size_t len = weekday(at), more;

	if (len) { /* "Thu, 26 Nov 2026", "Thu Nov 26" */
		len += at[len] == ',';
		len += strspn(at + len, " ");
		more = date(at + len);
		return more ? len + more : 0;
	}
	len = named_date(at);
	if (len)
		return len;
	len = first_shape(at, forms);
	if (!len)
		return 0;
	if (at[len] && strchr("T :", at[len]) && (more = time_of_day(at + len + 1)) > 0)
		len += 1 + more;
	return len;
}

static size_t when(const char *at)
{
	size_t len = date(at);

	return len ? len : time_of_day(at);
}

/* ---- words and numbers */
static size_t hex_number(const char *at)
{
	size_t len = 2;

	if (at[0] != '0' || (at[1] != 'x' && at[1] != 'X'))
		return 0;
	while (isxdigit((unsigned char)at[len]))
		len++;
	return len > 2 ? len : 0;
}

/* A run of letters and digits that no person chose: long, with a digit before a letter; or all hex with a digit. */
static size_t random_word(const char *at)
{
	size_t len = 0, changes = 0, hex = 0, numbers = 0;

	for (; is_word(at[len]); len++) {
		numbers += is_digit(at[len]);
		hex += isxdigit((unsigned char)at[len]) != 0;
		changes += len && is_digit(at[len - 1]) && !is_digit(at[len]);
	}
	if (len >= 8 && hex == len && numbers && numbers < len)
		return len;
	return len >= 6 && changes ? len : 0;
}

/* 8-4-4-4-12 */
static size_t uuid(const char *at)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	size_t len = 0;

	for (size_t g = 0; g < COUNT(groups); g++) {
		for (size_t i = 0; i < groups[g]; i++)
			if (!isxdigit((unsigned char)at[len++]))
				return 0;
		if (g + 1 < COUNT(groups) && at[len++] != '-')
			return 0;
	}
	return is_word(at[len]) ? 0 : len;
}

static size_t passing_path(const char *at)
{
	static const char *const places[] = { "/tmp/", "/run/", "/proc/", "/sys/", "/dev/", "/var/tmp/", "/var/run/" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (text_starts(at, places[i]))
			return strcspn(at, " \t\"'`<>|;,()[]{}:");
	return 0;
}

static size_t quoted_word(const char *at)
{
	size_t len;

	if (*at != '"' && *at != '\'' && *at != '`')
		return 0;
	len = 1 + strcspn(at + 1, *at == '`' ? " \t'`" : *at == '"' ? " \t\"" : " \t'");
	return len > 1 && (at[len] == *at || (*at == '`' && at[len] == '\'')) ? len + 1 : 0;
}

/* Digits with single dots, colons or dashes between digits: versions, addresses, ports. */
static size_t number(const char *at)
{
	size_t len = digits(at);

	while (len && at[len] && strchr(".:-", at[len]) && is_digit(at[len + 1]))
		len += 1 + digits(at + len + 1);
	return len;
}

static const struct {
	size_t (*match)(const char *at);
	const char *mark;
	bool in_words; /* also in the middle of a word */
} kinds[] = {
	{ quoted_word, "\"*\"", false },
	{ passing_path, "<path>", false },
	{ when, "<time>", false },
	{ uuid, "<id>", false },
	{ hex_number, "<id>", false },
	{ random_word, "<id>", false },
	{ number, "#", true },
};

static size_t reduce_one(struct text *out, const char *at, bool begins_word)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t len = begins_word || kinds[i].in_words ? kinds[i].match(at) : 0;

		if (len) {
			text_add(out, "%s", kinds[i].mark);
			return len;
		}
	}
	text_bytes(out, at, 1);
	return 1;
}

char *log_template(const char *line)
{
	AUTO_FREE char *copy = strndup(line, LOG_TEMPLATE_MAX);
	struct text out = { 0 };

	for (const char *at = copy ? copy : ""; *at;) {
		if (isspace((unsigned char)*at)) {
			at += strspn(at, " \t\r\n\v\f");
			if (out.len && *at)
				text_bytes(&out, " ", 1);
			continue;
		}
		at += reduce_one(&out, at, at == copy || !is_word(at[-1]));
	}
	return text_take(&out);
}

char *log_template_path(const char *path)
{
	struct text out = { 0 };

	for (const char *at = path; *at;) {
		size_t len = number(at);

		text_bytes(&out, len ? "#" : at, 1);
		at += len ? len : 1;
	}
	return text_take(&out);
}
