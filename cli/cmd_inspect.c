/* cmd_inspect.c - `sluice inspect FILE`: what is inside, without unpacking or running anything. */
#include "base/text.h"
#include "base/when.h"
#include "cli/cmd.h"
#include "repackager/decode.h"
#include "repackager/pkg_json.h"
#include "sign/packets.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void line(const char *label, const char *value)
{
	if (!value[0])
		return;
	say("%-14s", label);
	say_safe(value);
	say("\n");
}

static void print_entry(const struct cli *c, const struct entry *e)
{
	static const char letters[] = "-dlhcbp";
	char id[2][24];
	snprintf(id[0], sizeof id[0], "%lld", (long long)e->uid);
	snprintf(id[1], sizeof id[1], "%lld", (long long)e->gid);
	say("%c%04o %-8s %-8s %10llu ", letters[e->type], e->mode, e->owner[0] ? e->owner : id[0],
		e->group[0] ? e->group : id[1], (unsigned long long)e->size);
	say_safe(e->path);
	if (e->target[0]) {
		say(e->type == ENTRY_HARDLINK ? " = " : " -> ");
		say_safe(e->target);
	}
	if (e->flags & ENTRY_CONFIG)
		say(" %s[config]%s", tone(c, "\033[36m"), tone(c, "\033[0m"));
	if (e->flags & ENTRY_GHOST)
		say(" [ghost]");
	if (e->capabilities[0]) {
		say(" ");
		say_safe(e->capabilities);
	}
	say("\n");
}

static void print_relations(const struct pkg *p)
{
	for (int kind = 0; kind < REL_KINDS; kind++)
		for (size_t i = 0; i < p->relations.len; i++)
			if ((int)p->relations.at[i].kind == kind)
				line(rel_kind_name(kind), p->relations.at[i].text);
}

static void print_package(const struct cli *c, const struct pkg *p, const char *sha256, uint64_t size)
{
	AUTO_FREE char *evr = mem_printf("%s%s%s", p->version, p->release[0] ? "-" : "", p->release);
	AUTO_FREE char *bytes = size_text(size);

	line("format", p->format);
	line("name", p->name);
	line("version", evr);
	if (p->epoch > 0)
		say("%-14s%lld\n", "epoch", (long long)p->epoch);
	line("architecture", p->architecture);
	if (pkg_field_get(p, "sourcepackage")) {
		const char *needs = pkg_field_get(p, "buildrequires");
		line("kind", "source package: it installs nothing, and cannot be converted");
		line("to build", needs ? needs : "");
	}
	line("summary", p->summary);
	line("license", p->license);
	line("vendor", p->vendor);
	line("maintainer", p->maintainer);
	line("homepage", p->homepage);
	line("sha256", sha256);
	line("size", bytes);
	print_relations(p);
	for (size_t i = 0; i < p->scripts.len; i++) {
		const struct script *s = &p->scripts.at[i];
		say("%-14s%s (%s, %zu bytes, ", "script", s->source, event_kind_name(s->event), s->len);
		say_safe(s->interpreter[0] ? s->interpreter : "no interpreter");
		say(")\n");
	}
	for (size_t i = 0; i < p->signatures.len; i++) {
		const struct signature *s = &p->signatures.at[i];
		char key[65];
		sig_issuer(s->blob, s->len, key);
		say("%-14s%s, says it is by %s (not checked)\n", "signature", s->source, key[0] ? key : "nobody");
	}
	say("\n%zu entries\n", p->entries.len);
	for (size_t i = 0; i < p->entries.len; i++)
		print_entry(c, &p->entries.at[i]);
}

void print_warnings(const struct cli *c, const struct pkg *p)
{
	for (size_t i = 0; i < p->warnings.len; i++) {
		const struct warning *w = &p->warnings.at[i];
		warn_user(c, "%s%s%s: %s", w->where, w->where[0] ? ": " : "", w->code, w->text);
	}
}

static int run(struct cli *c, struct err *e)
{
	AUTO(pkg) p;
	char sha256[65];
	struct stat st;
	struct decode d = { .path = c->args[0], .events = &c->events };

	pkg_init(&p, 0);
	if (decode(&d, NULL, &p, NULL, sha256, e)) {
		return about_file(e, c->args[0]);
	}
	uint64_t size = stat(c->args[0], &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	if (c->is_json)
		return print_json(pkg_json(&p, c->args[0], size, sha256));
	print_package(c, &p, sha256, size);
	print_warnings(c, &p);
	return 0;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.run = run,
	.about = "what is inside a file, without unpacking or running anything",
	.arguments = "FILE",
	.least = 1,
	.most = 1,
};
