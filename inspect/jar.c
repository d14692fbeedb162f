/* jar.c - zip archives from memory with libarchive, and the names in classes; with bounds on what is unpacked. */
#include "inspect/jar.h"
#include "base/arena.h"
#include "base/text.h"
#include "inspect/finder.h"
#include "inspect/java_class.h"
#include "inspect/urls.h"
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

enum {
	CLASS_MAX = 1 << 20,
	INNER_MAX = 32 << 20,
	PROPERTIES_MAX = 4096,
	ENTRIES_MAX = 200000,
	PARTS_MAX = 512,
	LIBRARIES_MAX = 512,
	URLS_MAX = 4000,
	HEAD_MAX = 4096, /* bytes of the line in front of a zipapp */
	UNPACKED_MAX = 256 << 20,
	DEPTH_MAX = 3 /* archives in archives: a jar in a war in an ear, and one more */
};

static const struct {
	const char *text;
	unsigned use;
} names[] = {
	{ "javax/net/ssl/", JAR_TLS },
	{ "org/bouncycastle/tls/", JAR_TLS },
	{ "org/bouncycastle/jsse/", JAR_TLS },
	{ "org/conscrypt/", JAR_TLS },
	{ "io/netty/handler/ssl/", JAR_TLS },
	{ "java/net/http/", JAR_CARRIER },
	{ "java/net/URL", JAR_CARRIER },
	{ "java/net/HttpURLConnection", JAR_CARRIER },
	{ "okhttp3/", JAR_CARRIER },
	{ "org/apache/http/", JAR_CARRIER },
	{ "org/apache/hc/", JAR_CARRIER },
	{ "org/eclipse/jetty/", JAR_CARRIER },
	{ "org/springframework/web/", JAR_CARRIER },
	{ "javax/jms/", JAR_CARRIER },
	{ "jakarta/jms/", JAR_CARRIER },
	{ "javax/mail/", JAR_CARRIER },
	{ "jakarta/mail/", JAR_CARRIER },
	{ "java/sql/DriverManager", JAR_CARRIER },
	{ "io/grpc/", JAR_CARRIER },
	{ "io/vertx/", JAR_CARRIER },
	{ "org/apache/kafka/", JAR_CARRIER },
	{ "com/rabbitmq/", JAR_CARRIER },
	{ "quickfix/", JAR_CARRIER },
	{ "java/net/Socket", JAR_NETWORK },
	{ "java/net/ServerSocket", JAR_NETWORK },
	{ "java/nio/channels/SocketChannel", JAR_NETWORK },
	{ "java/nio/channels/AsynchronousSocketChannel", JAR_NETWORK },
	{ "NoopHostnameVerifier", JAR_INSECURE },
	{ "AllowAllHostnameVerifier", JAR_INSECURE },
	{ "ALLOW_ALL_HOSTNAME_VERIFIER", JAR_INSECURE },
	{ "InsecureTrustManagerFactory", JAR_INSECURE },
	{ "TrustAllStrategy", JAR_INSECURE },
	{ "trustAllCerts", JAR_INSECURE },
	{ "TrustAllCerts", JAR_INSECURE },
};

/* ---- one class */

static bool is_class(const unsigned char *bytes, size_t len)
{
	return len >= 10 && memcmp(bytes, "\xca\xfe\xba\xbe", 4) == 0;
}

static void hit(void *context, size_t index, const unsigned char *at, size_t left)
{
	*(unsigned *)context |= names[index].use;
}

/* Everything that a class uses is named in it, whole. */
static unsigned uses_of_class(const unsigned char *bytes, size_t len)
{
	static struct finder *finder; /* made once; the confined decoder has one thread */
	const char *texts[COUNT(names)];
	unsigned uses = 0;

	if (finder == NULL) {
		for (size_t i = 0; i < COUNT(names); i++)
			texts[i] = names[i].text;
		finder = finder_new(texts, COUNT(names));
	}
	if (is_class(bytes, len)) {
		finder_run(finder, bytes, len, hit, &uses);
		uses |= java_class_accepts_all(bytes, len) ? JAR_INSECURE : 0;
	}
	return uses;
}

static void add_urls(struct jar *jar, const unsigned char *bytes, size_t len)
{
	const char *at = (const char *)bytes, *end = at + len;
	struct url u;

	while (url_next(&at, end, &u)) {
		if (url_is_here(&u) || url_is_name(&u))
			continue;
		AUTO_FREE char *key = mem_printf("%c|%s%s", u.is_clear ? 'c' : 's', u.host, u.rest);
		if (jar->urls == NULL)
			jar->urls = json_object();
		if (json_object_size(jar->urls) < URLS_MAX)
			json_object_set_new(jar->urls, key, json_true());
		else
			jar->is_cut = true;
	}
}

/* ---- parts */

/* "com.acme" of "BOOT-INF/classes/com/acme/x/Y.class" */
static char *folder_of(const char *name)
{
	static const char *const roots[] = { "BOOT-INF/classes/", "WEB-INF/classes/" };
	const char *first, *second;
	char *ret;

	for (size_t i = 0; i < COUNT(roots); i++)
		if (text_starts(name, roots[i]))
			name += strlen(roots[i]);
	first = strchr(name, '/');
	second = first ? strchr(first + 1, '/') : NULL;
	if (first == NULL)
		return mem_strdup("");
	ret = mem_printf("%.*s", (int)((second ? second : first) - name), name);
	for (char *at = ret; *at; at++)
		if (*at == '/')
			*at = '.';
	return ret;
}

static void add_part(struct jar *jar, const char *inner, const char *name, unsigned uses)
{
	AUTO_FREE char *folder = folder_of(name), *where = mem_printf("%s%s%s", inner, *inner ? "!" : "", folder);

	if (!text_is_utf8(where, strlen(where)))
		return;
	for (size_t i = jar->parts_len; i > 0; i--) /* mostly the last one */
		if (strcmp(jar->parts[i - 1].where, where) == 0) {
			jar->parts[i - 1].uses |= uses;
			return;
		}
	if (jar->parts_len == PARTS_MAX) {
		jar->is_cut = true;
		return;
	}
	list_grow((void **)&jar->parts, &jar->parts_room, jar->parts_len, sizeof *jar->parts);
	jar->parts[jar->parts_len++] = (struct jar_part){ mem_strdup(where), uses };
}

/* ---- libraries */

static char *property(const char *text, const char *key)
{
	struct slice rest = slice_of(text), line;
	size_t len = strlen(key);

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (line.len > len && strncmp(line.at, key, len) == 0 && line.at[len] == '=')
			return mem_printf("%.*s", (int)(line.len - len - 1), line.at + len + 1);
	}
	return mem_strdup("");
}

static void add_library(struct jar *jar, const char *inner, const char *text)
{
	AUTO_FREE char *group = property(text, "groupId"), *artifact = property(text, "artifactId");
	char *version = property(text, "version");

	if (!*artifact || !*version || jar->libraries_len == LIBRARIES_MAX || !text_is_utf8(text, strlen(text))) {
		free(version);
		return;
	}
	list_grow((void **)&jar->libraries, &jar->libraries_room, jar->libraries_len, sizeof *jar->libraries);
	jar->libraries[jar->libraries_len++] = (struct jar_library){ mem_printf("%s:%s", group, artifact), version,
		mem_strdup(inner) };
}

/* ---- archives */

struct walk {
	struct jar *jar;
	jar_member *tell;
	void *to;
	size_t unpacked; /* in all, inner archives too */
	unsigned entries;
};

static void walk_archive(struct walk *w, const char *inner, const unsigned char *bytes, size_t len);

/* The bytes of the entry, at most `most`, with a NUL behind; NULL: none, larger, or damaged. */
static unsigned char *unpack(struct walk *w, struct archive *a, size_t most, size_t *ret_len)
{
	size_t room = 16384, len = 0;
	unsigned char *bytes = mem_alloc(room + 1);
	la_ssize_t got;

	while ((got = archive_read_data(a, bytes + len, room - len)) > 0) {
		len += (size_t)got;
		w->unpacked += (size_t)got;
		if (len == room && room >= most)
			break;
		if (len == room) {
			room = room * 2 < most ? room * 2 : most;
			bytes = mem_resize(bytes, room + 1);
		}
	}
	if (got != 0) {
		w->jar->is_cut = true;
		free(bytes);
		return NULL;
	}
	bytes[len] = 0;
	*ret_len = len;
	return bytes;
}

static bool is_archive(const char *name)
{
	static const char *const endings[] = { ".jar", ".war", ".rar", ".par", ".sar", ".aar", ".whl" };

	for (size_t i = 0; i < COUNT(endings); i++)
		if (text_ends(name, endings[i]))
			return true;
	return false;
}

/* inner: "app.war!WEB-INF/lib/a.jar". */
static unsigned depth_of(const char *inner)
{
	unsigned depth = *inner != 0;

	for (; *inner; inner++)
		depth += *inner == '!';
	return depth;
}

static void walk_inner(struct walk *w, const char *inner, const char *name, const unsigned char *bytes, size_t len)
{
	AUTO_FREE char *path = mem_printf("%s%s%s", inner, *inner ? "!" : "", name);

	if (depth_of(inner) < DEPTH_MAX)
		walk_archive(w, path, bytes, len);
	else
		w->jar->is_cut = true;
}

/* Scripts, what a wheel says of itself, and the settings that an application carries. */
static bool is_member(const char *name)
{
	static const char *const scripts[] = { ".py", ".pyw", ".dist-info/METADATA" };
	static const char *const forms[] = { ".properties", ".yml", ".yaml", ".conf", ".json", ".toml", ".ini",
		".xml" };
	static const char *const starts[] = { "application", "bootstrap", "server", "client", "config", "settings" };
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	bool is_form = false, is_named = false;

	for (size_t i = 0; i < COUNT(scripts); i++)
		if (text_ends(name, scripts[i]))
			return true;
	for (size_t i = 0; i < COUNT(forms); i++)
		is_form |= text_ends(base, forms[i]);
	for (size_t i = 0; i < COUNT(starts); i++)
		is_named |= text_starts(base, starts[i]);
	return is_form && is_named;
}

static void tell_member(struct walk *w, const char *inner, const char *name, const unsigned char *bytes, size_t len)
{
	AUTO_FREE char *path = mem_printf("%s%s%s", inner, *inner ? "!/" : "", name);

	w->tell(w->to, path, bytes, len);
}

static void walk_entry(struct walk *w, struct archive *a, const char *inner, const char *name)
{
	bool is_code = text_ends(name, ".class"), is_inner = is_archive(name),
	     is_properties = text_starts(name, "META-INF/maven/") && text_ends(name, "/pom.properties"),
	     is_shown = w->tell && is_member(name);
	size_t len = 0;
	unsigned char *bytes;

	if (!is_code && !is_inner && !is_properties && !is_shown)
		return;
	bytes = unpack(w, a, is_inner ? INNER_MAX : is_properties ? PROPERTIES_MAX : CLASS_MAX, &len);
	if (bytes == NULL)
		return;
	if (is_code) {
		add_part(w->jar, inner, name, uses_of_class(bytes, len));
		add_urls(w->jar, bytes, len);
	} else if (is_inner)
		walk_inner(w, inner, name, bytes, len);
	else if (is_shown)
		tell_member(w, inner, name, bytes, len);
	else
		add_library(w->jar, inner, (char *)bytes);
	free(bytes);
}

static void walk_archive(struct walk *w, const char *inner, const unsigned char *bytes, size_t len)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;

	archive_read_support_format_zip_seekable(a);
	if (archive_read_open_memory(a, bytes, len) == ARCHIVE_OK)
		while (archive_read_next_header(a, &entry) >= ARCHIVE_WARN) {
			const char *name = archive_entry_pathname(entry);

			if (++w->entries > ENTRIES_MAX || w->unpacked > UNPACKED_MAX) {
				w->jar->is_cut = true;
				break;
			}
			if (name)
				walk_entry(w, a, inner, name);
		}
	archive_read_free(a);
}

/* Also behind a line "#!/usr/bin/python3". */
static bool is_zip(const unsigned char *bytes, size_t len)
{
	const unsigned char *end = len > 2 && memcmp(bytes, "#!", 2) == 0
		? memchr(bytes, '\n', len < HEAD_MAX ? len : HEAD_MAX)
		: NULL;
	size_t at = end ? (size_t)(end + 1 - bytes) : 0;

	return len >= at + 4 && memcmp(bytes + at, "PK\x03\x04", 4) == 0;
}

struct jar *jar_parse(const unsigned char *bytes, size_t len, jar_member *tell, void *to)
{
	struct walk w = { .tell = tell, .to = to };

	if (!is_zip(bytes, len) && !is_class(bytes, len))
		return NULL;
	w.jar = mem_alloc(sizeof *w.jar);
	if (is_class(bytes, len))
		add_part(w.jar, "", "", uses_of_class(bytes, len));
	else
		walk_archive(&w, "", bytes, len);
	return w.jar;
}

void jar_free(struct jar *jar)
{
	if (jar == NULL)
		return;
	for (size_t i = 0; i < jar->parts_len; i++)
		free(jar->parts[i].where);
	for (size_t i = 0; i < jar->libraries_len; i++) {
		free(jar->libraries[i].name);
		free(jar->libraries[i].version);
		free(jar->libraries[i].where);
	}
	json_decref(jar->urls);
	free(jar->parts);
	free(jar->libraries);
	free(jar);
}
