/* config_options.c - settings inside a value: command-line options in a unit or a defaults file, connection strings, what listeners say of TLS. */
#include "inspect/config_options.h"
#include "base/text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 2048 };

struct words {
	char **at; /* cut out of copy */
	size_t len;
	char *copy;
};

/* Blanks, and what parts the settings of a connection string or of brackets. False: there are more. */
static bool split(const char *value, struct words *ret)
{
	char *rest = mem_strdup(value), *word;

	*ret = (struct words){ .at = mem_alloc(WORDS_MAX * sizeof *ret->at), .copy = rest };
	while ((word = strsep(&rest, " \t[](){}?&;,|\"'")) != NULL) {
		if (*word && ret->len == WORDS_MAX)
			return false;
		if (*word)
			ret->at[ret->len++] = word;
	}
	return true;
}

static bool is_name(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)word[i]) && !strchr("-_.", word[i]))
			return false;
	return len > 1;
}

static void tell_one(const struct config_item *item, const char *name, const char *value, config_option *tell, void *to)
{
	AUTO_FREE char *key = mem_printf("%s/%s", item->key, name);

	tell(to, item, key, value);
}

/* Words of listeners and servers that stand alone: "listen 443 ssl", "server s1 10.0.0.1:443 ssl verify none". */
static bool is_listener(const char *key)
{
	static const char *const names[] = { "listen", "bind", "server", "default-server", "ssl-default-bind-options",
		"ssl-default-server-options", "sslproxy_flags", "options", "tls_outgoing_options", "http_port",
		"https_port", "cache_peer" };
	const char *slash = strrchr(key, '/'), *last = slash ? slash + 1 : key;

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcasecmp(last, names[i]) == 0)
			return true;
	return false;
}

static bool has_word(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->len; i++)
		if (strcasecmp(w->at[i], word) == 0)
			return true;
	return false;
}

static const char *behind_equal(const char *word)
{
	const char *equal = strchr(word, '=');

	return equal ? equal + 1 : word;
}

/* haproxy's "no-sslv3 no-tlsv10" is the same as a lowest version. */
static const char *least_version(const struct words *w)
{
	static const struct {
		const char *without, *least;
	} steps[] = { { "no-sslv3", "TLSv1.0" }, { "no-tlsv10", "TLSv1.1" }, { "no-tlsv11", "TLSv1.2" },
		{ "no-tlsv12", "TLSv1.3" } };
	const char *least = NULL;
	bool is_any = false;

	for (size_t i = COUNT(steps); i-- > 0;)
		is_any |= has_word(w, steps[i].without);
	for (size_t i = 0; is_any && i < COUNT(steps) && has_word(w, steps[i].without); i++)
		least = steps[i].least;
	return is_any && least == NULL ? "SSLv3" : least;
}

static void listener(const struct config_item *item, const struct words *w, config_option *tell, void *to)
{
	static const char *const pairs[] = { "verify", "ssl-min-ver", "ssl-max-ver", "ciphers" };
	static const char *const flags[] = { "DONT_VERIFY_PEER", "UnsafeLegacyRenegotiation", "notls", "NO_SSLv2",
		"NO_SSLv3", "NO_TLSv1", "NO_TLSv1.1", "NO_TLSv1.2" };
	AUTO_FREE char *section = mem_strdup(item->key), *key = NULL;
	char *slash = strrchr(section, '/');
	bool is_server = strcasestr(slash ? slash : section, "server") != NULL;
	bool has_tls = has_word(w, "ssl") || has_word(w, "tls");
	const char *least = least_version(w);

	key = mem_printf("%s %s", item->key, w->len > 0 ? w->at[0] : "");
	struct config_item own = { key, item->value, item->line };

	tell_one(&own, "listen-tls", has_tls ? "on" : "off", tell, to);
	if (has_tls && !is_server)
		tell(to, item, "any-tls", "on");
	if (least)
		tell_one(strstr(item->key, "options") ? item : &own, "ssl-min-ver", least, tell, to);
	for (size_t i = 0; i < w->len; i++) {
		for (size_t k = 0; k < COUNT(pairs) && i + 1 < w->len; k++)
			if (strcasecmp(w->at[i], pairs[k]) == 0)
				tell_one(&own, pairs[k], w->at[i + 1], tell, to);
		for (size_t k = 0; k < COUNT(flags); k++)
			if (strcasecmp(behind_equal(w->at[i]), flags[k]) == 0)
				tell_one(&own, flags[k], "on", tell, to);
	}
}

static void command_option(const struct config_item *item, struct words *w, size_t i, config_option *tell, void *to)
{
	char *name = w->at[i] + strspn(w->at[i], "-"), *equal = strchr(name, '=');
	size_t dashes = (size_t)(name - w->at[i]);

	if (equal && is_name(name, (size_t)(equal - name))) {
		*equal = 0;
		tell_one(item, name, equal + 1, tell, to);
		*equal = '=';
	} else if (dashes > 0 && dashes <= 2 && !equal && is_name(name, strlen(name))) {
		const char *next = i + 1 < w->len ? w->at[i + 1] : "-", *sign = strchr(next, '=');
		bool has_value = next[0] != '-' && !(sign && is_name(next, (size_t)(sign - next)));
		bool is_negated = dashes == 2 && text_starts(name, "no-") && strncmp(name, "no-verify", 9) != 0 &&
			strncmp(name, "no-check", 8) != 0 && strcmp(name, "no-tls") != 0 && strcmp(name, "no-ssl") != 0;

		if (is_negated)
			tell_one(item, name + 3, "off", tell, to);
		else
			tell_one(item, name, has_value ? next : "on", tell, to);
	}
}

/* "add_header Strict-Transport-Security ...", "Header always set ...": the header's name is a setting. */
static void headers(const struct config_item *item, const struct words *w, config_option *tell, void *to)
{
	static const char *const names[] = { "Strict-Transport-Security", "Content-Security-Policy" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (has_word(w, names[i]) && !has_word(w, "unset"))
			tell_one(item, names[i], "on", tell, to);
}

/* Sections of which it counts that something is in them. */
static void sections(const struct config_item *item, config_option *tell, void *to)
{
	static const char *const names[] = { "basic_auth_users/", "basicauth/", "basic_auth/" };
	const char *at = NULL;

	for (size_t i = 0; i < COUNT(names) && at == NULL; i++)
		at = strstr(item->key, names[i]);
	if (at == NULL)
		return;
	AUTO_FREE char *section = mem_printf("%.*s", (int)(at - item->key), item->key),
		       *key = mem_printf("%sbasic_auth_users", section);
	tell(to, item, key, "on");
}

bool config_options(const struct config_item *item, config_option *tell, void *to)
{
	struct words w;
	bool is_one = is_listener(item->key), is_whole;

	sections(item, tell, to);

	if (!is_one && strchr(item->value, '=') == NULL && strstr(item->value, "-") == NULL)
		return true;
	is_whole = split(item->value, &w);
	if (is_one)
		listener(item, &w, tell, to);
	headers(item, &w, tell, to);
	for (size_t i = 0; i < w.len; i++) {
		command_option(item, &w, i, tell, to);
		if (i > 0 && i + 1 < w.len && strcmp(w.at[i], "=>") == 0)
			tell_one(item, w.at[i - 1], w.at[i + 1], tell, to);
	}
	free(w.at);
	free(w.copy);
	return is_whole;
}
