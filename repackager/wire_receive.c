/* wire_receive.c - the parent's side of the wire: every frame checked against what may come now, then passed on. */
#include "base/text.h"
#include "repackager/digest.h"
#include "repackager/wire.h"
#include <string.h>

enum phase { AT_START, IN_META, BETWEEN, IN_ENTRY, IN_FACTS, DONE };
enum { RECORDS_MAX = 200000, BUFFER = 2 * (WIRE_DATA_MAX + 4096) };
#define BIT(phase) (1u << (phase))

struct wire_in {
	struct framer framer;
	const struct limits *limits;
	struct pkg *pkg;
	struct sink *sink;
	json_t **ret_facts;
	enum phase phase;
	struct entry entry;
	uint64_t left, total, entries, since_progress;
	uint64_t records, record_bytes; /* of metadata: bounded whatever the list they end in */
	struct digest_stage digest;
	bool is_digests_only;
	struct text facts;
	int (*begun)(void *context, const struct pkg *pkg, struct err *e);
	void *begun_context;
	void (*progress)(void *context);
	void *progress_context;
};

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "the package's metadata is larger than its limit");
}

static struct unpack opened(struct wire_in *w, const struct frame *f)
{
	return (struct unpack){ .at = f->at, .len = f->len, .arena = &w->pkg->arena };
}

static int ended(const struct unpack *u, struct err *e)
{
	if (!u->bad && u->len == 0)
		return 0;
	return err_input(e, "E_CORRUPT", "the decoder sent a frame that makes no sense");
}

static int on_meta(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);

	w->phase = IN_META;
	return wire_unpack_meta(&u, w->pkg, e);
}

static int on_relation(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	struct relation *r = pkg_add_relation(w->pkg);

	return r ? wire_unpack_relation(&u, r, e) : no_room(e);
}

static int on_script(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	struct script *s = pkg_add_script(w->pkg);

	return s ? wire_unpack_script(&u, w->limits, s, e) : no_room(e);
}

static int on_trigger(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	struct trigger *t = pkg_add_trigger(w->pkg);
	const char *text = unpack_str(&u);

	if (!t)
		return no_room(e);
	t->text = text ? text : "";
	return ended(&u, e);
}

static int on_field(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	const char *name = unpack_str(&u), *value = unpack_str(&u);

	if (ended(&u, e))
		return -1;
	return pkg_field(w->pkg, name ? name : "", value ? value : "") ? no_room(e) : 0;
}

static int on_signature(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	struct signature *s = pkg_add_signature(w->pkg);

	return s ? wire_unpack_signature(&u, s, e) : no_room(e);
}

static int on_loss(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	struct loss loss = { 0 };

	if (wire_unpack_loss(&u, &loss, e))
		return -1;
	pkg_lose(w->pkg, loss.target, loss.class, loss.why, "%s", loss.what);
	return 0;
}

static int on_warning(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	const char *sent = unpack_str(&u), *where = unpack_str(&u), *text = unpack_str(&u);
	const char *code = err_code_known(sent ? sent : "");

	if (ended(&u, e))
		return -1;
	if (!code || !where || !text)
		return err_input(e, "E_CORRUPT", "the decoder sent a warning that is none of ours");
	pkg_warn(w->pkg, code, where, "%s", text);
	return 0;
}

/* An offer stands before the entries; behind them it is confirmed or taken back, never changed. */
static int on_payload(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	struct payload now = { 0 };
	const struct payload *offer = &w->pkg->payload;

	if (wire_unpack_payload(&u, &now, e))
		return -1;
	if (w->phase == IN_META
			? now.unpacked > 0
			: now.len > 0 && (now.at != offer->at || now.len != offer->len || now.codec != offer->codec))
		return err_input(e, "E_CORRUPT", "the decoder sent a payload that it had not offered");
	w->pkg->payload = now;
	return 0;
}

static int on_begin(struct wire_in *w, const struct frame *f, struct err *e)
{
	w->phase = BETWEEN;
	if (sink_begin(w->sink, w->pkg, e))
		return -1;
	return w->begun ? w->begun(w->begun_context, w->pkg, e) : 0;
}

static int on_entry(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);

	if (++w->entries > w->limits->entries)
		return err_input(
			e, "E_LIMIT_ENTRIES", "more than %llu entries", (unsigned long long)w->limits->entries);
	if (wire_unpack_entry(&u, w->limits, &w->entry, e))
		return -1;
	w->left = w->entry.size;
	if (w->left > w->limits->output || w->total > w->limits->output - w->left)
		return err_input(e, "E_LIMIT_SIZE", "%s: the content together passes %llu bytes", w->entry.path,
			(unsigned long long)w->limits->output);
	w->total += w->left;
	w->phase = IN_ENTRY;
	if (w->entry.type == ENTRY_FILE && !w->is_digests_only && digest_stage_begin(&w->digest, &w->entry, e))
		return -1;
	return sink_entry_begin(w->sink, &w->entry, e);
}

static int count(struct wire_in *w, uint64_t len, struct err *e)
{
	if (w->entry.type != ENTRY_FILE || len > w->left || len == 0)
		return err_input(
			e, "E_CORRUPT", "%s: the decoder sent more bytes than it had announced", w->entry.path);
	w->left -= len;
	w->since_progress += len;
	if (w->progress && w->since_progress >= MIB(1)) {
		w->since_progress = 0;
		w->progress(w->progress_context);
	}
	return 0;
}

static int take(struct wire_in *w, const void *bytes, uint64_t len, struct err *e)
{
	if (w->is_digests_only)
		return err_input(e, "E_CORRUPT", "%s: the decoder sent bytes that nobody wants", w->entry.path);
	if (count(w, len, e))
		return -1;
	digest_stage_add(&w->digest, bytes, (size_t)len);
	return sink_data(w->sink, bytes, (size_t)len, e);
}

static int on_data(struct wire_in *w, const struct frame *f, struct err *e)
{
	return take(w, f->at, f->len, e);
}

static int on_hole(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	uint64_t len = unpack_u64(&u);

	return ended(&u, e) ? -1 : take(w, NULL, len, e);
}

static int on_passed(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);
	uint64_t len = unpack_u64(&u);

	if (!w->is_digests_only)
		return err_input(e, "E_CORRUPT", "%s: the decoder held bytes back", w->entry.path);
	return ended(&u, e) ? -1 : count(w, len, e);
}

/* The digest is ours, or the sender's where it alone has seen the bytes. One that is promised must come. */
static int end_digest(struct wire_in *w, const struct frame *f, struct err *e)
{
	const size_t size = digest_size(DIGEST_SHA256);
	bool is_file = w->entry.type == ENTRY_FILE, is_promised = strlen(w->entry.want_digest) == 2 * size;

	if (is_file && w->is_digests_only && f->len == size)
		return digest_given(f->at, &w->entry, e);
	if (f->len > 0 || (is_file && w->is_digests_only && is_promised))
		return err_input(e, "E_CORRUPT", "%s: the decoder ended it with %u bytes", w->entry.path, f->len);
	return is_file && !w->is_digests_only ? digest_stage_end(&w->digest, &w->entry, e) : 0;
}

static int on_entry_end(struct wire_in *w, const struct frame *f, struct err *e)
{
	if (w->left > 0)
		return err_input(
			e, "E_TRUNCATED", "%s: %llu bytes are missing", w->entry.path, (unsigned long long)w->left);
	if (end_digest(w, f, e))
		return -1;
	w->phase = BETWEEN;
	if (sink_entry_end(w->sink, e))
		return -1;
	struct entry *kept = pkg_add_entry(w->pkg);
	if (!kept)
		return no_room(e);
	*kept = w->entry;
	return 0;
}

static int on_facts(struct wire_in *w, const struct frame *f, struct err *e)
{
	w->phase = IN_FACTS;
	if (w->facts.len + f->len > WIRE_FACTS_MAX)
		return err_input(e, "E_LIMIT_MEMORY", "the facts about this package are too many");
	text_bytes(&w->facts, f->at, f->len);
	return 0;
}

static int on_done(struct wire_in *w, const struct frame *f, struct err *e)
{
	json_t *facts = NULL;

	w->phase = DONE;
	if (w->facts.len > 0 && w->ret_facts) {
		facts = json_parse(w->facts.at, w->facts.len, "facts from the decoder", e);
		if (!facts)
			return -1;
		if (!json_is_object(facts)) {
			json_decref(facts);
			return err_input(e, "E_CORRUPT", "the decoder's facts are no object");
		}
	}
	if (sink_close(w->sink, e)) {
		json_decref(facts);
		return -1;
	}
	pkg_sort_entries(w->pkg);
	for (size_t i = 1; i < w->pkg->entries.len; i++)
		if (strcmp(w->pkg->entries.at[i - 1].path, w->pkg->entries.at[i].path) == 0) {
			json_decref(facts);
			return err_input(e, "E_DUPLICATE_NAME", "%s comes twice", w->pkg->entries.at[i].path);
		}
	if (w->ret_facts)
		*w->ret_facts = facts;
	return 0;
}

static int on_error(struct wire_in *w, const struct frame *f, struct err *e)
{
	struct unpack u = opened(w, f);

	return wire_unpack_error(&u, e);
}

/* Which frame may come in which phase, how long it may be, and who takes it. */
static const struct {
	unsigned phases;
	uint32_t longest;
	int (*take)(struct wire_in *w, const struct frame *f, struct err *e);
} table[WIRE_TYPES] = {
	[WIRE_META] = { BIT(AT_START), WIRE_FRAME_MAX, on_meta },
	[WIRE_RELATION] = { BIT(IN_META), WIRE_FRAME_MAX, on_relation },
	[WIRE_SCRIPT] = { BIT(IN_META), WIRE_FRAME_MAX, on_script },
	[WIRE_TRIGGER] = { BIT(IN_META), WIRE_DATA_MAX, on_trigger },
	[WIRE_FIELD] = { BIT(IN_META) | BIT(BETWEEN), WIRE_FRAME_MAX, on_field },
	[WIRE_SIGNATURE] = { BIT(IN_META) | BIT(BETWEEN), WIRE_FRAME_MAX, on_signature },
	[WIRE_LOSS] = { BIT(IN_META) | BIT(BETWEEN), WIRE_DATA_MAX, on_loss },
	[WIRE_WARNING] = { BIT(IN_META) | BIT(BETWEEN), WIRE_DATA_MAX, on_warning },
	[WIRE_PAYLOAD] = { BIT(IN_META) | BIT(BETWEEN), 25, on_payload },
	[WIRE_BEGIN] = { BIT(IN_META), 0, on_begin },
	[WIRE_ENTRY] = { BIT(BETWEEN), WIRE_FRAME_MAX, on_entry },
	[WIRE_DATA] = { BIT(IN_ENTRY), WIRE_DATA_MAX, on_data },
	[WIRE_HOLE] = { BIT(IN_ENTRY), 8, on_hole },
	[WIRE_PASSED] = { BIT(IN_ENTRY), 8, on_passed },
	[WIRE_ENTRY_END] = { BIT(IN_ENTRY), 32, on_entry_end },
	[WIRE_FACTS] = { BIT(BETWEEN) | BIT(IN_FACTS), WIRE_DATA_MAX, on_facts },
	[WIRE_DONE] = { BIT(BETWEEN) | BIT(IN_FACTS), 0, on_done },
	[WIRE_ERROR] = { BIT(AT_START) | BIT(IN_META) | BIT(BETWEEN) | BIT(IN_ENTRY) | BIT(IN_FACTS), KIB(64),
		on_error },
};

struct wire_in *wire_in_new(int fd, const struct limits *limits, struct pkg *pkg, struct sink *sink, json_t **ret_facts)
{
	struct wire_in *w = mem_alloc(sizeof *w);

	framer_init(&w->framer, fd, WIRE_FRAME_MAX);
	w->framer.buf = mem_alloc(BUFFER); /* two frames of data: few reads, little moving */
	w->framer.room = BUFFER;
	w->limits = limits;
	w->pkg = pkg;
	w->sink = sink;
	w->ret_facts = ret_facts;
	return w;
}

void wire_in_free(struct wire_in *w)
{
	if (!w)
		return;
	framer_done(&w->framer);
	digest_stage_done(&w->digest);
	text_done(&w->facts);
	free(w);
}

void wire_in_digests_only(struct wire_in *w)
{
	w->is_digests_only = true;
}

void wire_in_on_progress(struct wire_in *w, void (*progress)(void *context), void *context)
{
	w->progress = progress;
	w->progress_context = context;
}

void wire_in_on_begin(
	struct wire_in *w, int (*begun)(void *context, const struct pkg *pkg, struct err *e), void *context)
{
	w->begun = begun;
	w->begun_context = context;
}

static int take_frame(struct wire_in *w, const struct frame *f, struct err *e)
{
	if (f->type == 0 || f->type >= WIRE_TYPES || !(table[f->type].phases & BIT(w->phase)))
		return err_input(e, "E_CORRUPT", "the decoder sent a frame (%u) that may not come now", f->type);
	if (f->len > table[f->type].longest)
		return err_input(e, "E_CORRUPT", "the decoder sent a frame (%u) of %u bytes", f->type, f->len);
	if (f->type != WIRE_DATA && f->type != WIRE_HOLE && f->type != WIRE_PASSED && f->type != WIRE_ENTRY_END) {
		w->record_bytes += f->len;
		if (++w->records > w->limits->entries + RECORDS_MAX || w->record_bytes > w->limits->memory)
			return err_input(e, "E_LIMIT_METADATA", "the package has too much metadata");
	}
	return table[f->type].take(w, f, e);
}

/* The end of the stream. */
static int on_end(const struct wire_in *w, bool *ret_is_cut, struct err *e)
{
	if (w->phase == DONE)
		return 0;
	*ret_is_cut = true;
	return err_input(e, "E_CORRUPT", "the decoder ended in the middle");
}

int wire_in_step(struct wire_in *w, bool *ret_is_cut, struct err *e)
{
	struct frame f;
	int got = framer_take(&w->framer, e);

	if (got <= 0)
		return got < 0 ? -1 : on_end(w, ret_is_cut, e);
	while (framer_holds(&w->framer))
		if (frame_read(&w->framer, 0, &f, e) != 1 || take_frame(w, &f, e))
			return -1;
	return 1;
}
