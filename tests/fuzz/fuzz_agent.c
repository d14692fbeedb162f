/* fuzz_agent.c - any bytes as what a key's agent answers to PKSIGN. */
#include "sign/agent.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int algorithms[] = { 1, 19, 22 };
	struct signature_numbers n;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(algorithms); i++)
		if (agent_numbers_read(data, size, algorithms[i], &n, &e) == 0 && n.len > sizeof n.at)
			__builtin_trap();
	return 0;
}
