/* audit_items.c - release.json's packages in short, found by their RfC and by their digest. */
#include "release/gate/audit_items.h"
#include "base/digest.h"
#include "base/fs.h"
#include "release/gate/audit_impl.h"
#include <string.h>

struct opening {
	struct audit_items *s;
	const char *only;
};

static int see_release(void *context, const struct snap_item *line, struct err *e)
{
	const struct opening *o = context;
	AUTO_JSON *entry = snap_item_json(line, e);
	const char *rfc = json_text(entry, "rfc");
	unsigned char key[DIGEST_KEY];
	uint32_t *number;
	bool is_new;
	size_t i;
	json_t *item;

	if (!entry)
		return -1;
	o->s->releases++;
	if (o->only && !log_names(o->only, rfc))
		return 0;
	digest_map_key(rfc, strlen(rfc), key);
	number = digest_map_put(&o->s->rfcs, key, &is_new);
	if (is_new)
		*number = (uint32_t)o->s->rfcs.len;
	json_array_foreach(json_list(entry, "removes"), i, item)
		json_object_set_new(o->s->gone, json_text(item, "name"), json_false());
	return 0;
}

int audit_items_open(struct audit_items *s, int fd, const char *only, struct err *e)
{
	struct opening opening = { s, only };

	*s = (struct audit_items){ .fd = fd,
		.rfcs = { .value = sizeof(uint32_t) },
		.held = { .value = sizeof(struct audit_held) },
		.gone = json_object(),
		.strangers = only ? NULL : json_array() };
	if (snap_each_fd(fd, SNAP_RELEASES, see_release, &opening, e) == 0)
		return 0;
	audit_items_done(s);
	return -1;
}

void audit_items_done(struct audit_items *s)
{
	digest_map_done(&s->rfcs);
	digest_map_done(&s->held);
	LIST_DONE(&s->items);
	json_decref(s->gone);
	json_decref(s->strangers);
	*s = (struct audit_items){ .fd = -1 };
}

void audit_identity(const json_t *package, unsigned char ret[DIGEST_KEY])
{
	static const char *const members[] = { "candidate", "target", "format", "name", "version", "architecture",
		"sha256", "fragment", "location" };
	struct digest d;
	unsigned char whole[DIGEST_MAX];

	digest_init(&d, DIGEST_SHA256);
	for (size_t i = 0; i < COUNT(members); i++) {
		const char *text = json_text(package, members[i]);

		digest_add(&d, text, strlen(text) + 1); /* with its end, so that no text goes over into the next */
	}
	digest_end(&d, whole);
	digest_done(&d);
	memcpy(ret, whole, DIGEST_KEY);
}

static bool key_of(const char *sha256, unsigned char ret[DIGEST_KEY])
{
	return digest_is_hex(sha256) && hex_parse(sha256, 2 * (size_t)DIGEST_KEY, ret) == 0;
}

void audit_items_add(struct audit_items *s, const struct snap_item *line, const json_t *package, bool is_here)
{
	const char *rfc = json_text(package, "rfc"), *name = json_text(package, "name");
	struct audit_item item = { .len = (uint32_t)line->len, .at = line->offset };
	unsigned char key[DIGEST_KEY];
	const uint32_t *number;
	bool is_new;

	if (is_here && key_of(json_text(package, "sha256"), key))
		((struct audit_held *)digest_map_put(&s->held, key, &is_new))->is_here = true;
	if (json_object_get(s->gone, name))
		json_object_set_new(s->gone, name, json_true());
	digest_map_key(rfc, strlen(rfc), key);
	number = digest_map_find(&s->rfcs, key);
	if (!number && s->strangers)
		audit_found(s->strangers, "package", json_text(package, "path"), "no release let it in");
	if (!number)
		return;
	item.rfc = *number;
	audit_identity(package, item.is);
	*LIST_ADD(&s->items) = item;
	s->is_sorted = false;
}

struct audit_held *audit_held_of(const struct audit_items *s, const char *sha256)
{
	unsigned char key[DIGEST_KEY];

	return key_of(sha256, key) ? digest_map_find(&s->held, key) : NULL;
}

static int by_rfc(const void *a, const void *b)
{
	const struct audit_item *x = a, *y = b;

	return x->rfc != y->rfc ? (x->rfc > y->rfc) - (x->rfc < y->rfc) : (x->at > y->at) - (x->at < y->at);
}

/* Where the items of that number begin, or would. */
static size_t first_of(const struct audit_items *s, uint32_t number)
{
	size_t low = 0, high = s->items.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->items.at[middle].rfc < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct audit_item *audit_items_of(struct audit_items *s, const char *rfc, size_t *ret_len)
{
	unsigned char key[DIGEST_KEY];
	const uint32_t *number;
	size_t first;

	digest_map_key(rfc, strlen(rfc), key);
	number = digest_map_find(&s->rfcs, key);
	*ret_len = 0;
	if (!number || !s->items.len)
		return NULL;
	if (!s->is_sorted)
		qsort(s->items.at, s->items.len, sizeof *s->items.at, by_rfc);
	s->is_sorted = true;
	first = first_of(s, *number);
	*ret_len = first_of(s, *number + 1) - first;
	return s->items.at + first;
}

json_t *audit_item_json(const struct audit_items *s, const struct audit_item *item, struct err *e)
{
	AUTO_FREE char *text = mem_alloc((size_t)item->len + 1);

	return fd_pread(s->fd, text, item->len, item->at, e) ? NULL : json_parse(text, item->len, "release.json", e);
}
