/* fuzz_codec.c - any bytes through every decoder, under limits, in pieces of several sizes. The first byte chooses. */
#include "base/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct codec_limits limits = { .memory = MIB(16), .output = MIB(32), .ratio = 200 };
	static unsigned char buf[64 << 10];
	struct codec_limits own = limits;
	enum codec c;
	struct in *in;
	struct err e;
	size_t piece;

	if (size < 1)
		return 0;
	own.is_single = data[0] & 0x80;
	piece = data[0] & 0x40 ? sizeof buf : 100;
	c = codec_of(data + 1, size - 1);
	if (c == CODEC_NONE)
		c = (enum codec)(1 + data[0] % CODEC_LZOP);
	in = in_codec(in_mem(data + 1, size - 1), c, &own);
	while (in_some(in, buf, piece, &e) > 0)
		;
	if (in_codec_consumed(in) + in_codec_trailing(in) > size - 1)
		__builtin_trap();
	in_close(in, &e);
	return 0;
}
