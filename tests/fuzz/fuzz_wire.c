/* fuzz_wire.c - the parent's side of the decoder's stream against any bytes. */
#include "repackager/wire.h"
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct limits limits = {
		.output = MIB(1), .entries = 1000, .memory = MIB(8), .script = 4096, .path = 4096, .xattr = 4096
	};
	struct err e = { 0 };
	struct pkg pkg;
	json_t *facts = NULL;
	bool is_cut = false;
	int fd = memfd_create("wire", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	pkg_init(&pkg, MIB(4));
	struct wire_in *in = wire_in_new(fd, &limits, &pkg, NULL, &facts);
	if (size & 1)
		wire_in_digests_only(in);
	int rc;
	while ((rc = wire_in_step(in, &is_cut, &e)) == 1)
		;
	if (rc == 0)
		json_decref(facts);
	wire_in_free(in);
	pkg_done(&pkg);
	close(fd);
	return 0;
}
