/* dsc_text.c - the text of a .dsc or .changes: taken out of its signature's frame, its list of files checked against itself. */
#include "base/text.h"
#include "formats/dsc.h"
#include <string.h>

static const char frame[] = "-----BEGIN PGP SIGNED MESSAGE-----", seal[] = "-----BEGIN PGP SIGNATURE-----",
		  tail[] = "-----END PGP SIGNATURE-----";

bool dsc_begins(const void *head, size_t len)
{
	return (len >= sizeof frame && memcmp(head, frame, sizeof frame - 1) == 0) ||
		(len >= 8 && memcmp(head, "Format: ", 8) == 0);
}

/* ---- the frame */

static bool line_is(struct slice line, const char *text)
{
	while (line.len && strchr(" \t\r", line.at[line.len - 1]))
		line.len--;
	return slice_is(line, text);
}

/* Behind the seal: armor up to its tail, and nothing else. */
static int check_seal(struct slice rest, struct err *e)
{
	struct slice line;
	bool is_ended = false;

	while (slice_cut(&rest, '\n', &line)) {
		if (is_ended && slice_trim(line).len)
			return err_input(e, "E_TRAILING_DATA", "bytes behind the signature");
		is_ended |= line_is(line, tail);
	}
	return is_ended ? 0 : err_input(e, "E_TRUNCATED", "the signature's end is missing");
}

/* The signed lines, dashes taken off, into the arena. */
static int unframe(struct arena *a, struct slice all, struct slice *ret, struct err *e)
{
	struct slice line;
	char *text = arena_alloc(a, all.len + 1);
	size_t used = 0;

	if (text == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the text takes too much memory");
	if (!slice_cut(&all, '\n', &line) || !line_is(line, frame))
		return err_input(e, "E_STRUCTURE", "the signed text does not begin at its first byte");
	while (slice_cut(&all, '\n', &line) && slice_trim(line).len)
		if (!text_starts(line.at, "Hash: "))
			return err_input(e, "E_STRUCTURE", "a signed text's header other than Hash");
	while (slice_cut(&all, '\n', &line)) {
		if (line_is(line, seal)) {
			*ret = (struct slice){ text, used };
			return check_seal(all, e);
		}
		if (line.len && line.at[0] == '-') {
			if (line.len < 2 || line.at[1] != ' ')
				return err_input(e, "E_STRUCTURE", "a line of a signed text begins with a dash");
			line.at += 2;
			line.len -= 2;
		}
		memcpy(text + used, line.at, line.len);
		used += line.len;
		text[used++] = '\n';
	}
	return err_input(e, "E_TRUNCATED", "the signed text has no signature");
}

/* ---- the files */

static int check_name(const char *name, struct err *e)
{
	if (name[0] == 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_input(e, "E_PATH_ESCAPE", "'%.200s' is no name of a file beside this one", name);
	if (text_has_control(name))
		return err_input(e, "E_NAME_CONTROL", "a file's name holds a control character");
	return 0;
}

static struct dsc_file *find(const struct dsc *d, const char *name)
{
	for (size_t i = 0; i < d->len; i++)
		if (strcmp(d->at[i].name, name) == 0)
			return &d->at[i];
	return NULL;
}

/* Words of a line, up to `most`; how many there were. */
static size_t words(struct arena *a, struct slice line, const char **ret, size_t most)
{
	struct slice word;
	size_t count = 0;

	while (slice_cut(&line, ' ', &word)) {
		word = slice_trim(word);
		if (word.len == 0)
			continue;
		if (count < most)
			ret[count] = arena_copy(a, word.at, word.len);
		if (count < most && ret[count] == NULL)
			return 0;
		count++;
	}
	return count;
}

static int size_of(const char *text, uint64_t *ret, struct err *e)
{
	uint64_t v = 0;

	if (text[0] == 0 || strlen(text) > 18 || text[strspn(text, "0123456789")])
		return err_input(e, "E_METADATA", "'%.40s' is no size", text);
	for (const char *at = text; *at; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	*ret = v;
	return 0;
}

/* "HEX SIZE NAME", one a line. */
static int take_sums(struct arena *a, struct dsc *d, const char *list, struct err *e)
{
	struct slice rest = slice_of(list), line;

	while (slice_cut(&rest, '\n', &line)) {
		const char *w[3];
		struct dsc_file f = { 0 };

		if (slice_trim(line).len == 0)
			continue;
		if (words(a, line, w, 3) != 3 || strlen(w[0]) != 64 || strspn(w[0], "0123456789abcdef") != 64)
			return err_input(e, "E_METADATA", "Checksums-Sha256: a line that is no sum, size and name");
		f.name = w[2];
		memcpy(f.sha256, w[0], sizeof f.sha256);
		if (size_of(w[1], &f.size, e) || check_name(f.name, e))
			return -1;
		if (find(d, f.name))
			return err_input(e, "E_DUPLICATE_NAME", "%s is listed twice", f.name);
		if (d->len == DSC_FILES_MOST)
			return err_input(e, "E_LIMIT_ENTRIES", "more than %d files", DSC_FILES_MOST);
		*LIST_ADD(d) = f;
	}
	return d->len ? 0 : err_input(e, "E_EMPTY", "no file is listed");
}

/* The older list (MD5, size, in uploads section and priority, name) must name the same files. */
static int compare_files(struct arena *a, const struct dsc *d, const char *list, struct err *e)
{
	struct slice rest = slice_of(list), line;
	size_t count = 0;

	while (slice_cut(&rest, '\n', &line)) {
		const char *w[5];
		size_t want = d->is_changes ? 5 : 3;
		const struct dsc_file *f;
		uint64_t size;

		if (slice_trim(line).len == 0)
			continue;
		if (words(a, line, w, 5) != want)
			return err_input(e, "E_METADATA", "Files: a line of other words than it should have");
		f = find(d, w[want - 1]);
		if (size_of(w[1], &size, e))
			return -1;
		if (f == NULL || f->size != size)
			return err_input(
				e, "E_MISMATCH", "Files and Checksums-Sha256 do not say the same of %s", w[want - 1]);
		count++;
	}
	if (count != d->len)
		return err_input(e, "E_MISMATCH", "Files lists %zu files, Checksums-Sha256 %zu", count, d->len);
	return 0;
}

static int take_files(struct arena *a, struct dsc *d, struct err *e)
{
	const char *files = deb822_get(&d->fields, "Files"), *sums = deb822_get(&d->fields, "Checksums-Sha256");

	if (deb822_get(&d->fields, "Format") == NULL || deb822_get(&d->fields, "Source") == NULL ||
		deb822_get(&d->fields, "Version") == NULL || files == NULL)
		return err_input(e, "E_UNKNOWN_FORMAT", "neither a .dsc nor a .changes: a field is missing");
	if (sums == NULL)
		return err_input(e, "E_DIGEST_WEAK", "the files are named by MD5 only (no Checksums-Sha256)");
	d->is_changes = deb822_get(&d->fields, "Changes") || deb822_get(&d->fields, "Distribution");
	return take_sums(a, d, sums, e) || compare_files(a, d, files, e) ? -1 : 0;
}

int dsc_parse(struct arena *a, const char *text, size_t len, struct dsc *ret, struct err *e)
{
	struct dsc d = { .is_signed = len >= sizeof frame && memcmp(text, frame, sizeof frame - 1) == 0 };
	struct slice body = { text, len };

	if (strnlen(text, len) != len)
		return err_input(e, "E_NAME_NUL", "the text holds a NUL byte");
	if ((d.is_signed && unframe(a, body, &body, e)) || deb822_parse(a, body.at, body.len, &d.fields, e) ||
		take_files(a, &d, e)) {
		dsc_done(&d);
		return -1;
	}
	*ret = d;
	return 0;
}

void dsc_done(struct dsc *d)
{
	deb822_done(&d->fields);
	LIST_DONE(d);
}
