/* tls_script.h - scripts that speak TLS, by what they import, and that switch its checks off. Private to inspect/. */
#pragma once
#include "inspect/looked.h"

enum script_mark {
	SCRIPT_TLS /* it speaks TLS itself */,
	SCRIPT_CARRIER /* it uses something that does */,
	SCRIPT_NETWORK,
	SCRIPT_INSECURE /* checks of the other side switched off, in what speaks TLS or uses something that does */,
	SCRIPT_OLD /* versions or ciphers of TLS that are broken */,
	SCRIPT_OFF /* the same, whatever it uses itself */
};
/* "python", "node", ...; NULL: no script, or one of the documentation, the examples or the tests. */
const char *script_language(const struct looked *file);
/* What of that kind is in it, outside of comments: ["import ssl"]; texts of a table. */
json_t *script_marks(const struct looked *file, const char *language, enum script_mark kind);
/* A text of script_marks: it is about versions and ciphers, not about who the other side is. */
bool script_mark_is_old(const char *text);
