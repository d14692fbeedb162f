/* target.c - finding a target by its name. */
#include "repackager/target.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

int codec_parse(const char *text, enum codec *ret_codec, int *ret_level)
{
	const char *colon = strchr(text, ':');
	char name[16];
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	int codec;

	if (len >= sizeof name)
		return -1;
	memcpy(name, text, len);
	name[len] = '\0';
	codec = codec_by_name(name);
	if (codec == CODEC_UNKNOWN)
		return -1;
	*ret_codec = (enum codec)codec;
	*ret_level = colon ? atoi(colon + 1) : 0;
	return 0;
}

static int unknown(const char *name, const struct document *house, struct err *e)
{
	AUTO(text) known = { 0 };
	const char *key;
	json_t *target;

	json_object_foreach(document_at(house, "targets"), key, target)
		text_add(&known, " %s", key);
	for (const struct writer *const *w = writers; *w; w++)
		text_add(&known, " %s", (*w)->name);
	return err_usage(e, "'%s' is no target (known:%s)", name, known.at ? known.at : "");
}

static int of_house(const char *name, const struct document *house, const json_t *json, struct target *t, struct err *e)
{
	const char *format = json_text(json, "format"), *codec = json_text(json, "codec");
	AUTO_FREE char *place = mem_printf("targets/%s/format", name);
	AUTO_FREE char *codec_place = mem_printf("targets/%s/codec", name);

	t->writer = writer_named(format);
	if (!t->writer)
		return document_error(house, place, e, "'%s' is no format that can be written", format);
	t->codec = t->writer->codec;
	if (codec[0] && codec_parse(codec, &t->codec, &t->level))
		return document_error(house, codec_place, e, "'%s' is no codec", codec);
	return 0;
}

int target_resolve(const char *name, const struct document *house, struct arena *a, struct target *ret, struct err *e)
{
	const json_t *json = json_object_get(document_at(house, "targets"), name);
	struct target t = { .suffix = "" };

	if (json) {
		if (of_house(name, house, json, &t, e))
			return -1;
		t.suffix = arena_str(a, json_text(json, "suffix"));
	} else {
		t.writer = writer_named(name);
		if (!t.writer)
			return unknown(name, house, e);
		t.codec = t.writer->codec;
	}
	t.name = arena_str(a, name);
	if (!t.name || !t.suffix)
		return err_input(e, "E_LIMIT_MEMORY", "the name of a target is too long");
	*ret = t;
	return 0;
}
