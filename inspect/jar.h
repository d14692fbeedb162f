/* jar.h - Java classes, alone or in zip archives (jar, war), one archive within another: what they use, told by the names in them. Private to
 * inspect/. Runs in the confined decoder; any bytes. */
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
	bool is_cut; /* more than is looked at */
};

/* NULL: neither a zip archive nor a class. */
struct jar *jar_parse(const unsigned char *bytes, size_t len);
void jar_free(struct jar *jar);
