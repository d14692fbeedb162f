/* watch_say.c - what the watcher has seen, told to the supervisor; then it is forgotten. */
#include "sandbox/watcher.h"
#include <string.h>

enum { CLOCK_SLACK_MS = 150 };

void strings_add(struct watch_strings *s, const char *text, size_t len)
{
	static const char more[] = "...";
	bool is_long = len > WORD_MAX;

	len = is_long ? WORD_MAX : len;
	s->at = mem_resize(s->at, s->len + len + 1);
	memcpy(s->at + s->len, text, len);
	if (is_long)
		memcpy(s->at + s->len + len - strlen(more), more, strlen(more));
	s->at[s->len + len] = '\0';
	s->len += len + 1;
	s->count++;
}

static void pack_strings(struct pack *p, const struct watch_strings *s)
{
	const char *at = s->at;

	pack_u32(p, s->count);
	for (unsigned i = 0; i < s->count; i++) {
		pack_bytes(p, at, strlen(at));
		at += strlen(at) + 1;
	}
}

static int say(struct frames *told, enum watcher_message type, struct pack *p, struct err *e)
{
	int rc = frames_add(told, (uint32_t)type, p->at, p->len, e);

	pack_done(p);
	return rc;
}

static int say_script(struct frames *told, struct watch_script *s, struct err *e)
{
	struct pack p = { 0 };

	pack_u32(&p, s->number);
	pack_u64(&p, (uint64_t)s->at);
	pack_u32(&p, (uint32_t)s->pid);
	pack_u32(&p, s->command);
	pack_strings(&p, &s->words);
	free(s->words.at);
	s->words.at = NULL;
	return say(told, SAY_SCRIPT, &p, e);
}

static int say_call(struct frames *told, struct watch_call *c, struct err *e)
{
	struct pack p = { 0 };

	pack_u64(&p, (uint64_t)c->at);
	pack_u32(&p, (uint32_t)c->pid);
	pack_u32(&p, (uint32_t)c->outer);
	pack_u32(&p, c->command);
	pack_u32(&p, c->script);
	pack_u8(&p, (uint8_t)c->kind);
	pack_bytes(&p, c->process, strlen(c->process));
	pack_strings(&p, &c->words);
	free(c->words.at);
	c->words.at = NULL;
	return say(told, SAY_CALL, &p, e);
}

/* Who connected there last before it came in; each connection is one conversation, but a resolver's socket asks several times. */
static const struct dialed *dialed_for(struct watcher *w, const struct wire_seen *s)
{
	struct dialed *best = NULL, *used = NULL;

	for (size_t i = 0; i < w->dialed.len; i++) {
		struct dialed *d = &w->dialed.at[i];

		if (d->port != s->port || d->is_v6 != s->is_v6 || d->at > s->at + CLOCK_SLACK_MS ||
			memcmp(d->address, s->address, 16) != 0)
			continue;
		if (d->is_used)
			used = d;
		else if (!best)
			best = d;
	}
	if (best)
		best->is_used = true;
	return best ? best : used;
}

/* u64 at, str to, u32 port, u8 outcome, str protocol, str sni, str version, bytes first, str process, u32 pid, u32 command, u32 script */
static int say_wire(struct watcher *w, struct frames *told, const struct wire_seen *s, struct err *e)
{
	const struct dialed *by = dialed_for(w, s);
	struct pack p = { 0 };

	pack_u64(&p, (uint64_t)s->at);
	pack_str(&p, s->to);
	pack_u32(&p, s->port);
	pack_u8(&p, (uint8_t)s->outcome);
	pack_str(&p, s->protocol);
	pack_str(&p, s->sni);
	pack_str(&p, s->version);
	pack_bytes(&p, s->first, s->first_len);
	pack_bytes(&p, by ? by->process : "", by ? strlen(by->process) : 0);
	pack_u32(&p, by ? (uint32_t)by->pid : 0);
	pack_u32(&p, by ? by->command : 0);
	pack_u32(&p, by ? by->script : 0);
	return say(told, SAY_WIRE, &p, e);
}

static int say_lists(struct watcher *w, struct frames *told, struct err *e)
{
	for (size_t i = 0; i < w->scripts.len; i++)
		if (say_script(told, &w->scripts.at[i], e))
			return -1;
	for (size_t i = 0; i < w->calls.len; i++)
		if (say_call(told, &w->calls.at[i], e))
			return -1;
	for (size_t i = 0; i < w->wire.seen.len; i++)
		if (say_wire(w, told, &w->wire.seen.at[i], e))
			return -1;
	return 0;
}

int say_seen(struct watcher *w, struct err *e)
{
	AUTO(frames) told = { .fd = w->socket };
	struct pack p = { 0 };

	if (say_lists(w, &told, e))
		return -1;
	pack_u64(&p, w->calls_counted);
	pack_u64(&p, w->calls_dropped);
	pack_u64(&p, w->wire.dropped);
	pack_str(&p, w->no_wire);
	w->scripts.len = w->calls.len = w->wire.seen.len = 0;
	w->calls_counted = w->calls_dropped = w->wire.dropped = w->wire.unanswered = 0;
	return say(&told, SAY_WATCHED, &p, e) ? -1 : frames_send(&told, e);
}
