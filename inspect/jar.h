/* jar.h - Java classes, alone or in zip archives (jar, war), one archive within another: what they use, told by the names in them; scripts and
 * configuration in such archives, wheels and zipapps of Python too. Private to inspect/. Runs in the confined decoder; any bytes. */
#pragma once
#include "base/json.h"
#include <stdbool.h>

enum jar_use { JAR_TLS = 1, JAR_CARRIER = 2, JAR_NETWORK = 4, JAR_INSECURE = 8 };
/* All classes below one folder of two names ("com.acme") of one archive. */
struct jar_part {
	char *where; /* "com.acme", or "BOOT-INF/lib/a.jar!com.acme" */
	unsigned uses;
};
/* A library inside, by the Maven properties that its build left. */
struct jar_library {
	char *name, *version, *where; /* "org.apache.logging.log4j:log4j-core", "2.14.1", "" or the inner archive */
};
struct jar {
	struct jar_part *parts;
	size_t parts_len, parts_room;
	struct jar_library *libraries;
	size_t libraries_len, libraries_room;
	json_t *urls; /* {"s|HOST/REST": true, "c|...": true} of its classes: urls.h; NULL: none */
	bool is_cut;  /* more than is looked at */
};

/* Gets each script and each configuration inside, with a NUL behind its bytes; name: "inner.jar!/a/b.py". */
typedef void jar_member(void *to, const char *name, const unsigned char *bytes, size_t len);
/* NULL: neither a zip archive (a zipapp too, which has a line in front) nor a class. tell may be NULL. */
struct jar *jar_parse(const unsigned char *bytes, size_t len, jar_member *tell, void *to);
void jar_free(struct jar *jar);
