/* index_repomd.c - an rpm-md repository's metadata: the forms of its documents, and repomd.xml, which names them by their content. */
#include "base/text.h"
#include "formats/index.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define LINUX_DUKE "http://linux.duke.edu/metadata/"

const struct rpmmd_form rpmmd_forms[RPMMD_DOCUMENTS] = {
	{ "primary",
		{ DECLARATION "<metadata xmlns=\"" LINUX_DUKE "common\" xmlns:rpm=\"" LINUX_DUKE
			      "rpm\" packages=\"%zu\">\n",
			"</metadata>\n", false } },
	{ "filelists",
		{ DECLARATION "<filelists xmlns=\"" LINUX_DUKE "filelists\" packages=\"%zu\">\n", "</filelists>\n",
			false } },
	{ "other",
		{ DECLARATION "<otherdata xmlns=\"" LINUX_DUKE "other\" packages=\"%zu\">\n", "</otherdata>\n",
			false } },
	{ "updateinfo", { DECLARATION "<updates>\n", "</updates>\n", false } },
};

char *rpmmd_document_path(size_t which, const struct doc *document)
{
	return mem_printf("repodata/%s-%s.xml.gz", document->sha256, rpmmd_forms[which].type);
}

char *rpmmd_text(const struct doc documents[RPMMD_DOCUMENTS], int64_t revision)
{
	struct text t = { 0 };

	text_add(&t,
		DECLARATION "<repomd xmlns=\"" LINUX_DUKE "repo\" xmlns:rpm=\"" LINUX_DUKE
			    "rpm\">\n  <revision>%lld</revision>\n",
		(long long)revision);
	for (size_t i = 0; i < RPMMD_DOCUMENTS; i++) {
		const struct doc *d = &documents[i];
		AUTO_FREE char *path = rpmmd_document_path(i, d);

		text_add(&t,
			"  <data type=\"%s\">\n"
			"    <checksum type=\"sha256\">%s</checksum>\n"
			"    <open-checksum type=\"sha256\">%s</open-checksum>\n"
			"    <location href=\"%s\"/>\n"
			"    <timestamp>%lld</timestamp>\n"
			"    <size>%llu</size>\n"
			"    <open-size>%llu</open-size>\n"
			"  </data>\n",
			rpmmd_forms[i].type, d->sha256, d->open_sha256, path, (long long)revision,
			(unsigned long long)d->size, (unsigned long long)d->open_size);
	}
	text_add(&t, "</repomd>\n");
	return text_take(&t);
}
