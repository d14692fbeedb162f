/* rpm_sample.h - one package with everything an rpm can hold, written by our writer; shared by the tests of the rpm family. */
#pragma once
#include "base/fs.h"
#include "base/proc.h"
#include "formats/relation.h"
#include "formats/rpm_write.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLE_TIME = 1700000000 };

static inline void add_script(
	struct pkg *p, enum event event, const char *source, const char *interpreter, const char *body)
{
	struct script *s = pkg_add_script(p);

	s->event = event;
	s->source = source;
	s->interpreter = interpreter;
	s->body = body;
	s->len = strlen(body);
}

static inline struct pkg sample_pkg(void)
{
	struct pkg p;
	struct err e = { 0 };

	pkg_init(&p, MIB(8));
	p.format = "deb";
	p.name = "org-acme";
	p.epoch = 2;
	p.version = "1.0~rc1";
	p.release = "3";
	p.architecture = "x86_64";
	p.summary = "Sch\xc3\xb6ne Sache & <mehr>";
	p.description = "First line.\n%{never} %(expanded)\n";
	p.maintainer = "A <a@example.org>";
	p.license = "MIT";
	p.vendor = "Acme";
	p.homepage = "https://example.org/?a=1&b=2";
	p.changelog = "* Tue Nov 14 2023 A <a@example.org> - 1.0-2\n- second\n- more\n\n"
		      "* Mon Nov 13 2023 A <a@example.org> - 1.0-1\n- first\n";
	if (relation_parse_rpm(&p, REL_REQUIRES, "glibc >= 2.28", &e) ||
		relation_parse_rpm(&p, REL_PRE_REQUIRES, "shadow-utils", &e) ||
		relation_parse_rpm(&p, REL_REQUIRES, "(foo or bar >= 2)", &e) ||
		relation_parse_rpm(&p, REL_PROVIDES, "acme-api = 1:2.0", &e) ||
		relation_parse_rpm(&p, REL_CONFLICTS, "acme-old < 2", &e) ||
		relation_parse_rpm(&p, REL_RECOMMENDS, "acme-doc", &e))
		fail_msg("%s", e.text);
	add_script(&p, EVENT_PRE_INSTALL, "%pre", "/bin/sh", "echo %{pre} \"$1\"\n");
	add_script(&p, EVENT_POST_INSTALL, "%post", "/bin/bash -e", "exit 0\n");
	add_script(&p, EVENT_POST_REMOVE, "%postun", "/sbin/ldconfig", "");
	add_script(&p, EVENT_TRIGGER, "%triggerin", "/bin/sh", "echo t\n");
	p.scripts.at[3].trigger = "bash >= 4, zsh";
	add_script(&p, EVENT_TRIGGER, "%transfiletriggerin", "/bin/sh", "cat\n");
	p.scripts.at[4].trigger = "/usr/lib/acme";
	return p;
}

static inline struct entry sample_entry(const char *path, enum entry_type type, uint32_t mode)
{
	struct entry x;

	entry_init(&x);
	x.path = path;
	x.type = type;
	x.mode = mode;
	x.owner = x.group = "root";
	x.mtime = SAMPLE_TIME;
	return x;
}

static inline void sample_put(struct sink *s, struct entry *x, const char *content)
{
	struct err e = { 0 };

	x->size = content ? strlen(content) : 0;
	if (sink_entry_begin(s, x, &e) || (content && sink_data(s, content, strlen(content), &e)) ||
		sink_entry_end(s, &e))
		fail_msg("%s: %s", x->path, e.text);
}

/* In no order a sorted list would have: the payload keeps the source's order. */
static inline void sample_entries(struct sink *s)
{
	static const char *links[] = { "/opt/acme/bin/z-tool", "/opt/acme/bin/a-tool" };
	static unsigned char value[] = "v";
	static struct xattr attr = { "user.note", value, 1 };
	struct entry x = sample_entry("/usr/lib/acme/zz", ENTRY_FILE, 0644);

	sample_put(s, &x, "last by name, first in the payload\n");
	x = sample_entry("/usr/lib", ENTRY_DIR, 0755); /* the base system's: left out */
	sample_put(s, &x, NULL);
	x = sample_entry("/etc/acme", ENTRY_DIR, 0750);
	sample_put(s, &x, NULL);
	x = sample_entry("/etc/acme/acme.conf", ENTRY_FILE, 0640);
	x.flags = ENTRY_CONFIG | ENTRY_NOREPLACE;
	sample_put(s, &x, "a = 1\n");
	x = sample_entry("/opt/acme/bin/tool", ENTRY_FILE, 0755);
	x.links = links;
	x.links_len = 2;
	sample_put(s, &x, "#!/bin/sh\necho tool\n");
	x = sample_entry("/opt/acme/bin/ping", ENTRY_FILE, 0755);
	x.capabilities = "cap_net_raw=ep";
	x.xattrs = &attr;
	x.xattrs_len = 1;
	sample_put(s, &x, "ping");
	x = sample_entry("/opt/acme/empty dir", ENTRY_DIR, 01777);
	sample_put(s, &x, NULL);
	x = sample_entry("/opt/acme/current", ENTRY_SYMLINK, 0777);
	x.target = "bin/../bin";
	sample_put(s, &x, NULL);
	x = sample_entry("/opt/acme/empty", ENTRY_FILE, 0600);
	x.mtime_ns = 5;
	sample_put(s, &x, NULL);
	x = sample_entry("/usr/share/doc/acme/README", ENTRY_FILE, 0644);
	x.flags = ENTRY_DOC;
	sample_put(s, &x, "read me\n");
	x = sample_entry("/var/log/acme.log", ENTRY_FILE, 0644);
	x.flags = ENTRY_GHOST;
	sample_put(s, &x, NULL);
}

/* Writes the sample to an unlinked file, or under `path` when it is given. pkg: initialised here, ended by the caller. */
static inline int sample_write(
	const struct writer_options *o, const char *path, struct pkg *ret_pkg, struct writer_result *ret_result)
{
	struct err e = { 0 };
	struct writer_job *job = writer_rpm.open(o, &e);
	int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : fs_temp_file(&e);

	assert_non_null(job);
	assert_true(fd >= 0);
	*ret_pkg = sample_pkg();
	assert_int_equal(writer_rpm.check(ret_pkg, &e), 0);
	sample_entries(writer_rpm.sink(job));
	if (sink_close(writer_rpm.sink(job), &e) || writer_rpm.finish(job, ret_pkg, fd, ret_result, &e))
		fail_msg("%s", e.text);
	writer_rpm.drop(job);
	return fd;
}

static const struct writer_options sample_options = {
	.codec = CODEC_ZSTD, .level = 3, .threads = 1, .mtime_max = -1, .target = "rpm"
};

/* Runs a tool; its whole output (malloc); fails the test when the exit is another than wanted (-1: any). */
static inline char *run_tool(const char *const *argv, int want)
{
	struct err e = { 0 };
	struct proc_result r = { 0 };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 120 };
	char *output;

	if (proc_run(&p, &r, &e))
		fail_msg("%s", e.text);
	output = mem_printf("%s%s", r.output ? r.output : "", r.errors ? r.errors : "");
	if (want >= 0 && r.exit != want)
		fail_msg("%s %s: exit %d: %s", argv[0], argv[1], r.exit, output);
	proc_result_done(&r);
	return output;
}

static inline void wants(const char *output, const char *text)
{
	if (!strstr(output, text))
		fail_msg("'%s' is not in:\n%s", text, output);
}
