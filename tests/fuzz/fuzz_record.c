/* fuzz_record.c - any bytes as a record, and the body of any JSON through the gate: it must refuse or answer, never fall. */
#include "base/json.h"
#include "release/gate/gate.h"
#include "release/gate/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *record = NULL, *body;
	AUTO_JSON *any = json_parse((const char *)data, size, "record", &e);

	if (record_parse((const char *)data, size, &record, &e) == 0)
		json_decref(record);
	body = json_map(any, "body");
	if (body)
		json_decref(gate(json_object_get(body, "policy"), json_object_get(body, "channel"),
			json_object_get(body, "rfc"), json_object_get(body, "packages"),
			json_object_get(body, "evidence"), json_object_get(body, "acceptances"),
			json_object_get(body, "votes"), json_object_get(body, "calendars"),
			json_object_get(body, "history"), json_int(body, "at")));
	return 0;
}
