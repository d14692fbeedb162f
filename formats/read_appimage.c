/* read_appimage.c - AppImages: a program (ELF) with a file system behind it. Type 2 has a squashfs image, type 1 is an ISO image at the same time.
 *
 * Source: the AppImage specification (draft): magic "AI" and the type at byte 8; the image of type 2 begins where the ELF ends. Where that is,
 * the ELF's own tables say (elf(5)). Nothing of it runs. */
#include "base/fs.h"
#include "base/text.h"
#include "formats/appimage.h"
#include "formats/iso.h"
#include "formats/squashfs.h"
#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>

enum { DESKTOP_MOST = 64 << 10, UPDATE_MOST = 1024, TABLE_MOST = 4096, ISO_MAGIC_AT = 32769 };
/* Type 1 keeps its update information where a volume descriptor leaves room for applications (ECMA-119, 8.4.32). */
enum { TYPE1_UPDATE_AT = 32768 + 883, TYPE1_UPDATE = 512 };

unsigned appimage_type(const unsigned char *head, size_t len)
{
	bool is_one = len > 11 && memcmp(head, ELFMAG, SELFMAG) == 0 && head[8] == 'A' && head[9] == 'I' &&
		(head[10] == 1 || head[10] == 2);

	return is_one ? head[10] : 0;
}

static int appimage_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && appimage_type(head, len) ? 90 : 0;
}

/* ---- the ELF's end */

struct elf {
	int fd;
	uint64_t size, end;
	bool is_wide;
	uint16_t machine, section_size, sections, names, segment_size, segments;
	uint64_t sections_at, segments_at;
};

static int elf_head(struct elf *f, struct err *e)
{
	unsigned char h[sizeof(Elf64_Ehdr)];
	Elf32_Ehdr narrow;
	Elf64_Ehdr wide;

	if (f->size < sizeof h)
		return err_input(e, "E_TRUNCATED", "the file ends in the ELF header");
	if (fd_pread(f->fd, h, sizeof h, 0, e))
		return -1;
	if (h[EI_DATA] != ELFDATA2LSB || (h[EI_CLASS] != ELFCLASS32 && h[EI_CLASS] != ELFCLASS64))
		return err_input(e, "E_UNSUPPORTED", "an ELF program of another byte order or width");
	f->is_wide = h[EI_CLASS] == ELFCLASS64;
	memcpy(&narrow, h, sizeof narrow);
	memcpy(&wide, h, sizeof wide);
	f->machine = f->is_wide ? wide.e_machine : narrow.e_machine;
	f->sections_at = f->is_wide ? wide.e_shoff : narrow.e_shoff;
	f->section_size = f->is_wide ? wide.e_shentsize : narrow.e_shentsize;
	f->sections = f->is_wide ? wide.e_shnum : narrow.e_shnum;
	f->segments_at = f->is_wide ? wide.e_phoff : narrow.e_phoff;
	f->segment_size = f->is_wide ? wide.e_phentsize : narrow.e_phentsize;
	f->segments = f->is_wide ? wide.e_phnum : narrow.e_phnum;
	f->names = f->is_wide ? wide.e_shstrndx : narrow.e_shstrndx;
	return 0;
}

static int elf_section(const struct elf *f, unsigned index, Elf64_Shdr *ret, struct err *e)
{
	Elf32_Shdr n;
	uint64_t at = f->sections_at + (uint64_t)index * f->section_size;

	if (f->is_wide)
		return fd_pread(f->fd, ret, sizeof *ret, at, e);
	if (fd_pread(f->fd, &n, sizeof n, at, e))
		return -1;
	*ret = (Elf64_Shdr){
		.sh_name = n.sh_name, .sh_type = n.sh_type, .sh_offset = n.sh_offset, .sh_size = n.sh_size
	};
	return 0;
}

/* A stretch of the program: it must lie in the file, and the program ends behind it. */
static int elf_covers(struct elf *f, uint64_t at, uint64_t len, const char *what, struct err *e)
{
	if (at > f->size || len > f->size - at)
		return err_input(e, "E_CORRUPT", "the ELF's %s lie outside the file", what);
	if (at + len > f->end)
		f->end = at + len;
	return 0;
}

static int elf_tables(struct elf *f, struct err *e)
{
	size_t section = f->is_wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	size_t segment = f->is_wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if ((f->sections && f->section_size != section) || (f->segments && f->segment_size != segment) ||
		f->sections > TABLE_MOST || f->segments > TABLE_MOST)
		return err_input(e, "E_CORRUPT", "%u section headers of %u bytes, %u program headers of %u bytes",
			f->sections, f->section_size, f->segments, f->segment_size);
	return elf_covers(f, f->sections_at, (uint64_t)f->sections * f->section_size, "section headers", e) ||
			elf_covers(f, f->segments_at, (uint64_t)f->segments * f->segment_size, "program headers", e)
		? -1
		: 0;
}

static int elf_segment(struct elf *f, unsigned index, struct err *e)
{
	uint64_t at = f->segments_at + (uint64_t)index * f->segment_size;
	Elf64_Phdr wide;
	Elf32_Phdr narrow;

	if (fd_pread(f->fd, f->is_wide ? (void *)&wide : (void *)&narrow, f->segment_size, at, e))
		return -1;
	return f->is_wide ? elf_covers(f, wide.p_offset, wide.p_filesz, "segments", e)
			  : elf_covers(f, narrow.p_offset, narrow.p_filesz, "segments", e);
}

/* Behind its tables, its segments and its sections, whichever is last. */
static int elf_end(struct elf *f, struct err *e)
{
	if (elf_head(f, e) || elf_tables(f, e))
		return -1;
	for (unsigned i = 0; i < f->segments; i++)
		if (elf_segment(f, i, e))
			return -1;
	for (unsigned i = 0; i < f->sections; i++) {
		Elf64_Shdr s;

		if (elf_section(f, i, &s, e) ||
			(s.sh_type != SHT_NULL && s.sh_type != SHT_NOBITS &&
				elf_covers(f, s.sh_offset, s.sh_size, "sections", e)))
			return -1;
	}
	return 0;
}

/* The section of that name; false: there is none. */
static bool elf_find(const struct elf *f, const char *name, Elf64_Shdr *ret)
{
	Elf64_Shdr names;
	struct err e;
	char got[32];
	size_t len = strlen(name) + 1;

	if (f->names >= f->sections || len > sizeof got || elf_section(f, f->names, &names, &e))
		return false;
	for (unsigned i = 0; i < f->sections; i++)
		if (elf_section(f, i, ret, &e) == 0 && ret->sh_type != SHT_NOBITS && names.sh_size >= len &&
			ret->sh_name <= names.sh_size - len &&
			fd_pread(f->fd, got, len, names.sh_offset + ret->sh_name, &e) == 0 &&
			memcmp(got, name, len) == 0)
			return true;
	return false;
}

/* ---- metadata */

static const char *architecture_of(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} table[] = { { EM_X86_64, "x86_64" }, { EM_386, "i686" }, { EM_AARCH64, "aarch64" }, { EM_ARM, "armv7hl" },
		{ EM_RISCV, "riscv64" }, { EM_PPC64, "ppc64le" } };

	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].machine == machine)
			return table[i].name;
	return "";
}

/* A name for people as one for packages: small letters, digits and '+-.'; the rest becomes one '-'. */
static char *package_name(struct arena *a, const char *shown)
{
	char *name = arena_str(a, shown), *to = name;

	for (const char *at = name; at && *at; at++) {
		bool is_plain = isalnum((unsigned char)*at) || (to > name && strchr("+.", *at));

		if (is_plain)
			*to++ = (char)tolower((unsigned char)*at);
		else if (to > name && to[-1] != '-')
			*to++ = '-';
	}
	while (to && to > name && to[-1] == '-')
		to--;
	if (to)
		*to = 0;
	return name;
}

static int keep(struct pkg *pkg, const char *name, struct slice value, struct err *e)
{
	char *text = arena_copy(&pkg->arena, value.at, value.len);

	if (text == NULL || pkg_field(pkg, name, text))
		return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	if (strcmp(name, "desktop:Name") == 0)
		pkg->name = package_name(&pkg->arena, text);
	if (strcmp(name, "desktop:X-AppImage-Version") == 0)
		pkg->version = text;
	if (strcmp(name, "desktop:Comment") == 0)
		pkg->summary = text;
	return pkg->name ? 0 : err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
}

/* Keys of the group [Desktop Entry]; Desktop Entry Specification 1.5. The first of a name counts. */
static int take_desktop(const char *text, size_t len, struct pkg *pkg, struct err *e)
{
	static const char *const keys[] = { "Name", "Comment", "Exec", "X-AppImage-Version", "X-AppImage-Name",
		"Categories" };
	struct slice rest = { text, len }, line;
	bool is_ours = false;

	if (!text_is_utf8(text, len) || strlen(text) != len)
		return err_input(e, "E_METADATA", "the .desktop file is no UTF-8 text");
	while (slice_cut(&rest, '\n', &line)) {
		if (line.len && *line.at == '[')
			is_ours = slice_is(slice_trim(line), "[Desktop Entry]");
		for (size_t i = 0; is_ours && i < COUNT(keys); i++) {
			size_t key = strlen(keys[i]);
			AUTO_FREE char *name = mem_printf("desktop:%s", keys[i]);
			struct slice value = { line.at + key + 1, line.len > key ? line.len - key - 1 : 0 };

			if (line.len > key && memcmp(line.at, keys[i], key) == 0 && line.at[key] == '=' &&
				!pkg_field_get(pkg, name) && keep(pkg, name, slice_trim(value), e))
				return -1;
		}
	}
	return 0;
}

static int take_update(const char *update, struct pkg *pkg, struct err *e)
{
	return *update && pkg_field(pkg, "update-information", update)
		? err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory")
		: 0;
}

static int take_metadata(struct squashfs *q, const struct elf *f, struct pkg *pkg, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	Elf64_Shdr s;
	char update[UPDATE_MOST + 1] = "";

	pkg->architecture = pkg->architecture_native = architecture_of(f->machine);
	if (squashfs_file(q, "*.desktop", DESKTOP_MOST, &text, &len, e))
		return -1;
	if (text && take_desktop(text, len, pkg, e))
		return -1;
	if (elf_find(f, ".upd_info", &s) && s.sh_size <= UPDATE_MOST &&
		fd_pread(f->fd, update, s.sh_size, s.sh_offset, e) == 0)
		return take_update(update, pkg, e);
	return 0;
}

static int take_metadata1(struct iso *iso, const struct elf *f, struct pkg *pkg, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	char update[TYPE1_UPDATE + 1] = "";

	pkg->architecture = pkg->architecture_native = architecture_of(f->machine);
	if (iso_file(iso, "*.desktop", DESKTOP_MOST, &text, &len, e))
		return -1;
	if (text && take_desktop(text, len, pkg, e))
		return -1;
	if (fd_pread(f->fd, update, TYPE1_UPDATE, TYPE1_UPDATE_AT, e))
		return -1;
	for (len = strlen(update); len > 0 && update[len - 1] == ' ';)
		update[--len] = 0;
	/* Writers of images leave other things there: it is a transport and its parts, "zsync|...", or it is not meant. */
	return strchr(update, '|') && text_is_utf8(update, len) ? take_update(update, pkg, e) : 0;
}

/* A signature inside the ELF covers the file with the signature's own section zeroed, through a digest in text: no range of bytes. */
static int tell_signature(const struct elf *f, struct pkg *pkg, struct err *e)
{
	Elf64_Shdr s;
	char first[16] = "";

	if (!elf_find(f, ".sha256_sig", &s) || s.sh_size < sizeof first)
		return 0;
	if (fd_pread(f->fd, first, sizeof first, s.sh_offset, e))
		return -1;
	if (memcmp(first, "-----BEGIN PGP", 14) == 0)
		pkg_warn(pkg, "E_SIG_PARTIAL", ".sha256_sig",
			"the AppImage's own signature is not verified; a signature beside the file is");
	return 0;
}

/* ---- both types */

static int read_type2(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct elf f = { .fd = src->fd, .size = src->size };
	AUTO_SQUASHFS *q = NULL;
	struct guard *g;
	int done;

	if (elf_end(&f, e))
		return -1;
	if (f.end == src->size)
		return err_input(e, "E_TRUNCATED", "the file ends with its program: no file system follows");
	if (squashfs_open(src->fd, f.end, src->size - f.end, limits, &q, e))
		return err_wrap(e, "behind the program, at %llu", (unsigned long long)f.end);
	g = guard_new(sink, limits, src->size, pkg);
	done = take_metadata(q, &f, pkg, e) || tell_signature(&f, pkg, e) || squashfs_tail(q, pkg, e) ||
			sink_begin(guard_sink(g), pkg, e) || squashfs_pass(q, g, pkg, true, e) || guard_finish(g, e)
		? -1
		: 0;
	guard_free(g);
	return done;
}

/* The program lies in the image's system area (ECMA-119, 6.2.1), which no reader of images looks at; only its machine counts. */
static int read_type1(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct elf f = { .fd = src->fd, .size = src->size };
	AUTO_ISO *iso = NULL;
	struct guard *g;
	char magic[5];
	int done;

	if (src->size < ISO_MAGIC_AT + sizeof magic)
		return err_input(e, "E_TRUNCATED", "an AppImage of type 1 that ends before its ISO image");
	if (fd_pread(src->fd, magic, sizeof magic, ISO_MAGIC_AT, e))
		return -1;
	if (memcmp(magic, "CD001", sizeof magic) != 0)
		return err_input(e, "E_CORRUPT", "an AppImage of type 1 without an ISO image");
	if (elf_head(&f, e) || iso_open(src, limits, pkg, &iso, e))
		return -1;
	g = guard_new(sink, limits, src->size, pkg);
	done = take_metadata1(iso, &f, pkg, e) || sink_begin(guard_sink(g), pkg, e) || iso_pass(iso, g, e) ||
			guard_finish(g, e)
		? -1
		: 0;
	guard_free(g);
	return done;
}

static int appimage_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	unsigned char type;

	pkg->format = "appimage";
	if (fd_pread(src->fd, &type, 1, 10, e))
		return -1;
	return type == 1 ? read_type1(src, limits, sink, pkg, e) : read_type2(src, limits, sink, pkg, e);
}

const struct reader read_appimage = {
	"appimage",
	appimage_bid,
	appimage_read,
	"AppImages, never run: type 2 (a squashfs image behind a program), type 1 (an ISO image around one)",
};
