/* fuzz_sink.c - everything that comes out of a test root's network: packets, questions, hellos, conversations. */
#include "sandbox/ports.h"
#include "sandbox/wire_tcp.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nowhere(void *context, const uint8_t *at, size_t len)
{
	struct packet p;

	if (packet_parse(at, len, &p)) /* what we send can be read */
		__builtin_trap();
}

/* The rest as pieces: a length byte, that many bytes. */
static void pieces(
	const uint8_t *data, size_t size, void (*one)(void *context, const uint8_t *at, size_t len), void *context)
{
	while (size > 1) {
		size_t len = (size_t)data[0] * 8 + 1;

		len = len < size - 1 ? len : size - 1;
		one(context, data + 1, len);
		data += 1 + len;
		size -= 1 + len;
	}
}

static void packet(void *context, const uint8_t *at, size_t len)
{
	wire_packet(context, at, len, 1);
}

static void said(void *context, const uint8_t *at, size_t len)
{
	struct talk_reply r = { .len = 0 };

	talk_hear(context, at, len, &r);
	talk_wait(context, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct talk t;
	struct hello h = { "", 0 };
	uint8_t address[16];
	unsigned long inode;
	struct wire w;
	unsigned port;

	if (size < 4)
		return 0;
	if (hello_parse(data + 2, size - 2, &h) == HELLO_YES && strlen(h.sni) > 255)
		__builtin_trap();
	hello_answered(data + 2, size - 2);
	talk_begin(&t, (unsigned)data[0] << 8 | data[1]);
	pieces(data + 2, size - 2, said, &t);
	talk_end(&t);
	wire_init(&w, "sandbox", data[0] & 1, (struct wire_out){ nowhere, NULL });
	pieces(data + 2, size - 2, packet, &w);
	wire_tick(&w, 500);
	wire_tick(&w, 100000);
	wire_flush(&w);
	wire_done(&w);
	char line[300];
	size_t len = size < sizeof line ? size : sizeof line - 1;
	memcpy(line, data, len);
	line[len] = '\0';
	port_parse(line, data[1] & 1, address, &port, &inode);
	return 0;
}
