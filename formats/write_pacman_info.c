/* write_pacman_info.c - the metadata of a package for pacman: .PKGINFO, .BUILDINFO, .INSTALL, .CHANGELOG, .MTREE. makepkg(8). */
#include "base/digest.h"
#include "formats/arch.h"
#include "formats/pkginfo.h"
#include "formats/write_pacman.h"
#include <string.h>

enum { MTREE_MOST = 512 << 20 };

int pacman_check(const struct pkg *pkg, struct err *e)
{
	unsigned installs = 0;

	for (size_t i = 0; i < pkg->scripts.len; i++)
		installs += strcmp(pkg->scripts.at[i].source, ".INSTALL") == 0;
	if (installs > 1)
		return err_input(e, "E_METADATA", "a pacman package has one .INSTALL, not %u", installs);
	return pkginfo_check(pkg, FAMILY_PACMAN, e);
}

char *pacman_file_name(const struct pkg *pkg)
{
	AUTO_FREE char *version = pkginfo_version_text(pkg);
	const char *arch = arch_into(FAMILY_PACMAN, pkg->architecture);

	return mem_printf("%s-%s-%s.pkg.tar.zst", pkg->name, version, arch ? arch : pkg->architecture);
}

void pacman_lose(struct pkg *pkg, const char *target)
{
	static const char *const names[] = { ".INSTALL", NULL };

	pkginfo_lose(pkg, target, names);
}

static const char *packager(const struct pkg *pkg)
{
	return *pkg->maintainer ? pkg->maintainer : *pkg->vendor ? pkg->vendor : "Unknown Packager";
}

static void add_identity(struct text *t, const struct pkg *pkg)
{
	AUTO_FREE char *version = pkginfo_version_text(pkg);
	const char *base = pkg_field_get(pkg, "pkgbase");

	pkginfo_add(t, "pkgname", pkg->name);
	pkginfo_add(t, "pkgbase", base ? base : pkg->name);
	pkginfo_add(t, "pkgver", version);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The licence field is one expression of the package model; makepkg writes a line each where a PKGBUILD has several. */
static int pkginfo_text(struct text *t, const struct pkg *pkg, struct pacman_facts *facts, int64_t built, struct err *e)
{
	static const char *const early[] = { "group", NULL },
				 *const late[] = { "makedepend", "checkdepend", "xdata", NULL };

	add_identity(t, pkg);
	pkginfo_add(t, "pkgdesc", *pkg->summary ? pkg->summary : pkg->name);
	pkginfo_add(t, "url", pkg->homepage);
	text_add(t, "builddate = %lld\n", (long long)built);
	pkginfo_add(t, "packager", packager(pkg));
	text_add(t, "size = %llu\n", (unsigned long long)facts->bytes);
	pkginfo_add(t, "arch", arch_into(FAMILY_PACMAN, pkg->architecture));
	pkginfo_add(t, "license", pkg->license);
	if (pkginfo_add_relations(t, pkg, FAMILY_PACMAN, "replaces", 1u << REL_OBSOLETES, e))
		return -1;
	pkginfo_add_fields(t, pkg, early);
	if (pkginfo_add_relations(t, pkg, FAMILY_PACMAN, "conflict", 1u << REL_CONFLICTS, e) ||
		pkginfo_add_relations(t, pkg, FAMILY_PACMAN, "provides", 1u << REL_PROVIDES, e))
		return -1;
	if (facts->backups.len > 1)
		qsort(facts->backups.at, facts->backups.len, sizeof *facts->backups.at, by_text);
	for (size_t i = 0; i < facts->backups.len; i++)
		pkginfo_add(t, "backup", facts->backups.at[i] + 1);
	if (pkginfo_add_relations(t, pkg, FAMILY_PACMAN, "depend", 1u << REL_REQUIRES, e) ||
		pkginfo_add_relations(t, pkg, FAMILY_PACMAN, "optdepend", 1u << REL_SUGGESTS, e))
		return -1;
	pkginfo_add_fields(t, pkg, late);
	return 0;
}

/* What makepkg remembers of a build: ours is none, so the vendor's own lines follow where he had some. */
static void buildinfo_text(struct text *t, const struct pkg *pkg, int64_t built)
{
	static const char *const ours[] = { "format", "pkgname", "pkgbase", "pkgver", "pkgarch", "packager",
		"builddate" };
	const char *old = pkg_field_get(pkg, "control-file:.BUILDINFO");
	struct slice rest = slice_of(old ? old : ""), line;

	text_add(t, "format = 2\n");
	add_identity(t, pkg);
	pkginfo_add(t, "pkgarch", arch_into(FAMILY_PACMAN, pkg->architecture));
	pkginfo_add(t, "packager", packager(pkg));
	text_add(t, "builddate = %lld\n", (long long)built);
	if (!old)
		text_add(t, "builddir = /\nstartdir = /\nbuildtool = sluice\nbuildtoolver = 0\n");
	while (slice_cut(&rest, '\n', &line)) {
		struct slice key = { 0 }, value = line;
		bool is_ours = !slice_cut(&value, '=', &key);

		for (size_t i = 0; i < COUNT(ours); i++)
			is_ours = is_ours || slice_is(slice_trim(key), ours[i]);
		if (!is_ours)
			text_add(t, "%.*s\n", (int)line.len, line.at);
	}
}

/* ---- the members, sorted as makepkg has them, .MTREE over all others */

struct member {
	const char *name, *bytes;
	size_t len;
};

static const struct script *install_of(const struct pkg *pkg)
{
	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (strcmp(pkg->scripts.at[i].source, ".INSTALL") == 0)
			return &pkg->scripts.at[i];
	return NULL;
}

static void list_member(struct pacman_facts *facts, const struct member *m, const char *path, int64_t built)
{
	struct mtree_row row = {
		.path = path, .link = "", .type = ENTRY_FILE, .mode = 0644, .mtime = built, .size = m->len
	};

	struct digest md5;
	char hex[DIGEST_HEX];

	digest_init(&md5, DIGEST_MD5);
	digest_add(&md5, m->bytes, m->len);
	digest_end_hex(&md5, hex);
	digest_done(&md5);
	memcpy(row.md5, hex, sizeof row.md5);
	sha256_hex(m->bytes, m->len, row.sha256);
	*LIST_ADD(&facts->rows) = row;
}

static int pack_mtree(struct pacman_facts *facts, struct member *ret, char **ret_bytes, struct err *e)
{
	AUTO(text) text = { 0 };
	size_t len = 0;
	struct out *out = out_codec(out_mem(MTREE_MOST, ret_bytes, &len), CODEC_GZIP, 0, 1, e);
	int failed;

	if (!out)
		return -1;
	mtree_text(&facts->rows, &text);
	failed = out_write(out, text.at, text.len, e);
	if (failed)
		out_drop(&out);
	else
		failed = out_close(out, e);
	if (failed)
		return -1;
	*ret = (struct member){ ".MTREE", *ret_bytes, len };
	return 0;
}

int pacman_metadata(struct out *out, const struct pkg *pkg, struct pacman_facts *facts, int64_t built, struct err *e)
{
	const struct script *install = install_of(pkg);
	AUTO(text) info = { 0 };
	AUTO(text) build = { 0 };
	AUTO_FREE char *packed = NULL;
	struct member members[5];
	size_t len = 0;
	const char *const paths[] = { "/.BUILDINFO", "/.CHANGELOG", "/.INSTALL", "/.PKGINFO" };

	if (pkginfo_text(&info, pkg, facts, built, e))
		return -1;
	buildinfo_text(&build, pkg, built);
	members[len++] = (struct member){ ".BUILDINFO", build.at, build.len };
	if (*pkg->changelog)
		members[len++] = (struct member){ ".CHANGELOG", pkg->changelog, strlen(pkg->changelog) };
	if (install)
		members[len++] = (struct member){ ".INSTALL", install->body, install->len };
	members[len++] = (struct member){ ".PKGINFO", info.at, info.len };
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < COUNT(paths); k++)
			if (strcmp(paths[k] + 1, members[i].name) == 0)
				list_member(facts, &members[i], paths[k], built);
	members[len] = members[len - 1]; /* .MTREE sorts before .PKGINFO */
	if (pack_mtree(facts, &members[len - 1], &packed, e))
		return -1;
	len++;
	for (size_t i = 0; i < len; i++)
		if (pkginfo_member(out, members[i].name, members[i].bytes, members[i].len, 0644, built, e))
			return err_wrap(e, "%s", members[i].name);
	return 0;
}
