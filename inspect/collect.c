/* collect.c - one sink in front of every check that looks at bytes: a file worth it is held once, in memory, and shown to all of them. Runs in
 * the confined decoder. */
#include "base/text.h"
#include "inspect/config.h"
#include "inspect/elf.h"
#include "inspect/fact.h"
#include "inspect/jar.h"
#include "inspect/looked.h"
#include "inspect/shell_words.h"
#include "inspect/trust_keys.h"
#include <string.h>

struct collector {
	struct sink sink;
	json_t **ret, *facts;
	uint64_t hold_max;
	struct entry entry; /* that passes */
	bool is_file;
	unsigned char head[CONTENT_HEAD + 1], *held;
	size_t len, room; /* of what is kept so far: in head, or in held once that is set */
	struct content content;
	bool is_told; /* content is known */
};

/* What a check has to see from end to end; of everything else the head will do. */
static bool is_worth_holding(const struct content *c, const unsigned char *head, size_t len)
{
	static const char *const kinds[] = { "program", "library", "object", "script", "text", "java-class",
		"certificate", "private-key" };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(c->kind, kinds[i]) == 0)
			return true;
	return len >= 4 && memcmp(head, "PK\x03\x04", 4) == 0;
}

static void tell(struct collector *c)
{
	c->is_told = true;
	content_of(c->head, c->len, c->entry.size, &c->content);
	if (c->entry.size <= CONTENT_HEAD || c->entry.size > c->hold_max ||
		(!is_worth_holding(&c->content, c->head, c->len) && !trust_is_place(c->entry.path)))
		return;
	c->room = (size_t)c->entry.size;
	c->held = mem_alloc(c->room + 1);
	memcpy(c->held, c->head, c->len);
}

static int begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	struct collector *c = (struct collector *)s;

	for (const struct check *const *at = checks; *at; at++)
		if ((*at)->look)
			json_object_set_new(c->facts, (*at)->id, json_object());
	return 0;
}

static int entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct collector *c = (struct collector *)s;

	c->entry = *entry;
	c->is_file = entry->type == ENTRY_FILE;
	c->len = 0;
	c->room = CONTENT_HEAD;
	c->is_told = false;
	return 0;
}

static void keep(struct collector *c, const unsigned char *bytes, size_t len)
{
	unsigned char *to = c->held ? c->held : c->head;

	if (bytes)
		memcpy(to + c->len, bytes, len);
	else
		memset(to + c->len, 0, len);
	c->len += len;
}

static int data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct collector *c = (struct collector *)s;
	const unsigned char *at = bytes;

	while (c->is_file && len > 0 && c->len < c->room) {
		size_t used = len < c->room - c->len ? len : c->room - c->len;

		keep(c, at, used);
		at = at ? at + used : NULL;
		len -= used;
		if (c->len == CONTENT_HEAD && !c->is_told)
			tell(c);
	}
	return 0;
}

static bool is_config(const struct looked *file)
{
	static const char *const kinds[] = { "text", "script", "certificate", "private-key" };
	bool is_text = false;

	for (size_t i = 0; i < COUNT(kinds); i++)
		is_text |= strcmp(file->content.kind, kinds[i]) == 0;
	return file->is_whole && file->len <= CONFIG_SIZE_MAX && is_text && config_is_place(file->entry);
}

/* "#!/bin/sh -e", "#!/usr/bin/env bash", "#!/sbin/openrc-run", and what is only sourced: *.sh. */
static bool is_shell(const struct looked *file)
{
	const char *begin = (const char *)file->bytes, *end = memchr(begin, '\n', file->len);
	struct slice line = { begin, end ? (size_t)(end - begin) : file->len }, word;

	if (strcmp(file->content.kind, "script") != 0)
		return strcmp(file->content.kind, "text") == 0 && text_ends(file->entry->path, ".sh");
	line.at += 2, line.len -= 2; /* "#!" */
	if (slice_trim(line).len == 0)
		return true;
	while (slice_cut(&line, ' ', &word)) {
		const char *slash = memrchr(word.at, '/', word.len);
		size_t cut = slash ? (size_t)(slash + 1 - word.at) : 0;
		AUTO_FREE char *name = mem_printf("%.*s", (int)(word.len - cut), word.at + cut);

		name[strcspn(name, "\t\r")] = 0;
		if (shell_is_shell(name) || strcmp(name, "openrc-run") == 0)
			return true;
		if (*name && *name != '-' && strcmp(name, "env") != 0 && strcmp(name, "busybox") != 0 &&
			!strchr(name, '='))
			return false;
	}
	return false;
}

/* To every check, with what is read once for all of them. */
static void show(struct collector *c, struct looked *file)
{
	struct config config;
	struct shell_words shell;

	if (is_config(file)) {
		config_read(&config, file->entry->path, (const char *)file->bytes, file->len);
		file->config = &config;
	}
	file->is_shell = is_shell(file);
	if (file->is_shell && file->is_whole) {
		shell_words_read(&shell, (const char *)file->bytes, file->len);
		file->shell = &shell;
	}
	for (const struct check *const *at = checks; *at; at++)
		if ((*at)->look)
			(*at)->look(file, json_object_get(c->facts, (*at)->id));
	if (file->config)
		config_done(&config);
	if (file->shell)
		shell_words_done(&shell);
	file->config = NULL; /* they were ours */
	file->shell = NULL;
}

/* A script or a configuration inside of the archive that passes: as if it lay beside it. */
static void show_member(void *to, const char *name, const unsigned char *bytes, size_t len)
{
	struct collector *c = to;
	AUTO_FREE char *path = mem_printf("%s!/%s", c->entry.path, name);
	struct entry entry = c->entry;
	struct looked file = { .entry = &entry, .bytes = bytes, .len = len, .is_whole = true };

	entry.path = path;
	entry.size = len;
	content_of(bytes, len < CONTENT_HEAD ? len : CONTENT_HEAD, len, &file.content);
	if (strcmp(file.content.kind, "text") == 0 || strcmp(file.content.kind, "script") == 0)
		show(c, &file);
}

static int entry_end(struct sink *s, struct err *e)
{
	struct collector *c = (struct collector *)s;

	if (!c->is_file)
		return 0;
	if (!c->is_told)
		tell(c);
	struct looked file = { .entry = &c->entry,
		.content = c->content,
		.bytes = c->held ? c->held : c->head,
		.len = c->len,
		.is_whole = c->len == c->entry.size };

	(c->held ? c->held : c->head)[c->len] = 0;
	struct elf *elf = file.is_whole ? elf_parse(file.bytes, file.len) : NULL;
	struct jar *jar = file.is_whole ? jar_parse(file.bytes, file.len, show_member, c) : NULL;
	file.elf = elf;
	file.jar = jar;
	show(c, &file);
	elf_free(elf);
	jar_free(jar);
	free(c->held);
	c->held = NULL;
	return 0;
}

static int finish(struct sink *s, struct err *e)
{
	struct collector *c = (struct collector *)s;

	*c->ret = json_incref(c->facts);
	return 0;
}

static void drop(struct sink *s)
{
	struct collector *c = (struct collector *)s;

	json_decref(c->facts);
	free(c->held);
	free(c);
}

struct sink *facts_collector(uint64_t hold_max, json_t **facts)
{
	static const struct sink_ops ops = { begin, entry_begin, data, entry_end, finish, drop };
	struct collector *c = mem_alloc(sizeof *c);

	c->sink.ops = &ops;
	c->ret = facts;
	c->hold_max = hold_max;
	c->facts = json_object();
	return &c->sink;
}
