/* config_values.c - how strong a value is, for each kind of key; lists are config_lists.c's. */
#include "base/arena.h"
#include "base/text.h"
#include "inspect/config_lists.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct config_word levels[] = { { "off", 0 }, { "no", 0 }, { "false", 0 }, { "0", 0 }, { "none", 0 },
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
static const struct config_word pg_methods[] = { { "trust", 0 }, { "ident", 10 }, { "password", 20 }, { "md5", 30 },
	{ "pam", 25 }, { "ldap", 25 }, { "radius", 25 }, { "scram-sha-256", 40 }, { "peer", 40 }, { "gss", 40 },
	{ "sspi", 40 }, { "cert", 50 }, { "reject", 90 } };
static const struct config_word pg_connections[] = { { "host", 10 }, { "hostnossl", 5 }, { "hostssl", 20 },
	{ "hostgssenc", 20 }, { "local", 20 } };
static const struct config_word hashes[] = { { "off", 0 }, { "plain", 0 }, { "des", 5 }, { "on", 10 }, { "md5", 10 },
	{ "crypt", 5 }, { "sha1", 12 }, { "pbkdf2", 25 }, { "scrypt", 30 }, { "argon2id", 35 }, { "argon2i", 34 },
	{ "sha256", 20 }, { "bcrypt", 25 }, { "sha512", 25 }, { "scram-sha-256", 30 }, { "yescrypt", 30 } };
static const struct config_word root_logins[] = { { "yes", 0 }, { "prohibit-password", 10 }, { "without-password", 10 },
	{ "forced-commands-only", 20 }, { "no", 30 } };
static const struct config_word host_keys[] = { { "no", 0 }, { "off", 0 }, { "accept-new", 10 }, { "ask", 20 },
	{ "yes", 30 } };
static const struct config_word selinux[] = { { "disabled", 0 }, { "permissive", 10 }, { "enforcing", 30 } };

int config_word_rank(const struct config_word *list, size_t len, const char *value)
{
	for (size_t i = 0; i < len; i++)
		if (strcasecmp(list[i].text, value) == 0)
			return list[i].rank;
	return -1;
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
	int rank = CONFIG_RANK(levels, value);

	return rank < 0 ? -1 : rank >= 10 ? 0 : 30;
}

static int rank_of(enum config_kind kind, const char *value)
{
	switch (kind) {
	case KEY_LEVEL:
	case KEY_ANY_TLS:
		return CONFIG_RANK(levels, value);
	case KEY_INVERTED:
		return inverted(value);
	case KEY_PROTOCOLS:
		return config_list_protocols(value, false);
	case KEY_NEWEST:
		return config_list_protocols(value, true);
	case KEY_DISABLED:
		return config_list_refused_of(value);
	case KEY_PRESENT:
		return presence(value);
	case KEY_ABSENT:
		return 30 - presence(value);
	case KEY_PG_METHOD:
		return CONFIG_RANK(pg_methods, value);
	case KEY_PG_CONNECTION:
		return CONFIG_RANK(pg_connections, value);
	case KEY_PASSWORD_HASH:
		return CONFIG_RANK(hashes, value);
	case KEY_ROOT_LOGIN:
		return CONFIG_RANK(root_logins, value);
	case KEY_HOST_KEY:
		return CONFIG_RANK(host_keys, value);
	case KEY_SELINUX:
		return CONFIG_RANK(selinux, value);
	case KEY_KAFKA:
		return config_list_listeners(value);
	case KEY_SIGNED:
		return signed_level(value);
	case KEY_BIND:
		return config_list_bound(value);
	case KEY_FROM:
		return config_list_from(value);
	case KEY_RESTRICTED:
		return config_list_restricted(value);
	case KEY_MECHANISMS:
		return config_list_mechanisms(value);
	case KEY_LISTENER:
		return config_list_listener(value);
	case KEY_CLOSED:
		return strcmp(value, "0") == 0 ? 30 : 0;
	case KEY_LISTENERS:
		return config_list_listeners(value);
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
	case KEY_WITHOUT:
	case KEY_CIPHERS:
	case KEY_IGNORED:
		break;
	}
	return -1;
}

struct config_standing config_standing_of(const struct config_rule *rule, const char *value)
{
	if (rule->kind == KEY_CIPHERS)
		return config_list_ciphers(value);
	if (rule->kind == KEY_WORDS)
		return (struct config_standing){ .rank = words(rule->words, value) };
	if (rule->kind == KEY_WITHOUT)
		return (struct config_standing){ .rank = config_list_without(rule->words, value) };
	return (struct config_standing){ .rank = rank_of(rule->kind, value) };
}

bool config_is_switched_off(const struct config_rule *rule, const char *old, const char *new)
{
	return rule->kind == KEY_LEVEL && *old && CONFIG_RANK(levels, old) < 0 && !config_is_unclear(old) &&
		*new &&CONFIG_RANK(levels, new) == 0;
}

bool config_is_weaker(struct config_standing old, struct config_standing new)
{
	return (old.rank >= 0 && new.rank >= 0 && new.rank < old.rank) || (new.bad & ~old.bad) != 0;
}

/* Kinds of which a weak value is ordinary, as long as it was so before. */
static bool is_of_place(enum config_kind kind)
{
	return kind == KEY_BIND || kind == KEY_LISTENER || kind == KEY_FROM || kind == KEY_CLOSED ||
		kind == KEY_LISTENERS;
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
