/* config.h - what a configuration file says, whatever its form: a flat list of keys with their sections, and values. Private to inspect/.
 *
 * Only what is active: comments say nothing. The readers are tolerant (a file that nobody's program would take is read as far as it makes sense)
 * and bounded: bytes of a vendor. Forms: KEY=VALUE and shell defaults, INI, TOML, .properties, directives (Apache, sshd, redis, postfix, squid, ...),
 * braces (nginx, dovecot, named, haproxy's sections), YAML, JSON, XML, pg_hba.conf, systemd units. */
#pragma once
#include "base/arena.h"
#include "formats/pkg.h"

enum { CONFIG_ITEMS_MAX = 20000, CONFIG_SECTION_MAX = 1024, CONFIG_SIZE_MAX = 2 << 20 };
struct config_item {
	const char *key;   /* "server/listen": sections, then the key, as written */
	const char *value; /* quotes taken off; a key that stands alone has "on" */
	unsigned line;     /* 0: unknown */
};
struct config {
	struct arena arena;
	const char *form; /* "lines", "braces", "yaml", "json", "xml", "unit", "pg_hba", "master"; static */
	size_t more;      /* items past a bound, sections whose names were cut */
	struct {
		struct config_item *at;
		size_t len, room;
	} items;
};
/* Is it configuration by its place, name or flags? Documentation and examples are not. */
bool config_is_place(const struct entry *entry);
bool config_is_named(const char *path);   /* by its name only: .conf, .ini, .yaml ... */
bool config_is_example(const char *path); /* documentation, examples, tests, templates that nothing reads */
/* *ret is zeroed before. */
void config_read(struct config *ret, const char *path, const char *bytes, size_t len);
void config_done(struct config *c);
