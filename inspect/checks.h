/* checks.h - the checks by name, for their table. Private to inspect/. */
#pragma once
#include "inspect/inspect.h"

extern const struct check check_abi_broken;
extern const struct check check_account_new;
extern const struct check check_audit_removed;
extern const struct check check_bundled_library;
extern const struct check check_caps_new;
extern const struct check check_config_weakened;
extern const struct check check_dependency_dropped;
extern const struct check check_hardening_lost;
extern const struct check check_interface_changed;
extern const struct check check_introduced;
extern const struct check check_listener_new;
extern const struct check check_mode_widened;
extern const struct check check_privilege_file;
extern const struct check check_recipe_changed;
extern const struct check check_rpath_new;
extern const struct check check_sbom;
extern const struct check check_script_danger;
extern const struct check check_script_effects;
extern const struct check check_service_changed;
extern const struct check check_setuid_new;
extern const struct check check_system_weakened;
extern const struct check check_tls_dropped;
extern const struct check check_tls_dropped_wire;
extern const struct check check_tls_log;
extern const struct check check_tls_verify_dropped;
extern const struct check check_trust_changed;
extern const struct check check_unit_weakened;
extern const struct check check_url_cleartext;
extern const struct check check_world_writable;
