/* fuzz_pkginfo.c - the text formats inside Arch and Alpine packages: .PKGINFO of both, and an unpacked .MTREE. The first byte chooses. */
#include "formats/mtree.h"
#include "formats/pkginfo.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct pkginfo info = { 0 };
	struct mtree m;
	struct pkg pkg;
	struct err e = { 0 };
	int done;

	if (len == 0)
		return 0;
	pkg_init(&pkg, MIB(16));
	mtree_init(&m, NULL, &pkg, &limits_default);
	if (bytes[0] % 3 == 2)
		done = mtree_parse(&m, (const char *)bytes + 1, len - 1, &e);
	else
		done = pkginfo_parse(
			&pkg, bytes[0] % 3 ? FAMILY_APK : FAMILY_PACMAN, (const char *)bytes + 1, len - 1, &info, &e);
	if (done && e.class == ERR_NONE)
		abort();
	pkginfo_done(&info);
	mtree_done(&m);
	pkg_done(&pkg);
	return 0;
}
