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

/* What the update answers: each once, whether somebody wrote it or an advisory says it. */
struct references {
	struct text text;
	json_t *seen;
	bool is_security;
};

static void add_reference(struct references *r, const char *type, const char *id, const char *url)
{
	AUTO_FREE char *own = escaped(id), *href = escaped(url);

	if (json_object_get(r->seen, id))
		return;
	json_object_set_new(r->seen, id, json_true());
	text_add(&r->text, "    <reference href=\"%s\" id=\"%s\" type=\"%s\" title=\"%s\"/>\n", href, own, type, own);
}

static void add_cve(struct references *r, const char *cve)
{
	add_reference(r, "cve", cve, "");
	r->is_security = true;
}

/* What people wrote, word by word: an advisory's number has digits and a hyphen in it, other words are words. */
static void add_answers(struct references *r, const char *words)
{
	static const char ends[] = " ,;\t\n";

	for (const char *at = words + strspn(words, ends); *at; at += strspn(at, ends)) {
		AUTO_FREE char *one = strndup(at, strcspn(at, ends));

		at += strlen(one);
		if (strncasecmp(one, "CVE-", 4) == 0)
			add_cve(r, one);
		else if (strpbrk(one, "0123456789") && strchr(one, '-'))
			add_reference(r, "other", one, "");
	}
}

static void add_advisories(struct references *r, const json_t *advisories)
{
	size_t i, k;
	json_t *one, *cve;

	json_array_foreach((json_t *)advisories, i, one) {
		add_reference(r, "vendor", json_text(one, "id"), json_text(one, "url"));
		r->is_security = true;
		json_array_foreach(json_list(one, "cves"), k, cve)
			add_cve(r, json_string_value(cve));
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
	AUTO_FREE char *from = escaped(u->from), *channel = escaped(u->channel), *answers = NULL;
	AUTO_JSON *seen = json_object();
	struct references references = { .seen = seen };
	struct text t = { 0 };
	json_t *package;
	size_t i;

	add_reference(&references, "self", u->id, "");
	add_advisories(&references, u->advisories);
	add_answers(&references, u->answers);
	answers = text_take(&references.text);
	text_add(&t, "<update from=\"%s\" status=\"stable\" type=\"%s\" version=\"1\">\n", from,
		references.is_security ? "security" : "bugfix");
	add_element(&t, "  ", "id", u->id);
	add_element(&t, "  ", "title", u->title);
	add_date(&t, "issued", u->issued);
	add_date(&t, "updated", u->issued);
	add_element(&t, "  ", "severity", u->severity);
	add_element(&t, "  ", "release", u->channel);
	add_element(&t, "  ", "description", u->description);
	text_add(&t,
		"  <references>\n%s  </references>\n  <pkglist>\n    <collection short=\"%s\">\n      "
		"<name>%s</name>\n",
		answers, channel, channel);
	json_array_foreach(u->packages, i, package)
		add_package(&t, package);
	text_add(&t, "    </collection>\n  </pkglist>\n</update>\n");
	return text_take(&t);
}
