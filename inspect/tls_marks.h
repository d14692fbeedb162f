/* tls_marks.h - between tls_script.c and its table tls_marks.c. Blanks around signs and the kind of quotes do not count. */
#pragma once
#include "inspect/tls_script.h"

struct tls_mark {
	const char *language;
	enum script_mark kind;
	const char *text, *unless; /* unless: texts that "|" parts; with one of them it means nothing; NULL: none */
};
extern const struct tls_mark tls_marks[];
extern const size_t tls_marks_len;
