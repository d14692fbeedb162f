/* secret_file.c - a secret key as GnuPG keeps it: private-keys-v1.d/GRIP.key (gpg-agent's keyformat.txt), the two forms of S-expressions that are written there.
 *
 * Only a key without a passphrase, of a kind that is signed with here. Everything else, and any line beside the key that is not known, is the agent's. */
#include "sign/plain_key.h"
#include <string.h>

struct reading {
	const char *at;
	size_t left;
	struct secret_numbers *n;
};
struct atom {
	const unsigned char *at;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct reading *r, size_t len)
{
	r->at += len;
	r->left -= len;
}

static void skip_blanks(struct reading *r)
{
	while (r->left && is_blank(*r->at))
		skip(r, 1);
}

static bool take_byte(struct reading *r, char byte)
{
	skip_blanks(r);
	if (r->left == 0 || *r->at != byte)
		return false;
	skip(r, 1);
	return true;
}

/* "LEN:bytes" */
static bool take_counted(struct reading *r, struct atom *ret)
{
	size_t len = 0, digits = 0;

	for (; digits < r->left && digits < 5 && r->at[digits] >= '0' && r->at[digits] <= '9'; digits++)
		len = len * 10 + (size_t)(r->at[digits] - '0');
	if (digits == r->left || r->at[digits] != ':' || len > r->left - digits - 1)
		return false;
	*ret = (struct atom){ (const unsigned char *)r->at + digits + 1, len };
	skip(r, digits + 1 + len);
	return true;
}

/* "#0A 1B#": any blanks between digits */
static bool take_hex(struct reading *r, struct atom *ret)
{
	struct secret_numbers *n = r->n;
	size_t begin = n->used;
	char pair[2];
	size_t have = 0;

	skip(r, 1);
	for (; r->left && *r->at != '#'; skip(r, 1)) {
		if (is_blank(*r->at))
			continue;
		pair[have++] = *r->at;
		if (have < 2)
			continue;
		if (n->used == sizeof n->room || hex_parse(pair, 2, &n->room[n->used++]))
			return false;
		have = 0;
	}
	if (r->left == 0 || have)
		return false;
	skip(r, 1);
	*ret = (struct atom){ n->room + begin, n->used - begin };
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || (c >= '0' && c <= '9');
}

static bool take_atom(struct reading *r, struct atom *ret)
{
	size_t len = 0;

	skip_blanks(r);
	if (r->left && *r->at >= '0' && *r->at <= '9')
		return take_counted(r, ret);
	if (r->left && *r->at == '#')
		return take_hex(r, ret);
	while (len < r->left && is_letter(r->at[len]))
		len++;
	*ret = (struct atom){ (const unsigned char *)r->at, len };
	skip(r, len);
	return len > 0;
}

static bool is_word(const struct atom *a, const char *word)
{
	return a->len == strlen(word) && memcmp(a->at, word, a->len) == 0;
}

static bool take_word(struct reading *r, const char *word)
{
	struct atom a;

	return take_atom(r, &a) && is_word(&a, word);
}

/* (n VALUE), (curve Ed25519), (flags eddsa) */
static bool take_part(struct reading *r, unsigned *words)
{
	struct atom name, value;

	if (!take_byte(r, '(') || !take_atom(r, &name) || !take_atom(r, &value) || !take_byte(r, ')'))
		return false;
	if (is_word(&name, "curve") || is_word(&name, "flags")) {
		*words += 1;
		return is_word(&value, name.at[0] == 'c' ? "Ed25519" : "eddsa");
	}
	if (name.len != 1 || name.at[0] < 'a' || name.at[0] > 'z')
		return false;
	struct secret_number *number = &r->n->numbers[name.at[0] - 'a'];
	if (number->at)
		return false;
	*number = (struct secret_number){ value.at, value.len };
	return true;
}

static bool take_key(struct reading *r)
{
	struct atom kind;
	unsigned words = 0;

	if (!take_byte(r, '(') || !take_word(r, "private-key") || !take_byte(r, '(') || !take_atom(r, &kind))
		return false;
	r->n->is_rsa = is_word(&kind, "rsa");
	if (!r->n->is_rsa && !is_word(&kind, "ecc"))
		return false;
	while (!take_byte(r, ')'))
		if (!take_part(r, &words))
			return false;
	if (!take_byte(r, ')') || words != (r->n->is_rsa ? 0 : 2))
		return false;
	skip_blanks(r);
	return r->left == 0;
}

/* The newer form has lines in front: "Created: 20261127T152437", then "Key: (private-key ..." to the end. */
static bool skip_names(struct reading *r)
{
	static const char created[] = "Created:", key[] = "Key:";

	while (r->left >= sizeof created && memcmp(r->at, created, sizeof created - 1) == 0) {
		const char *end = memchr(r->at, '\n', r->left);

		if (!end)
			return false;
		skip(r, (size_t)(end + 1 - r->at));
	}
	if (r->left >= sizeof key && memcmp(r->at, key, sizeof key - 1) == 0)
		skip(r, sizeof key - 1);
	return true;
}

bool secret_numbers_read(const char *text, size_t len, struct secret_numbers *ret)
{
	struct reading r = { text, len, ret };

	memset(ret, 0, sizeof *ret);
	return skip_names(&r) && take_key(&r);
}
