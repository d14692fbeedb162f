/* wire_tcp.c - a small TCP that accepts every connection, and what it and the name server saw. */
#include "sandbox/wire_tcp.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Milliseconds: a client that waits is greeted; one that says nothing is let go; nobody stays for ever; answers are repeated. */
enum {
	GREET_MS = 250,
	SILENT_MS = 3000,
	LIFE_MS = 20000,
	REPEAT_MS = 400,
	TICK_MS = 100,
	SEND_ROOM = 4096,
	PIECE = 1200
};

struct connection {
	struct packet back; /* addresses and ports of our side */
	struct talk talk;
	int64_t began, heard, sent;
	uint32_t want;          /* the next byte of the client's */
	uint32_t una;           /* the first of ours that is not acknowledged */
	uint8_t out[SEND_ROOM]; /* from una on */
	size_t out_len;
	bool is_open /* its handshake is done */, is_closing /* our FIN is behind out */,
		has_ended /* the client's came */, is_told;
};

void wire_init(struct wire *w, const char *own, bool has_v6, struct wire_out out)
{
	*w = (struct wire){ .out = out, .own = own, .has_v6 = has_v6, .next_seq = 0x5c000000 };
}

void wire_done(struct wire *w)
{
	for (size_t i = 0; i < WIRE_CONNECTIONS; i++)
		free(w->connections[i]);
	names_done(&w->names);
	LIST_DONE(&w->seen);
}

void wire_address(const struct wire *w, const uint8_t *address, bool is_v6, char *ret)
{
	const char *name = names_find(&w->names, address, is_v6);

	if (name)
		snprintf(ret, DNS_NAME, "%s", name);
	else if (!inet_ntop(is_v6 ? AF_INET6 : AF_INET, address, ret, DNS_NAME))
		ret[0] = '\0';
}

/* NULL when there are too many already. */
static struct wire_seen *see(struct wire *w, const struct packet *p, int64_t now)
{
	struct wire_seen *s;

	if (w->seen.len >= WIRE_SEEN_MAX) {
		w->dropped++;
		return NULL;
	}
	s = LIST_ADD(&w->seen);
	*s = (struct wire_seen){ .at = now, .port = p->to_port, .is_v6 = p->is_v6 };
	memcpy(s->address, p->to, 16);
	wire_address(w, p->to, p->is_v6, s->to);
	return s;
}

static void keep_first(struct wire_seen *s, const void *at, size_t len)
{
	s->first_len = len < TALK_FIRST ? len : TALK_FIRST;
	if (s->first_len)
		memcpy(s->first, at, s->first_len);
}

static void send_packet(struct wire *w, const struct packet *p)
{
	uint8_t bytes[PACKET_MAX];
	size_t len = packet_build(p, bytes);

	if (len)
		w->out.send(w->out.context, bytes, len);
}

/* ---- datagrams */
static struct wire_mark mark_of(const uint8_t *from, const uint8_t *to, bool is_v6, uint32_t id)
{
	struct wire_mark m = { .is_v6 = is_v6, .id = id };

	memcpy(m.from, from, 16);
	memcpy(m.to, to, 16);
	return m;
}

static bool is_marked(const struct wire_mark marks[WIRE_REMEMBERED], const struct wire_mark *m)
{
	for (size_t i = 0; i < WIRE_REMEMBERED; i++)
		if (marks[i].is_v6 == m->is_v6 && marks[i].id == m->id && memcmp(marks[i].from, m->from, 16) == 0 &&
			memcmp(marks[i].to, m->to, 16) == 0)
			return true;
	return false;
}

static void see_question(struct wire *w, const struct packet *p, const struct dns_question *q, int64_t now)
{
	struct wire_seen *s = see(w, p, now);

	if (!s)
		return;
	snprintf(s->to, sizeof s->to, "%s", q->name);
	snprintf(s->protocol, sizeof s->protocol, "dns");
	s->outcome = WIRE_UDP;
	s->first_len = (size_t)snprintf(s->first, sizeof s->first, "%s", dns_type(q->type));
}

static void datagram(struct wire *w, const struct packet *p, int64_t now)
{
	struct packet back = packet_back(p);
	uint8_t answer[DNS_ROOM];
	struct dns_question q;
	struct wire_seen *s;

	if (p->to_port == 53 && dns_parse(p->data, p->len, &q) == 0) {
		back.len = dns_answer(&w->names, w->own, w->has_v6, p->data, &q, answer);
		back.data = answer;
		see_question(w, p, &q, now);
		w->answered[w->answered_next++ % WIRE_REMEMBERED] = mark_of(p->from, p->to, p->is_v6, p->from_port);
		if (back.len)
			send_packet(w, &back);
		return;
	}
	s = see(w, p, now);
	if (!s)
		return;
	snprintf(s->protocol, sizeof s->protocol, "%s", talk_datagram(p->to_port, p->data, p->len, &s->outcome));
	keep_first(s, p->data, p->len);
}

/* ---- everything else: nobody answers, and yet it has left */
static void unanswered(struct wire *w, const uint8_t *at, size_t len, int64_t now)
{
	char what[PACKET_WORD];
	struct packet p, told;
	struct wire_seen *s;

	if (packet_outline(at, len, &p, what) || packet_is_housekeeping(&p))
		return;
	if (packet_refuses(&p, 53, &told)) {
		struct wire_mark m = mark_of(told.to, told.from, told.is_v6, told.to_port);

		if (is_marked(w->answered, &m))
			return; /* who asked for a name has gone meanwhile */
	}
	struct wire_mark part = mark_of(p.from, p.to, p.is_v6, p.id);
	if (p.is_fragment && p.offset && is_marked(w->parts, &part))
		return;
	if (w->unanswered >= WIRE_UNANSWERED_MAX) {
		w->dropped++;
		return;
	}
	s = see(w, &p, now);
	if (!s)
		return;
	w->unanswered++;
	s->outcome = WIRE_UNANSWERED;
	snprintf(s->protocol, sizeof s->protocol, "%s", what);
	if (p.is_fragment && p.offset == 0 && p.proto == PROTO_UDP && p.len >= UDP_HEAD) { /* one that is large */
		snprintf(s->protocol, sizeof s->protocol, "%s",
			talk_datagram(p.to_port, p.data + UDP_HEAD, p.len - UDP_HEAD, &s->outcome));
		w->parts[w->parts_next++ % WIRE_REMEMBERED] = part;
	}
	size_t skip = s->outcome == WIRE_UNANSWERED ? 0 : UDP_HEAD;
	if (p.len > skip)
		keep_first(s, p.data + skip, p.len - skip);
}

/* ---- connections */
static struct connection **find(struct wire *w, const struct packet *p)
{
	for (size_t i = 0; i < WIRE_CONNECTIONS; i++) {
		struct connection *c = w->connections[i];

		if (c && c->back.is_v6 == p->is_v6 && c->back.to_port == p->from_port &&
			c->back.from_port == p->to_port && memcmp(c->back.from, p->to, 16) == 0 &&
			memcmp(c->back.to, p->from, 16) == 0)
			return &w->connections[i];
	}
	return NULL;
}

static struct connection **free_place(struct wire *w)
{
	for (size_t i = 0; i < WIRE_CONNECTIONS; i++)
		if (!w->connections[i])
			return &w->connections[i];
	return NULL;
}

/* The client's side of the addresses, as it was sent. */
static void tell(struct wire *w, struct connection *c)
{
	struct packet p = packet_back(&c->back);
	struct wire_seen *s = c->is_told ? NULL : see(w, &p, c->began);

	c->is_told = true;
	if (!s)
		return;
	talk_end(&c->talk);
	s->outcome = c->talk.outcome;
	snprintf(s->protocol, sizeof s->protocol, "%s", talk_protocol(&c->talk));
	if (s->outcome == WIRE_TLS || s->outcome == WIRE_STARTTLS) {
		snprintf(s->sni, sizeof s->sni, "%s", c->talk.hello.sni);
		snprintf(s->version, sizeof s->version, "%s", hello_version(c->talk.hello.version));
	} else {
		keep_first(s, c->talk.first, c->talk.first_len);
	}
}

static void drop(struct wire *w, struct connection **place)
{
	tell(w, *place);
	free(*place);
	*place = NULL;
}

static void send_flags(struct wire *w, const struct connection *c, uint8_t flags, uint32_t seq)
{
	struct packet p = c->back;

	p.flags = flags;
	p.seq = seq;
	p.ack = c->want;
	send_packet(w, &p);
}

/* Everything that is not acknowledged, in pieces, and the FIN behind it. */
static void send_all(struct wire *w, struct connection *c, int64_t now)
{
	size_t at = 0;

	if (!c->is_open) {
		send_flags(w, c, TCP_SYN | TCP_ACK, c->una);
		c->sent = now;
		return;
	}
	while (at < c->out_len) {
		struct packet p = c->back;

		p.len = c->out_len - at < PIECE ? c->out_len - at : PIECE;
		p.data = c->out + at;
		p.flags = TCP_ACK | TCP_PUSH;
		p.seq = c->una + (uint32_t)at;
		p.ack = c->want;
		send_packet(w, &p);
		at += p.len;
	}
	if (c->is_closing)
		send_flags(w, c, TCP_FIN | TCP_ACK, c->una + (uint32_t)c->out_len);
	c->sent = now;
}

static void answer(struct wire *w, struct connection *c, const struct talk_reply *r, int64_t now)
{
	size_t room = SEND_ROOM - c->out_len, add = r->len < room ? r->len : room;

	memcpy(c->out + c->out_len, r->at, add);
	c->out_len += add;
	c->is_closing |= r->is_over;
	if (add || r->is_over)
		send_all(w, c, now);
}

static void begin(struct wire *w, const struct packet *p, int64_t now)
{
	struct connection **place = free_place(w), *c;
	struct wire_seen *s;

	if (!place) {
		struct packet back = packet_back(p);

		back.flags = TCP_RST | TCP_ACK;
		back.ack = p->seq + 1;
		send_packet(w, &back);
		s = see(w, p, now);
		if (s)
			s->outcome = WIRE_REFUSED;
		return;
	}
	c = *place = mem_alloc(sizeof *c);
	c->back = packet_back(p);
	c->began = c->heard = now;
	c->want = p->seq + 1;
	c->una = w->next_seq;
	w->next_seq += 0x10000;
	talk_begin(&c->talk, p->to_port);
	send_all(w, c, now);
}

/* Takes acknowledged bytes off what is kept for repeating. True: our FIN was acknowledged too. */
static bool acknowledged(struct connection *c, uint32_t ack)
{
	uint32_t done = ack - c->una;

	if (!c->is_open)
		return false;
	if (done > c->out_len + 1)
		return false; /* older, or of nothing we sent */
	size_t bytes = done < c->out_len ? done : c->out_len;
	memmove(c->out, c->out + bytes, c->out_len - bytes);
	c->out_len -= bytes;
	c->una += (uint32_t)bytes;
	return c->is_closing && done > bytes;
}

static void hear(struct wire *w, struct connection *c, const struct packet *p, int64_t now)
{
	struct talk_reply reply = { .len = 0 };

	if (p->seq != c->want || p->len == 0)
		return;
	c->want += (uint32_t)p->len;
	c->heard = now;
	talk_hear(&c->talk, p->data, p->len, &reply);
	answer(w, c, &reply, now);
}

static void segment(struct wire *w, struct connection **place, const struct packet *p, int64_t now)
{
	struct connection *c = *place;
	bool is_done;

	if (p->flags & TCP_RST) {
		drop(w, place);
		return;
	}
	if (p->flags & TCP_SYN) {
		send_all(w, c, now); /* it asks again */
		return;
	}
	if (!c->is_open && p->flags & TCP_ACK && p->ack == c->una + 1) {
		c->is_open = true;
		c->una++;
	}
	is_done = p->flags & TCP_ACK && acknowledged(c, p->ack);
	hear(w, c, p, now);
	if (p->flags & TCP_FIN && p->seq + (uint32_t)p->len == c->want && !c->has_ended) {
		c->has_ended = true;
		c->want++;
		c->is_closing = true;
		send_all(w, c, now);
	} else if (p->len || p->flags & TCP_FIN) {
		send_flags(w, c, TCP_ACK, c->una + (uint32_t)c->out_len + (c->is_closing ? 1 : 0));
	}
	if (is_done && c->has_ended)
		drop(w, place);
}

void wire_packet(struct wire *w, const uint8_t *at, size_t len, int64_t now)
{
	struct connection **place;
	struct packet p;

	if (packet_parse(at, len, &p)) {
		unanswered(w, at, len, now);
		return;
	}
	if (p.proto == PROTO_UDP) {
		datagram(w, &p, now);
		return;
	}
	place = find(w, &p);
	if (place)
		segment(w, place, &p, now);
	else if ((p.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
		begin(w, &p, now);
	/* anything else belongs to a connection that is over */
}

static void tick(struct wire *w, struct connection **place, int64_t now)
{
	struct connection *c = *place;
	struct talk_reply reply = { .len = 0 };

	if (now - c->began > LIFE_MS || (c->is_closing && now - c->heard > SILENT_MS * 2)) {
		send_flags(w, c, TCP_RST | TCP_ACK, c->una);
		drop(w, place);
		return;
	}
	if (c->is_open && !c->is_closing && now - c->heard > SILENT_MS) {
		c->is_closing = true;
		send_all(w, c, now);
		return;
	}
	if (c->is_open && !c->is_closing && now - c->heard > GREET_MS) {
		talk_wait(&c->talk, &reply);
		answer(w, c, &reply, now);
	}
	if ((c->out_len || c->is_closing || !c->is_open) && now - c->sent > REPEAT_MS)
		send_all(w, c, now);
}

int wire_tick(struct wire *w, int64_t now)
{
	bool is_busy = false;

	for (size_t i = 0; i < WIRE_CONNECTIONS; i++)
		if (w->connections[i]) {
			tick(w, &w->connections[i], now);
			is_busy |= w->connections[i] != NULL;
		}
	return is_busy ? TICK_MS : -1;
}

bool wire_is_undecided(const struct wire *w)
{
	for (size_t i = 0; i < WIRE_CONNECTIONS; i++)
		if (w->connections[i] && !w->connections[i]->is_told && !w->connections[i]->is_closing)
			return true;
	return false;
}

void wire_flush(struct wire *w)
{
	for (size_t i = 0; i < WIRE_CONNECTIONS; i++)
		if (w->connections[i])
			tell(w, w->connections[i]);
}
