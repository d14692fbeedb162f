/* check_url_cleartext.c - addresses that are no longer encrypted: https that became http, new addresses without encryption, ports of encrypted
 * services that became those of cleartext ones. Active lines of configuration, the commands of scripts, and what programs hold.
 *
 * Facts: {"scripts": LIST, "bytes": {"config": LIST, "files": LIST, "ports": LIST of {"path", "key", "port"}, "programs": {"s|HOST/REST": true, "c|...":
 * true}, "programs-more": N}}; LIST has items {"path" (or "source"), "key", "clear": bool, "scheme", "url": "HOST/REST"}. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config.h"
#include "inspect/fact.h"
#include "inspect/jar.h"
#include "inspect/looked.h"
#include "inspect/shell_words.h"
#include "inspect/tls_script.h"
#include "inspect/urls.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PROGRAM_URLS_MAX = 6000 };

/* ---- looking */

static void add_url(json_t *list, const char *where, const char *name, const char *key, const struct url *u)
{
	AUTO_FREE char *url = mem_printf("%s%s", u->host, u->rest);
	json_t *item = fact_add(list);

	if (item == NULL)
		return;
	json_set_str(item, where, name);
	json_set_str(item, "key", key);
	json_object_set_new(item, "clear", json_boolean(u->is_clear));
	json_set_str(item, "scheme", u->clear);
	json_set_str(item, "url", url);
}

/* Where an address is only read by people. */
static bool is_prose(const char *key)
{
	static const char *const words[] = { "xmlns", "schema", "documentation", "homepage", "license", "bug",
		"description", "comment", "help", "doc", "vendor", "author", "about", "manufacturer", "website",
		"support", "readme", "copyright", "url_title", "title", "summary", "info" };
	const char *slash = strrchr(key, '/'), *last = slash && slash[1] ? slash + 1 : key;

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcasestr(last, words[i]))
			return true;
	return false;
}

static void add_config_urls(json_t *facts, const char *path, const struct config_item *item)
{
	const char *at = item->value, *end = at + strlen(at);
	struct url u;

	while (!is_prose(item->key) && url_next(&at, end, &u))
		if (!url_is_name(&u))
			add_url(fact_list_at(facts, "config"), "path", path, item->key, &u);
}

/* The ports that a cleartext and an encrypted form of one service use. */
static const struct ports {
	const char *clear, *secure, *what;
} ports[] = { { "80", "443", "web" }, { "8080", "8443", "web" }, { "143", "993", "mail" }, { "110", "995", "mail" },
	{ "25", "465", "mail" }, { "389", "636", "directory" }, { "1883", "8883", "message" },
	{ "5672", "5671", "message" }, { "6379", "6380", "cache" }, { "21", "990", "file" }, { "6667", "6697", "chat" },
	{ "23", "992", "terminal" } };

static bool is_port(const char *port)
{
	for (size_t i = 0; i < COUNT(ports); i++)
		if (strcmp(ports[i].clear, port) == 0 || strcmp(ports[i].secure, port) == 0)
			return true;
	return false;
}

/* "443", "host:443", "*:443 ssl" under a key that speaks of a port, or an address. */
static void add_port(json_t *facts, const char *path, const struct config_item *at)
{
	size_t len = strcspn(at->value, " \t,/");
	AUTO_FREE char *first = mem_printf("%.*s", (int)(len < 200 ? len : 200), at->value);
	char *colon = strrchr(first, ':');
	const char *port = colon ? colon + 1 : first, *slash = strrchr(at->key, '/'),
		   *last = slash ? slash + 1 : at->key;
	json_t *item;

	if (!is_port(port) || (!colon && !strcasestr(last, "port") && strcasecmp(last, "listen") != 0) ||
		(item = fact_add(fact_list_at(facts, "ports"))) == NULL)
		return;
	json_set_str(item, "path", path);
	json_set_str(item, "key", at->key);
	json_set_str(item, "port", port);
}

static void add_shell_urls(json_t *list, const char *where, const char *name, const struct shell_words *shell)
{
	struct url u;

	for (size_t i = 0; i < shell->commands.len; i++) {
		const struct shell_command *c = &shell->commands.at[i];
		const char *program = shell_program(c, &(size_t){ 0 });

		if (c->inside >= 0 && !c->is_text)
			continue; /* its words are in those of the outer command */
		if (strcmp(program, "echo") == 0 || strcmp(program, "printf") == 0)
			continue;
		for (size_t k = 0; k < c->len; k++)
			for (const char *at = c->words[k], *end = at + strlen(at); url_next(&at, end, &u);)
				if (!url_is_name(&u))
					add_url(list, where, name, program, &u);
	}
}

static void add_script_urls(json_t *list, const struct script *s)
{
	struct shell_words shell;

	shell_words_read(&shell, s->body, s->len);
	add_shell_urls(list, "source", s->source, &shell);
	fact_add_more(list, shell.more); /* of other scripts script-danger tells those that are started */
	shell_words_done(&shell);
}

static void add_program_url(json_t *facts, const char *key)
{
	json_t *known = json_object_get(facts, "programs");

	if (known == NULL) {
		known = json_object();
		json_object_set_new(facts, "programs", known);
	}
	if (json_object_get(known, key))
		return;
	if (json_object_size(known) < PROGRAM_URLS_MAX)
		json_object_set_new(known, key, json_true());
	else
		json_object_set_new(facts, "programs-more", json_integer(json_int(facts, "programs-more") + 1));
}

static void add_program_urls(json_t *facts, const unsigned char *bytes, size_t len)
{
	const char *at = (const char *)bytes, *end = at + len;
	struct url u;

	while (url_next(&at, end, &u)) {
		AUTO_FREE char *key = mem_printf("%c|%s%s", u.is_clear ? 'c' : 's', u.host, u.rest);

		if (!url_is_here(&u) && !url_is_name(&u))
			add_program_url(facts, key);
	}
}

static void add_jar_urls(json_t *facts, const json_t *urls)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)urls, key, value)
		add_program_url(facts, key);
}

static bool is_kind(const struct looked *file, const char *kind)
{
	return strcmp(file->content.kind, kind) == 0;
}

static void look(const struct looked *file, json_t *facts)
{
	const char *path = file->entry->path;

	if (file->config) {
		for (size_t i = 0; i < file->config->items.len; i++) {
			add_config_urls(facts, path, &file->config->items.at[i]);
			add_port(facts, path, &file->config->items.at[i]);
		}
		if (!is_kind(file, "script") && !file->shell)
			return;
	}
	if (!file->is_whole || (config_is_example(path) && script_language(file) == NULL))
		return;
	if (file->jar)
		add_jar_urls(facts, file->jar->urls);
	else if (file->shell)
		add_shell_urls(fact_list_at(facts, "files"), "path", path, file->shell);
	else if (is_kind(file, "program") || is_kind(file, "library") || is_kind(file, "java-class") ||
		is_kind(file, "script") || script_language(file))
		add_program_urls(facts, file->bytes, file->len);
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *list = fact_list();

	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (pkg->scripts.at[i].body)
			add_script_urls(list, &pkg->scripts.at[i]);
	return json_pack("{s:o}", "scripts", list);
}

/* ---- comparing */

/* What the old version knew: {"clear|URL", "secure|URL", "host|HOST", "keys": {"PATH KEY": true where it was encrypted}} */
struct known {
	json_t *clear, *secure, *hosts, *keys;
};

static const char *url_text(const json_t *item)
{
	const char *text = json_text(item, "url");

	return *text ? text : json_text(item, "url_raw");
}

static char *host_of(const char *url)
{
	return mem_printf("%.*s", (int)strcspn(url, "/?#"), url);
}

static char *place_of(const json_t *item)
{
	const char *path = fact_path(item), *slash = strrchr(path, '/');

	return mem_printf("%s %s", slash ? slash + 1 : path, json_text(item, "key"));
}

static void know(struct known *k, const json_t *items)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, item) {
		AUTO_FREE char *host = host_of(url_text(item)), *place = place_of(item);

		json_object_set_new(json_flag(item, "clear") ? k->clear : k->secure, url_text(item), json_true());
		if (json_flag(item, "clear"))
			json_object_set_new(k->hosts, host, json_true());
		else
			json_object_set_new(k->keys, place, json_string(url_text(item)));
	}
}

static void tell_weaker(struct compare *c, const char *where, const char *old, const char *scheme, const char *new)
{
	finding_add(c, SEVERITY_HIGH, where, old, arena_printf(c->arena, "%s://%s", scheme, new),
		arena_printf(c->arena,
			"What was sent encrypted to %s now goes to %s://%s, which everybody on the way can read and "
			"change.",
			old, scheme, new),
		"Ask the vendor why, and set the encrypted address again before the update is let through.");
}

static void tell_new(struct compare *c, enum severity severity, const char *where, const char *scheme, const char *new)
{
	finding_add(c, severity, where, "", arena_printf(c->arena, "%s://%s", scheme, new),
		arena_printf(c->arena,
			"A new address is used without encryption (%s://%s): everybody on the way can read and change "
			"what is sent.",
			scheme, new),
		"Ask the vendor for an encrypted address (https), or know that nothing that matters goes there.");
}

static bool is_of(bool (*is)(const struct url *), const char *url)
{
	struct url u = { .host = "" };
	AUTO_FREE char *host = host_of(url);

	snprintf(u.host, sizeof u.host, "%s", host);
	return *u.host == 0 || is(&u);
}

static void compare_urls(struct compare *c, const struct known *old, const struct known *now, const json_t *items,
	const char *where_key, enum severity new)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, item) {
		const char *url = url_text(item), *scheme = json_text(item, "scheme"), *before;
		AUTO_FREE char *place = place_of(item), *host = host_of(url);
		const char *where = where_key ? json_text(item, where_key) : fact_path(item);

		if (!json_flag(item, "clear") || json_object_get(old->clear, url))
			continue;
		json_object_set_new(old->clear, url, json_true()); /* told once */
		where = json_text(item, "key")[0] && !where_key
			? arena_printf(c->arena, "%s:%s", where, json_text(item, "key"))
			: where;
		before = json_string_value(json_object_get(old->keys, place));
		if (json_object_get(old->secure, url) && json_object_get(now->secure, url) == NULL)
			tell_weaker(c, where, url, scheme, url);
		else if (before && json_object_get(now->keys, place) == NULL && !is_of(url_is_here, url))
			tell_weaker(c, where, before, scheme, url);
		else if (!is_of(url_is_local, url) && json_object_get(old->hosts, host) == NULL)
			tell_new(c, is_of(url_is_example, url) ? SEVERITY_LOW : new, where, scheme, url);
	}
}

/* {HOST: true} of the addresses in programs that are encrypted ("s") or not ("c"). */
static json_t *program_hosts(const json_t *facts, char side)
{
	json_t *hosts = json_object(), *value;
	const char *key;

	json_object_foreach(json_map(facts, "programs"), key, value) {
		AUTO_FREE char *host = key[0] == side && key[1] == '|' ? host_of(key + 2) : NULL;
		size_t len = host ? strcspn(host, ":") : 0;

		if (host && len > 0) {
			host[len] = 0; /* the port */
			json_object_set_new(hosts, host, json_true());
		}
	}
	return hosts;
}

/* The same address, or another one of the same host, without the encryption that no address of it has any more. */
static void compare_programs(struct compare *c, const json_t *old, const json_t *new)
{
	AUTO_JSON *secure_old = program_hosts(old, 's'), *secure_new = program_hosts(new, 's'),
		  *clear_old = program_hosts(old, 'c');
	const char *key;
	json_t *value;

	json_object_foreach(json_map(new, "programs"), key, value) {
		const char *url = key + (strlen(key) > 2 ? 2 : 0);
		AUTO_FREE char *rest = host_of(url), *host = mem_printf("%.*s", (int)strcspn(rest, ":"), rest),
			       *secure = mem_printf("s|%s", url);
		bool is_same = json_object_get(json_map(old, "programs"), secure) &&
			json_object_get(json_map(new, "programs"), secure) == NULL;
		bool is_host = json_object_get(secure_old, host) && json_object_get(secure_new, host) == NULL &&
			json_object_get(clear_old, host) == NULL;

		if (key[0] == 'c' && key[1] == '|' && json_object_get(json_map(old, "programs"), key) == NULL &&
			(is_same || is_host))
			tell_weaker(c, "", is_same ? url : host, "http", url);
	}
	if (json_int(new, "programs-more") > 0 || json_int(old, "programs-more") > 0)
		finding_add(c, json_int(old, "programs-more") > 0 ? SEVERITY_LOW : c->check->severity, "", "", "",
			"The programs hold more addresses than can be listed, so not all of them were compared.",
			"Have somebody look at what the programs connect to (sluice test shows it).");
}

static void compare_ports(struct compare *c, const json_t *old, const json_t *new)
{
	AUTO_JSON *before = fact_groups(fact_items(old, "ports"), place_of, "port"),
		  *now = fact_groups(fact_items(new, "ports"), place_of, "port"), *told = json_object();
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(new, "ports"), i, item) {
		AUTO_FREE char *place = place_of(item);
		const json_t *then = json_object_get(before, place);
		const char *port = json_text(item, "port");

		for (size_t k = 0; then && k < COUNT(ports); k++)
			if (strcmp(ports[k].clear, port) == 0 && !json_object_get(then, port) &&
				json_object_get(then, ports[k].secure) &&
				!json_object_get(json_object_get(now, place), ports[k].secure) &&
				!json_object_get(told, place)) {
				json_object_set_new(told, place, json_true());
				finding_add(c, SEVERITY_HIGH,
					arena_printf(c->arena, "%s:%s", fact_path(item), json_text(item, "key")),
					ports[k].secure, port,
					arena_printf(c->arena,
						"The %s port changed from the encrypted one (%s) to the one without "
						"encryption (%s).",
						ports[k].what, ports[k].secure, port),
					"Ask the vendor why, and set the encrypted port again before the update is let "
					"through.");
			}
	}
}

static void compare(struct compare *c)
{
	struct known old = { json_object(), json_object(), json_object(), json_object() };
	struct known now = { json_object(), json_object(), json_object(), json_object() };
	const json_t *old_bytes = json_map(c->old, "bytes"), *new_bytes = json_map(c->new, "bytes");
	static const char *const lists[] = { "config", "files" };

	if (c->old) {
		for (size_t i = 0; i < COUNT(lists); i++) {
			know(&old, fact_items(old_bytes, lists[i]));
			know(&now, fact_items(new_bytes, lists[i]));
		}
		know(&old, fact_items(c->old, "scripts"));
		know(&now, fact_items(c->new, "scripts"));
		compare_urls(c, &old, &now, fact_items(new_bytes, "config"), NULL, SEVERITY_HIGH);
		compare_urls(c, &old, &now, fact_items(c->new, "scripts"), "source", SEVERITY_MEDIUM);
		compare_urls(c, &old, &now, fact_items(new_bytes, "files"), NULL, SEVERITY_MEDIUM);
		compare_programs(c, old_bytes, new_bytes);
		compare_ports(c, old_bytes, new_bytes);
		fact_tell_cut(c, "scripts");
		fact_tell_cut_in(c, "bytes", "config");
		fact_tell_cut_in(c, "bytes", "files");
		fact_tell_cut_in(c, "bytes", "ports");
	}
	json_t *const all[] = { old.clear, old.secure, old.hosts, old.keys, now.clear, now.secure, now.hosts,
		now.keys };
	for (size_t i = 0; i < COUNT(all); i++)
		json_decref(all[i]);
}

const struct check check_url_cleartext = {
	.id = "url-cleartext",
	.severity = SEVERITY_HIGH,
	.waiver = "security-officer",
	.about = "Addresses that are no longer encrypted: https that became http, new addresses without encryption in "
		 "configuration and scripts, and "
		 "ports of encrypted services that became those of cleartext ones.",
	.why = "What goes over the network without encryption can be read and changed by everybody on the way, "
	       "passwords and updates too. Names of this machine, namespaces, licences and addresses "
	       "that only people read do not count, new ones in example.com and its like little; in programs only the "
	       "same address without its encryption "
	       "does. Known false alarm: a new address of an internal network that is encrypted in another way.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
