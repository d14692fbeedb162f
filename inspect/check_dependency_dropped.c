/* check_dependency_dropped.c - requirements that stand for protection: TLS, certificates, audit, confinement. A package that no longer needs
 * them may have stopped protecting. Families, not names: libssl1.1 -> libssl3 is the same protection. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/fact.h"
#include <fnmatch.h>

static const struct family {
	const char *id, *what;
	const char *patterns[10];
} families[] = {
	{ "openssl", "encrypted connections (OpenSSL)",
		{ "openssl", "openssl-libs", "libssl[0-9]*", "libssl.so*", "libcrypto.so*", "libcrypto[0-9]*",
			"libopenssl*" } },
	{ "gnutls", "encrypted connections (GnuTLS)",
		{ "gnutls", "libgnutls[0-9]*", "libgnutls.so*", "gnutls-bin", "gnutls-utils" } },
	{ "nss", "encrypted connections (NSS)", { "libnss3", "nss", "libnss3.so*", "libssl3.so*", "mozilla-nss" } },
	{ "mbedtls", "encrypted connections (mbed TLS)", { "libmbedtls*", "mbedtls" } },
	{ "ca-certificates", "knowing which servers to trust", { "ca-certificates*", "p11-kit-trust" } },
	{ "audit", "recording who did what", { "libaudit[0-9]*", "audit-libs", "libaudit.so*", "audit", "auditd" } },
	{ "pam", "checking who logs in",
		{ "libpam[0-9]*", "pam", "libpam.so*", "libpam-modules*", "libpam-runtime", "pam-libs" } },
	{ "selinux", "confining programs (SELinux)",
		{ "libselinux[0-9]*", "libselinux", "libselinux.so*", "selinux-policy*" } },
	{ "apparmor", "confining programs (AppArmor)", { "libapparmor[0-9]*", "apparmor*", "libapparmor.so*" } },
	{ "seccomp", "confining programs (seccomp)", { "libseccomp[0-9]*", "libseccomp", "libseccomp.so*" } },
	{ "libcap", "giving up rights (libcap)",
		{ "libcap[0-9]*", "libcap", "libcap.so*", "libcap-ng*", "libcap-ng.so*" } },
	{ "gnupg", "checking signatures (GnuPG)", { "gnupg*", "gpgv*", "libgpgme*", "gpgme" } },
	{ "kerberos", "checking who logs in (Kerberos)", { "libgssapi-krb5-*", "krb5-libs", "libgssapi_krb5.so*" } },
	{ "libsodium", "cryptography (libsodium)", { "libsodium[0-9]*", "libsodium", "libsodium.so*" } },
};

static bool names_family(const struct relation *r, const struct family *f)
{
	for (size_t k = 0; k < COUNT(f->patterns) && f->patterns[k]; k++)
		if (fnmatch(f->patterns[k], r->name, 0) == 0)
			return true;
	return false;
}

enum { DEPTH_MAX = 32 };

/* Is the family needed whichever way the relation is met? `a | b` needs it only when both do. */
static bool needs_family(const struct relation *r, const struct family *f, unsigned depth)
{
	size_t needing = 0;

	if (r->tree == REL_PLAIN)
		return names_family(r, f);
	if (depth >= DEPTH_MAX)
		return false;
	for (size_t i = 0; i < r->parts_len; i++)
		needing += needs_family(&r->parts[i], f, depth + 1);
	if (r->tree == REL_AND || r->tree == REL_WITH)
		return needing > 0;
	return r->tree == REL_OR && needing > 0 && needing == r->parts_len;
}

static const char *needed_by(const struct pkg *pkg, const struct family *f)
{
	for (size_t i = 0; i < pkg->relations.len; i++) {
		const struct relation *r = &pkg->relations.at[i];

		if ((r->kind == REL_REQUIRES || r->kind == REL_PRE_REQUIRES) && needs_family(r, f, 0))
			return r->text[0] ? r->text : r->name;
	}
	return NULL;
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *facts = json_object();

	for (size_t i = 0; i < COUNT(families); i++) {
		const char *text = needed_by(pkg, &families[i]);
		AUTO_JSON *item = json_object();

		if (text == NULL)
			continue;
		json_set_str(item, "path", text);
		json_object_set(facts, families[i].id, item);
	}
	return json_pack("{s:o}", "families", facts);
}

static void compare(struct compare *c)
{
	const json_t *before = json_map(c->old, "families"), *now = json_map(c->new, "families");

	for (size_t i = 0; i < COUNT(families); i++) {
		const struct family *f = &families[i];
		const json_t *then = json_object_get(before, f->id);

		if (then == NULL || json_object_get(now, f->id))
			continue;
		finding_add(c, SEVERITY_MEDIUM, f->id, fact_path(then), "",
			arena_printf(c->arena,
				"The package no longer requires what it used for %s (%s). It may have stopped doing "
				"it, or brings a copy of its own.",
				f->what, fact_path(then)),
			"Ask the vendor what took its place; a copy inside the package must be kept up to date by the "
			"vendor.");
	}
}

const struct check check_dependency_dropped = {
	.id = "dependency-dropped",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Requirements that stand for protection (TLS libraries, certificates, audit, PAM, confinement) and "
		 "are no longer there.",
	.why = "Package relations are the vendor's own word on what the program uses. When OpenSSL, the "
	       "certificate store, PAM or the audit library leaves that list, the protection was removed, or "
	       "was copied into the package where nobody updates it. Families are compared, not names, so a "
	       "new soname is no finding. Known false alarm: a change to another library of the same kind "
	       "(OpenSSL to GnuTLS); the checks tls-dropped and tls-dropped-wire say whether the program "
	       "still encrypts.",
	.collect = collect,
	.compare = compare,
};
