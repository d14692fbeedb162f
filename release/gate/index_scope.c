/* index_scope.c - which packages of a snapshot an index is of. */
#include "release/gate/index_scope.h"
#include <string.h>

bool index_holds(const struct index_scope *scope, const json_t *package)
{
	const char *arch = json_text(package, "architecture"), *component = json_text(package, "component");

	if (scope->base)
		return strcmp(json_text(package, "format"), "rpm") == 0 &&
			strcmp(json_text(package, "base"), scope->base) == 0;
	if (scope->is_contents && !*json_text(package, "contents"))
		return false;
	return strcmp(json_text(package, "format"), "deb") == 0 &&
		strcmp(json_text(package, "suite"), scope->suite) == 0 &&
		(*component ? strcmp(component, scope->component) == 0 : scope->is_first) &&
		(strcmp(arch, scope->arch) == 0 || strcmp(arch, "all") == 0);
}
