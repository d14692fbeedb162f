/* check_tls_dropped.c - programs that spoke TLS and no longer do, over the whole update.
 *
 * Facts: {"bytes": {"programs": LIST, "jars": LIST, "scripts": LIST}} of {"path", "machine", "soname", "own": [FAMILY...], "via": [NAME...], "net":
 * bool}: what a file speaks TLS with itself, what it uses that does it, and whether it uses the network. Programs have "needs": [SONAME...], scripts
 * "machine": their language. A jar is told as one item for each "JAR!com.acme" in it. "unseen": LIST of {"path"} of programs, archives and scripts
 * that were too large to be looked into, or built so that not all of them could be seen. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/elf_pairs.h"
#include "inspect/fact.h"
#include "inspect/jar.h"
#include "inspect/looked.h"
#include "inspect/tls_script.h"
#include "inspect/tls_table.h"
#include <string.h>

enum { ROUNDS = 8 /* libraries that need libraries */, NEEDS_MAX = 256, SHOWN_MAX = 8 };

/* ---- looking */

static void look_program(const struct looked *file, json_t *facts)
{
	const struct elf *elf = file->elf;
	json_t *item = elf_item(file, facts, "programs"), *via = json_array(), *needs = json_array();
	bool is_net = false;

	if (item && elf) {
		for (size_t i = 0; i < elf->needed_len; i++)
			if (tls_is_carrier(elf->needed[i]))
				json_array_append_new(via, json_string(elf->needed[i]));
			else if (!tls_is_plain(elf->needed[i]) && json_array_size(needs) < NEEDS_MAX)
				json_array_append_new(needs, json_string(elf->needed[i]));
		for (size_t i = 0; i < elf->imports_len && !is_net; i++)
			is_net = tls_is_network(elf->imports[i].name);
		json_object_set_new(item, "own", tls_families(elf));
		json_object_set(item, "via", via);
		json_object_set(item, "needs", needs);
		json_object_set_new(item, "net", json_boolean(is_net));
	}
	json_decref(via);
	json_decref(needs);
}

static void look_jar(const struct looked *file, json_t *facts)
{
	json_t *list = fact_list_at(facts, "jars");

	for (size_t i = 0; i < file->jar->parts_len; i++) {
		const struct jar_part *part = &file->jar->parts[i];
		json_t *item = fact_add(list);
		AUTO_FREE char *path = mem_printf("%s!%s", file->entry->path, part->where);

		if (item == NULL)
			continue;
		json_set_str(item, "path", path);
		json_set_str(item, "machine", "java");
		json_object_set_new(item, "own", part->uses & JAR_TLS ? json_pack("[s]", "Java TLS") : json_array());
		json_object_set_new(
			item, "via", part->uses & JAR_CARRIER ? json_pack("[s]", "Java library") : json_array());
		json_object_set_new(item, "net", json_boolean(part->uses & JAR_NETWORK));
	}
	if (file->jar->is_cut)
		json_object_set_new(list, "more", json_integer(json_int(list, "more") + 1));
}

static void look_script(const struct looked *file, json_t *facts)
{
	const char *language = script_language(file);
	json_t *item = language ? fact_add(fact_list_at(facts, "scripts")) : NULL;

	if (item == NULL)
		return;
	AUTO_JSON *net = script_marks(file, language, SCRIPT_NETWORK);
	json_set_str(item, "path", file->entry->path);
	json_set_str(item, "machine", language);
	json_object_set_new(item, "own", script_marks(file, language, SCRIPT_TLS));
	json_object_set_new(item, "via", script_marks(file, language, SCRIPT_CARRIER));
	json_object_set_new(item, "net", json_boolean(json_array_size(net) > 0));
}

static void look(const struct looked *file, json_t *facts)
{
	bool is_unseen = elf_is_unseen(file) || (!file->is_whole && script_language(file));
	json_t *item = is_unseen ? fact_add(fact_list_at(facts, "unseen")) : NULL;

	if (item)
		json_set_str(item, "path", file->entry->path);
	if (is_unseen && file->elf == NULL)
		return;
	look_program(file, facts);
	if (file->jar)
		look_jar(file, facts);
	else
		look_script(file, facts);
}

/* ---- one version of the update */

static const char *const lists[] = { "programs", "jars", "scripts" };
enum { PROGRAMS, JARS, SCRIPTS, LISTS };

struct side {
	json_t *items[LISTS];
	json_t *index[LISTS];
	json_t *carriers; /* {SONAME: true}: libraries of the update that speak TLS, or lead to one that does */
};

static bool has_any(const json_t *item, const char *key)
{
	return json_array_size(json_list(item, key)) > 0;
}

static const char *library_name(const json_t *item)
{
	const char *soname = json_text(item, "soname"), *slash = strrchr(fact_path(item), '/');

	return *soname ? soname : slash ? slash + 1 : fact_path(item);
}

static bool needs_carrier(const struct side *s, const json_t *item)
{
	json_t *need;
	size_t i;

	json_array_foreach(json_list(item, "needs"), i, need)
		if (json_is_string(need) && json_object_get(s->carriers, json_string_value(need)))
			return true;
	return false;
}

static bool reaches(const struct side *s, const json_t *item)
{
	return has_any(item, "own") || has_any(item, "via") || needs_carrier(s, item);
}

static void side_init(struct side *s, const json_t *facts)
{
	const json_t *bytes = json_map(facts, "bytes");
	size_t before = SIZE_MAX, i;
	json_t *item;

	for (size_t k = 0; k < LISTS; k++) {
		s->items[k] = fact_items(bytes, lists[k]);
		s->index[k] = elf_pairs(s->items[k]);
	}
	s->carriers = json_object();
	for (unsigned round = 0; round < ROUNDS && json_object_size(s->carriers) != before; round++) {
		before = json_object_size(s->carriers);
		json_array_foreach(s->items[PROGRAMS], i, item)
			if (reaches(s, item))
				json_object_set_new(s->carriers, library_name(item), json_true());
	}
}

static void side_done(struct side *s)
{
	for (size_t k = 0; k < LISTS; k++)
		json_decref(s->index[k]);
	json_decref(s->carriers);
}

static bool any_with(const struct side *s, const char *key)
{
	json_t *item;
	size_t i;

	for (size_t k = 0; k < LISTS; k++)
		json_array_foreach(s->items[k], i, item)
			if (has_any(item, key))
				return true;
	return false;
}

/* ---- comparing */

struct both {
	struct compare *c;
	struct side old, new;
	bool is_all_gone; /* nothing in the new version speaks TLS itself */
	size_t told;
};

/* "OpenSSL, GnuTLS" */
static const char *joined(struct compare *c, const json_t *list)
{
	struct text t = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (i < SHOWN_MAX && json_is_string(one))
			text_add(&t, "%s%s", t.len ? ", " : "", json_string_value(one));
	AUTO_FREE char *text = text_take(&t);
	return arena_str(c->arena, text);
}

/* A library that was not needed before, is not in the update, and of which we cannot say that it speaks no TLS. */
static const char *unknown_library(const json_t *old, const json_t *new)
{
	json_t *need;
	size_t i;

	json_array_foreach(json_list(new, "needs"), i, need)
		if (json_is_string(need) && !json_lists(json_list(old, "needs"), json_string_value(need)))
			return json_string_value(need);
	return NULL;
}

static void tell_lost(struct both *b, enum severity severity, const json_t *old, const json_t *new, const char *doubt)
{
	struct compare *c = b->c;
	const char *path = fact_path(new), *with = joined(c, json_list(old, "own"));

	b->told++;
	finding_add(c, severity, path, with, "",
		arena_printf(c->arena,
			"%s no longer encrypts what it sends and receives: the old version spoke TLS (%s), in the new "
			"one nothing of "
			"it is left%s%s.",
			path, with, b->is_all_gone ? ", nor anywhere else in the update" : "", doubt),
		"Do not install it before the vendor has said how its connections are protected now. Try both versions "
		"on the test "
		"system (sluice test) and compare what goes over the wire.");
}

static void tell_moved(struct both *b, const json_t *old, const json_t *new)
{
	struct compare *c = b->c;
	const char *with = joined(c, json_list(old, "own")), *now = joined(c, json_list(new, "via"));

	b->told++;
	finding_add(c, SEVERITY_INFO, fact_path(new), with, now,
		arena_printf(c->arena, "%s no longer speaks TLS itself (%s): a library that it uses does it now%s%s%s.",
			fact_path(new), with, *now ? " (" : "", now, *now ? ")" : ""),
		"See on the test system (sluice test) that its connections still are encrypted.");
}

/* Something that does TLS for it and that the old version did not use. */
static bool gains_carrier(const struct both *b, const json_t *old, const json_t *new)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(new, "via"), i, one)
		if (json_is_string(one) && !json_lists(json_list(old, "via"), json_string_value(one)))
			return true;
	json_array_foreach(json_list(new, "needs"), i, one)
		if (json_is_string(one) && json_object_get(b->new.carriers, json_string_value(one)) &&
			!json_lists(json_list(old, "needs"), json_string_value(one)))
			return true;
	return false;
}

static void compare_own(struct both *b, const json_t *old, const json_t *new)
{
	const char *unknown;

	if (has_any(new, "own"))
		return;
	if (gains_carrier(b, old, new)) {
		tell_moved(b, old, new);
		return;
	}
	if (reaches(&b->new, new)) {
		bool is_ours = needs_carrier(&b->new, new);

		tell_lost(b, is_ours ? SEVERITY_MEDIUM : SEVERITY_HIGH, old, new,
			is_ours ? "; unless a library of the package that it used before does it for it"
				: "; unless it leaves that to a library now that it used before for something else");
		return;
	}
	unknown = unknown_library(old, new);
	tell_lost(b, unknown ? SEVERITY_HIGH : SEVERITY_CRITICAL, old, new,
		unknown ? arena_printf(b->c->arena,
				  "; unless %s, which it now uses and which is not in the update, does it for it",
				  unknown)
			: "");
}

/* It left TLS to a library and no longer does. Much that uses such a library does so for other things. */
static void compare_via(struct both *b, const json_t *old, const json_t *new)
{
	struct compare *c = b->c;
	bool is_net = json_flag(new, "net");
	const char *with = joined(c, json_list(old, "via")), *path = fact_path(new);

	if (reaches(&b->new, new) || unknown_library(old, new))
		return;
	finding_add(c, is_net ? SEVERITY_HIGH : SEVERITY_LOW, path, with, "",
		arena_printf(c->arena, "%s no longer uses what could encrypt its connections (%s)%s.", path, with,
			is_net ? ", but it still uses the network" : ", and no network itself"),
		"Ask the vendor how its connections are protected now; compare both versions on the test system "
		"(sluice test).");
}

static void compare_files(struct both *b, size_t list)
{
	json_t *old;
	size_t i;

	json_array_foreach(b->old.items[list], i, old) {
		const json_t *new = elf_pair(b->new.index[list], old);

		if (new == NULL)
			continue;
		if (has_any(old, "own"))
			compare_own(b, old, new);
		else if (has_any(old, "via"))
			compare_via(b, old, new);
	}
}

/* Modules of a program are moved about: it counts what all files of a language do, and files that open connections by themselves. */
static bool language_reaches(const struct side *s, const char *language, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->items[SCRIPTS], i, item)
		if (strcmp(json_text(item, "machine"), language) == 0 && has_any(item, key))
			return true;
	return false;
}

static void compare_script(struct both *b, const json_t *old, json_t *told)
{
	const json_t *new = elf_pair(b->new.index[SCRIPTS], old);
	const char *language = json_text(old, "machine");
	bool is_left = language_reaches(&b->new, language, "own");

	if (new == NULL || reaches(&b->new, new))
		return;
	if (has_any(old, "own") && !is_left && !language_reaches(&b->new, language, "via")) {
		if (json_object_get(told, language) == NULL)
			tell_lost(b, SEVERITY_CRITICAL, old, new, "");
		json_object_set_new(told, language, json_true());
	} else if (has_any(old, "own") && json_flag(new, "net")) {
		tell_lost(b, SEVERITY_HIGH, old, new, "; it opens connections itself");
	} else if (has_any(old, "via") && json_flag(new, "net") && !is_left &&
		!language_reaches(&b->new, language, "via")) {
		compare_via(b, old, new);
	}
}

static void compare_scripts(struct both *b)
{
	AUTO_JSON *told = json_object();
	json_t *old;
	size_t i;

	json_array_foreach(b->old.items[SCRIPTS], i, old)
		if (reaches(&b->old, old))
			compare_script(b, old, told);
}

/* What spoke TLS is gone or cannot be recognised, and nothing else does it now. */
static void compare_sets(struct both *b)
{
	struct compare *c = b->c;
	struct text t = { 0 };
	json_t *item;
	size_t i, count = 0;

	if (b->told > 0 || !b->is_all_gone || !any_with(&b->old, "own"))
		return;
	for (size_t k = 0; k < LISTS; k++)
		json_array_foreach(b->old.items[k], i, item)
			if (has_any(item, "own") && count++ < SHOWN_MAX)
				text_add(&t, "%s%s", t.len ? ", " : "", fact_path(item));
	AUTO_FREE char *users = text_take(&t);
	bool is_carried = any_with(&b->new, "via");

	finding_add(c, is_carried ? SEVERITY_INFO : SEVERITY_CRITICAL, "", arena_str(c->arena, users), "",
		arena_printf(c->arena,
			"Nothing in this update speaks TLS itself any more; in the old version this did: %s.%s", users,
			is_carried ? " Libraries that its programs use can do it for them." : ""),
		"Ask the vendor how the connections are protected now; compare both versions on the test system "
		"(sluice test).");
}

/* OpenSSL to GnuTLS is a change to know, not a loss. */
static void tell_families(struct both *b)
{
	struct compare *c = b->c;
	AUTO_JSON *old = json_array(), *new = json_array();
	const struct {
		const struct side *side;
		json_t *to;
	} both[] = { { &b->old, old }, { &b->new, new } };
	json_t *item, *one;
	size_t i, k;

	for (size_t n = 0; n < COUNT(both); n++)
		json_array_foreach(both[n].side->items[PROGRAMS], i, item)
			json_array_foreach(json_list(item, "own"), k, one)
				if (json_is_string(one) && !json_lists(both[n].to, json_string_value(one)) &&
					json_array_size(both[n].to) < SHOWN_MAX)
					json_array_append(both[n].to, one);
	if (json_array_size(old) == 0 || json_array_size(new) == 0)
		return;
	json_array_foreach(old, i, one)
		if (json_lists(new, json_string_value(one)))
			return;
	finding_add(c, SEVERITY_INFO, "", joined(c, old), joined(c, new),
		arena_printf(c->arena, "TLS is now spoken with %s; it was %s.", joined(c, new), joined(c, old)),
		"Settings of ciphers, versions and trusted certificates are other ones with another library.");
}

/* Whoever wants to hide something makes the program too large to be seen; one that always was is known. */
static void tell_unseen(struct compare *c)
{
	AUTO_JSON *index = elf_pairs(fact_items(json_map(c->old, "bytes"), "unseen"));
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(json_map(c->new, "bytes"), "unseen"), i, item) {
		const char *path = fact_path(item);
		bool is_known = elf_pair(index, item) != NULL;

		finding_add(c, is_known ? SEVERITY_MEDIUM : SEVERITY_CRITICAL, path, "", "",
			arena_printf(c->arena,
				"%s could not be looked into as a whole (it is too large, or built to be misread), so "
				"not all is known about the TLS, the protection and the copied libraries in it.",
				path),
			"Try both versions on the test system (sluice test), and compare what goes over the wire.");
	}
}

static void compare(struct compare *c)
{
	struct both b = { .c = c };

	if (c->old == NULL)
		return;
	side_init(&b.old, c->old);
	side_init(&b.new, c->new);
	b.is_all_gone = !any_with(&b.new, "own");
	compare_files(&b, PROGRAMS);
	compare_files(&b, JARS);
	compare_scripts(&b);
	compare_sets(&b);
	tell_families(&b);
	side_done(&b.old);
	side_done(&b.new);
	tell_unseen(c);
	for (size_t i = 0; i < LISTS; i++)
		fact_tell_cut_in(c, "bytes", lists[i]);
	fact_tell_cut_in(c, "bytes", "unseen");
}

const struct check check_tls_dropped = {
	.id = "tls-dropped",
	.severity = SEVERITY_CRITICAL,
	.waiver = "security-officer",
	.about = "Programs, Java classes and scripts that spoke TLS in the old version and do not in the new one, by "
		 "the libraries and "
		 "functions they use: OpenSSL, GnuTLS, NSS, mbedTLS, wolfSSL, libtls, s2n, Go, Rust, Java, Python, "
		 "Node and others, over the "
		 "whole update.",
	.why = "A client that stops encrypting sends everything it says, passwords too, so that whoever stands on the "
	       "way can read and change "
	       "it; it works as before, so nobody notices. A program that hands TLS over to a library (libcurl, libpq) "
	       "is no loss and told "
	       "as information. What is read here is what the files can do, not what they do: a program that could "
	       "speak TLS and is no "
	       "longer told to is found by the test system (tls-dropped-wire). Known false alarm: a program that now "
	       "lets a library "
	       "of another package do it, which this check does not know; then it is high, and the library is named.",
	.look = look,
	.compare = compare,
};
