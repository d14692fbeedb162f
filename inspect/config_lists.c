/* config_lists.c - how strong a value is that is a list: versions, ciphers, addresses, who may come in. Mostly its weakest word counts. */
#include "inspect/config_lists.h"
#include "base/text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct config_word kafka[] = { { "plaintext", 0 }, { "sasl_plaintext", 10 }, { "ssl", 30 },
	{ "sasl_ssl", 30 } };
/* 0 to 9: not to be used; 10 and up are TLS 1.x. */
static const struct config_word versions[] = { { "any", 0 }, { "none", 0 }, { "3.0", 3 }, { "3.1", 10 }, { "3.2", 11 },
	{ "3.3", 12 }, { "3.4", 13 }, { "sslv2", 2 }, { "sslv3", 3 }, { "sslv23", 3 }, { "ssl3", 3 }, { "core", 1 },
	{ "lanman1", 1 }, { "lanman2", 1 }, { "nt1", 5 }, { "smb2", 12 }, { "smb2_02", 12 }, { "smb2_10", 12 },
	{ "smb3", 13 }, { "smb3_00", 13 }, { "smb3_11", 13 }, { "tlsv1", 10 }, { "tls1", 10 }, { "tlsv1.0", 10 },
	{ "tls1.0", 10 }, { "tls10", 10 }, { "1.0", 10 }, { "tlsv1.1", 11 }, { "tls1.1", 11 }, { "tls11", 11 },
	{ "1.1", 11 }, { "tlsv1.2", 12 }, { "tls1.2", 12 }, { "tls12", 12 }, { "1.2", 12 }, { "tlsv1.3", 13 },
	{ "tls1.3", 13 }, { "tls13", 13 }, { "1.3", 13 }, { "tlsv11", 11 }, { "tlsv12", 12 }, { "tlsv13", 13 },
	{ "tlsv10", 10 }, { "tls_1_0", 10 }, { "tls_1_1", 11 }, { "tls_1_2", 12 }, { "tls_1_3", 13 },
	{ "versiontls10", 10 }, { "versiontls11", 11 }, { "versiontls12", 12 }, { "versiontls13", 13 },
	{ "dtlsv1", 10 }, { "dtlsv1.2", 12 }, { "tlsv1_1", 11 }, { "tlsv1_2", 12 }, { "tlsv1_3", 13 } };

/* The words of a list, whatever stands between them. */
static bool next_word(const char **rest, char ret[64])
{
	size_t len;

	*rest += strspn(*rest, " \t,:;[]\"'");
	len = strcspn(*rest, " \t,:;[]\"'");
	snprintf(ret, 64, "%.*s", (int)(len < 63 ? len : 63), *rest);
	*rest += len;
	return len > 0;
}

/* The oldest or newest version in a list such as "all -SSLv3 +TLSv1.2", "!SSLv2, !SSLv3", ">=TLSv1.2". */
int config_list_protocols(const char *list, bool is_newest)
{
	enum { OLDEST = 2, NEWEST = 13 };
	bool is_on[NEWEST + 1] = { 0 }, is_known = false, is_first = true;
	AUTO_FREE char *copy = mem_strdup(list);
	const char *value = copy;
	char word[64];

	for (char *at = copy; *at; at++) /* "TLSv1.2+TLSv1.3" */
		if (*at == '+' && at > copy && isalnum((unsigned char)at[-1]))
			*at = ' ';
	if (is_newest && *copy == 0)
		return NEWEST;
	while (next_word(&value, word)) {
		char *name = word + strspn(word, "+-!>=<");
		bool is_off = word[0] == '-' || word[0] == '!';
		int rank = CONFIG_RANK(versions, name);

		if (is_first && (strcasecmp(name, "all") == 0 ? word[0] != '-' : is_off))
			for (int i = word[0] == '!' ? 3 : 10; i <= NEWEST; i++)
				is_on[i] = i <= 3 || i >= 10; /* there is none between SSL 3 and TLS 1.0 */
		is_known |= rank >= 0 || strcasecmp(name, "all") == 0;
		is_first = false;
		if (rank < 0 || rank > NEWEST)
			continue;
		if (strncmp(word, ">=", 2) == 0 || word[0] == '>')
			for (int i = rank; i <= NEWEST; i++)
				is_on[i] = true;
		else
			is_on[rank] = !is_off;
	}
	if (!is_known)
		return -1;
	for (int i = 0; i <= NEWEST; i++) {
		int at = is_newest ? NEWEST - i : i;

		if (is_on[at])
			return at;
	}
	return -1;
}

static const struct cipher {
	const char *part;
	unsigned bad;
} bad_ciphers[] = { { "enull", BAD_NULL }, { "anull", BAD_ANONYMOUS }, { "null", BAD_NULL }, { "none", BAD_NULL },
	{ "adh", BAD_ANONYMOUS }, { "aecdh", BAD_ANONYMOUS }, { "anon", BAD_ANONYMOUS }, { "export", BAD_EXPORT },
	{ "exp", BAD_EXPORT }, { "exp-", BAD_EXPORT }, { "rc4", BAD_RC4 }, { "arcfour", BAD_RC4 }, { "3des", BAD_3DES },
	{ "des-cbc3", BAD_3DES }, { "des", BAD_DES }, { "low", BAD_DES }, { "md5", BAD_MD5 }, { "bf", BAD_DES },
	{ "rc2", BAD_DES }, { "group1-sha1", BAD_SHA1_GROUP1 }, { "ssh-dss", BAD_SHA1_GROUP1 },
	{ "complementofall", BAD_NULL } };

static unsigned bad_of(const char *name)
{
	for (size_t i = 0; i < COUNT(bad_ciphers); i++) {
		const char *part = bad_ciphers[i].part, *at = strcasestr(name, part);
		size_t len = strlen(part);

		/* a whole part of the name: "DES-CBC-SHA" has DES, "modes" has not */
		for (; at; at = strcasestr(at + 1, part))
			if ((at == name || !isalpha((unsigned char)at[-1])) &&
				(!isalpha((unsigned char)at[len]) || part[len - 1] == '-'))
				return bad_ciphers[i].bad;
	}
	return 0;
}

struct config_standing config_list_ciphers(const char *value)
{
	unsigned allowed = 0, refused = 0;
	const char *seclevel = strcasestr(value, "SECLEVEL=");
	int level = seclevel ? atoi(seclevel + 9) : 99;
	char word[64];

	while (next_word(&value, word)) {
		const char *name = word + strspn(word, "+-!^@");
		bool is_off = word[0] == '!' || word[0] == '-';
		unsigned bad;

		bad = bad_of(name);
		if (is_off)
			refused |= bad;
		else
			allowed |= bad;
		if (!is_off && (strcasecmp(name, "HIGH") == 0 || strcasecmp(name, "ALL") == 0))
			allowed |= BAD_ANONYMOUS;
	}
	return (struct config_standing){ .rank = level, .bad = allowed & ~refused };
}

/* How many of the broken ones a list of refused algorithms names. */
int config_list_refused_of(const char *value)
{
	static const char *const names[] = { "SSLv3", "TLSv1,", "TLSv1.1", "RC4", "DES", "MD5", "3DES", "anon", "NULL",
		"EXPORT", "TLS1_0", "TLS1_1", "ADH", "LOW" };
	AUTO_FREE char *text = mem_printf("%s,", value);
	int count = 0;

	for (size_t i = 0; i < COUNT(names); i++)
		count += strcasestr(text, names[i]) != NULL;
	return count;
}
/* ---- lists of addresses and names: the weakest word counts */

static bool is_here(const char *host)
{
	static const char *const names[] = { "localhost", "localhost.localdomain", "ip6-localhost", "::1", "[::1]",
		"loopback-only", "_local_", "none", "127.*", "/*", "unix:*", "@*" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (text_glob(names[i], host) || (names[i][0] == '/' && host[0] == '/') ||
			(text_ends(names[i], "*") && strncasecmp(host, names[i], strlen(names[i]) - 1) == 0))
			return true;
	return false;
}

static bool is_everywhere(const char *host)
{
	static const char *const names[] = { "0.0.0.0", "*", "::", "[::]", "all", "any", "0", "0.0.0.0/0", "::/0",
		"[::]/0", "-", "0/0", "0.0.0.0/0.0.0.0", "_global_" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcasecmp(names[i], host) == 0)
			return true;
	return false;
}

/* "127.0.0.1:80", "[::]:80", "*:80": the port goes. */
static void without_port(char *host)
{
	char *colon = strrchr(host, ':');

	if (colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
		(strchr(host, ':') == colon || colon[-1] == ']'))
		*colon = 0;
}

static bool next_host(const char **rest, char ret[64])
{
	size_t len;

	*rest += strspn(*rest, " \t,;\"'{}");
	len = strcspn(*rest, " \t,;\"'{}");
	snprintf(ret, 64, "%.*s", (int)(len < 63 ? len : 63), *rest);
	*rest += len;
	return len > 0;
}

int config_list_bound(const char *value)
{
	int rank = -1;
	char host[64];

	while (next_host(&value, host)) {
		int one;

		if (rank < 0 && strspn(host, "0123456789") == strlen(host)) /* a port alone: on every address */
			return 0;
		without_port(host);
		one = is_here(host)                                                            ? 30
			: is_everywhere(host)                                                  ? 0
			: strpbrk(host, ".:") || isalpha((unsigned char)*host) || *host == '_' ? 10
											       : -1;
		rank = one >= 0 && (rank < 0 || one < rank) ? one : rank;
	}
	return rank;
}

/* "1883", "1883 localhost", "0 /run/broker.sock" */
int config_list_listener(const char *value)
{
	char port[64];

	if (!next_host(&value, port))
		return -1;
	value += strspn(value, " \t");
	return *value ? config_list_bound(value) : 0;
}

/* "allow LIST", "Require all granted": not what is denied. */
int config_list_from(const char *value)
{
	char word[64];
	bool is_any = false, is_denied = false;

	for (const char *at = value; next_host(&at, word);) {
		is_denied |= strcasecmp(word, "deny") == 0 || strcasecmp(word, "denied") == 0 ||
			strcasecmp(word, "not") == 0;
		is_any |= is_everywhere(word);
	}
	return *value == 0 ? -1 : is_denied ? 40 : is_any ? 0 : 30;
}

/* What stands in front of the first plain "permit" refuses. */
int config_list_restricted(const char *value)
{
	char word[64];

	while (next_host(&value, word))
		if (text_starts(word, "reject") || text_starts(word, "defer") || text_starts(word, "check_"))
			return 30;
		else if (strcmp(word, "permit") == 0)
			return 0;
	return 0;
}

int config_list_mechanisms(const char *value)
{
	static const struct config_word names[] = { { "anonymous", 0 }, { "plain", 10 }, { "login", 10 },
		{ "cram-md5", 15 }, { "digest-md5", 15 }, { "ntlm", 15 }, { "gssapi", 35 }, { "external", 35 } };
	char word[64];
	int rank = -1;

	while (next_host(&value, word)) {
		int one = strncasecmp(word, "scram", 5) == 0 ? 30 : CONFIG_RANK(names, word);

		rank = one >= 0 && (rank < 0 || one < rank) ? one : rank;
	}
	return rank;
}

/* "SSL://:9093,PLAINTEXT://:9092", "CLIENT:SASL_SSL" */
int config_list_listeners(const char *value)
{
	char word[64];
	int rank = -1;

	while (next_host(&value, word)) {
		char *colon = strchr(word, ':');
		int one;

		if (colon && colon[1] == '/')
			*colon = 0;
		one = CONFIG_RANK(kafka, colon && *colon ? colon + 1 : word);
		rank = one >= 0 && (rank < 0 || one < rank) ? one : rank;
	}
	return rank;
}

static bool is_listed(const char *words, const char *word)
{
	for (size_t len; *words; words += len + (words[len] == '|')) {
		len = strcspn(words, "|");
		if (strlen(word) == len && strncasecmp(words, word, len) == 0)
			return true;
	}
	return false;
}

int config_list_without(const char *words, const char *value)
{
	char word[64];
	bool is_there = false;

	for (const char *at = value; next_word(&at, word);)
		is_there |= is_listed(words, word + (word[0] == '+'));
	return is_there ? 0 : 30;
}
