/* index_updates.c - one <update> of an rpm-md repository's updateinfo: what a release brought, why, and what it answers. As dnf and libsolv read it. */
#include "base/arena.h"
#include "base/text.h"
#include "base/when.h"
#include "formats/index.h"
#include "formats/version.h"
#include <string.h>
#include <strings.h>

static char *escaped(const char *text)
{
	AUTO_FREE char *printable = text_printable(text, strlen(text), true);

	return text_html(printable);
}

static void add_element(struct text *t, const char *indent, const char *name, const char *value)
{
	AUTO_FREE char *own = escaped(value);

	text_add(t, "%s<%s>%s</%s>\n", indent, name, own, name);
}

static void add_date(struct text *t, const char *name, int64_t at)
{
	char when[32];

	when_utc(at, when);
	text_add(t, "  <%s date=\"%.10s %.8s\"/>\n", name, when, when + 11);
}

static void add_reference(struct text *t, const char *type, const char *id)
{
	AUTO_FREE char *own = escaped(id);

	text_add(t, "    <reference href=\"\" id=\"%s\" type=\"%s\" title=\"%s\"/>\n", own, type, own);
}

/* What people wrote, word by word: an advisory's number has digits and a hyphen in it, other words are words. */
static void add_answers(struct text *t, const char *words)
{
	static const char ends[] = " ,;\t\n";

	for (const char *at = words + strspn(words, ends); *at; at += strspn(at, ends)) {
		AUTO_FREE char *one = strndup(at, strcspn(at, ends));

		at += strlen(one);
		if (strpbrk(one, "0123456789") && strchr(one, '-'))
			add_reference(t, strncasecmp(one, "CVE-", 4) == 0 ? "cve" : "other", one);
	}
}

static void add_package(struct text *t, const json_t *package)
{
	AUTO(arena) arena = { 0 };
	struct err ignored = { 0 };
	struct evr evr = { .epoch = 0, .version = json_text(package, "version"), .release = "" };
	const char *location = json_text(package, "location"), *base = strrchr(location, '/');
	AUTO_FREE char *name = escaped(json_text(package, "name")),
		       *architecture = escaped(json_text(package, "architecture")), *version = NULL, *release = NULL;

	(void)!evr_parse(&arena, json_text(package, "version"), &evr, &ignored);
	version = escaped(evr.version);
	release = escaped(evr.release);
	text_add(t, "      <package name=\"%s\" version=\"%s\" release=\"%s\" epoch=\"%lld\" arch=\"%s\">\n", name,
		version, release, (long long)(evr.epoch > 0 ? evr.epoch : 0), architecture);
	add_element(t, "        ", "filename", base ? base + 1 : location);
	text_add(t, "        <sum type=\"sha256\">%s</sum>\n      </package>\n", json_text(package, "sha256"));
}

char *rpmmd_update(const struct rpmmd_update *u)
{
	AUTO_FREE char *from = escaped(u->from), *channel = escaped(u->channel);
	struct text t = { 0 };
	json_t *package;
	size_t i;

	text_add(&t, "<update from=\"%s\" status=\"stable\" type=\"%s\" version=\"1\">\n", from,
		strncasecmp(u->answers, "CVE-", 4) == 0 || strstr(u->answers, "CVE-") ? "security" : "bugfix");
	add_element(&t, "  ", "id", u->id);
	add_element(&t, "  ", "title", u->title);
	add_date(&t, "issued", u->issued);
	add_date(&t, "updated", u->issued);
	add_element(&t, "  ", "severity", u->severity);
	add_element(&t, "  ", "release", u->channel);
	add_element(&t, "  ", "description", u->description);
	text_add(&t, "  <references>\n");
	add_reference(&t, "self", u->id);
	add_answers(&t, u->answers);
	text_add(&t, "  </references>\n  <pkglist>\n    <collection short=\"%s\">\n      <name>%s</name>\n", channel,
		channel);
	json_array_foreach(u->packages, i, package)
		add_package(&t, package);
	text_add(&t, "    </collection>\n  </pkglist>\n</update>\n");
	return text_take(&t);
}
