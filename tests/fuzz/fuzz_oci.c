/* fuzz_oci.c - container images: any bytes as a tar of one; or, after a first byte that says so, as the configuration and the layer of an
 * image whose other parts are good (digests would keep changed documents out otherwise). */
#include "formats/tar.h"
#include "tests/fuzz/reader_fuzz.h"
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

static size_t add(uint8_t *to, const char *name, const void *bytes, size_t len)
{
	unsigned sum = 0;

	memset(to, 0, BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK);
	snprintf((char *)to, 100, "%s", name);
	snprintf((char *)to + 100, 8, "%07o", 0644);
	snprintf((char *)to + 108, 8, "%07o", 0);
	snprintf((char *)to + 116, 8, "%07o", 0);
	snprintf((char *)to + 124, 12, "%011zo", len);
	snprintf((char *)to + 136, 12, "%011o", 0);
	memset(to + 148, ' ', 8);
	to[156] = '0';
	memcpy(to + 257, "ustar\00000", 8);
	for (int i = 0; i < BLOCK; i++)
		sum += to[i];
	snprintf((char *)to + 148, 8, "%06o", sum);
	if (len)
		memcpy(to + BLOCK, bytes, len);
	return BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char manifest[] = "[{\"Config\":\"c.json\",\"RepoTags\":null,\"Layers\":[\"l.tar\",\"l.tar\"]}]";
	extern const struct reader read_oci;
	uint8_t *tar;
	size_t config, used = 0;

	if (len < 4 || bytes[0] != 'D') {
		fuzz_reader(&read_oci, bytes, len);
		return 0;
	}
	config = (size_t)(bytes[1] | bytes[2] << 8);
	bytes += 3;
	len -= 3;
	if (config > len)
		config = len;
	tar = malloc(len + 8 * BLOCK + sizeof manifest);
	used += add(tar + used, "manifest.json", manifest, sizeof manifest - 1);
	used += add(tar + used, "c.json", bytes, config);
	used += add(tar + used, "l.tar", bytes + config, len - config);
	fuzz_reader(&read_oci, tar, used);
	free(tar);
	return 0;
}
