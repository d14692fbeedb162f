/* index_repomd.c - an rpm-md repository's metadata from the fragments of its packages: three documents named by their content, and
 * repomd.xml, which names them. The result depends on the set of fragments and the revision alone. */
#include "base/codec.h"
#include "base/digest.h"
#include "base/text.h"
#include "formats/index.h"
#include <string.h>

static const struct {
	const char *type, *root, *space;
} documents[] = {
	{ "primary", "metadata",
		"xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\"" },
	{ "filelists", "filelists", "xmlns=\"http://linux.duke.edu/metadata/filelists\"" },
	{ "other", "otherdata", "xmlns=\"http://linux.duke.edu/metadata/other\"" },
};

enum { DOCUMENT_MAX = 1 << 30 };

static struct index_item *add_item(struct index_set *s)
{
	struct index_item *item;

	list_grow((void **)&s->at, &s->room, s->len, sizeof *s->at);
	item = &s->at[s->len++];
	memset(item, 0, sizeof *item);
	return item;
}

static int order_fragments(const void *a, const void *b)
{
	return strcmp(json_text(*(json_t *const *)a, "primary"), json_text(*(json_t *const *)b, "primary"));
}

/* Each fragment once, in an order of its own. */
static size_t sorted(const json_t *fragments, const json_t **list)
{
	size_t len = json_array_size(fragments), unique = 0;

	for (size_t i = 0; i < len; i++)
		list[i] = json_array_get(fragments, i);
	qsort(list, len, sizeof *list, order_fragments);
	for (size_t i = 0; i < len; i++)
		if (i == 0 || order_fragments(&list[i], &list[unique - 1]) != 0)
			list[unique++] = list[i];
	return unique;
}

static int document(size_t which, const json_t **list, size_t len, char **ret_text, size_t *ret_len, struct err *e)
{
	AUTO(text) t = { 0 };

	text_add(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s %s packages=\"%zu\">\n", documents[which].root,
		documents[which].space, len);
	for (size_t i = 0; i < len; i++) {
		const char *part = json_text(list[i], documents[which].type);

		if (!part[0])
			return err_input(e, "E_METADATA", "a fragment without %s", documents[which].type);
		text_bytes(&t, part, strlen(part));
	}
	text_add(&t, "</%s>\n", documents[which].root);
	*ret_len = t.len;
	*ret_text = text_take(&t);
	return 0;
}

static int packed(const char *bytes, size_t len, struct index_item *item, struct err *e)
{
	struct out *out = out_codec(out_mem(DOCUMENT_MAX, &item->bytes, &item->len), CODEC_GZIP, 0, 1, e);

	if (!out)
		return -1;
	if (out_write(out, bytes, len, e)) {
		out_drop(&out);
		return -1;
	}
	if (out_close(out, e))
		return -1;
	sha256_hex(item->bytes, item->len, item->sha256);
	return 0;
}

static int add_document(size_t which, const json_t **list, size_t len, int64_t revision, struct index_set *s,
	struct text *repomd, struct err *e)
{
	AUTO_FREE char *plain = NULL;
	char open_sha256[SHA256_HEX];
	size_t plain_len;
	struct index_item *item;

	if (document(which, list, len, &plain, &plain_len, e))
		return -1;
	item = add_item(s);
	if (packed(plain, plain_len, item, e))
		return err_wrap(e, "%s.xml.gz", documents[which].type);
	sha256_hex(plain, plain_len, open_sha256);
	item->path = mem_printf("repodata/%s-%s.xml.gz", item->sha256, documents[which].type);
	text_add(repomd,
		"  <data type=\"%s\">\n"
		"    <checksum type=\"sha256\">%s</checksum>\n"
		"    <open-checksum type=\"sha256\">%s</open-checksum>\n"
		"    <location href=\"%s\"/>\n"
		"    <timestamp>%lld</timestamp>\n"
		"    <size>%zu</size>\n"
		"    <open-size>%zu</open-size>\n"
		"  </data>\n",
		documents[which].type, item->sha256, open_sha256, item->path, (long long)revision, item->len,
		plain_len);
	return 0;
}

int rpmmd_index(const json_t *fragments, int64_t revision, struct index_set *ret, struct err *e)
{
	AUTO_FREE const json_t **list = mem_alloc((json_array_size(fragments) + 1) * sizeof *list);
	size_t len = sorted(fragments, list);
	AUTO(text) repomd = { 0 };
	AUTO(index_set) s = { 0 };
	struct index_item *item;

	text_add(&repomd,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<repomd xmlns=\"http://linux.duke.edu/metadata/repo\" "
		"xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n"
		"  <revision>%lld</revision>\n",
		(long long)revision);
	for (size_t i = 0; i < COUNT(documents); i++)
		if (add_document(i, list, len, revision, &s, &repomd, e))
			return err_wrap(e, "rpm-md");
	text_add(&repomd, "</repomd>\n");
	item = add_item(&s);
	item->path = mem_strdup("repodata/repomd.xml");
	item->len = repomd.len;
	item->bytes = text_take(&repomd);
	sha256_hex(item->bytes, item->len, item->sha256);
	*ret = s;
	memset(&s, 0, sizeof s);
	return 0;
}
