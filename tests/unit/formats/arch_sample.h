/* arch_sample.h - one package with everything that pacman and apk can hold, for the tests of both writers. */
#pragma once
#include "base/proc.h"
#include "formats/write_pacman.h"
#include "tests/unit/formats/read_sample.h"
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLE_TIME = 1700000000, SAMPLE_BIG = 3 << 20 };

static inline struct entry made_entry(const char *path, enum entry_type type, uint32_t mode)
{
	struct entry x;

	entry_init(&x);
	x.path = path;
	x.type = type;
	x.mode = mode;
	x.owner = x.group = "root";
	x.uid = x.gid = 0;
	x.mtime = SAMPLE_TIME;
	return x;
}

static inline void made_put(struct sink *s, struct entry *x, const void *content, size_t len)
{
	struct err e = { 0 };

	x->size = x->type == ENTRY_FILE ? len : 0;
	if (sink_entry_begin(s, x, &e) || sink_data(s, content, x->size, &e) || sink_entry_end(s, &e))
		fail_msg("%s: %s", x->path, e.text);
}

/* Bytes that do not pack well, the same every time. */
static inline unsigned char *made_bytes(size_t len)
{
	unsigned char *bytes = malloc(len);
	uint64_t x = 88172645463325252u;

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (unsigned char)x;
	}
	return bytes;
}

static char made_long[] = "/opt/acme/a-name-that-is-longer-than-the-hundred-bytes-which-a-plain-tar-header-has-for-it/"
			  "and-goes-on-for-some-time-more/until-it-ends";

/* In no order a sorted list would have; without the folders /opt and /usr. */
static inline void made_entries(struct sink *s)
{
	static const char *links[] = { "/opt/acme/bin/z-tool", "/opt/acme/bin/a-tool" };
	static unsigned char value[] = { 'v', 0, '\n', '=' };
	static struct xattr attr = { "user.note", value, sizeof value };
	AUTO_FREE unsigned char *big = made_bytes(SAMPLE_BIG);
	struct entry x = made_entry("/usr/lib/acme/zz", ENTRY_FILE, 0644);

	made_put(s, &x, "last by name\n", 13);
	x = made_entry("/etc/acme", ENTRY_DIR, 0750);
	made_put(s, &x, NULL, 0);
	x = made_entry("/etc/acme/acme.conf", ENTRY_FILE, 0640);
	x.flags = ENTRY_CONFIG | ENTRY_NOREPLACE;
	x.group = "daemon";
	x.gid = 1;
	made_put(s, &x, "a = 1\n", 6);
	x = made_entry("/opt/acme/bin/tool", ENTRY_FILE, 04755);
	x.links = links;
	x.links_len = 2;
	made_put(s, &x, "#!/bin/sh\necho tool\n", 20);
	x = made_entry("/opt/acme/bin/ping", ENTRY_FILE, 0755);
	x.capabilities = "cap_net_raw=ep";
	x.xattrs = &attr;
	x.xattrs_len = 1;
	made_put(s, &x, "ping", 4);
	x = made_entry("/opt/acme/big", ENTRY_FILE, 0644);
	made_put(s, &x, big, SAMPLE_BIG);
	x = made_entry("/opt/acme/empty dir", ENTRY_DIR, 01777);
	made_put(s, &x, NULL, 0);
	x = made_entry("/opt/acme/current", ENTRY_SYMLINK, 0777);
	x.target = "bin/../bin";
	made_put(s, &x, NULL, 0);
	x = made_entry(made_long, ENTRY_FILE, 0600);
	made_put(s, &x, "long", 4);
	x = made_entry("/opt/acme/\xc3\xa9 '\"$(odd)\xff*[#\\", ENTRY_FILE, 0644);
	made_put(s, &x, "odd", 3);
	x = made_entry("/opt/acme/acl", ENTRY_FILE, 0640);
	x.acl = "user::rw-,user:1000:r--,group::r--,mask::r--,other::---";
	made_put(s, &x, "acl", 3);
}

/* Writes what fill puts into the writer's sink; the file's path (malloc). pkg: as the target wants it. */
static inline char *made_write(const struct writer *w, struct pkg *pkg, void (*fill)(struct sink *s),
	const struct writer_options *o, const char *name)
{
	struct err e = { 0 };
	struct writer_result result = { 0 };
	struct writer_job *job = w->open(o, &e);
	char *path = mem_printf("%s/%s", TEST_BUILD, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (job == NULL || fd < 0)
		fail_msg("%s: %s", path, e.text);
	if (w->check(pkg, &e))
		fail_msg("%s", e.text);
	fill(w->sink(job));
	if (sink_close(w->sink(job), &e) || w->finish(job, pkg, fd, &result, &e))
		fail_msg("%s", e.text);
	w->drop(job);
	close(fd);
	return path;
}

static inline void made_script(struct pkg *p, enum event event, const char *source, const char *body)
{
	struct script *s = pkg_add_script(p);

	s->event = event;
	s->source = source;
	s->body = body;
	s->len = strlen(body);
}

static inline void made_relation(
	struct pkg *p, enum rel_kind kind, const char *name, enum rel_op op, const char *version, const char *text)
{
	struct relation *r = pkg_add_relation(p);

	r->kind = kind;
	r->name = name;
	r->op = op;
	r->version = version;
	r->text = text;
}

static inline const struct relation *made_find(const struct pkg *p, enum rel_kind kind, const char *name)
{
	for (size_t i = 0; i < p->relations.len; i++)
		if (p->relations.at[i].kind == kind && strcmp(p->relations.at[i].name, name) == 0)
			return &p->relations.at[i];
	fail_msg("no %s %s", rel_kind_name(kind), name);
	return NULL;
}

static inline bool made_lost(const struct pkg *p, const char *prefix)
{
	for (size_t i = 0; i < p->lost.len; i++)
		if (strncmp(p->lost.at[i].what, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static inline struct pkg made_pkg(void)
{
	struct pkg p;

	pkg_init(&p, MIB(8));
	p.name = "org-acme";
	p.architecture = "x86_64";
	p.summary = "Sch\xc3\xb6ne Sache & $(mehr)\nund %{weiter}";
	p.maintainer = "A <a@example.org>";
	p.license = "MIT";
	p.homepage = "https://example.org/?a=1&b=2";
	p.build_time = SAMPLE_TIME;
	return p;
}

/* Every file's content, and what an entry says, came back. */
static inline void made_compare(const struct sample *k)
{
	AUTO_FREE unsigned char *big = made_bytes(SAMPLE_BIG);
	char hex[SHA256_HEX];

	sha256_hex(big, SAMPLE_BIG, hex);
	assert_string_equal(sample_get(k, "/opt/acme/big")->sha256, hex);
	sha256_hex("odd", 3, hex);
	assert_string_equal(sample_get(k, "/opt/acme/\xc3\xa9 '\"$(odd)\xff*[#\\")->sha256, hex);
	sha256_hex("long", 4, hex);
	assert_string_equal(sample_get(k, made_long)->sha256, hex);
	assert_int_equal(sample_get(k, "/opt/acme/bin/tool")->mode, 04755);
	assert_int_equal(sample_get(k, "/opt/acme/bin/z-tool")->type, ENTRY_HARDLINK);
	assert_string_equal(sample_get(k, "/opt/acme/bin/a-tool")->target, "/opt/acme/bin/tool");
	assert_string_equal(sample_get(k, "/opt/acme/bin/ping")->capabilities, "cap_net_raw=ep");
	assert_int_equal(sample_get(k, "/opt/acme/bin/ping")->xattrs_len, 1);
	assert_int_equal(sample_get(k, "/opt/acme/bin/ping")->xattrs[0].len, 4);
	assert_memory_equal(sample_get(k, "/opt/acme/bin/ping")->xattrs[0].value, "v\0\n=", 4);
	assert_string_equal(sample_get(k, "/opt/acme/current")->target, "bin/../bin");
	assert_int_equal(sample_get(k, "/opt/acme/empty dir")->mode, 01777);
	assert_int_equal(sample_get(k, "/etc/acme")->mode, 0750);
	assert_string_equal(sample_get(k, "/etc/acme/acme.conf")->group, "daemon");
	assert_string_equal(
		sample_get(k, "/opt/acme/acl")->acl, "user::rw-,user:1000:r--,group::r--,mask::r--,other::---");
	assert_int_equal(sample_get(k, "/usr/lib")->mode, 0755);
	assert_int_equal(sample_get(k, "/usr/lib/acme/zz")->mtime, SAMPLE_TIME);
}
