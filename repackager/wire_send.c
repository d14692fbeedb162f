/* wire_send.c - the child's side of the wire: a sink that turns entries into frames.
 *
 * Small frames gather in one buffer; large data goes out with what stands before it in one writev, so a byte of payload is copied
 * into the pipe once and nowhere else. Where nobody wants the bytes (digests only) they end here, as a digest. */
#include "base/digest.h"
#include "repackager/wire.h"
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

enum { BUFFER = 128 * 1024, HEAD = 8, COPY_BELOW = 16 * 1024 };

struct wire_out {
	struct sink sink;
	int fd;
	bool is_begun, is_digesting;
	bool (*wants)(const struct entry *entry);
	bool is_wanted; /* the digest of the file that passes */
	struct digest digest;
	uint64_t passed;
	size_t used;
	const struct pkg *pkg;
	struct pack pack;
	struct {
		size_t relations, scripts, triggers, fields, signatures, lost, warnings;
	} sent;
	struct payload payload; /* as sent last */
	unsigned char buf[BUFFER];
};

static int write_all(int fd, struct iovec *iov, int count, struct err *e)
{
	while (count > 0) {
		ssize_t done = writev(fd, iov, count);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(e, "telling the parent");
		while (count > 0 && (size_t)done >= iov->iov_len) {
			done -= (ssize_t)iov->iov_len;
			iov++;
			count--;
		}
		if (count > 0) {
			iov->iov_base = (char *)iov->iov_base + done;
			iov->iov_len -= (size_t)done;
		}
	}
	return 0;
}

static int flush(struct wire_out *w, const void *more, size_t len, struct err *e)
{
	struct iovec iov[2] = { { w->buf, w->used }, { (void *)(uintptr_t)more, len } };

	w->used = 0;
	return write_all(w->fd, iov, more ? 2 : 1, e);
}

static void frame_head(unsigned char *to, uint32_t type, uint32_t len)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (unsigned char)(type >> 8 * i);
		to[i + 4] = (unsigned char)(len >> 8 * i);
	}
}

/* One frame: its head (base/frame.h: type and length, little endian) into the buffer, then its bytes. */
static int send_frame(struct wire_out *w, enum wire_type type, const void *bytes, size_t len, struct err *e)
{
	if (len > WIRE_FRAME_MAX)
		return err_input(e, "E_LIMIT_METADATA", "one piece of the package's metadata has %zu bytes", len);
	if (w->used + HEAD + (len < COPY_BELOW ? len : 0) > BUFFER && flush(w, NULL, 0, e))
		return -1;
	frame_head(w->buf + w->used, type, (uint32_t)len);
	w->used += HEAD;
	if (len >= COPY_BELOW)
		return flush(w, bytes, len, e);
	if (len > 0)
		memcpy(w->buf + w->used, bytes, len);
	w->used += len;
	return 0;
}

static int send_pack(struct wire_out *w, enum wire_type type, struct err *e)
{
	int failed = send_frame(w, type, w->pack.at, w->pack.len, e);

	w->pack.len = 0;
	return failed;
}

/* Offered, confirmed or taken back. */
static int send_payload(struct wire_out *w, const struct payload *now, struct err *e)
{
	const struct payload *last = &w->payload;

	if (last->at == now->at && last->len == now->len && last->codec == now->codec &&
		last->unpacked == now->unpacked)
		return 0;
	w->payload = *now;
	wire_pack_payload(&w->pack, now);
	return send_pack(w, WIRE_PAYLOAD, e);
}

/* What the reader added to pkg since the last call. */
static int send_news(struct wire_out *w, const struct pkg *pkg, struct err *e)
{
	for (; w->sent.relations < pkg->relations.len; w->sent.relations++) {
		wire_pack_relation(&w->pack, &pkg->relations.at[w->sent.relations]);
		if (send_pack(w, WIRE_RELATION, e))
			return -1;
	}
	for (; w->sent.scripts < pkg->scripts.len; w->sent.scripts++) {
		wire_pack_script(&w->pack, &pkg->scripts.at[w->sent.scripts]);
		if (send_pack(w, WIRE_SCRIPT, e))
			return -1;
	}
	for (; w->sent.triggers < pkg->triggers.len; w->sent.triggers++) {
		pack_str(&w->pack, pkg->triggers.at[w->sent.triggers].text);
		if (send_pack(w, WIRE_TRIGGER, e))
			return -1;
	}
	for (; w->sent.fields < pkg->fields.len; w->sent.fields++) {
		pack_str(&w->pack, pkg->fields.at[w->sent.fields].name);
		pack_str(&w->pack, pkg->fields.at[w->sent.fields].value);
		if (send_pack(w, WIRE_FIELD, e))
			return -1;
	}
	for (; w->sent.signatures < pkg->signatures.len; w->sent.signatures++) {
		wire_pack_signature(&w->pack, &pkg->signatures.at[w->sent.signatures]);
		if (send_pack(w, WIRE_SIGNATURE, e))
			return -1;
	}
	for (; w->sent.lost < pkg->lost.len; w->sent.lost++) {
		wire_pack_loss(&w->pack, &pkg->lost.at[w->sent.lost]);
		if (send_pack(w, WIRE_LOSS, e))
			return -1;
	}
	for (; w->sent.warnings < pkg->warnings.len; w->sent.warnings++) {
		const struct warning *warning = &pkg->warnings.at[w->sent.warnings];
		pack_str(&w->pack, warning->code);
		pack_str(&w->pack, warning->where);
		pack_str(&w->pack, warning->text);
		if (send_pack(w, WIRE_WARNING, e))
			return -1;
	}
	return send_payload(w, &pkg->payload, e);
}

static struct wire_out *of(struct sink *s)
{
	return (struct wire_out *)s;
}

static int on_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	struct wire_out *w = of(s);

	wire_pack_meta(&w->pack, meta);
	if (send_pack(w, WIRE_META, e) || send_news(w, meta, e))
		return -1;
	w->is_begun = true;
	return send_frame(w, WIRE_BEGIN, NULL, 0, e);
}

static int on_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct wire_out *w = of(s);

	w->is_wanted = w->is_digesting && entry->type == ENTRY_FILE &&
		(!w->wants || w->wants(entry) || strlen(entry->want_digest) == 2 * digest_size(DIGEST_SHA256));
	wire_pack_entry(&w->pack, entry);
	return send_pack(w, WIRE_ENTRY, e);
}

static int send_passed(struct wire_out *w, struct err *e)
{
	pack_u64(&w->pack, w->passed);
	w->passed = 0;
	return send_pack(w, WIRE_PASSED, e);
}

/* Told about every MiB, so that the parent sees that it goes on, and counts. */
static int digest_data(struct wire_out *w, const void *bytes, size_t len, struct err *e)
{
	if (w->is_wanted)
		digest_add(&w->digest, bytes, len);
	w->passed += len;
	return w->passed < MIB(1) ? 0 : send_passed(w, e) || flush(w, NULL, 0, e) ? -1 : 0;
}

static int on_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct wire_out *w = of(s);

	if (w->is_digesting)
		return digest_data(w, bytes, len, e);
	if (!bytes) {
		pack_u64(&w->pack, len);
		return send_pack(w, WIRE_HOLE, e);
	}
	for (const char *at = bytes; len > 0;) {
		size_t now = len < WIRE_DATA_MAX ? len : WIRE_DATA_MAX;
		if (send_frame(w, WIRE_DATA, at, now, e))
			return -1;
		at += now;
		len -= now;
	}
	return 0;
}

static int on_entry_end(struct sink *s, struct err *e)
{
	struct wire_out *w = of(s);
	unsigned char found[DIGEST_MAX];

	if (w->passed > 0 && send_passed(w, e))
		return -1;
	if (!w->is_wanted)
		return send_frame(w, WIRE_ENTRY_END, NULL, 0, e);
	return send_frame(w, WIRE_ENTRY_END, found, digest_end(&w->digest, found), e);
}

static const struct sink_ops ops = {
	.begin = on_begin, .entry_begin = on_entry_begin, .data = on_data, .entry_end = on_entry_end
};

struct wire_out *wire_out_new(int fd)
{
	struct wire_out *w = mem_alloc(sizeof *w);

	w->sink.ops = &ops;
	w->fd = fd;
	return w;
}

void wire_out_free(struct wire_out *w)
{
	if (w)
		pack_done(&w->pack);
	if (w && w->is_digesting)
		digest_done(&w->digest);
	free(w);
}

void wire_out_digests_only(struct wire_out *w, bool (*wants)(const struct entry *entry))
{
	w->wants = wants;
	w->is_digesting = true;
	digest_init(&w->digest, DIGEST_SHA256);
}

struct sink *wire_out_sink(struct wire_out *w)
{
	return &w->sink;
}

static int send_facts(struct wire_out *w, const json_t *facts, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;

	if (json_canonical(facts, &bytes, &len, e))
		return -1;
	if (len > WIRE_FACTS_MAX)
		return err_input(e, "E_LIMIT_MEMORY", "the facts about this package take %zu bytes", len);
	for (size_t at = 0; at < len; at += WIRE_DATA_MAX) {
		size_t now = len - at < WIRE_DATA_MAX ? len - at : WIRE_DATA_MAX;
		if (send_frame(w, WIRE_FACTS, bytes + at, now, e))
			return -1;
	}
	return 0;
}

int wire_out_finish(struct wire_out *w, const struct pkg *pkg, const json_t *facts, struct err *e)
{
	if (!w->is_begun)
		return err_input(e, "E_STRUCTURE", "the reader ended without beginning");
	if (send_news(w, pkg, e) || (facts && send_facts(w, facts, e)) || send_frame(w, WIRE_DONE, NULL, 0, e))
		return -1;
	return flush(w, NULL, 0, e);
}

int wire_out_error(struct wire_out *w, const struct err *error, struct err *e)
{
	w->pack.len = 0;
	wire_pack_error(&w->pack, error);
	if (send_pack(w, WIRE_ERROR, e))
		return -1;
	return flush(w, NULL, 0, e);
}
