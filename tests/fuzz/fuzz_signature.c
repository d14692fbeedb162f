/* fuzz_signature.c - what sign/ parses itself: armor, packets, the frame of signed texts, checksum lists, Release times. */
#include "sign/armor.h"
#include "sign/clear.h"
#include "sign/packets.h"
#include "sign/rfc2822.h"
#include "sign/sign.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sig_packets packets = { 0 };
	struct clear clear;
	struct err e = { 0 };
	unsigned char *bytes = NULL;
	size_t len = 0;
	int64_t t;

	if (sig_packets_read(data, size, true, &packets, &e) == 0) {
		if (packets.len > size)
			abort();
		sig_packets_done(&packets);
	}
	char key[65];
	sig_issuer(data, size, key);
	if (strlen(key) % 2)
		abort();
	if (armor_decode(text, size, "SIGNATURE", &bytes, &len, &e) == 0) {
		if (len > size)
			abort();
		free(bytes);
	}
	if (clear_read(text, size, &clear, &e) == 0 && clear.end > size)
		abort();
	if (rfc2822_parse(text, size, &t) == 0 && t < -86400)
		abort();
	e = (struct err){ 0 };
	if (checksums_verify(text, size, "a", -1, &e) == 0) /* without a file nothing can fit */
		abort();
	return 0;
}
