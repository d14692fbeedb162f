/* key_facts.c - gathers what is known of a ring's keys, from its certificates' packets and from gpg's listing; as text, too, for the next process. */
#include "sign/key_facts.h"
#include "base/digest.h"
#include "base/text.h"
#include "sign/packets.h"
#include <stdio.h>
#include <string.h>

enum { SUB_ENDS = 3, FINGERPRINT = 20, HEX = 40 };

struct key_facts {
	LIST(struct key_body) bodies;
	LIST(struct key_fact) list;
	bool is_told;  /* list is what gpg said */
	bool is_timed; /* what gpg says may change with the day */
};

static struct key_facts *key_facts_in(struct keyring *k)
{
	if (!k->facts) {
		k->facts = mem_alloc(sizeof(struct key_facts));
		*(struct key_facts *)k->facts = (struct key_facts){ .is_told = false };
	}
	return k->facts;
}

void key_facts_forget(struct keyring *k)
{
	struct key_facts *f = k->facts;

	if (!f)
		return;
	f->list.len = 0;
	f->is_told = false;
}

void key_facts_done(struct keyring *k)
{
	struct key_facts *f = k->facts;

	if (!f)
		return;
	for (size_t i = 0; i < f->bodies.len; i++)
		free(f->bodies.at[i].at);
	LIST_DONE(&f->bodies);
	LIST_DONE(&f->list);
	free(f);
	k->facts = NULL;
}

/* ---- packets */

/* RFC 9580, 5.5.4.2 */
void key_fingerprint(const unsigned char *body, size_t len, unsigned char ret[20])
{
	const unsigned char head[] = { 0x99, (unsigned char)(len >> 8), (unsigned char)len };
	unsigned char sha1[DIGEST_MAX];
	struct digest d = { 0 };

	digest_init(&d, DIGEST_SHA1);
	digest_add(&d, head, sizeof head);
	digest_add(&d, body, len);
	digest_end(&d, sha1);
	digest_done(&d);
	memcpy(ret, sha1, FINGERPRINT);
}

static void take_key(struct key_facts *f, const struct packet *p)
{
	struct key_body body;
	unsigned char fingerprint[FINGERPRINT];

	if (p->len < 6 || p->len > 0xffff || p->body[0] != 4)
		return;
	key_fingerprint(p->body, p->len, fingerprint);
	key_hex(fingerprint, sizeof fingerprint, body.fingerprint);
	for (size_t i = 0; i < f->bodies.len; i++) {
		struct key_body *other = &f->bodies.at[i];

		if (strcmp(other->fingerprint, body.fingerprint) != 0)
			continue;
		if (other->len != p->len || memcmp(other->at, p->body, p->len) != 0)
			other->len = 0; /* two keys of one fingerprint: neither is to be gone by */
		return;
	}
	body.at = mem_alloc(p->len);
	body.len = p->len;
	memcpy(body.at, p->body, p->len);
	*LIST_ADD(&f->bodies) = body;
}

static bool area_ends(const unsigned char *at, size_t left)
{
	struct subpacket sub;
	int rc;

	while ((rc = subpacket_next(&at, &left, &sub)) > 0)
		if (sub.type == SUB_ENDS)
			return true;
	return rc < 0;
}

/* Does a certificate's signature say that it holds for a while only? One that cannot be read may. */
static bool ends_by_itself(const struct packet *p)
{
	size_t hashed, unhashed;

	if (p->len > 0 && p->body[0] == 3)
		return false;
	if (p->len < 10 || p->body[0] != 4)
		return true;
	hashed = (size_t)p->body[4] << 8 | p->body[5];
	if (hashed > p->len - 8)
		return true;
	unhashed = (size_t)p->body[6 + hashed] << 8 | p->body[7 + hashed];
	return unhashed > p->len - 8 - hashed || area_ends(p->body + 6, hashed) ||
		area_ends(p->body + 8 + hashed, unhashed);
}

void key_facts_take(struct keyring *k, const unsigned char *bytes, size_t len)
{
	struct key_facts *f = key_facts_in(k);
	struct packet p;
	size_t at = 0;
	int rc;

	key_facts_forget(k);
	while ((rc = packet_next(bytes, len, &at, &p)) > 0) {
		if (p.tag == PACKET_PUBLIC_KEY || p.tag == PACKET_PUBLIC_SUBKEY)
			take_key(f, &p);
		if (p.tag == PACKET_SIGNATURE)
			f->is_timed = f->is_timed || ends_by_itself(&p);
	}
	f->is_timed = f->is_timed || rc < 0;
}

const struct key_body *key_facts_body(const struct keyring *k, const char *fingerprint)
{
	const struct key_facts *f = k->facts;

	for (size_t i = 0; f && i < f->bodies.len; i++)
		if (f->bodies.at[i].len && strcmp(f->bodies.at[i].fingerprint, fingerprint) == 0)
			return &f->bodies.at[i];
	return NULL;
}

/* ---- gpg's listing */

static struct key_fact *find(struct key_facts *f, const char *fingerprint)
{
	for (size_t i = 0; i < f->list.len; i++)
		if (strcmp(f->list.at[i].fingerprint, fingerprint) == 0)
			return &f->list.at[i];
	return NULL;
}

static bool is_fit(gpgme_subkey_t s)
{
	return s->fpr && strlen(s->fpr) == HEX && s->can_sign && !s->revoked && !s->invalid && !s->disabled &&
		s->timestamp > 0 && s->expires >= 0 && (!s->expired || s->expires > 0);
}

static int64_t earlier_end(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static void add_fact(struct key_facts *f, gpgme_subkey_t primary, gpgme_subkey_t s)
{
	struct key_fact made = { .created = s->timestamp > primary->timestamp ? s->timestamp : primary->timestamp,
		.expires = earlier_end(s->expires, primary->expires),
		.is_proven = s == primary };
	struct key_fact *twin = find(f, s->fpr);

	snprintf(made.fingerprint, sizeof made.fingerprint, "%s", s->fpr);
	snprintf(made.primary, sizeof made.primary, "%s", primary->fpr);
	if (twin)
		*twin->primary = '\0'; /* a subkey that two claim */
	else
		*LIST_ADD(&f->list) = made;
}

/* A key that gpg has anything against is left out. */
static void add_key(struct key_facts *f, gpgme_key_t key)
{
	gpgme_subkey_t primary = key->subkeys;

	if (key->revoked || key->invalid || key->disabled || !primary || !primary->fpr || strlen(primary->fpr) != HEX ||
		primary->revoked || primary->invalid || primary->disabled || primary->timestamp <= 0 ||
		primary->expires < 0 || (key->expired && primary->expires == 0))
		return;
	for (gpgme_subkey_t s = primary; s; s = s->next)
		if (is_fit(s))
			add_fact(f, primary, s);
}

static bool ask(struct keyring *k, struct key_facts *f)
{
	struct err ignored = { 0 };
	gpgme_key_t *keys, none;

	if (keyring_set_time(k, 0, &ignored) || keyring_key(k, "", &none, &ignored))
		return false;
	keys = k->keys;
	for (size_t i = 0; i < k->keys_len; i++)
		add_key(f, keys[i]);
	f->is_told = true;
	return true;
}

const struct key_fact *key_facts_of(struct keyring *k, const char *fingerprint)
{
	struct key_facts *f = k->facts;
	const struct key_fact *found;

	if (!f || f->is_timed || k->is_spoilt || (!f->is_told && !ask(k, f)))
		return NULL;
	found = find(f, fingerprint);
	return found && *found->primary ? found : NULL;
}

void key_facts_prove(struct keyring *k, const char *fingerprint)
{
	struct key_facts *f = k->facts;
	struct key_fact *found = f && f->is_told ? find(f, fingerprint) : NULL;

	if (found)
		found->is_proven = true;
}

/* ---- as text: a line a key */

char *keyring_told(const struct keyring *k)
{
	const struct key_facts *f = k->facts;
	char *text = mem_strdup("");

	for (size_t i = 0; f && i < f->list.len; i++) {
		const struct key_fact *one = &f->list.at[i];
		char *longer;

		if (!*one->primary)
			continue;
		longer = mem_printf("%s%s %s %lld %lld %d\n", text, one->fingerprint, one->primary,
			(long long)one->created, (long long)one->expires, one->is_proven);
		free(text);
		text = longer;
	}
	if (f && f->is_told && !f->is_timed && !k->is_spoilt && *k->content && *text)
		return text;
	free(text);
	return NULL;
}

static bool read_line(const char *line, struct key_fact *ret)
{
	long long created, expires;
	int proven, used = 0;

	if (sscanf(line, "%40[0-9A-F] %40[0-9A-F] %lld %lld %d%n", ret->fingerprint, ret->primary, &created, &expires,
		    &proven, &used) != 5 ||
		line[used] != '\0' || strlen(ret->fingerprint) != HEX || strlen(ret->primary) != HEX || created <= 0 ||
		expires < 0)
		return false;
	ret->created = created;
	ret->expires = expires;
	ret->is_proven = proven == 1;
	return true;
}

void keyring_believe(struct keyring *k, const char *told)
{
	struct key_facts *f = k->facts;
	struct slice rest = slice_of(told), line;

	if (!f || f->is_told)
		return;
	while (slice_cut(&rest, '\n', &line)) {
		AUTO_FREE char *text = strndup(line.at, line.len);
		struct key_fact fact = { .created = 0 };

		if (!line.len)
			continue;
		if (!read_line(text, &fact) || find(f, fact.fingerprint)) {
			f->list.len = 0;
			return;
		}
		*LIST_ADD(&f->list) = fact;
	}
	f->is_told = f->list.len > 0;
}

bool keyring_is_told(const struct keyring *k)
{
	const struct key_facts *f = k->facts;

	return f && f->is_told;
}
