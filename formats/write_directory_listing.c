/* write_directory_listing.c - a tree in one digest: its entries as lines, sorted, hashed.
 *
 * mtree(5)'s words: "./opt/a type=file uname=root gname=root mode=0644 size=6 time=1.000000000 sha256digest=...". Names and values are
 * written as \ooo wherever a byte is not printable or would part words. */
#include "base/digest.h"
#include "base/text.h"
#include "formats/write_directory.h"
#include <string.h>

static void word(struct text *t, const char *key, const char *value)
{
	if (!*value)
		return;
	text_add(t, " %s=", key);
	for (const unsigned char *c = (const unsigned char *)value; *c; c++)
		text_add(t, *c <= ' ' || *c > '~' || *c == '\\' || *c == '#' ? "\\%03o" : "%c", *c);
}

static void owner(struct text *t, const char *name_key, const char *id_key, const char *name, int64_t id)
{
	if (*name)
		word(t, name_key, name);
	else
		text_add(t, " %s=%lld", id_key, (long long)(id < 0 ? 0 : id));
}

static void line(struct text *t, const struct entry *en, const char *path, int64_t mtime_max)
{
	bool is_late = mtime_max >= 0 && en->mtime >= mtime_max;

	word(t, "path", path);
	text_add(t, " type=%s mode=%04o", entry_type_name(en->type), en->mode & 07777);
	owner(t, "uname", "uid", en->owner, en->uid);
	owner(t, "gname", "gid", en->group, en->gid);
	text_add(t, " time=%lld.%09u", (long long)(is_late ? mtime_max : en->mtime), is_late ? 0 : en->mtime_ns);
	if (en->type == ENTRY_FILE)
		text_add(t, " size=%llu", (unsigned long long)en->size);
	if (en->type == ENTRY_CHAR || en->type == ENTRY_BLOCK)
		text_add(t, " device=%u,%u", en->dev_major, en->dev_minor);
	word(t, "sha256digest", en->sha256);
	word(t, "link", en->type == ENTRY_SYMLINK ? en->target : "");
	word(t, "capabilities", en->capabilities);
	word(t, "selinux", en->selinux);
	word(t, "acl", en->acl);
	word(t, "acl-default", en->acl_default);
	for (size_t i = 0; i < en->xattrs_len; i++) {
		AUTO_FREE char *hex = mem_alloc(2 * en->xattrs[i].len + 1), *both = NULL;

		hex_of(en->xattrs[i].value, en->xattrs[i].len, hex);
		both = mem_printf("%s:%s", en->xattrs[i].name, hex);
		word(t, "xattr", both);
	}
	text_bytes(t, "\n", 1);
}

/* Every name is a line; those of one file name the first. */
void tree_listing_digest(const struct pkg *pkg, int64_t mtime_max, char ret[65])
{
	struct digest d;
	char hex[DIGEST_HEX];

	digest_init(&d, DIGEST_SHA256);
	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *en = &pkg->entries.at[i];
		AUTO(text) t = { 0 };

		if (en->flags & ENTRY_GHOST)
			continue;
		line(&t, en, en->path, mtime_max);
		for (size_t k = 0; k < en->links_len; k++) {
			word(&t, "path", en->links[k]);
			word(&t, "same-as", en->path);
			text_bytes(&t, "\n", 1);
		}
		digest_add(&d, t.at, t.len);
	}
	digest_end_hex(&d, hex);
	digest_done(&d);
	memcpy(ret, hex, 65);
}
