/* fuzz_relation.c - the relation parsers of both families; what was parsed is printed and parsed again. */
#include "formats/relation.h"
#include <string.h>

static void again(struct pkg *p, enum rel_kind kind)
{
	size_t len = p->relations.len;
	struct err e = { 0 };

	for (size_t i = 0; i < len; i++) {
		char *deb = relation_deb_text(&p->arena, &p->relations.at[i]);
		char *rpm = relation_rpm_text(&p->arena, &p->relations.at[i]);

		if (deb && relations_parse_deb(p, kind, deb, strlen(deb), &e) && strcmp(e.code, "E_LIMIT_MEMORY") != 0)
			abort();
		if (rpm && relation_parse_rpm(p, kind, rpm, &e) && strcmp(e.code, "E_LIMIT_MEMORY") != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkg p;
	struct err e = { 0 };
	char *text;

	if (size < 2)
		return 0;
	pkg_init(&p, MIB(4));
	if (data[0] % 2) {
		if (relations_parse_deb(&p, data[1] % REL_KINDS, (const char *)data + 2, size - 2, &e) == 0)
			again(&p, data[1] % REL_KINDS);
	} else {
		text = arena_copy(&p.arena, data + 2, size - 2);
		if (text && relation_parse_any(&p, data[1] % REL_KINDS, text, &e) == 0)
			again(&p, data[1] % REL_KINDS);
	}
	pkg_done(&p);
	return 0;
}
