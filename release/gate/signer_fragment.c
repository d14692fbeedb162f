/* signer_fragment.c - what a stored fragment may say in an index: one package, the one that was voted on, and nothing beside it.
 *
 * A vote covers a fragment by digest only, and the submitter named it. So its text is held against the package's own members before it is signed:
 * another digest, another place or a second package in it would be let out by nobody. */
#include "base/text.h"
#include "release/gate/signer_impl.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int unfit(const json_t *package, const char *why, struct err *e)
{
	return err_verdict(e, "E_MISMATCH", "the index fragment of %s %s: %s", json_text(package, "name"),
		json_text(package, "version"), why);
}

/* ---- apt: fields of one stanza */
static const char *const hashes[] = { "MD5sum", "SHA1", "SHA512" }; /* apt would believe the strongest */

static bool names(const struct slice *line, const char *field)
{
	size_t len = strlen(field);

	return line->len > len && line->at[len] == ':' && strncasecmp(line->at, field, len) == 0;
}

static bool says(const struct slice *line, const char *field, const char *value)
{
	struct slice found = slice_trim((struct slice){ line->at + strlen(field) + 1, line->len - strlen(field) - 1 });

	return found.len == strlen(value) && memcmp(found.at, value, found.len) == 0;
}

/* How often the field stands there; -1: with another value. */
static int said(const char *text, const char *field, const char *value)
{
	struct slice rest = slice_of(text), line;
	int times = 0;

	while (slice_cut(&rest, '\n', &line))
		if (names(&line, field)) {
			if (!says(&line, field, value))
				return -1;
			times++;
		}
	return times;
}

static bool is_one_stanza(const char *text, size_t len)
{
	const char *end = strstr(text, "\n\n");

	return strlen(text) == len && len > 2 && *text > ' ' && end && end[2] == '\0' && !strchr(text, '\r');
}

/* A line of blanks alone ends a stanza for some readers. */
static bool has_blank_line(const char *text)
{
	struct slice rest = slice_of(text), line;

	while (slice_cut(&rest, '\n', &line))
		if (line.len > 0 && slice_trim(line).len == 0)
			return true;
	return false;
}

int fragment_fits_apt(const json_t *package, const char *text, size_t len, struct err *e)
{
	char size[24];
	const struct {
		const char *field, *value;
	} wanted[] = {
		{ "Package", json_text(package, "name") },
		{ "Version", json_text(package, "version") },
		{ "Architecture", json_text(package, "architecture") },
		{ "Filename", json_text(package, "location") },
		{ "Size", size },
		{ "SHA256", json_text(package, "sha256") },
	};

	snprintf(size, sizeof size, "%lld", (long long)json_int(package, "size"));
	if (!is_one_stanza(text, len) || has_blank_line(text))
		return unfit(package, "it is not one stanza", e);
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (said(text, wanted[i].field, wanted[i].value) != 1) {
			AUTO_FREE char *why = mem_printf("its %s is not '%s'", wanted[i].field, wanted[i].value);

			return unfit(package, why, e);
		}
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (said(text, hashes[i], ""))
			return unfit(package, "it names a digest that nobody voted on", e);
	return 0;
}

/* ---- Contents: lines that end with the package's name */
static bool is_own_line(const struct slice *line, const char *name)
{
	size_t len = strlen(name);
	char before;

	if (line->len < len + 2 || memcmp(line->at + line->len - len, name, len) != 0)
		return false;
	before = line->at[line->len - len - 1];
	return before == '/' || before == ' ';
}

int fragment_fits_contents(const json_t *package, const char *text, size_t len, struct err *e)
{
	struct slice rest = slice_of(text), line;

	if (strlen(text) != len || len == 0 || text[len - 1] != '\n')
		return unfit(package, "its list of files is no lines", e);
	while (slice_cut(&rest, '\n', &line))
		if (!is_own_line(&line, json_text(package, "name")))
			return unfit(package, "its list of files speaks of another package", e);
	return 0;
}

/* ---- rpm-md: three elements */
static size_t times(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		count++;
	return count;
}

/* Text that begins with its only package element, ends with it, and holds nothing that is not plain elements. */
static bool is_one_element(const char *text)
{
	static const char begin[] = "<package ", end[] = "</package>";
	const char *close = strstr(text, end);

	return text_starts(text, begin) && times(text, "<package") - times(text, "<packager") == 1 && close &&
		strspn(close + sizeof end - 1, "\n") == strlen(close + sizeof end - 1) && !strstr(text, "<!") &&
		!strstr(text, "<?");
}

static bool holds_once(const char *text, const char *element, char *whole)
{
	AUTO_FREE char *owned = whole;

	return times(text, element) == 1 && strstr(text, owned);
}

int fragment_fits_rpmmd(const json_t *package, const json_t *fragment, struct err *e)
{
	static const char *const others[] = { "filelists", "other" };
	const char *primary = json_text(fragment, "primary"), *sha256 = json_text(package, "sha256");
	AUTO_FREE char *own = mem_printf("pkgid=\"%s\"", sha256);

	if (!is_one_element(primary))
		return unfit(package, "its 'primary' is not one package", e);
	if (!holds_once(
		    primary, "<checksum", mem_printf("<checksum type=\"sha256\" pkgid=\"YES\">%s</checksum>", sha256)))
		return unfit(package, "its checksum is another", e);
	if (!holds_once(primary, "<location", mem_printf("<location href=\"%s\"/>", json_text(package, "location"))))
		return unfit(package, "its location is another", e);
	if (!holds_once(primary, "<name>", mem_printf("<name>%s</name>", json_text(package, "name"))))
		return unfit(package, "its name is another", e);
	for (size_t i = 0; i < COUNT(others); i++) {
		const char *text = json_text(fragment, others[i]);
		const char *end = strchr(text, '>'), *found = strstr(text, own);

		if (!is_one_element(text) || times(text, "pkgid=") != 1 || !found || found > end)
			return unfit(package, "its file lists or changes are of another package", e);
	}
	return 0;
}
