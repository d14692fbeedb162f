/* recipe_words.c - templates, patterns on file names, --set, and the house's limits. */
#include "base/pattern.h"
#include "base/text.h"
#include "base/when.h"
#include "repackager/recipe.h"
#include <regex.h>
#include <string.h>

void words_add(struct words *w, const char *key, const char *value)
{
	if (w->len < COUNT(w->at)) {
		w->at[w->len][0] = key;
		w->at[w->len++][1] = value;
	}
}

static const char *word_of(const struct words *w, const char *key, size_t len)
{
	for (size_t i = 0; i < w->len; i++)
		if (strlen(w->at[i][0]) == len && memcmp(w->at[i][0], key, len) == 0)
			return w->at[i][1];
	return NULL;
}

static void unknown_word(const struct words *w, const char *key, size_t len, struct err *e)
{
	AUTO(text) known = { 0 };

	for (size_t i = 0; i < w->len; i++)
		text_add(&known, " {%s}", w->at[i][0]);
	err_usage(e, "'{%.*s}' is not known here (known:%s)", (int)len, key, known.at ? known.at : "");
}

char *words_fill(const struct words *w, struct arena *a, const char *template, struct err *e)
{
	AUTO(text) out = { 0 };

	for (const char *at = template; *at;) {
		size_t plain = strcspn(at, "{"), len;
		text_bytes(&out, at, plain);
		at += plain;
		if (!*at)
			break;
		len = strcspn(++at, "}");
		if (!at[len]) {
			err_usage(e, "'%s': a '{' is not closed", template);
			return NULL;
		}
		const char *value = word_of(w, at, len);
		if (!value) {
			unknown_word(w, at, len, e);
			return NULL;
		}
		text_add(&out, "%s", value);
		at += len + 1;
	}
	return arena_copy(a, out.at ? out.at : "", out.len);
}

char *match_first(struct arena *a, const char *pattern, const char *text, struct err *e)
{
	regex_t compiled;
	regmatch_t at[2];
	char why[128], *found = NULL;
	const char *dear = pattern_too_dear(pattern);

	if (dear) {
		err_usage(e, "'%s' is not taken: %s", pattern, dear);
		return NULL;
	}
	int code = regcomp(&compiled, pattern, REG_EXTENDED);

	if (code) {
		regerror(code, &compiled, why, sizeof why);
		err_usage(e, "'%s' is no extended regular expression: %s", pattern, why);
		return NULL;
	}
	if (compiled.re_nsub < 1)
		err_usage(e, "'%s' has no group '( )' to take the value from", pattern);
	else if (regexec(&compiled, text, 2, at, 0) || at[1].rm_so < 0)
		err_usage(e, "'%s' finds nothing in '%s'", pattern, text);
	else
		found = arena_copy(a, text + at[1].rm_so, (size_t)(at[1].rm_eo - at[1].rm_so));
	regfree(&compiled);
	return found;
}

int settings_parse(const char *const *words, size_t len, struct settings *ret, struct err *e)
{
	static const char *const keys[SET_KEYS] = { "name", "version", "release", "epoch", "architecture", "prefix",
		"maintainer", "license", "summary" };
	struct settings s = { 0 };

	for (size_t i = 0; i < len; i++) {
		size_t key = 0, width = strcspn(words[i], "=");
		while (key < SET_KEYS && !(strlen(keys[key]) == width && memcmp(keys[key], words[i], width) == 0))
			key++;
		if (!words[i][width] || key == SET_KEYS)
			return err_usage(e,
				"--set %s: wants KEY=VALUE with one of name version release epoch architecture "
				"prefix maintainer license summary",
				words[i]);
		s.at[key] = words[i] + width + 1;
	}
	*ret = s;
	return 0;
}

/* What is said of a size, within what the decoder can keep. */
static int limit_size(
	const struct document *house, const char *key, uint64_t least, uint64_t most, uint64_t *ret, struct err *e)
{
	AUTO_FREE char *place = mem_printf("limits/%s", key);
	const char *text = document_text(house, place);
	uint64_t size = *ret;
	struct err why = { 0 };

	if (text[0] && size_parse(text, &size, &why))
		return document_error(house, place, e, "%s", why.text);
	if (size < least || size > most) {
		AUTO_FREE char *from = size_text(least), *to = size_text(most);
		return document_error(house, place, e, "'%s' is not from %s to %s", text, from, to);
	}
	*ret = size;
	return 0;
}

static int limit_time(const struct document *house, unsigned *ret, struct err *e)
{
	const char *time = document_text(house, "limits/time");
	struct err why = { 0 };
	int64_t seconds = *ret;

	if (time[0] && duration_parse(time, &seconds, &why))
		return document_error(house, "limits/time", e, "%s", why.text);
	if (seconds < 1 || seconds > 86400)
		return document_error(house, "limits/time", e, "wants a time from 1s to 24h");
	*ret = (unsigned)seconds;
	return 0;
}

static void limit_count(const struct document *house, const char *key, unsigned *ret)
{
	const json_t *limits = document_at(house, "limits");

	if (json_object_get(limits, key))
		*ret = (unsigned)json_int(limits, key);
}

int house_limits(const struct document *house, struct limits *ret, struct err *e)
{
	struct limits l = limits_default;
	json_t *limits = document_at(house, "limits");

	if (limit_size(house, "output", 0, INT64_MAX, &l.output, e) ||
		limit_size(house, "memory", MIB(16), GIB(64), &l.memory, e) ||
		limit_size(house, "metadata", KIB(1), GIB(1), &l.metadata, e) ||
		limit_size(house, "script", 0, MIB(64), &l.script, e) ||
		limit_size(house, "xattr", 0, MIB(1), &l.xattr, e) || limit_time(house, &l.seconds, e))
		return -1;
	if (json_object_get(limits, "entries"))
		l.entries = (uint64_t)json_int(limits, "entries");
	limit_count(house, "ratio", &l.ratio);
	limit_count(house, "path", &l.path);
	limit_count(house, "depth", &l.depth);
	*ret = l;
	return 0;
}

int recipe_limits(const struct document *recipe, const struct document *house, struct limits *ret, struct err *e)
{
	struct limits l;

	if (house_limits(house, &l, e))
		return -1;
	l.devices = json_is_true(document_at(recipe, "source/devices"));
	*ret = l;
	return 0;
}
