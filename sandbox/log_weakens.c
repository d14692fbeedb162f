/* log_weakens.c - which lines say so: a word for protection and, not far away, one that takes it back. Words, not letters: "unsecured" is none
 * of ours, "TLSv1.2" is. */
#include "sandbox/log_weakens.h"
#include "base/base.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* What protects. A word begins so ("tls" is in "TLSv1.3", "certificat" in "certificates"). */
static const char *const subjects[] = { "tls", "ssl", "https", "starttls", "encrypt", "certificat", "cert", "x509",
	"dtls", "peer", "hostname", "mtls" };
/* What takes it back, anywhere in the line, whole words. */
static const char *const takes_back[] = { "disabled", "disabling", "disable", "insecure", "insecurely", "off",
	"without", "unverified", "skipping", "skipped", "skip", "ignoring", "ignored", "deactivated", "unavailable",
	"downgrading", "downgraded", "fallback", "weak", "no" };
static const char *const phrases[] = { "falling back", "fall back", "fell back", "not verif", "not check",
	"not encrypt", "not using", "not support", "not enabled", "not available", "not configured" };
/* These say it all by themselves. */
static const char *const alone[] = { "unencrypted", "plaintext", "plain text", "plain-text", "cleartext", "clear text",
	"clear-text", "insecurerequestwarning", "verify_none", "allow insecure", "insecure mode" };
/* ... but not when they speak of passwords in files, or of what was refused. */
static const char *const harmless[] = { "refus", "reject", "denied", "password file", "text/plain", "not allowed",
	"no longer", "no errors", "no error" };

static bool has(const char *line, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcasestr(line, list[i]))
			return true;
	return false;
}

/* Does a word of the line begin with, or (is_whole) equal, one of the list? */
static bool has_word(const char *line, const char *const *list, size_t len, bool is_whole)
{
	for (const char *at = line; *at; at++) {
		if (!isalnum((unsigned char)*at) || (at > line && isalnum((unsigned char)at[-1])))
			continue;
		for (size_t i = 0; i < len; i++) {
			size_t width = strlen(list[i]);

			if (strncasecmp(at, list[i], width) == 0 && (!is_whole || !isalnum((unsigned char)at[width])))
				return true;
		}
	}
	return false;
}

bool log_weakens(const char *line)
{
	if (has(line, harmless, COUNT(harmless)))
		return false;
	if (has(line, alone, COUNT(alone)))
		return true;
	return has_word(line, subjects, COUNT(subjects), false) &&
		(has_word(line, takes_back, COUNT(takes_back), true) || has(line, phrases, COUNT(phrases)));
}
