/* fuzz_frame.c - what a taken-over child could send: frames from any bytes, unpacked in an order the bytes choose. */
#include "base/arena.h"
#include "base/frame.h"
#include "base/fs.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void take_apart(const struct frame *frame)
{
	AUTO(arena) a;
	struct unpack u = { frame->at, frame->len, .arena = &a };
	size_t len;
	char *text;

	arena_init(&a, 64 << 10);
	for (uint32_t order = frame->type; u.len > 0 && !u.bad; order = order >> 3 | order << 29)
		switch (order & 7) {
		case 0:
			unpack_u8(&u);
			break;
		case 1:
			unpack_u32(&u);
			break;
		case 2:
			unpack_u64(&u);
			break;
		case 3:
		case 4:
			text = unpack_bytes(&u, &len);
			if (text && text[len] != 0)
				__builtin_trap();
			break;
		default:
			text = unpack_str(&u);
			if (text && strlen(text) > frame->len)
				__builtin_trap();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(framer) f = { 0 };
	struct frame frame;
	struct err e;
	int fd[2];

	if (size > 64 << 10 || socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return 0;
	if (fd_write(fd[1], data, size, &e) == 0) {
		close(fd[1]);
		framer_init(&f, fd[0], 4096);
		while (frame_read(&f, 1000, &frame, &e) == 1)
			take_apart(&frame);
	} else {
		close(fd[1]);
	}
	close(fd[0]);
	return 0;
}
