/* fuzz_calendar.c - any bytes as an iCalendar file. */
#include "release/gate/calendar.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *busy = NULL;

	if (calendar_read((const char *)data, size, "Europe/Berlin", 1793491200, 1801000000, &busy, &e) == 0)
		json_decref(busy);
	return 0;
}
