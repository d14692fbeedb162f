/* recipe_new.c - the first recipe: who the package is and where it comes from. Its files, users and scripts are in recipe_new_*.c. */
#include "repackager/recipe_new.h"
#include "base/fs.h"
#include "formats/relation.h"
#include "repackager/decode.h"
#include "repackager/identity.h"
#include "repackager/recipe_new_private.h"
#include <ctype.h>
#include <string.h>

enum { PLAIN_MAX = 160 };

/* ---- words of YAML */

static bool is_bare(const char *text)
{
	static const char *const others[] = { "true", "false", "null", "yes", "no", "on", "off", "~" };

	if (!text[0] || !(isalpha((unsigned char)text[0]) || text[0] == '/'))
		return false;
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("/._+-", *at))
			return false;
	for (size_t i = 0; i < COUNT(others); i++)
		if (strcasecmp(text, others[i]) == 0)
			return false;
	return true;
}

const char *draft_quote(struct draft *d, const char *text)
{
	AUTO(text) out = { 0 };
	bool is_plain = text_is_utf8(text, strlen(text)) && !text_has_control(text);

	if (is_bare(text))
		return text;
	AUTO_FREE char *safe = text_printable(text, strlen(text), false);
	if (!is_plain ||
		strcmp(safe, text) != 0) { /* what cannot be shown does not belong in a file that people edit */
		text_add(&out, "'");
		for (const char *at = safe; *at; at++)
			text_add(&out, *at == '\'' ? "''" : "%c", *at);
	} else {
		text_add(&out, "'");
		for (const char *at = text; *at; at++)
			text_add(&out, *at == '\'' ? "''" : "%c", *at);
	}
	text_add(&out, "'");
	return arena_str(&d->arena, out.at);
}

const char *draft_plain(struct draft *d, const char *text)
{
	char line[PLAIN_MAX];

	text_escape(line, sizeof line, text, strlen(text), false);
	return arena_str(&d->arena, line);
}

bool draft_can_name(const char *path)
{
	return !strpbrk(path, "*?[\\") && text_is_utf8(path, strlen(path)) && !text_has_control(path);
}

/* ---- who it is */

/* "Acme Corp. (Linux)" -> "acme"; the schema's pattern for product and vendor. */
static const char *as_word(struct draft *d, const char *text, bool is_first_word)
{
	AUTO(text) out = { 0 };

	for (const char *at = text; *at && out.len < 64; at++) {
		unsigned char c = (unsigned char)tolower((unsigned char)*at);
		if (isalnum(c) && c < 0x80)
			text_add(&out, "%c", c);
		else if (is_first_word && out.len > 0)
			break;
		else if (out.len > 0 && (strchr("+.-", c) || c == '_' || c == ' '))
			text_add(&out, "%c", strchr("+.-", c) ? c : '-');
	}
	while (out.len > 0 && strchr("+.-", out.at[out.len - 1]))
		out.at[--out.len] = '\0';
	return arena_str(&d->arena, out.len ? out.at : "");
}

/* The one folder below /opt that holds something. */
static const char *opt_folder(struct draft *d)
{
	const char *found = "";

	for (size_t i = 0; i < d->pkg.entries.len; i++) {
		const char *path = d->pkg.entries.at[i].path, *name = path + 5;
		size_t len;
		if (!text_starts(path, "/opt/"))
			continue;
		len = strcspn(name, "/");
		if (found[0] && (strlen(found) != len || memcmp(found, name, len) != 0))
			return "";
		found = arena_copy(&d->arena, name, len);
	}
	return found;
}

static const char *guess_vendor(struct draft *d)
{
	const char *mail = strchr(d->pkg.maintainer, '@'),
		   *of[] = { opt_folder(d), d->pkg.vendor, mail ? mail + 1 : "", d->product };

	for (size_t i = 0; i < COUNT(of); i++) {
		const char *word = as_word(d, of[i], i > 0);
		if (word[0])
			return word;
	}
	return "vendor";
}

static void guess_archive(struct draft *d)
{
	const char *name, *machine = json_object_iter_key(json_object_iter(d->machines));

	identity_guess(&d->arena, d->file_name, &name, &d->version, &d->architecture);
	if (name[0])
		d->product = as_word(d, name, false);
	if (d->architecture[0])
		return;
	const char *rpm = json_object_size(d->machines) == 1 ? machine : NULL;
	rpm = rpm && strcmp(rpm, "i386") == 0 ? "i686" : rpm;
	d->architecture = rpm && arch_to_deb(rpm) ? rpm : "noarch";
}

static void guess(struct draft *d)
{
	d->product = as_word(d, d->pkg.name, false);
	d->version = d->architecture = "";
	if (!d->pkg.has_metadata)
		guess_archive(d);
	if (!d->product[0])
		d->product = "product";
	if (!d->product[1]) /* dpkg takes no name of one letter */
		d->product = arena_printf(&d->arena, "%s-product", d->product);
	d->vendor = guess_vendor(d);
}

/* ---- where files of a plain archive go */

static const char *const system_tops[] = { "/usr", "/opt", "/var", "/srv", "/boot" };

static size_t top_len(const char *path)
{
	return 1 + strcspn(path + 1, "/");
}

static bool is_system_top(const char *path)
{
	for (size_t i = 0; i < COUNT(system_tops); i++)
		if (strlen(system_tops[i]) == top_len(path) && strncmp(system_tops[i], path, top_len(path)) == 0)
			return true;
	return false;
}

/* One folder that holds all the rest is left out; what is no file system then goes below /opt. */
static void place_archive(struct draft *d)
{
	const struct entry *at = d->pkg.entries.at;
	size_t len = d->pkg.entries.len;
	bool is_one = len > 1, is_system = false;

	for (size_t i = 0; i < len; i++) {
		is_system |= is_system_top(at[i].path);
		is_one &= top_len(at[i].path) == top_len(at[0].path) &&
			strncmp(at[i].path, at[0].path, top_len(at[0].path)) == 0 &&
			(at[i].path[top_len(at[i].path)] || at[i].type == ENTRY_DIR);
	}
	if (is_one && !is_system) {
		d->strip = 1;
		for (size_t i = 0; i < len; i++) {
			const char *rest = strchr(at[i].path + 1, '/');
			is_system |= rest && is_system_top(rest);
		}
	}
	if (!is_system)
		d->prefix = arena_printf(&d->arena, "/opt/%s", d->product);
}

static void place(struct draft *d)
{
	d->prefix = "";
	if (!d->pkg.has_metadata && d->pkg.entries.len > 0)
		place_archive(d);
	for (size_t i = 0; i < d->pkg.entries.len; i++) {
		const char *path = d->pkg.entries.at[i].path;
		path = d->strip ? strchr(path + 1, '/') : path;
		if (path && d->prefix[0])
			path = arena_printf(&d->arena, "%s%s", d->prefix, path);
		*LIST_ADD(&d->final) = path;
		if (path)
			pathmap_put(&d->paths, path, i);
	}
}

/* ---- sections */

static bool is_beside(struct draft *d, const char *ending)
{
	AUTO_FREE char *path = mem_printf("%s%s", d->file, ending);

	return fs_exists(path);
}

static bool is_in_folder(struct draft *d, const char *name)
{
	const char *slash = strrchr(d->file, '/');
	AUTO_FREE char *path = mem_printf("%.*s%s", slash ? (int)(slash + 1 - d->file) : 0, d->file, name);

	return fs_exists(path);
}

static void put_signature(struct draft *d)
{
	if (d->pkg.signatures.len > 0)
		text_add(&d->out, "  signature: inside          # %s was found; nobody has checked it yet\n",
			draft_plain(d, d->pkg.signatures.at[0].source));
	else if (is_beside(d, ".asc") || is_beside(d, ".sig"))
		text_add(&d->out, "  signature: detached        # lies beside the file; nobody has checked it yet\n");
	else if (is_in_folder(d, "SHA256SUMS") && is_in_folder(d, "SHA256SUMS.asc"))
		text_add(&d->out,
			"  signature: {checksums: SHA256SUMS, over: SHA256SUMS.asc}   # lie beside the file\n");
	else
		text_add(&d->out,
			"  # signature: detached      # none was found; or inside, or {checksums: SHA256SUMS, over: "
			"SHA256SUMS.asc}\n");
}

/* Packages inside an archive: the pattern that takes those of one kind. */
static void put_inner(struct draft *d)
{
	static const char *const endings[] = { ".rpm", ".deb", ".apk", ".pkg.tar.zst", ".pkg.tar.xz" };

	for (size_t k = 0; k < COUNT(endings) && !d->pkg.has_metadata; k++)
		for (size_t i = 0; i < d->pkg.entries.len; i++) {
			const char *path = d->pkg.entries.at[i].path, *slash = strrchr(path, '/');
			if (d->pkg.entries.at[i].type != ENTRY_FILE || !text_ends(path, endings[k]) ||
				!draft_can_name(path))
				continue;
			AUTO_FREE char *pattern = mem_printf("%.*s*%s", (int)(slash - path), path + 1, endings[k]);
			text_add(&d->out,
				"  # inner: %s   # packages are inside: this takes them instead of the archive\n",
				draft_quote(d, pattern));
			break;
		}
}

static void put_source(struct draft *d)
{
	text_add(&d->out, "source:\n");
	put_signature(d);
	put_inner(d);
	if (d->strip)
		text_add(&d->out, "  strip: %u                   # all of it lies in %s/\n", d->strip,
			draft_plain(d,
				arena_copy(&d->arena, d->pkg.entries.at[0].path + 1,
					top_len(d->pkg.entries.at[0].path) - 1)));
	if (strcmp(d->pkg.format, "run") == 0)
		text_add(&d->out,
			"  # answers: answers.txt     # for `sluice capture`, when the installer has to be run after "
			"all: "
			"what it is told\n");
}

/* The characters of a version in a file's name, so that the next one's name matches as well. */
static const char *version_pattern(struct draft *d)
{
	const char *at = d->version[0] ? strstr(d->file_name, d->version) : NULL;
	AUTO(text) p = { 0 };
	struct err none = { 0 };
	const char *parts[2][2];

	if (!at)
		return NULL;
	parts[0][0] = d->file_name;
	parts[0][1] = at;
	parts[1][0] = at + strlen(d->version);
	parts[1][1] = d->file_name + strlen(d->file_name);
	text_add(&p, "^");
	for (int i = 0; i < 2; i++) {
		for (const char *c = parts[i][0]; c < parts[i][1]; c++)
			text_add(&p, strchr(".[]()*+?{}|^$\\", *c) ? *c == '^' || *c == '\\' ? "\\%c" : "[%c]" : "%c",
				*c);
		if (i == 0)
			text_add(&p, "(%s[0-9A-Za-z.+~%s]*)", isdigit((unsigned char)*at) ? "[0-9]" : "",
				strchr(d->version, '-')           ? "_-"
					: strchr(d->version, '_') ? "_"
								  : "");
	}
	text_add(&p, "$");
	const char *found = match_first(&d->arena, p.at, d->file_name, &none);
	return found && strcmp(found, d->version) == 0 ? arena_str(&d->arena, p.at) : NULL;
}

static void put_archive(struct draft *d)
{
	const char *pattern = version_pattern(d);

	text_add(&d->out, "  name: %s\n", draft_quote(d, d->product));
	if (pattern)
		text_add(&d->out, "  version: {match: %s}   # of the file's name: %s\n", draft_quote(d, pattern),
			draft_plain(d, d->version));
	else
		text_add(&d->out,
			"  version: %s               # the file's name tells none that can be counted on: SAY IT\n",
			draft_quote(d, d->version[0] ? d->version : "0"));
	text_add(&d->out, "  release: '1'\n  summary: %s\n  # license: LicenseRef-%s\n", draft_quote(d, d->product),
		draft_plain(d, d->vendor));
	text_add(&d->out, "  architecture: %-12s # %s\n", d->architecture,
		strcmp(d->architecture, "noarch") == 0 ? "there is no program in it, and the file's name says none"
						       : "of the file's name, or of its programs");
}

static void put_kept(struct draft *d, const char *key, const char *value)
{
	if (value[0])
		text_add(&d->out, "  # %s: %s\n", key, draft_quote(d, draft_plain(d, value)));
}

static void put_package(struct draft *d)
{
	text_add(&d->out, "\npackage:\n");
	if (!d->pkg.has_metadata) {
		put_archive(d);
		return;
	}
	text_add(&d->out,
		"  version: '{vendor.version}'\n"
		"  # what is not said stays the vendor's:\n");
	put_kept(d, "name", d->pkg.name);
	put_kept(d, "release", d->pkg.release);
	put_kept(d, "summary", d->pkg.summary);
	put_kept(d, "license", d->pkg.license);
	put_kept(d, "architecture", d->pkg.architecture);
	put_kept(d, "maintainer", d->pkg.maintainer);
	put_kept(d, "homepage", d->pkg.homepage);
}

static void put_head(struct draft *d)
{
	const char *file = draft_plain(d, d->file_name);

	text_add(&d->out,
		"# A first recipe for %s (%s), by `sluice recipe new`: guesses and suggestions, from what is inside. "
		"Change what is wrong, then:\n"
		"#   sluice recipe check THIS.yaml FILE\n"
		"#   sluice convert FILE --to deb,rpm --output DIR --recipe THIS.yaml\n"
		"version: 1\nproduct: %s\nvendor: %s                  # a guess; its keys are pinned in the policy (or "
		"{name: %s, keys: FILE.asc})\n",
		file, d->pkg.format, draft_quote(d, d->product), draft_quote(d, d->vendor), d->vendor);
}

static int write_all(struct draft *d, struct err *e)
{
	put_head(d);
	put_source(d);
	put_package(d);
	draft_files(d);
	draft_users(d);
	draft_services(d);
	draft_scripts(d);
	if (draft_losses(d, e))
		return -1;
	text_add(&d->out, "# test: {root: {deb: deb12, rpm: el9}, with: test-deps/}\n# expect: expect.yaml\n");
	return 0;
}

int recipe_new(const char *file, const struct events *events, char **ret_text, struct err *e)
{
	const char *slash = strrchr(file, '/');
	struct draft d = { .file = file, .file_name = slash && slash[1] ? slash + 1 : file };
	struct decode job = { .path = file, .want_facts = true, .events = events };
	AUTO_JSON *facts = NULL;

	arena_init(&d.arena, 0);
	pkg_init(&d.pkg, 0);
	int failed = decode(&job, NULL, &d.pkg, &facts, NULL, e);
	if (!failed) {
		d.machines = json_map(json_map(facts, "introduced"), "machines");
		guess(&d);
		place(&d);
		failed = write_all(&d, e);
	}
	if (!failed)
		*ret_text = text_take(&d.out);
	text_done(&d.out);
	pathmap_done(&d.paths);
	LIST_DONE(&d.final);
	pkg_done(&d.pkg);
	arena_done(&d.arena);
	return failed;
}
