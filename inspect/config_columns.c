/* config_columns.c - configuration in columns: PostgreSQL's pg_hba.conf, Postfix's master.cf. */
#include "base/text.h"
#include "inspect/config_form.h"
#include <ctype.h>
#include <string.h>

enum { WORDS_MAX = 64 };

static struct slice next_word(struct slice *rest)
{
	struct slice word = { rest->at, 0 };

	while (word.len < rest->len && !isspace((unsigned char)rest->at[word.len]))
		word.len++;
	rest->at += word.len, rest->len -= word.len;
	*rest = slice_trim(*rest);
	return word;
}

/* How many there are; those past WORDS_MAX are counted in `more`. */
static size_t words_of(struct config_at *at, struct slice line, struct slice word[WORDS_MAX])
{
	size_t words = 0;

	for (line = slice_trim(line); line.len > 0 && words < WORDS_MAX;)
		word[words++] = next_word(&line);
	at->config->more += line.len > 0;
	return words;
}

static struct slice across(const struct slice *from, const struct slice *to)
{
	return (struct slice){ from->at, (size_t)(to->at + to->len - from->at) };
}

/* ---- pg_hba.conf: TYPE DATABASE USER [ADDRESS [MASK]] METHOD [OPTIONS]: who is let in, and how */

/* The option's value; "" when it is not given. */
static struct slice option_of(const struct slice *word, size_t words, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < words; i++)
		if (word[i].len > len && memcmp(word[i].at, name, len) == 0 && word[i].at[len] == '=')
			return config_unquote((struct slice){ word[i].at + len + 1, word[i].len - len - 1 });
	return (struct slice){ "", 0 };
}

/* What a line leaves out is said too, so that it can be told from what an older line had. */
static void add_hba_options(
	struct config_at *at, struct slice method, const struct slice *option, size_t options, unsigned line)
{
	struct slice client = option_of(option, options, "clientcert"), tls = option_of(option, options, "ldaptls");
	bool is_secure = slice_is(option_of(option, options, "ldapscheme"), "ldaps");

	if (slice_is(method, "cert"))
		client = slice_of("verify-full");
	config_add(at, slice_of("pg_hba_clientcert"), client.len ? client : slice_of("none"), line);
	if (slice_is(method, "ldap"))
		config_add(at, slice_of("pg_hba_ldaptls"),
			is_secure || slice_is(tls, "1") ? slice_of("1") : slice_of("0"), line);
}

void config_pg_hba(struct config_at *at, struct slice text)
{
	struct slice line;
	unsigned number = 0;

	while (slice_cut(&text, '\n', &line)) {
		struct slice word[WORDS_MAX] = { 0 };
		size_t words, method;

		number++;
		line = config_cut_comment(slice_trim(line));
		if (line.len == 0 || line.at[0] == '#')
			continue;
		words = words_of(at, line, word);
		method = slice_is(word[0], "local") ? 3 : 4;
		if (words > 5 && method == 4 && word[4].len > 0 && isdigit((unsigned char)word[4].at[0]))
			method = 5; /* a mask of its own */
		if (words <= method)
			continue;
		config_push(at, across(&word[1], &word[method - 1]), 0);
		config_add(at, slice_of("pg_hba_connection"), word[0], number);
		config_add(at, slice_of("pg_hba_method"), word[method], number);
		if (method >= 4 && !slice_is(word[method], "reject"))
			add_hba_options(at, word[method], word + method + 1, words - method - 1, number);
		config_pop(at);
		if (method >= 4 && !slice_is(word[method], "reject")) {
			config_push(at, across(&word[1], &word[2]), 0);
			config_add(at, slice_of("pg_hba_address"), word[3], number);
			config_pop(at);
		}
	}
}

/* ---- master.cf: SERVICE TYPE PRIVATE UNPRIVILEGED CHROOT WAKEUP MAXPROC COMMAND ARGUMENTS, continued on indented lines */

enum { MASTER_UNPRIVILEGED = 3, MASTER_CHROOT, MASTER_COMMAND = 7 };

/* "-o NAME=VALUE", "-oNAME=VALUE", "-o { NAME = VALUE }". */
static void add_overrides(struct config_at *at, struct slice rest, unsigned line)
{
	while (rest.len > 0) {
		struct slice word = next_word(&rest), name;

		if (word.len < 2 || memcmp(word.at, "-o", 2) != 0)
			continue;
		word = word.len > 2 ? (struct slice){ word.at + 2, word.len - 2 } : (struct slice){ rest.at, 0 };
		if (word.len == 0 && rest.len > 0 && rest.at[0] == '{') {
			const char *end = memchr(rest.at, '}', rest.len);

			word = (struct slice){ rest.at + 1, (end ? (size_t)(end - rest.at) : rest.len) - 1 };
			rest.at += word.len + 1, rest.len -= word.len + 1;
		} else if (word.len == 0) {
			word = next_word(&rest);
		}
		if (memchr(word.at, '=', word.len) && slice_cut(&word, '=', &name))
			config_add(at, slice_trim(name), slice_trim(word), line);
	}
}

static void add_service(struct config_at *at, struct slice line, unsigned number)
{
	struct slice rest = slice_trim(line), word[MASTER_COMMAND + 1] = { 0 };

	for (size_t i = 0; i <= MASTER_COMMAND; i++)
		word[i] = next_word(&rest);
	if (word[MASTER_COMMAND].len == 0)
		return;
	config_push(at, across(&word[0], &word[1]), 0);
	config_add(at, slice_of("command"), word[MASTER_COMMAND], number);
	/* "-" is the default: unprivileged, and since Postfix 3.0 no chroot */
	config_add(at, slice_of("unprivileged"), slice_of(slice_is(word[MASTER_UNPRIVILEGED], "n") ? "no" : "yes"),
		number);
	config_add(at, slice_of("chroot"), slice_of(slice_is(word[MASTER_CHROOT], "y") ? "yes" : "no"), number);
	add_overrides(at, rest, number);
	config_pop(at);
}

void config_master(struct config_at *at, struct slice text)
{
	struct text service = { 0 };
	struct slice line;
	unsigned number = 0, began = 0;

	while (slice_cut(&text, '\n', &line)) {
		bool is_more = line.len > 0 && isspace((unsigned char)line.at[0]);
		struct slice trimmed = slice_trim(line);

		number++;
		if (trimmed.len == 0 || trimmed.at[0] == '#')
			continue;
		if (!is_more && service.len > 0) {
			add_service(at, (struct slice){ service.at, service.len }, began);
			service.len = 0;
		}
		began = is_more ? began : number;
		text_bytes(&service, " ", 1);
		text_bytes(&service, trimmed.at, trimmed.len);
	}
	if (service.len > 0)
		add_service(at, (struct slice){ service.at, service.len }, began);
	text_done(&service);
}
