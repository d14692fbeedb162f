/* fuzz_control.c - the control file of a deb (deb822, names, versions, relations) against any bytes. */
#include "formats/deb_private.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err e = { 0 };
	struct pkg pkg;

	pkg_init(&pkg, 16 << 20);
	if (deb_control_fields(&pkg, (const char *)bytes, len, &e) && e.class == ERR_NONE)
		abort();
	pkg_done(&pkg);
	return 0;
}
