/* transform_rewrite.c - files that name a place from which files were moved: looked for as they stream, rewritten where a rule says so.
 *
 * A text that a rule names is held (it is small) because its size changes. In a program only the search paths can be replaced, in place, in a
 * second pass that knows where they are: the confined decoder tells it at the end of the first. Whatever stays is told. */
#include "inspect/elf_paths.h"
#include "repackager/transform_private.h"
#include <string.h>

enum { HELD_MAX = 1 << 20, HITS_MAX = 4000, TOLD_MAX = 200 };

void rewrite_init(struct transform *t)
{
	struct rewriting *w = &t->rewriting;
	json_t *patch;
	size_t i;

	mentions_of(&t->rules, &w->mentions);
	w->patch = SIZE_MAX;
	json_array_foreach(t->job.patches, i, patch)
		pathmap_put(&w->patches, json_text(patch, "path"), i);
}

void rewrite_done(struct transform *t)
{
	struct rewriting *w = &t->rewriting;

	mentions_done(&w->mentions);
	mention_scan_done(&w->scan);
	text_done(&w->held);
	text_done(&w->copy);
	digest_done(&w->digest);
	pathmap_done(&w->patches);
	LIST_DONE(&w->hits);
}

bool rewrite_begin(struct transform *t, const struct entry *entry)
{
	struct rewriting *w = &t->rewriting;
	const size_t *patch = entry->type == ENTRY_FILE ? pathmap_get(&w->patches, t->above->path) : NULL;

	w->is_held = w->is_wanted = false;
	w->patch = SIZE_MAX;
	if (entry->type != ENTRY_FILE || w->mentions.moves.len == 0) {
		if (w->mentions.moves.len == 0)
			rules_rewrite(&t->rules, entry); /* the use counts */
		return false;
	}
	mention_scan_begin(&w->scan, &w->mentions);
	memset(w->head, 0, sizeof w->head);
	w->at = 0;
	w->is_wanted = rules_rewrite(&t->rules, entry);
	if (patch) {
		w->patch = *patch;
		digest_init(&w->digest, DIGEST_SHA256);
	}
	w->is_held = w->is_wanted && !patch && entry->size <= HELD_MAX;
	w->waiting = *entry;
	if (w->held.at)
		w->held.len = 0;
	return w->is_held;
}

/* ---- patches of programs */

/* The patch's bytes in a chunk that begins at w->at; what they replace must be what was planned for. */
static int patch_chunk(struct rewriting *w, const json_t *patch, char *bytes, size_t len, struct err *e)
{
	const char *old = json_text(patch, "old"), *new = json_text(patch, "new");
	uint64_t at = (uint64_t)json_int(patch, "offset");
	size_t width = strlen(old), new_len = strlen(new);

	for (size_t i = 0; i < width; i++) {
		if (at + i < w->at || at + i >= w->at + len)
			continue;
		char *byte = &bytes[at + i - w->at];
		if (*byte != old[i])
			return err_input(
				e, "E_MISMATCH", "%s is not what it was in the first pass", json_text(patch, "path"));
		*byte = i < new_len ? new[i] : '\0';
	}
	return 0;
}

static int patch(struct transform *t, const void **bytes, size_t len, struct err *e)
{
	struct rewriting *w = &t->rewriting;
	const json_t *one;

	if (*bytes) {
		if (w->copy.at)
			w->copy.len = 0;
		text_bytes(&w->copy, *bytes, len);
		for (size_t i = w->patch; (one = json_array_get(t->job.patches, i)); i++)
			if (strcmp(json_text(one, "path"), t->above->path) == 0 &&
				patch_chunk(w, one, w->copy.at, len, e))
				return -1;
		*bytes = w->copy.at;
	}
	digest_add(&w->digest, *bytes, len);
	return 0;
}

int rewrite_data(struct transform *t, const void **bytes, size_t len, struct err *e)
{
	static const char zeros[4096];
	struct rewriting *w = &t->rewriting;

	if (w->mentions.moves.len == 0)
		return 0;
	for (size_t i = 0; *bytes && i < len && w->at + i < sizeof w->head; i++)
		w->head[w->at + i] = ((const char *)*bytes)[i];
	if (w->patch != SIZE_MAX && patch(t, bytes, len, e))
		return -1;
	if (w->is_held)
		for (size_t done = 0; done < len;) {
			size_t now = *bytes ? len : len - done < sizeof zeros ? len - done : sizeof zeros;
			text_bytes(&w->held, *bytes ? *bytes : zeros, now);
			done += now;
		}
	else
		mention_scan_add(&w->scan, *bytes, len);
	w->at += len;
	return 0;
}

/* ---- what was found */

/* Places where a path in a text is read by something that acts on it; elsewhere (data, documents) it is only told. */
static const char *const read_by_programs[] = { "/etc/**", "**/*.pc", "**/*.la", "**/*.service", "**/*.timer",
	"**/*.socket", "**/*.path", "**/*.mount", "**/*.desktop", "**/*.conf", "**/*.cfg", "**/*.cnf", "**/*.ini",
	"**/*.properties", "**/*.toml", "**/*.env", "**/*.sh", "**/*.py", "**/*.pl", "**/*.rb", "**/*.cmake",
	"**/*.rules" };
static const char *const read_by_people[] = { "/usr/share/doc/**", "/usr/share/man/**", "/usr/share/info/**",
	"/usr/share/licenses/**", "**/README*", "**/LICENSE*", "**/CHANGE*", "**/doc/**", "**/*.md", "**/*.html" };

static bool is_in(const char *const *table, size_t len, const char *path)
{
	for (size_t i = 0; i < len; i++)
		if (text_glob(table[i], path))
			return true;
	return false;
}

static bool is_elf(const struct rewriting *w)
{
	return memcmp(w->head, "\177ELF", 4) == 0;
}

static enum loss_class class_of(const struct rewriting *w, const struct entry *entry)
{
	if (entry->flags & (ENTRY_DOC | ENTRY_LICENSE | ENTRY_README) ||
		is_in(read_by_people, COUNT(read_by_people), entry->path))
		return LOSS_NOTE;
	if (is_elf(w) || memcmp(w->head, "#!", 2) == 0 || entry->mode & 0111)
		return LOSS_BEHAVIOUR;
	return is_in(read_by_programs, COUNT(read_by_programs), entry->path) ? LOSS_BEHAVIOUR : LOSS_NOTE;
}

static int remember(struct transform *t, const struct entry *entry, struct err *e)
{
	struct rewriting *w = &t->rewriting;

	mention_scan_end(&w->scan);
	for (size_t i = 0; i < w->scan.hits_len; i++) {
		bool is_bridged = mention_is_bridged(&w->mentions, w->scan.hits[i].move);
		if (is_bridged && !(w->is_wanted && is_elf(w))) /* what names it finds it */
			continue;
		if (w->hits.len >= HITS_MAX) {
			w->more++;
			return 0;
		}
		struct moved_hit hit = { .path = arena_str(&t->out->arena, entry->path),
			.vendor_path = arena_str(&t->out->arena, t->above->path),
			.move = w->scan.hits[i].move,
			.at = w->scan.hits[i].at,
			.class = class_of(w, entry),
			.is_elf = is_elf(w),
			.is_plain = entry->links_len == 0 && !(entry->mode & 06000) && !entry->capabilities[0],
			.is_rewritten = w->is_wanted,
			.is_bridged = is_bridged };
		if (!hit.path || !hit.vendor_path)
			return err_input(e, "E_LIMIT_MEMORY", "too many entries");
		*LIST_ADD(&w->hits) = hit;
	}
	return 0;
}

int rewrite_end(struct transform *t, const char **ret_sha256, struct err *e)
{
	struct rewriting *w = &t->rewriting;

	if (w->mentions.moves.len == 0 || t->current.type != ENTRY_FILE)
		return 0;
	if (w->patch != SIZE_MAX) {
		digest_end_hex(&w->digest, w->sha256);
		digest_done(&w->digest);
		*ret_sha256 = w->sha256;
	}
	return remember(t, &t->current, e);
}

int rewrite_held(struct transform *t, struct err *e)
{
	struct rewriting *w = &t->rewriting;
	struct entry entry = w->waiting;
	const char *bytes = w->held.len ? w->held.at : "";
	size_t len = w->held.len;
	AUTO(text) made = { 0 };
	char sha256[SHA256_HEX];

	w->is_held = false;
	memccpy(sha256, t->above->sha256, '\0', sizeof sha256);
	if (!memchr(bytes, '\0', len) && mention_rewrite(&w->mentions, bytes, len, &made)) {
		bytes = made.at;
		len = made.len;
		entry.size = len;
		entry.extents = NULL;
		entry.extents_len = 0;
		entry.want_digest = "";
		sha256_hex(bytes, len, sha256);
		memcpy(entry.sha256, sha256, sizeof sha256);
	}
	mention_scan_add(&w->scan, bytes, len);
	if (transform_emit(t, &entry, e) || transform_data(t, bytes, len, e) || remember(t, &t->current, e))
		return -1;
	return transform_end(t, sha256, e);
}

/* ---- programs: what the decoder knows of their search paths */

/* "/opt/acme/lib:$ORIGIN/x" with what moved in its new place, absolute or as seen from the program; NULL: nothing moved, or no room. */
static char *search_path(struct transform *t, const struct moved_hit *hit, const char *text, bool is_relative)
{
	AUTO(text) made = { 0 };
	struct slice rest = slice_of(text), part;
	bool is_moved = false, is_first = true;

	while (slice_cut(&rest, ':', &part)) {
		AUTO_FREE char *one = mem_printf("%.*s", (int)part.len, part.at);
		const char *now = one[0] == '/' ? mention_moved(&t->rewriting.mentions, one) : one;
		if (!now)
			return NULL;
		is_moved |= now != one;
		const char *way = now != one && is_relative ? rule_relative(&t->rules, hit->path, now) : NULL;
		text_add(&made, "%s%s%s", is_first ? "" : ":", way ? "$ORIGIN/" : "", way ? way : now);
		is_first = false;
	}
	return is_moved ? text_take(&made) : NULL;
}

static char *new_path(struct transform *t, const struct moved_hit *hit, const json_t *elf)
{
	const char *text = json_text(elf, "text");
	char *made = search_path(t, hit, text, false);

	if (made && strlen(made) > strlen(text)) {
		free(made);
		made = hit->is_plain && strcmp(json_text(elf, "kind"), "INTERP") != 0 ? search_path(t, hit, text, true)
										      : NULL;
	}
	if (made && (strlen(made) > strlen(text) || json_flag(elf, "shared"))) {
		free(made);
		made = NULL;
	}
	return made;
}

static bool is_inside(const json_t *elf, const struct moved_hit *hit)
{
	uint64_t at = (uint64_t)json_int(elf, "offset");

	return strcmp(json_text(elf, "path"), hit->vendor_path) == 0 && hit->at >= at &&
		hit->at < at + strlen(json_text(elf, "text"));
}

/* The search path that holds the hit; NULL: it is in something else. */
static const json_t *holder(const json_t *elf, const struct moved_hit *hit)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(elf, "items"), i, one)
		if (hit->is_elf && is_inside(one, hit))
			return one;
	return NULL;
}

static int by_file(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strcmp(json_text(x, "path"), json_text(y, "path"));

	return order
		? order
		: (json_int(x, "offset") > json_int(y, "offset")) - (json_int(x, "offset") < json_int(y, "offset"));
}

json_t *transform_plan(struct transform *t, const json_t *elf)
{
	json_t *list = json_array();
	LIST(json_t *) all = { 0 };
	const json_t *last = NULL;

	for (size_t i = 0; i < t->rewriting.hits.len; i++) {
		const struct moved_hit *hit = &t->rewriting.hits.at[i];
		const json_t *one = hit->is_rewritten ? holder(elf, hit) : NULL;
		AUTO_FREE char *new = one &&one != last ? new_path(t, hit, one) : NULL;
		last = one;
		if (new)
			*LIST_ADD(&all) = json_pack("{s:s, s:I, s:s, s:s}", "path", json_text(one, "path"), "offset",
				(json_int_t)json_int(one, "offset"), "old", json_text(one, "text"), "new", new);
	}
	if (all.len > 0) /* the patches of one file stand together */
		qsort(all.at, all.len, sizeof *all.at, by_file);
	for (size_t i = 0; i < all.len; i++)
		json_array_append_new(list, all.at[i]);
	LIST_DONE(&all);
	return list;
}

static const char *why_kept(const struct moved_hit *hit, const json_t *elf)
{
	if (elf && json_flag(elf, "shared"))
		return "another name in the file shares the bytes of this one: leave a link at the old place (a "
		       "'symlink' rule)";
	if (elf && hit->is_rewritten)
		return "the file has no room for the new place: leave a link at the old one (a 'symlink' rule)";
	if (elf)
		return "its files were moved from there: a 'rewrite' rule replaces it where there is room, a 'symlink' "
		       "rule "
		       "leaves a link at the old place";
	if (hit->is_elf)
		return "its files were moved from there, and only search paths can be replaced in a program: leave a "
		       "link at the "
		       "old place (a 'symlink' rule)";
	if (hit->is_rewritten)
		return "its files were moved from there, and the file is no text or larger than 1 MiB: replace it by "
		       "an 'add' rule, "
		       "or leave a link at the old place (a 'symlink' rule)";
	if (hit->class == LOSS_NOTE)
		return "its files were moved from there; a 'rewrite' rule replaces it";
	return "its files were moved from there: a 'rewrite' rule replaces it, a 'symlink' rule leaves a link at the "
	       "old place";
}

void transform_tell_moved(struct transform *t, const json_t *elf)
{
	const struct rewriting *w = &t->rewriting;
	size_t told = 0, more = w->more;
	AUTO_JSON *seen = json_object();

	for (size_t i = 0; i < w->hits.len; i++) {
		const struct moved_hit *hit = &w->hits.at[i];
		const json_t *one = holder(elf, hit);
		AUTO_FREE char *key = mem_printf(
			"%p %p %p", (const void *)hit->move, (const void *)one, (const void *)hit->path);
		AUTO_FREE char *same = i > 0 && strcmp(w->hits.at[i - 1].path, hit->path) == 0 && !one &&
				!holder(elf, &w->hits.at[i - 1]) && w->hits.at[i - 1].move == hit->move
			? mem_strdup("")
			: NULL;
		if (hit->is_bridged || same || json_object_get(seen, key))
			continue;
		json_object_set_new(seen, key, json_true());
		if (told++ >= TOLD_MAX) {
			more++;
			continue;
		}
		pkg_lose(t->out, "", hit->class, why_kept(hit, one), "moved:%s%s%s names %s", hit->path, one ? " " : "",
			one ? json_text(one, "kind") : "", hit->move->from);
	}
	if (more > 0)
		pkg_lose(t->out, "", LOSS_BEHAVIOUR,
			"too many files name places from which files were moved to tell each", "moved:%zu more places",
			more);
}
