/* agent_answer.c - the agent's answer to PKSIGN: a canonical S-expression, such as (7:sig-val(3:rsa(1:s512:...))), as OpenPGP's numbers.
 * The form: libgcrypt's manual, "Canonical" S-expressions; what stands in it for each algorithm: "Cryptographic Functions" there, RFC 9580, 5.2.3. */
#include "sign/agent.h"
#include <string.h>

enum { NUMBER_MAX = 1024 };

struct reading {
	const unsigned char *at;
	size_t left;
};

static bool take_byte(struct reading *r, char byte)
{
	if (r->left == 0 || r->at[0] != (unsigned char)byte)
		return false;
	r->at++;
	r->left--;
	return true;
}

/* "LEN:bytes" */
static bool take_atom(struct reading *r, const unsigned char **ret, size_t *ret_len)
{
	size_t len = 0, digits = 0;

	for (; digits < r->left && digits < 5 && r->at[digits] >= '0' && r->at[digits] <= '9'; digits++)
		len = len * 10 + (size_t)(r->at[digits] - '0');
	if (digits == 0 || digits == r->left || r->at[digits] != ':' || len > r->left - digits - 1)
		return false;
	*ret = r->at + digits + 1;
	*ret_len = len;
	r->at += digits + 1 + len;
	r->left -= digits + 1 + len;
	return true;
}

static bool take_word(struct reading *r, const char *word)
{
	const unsigned char *at;
	size_t len;

	return take_atom(r, &at, &len) && len == strlen(word) && memcmp(at, word, len) == 0;
}

static bool take_number(struct reading *r, const char *name, struct signature_numbers *n)
{
	const unsigned char *at;
	size_t len;

	if (!take_byte(r, '(') || !take_word(r, name) || !take_atom(r, &at, &len) || len > NUMBER_MAX ||
		!take_byte(r, ')'))
		return false;
	signature_number_add(n, at, len);
	return true;
}

int agent_numbers_read(
	const unsigned char *bytes, size_t len, int algorithm, struct signature_numbers *ret, struct err *e)
{
	static const struct {
		int algorithm;
		const char *name, *numbers[2];
	} forms[] = { { 1, "rsa", { "s", NULL } }, { 19, "ecdsa", { "r", "s" } }, { 22, "eddsa", { "r", "s" } } };
	struct reading r = { bytes, len };
	struct signature_numbers n = { .len = 0 };
	size_t form = 0;
	bool fits;

	while (form < COUNT(forms) && forms[form].algorithm != algorithm)
		form++;
	fits = form < COUNT(forms) && take_byte(&r, '(') && take_word(&r, "sig-val") && take_byte(&r, '(') &&
		take_word(&r, forms[form].name);
	for (size_t i = 0; fits && i < 2 && forms[form].numbers[i]; i++)
		fits = take_number(&r, forms[form].numbers[i], &n);
	if (!fits || !take_byte(&r, ')') || !take_byte(&r, ')'))
		return err_env(e, "the key's agent answers in a form that is not known");
	*ret = n;
	return 0;
}
