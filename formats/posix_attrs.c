/* posix_attrs.c - capabilities, SELinux labels and ACLs between the kernel's bytes and text. linux/capability.h, linux/posix_acl_xattr.h. */
#include "formats/posix_attrs.h"
#include "base/digest.h"
#include "base/text.h"
#include <string.h>

/* linux/capability.h, by number. */
static const char *const caps[] = { "cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid",
	"cap_kill", "cap_setgid", "cap_setuid", "cap_setpcap", "cap_linux_immutable", "cap_net_bind_service",
	"cap_net_broadcast", "cap_net_admin", "cap_net_raw", "cap_ipc_lock", "cap_ipc_owner", "cap_sys_module",
	"cap_sys_rawio", "cap_sys_chroot", "cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin", "cap_sys_boot",
	"cap_sys_nice", "cap_sys_resource", "cap_sys_time", "cap_sys_tty_config", "cap_mknod", "cap_lease",
	"cap_audit_write", "cap_audit_control", "cap_setfcap", "cap_mac_override", "cap_mac_admin", "cap_syslog",
	"cap_wake_alarm", "cap_block_suspend", "cap_audit_read", "cap_perfmon", "cap_bpf", "cap_checkpoint_restore" };

const char *posix_attr_cap_name(int number)
{
	return number >= 0 && (size_t)number < COUNT(caps) ? caps[number] : NULL;
}

static uint32_t le32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint16_t le16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

/* All capabilities whose sets are exactly these, as one clause; nothing when there are none. */
static void clause(struct text *t, uint64_t members, const char *flags)
{
	bool first = true;

	if (members == 0)
		return;
	if (t->len)
		text_bytes(t, " ", 1);
	for (unsigned i = 0; i < 64; i++) {
		if (!(members >> i & 1))
			continue;
		if (i < COUNT(caps))
			text_add(t, "%s%s", first ? "" : ",", caps[i]);
		else
			text_add(t, "%s%u", first ? "" : ",", i);
		first = false;
	}
	text_add(t, "=%s", flags);
}

char *posix_attr_capabilities(struct arena *a, const unsigned char *value, size_t len)
{
	AUTO(text) t = { 0 };
	uint32_t magic = len >= 4 ? le32(value) : 0;
	unsigned revision = magic >> 24;
	bool effective = magic & 1;
	uint64_t permitted, inheritable;

	if (!((revision == 1 && len == 12) || (revision == 2 && len == 20) || (revision == 3 && len == 24)))
		return NULL;
	if (revision == 3 && le32(value + 20) != 0)
		return NULL;
	permitted = le32(value + 4);
	inheritable = le32(value + 8);
	if (revision > 1) {
		permitted |= (uint64_t)le32(value + 12) << 32;
		inheritable |= (uint64_t)le32(value + 16) << 32;
	}
	clause(&t, permitted & inheritable, effective ? "eip" : "ip");
	clause(&t, permitted & ~inheritable, effective ? "ep" : "p");
	clause(&t, inheritable & ~permitted, effective ? "ei" : "i");
	return arena_copy(a, t.at ? t.at : "=", t.at ? t.len : 1);
}

/* posix_acl_xattr.h: version 2, then {tag, perm, id}. */
char *posix_attr_acl(struct arena *a, const unsigned char *value, size_t len)
{
	AUTO(text) t = { 0 };

	if (len < 4 || le32(value) != 2 || (len - 4) % 8 != 0)
		return NULL;
	for (size_t at = 4; at < len; at += 8) {
		uint16_t tag = le16(value + at), perm = le16(value + at + 2);
		uint32_t id = le32(value + at + 4);
		const char *word = tag <= 2 ? "user" : tag <= 8 ? "group" : tag == 16 ? "mask" : "other";

		if ((tag != 1 && tag != 2 && tag != 4 && tag != 8 && tag != 16 && tag != 32) || perm > 7)
			return NULL;
		text_add(&t, "%s%s:", t.len ? "," : "", word);
		if (tag == 2 || tag == 8)
			text_add(&t, "%u", id);
		text_add(&t, ":%c%c%c", perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
	}
	return arena_copy(a, t.at ? t.at : "", t.len);
}

static bool is_perm(struct slice s)
{
	if (s.len == 0 || s.len > 3)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("rwx-", s.at[i]) == NULL)
			return false;
	return true;
}

static bool acl_entry(struct text *t, struct slice line)
{
	struct slice kind = { 0 }, who = { 0 }, perm = { 0 }, id = { 0 };

	if (!slice_cut(&line, ':', &kind) || !slice_cut(&line, ':', &who))
		return false;
	slice_cut(&line, ':', &perm);
	slice_cut(&line, ':', &id);
	/* "mask::r--" and "other::r--" may come short: "other:r--" */
	if (perm.len == 0 && is_perm(who) && (slice_is(kind, "mask") || slice_is(kind, "other")))
		perm = who, who.len = 0;
	perm = slice_trim(perm);
	if (!is_perm(perm) || line.len)
		return false;
	if (!slice_is(kind, "user") && !slice_is(kind, "group") && !slice_is(kind, "mask") && !slice_is(kind, "other"))
		return false;
	if (who.len == 0 && id.len)
		who = id;
	text_add(t, "%s%.*s:%.*s:%.*s", t->len ? "," : "", (int)kind.len, kind.at, (int)who.len, who.at, (int)perm.len,
		perm.at);
	return true;
}

char *posix_attr_acl_text(struct arena *a, const char *bytes, size_t len)
{
	AUTO(text) t = { 0 };
	struct slice rest = { bytes, len };

	while (rest.len) {
		size_t end = 0;
		struct slice line;

		while (end < rest.len && rest.at[end] != ',' && rest.at[end] != '\n')
			end++;
		line = slice_trim((struct slice){ rest.at, end });
		rest.at += end + (end < rest.len);
		rest.len -= end + (end < rest.len);
		if (line.len && line.at[0] != '#' && !acl_entry(&t, line))
			return NULL;
	}
	return arena_copy(a, t.at ? t.at : "", t.len);
}

bool posix_acl_is_mode(const char *text)
{
	size_t commas = 0;

	for (const char *c = text; *c; c++)
		commas += *c == ',';
	return commas == 2 && strncmp(text, "user::", 6) == 0 && strstr(text, ",group::") && strstr(text, ",other::");
}

/* 1: it went into a member of its own, 0: it stays an attribute, -1: broken. */
static int take_one(struct arena *a, struct entry *entry, const struct xattr *x, struct err *e)
{
	const char **slot = NULL;
	char *text = NULL;

	if (strcmp(x->name, "security.capability") == 0) {
		text = posix_attr_capabilities(a, x->value, x->len);
		if (text == NULL && x->len == 24)
			return 0; /* bound to a user namespace: only as it is */
		slot = &entry->capabilities;
	} else if (strcmp(x->name, "security.selinux") == 0) {
		size_t len = strnlen((const char *)x->value, x->len);

		text = x->len - len > 1 ? NULL : arena_copy(a, x->value, len);
		slot = &entry->selinux;
	} else if (strcmp(x->name, "system.posix_acl_access") == 0) {
		text = posix_attr_acl(a, x->value, x->len);
		slot = &entry->acl;
	} else if (strcmp(x->name, "system.posix_acl_default") == 0) {
		text = posix_attr_acl(a, x->value, x->len);
		slot = &entry->acl_default;
	}
	if (slot == NULL)
		return 0;
	if (text == NULL)
		return err_input(e, "E_METADATA", "the attribute %s is broken", x->name);
	*slot = slot == &entry->acl && posix_acl_is_mode(text) ? "" : text;
	return 1;
}

int posix_attrs_take(struct arena *a, struct entry *entry, const struct xattr *raw, size_t len, struct err *e)
{
	struct xattr *kept = len ? arena_alloc(a, len * sizeof *kept) : NULL;
	size_t count = 0;

	if (len && kept == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended attributes take too much memory");
	for (size_t i = 0; i < len; i++) {
		int done = take_one(a, entry, &raw[i], e);

		if (done < 0)
			return -1;
		if (done == 0)
			kept[count++] = raw[i];
	}
	entry->xattrs = count ? kept : NULL;
	entry->xattrs_len = count;
	return 0;
}

int posix_attr_unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '%') {
			if (text[1] == 0 || text[2] == 0 || hex_parse(text + 1, 2, &byte) || byte == 0)
				return -1;
			text += 2;
		}
		*to++ = (char)byte;
	}
	*to = 0;
	return 0;
}

static int digit64(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int posix_attr_base64(const char *text, size_t len, unsigned char *ret, size_t *ret_len)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t out = 0;

	while (len && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		int d = digit64(text[i]);

		if (d < 0)
			return -1;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			ret[out++] = (unsigned char)(bits >> have);
		}
	}
	*ret_len = out;
	return 0;
}
