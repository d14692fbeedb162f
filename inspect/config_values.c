/* config_values.c - how strong a value is, for each kind of key. */
#include "base/arena.h"
#include "base/text.h"
#include "inspect/config_keys.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct word {
	const char *text;
	int rank;
};
static const struct word levels[] = { { "off", 0 }, { "no", 0 }, { "false", 0 }, { "0", 0 }, { "none", 0 },
	{ "disable", 0 }, { "disabled", 0 }, { "never", 0 }, { "n", 0 }, { "f", 0 }, { "", 0 }, { "plain", 0 },
	{ "null", 0 }, { "nil", 0 }, { "disallow", 0 }, { "off.", 0 }, { "unencrypted", 0 }, { "noauth", 0 },
	{ "alwaysallow", 0 }, { "insecure", 0 }, { "verify_none", 0 }, { "ssl_verify_none", 0 }, { "cert_none", 0 },
	{ "allow", 10 }, { "may", 20 }, { "prefer", 20 }, { "preferred", 20 }, { "optional", 20 }, { "try", 20 },
	{ "opportunistic", 20 }, { "request", 20 }, { "requested", 20 }, { "want", 20 }, { "optional_no_ca", 15 },
	{ "ifpresent", 20 }, { "desired", 20 }, { "auto", 20 }, { "on", 30 }, { "yes", 30 }, { "true", 30 },
	{ "1", 30 }, { "y", 30 }, { "t", 30 }, { "enable", 30 }, { "enabled", 30 }, { "peer", 30 }, { "2", 31 },
	{ "3", 32 }, { "4", 33 }, { "required", 35 }, { "require", 35 }, { "mandatory", 35 }, { "demand", 35 },
	{ "hard", 35 }, { "need", 35 }, { "always", 35 }, { "encrypt", 35 }, { "force", 35 }, { "forced", 35 },
	{ "strict", 35 }, { "verify_peer", 35 }, { "cert_required", 35 }, { "verify-ca", 40 }, { "confidential", 35 },
	{ "integral", 30 }, { "requiretls", 35 }, { "requiressl", 35 }, { "prefertls", 20 }, { "preferssl", 20 },
	{ "allowtls", 10 }, { "allowssl", 10 }, { "verify_required", 35 }, { "verify_ca", 40 }, { "verify", 40 },
	{ "certificate", 40 }, { "dane", 36 }, { "dane-only", 40 }, { "fingerprint", 45 }, { "secure", 45 },
	{ "verify-full", 50 }, { "verify_identity", 50 }, { "full", 50 } };
static const struct word pg_methods[] = { { "trust", 0 }, { "ident", 10 }, { "password", 20 }, { "md5", 30 },
	{ "pam", 25 }, { "ldap", 25 }, { "radius", 25 }, { "scram-sha-256", 40 }, { "peer", 40 }, { "gss", 40 },
	{ "sspi", 40 }, { "cert", 50 }, { "reject", 90 } };
static const struct word pg_connections[] = { { "host", 10 }, { "hostnossl", 5 }, { "hostssl", 20 },
	{ "hostgssenc", 20 }, { "local", 20 } };
static const struct word hashes[] = { { "off", 0 }, { "plain", 0 }, { "des", 5 }, { "on", 10 }, { "md5", 10 },
	{ "crypt", 5 }, { "sha1", 12 }, { "pbkdf2", 25 }, { "scrypt", 30 }, { "argon2id", 35 }, { "argon2i", 34 },
	{ "sha256", 20 }, { "bcrypt", 25 }, { "sha512", 25 }, { "scram-sha-256", 30 }, { "yescrypt", 30 } };
static const struct word root_logins[] = { { "yes", 0 }, { "prohibit-password", 10 }, { "without-password", 10 },
	{ "forced-commands-only", 20 }, { "no", 30 } };
static const struct word host_keys[] = { { "no", 0 }, { "off", 0 }, { "accept-new", 10 }, { "ask", 20 },
	{ "yes", 30 } };
static const struct word selinux[] = { { "disabled", 0 }, { "permissive", 10 }, { "enforcing", 30 } };
static const struct word kafka[] = { { "plaintext", 0 }, { "sasl_plaintext", 10 }, { "ssl", 30 }, { "sasl_ssl", 30 } };
/* 0 to 9: not to be used; 10 and up are TLS 1.x. */
static const struct word versions[] = { { "any", 0 }, { "none", 0 }, { "3.0", 3 }, { "3.1", 10 }, { "3.2", 11 },
	{ "3.3", 12 }, { "3.4", 13 }, { "sslv2", 2 }, { "sslv3", 3 }, { "ssl3", 3 }, { "core", 1 }, { "lanman1", 1 },
	{ "lanman2", 1 }, { "nt1", 5 }, { "smb2", 12 }, { "smb2_02", 12 }, { "smb2_10", 12 }, { "smb3", 13 },
	{ "smb3_00", 13 }, { "smb3_11", 13 }, { "tlsv1", 10 }, { "tls1", 10 }, { "tlsv1.0", 10 }, { "tls1.0", 10 },
	{ "tls10", 10 }, { "1.0", 10 }, { "tlsv1.1", 11 }, { "tls1.1", 11 }, { "tls11", 11 }, { "1.1", 11 },
	{ "tlsv1.2", 12 }, { "tls1.2", 12 }, { "tls12", 12 }, { "1.2", 12 }, { "tlsv1.3", 13 }, { "tls1.3", 13 },
	{ "tls13", 13 }, { "1.3", 13 }, { "tlsv11", 11 }, { "tlsv12", 12 }, { "tlsv13", 13 }, { "tlsv10", 10 },
	{ "tls_1_0", 10 }, { "tls_1_1", 11 }, { "tls_1_2", 12 }, { "tls_1_3", 13 }, { "versiontls10", 10 },
	{ "versiontls11", 11 }, { "versiontls12", 12 }, { "versiontls13", 13 }, { "dtlsv1", 10 }, { "dtlsv1.2", 12 },
	{ "tlsv1_1", 11 }, { "tlsv1_2", 12 }, { "tlsv1_3", 13 } };

static int rank_in(const struct word *list, size_t len, const char *value)
{
	for (size_t i = 0; i < len; i++)
		if (strcasecmp(list[i].text, value) == 0)
			return list[i].rank;
	return -1;
}
#define RANK(list, value) rank_in(list, COUNT(list), value)

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
static int protocols(const char *list, bool is_newest)
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
		int rank = RANK(versions, name);

		if (is_first && (strcasecmp(name, "all") == 0 ? word[0] != '-' : is_off))
			for (int i = word[0] == '!' ? 2 : 10; i <= NEWEST; i++)
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

enum {
	BAD_NULL = 1,
	BAD_ANONYMOUS = 2,
	BAD_EXPORT = 4,
	BAD_RC4 = 8,
	BAD_DES = 16,
	BAD_3DES = 32,
	BAD_MD5 = 64,
	BAD_SHA1_GROUP1 = 128
};
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

static struct config_standing ciphers(const char *value)
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
static int refused_of(const char *value)
{
	static const char *const names[] = { "SSLv3", "TLSv1,", "TLSv1.1", "RC4", "DES", "MD5", "3DES", "anon", "NULL",
		"EXPORT" };
	AUTO_FREE char *text = mem_printf("%s,", value);
	int count = 0;

	for (size_t i = 0; i < COUNT(names); i++)
		count += strcasestr(text, names[i]) != NULL;
	return count;
}

static int presence(const char *value)
{
	static const char *const nothing[] = { "", "off", "no", "none", "false", "0", "null", "\"\"", "''" };

	for (size_t i = 0; i < COUNT(nothing); i++)
		if (strcasecmp(value, nothing[i]) == 0)
			return 0;
	return 30;
}

static int signed_level(const char *value)
{
	if (strcasestr(value, "never"))
		return 0;
	if (strcasestr(value, "optional") || strcasestr(value, "trustall"))
		return 20;
	return strcasestr(value, "required") ? 30 : -1;
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
		"[::]/0", "-", "0/0", "0.0.0.0/0.0.0.0", "samenet" };

	for (size_t i = 0; i + 1 < COUNT(names); i++)
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

static int bound(const char *value)
{
	int rank = -1;
	char host[64];

	while (next_host(&value, host)) {
		int one;

		if (rank < 0 && strspn(host, "0123456789") == strlen(host)) /* a port alone: on every address */
			return 0;
		without_port(host);
		one = is_here(host)                                            ? 30
			: is_everywhere(host)                                  ? 0
			: strpbrk(host, ".:") || isalpha((unsigned char)*host) ? 10
									       : -1;
		rank = one >= 0 && (rank < 0 || one < rank) ? one : rank;
	}
	return rank;
}

/* "allow LIST", "Require all granted": not what is denied. */
static int from(const char *value)
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
static int restricted(const char *value)
{
	char word[64];

	while (next_host(&value, word))
		if (text_starts(word, "reject") || text_starts(word, "defer") || text_starts(word, "check_"))
			return 30;
		else if (strcmp(word, "permit") == 0)
			return 0;
	return 0;
}

static int mechanisms(const char *value)
{
	static const struct word names[] = { { "anonymous", 0 }, { "plain", 10 }, { "login", 10 }, { "cram-md5", 15 },
		{ "digest-md5", 15 }, { "ntlm", 15 }, { "gssapi", 35 }, { "external", 35 } };
	char word[64];
	int rank = -1;

	while (next_host(&value, word)) {
		int one = strncasecmp(word, "scram", 5) == 0 ? 30 : RANK(names, word);

		rank = one >= 0 && (rank < 0 || one < rank) ? one : rank;
	}
	return rank;
}

/* "SSL://:9093,PLAINTEXT://:9092", "CLIENT:SASL_SSL" */
static int listeners(const char *value)
{
	char word[64];
	int rank = -1;

	while (next_host(&value, word)) {
		char *colon = strchr(word, ':');
		int one;

		if (colon && colon[1] == '/')
			*colon = 0;
		one = RANK(kafka, colon && *colon ? colon + 1 : word);
		rank = one >= 0 && (rank < 0 || one < rank) ? one : rank;
	}
	return rank;
}

/* ---- a rule's own words, numbers, masks, folders */

enum { WORD_STEP = 10 };
static int words(const char *list, const char *value)
{
	size_t value_len = strlen(value);
	int rank = 0;

	for (; *list; list += *list != 0) {
		size_t len = strcspn(list, "|,");

		if ((len == value_len && strncasecmp(list, value, len) == 0) || (len == 1 && *list == '*'))
			return rank;
		list += len;
		rank += *list == '|' ? WORD_STEP : 0;
	}
	return -1;
}

enum { NUMBER_MAX = 1000000 };
static int number(const char *value, bool is_more_weaker)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end)
		return -1;
	n = n > NUMBER_MAX ? NUMBER_MAX : n;
	if (is_more_weaker)
		return n <= 0 ? 0 : (int)(NUMBER_MAX + 1 - n);
	return n < 0 ? 0 : (int)n;
}

/* By what it leaves to others: all, changing by the group, reading by others, by the group, nothing. */
static int umask_of(const char *value)
{
	char *end;
	unsigned long taken = strtoul(value, &end, 8), left = ~taken & 077;

	if (end == value || *end || taken > 0777)
		return -1;
	return left & 02 ? 0 : left & 07 ? (left & 020 ? 10 : 20) : left & 020 ? 30 : left ? 40 : 50;
}

/* "A:B": an empty one, or one that does not begin at the top, is wherever somebody stands. */
static int folders(const char *value)
{
	static const char *const open[] = { "/tmp", "/var/tmp", "/dev/shm", "/run/shm" };
	const char *at = value;

	for (;; at++) {
		size_t len = strcspn(at, ":");

		if (len == 0 || (*at != '/' && *at != '$' && *at != '~' && *at != '%'))
			return *value && *value != '(' ? 0 : -1;
		for (size_t i = 0; i < COUNT(open); i++)
			if (strncmp(at, open[i], strlen(open[i])) == 0 &&
				(len == strlen(open[i]) || at[strlen(open[i])] == '/'))
				return 0;
		at += len;
		if (*at == 0)
			return 30;
	}
}

static int scheme(const char *value)
{
	static const char *const list =
		"http,ws,ldap,mqtt,ftp,smtp,imap,pop3,amqp,redis,tcp,stomp|https,wss,ldaps,mqtts,ftps,sftp,smtps,imaps,"
		"pop3s,amqps,rediss,tls,ssl,stomps";

	return words(list, value);
}

bool config_is_unclear(const char *value)
{
	return strpbrk(value, "$\\") || strstr(value, "{{") || strstr(value, "%(") || strstr(value, "<%") ||
		(value[0] == '&' && strchr(value, ';')) || (value[0] == '*' && isalpha((unsigned char)value[1]));
}

/* On is weak. */
static int inverted(const char *value)
{
	int rank = RANK(levels, value);

	return rank < 0 ? -1 : rank >= 10 ? 0 : 30;
}

static int rank_of(enum config_kind kind, const char *value)
{
	switch (kind) {
	case KEY_LEVEL:
	case KEY_ANY_TLS:
		return RANK(levels, value);
	case KEY_INVERTED:
		return inverted(value);
	case KEY_PROTOCOLS:
		return protocols(value, false);
	case KEY_NEWEST:
		return protocols(value, true);
	case KEY_DISABLED:
		return refused_of(value);
	case KEY_PRESENT:
		return presence(value);
	case KEY_ABSENT:
		return 30 - presence(value);
	case KEY_PG_METHOD:
		return RANK(pg_methods, value);
	case KEY_PG_CONNECTION:
		return RANK(pg_connections, value);
	case KEY_PASSWORD_HASH:
		return RANK(hashes, value);
	case KEY_ROOT_LOGIN:
		return RANK(root_logins, value);
	case KEY_HOST_KEY:
		return RANK(host_keys, value);
	case KEY_SELINUX:
		return RANK(selinux, value);
	case KEY_KAFKA:
		return RANK(kafka, value);
	case KEY_SIGNED:
		return signed_level(value);
	case KEY_BIND:
		return bound(value);
	case KEY_FROM:
		return from(value);
	case KEY_RESTRICTED:
		return restricted(value);
	case KEY_MECHANISMS:
		return mechanisms(value);
	case KEY_CLOSED:
		return strcmp(value, "0") == 0 ? 30 : 0;
	case KEY_LISTENERS:
		return listeners(value);
	case KEY_AT_LEAST:
		return number(value, false);
	case KEY_AT_MOST:
		return number(value, true);
	case KEY_UMASK:
		return umask_of(value);
	case KEY_FOLDERS:
		return folders(value);
	case KEY_SCHEME:
		return scheme(value);
	case KEY_WORDS:
	case KEY_CIPHERS:
	case KEY_IGNORED:
		break;
	}
	return -1;
}

struct config_standing config_standing_of(const struct config_rule *rule, const char *value)
{
	if (rule->kind == KEY_CIPHERS)
		return ciphers(value);
	if (rule->kind == KEY_WORDS)
		return (struct config_standing){ .rank = words(rule->words, value) };
	return (struct config_standing){ .rank = rank_of(rule->kind, value) };
}

bool config_is_switched_off(const struct config_rule *rule, const char *old, const char *new)
{
	return rule->kind == KEY_LEVEL && *old && RANK(levels, old) < 0 && !config_is_unclear(old) &&
		*new &&RANK(levels, new) == 0;
}

bool config_is_weaker(struct config_standing old, struct config_standing new)
{
	return (old.rank >= 0 && new.rank >= 0 && new.rank < old.rank) || (new.bad & ~old.bad) != 0;
}

/* Kinds of which a weak value is ordinary, as long as it was so before. */
static bool is_of_place(enum config_kind kind)
{
	return kind == KEY_BIND || kind == KEY_FROM || kind == KEY_CLOSED || kind == KEY_LISTENERS;
}

bool config_is_weak(const struct config_rule *rule, struct config_standing s)
{
	if (rule->kind == KEY_CIPHERS)
		return s.rank == 0 || (s.bad & (BAD_NULL | BAD_EXPORT | BAD_RC4 | BAD_DES)) != 0;
	if (rule->kind == KEY_PROTOCOLS)
		return s.rank >= 0 && s.rank < 12;
	if (rule->kind == KEY_NEWEST)
		return s.rank >= 0 && s.rank < 12;
	return s.rank == 0 && rule->kind != KEY_DISABLED && rule->kind != KEY_PG_CONNECTION && !is_of_place(rule->kind);
}

bool config_is_strong(const struct config_rule *rule, struct config_standing s)
{
	if (rule->kind == KEY_CIPHERS)
		return false;
	if (rule->kind == KEY_PROTOCOLS)
		return s.rank >= 12;
	if (rule->kind == KEY_WORDS)
		return s.rank >= 2 * WORD_STEP;
	return s.rank >= 30 && rule->kind != KEY_PG_METHOD && rule->kind != KEY_PG_CONNECTION &&
		rule->kind != KEY_FROM && rule->kind != KEY_CLOSED && rule->kind != KEY_SCHEME &&
		rule->kind != KEY_FOLDERS;
}
