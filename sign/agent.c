/* agent.c - signatures made by the key's agent itself, over its own line (Assuan: gpg-agent's manual, "Agent's Assuan Protocol"; RFC 9580, 5.2).
 *
 * A release has a handful of signatures, a batch of packages a thousand: none of them costs a start of gpg. */
#include "sign/agent.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 1024 };

/* ---- the line */
struct answer {
	unsigned char data[4096];
	size_t len;
};

/* One line without its end; -1: the agent has gone or says too much. */
static int read_line(int fd, char line[LINE + 1], struct err *e)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = recv(fd, line + len, 1, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_env(e, "the key's agent has gone");
		if (line[len] == '\n')
			break;
		if (++len == LINE)
			return err_env(e, "the key's agent answers in a form that is not known");
	}
	line[len] = '\0';
	return (int)len;
}

/* Any byte may stand there but '%', CR and LF, which are escaped. */
static int add_data(struct answer *a, const char *at, size_t len, struct err *e)
{
	for (const char *end = at + len; at < end; at++) {
		unsigned char byte = (unsigned char)*at;

		if (a->len == sizeof a->data)
			return err_env(e, "the key's agent answers too much");
		if (byte == '%') {
			if (end - at < 3 || hex_parse(at + 1, 2, &byte))
				return err_env(e, "the key's agent answers in a form that is not known");
			at += 2;
		}
		a->data[a->len++] = byte;
	}
	return 0;
}

/* Says one line (NULL: only hears) and hears all until OK. */
static int talk(int fd, const char *line, struct answer *ret, struct err *e)
{
	char heard[LINE + 1];
	AUTO_FREE char *said = line ? mem_printf("%s\n", line) : NULL;

	if (said && send(fd, said, strlen(said), MSG_NOSIGNAL) != (ssize_t)strlen(said))
		return err_env(e, "the key's agent has gone");
	for (;;) {
		int len = read_line(fd, heard, e);

		if (len < 0)
			return -1;
		if (strncmp(heard, "OK", 2) == 0)
			return 0;
		if (strncmp(heard, "ERR ", 4) == 0)
			return err_env(e, "the key's agent does not sign: %s", heard + 4);
		if (strncmp(heard, "D ", 2) == 0 && ret && add_data(ret, heard + 2, (size_t)len - 2, e))
			return -1;
		if (strncmp(heard, "INQUIRE", 7) == 0 && send(fd, "END\n", 4, MSG_NOSIGNAL) != 4)
			return err_env(e, "the key's agent has gone");
	}
}

/* For a passphrase or a PIN that the agent must ask for again: where the person sits. An agent that knows no such option is none the worse. */
static int tell_place(int fd, struct err *e)
{
	static const struct {
		const char *option, *variable;
	} places[] = { { "ttytype", "TERM" }, { "display", "DISPLAY" } };
	struct err ignored = { 0 };
	const char *tty = ttyname(STDIN_FILENO), *gpg_tty = getenv("GPG_TTY");

	if (gpg_tty && *gpg_tty)
		tty = gpg_tty;
	if (tty) {
		AUTO_FREE char *line = mem_printf("OPTION ttyname=%s", tty);

		if (!strchr(tty, '\n') && talk(fd, line, NULL, &ignored))
			ignored = (struct err){ 0 };
	}
	for (size_t i = 0; i < COUNT(places); i++) {
		const char *value = getenv(places[i].variable);
		AUTO_FREE char *line = mem_printf("OPTION %s=%s", places[i].option, value ? value : "");

		if (value && *value && !strchr(value, '\n') && talk(fd, line, NULL, &ignored))
			ignored = (struct err){ 0 };
	}
	return talk(fd, "RESET", NULL, e);
}

/* ---- signing */
static int numbers_by_agent(struct signing *s, enum digest_kind kind, const unsigned char *hash,
	struct signature_numbers *ret, struct err *e)
{
	struct agent_signer *a = (struct agent_signer *)s;
	char hex[DIGEST_HEX];
	AUTO_FREE char *which = mem_printf("SIGKEY %s", a->grip), *what = NULL;
	struct answer answer = { .len = 0 };

	hex_of(hash, digest_size(kind), hex);
	what = mem_printf("SETHASH %d %s", signature_hash(kind), hex);
	return talk(a->fd, "RESET", NULL, e) || talk(a->fd, which, NULL, e) || talk(a->fd, what, NULL, e) ||
			talk(a->fd, "PKSIGN", &answer, e) ||
			agent_numbers_read(answer.data, answer.len, s->algorithm, ret, e)
		? -1
		: 0;
}

/* ---- which key */
static int openpgp_algorithm(gpgme_pubkey_algo_t algorithm)
{
	switch (algorithm) {
	case GPGME_PK_RSA:
		return 1;
	case GPGME_PK_ECDSA:
		return 19;
	case GPGME_PK_EDDSA:
		return 22;
	default:
		return 0;
	}
}

void agent_signer_open(struct agent_signer *a, const char *ready, gpgme_key_t key, const char *which)
{
	struct err ignored = { 0 };

	*a = (struct agent_signer){ .signing.numbers = numbers_by_agent, .fd = -1 };
	for (gpgme_subkey_t k = key->subkeys; k; k = k->next) {
		if (!k->fpr || !k->keygrip || strcmp(k->fpr, which) != 0 || strlen(k->fpr) != 40 ||
			strlen(k->keygrip) != 40 || hex_parse(k->fpr, 40, a->signing.fingerprint))
			continue;
		a->signing.algorithm = openpgp_algorithm(k->pubkey_algo);
		memcpy(a->grip, k->keygrip, sizeof a->grip);
	}
	if (a->signing.algorithm == 0 || (a->fd = gpg_agent_connect(ready)) < 0)
		return;
	if (talk(a->fd, NULL, NULL, &ignored) || tell_place(a->fd, &ignored))
		agent_signer_done(a);
}

void agent_signer_done(struct agent_signer *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}
