/* fuzz_cpio.c - the cpio reader of the rpm payload: every member is read to its end; stripped ones get a size from the first byte. */
#include "formats/rpm_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = { 0 };
	struct cpio *c = mem_alloc(sizeof *c);
	struct cpio_member m;
	char buf[512];
	long got = 0;

	if (len > 0) {
		AUTO_IN *in = in_mem(data + 1, len - 1);
		int more;

		cpio_init(c, in);
		while ((more = cpio_next(c, &m, &e)) == 1) {
			if (m.is_stripped)
				cpio_sized(c, data[0]);
			while ((got = cpio_data(c, buf, sizeof buf, &e)) > 0)
				;
			if (got < 0)
				break;
		}
		if (more == 0 && cpio_finish(c, &e) && !e.text[0])
			__builtin_trap();
	}
	free(c);
	return 0;
}
