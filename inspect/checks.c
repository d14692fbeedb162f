/* checks.c - every check we have, sorted by id; adding one is a file and a line here. */
#include "inspect/checks.h"
#include <string.h>

const struct check *const checks[] = {
	&check_abi_broken,
	&check_account_new,
	&check_audit_removed,
	&check_bundled_library,
	&check_caps_new,
	&check_config_weakened,
	&check_dependency_dropped,
	&check_hardening_lost,
	&check_interface_changed,
	&check_introduced,
	&check_listener_new,
	&check_mode_widened,
	&check_privilege_file,
	&check_recipe_changed,
	&check_rpath_new,
	&check_sbom,
	&check_script_danger,
	&check_script_effects,
	&check_service_changed,
	&check_setuid_new,
	&check_system_weakened,
	&check_tls_dropped,
	&check_tls_dropped_wire,
	&check_tls_log,
	&check_tls_verify_dropped,
	&check_trust_changed,
	&check_unit_weakened,
	&check_url_cleartext,
	&check_world_writable,
	NULL,
};

const struct check *check_named(const char *id)
{
	for (const struct check *const *at = checks; *at; at++)
		if (strcmp((*at)->id, id) == 0)
			return *at;
	return NULL;
}
