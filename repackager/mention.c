/* mention.c - finding and replacing old paths in texts and streams, see mention.h. */
#include "repackager/mention.h"
#include "base/text.h"
#include "repackager/transform.h"
#include <ctype.h>
#include <string.h>

enum { WINDOW = 64 * 1024, BEFORE = 4 /* bytes in front that decide whether it is a word of its own */ };

void mentions_of(const struct rules *rules, struct mentions *ret)
{
	struct mentions m = { .rules = rules };

	for (size_t i = 0; rules && i < rules->len; i++) {
		const struct rule *rule = &rules->at[i];
		size_t len = strlen(rule->from);
		if (rule->verb != VERB_MOVE || len < 2 || path_is_everywhere(rule->from))
			continue;
		*LIST_ADD(&m.moves) = rule;
		if (len > m.longest)
			m.longest = len;
	}
	*ret = m;
}

void mentions_done(struct mentions *m)
{
	LIST_DONE(&m->moves);
}

bool mention_is_bridged(const struct mentions *m, const struct rule *move)
{
	for (size_t i = 0; i < m->rules->len; i++)
		if (m->rules->at[i].verb == VERB_SYMLINK && path_beneath(move->from, m->rules->at[i].from))
			return true;
	return false;
}

/* ---- one mention */

static bool is_word(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.' || c == '~' || c == '+' || c == '@';
}

/* "-I/opt/acme" is the option and the path; "x/opt/acme" is another path. */
static bool begins(const char *bytes, size_t at)
{
	unsigned char one = at > 0 ? (unsigned char)bytes[at - 1] : ' ',
		      two = at > 1 ? (unsigned char)bytes[at - 2] : ' ',
		      three = at > 2 ? (unsigned char)bytes[at - 3] : ' ';

	if (isalpha(one) && two == '-' && !is_word(three))
		return true;
	if (one == '-' || one == '+' || one == '@') /* ExecStart=-/opt/acme/bin/agent */
		return !is_word(two);
	if (one == '/')
		return two == '/' || two == ':' || two == ' '; /* file:///opt/acme */
	return !is_word(one);
}

/* What follows must not make it another name. */
static bool ends(const char *bytes, size_t len, size_t at)
{
	if (at == len)
		return true;
	if (bytes[at] == '.') /* the end of a sentence is none of a name */
		return at + 1 == len || !is_word((unsigned char)bytes[at + 1]);
	return !is_word((unsigned char)bytes[at]);
}

static const struct rule *move_at(const struct mentions *m, const char *bytes, size_t len, size_t at)
{
	for (size_t i = 0; i < m->moves.len; i++) {
		size_t width = strlen(m->moves.at[i]->from);
		if (width <= len - at && memcmp(bytes + at, m->moves.at[i]->from, width) == 0 &&
			ends(bytes, len, at + width))
			return m->moves.at[i];
	}
	return NULL;
}

bool mention_find(const struct mentions *m, const char *bytes, size_t len, size_t from, bool is_end, size_t *ret_at,
	const struct rule **ret_move)
{
	while (m->moves.len > 0 && from < len) {
		const char *slash = memchr(bytes + from, '/', len - from);
		size_t at = slash ? (size_t)(slash - bytes) : len;
		if (at == len || (!is_end && at + m->longest + 2 > len)) /* what follows is not known yet */
			return false;
		const struct rule *move = begins(bytes, at) ? move_at(m, bytes, len, at) : NULL;
		if (move) {
			*ret_at = at;
			*ret_move = move;
			return true;
		}
		from = at + 1;
	}
	return false;
}

const char *mention_moved(const struct mentions *m, const char *path)
{
	for (size_t i = 0; path && i < m->moves.len; i++)
		path = rule_moved(m->rules, m->moves.at[i], path);
	return path;
}

/* The path that begins there: up to the first byte that no sane path holds. */
static size_t path_len(const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len && (is_word((unsigned char)bytes[at]) || bytes[at] == '/' || bytes[at] == '%'))
		at++;
	while (at > 0 && bytes[at - 1] == '.')
		at--;
	return at;
}

bool mention_rewrite(const struct mentions *m, const char *bytes, size_t len, struct text *out)
{
	AUTO(text) made = { 0 };
	const struct rule *move;
	size_t done = 0, at;

	for (size_t from = 0; mention_find(m, bytes, len, from, true, &at, &move);) {
		size_t width = path_len(bytes + at, len - at);
		AUTO_FREE char *path = mem_printf("%.*s", (int)width, bytes + at);
		const char *now = mention_moved(m, path);
		if (!now)
			return false;
		text_bytes(&made, bytes + done, at - done);
		text_bytes(&made, now, strlen(now));
		done = from = at + width;
	}
	if (done == 0)
		return false;
	text_bytes(&made, bytes + done, len - done);
	*out = made;
	made = (struct text){ 0 };
	return true;
}

/* ---- streams */

void mention_scan_begin(struct mention_scan *s, const struct mentions *m)
{
	char *window = s->window;

	*s = (struct mention_scan){ .mentions = m, .window = window };
	if (!s->window && m->moves.len > 0)
		s->window = mem_alloc(WINDOW + 2 * (m->longest + BEFORE + 2));
}

static void search(struct mention_scan *s, bool is_end)
{
	const struct rule *move;
	size_t at, keep = s->mentions->longest + BEFORE + 2;

	while (s->hits_len < MENTION_HITS &&
		mention_find(s->mentions, s->window, s->len, s->searched, is_end, &at, &move)) {
		s->hits[s->hits_len].at = s->base + at;
		s->hits[s->hits_len++].move = move;
		s->searched = at + 1;
	}
	if (is_end || s->len <= keep)
		return;
	/* A mention may begin in the last bytes; those in front of them decide whether it is a word. */
	size_t next = s->len - (s->mentions->longest + 2);
	size_t cut = next > BEFORE ? next - BEFORE : 0;
	if (next > s->searched)
		s->searched = next;
	memmove(s->window, s->window + cut, s->len - cut);
	s->len -= cut;
	s->base += cut;
	s->searched -= cut;
}

void mention_scan_add(struct mention_scan *s, const void *bytes, size_t len)
{
	if (s->mentions->moves.len == 0)
		return;
	if (!bytes && len > WINDOW) { /* nothing stands in a hole */
		mention_scan_add(s, NULL, BEFORE + s->mentions->longest + 2);
		search(s, false);
		s->base += len - (BEFORE + s->mentions->longest + 2);
		return;
	}
	while (len > 0 && s->hits_len < MENTION_HITS) {
		size_t now = len < WINDOW ? len : WINDOW;
		if (bytes)
			memcpy(s->window + s->len, bytes, now);
		else
			memset(s->window + s->len, 0, now);
		s->len += now;
		search(s, false);
		bytes = bytes ? (const char *)bytes + now : NULL;
		len -= now;
	}
}

void mention_scan_end(struct mention_scan *s)
{
	if (s->mentions && s->mentions->moves.len > 0)
		search(s, true);
}

void mention_scan_done(struct mention_scan *s)
{
	free(s->window);
	*s = (struct mention_scan){ 0 };
}
