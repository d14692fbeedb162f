/* fuzz_rpm.c - the rpm reader. The first byte chooses: a whole file, or a main header alone (behind the digests that stop a changed one). */
#include "base/fs.h"
#include "formats/rpm_files.h"
#include "formats/rpm_meta.h"
#include "formats/rpm_read.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct limits small_limits(void)
{
	struct limits l = limits_default;

	l.output = MIB(16);
	l.entries = 10000;
	l.memory = MIB(64);
	l.metadata = MIB(4);
	return l;
}

static void whole_file(const uint8_t *data, size_t len)
{
	struct limits limits = small_limits();
	struct err e = { 0 };
	struct pkg p;
	struct source src = { .fd = memfd_create("rpm", MFD_CLOEXEC), .size = len, .name = "fuzz.rpm" };

	pkg_init(&p, MIB(64));
	if (src.fd >= 0 && write(src.fd, data, len) == (ssize_t)len && read_rpm.read(&src, &limits, NULL, &p, &e) &&
		!e.text[0])
		__builtin_trap();
	close(src.fd);
	pkg_done(&p);
}

static void header_alone(const uint8_t *data, size_t len)
{
	struct limits limits = small_limits();
	AUTO(rpm_header) h = { 0 };
	AUTO(rpm_files) files = { 0 };
	AUTO(arena) strings = { 0 };
	struct err e = { 0 };
	struct pkg p;
	struct guard *guard;

	pkg_init(&p, MIB(64));
	arena_init(&strings, MIB(64));
	guard = guard_new(NULL, &limits, len, &p);
	if (rpm_header_import(data, len, RPM_MAIN_HEADER, &h, &e) == 0 && rpm_identity_load(&h, &p, &e) == 0 &&
		rpm_relations_load(&h, &p, &e) == 0 && rpm_scripts_load(&h, &limits, &p, &e) == 0 &&
		rpm_files_load(&h, data[0] & 2, &limits, guard, &strings, &p, &files, &e) == 0)
		for (uint32_t i = 0; i < files.len; i++) {
			struct entry x;

			if (rpm_file_entry(&files.at[i], &p, &x, &e))
				break;
		}
	guard_free(guard);
	pkg_done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	if (data[0] & 1)
		header_alone(data + 1, len - 1);
	else
		whole_file(data + 1, len - 1);
	return 0;
}
