/* test_elf.c - what elf.c reads: of files laid out by hand in both sizes and byte orders, of programs that gcc builds, of the same without their
 * sections, and of files damaged everywhere. */
#include "base/fs.h"
#include "base/text.h"
#include "inspect/elf.h"
#include "inspect/jar.h"
#include "inspect/tls_table.h"
#include "tests/unit/inspect/build_elf.h"
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on

/* ---- by hand */
enum { DYNAMIC = 0x200, STRINGS = 0x400, SYMBOLS = 0x500, HASH = 0x600, SIZE = 0x700 };

struct made {
	unsigned char bytes[SIZE + 1];
	bool is_wide, is_big;
};

static void put(struct made *m, size_t at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		m->bytes[at + i] = (unsigned char)(value >> 8 * (m->is_big ? size - 1 - i : i));
}

static void word(struct made *m, size_t at, uint64_t value)
{
	put(m, at, value, m->is_wide ? 8 : 4);
}

static void put_header(struct made *m)
{
	unsigned char ident[] = { 0x7f, 'E', 'L', 'F', m->is_wide ? ELFCLASS64 : ELFCLASS32,
		m->is_big ? ELFDATA2MSB : ELFDATA2LSB, 1 };
	size_t w = m->is_wide ? 8 : 4, flags = 24 + 3 * w;

	memcpy(m->bytes, ident, sizeof ident);
	put(m, 16, ET_DYN, 2);
	put(m, 18, m->is_big ? EM_PPC64 : EM_X86_64, 2);
	put(m, 20, 1, 4);
	word(m, 24 + w, m->is_wide ? 64 : 52);      /* program headers behind the header */
	put(m, flags + 4, m->is_wide ? 64 : 52, 2); /* the header's own size */
	put(m, flags + 6, m->is_wide ? 56 : 32, 2);
	put(m, flags + 8, 3, 2);
	put(m, flags + 10, m->is_wide ? 64 : 40, 2);
}

static void put_segment(struct made *m, unsigned index, unsigned type, unsigned flags, uint64_t offset, uint64_t size)
{
	size_t at = (m->is_wide ? 64 : 52) + index * (m->is_wide ? 56u : 32u);

	put(m, at, type, 4);
	put(m, m->is_wide ? at + 4 : at + 24, flags, 4);
	word(m, m->is_wide ? at + 8 : at + 4, offset);
	word(m, m->is_wide ? at + 16 : at + 8, offset);
	word(m, m->is_wide ? at + 32 : at + 16, size);
	word(m, m->is_wide ? at + 40 : at + 20, size);
}

static void put_dynamic(struct made *m)
{
	static const uint64_t tags[][2] = { { DT_NEEDED, 1 }, { DT_SONAME, 13 }, { DT_RUNPATH, 23 },
		{ DT_STRTAB, STRINGS }, { DT_STRSZ, 0x60 }, { DT_SYMTAB, SYMBOLS }, { DT_HASH, HASH },
		{ DT_FLAGS_1, DF_1_NOW }, { DT_NULL, 0 } };
	static const char strings[] = "\0libssl.so.3\0liba.so.1\0$ORIGIN\0SSL_connect\0mine\0";
	size_t w = m->is_wide ? 8 : 4, step = m->is_wide ? 24 : 16;

	for (size_t i = 0; i < COUNT(tags); i++) {
		word(m, DYNAMIC + 2 * w * i, tags[i][0]);
		word(m, DYNAMIC + 2 * w * i + w, tags[i][1]);
	}
	memcpy(m->bytes + STRINGS, strings, sizeof strings);
	put(m, SYMBOLS + step, 31, 4); /* SSL_connect, undefined */
	put(m, SYMBOLS + step + (m->is_wide ? 4 : 12), STB_GLOBAL << 4 | STT_FUNC, 1);
	put(m, SYMBOLS + 2 * step, 43, 4); /* mine */
	put(m, SYMBOLS + 2 * step + (m->is_wide ? 4 : 12), STB_GLOBAL << 4 | STT_FUNC, 1);
	put(m, SYMBOLS + 2 * step + (m->is_wide ? 6 : 14), 1, 2);
	put(m, HASH, 1, 4);
	put(m, HASH + 4, 3, 4);
}

static void make(struct made *m, bool is_wide, bool is_big)
{
	*m = (struct made){ .is_wide = is_wide, .is_big = is_big };
	put_header(m);
	put_segment(m, 0, PT_LOAD, PF_R | PF_W | PF_X, 0, SIZE);
	put_segment(m, 1, PT_DYNAMIC, PF_R, DYNAMIC, 9 * (is_wide ? 16 : 8));
	put_segment(m, 2, PT_GNU_STACK, PF_R | PF_W, 0, 0);
	put_dynamic(m);
}

static void both_sizes_and_orders(void **state)
{
	for (unsigned k = 0; k < 4; k++) {
		struct made m;

		make(&m, k & 1, k & 2);
		struct elf *elf = elf_parse(m.bytes, SIZE);
		assert_non_null(elf);
		assert_string_equal(elf->kind, "library");
		assert_string_equal(elf->machine, k & 2 ? "ppc64" : "x86_64");
		assert_int_equal(elf->needed_len, 1);
		assert_string_equal(elf->needed[0], "libssl.so.3");
		assert_string_equal(elf->soname, "liba.so.1");
		assert_string_equal(elf->runpath, "$ORIGIN");
		assert_null(elf->rpath);
		assert_int_equal(elf->imports_len, 1);
		assert_string_equal(elf->imports[0].name, "SSL_connect");
		assert_int_equal(elf->exports_len, 1);
		assert_string_equal(elf->exports[0].name, "mine");
		assert_int_equal(elf->flags, ELF_BIND_NOW | ELF_RWX);
		elf_free(elf);
	}
}

/* What is built so that we would read another thing than the loader is told as not seen. */
static void built_to_be_misread(void **state)
{
	for (unsigned k = 0; k < 4; k++) {
		size_t table = k & 1 ? 64 : 52, step = k & 1 ? 56 : 32, w = k & 1 ? 8 : 4;
		struct made m[5];

		for (size_t i = 0; i < COUNT(m); i++)
			make(&m[i], k & 1, k & 2);
		put_segment(&m[0], 2, PT_DYNAMIC, PF_R, DYNAMIC, 2 * w);
		word(&m[1], table + step + (k & 1 ? 16 : 8), HASH); /* its address is elsewhere than its bytes */
		put_segment(&m[2], 2, PT_LOAD, PF_R, 0x100, 0x10);
		word(&m[3], DYNAMIC + 2 * w * 2 + w, 0x5000); /* a RUNPATH that is no text */
		for (size_t i = 0; i < COUNT(m); i++) {
			struct elf *elf = elf_parse(m[i].bytes, SIZE);

			assert_non_null(elf);
			assert_int_equal(elf->is_cut, i < 4);
			if (i == 1)
				assert_null(elf->runpath);
			elf_free(elf);
		}
	}
}

/* Every byte of the tables is tried with other values, and the file with every length; whatever comes out can be read. */
static void read_all(const struct elf *elf)
{
	size_t sum = 0;

	if (elf == NULL)
		return;
	for (size_t i = 0; i < elf->needed_len; i++)
		sum += strlen(elf->needed[i]);
	for (size_t i = 0; i < elf->imports_len; i++)
		sum += strlen(elf->imports[i].name) + (elf->imports[i].version ? strlen(elf->imports[i].version) : 0);
	for (size_t i = 0; i < elf->exports_len; i++)
		sum += strlen(elf->exports[i].name) + (elf->exports[i].version ? strlen(elf->exports[i].version) : 0);
	sum += elf->soname ? strlen(elf->soname) : 0;
	sum += elf->interpreter ? strlen(elf->interpreter) : 0;
	sum += elf->comment ? strlen(elf->comment) : 0;
	assert_true(sum < MIB(64));
}

static void damaged_by_hand(void **state)
{
	static const unsigned char with[] = { 0, 0xff, 0x80, 0x7f, 1 };

	for (unsigned k = 0; k < 4; k++) {
		struct made m;

		make(&m, k & 1, k & 2);
		for (size_t at = 0; at < SIZE; at++)
			for (size_t i = 0; i < sizeof with; i++) {
				unsigned char old = m.bytes[at];

				m.bytes[at] = with[i];
				struct elf *elf = elf_parse(m.bytes, SIZE);
				read_all(elf);
				elf_free(elf);
				m.bytes[at] = old;
			}
		for (size_t len = 0; len < SIZE; len++) {
			AUTO_FREE unsigned char *copy = mem_alloc(len + 1);
			memcpy(copy, m.bytes, len);
			struct elf *elf = elf_parse(copy, len);
			read_all(elf);
			elf_free(elf);
		}
	}
}

static void damaged_program(void **state)
{
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(fs_read_file("/bin/true", MIB(16), &bytes, &len, &e), 0);
	for (size_t at = 0; at < len; at += at < 1024 ? 1 : 61) {
		char old = bytes[at];

		bytes[at] = (char)(old ^ 0xff);
		struct elf *elf = elf_parse((unsigned char *)bytes, len);
		read_all(elf);
		elf_free(elf);
		bytes[at] = old;
	}
}

/* ---- by gcc */
static bool imports(const struct elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->imports_len; i++)
		if (strcmp(elf->imports[i].name, name) == 0)
			return true;
	return false;
}

/* The same is read of a file whose sections were cut off: the loader does not need them either. */
static void without_sections(void **state)
{
	size_t len = 0;

	assert_int_equal(build_stub("libssl.so.3", "SSL_connect SSL_CTX_set_verify"), 0);
	for (unsigned hash = 0; hash < 2; hash++) {
		AUTO_FREE char *bytes = build_program(hash ? "-Wl,--hash-style=sysv -l:libssl.so.3 -Wl,-rpath,/opt/a"
							   : "-Wl,--hash-style=gnu -l:libssl.so.3 -Wl,-rpath,/opt/a",
			"int puts(const char *); int mine(void) { return SSL_connect() + SSL_CTX_set_verify(); } int "
			"main(void) { return mine() + puts(\"a\"); }",
			&len);
		assert_non_null(bytes);
		struct elf *whole = elf_parse((unsigned char *)bytes, len);
		memset(bytes + offsetof(Elf64_Ehdr, e_shoff), 0, 8);
		memset(bytes + offsetof(Elf64_Ehdr, e_shnum), 0, 4);
		struct elf *cut = elf_parse((unsigned char *)bytes, len);
		assert_non_null(whole);
		assert_non_null(cut);
		assert_string_equal(cut->kind, "program");
		assert_string_equal(cut->runpath, "/opt/a");
		assert_int_equal(cut->flags, whole->flags);
		assert_true(imports(whole, "SSL_connect") && imports(whole, "puts"));
		assert_true(hash == 0 || imports(cut, "SSL_connect"));
		assert_true(whole->defined_len > 0 && cut->defined_len == 0);
		assert_int_equal(tls_verifies(whole), TLS_VERIFY_PEER);
		elf_free(whole);
		elf_free(cut);
	}
}

static void versions_and_build_id(void **state)
{
	AUTO_FREE char *script = mem_printf("%s/map", build_folder()), *flags = NULL, *bytes = NULL;
	FILE *f = fopen(script, "w");
	size_t len = 0;
	bool is_seen = false;

	assert_non_null(f);
	fputs("LIBA_1 { global: a; local: *; }; LIBA_2 { global: b; } LIBA_1;", f);
	fclose(f);
	flags = mem_printf(
		"-shared -fPIC -Wl,-soname,liba.so.2 -Wl,--build-id=0xabcdef -Wl,--version-script=%s", script);
	bytes = build_program(
		flags, "int a(void) { return 1; } int b(void) { return 2; } int hidden(void) { return 3; }", &len);
	assert_non_null(bytes);
	struct elf *elf = elf_parse((unsigned char *)bytes, len);
	assert_non_null(elf);
	assert_string_equal(elf->build_id, "abcdef");
	assert_non_null(elf->comment);
	for (size_t i = 0; i < elf->exports_len; i++) {
		assert_string_not_equal(elf->exports[i].name, "hidden");
		if (strcmp(elf->exports[i].name, "b") == 0) {
			assert_string_equal(elf->exports[i].version, "LIBA_2");
			is_seen = true;
		}
	}
	assert_true(is_seen);
	elf_free(elf);
	build_end();
}

/* ---- texts */
static void traces_at_every_place(void **state)
{
	for (size_t i = 0; i < traces_len; i++) {
		size_t len = strlen(traces[i].text);

		assert_true(len >= FINDER_LEAST && traces[i].name);
		for (size_t before = 0; before < 20; before++) {
			const char *found[TRACES_MAX] = { 0 };
			AUTO_FREE char *text = mem_printf("%*s%s3.0.2k ", (int)before, "", traces[i].text);

			traces_find((unsigned char *)text, strlen(text), found);
			assert_ptr_equal(found[i], text + before);
		}
		const char *found[TRACES_MAX] = { 0 };
		traces_find((const unsigned char *)traces[i].text, len - 1, found);
		assert_null(found[i]);
	}
	const char *found[TRACES_MAX] = { 0 };
	static const char text[] = "OpenSSL error; OpenSSL 1.1.1k  25 Mar 2021\0 inflate 1.2.11 Copyright";
	char version[32];
	traces_find((const unsigned char *)text, sizeof text - 1, found);
	for (size_t i = 0; i < traces_len; i++)
		if (found[i]) {
			trace_version(&traces[i], found[i], version);
			assert_string_equal(version, traces[i].text[0] == 'O' ? "1.1.1k" : "1.2.11");
		}
}

/* ---- classes and archives */
static void damaged_class(void **state)
{
	static const unsigned char good[] =
		"\xca\xfe\xba\xbe\0\0\0\x34\0\x04\x05\0\0\0\0\0\0\0\1\1\0\x17javax/net/ssl/SSLSocket";
	unsigned char bytes[sizeof good];

	struct jar *jar = jar_parse(good, sizeof good - 1, NULL, NULL);
	assert_int_equal(jar->parts_len, 1);
	assert_int_equal(jar->parts[0].uses, JAR_TLS);
	jar_free(jar);
	for (size_t at = 0; at < sizeof good; at++)
		for (unsigned with = 0; with < 256; with++) {
			memcpy(bytes, good, sizeof good);
			bytes[at] = (unsigned char)with;
			jar_free(jar_parse(bytes, sizeof good - 1, NULL, NULL));
		}
	for (size_t len = 0; len < sizeof good; len++) {
		AUTO_FREE unsigned char *copy = mem_alloc(len + 1);
		memcpy(copy, good, len);
		jar_free(jar_parse(copy, len, NULL, NULL));
	}
	assert_null(jar_parse((const unsigned char *)"no class", 8, NULL, NULL));
}

/* Compiled from a few lines each: an empty checkServerTrusted, one that looks, a verifier of names that says yes. Cut short they say nothing. */
static void classes_that_trust(void **state)
{
	static const struct {
		const char *name;
		bool accepts;
	} cases[] = { { "Trust", true }, { "Strict", false }, { "Names", true } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *path = mem_printf(TEST_DATA "/inspect/java/%s.class", cases[i].name), *bytes = NULL;
		struct err e = { 0 };
		size_t len = 0;

		assert_int_equal(fs_read_file(path, MIB(1), &bytes, &len, &e), 0);
		struct jar *jar = jar_parse((unsigned char *)bytes, len, NULL, NULL);
		assert_int_equal((jar->parts[0].uses & JAR_INSECURE) != 0, cases[i].accepts);
		jar_free(jar);
		for (size_t cut = 0; cut < len; cut++) {
			char *copy = mem_alloc(cut + 1);

			memcpy(copy, bytes, cut);
			jar_free(jar_parse((unsigned char *)copy, cut, NULL, NULL));
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_that_trust),
		cmocka_unit_test(both_sizes_and_orders),
		cmocka_unit_test(built_to_be_misread),
		cmocka_unit_test(damaged_by_hand),
		cmocka_unit_test(damaged_program),
		cmocka_unit_test(without_sections),
		cmocka_unit_test(versions_and_build_id),
		cmocka_unit_test(traces_at_every_place),
		cmocka_unit_test(damaged_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
