/* index_apt.c - an apt repository's Packages and Release from stored stanzas. Sources: Debian's repository format, apt-secure(8). */
#include "base/text.h"
#include "base/when.h"
#include "formats/index.h"
#include <string.h>

/* ---- one stanza */

char *apt_fragment(const char *control, const struct index_file *file)
{
	struct text t = { 0 };
	size_t len = strlen(control);

	while (len > 0 && control[len - 1] == '\n')
		len--;
	text_bytes(&t, control, len);
	text_add(&t, "\nFilename: %s\nSize: %llu\nSHA256: %s\n\n", file->location, (unsigned long long)file->size,
		file->sha256);
	return text_take(&t);
}

/* ---- Release */

const struct doc_form apt_form = { "", "", true }, contents_form = { "", "", false };

char *apt_contents_path(const char *component, const char *architecture)
{
	return mem_printf("%s/Contents-%s", component, architecture);
}

char *apt_document_path(const char *component, const char *architecture)
{
	return mem_printf("%s/binary-%s/Packages", component, architecture);
}

/* One line a field: a line end in a name from the policy must not begin another. */
static void add_field(struct text *t, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	text_add(t, "%s: ", name);
	for (; *value; value++)
		text_bytes(t, (unsigned char)*value < ' ' ? " " : value, 1);
	text_add(t, "\n");
}

static void add_documents(const struct apt_release *r, struct text *t)
{
	for (size_t i = 0; i < r->documents_len; i++) {
		const struct doc *d = &r->documents[i].doc;

		text_add(t, " %s %llu %s\n %s %llu %s.gz\n", d->open_sha256, (unsigned long long)d->open_size,
			r->documents[i].path, d->sha256, (unsigned long long)d->size, r->documents[i].path);
	}
}

static void add_words(struct text *t, const char *name, const char *const *words, size_t len)
{
	AUTO(text) all = { 0 };

	for (size_t i = 0; i < len; i++)
		text_add(&all, "%s%s", i ? " " : "", words[i]);
	add_field(t, name, all.at);
}

char *apt_release_text(const struct apt_release *r)
{
	struct text t = { 0 };
	char date[64];

	add_field(&t, "Origin", r->origin);
	add_field(&t, "Label", r->label);
	add_field(&t, "Suite", r->suite);
	add_field(&t, "Codename", r->codename);
	when_rfc2822(r->date, date);
	add_field(&t, "Date", date);
	when_rfc2822(r->valid_until, date);
	add_field(&t, "Valid-Until", date);
	add_field(&t, "Acquire-By-Hash", "yes");
	add_words(&t, "Architectures", r->architectures, r->architectures_len);
	add_words(&t, "Components", r->components, r->components_len);
	add_field(&t, "Description", r->description);
	text_add(&t, "SHA256:\n");
	add_documents(r, &t);
	return text_take(&t);
}
