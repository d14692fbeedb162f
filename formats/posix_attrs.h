/* posix_attrs.h - extended attributes with a meaning of their own, as the package model wants them: text. */
#pragma once
#include "formats/pkg.h"

/* Puts raw attributes (as the kernel or an archive has them) into entry: security.capability, security.selinux and the two POSIX
 * ACLs as text, the others as they are. Strings live in a. Broken ones are E_METADATA. */
int posix_attrs_take(struct arena *a, struct entry *entry, const struct xattr *raw, size_t len, struct err *e) MUST;
/* "cap_net_raw=ep" of the kernel's struct vfs_cap_data (versions 1 to 3); NULL: not one of those, or bound to a user namespace. Arena. */
char *posix_attr_capabilities(struct arena *a, const unsigned char *value, size_t len);
/* The other way, version 2. -1: not a text of cap_to_text(3), or not what a file can have: its effective bit is one for all. */
enum { POSIX_ATTR_CAPABILITIES = 20 };
int posix_attr_capabilities_bytes(const char *text, unsigned char ret[POSIX_ATTR_CAPABILITIES]) MUST;
/* The kernel's posix_acl_xattr of ACL text; value and len of *ret, in the arena. -1: it names somebody other than by number. */
int posix_attr_acl_bytes(struct arena *a, const char *text, struct xattr *ret) MUST;
const char *posix_attr_cap_name(int number); /* NULL: past the last one */
/* The kernel's posix_acl_xattr as "user::rw-,user:1000:r--,..."; NULL: not one. Arena. */
char *posix_attr_acl(struct arena *a, const unsigned char *value, size_t len);
/* ACL text of pax headers: numbers that repeat a name go, lines become commas. NULL: no ACL text. Arena. */
char *posix_attr_acl_text(struct arena *a, const char *text, size_t len);

/* Only owner, group and others: an access ACL that says the mode once more, and so nothing. */
bool posix_acl_is_mode(const char *text);

int posix_attr_unescape(char *text); /* %41 in place; -1: broken */
/* ret has room for len bytes. -1: broken. Padding may be missing. */
int posix_attr_base64(const char *text, size_t len, unsigned char *ret, size_t *ret_len);
char *posix_attr_to_base64(const unsigned char *bytes, size_t len); /* without padding; malloc */
