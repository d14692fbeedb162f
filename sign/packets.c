/* packets.c - walking over OpenPGP packets. Lengths are checked against what is there; partial and indeterminate ones are refused. */
#include "sign/packets.h"
#include <string.h>

uint32_t packet_number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

struct cursor {
	const unsigned char *at;
	size_t len;
};

static bool take(struct cursor *c, unsigned bytes, size_t *ret)
{
	size_t v = 0;

	if (c->len < bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | c->at[i];
	c->at += bytes;
	c->len -= bytes;
	*ret = v;
	return true;
}

static bool new_length(struct cursor *c, size_t *ret)
{
	size_t first, second;

	if (!take(c, 1, &first))
		return false;
	if (first < 192) {
		*ret = first;
		return true;
	}
	if (first < 224 && take(c, 1, &second)) {
		*ret = ((first - 192) << 8) + second + 192;
		return true;
	}
	return first == 255 && take(c, 4, ret); /* 224..254: partial */
}

int packet_next(const unsigned char *bytes, size_t len, size_t *at, struct packet *ret)
{
	struct cursor c = { bytes + *at, len - *at };
	size_t head, body;
	unsigned tag;

	if (c.len == 0)
		return 0;
	if (!take(&c, 1, &head) || !(head & 0x80))
		return -1;
	if (head & 0x40) {
		tag = head & 0x3f;
		if (!new_length(&c, &body))
			return -1;
	} else {
		tag = (head >> 2) & 0x0f;
		if ((head & 3) == 3 || !take(&c, 1U << (head & 3), &body))
			return -1;
	}
	if (body > c.len)
		return -1;
	*ret = (struct packet){ tag, bytes + *at, c.at, (size_t)(c.at - (bytes + *at)) + body, body };
	*at += ret->size;
	return 1;
}

/* The signature's class: what kind of statement it is. -1: cut off; -2: a version that gpg 2.2 does not know. */
static int sig_class(const struct packet *p)
{
	if (p->len < 10)
		return -1;
	if (p->body[0] == 4)
		return p->body[1];
	if (p->body[0] == 3)
		return p->body[1] == 5 ? p->body[2] : -1;
	return -2;
}

static int add_packet(struct sig_packets *r, const struct packet *p, bool is_text, struct err *e)
{
	int class;

	if (p->tag != PACKET_SIGNATURE)
		return err_verdict(e, "E_SIG_BAD", "not a detached signature: it holds a packet of type %u", p->tag);
	if (r->known + r->foreign >= SIG_PACKETS_MAX)
		return err_verdict(e, "E_SIG_BAD", "more than %d signatures", SIG_PACKETS_MAX);
	class = sig_class(p);
	if (class == -2) {
		r->foreign++;
		return 0;
	}
	if (class != 0 && !(is_text && class == 1))
		return err_verdict(e, "E_SIG_BAD",
			class < 0 ? "the signature packet is cut off"
				  : "a signature of class 0x%02x is not one over these bytes",
			(unsigned)class);
	memcpy(r->at + r->len, p->at, p->size);
	r->len += p->size;
	r->known++;
	return 0;
}

int sig_packets_read(const unsigned char *bytes, size_t len, bool is_text, struct sig_packets *ret, struct err *e)
{
	struct sig_packets r = { 0 };
	struct packet p;
	size_t at = 0;
	int rc;

	if (len == 0)
		return err_verdict(e, "E_SIG_BAD", "the signature is empty");
	if (len > SIG_BLOB_MAX)
		return err_verdict(e, "E_SIG_BAD", "the signature is larger than %d bytes", SIG_BLOB_MAX);
	r.at = mem_alloc(len);
	while ((rc = packet_next(bytes, len, &at, &p)) > 0)
		if (add_packet(&r, &p, is_text, e))
			goto failed;
	if (rc < 0) {
		err_verdict(e, "E_SIG_BAD", "bytes at %zu are no OpenPGP packet", at);
		goto failed;
	}
	*ret = r;
	return 0;
failed:
	sig_packets_done(&r);
	return -1;
}

void sig_packets_done(struct sig_packets *p)
{
	free(p->at);
	*p = (struct sig_packets){ 0 };
}
