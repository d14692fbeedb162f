/* watched.c - listening to the watcher: scripts, calls and conversations become the report's objects, each call with its script. */
#include "sandbox/watched.h"
#include "sandbox/kernel_lines.h"
#include "sandbox/ports.h"
#include "sandbox/trial.h"
#include "sandbox/watcher.h"
#include "sandbox/wire_hello.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 120000 };

void observed_init(struct observed *o)
{
	*o = (struct observed){ .began = watcher_now(),
		.calls = json_array(),
		.network = json_array(),
		.ports = json_array(),
		.home = json_object(),
		.kmsg = kernel_open(),
		.has_wire = true };
}

void observed_done(struct observed *o)
{
	for (size_t i = 0; i < o->scripts.len; i++) {
		json_decref(o->scripts.at[i].words);
		json_decref(o->scripts.at[i].calls);
	}
	LIST_DONE(&o->scripts);
	LIST_DONE(&o->steps);
	LIST_DONE(&o->pids);
	json_decref(o->home);
	json_decref(o->ports_old);
	if (o->kmsg >= 0)
		close(o->kmsg);
}

/* Bytes from inside, fit to be shown. */
static json_t *shown(const char *bytes, size_t len)
{
	AUTO_FREE char *text = text_printable(bytes, len, false);

	return json_string(text);
}

static void set_shown(json_t *o, const char *key, const char *bytes, size_t len)
{
	json_object_set_new(o, key, shown(bytes ? bytes : "", bytes ? len : 0));
}

static json_t *unpack_words(struct unpack *u)
{
	uint32_t count = unpack_u32(u);
	json_t *list = json_array();

	for (uint32_t i = 0; i < count && !u->bad; i++) {
		size_t len = 0;
		const char *bytes = unpack_bytes(u, &len);

		json_array_append_new(list, shown(bytes ? bytes : "", len));
	}
	return list;
}

/* Is there room for that much more? */
static bool keep(struct observed *o, const json_t *words, size_t more)
{
	size_t i;
	json_t *word;

	json_array_foreach(words, i, word)
		more += json_string_length(word);
	if (o->bytes_kept + more > HEARD_BYTES)
		return false;
	o->bytes_kept += more;
	return true;
}

static int unreadable(struct err *e)
{
	return err_env(e, "watcher: an answer that cannot be read");
}

static struct watched_script *script_of(struct observed *o, unsigned number)
{
	for (size_t i = o->scripts.len; number && i-- > 0;)
		if (o->scripts.at[i].number == number)
			return &o->scripts.at[i];
	return NULL;
}

static bool is_step(const struct observed *o, unsigned command)
{
	for (size_t i = o->steps.len; i-- > 0;)
		if (o->steps.at[i] == command)
			return true;
	return command == WATCH_SYSTEM && o->ready;
}

static int hear_script(struct trial *t, struct unpack *u, struct err *e)
{
	struct observed *o = &t->observed;
	struct watched_script s = { .number = unpack_u32(u) };

	s.at = (int64_t)unpack_u64(u);
	s.pid = (pid_t)unpack_u32(u);
	s.command = unpack_u32(u);
	s.words = unpack_words(u);
	if (u->bad || o->scripts.len >= HEARD_SCRIPTS || !keep(o, s.words, 0)) {
		json_decref(s.words);
		o->calls_dropped++;
		return u->bad ? unreadable(e) : 0;
	}
	s.calls = json_array();
	*LIST_ADD(&o->scripts) = s;
	return 0;
}

/* To know the kernel's words about them. */
static void remember_pid(struct observed *o, unsigned pid)
{
	if (o->pids.len < HEARD_PIDS && (o->pids.len == 0 || o->pids.at[o->pids.len - 1] != pid))
		*LIST_ADD(&o->pids) = pid;
}

static int hear_call(struct trial *t, struct unpack *u, struct err *e)
{
	struct observed *o = &t->observed;
	int64_t at = (int64_t)unpack_u64(u);
	unsigned pid = unpack_u32(u), outer = unpack_u32(u), command = unpack_u32(u), script = unpack_u32(u),
		 kind = unpack_u8(u);
	size_t len = 0;
	const char *process = unpack_bytes(u, &len);
	AUTO_JSON *words = unpack_words(u), *call = json_object(), *arguments = json_array();
	struct watched_script *s = script_of(o, script);

	if (u->bad || kind >= CALL_KINDS || json_array_size(words) == 0)
		return unreadable(e);
	remember_pid(o, outer);
	if (!s && !is_step(o, command))
		return 0;
	if (o->calls_kept >= HEARD_CALLS || !keep(o, words, 0)) {
		o->calls_dropped++;
		return 0;
	}
	o->calls_kept++;
	json_set_str(call, "kind", call_kind_name((enum call_kind)kind));
	json_object_set(call, "what", json_array_get(words, 0));
	for (size_t i = 1; i < json_array_size(words); i++)
		json_array_append(arguments, json_array_get(words, i));
	if (json_array_size(arguments))
		json_object_set(call, "arguments", arguments);
	json_object_set_new(call, "pid", json_integer(pid));
	set_shown(call, "process", process, len);
	json_object_set_new(call, "at", json_integer(at - o->began));
	json_array_append(s ? s->calls : o->calls, call);
	return 0;
}

static int hear_wire(struct trial *t, struct unpack *u, struct err *e)
{
	struct observed *o = &t->observed;
	AUTO_JSON *c = json_object();
	size_t first_len = 0, process_len = 0;
	int64_t at = (int64_t)unpack_u64(u);
	const char *to = unpack_str(u);
	unsigned port = unpack_u32(u), outcome = unpack_u8(u);
	const char *protocol = unpack_str(u), *sni = unpack_str(u), *version = unpack_str(u),
		   *first = unpack_bytes(u, &first_len), *process = unpack_bytes(u, &process_len);

	unpack_u32(u);
	unpack_u32(u);
	unsigned script = unpack_u32(u);
	if (u->bad || !to || !protocol || !sni || !version || outcome >= WIRE_OUTCOMES)
		return unreadable(e);
	if (json_array_size(o->network) >= HEARD_TALKS || !keep(o, NULL, strlen(to) + strlen(sni) + 4 * first_len)) {
		o->wire_dropped++;
		return 0;
	}
	set_shown(c, "to", to, strlen(to));
	json_object_set_new(c, "port", json_integer(port));
	json_object_set_new(c, "tls",
		outcome == WIRE_TLS || outcome == WIRE_STARTTLS ? json_true()
			: outcome == WIRE_CLEARTEXT             ? json_false()
								: json_null());
	json_set_str(c, "outcome", wire_outcome_name((enum wire_outcome)outcome));
	if (*sni)
		json_set_str(c, "sni", sni);
	if (*version)
		json_set_str(c, "version", version);
	json_set_str(c, "protocol", protocol);
	set_shown(c, "by", process, process_len);
	if (first_len)
		set_shown(c, "said", first, first_len);
	json_object_set_new(c, "at", json_integer(at - o->began));
	if (script)
		json_object_set_new(c, "_script", json_integer(script));
	if (o->ready == 0)
		json_object_set_new(c, "_early", json_true());
	json_array_append(o->network, c);
	return 0;
}

static int hear_end(struct trial *t, struct unpack *u, struct err *e)
{
	struct observed *o = &t->observed;
	const char *why;

	o->calls_seen += unpack_u64(u);
	o->calls_dropped += unpack_u64(u);
	o->wire_dropped += unpack_u64(u);
	why = unpack_str(u);
	if (u->bad || !why)
		return unreadable(e);
	if (*why && o->has_wire) {
		trial_find(t, SEVERITY_INFO, "layer-missing", "network",
			"this machine cannot answer as a network would: %s", why);
		o->has_wire = false;
	}
	return 0;
}

static const struct {
	uint32_t type;
	int (*hear)(struct trial *t, struct unpack *u, struct err *e);
} answers[] = {
	{ SAY_SCRIPT, hear_script },
	{ SAY_CALL, hear_call },
	{ SAY_WIRE, hear_wire },
	{ SAY_WATCHED, hear_end },
};

/* One answer; 1: it was the last one. */
static int hear(struct trial *t, struct framer *from, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct frame f;
	int rc = frame_read(from, ANSWER_MS, &f, e);

	if (rc < 0)
		return err_wrap(e, "watcher");
	if (rc == 0)
		return err_env(e, "the watcher ended unexpectedly");
	arena_init(&arena, MIB(2));
	struct unpack u = { f.at, f.len, false, &arena };
	for (size_t i = 0; i < COUNT(answers); i++)
		if (answers[i].type == f.type)
			return answers[i].hear(t, &u, e) ? -1 : f.type == SAY_WATCHED;
	return unreadable(e);
}

int observed_hear(struct trial *t, struct framer *from, struct err *e)
{
	int rc = 0;

	for (unsigned frames = 0; rc == 0; frames++)
		rc = frames < HEARD_FRAMES ? hear(t, from, e) : err_env(e, "watcher: an answer without end");
	return rc < 0 ? -1 : 0;
}

int observed_take(struct trial *t, bool is_a_step, struct err *e)
{
	unsigned command;
	struct framer *from = sandbox_watched(t->sandbox, &command);

	if (!from)
		return 0;
	if (is_a_step)
		*LIST_ADD(&t->observed.steps) = command;
	if (frame_write(from->fd, ASK_WATCHED, NULL, 0, e))
		return err_wrap(e, "watcher");
	return observed_hear(t, from, e);
}

/* ---- ports */
static int hear_port(struct trial *t, struct unpack *u, struct err *e)
{
	unsigned port = unpack_u32(u), speaks = unpack_u8(u);
	const char *process = unpack_str(u);
	size_t said_len = 0;
	const char *said = unpack_bytes(u, &said_len);
	unsigned version = unpack_u32(u), suite = unpack_u32(u);
	AUTO_FREE char *name = mem_printf("tcp/%u", port);
	json_t *o;

	if (u->bad || !process || speaks > PORT_TLS)
		return unreadable(e);
	if (json_lists(t->before.listening, name))
		return 0;
	o = json_object();
	json_set_str(o, "port", name);
	set_shown(o, "process", process, strlen(process));
	json_set_str(o, "speaks", port_speaks_name((enum port_speaks)speaks));
	if (said_len)
		set_shown(o, "said", said, said_len);
	if (version)
		json_set_str(o, "version", hello_version(version));
	if (version && *hello_suite(suite))
		json_set_str(o, "cipher", hello_suite(suite));
	json_array_append_new(t->observed.ports, o);
	return 0;
}

int observed_ports(struct trial *t, struct err *e)
{
	unsigned command;
	struct framer *from = sandbox_watched(t->sandbox, &command);

	if (!from)
		return 0;
	if (frame_write(from->fd, ASK_OFFER, NULL, 0, e))
		return err_wrap(e, "watcher");
	json_array_clear(t->observed.ports);
	for (unsigned heard = 0; heard <= HEARD_PORTS; heard++) {
		AUTO(arena) arena = { 0 };
		struct frame f;
		int rc = frame_read(from, ANSWER_MS, &f, e);

		if (rc <= 0)
			return rc ? err_wrap(e, "watcher") : err_env(e, "the watcher ended unexpectedly");
		arena_init(&arena, MIB(1));
		struct unpack u = { f.at, f.len, false, &arena };
		if (f.type == SAY_OFFERED) {
			if (f.len != 1 || f.at[0])
				trial_find(t, SEVERITY_MEDIUM, "ports-unknown", "ports",
					"not every port that listens could be offered TLS in time");
			return 0;
		}
		if (f.type != SAY_PORT || hear_port(t, &u, e))
			return unreadable(e);
	}
	return err_env(e, "watcher: more ports than it may offer");
}

/* Its installation has been heard of already: what stands in the list from before belongs to it as well. */
int observed_old(struct trial *t, struct err *e)
{
	struct observed *o = &t->observed;
	size_t i;
	json_t *c;

	if (observed_ports(t, e) || observed_take(t, false, e))
		return -1;
	json_array_foreach(o->network, i, c)
		json_set_str(c, "of", "old");
	o->ports_old = o->ports;
	o->ports = json_array();
	return 0;
}
