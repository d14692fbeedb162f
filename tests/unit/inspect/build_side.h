/* build_side.h - a side of a comparison from lines: files, programs, links, scripts and relations of a package, as tests/data/inspect/findings.txt has
 * them, shown to the checks as the decoder does. */
#pragma once
#include "base/digest.h"
#include "formats/relation.h"
#include "tests/unit/inspect/build_elf.h"
#include "tests/unit/inspect/finding_lines.h"
#include <stdio.h>

struct side {
	struct pkg pkg;
	struct sink *sink;
	json_t *bytes;
	bool is_there;
};

static void side_begin(struct side *s)
{
	struct err e = { 0 };

	pkg_init(&s->pkg, 0);
	s->sink = facts_collector(MIB(1), &s->bytes);
	s->is_there = true;
	assert_int_equal(sink_begin(s->sink, &s->pkg, &e), 0);
}

static json_t *side_end(struct side *s)
{
	struct err e = { 0 };
	json_t *again;

	assert_int_equal(sink_close(s->sink, &e), 0);
	sink_drop(s->sink);
	pkg_sort_entries(&s->pkg);
	again = stored_facts(facts_of(&s->pkg, s->bytes));
	json_decref(s->bytes);
	pkg_done(&s->pkg);
	return again;
}

/* "{{5000,TEXT}}" is TEXT 5000 times; malloc. */
static char *repeated(const char *line)
{
	struct text t = { 0 };
	const char *at = line, *open;
	unsigned times;
	int used = 0;

	while ((open = strstr(at, "{{")) != NULL && sscanf(open + 2, "%u,%n", &times, &used) == 1 && used > 0) {
		const char *text = open + 2 + used, *end = strstr(text, "}}");

		assert_non_null(end);
		text_bytes(&t, at, (size_t)(open - at));
		for (; times > 0; times--)
			text_bytes(&t, text, (size_t)(end - text));
		at = end + 2;
	}
	text_add(&t, "%s", at);
	return text_take(&t);
}

/* Undoes \n, \0 and \xNN in place; the new length. */
static size_t unescape(char *text)
{
	size_t len = 0;

	for (const char *at = text; *at; at++) {
		unsigned byte;

		if (at[0] == '\\' && at[1] == 'n')
			text[len++] = '\n', at++;
		else if (at[0] == '\\' && at[1] == '0')
			text[len++] = 0, at++;
		else if (at[0] == '\\' && at[1] == 'x' && sscanf(at + 2, "%2x", &byte) == 1)
			text[len++] = (char)byte, at += 3;
		else
			text[len++] = *at;
	}
	return len;
}

static void add_entry(struct side *s, enum entry_type type, char *rest)
{
	char path[256], owner[64] = "root", group[64] = "root", target[256] = "";
	unsigned mode = 0777;
	int used = 0;
	struct entry *at = pkg_add_entry(&s->pkg);
	struct err e = { 0 };
	size_t len = 0;

	if (type == ENTRY_SYMLINK || type == ENTRY_HARDLINK)
		assert_int_equal(sscanf(rest, "%255s %255s", path, target), 2);
	else
		assert_int_equal(sscanf(rest, "%255s %o %63s %63s%n", path, &mode, owner, group, &used), 4);
	at->path = arena_str(&s->pkg.arena, path);
	at->type = type;
	at->mode = mode;
	at->owner = arena_str(&s->pkg.arena, owner);
	at->group = arena_str(&s->pkg.arena, group);
	at->target = arena_str(&s->pkg.arena, target);
	if (type == ENTRY_FILE) {
		rest += used + (rest[used] == ' ');
		len = unescape(rest);
		at->size = len;
		sha256_hex(rest, len, at->sha256);
	}
	assert_int_equal(sink_entry_begin(s->sink, at, &e), 0);
	if (len > 0)
		assert_int_equal(sink_data(s->sink, rest, len, &e), 0);
	assert_int_equal(sink_entry_end(s->sink, &e), 0);
}

/* PATH FLAGS -- SOURCE: a program or library built by gcc */
static void add_program(struct side *s, char *rest)
{
	struct entry *at = pkg_add_entry(&s->pkg);
	char *flags = strchr(rest, ' '), *source = strstr(rest, " -- ");
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len = 0;

	assert_true(flags && source);
	*flags++ = *source = 0;
	source[4 + unescape(source + 4)] = 0;
	bytes = build_program(flags > source ? "" : flags, source + 4, &len);
	if (bytes == NULL)
		fail_msg("%s does not build", rest);
	at->path = arena_str(&s->pkg.arena, rest);
	at->mode = 0755;
	at->owner = at->group = "root";
	at->size = len;
	sha256_hex(bytes, len, at->sha256);
	assert_int_equal(sink_entry_begin(s->sink, at, &e), 0);
	assert_int_equal(sink_data(s->sink, bytes, len, &e), 0);
	assert_int_equal(sink_entry_end(s->sink, &e), 0);
}

static void add_caps(struct side *s, const char *rest)
{
	char path[256], caps[256];
	struct entry *at = pkg_add_entry(&s->pkg);

	assert_int_equal(sscanf(rest, "%255s %255s", path, caps), 2);
	at->path = arena_str(&s->pkg.arena, path);
	at->mode = 0755;
	at->owner = at->group = "root";
	at->capabilities = arena_str(&s->pkg.arena, caps);
}

static void add_script(struct side *s, char *rest)
{
	struct script *at = pkg_add_script(&s->pkg);
	char *body = strchr(rest, ' ');

	assert_non_null(body);
	*body++ = 0;
	at->source = arena_str(&s->pkg.arena, rest);
	at->interpreter = "/bin/sh";
	at->len = unescape(body);
	at->body = arena_copy(&s->pkg.arena, body, at->len);
}

static void add_relation(struct side *s, enum rel_kind kind, const char *rest)
{
	struct err e = { 0 };
	int rc;

	if (strncmp(rest, "deb ", 4) == 0)
		rc = relations_parse_deb(&s->pkg, kind, rest + 4, strlen(rest + 4), &e);
	else
		rc = relation_parse_rpm(&s->pkg, kind, rest + 4, &e);
	if (rc)
		fail_msg("%s", e.text);
}

static void add_line(struct side *s, const char *short_line)
{
	AUTO_FREE char *line = repeated(short_line);
	char *rest = strchr(line, ' ');

	assert_true(s->is_there);
	assert_non_null(rest);
	*rest++ = 0;
	if (strcmp(line, "file") == 0)
		add_entry(s, ENTRY_FILE, rest);
	else if (strcmp(line, "program") == 0)
		add_program(s, rest);
	else if (strcmp(line, "dir") == 0)
		add_entry(s, ENTRY_DIR, rest);
	else if (strcmp(line, "symlink") == 0)
		add_entry(s, ENTRY_SYMLINK, rest);
	else if (strcmp(line, "hardlink") == 0)
		add_entry(s, ENTRY_HARDLINK, rest);
	else if (strcmp(line, "caps") == 0)
		add_caps(s, rest);
	else if (strcmp(line, "script") == 0)
		add_script(s, rest);
	else if (strcmp(line, "requires") == 0)
		add_relation(s, REL_REQUIRES, rest);
	else if (strcmp(line, "recommends") == 0)
		add_relation(s, REL_RECOMMENDS, rest);
	else
		fail_msg("unknown line '%s'", line);
}
