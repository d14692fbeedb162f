/* agent.c - signatures made by the key's agent itself, over its own line (Assuan: gpg-agent's manual, "Agent's Assuan Protocol"; RFC 9580, 5.2).
 *
 * A release has a handful of signatures, a batch of packages a thousand: none of them costs a start of gpg. Everything that can be read back is judged by gpg and rpm again, in the tests. */
#include "sign/agent.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 1024, HASH_SHA512 = 10, VERSION_4 = 4 };
enum { SUB_CREATED = 2, SUB_ISSUER = 16, SUB_FINGERPRINT = 33 };

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

	*a = (struct agent_signer){ .fd = -1 };
	for (gpgme_subkey_t k = key->subkeys; k; k = k->next) {
		if (!k->fpr || !k->keygrip || strcmp(k->fpr, which) != 0 || strlen(k->fpr) != 40 ||
			strlen(k->keygrip) != 40 || hex_parse(k->fpr, 40, a->fingerprint))
			continue;
		a->algorithm = openpgp_algorithm(k->pubkey_algo);
		memcpy(a->grip, k->keygrip, sizeof a->grip);
	}
	if (a->algorithm == 0 || (a->fd = gpg_agent_connect(ready)) < 0)
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

/* ---- the packet */
/* All that the hash covers of the signature itself: version, type, algorithms, when, by whom. */
static size_t hashed_part(const struct agent_signer *a, enum agent_over over, int64_t at, unsigned char ret[64])
{
	unsigned char *p = ret;

	*p++ = VERSION_4;
	*p++ = (unsigned char)over;
	*p++ = (unsigned char)a->algorithm;
	*p++ = HASH_SHA512;
	*p++ = 0;
	*p++ = 2 + 4 + 1 + 22; /* the length of both subpackets */
	*p++ = 1 + 1 + 20;
	*p++ = SUB_FINGERPRINT;
	*p++ = VERSION_4;
	memcpy(p, a->fingerprint, 20);
	p += 20;
	*p++ = 1 + 4;
	*p++ = SUB_CREATED;
	for (int shift = 24; shift >= 0; shift -= 8)
		*p++ = (unsigned char)(at >> shift);
	return (size_t)(p - ret);
}

static void end_hash(struct digest *message, const unsigned char *hashed, size_t len, unsigned char ret[DIGEST_MAX])
{
	const unsigned char trailer[] = { VERSION_4, 0xff, 0, 0, 0, (unsigned char)len };

	digest_add(message, hashed, len);
	digest_add(message, trailer, sizeof trailer);
	digest_end(message, ret);
}

/* Behind the hashed part: the key's id, two bytes of the hash, the numbers; in front of all: the packet's header. */
static void put_together(const struct agent_signer *a, const unsigned char *hashed, size_t hashed_len,
	const unsigned char *hash, const struct agent_numbers *n, char **ret_sig, size_t *ret_len)
{
	size_t body = hashed_len + 2 + 10 + 2 + n->len;
	unsigned char *p = mem_alloc(body + 4);

	*ret_sig = (char *)p;
	*ret_len = body + 3;
	*p++ = 0x89; /* a signature, its length in two bytes */
	*p++ = (unsigned char)(body >> 8);
	*p++ = (unsigned char)body;
	memcpy(p, hashed, hashed_len);
	p += hashed_len;
	*p++ = 0;
	*p++ = 10;
	*p++ = 1 + 8;
	*p++ = SUB_ISSUER;
	memcpy(p, a->fingerprint + 12, 8);
	p += 8;
	*p++ = hash[0];
	*p++ = hash[1];
	memcpy(p, n->at, n->len);
}

int agent_sign(struct agent_signer *a, enum agent_over over, struct digest *message, int64_t at, char **ret_sig,
	size_t *ret_len, struct err *e)
{
	unsigned char hashed[64], hash[DIGEST_MAX];
	size_t len = hashed_part(a, over, at, hashed);
	char hex[DIGEST_HEX];
	AUTO_FREE char *which = mem_printf("SIGKEY %s", a->grip), *what = NULL;
	struct answer answer = { .len = 0 };
	struct agent_numbers numbers;

	end_hash(message, hashed, len, hash);
	hex_of(hash, digest_size(DIGEST_SHA512), hex);
	what = mem_printf("SETHASH %d %s", HASH_SHA512, hex);
	if (talk(a->fd, "RESET", NULL, e) || talk(a->fd, which, NULL, e) || talk(a->fd, what, NULL, e) ||
		talk(a->fd, "PKSIGN", &answer, e) ||
		agent_numbers_read(answer.data, answer.len, a->algorithm, &numbers, e))
		return -1;
	put_together(a, hashed, len, hash, &numbers, ret_sig, ret_len);
	return 0;
}
