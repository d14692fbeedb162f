/* services_private.h - what the two ways of starting services share. */
#pragma once
#include "sandbox/services.h"

/* "name action", one a line: what policy-rc.d was asked. */
#define ASKED "/run/sluice/asked-to-start"

/* How long is waited for a service that is under way; the pause between two looks at it. */
enum { SERVICES_PATIENCE_MS = 5000, SERVICES_PAUSE_MS = 50 };
void services_pause(int ms);
int services_alive(struct trial *t, size_t *ret, struct err *e)
	MUST; /* processes that came with the packages and live */

/* "x.service", "x.socket", ...: a unit that starts something. */
bool service_is_unit(const char *name);
/* Do these calls show that the init script was started to start its service? *ret_daemon: set if one of them starts a daemon. */
bool service_start_seen(const json_t *calls, const char *script, bool *ret_daemon);
int service_facts_plain(struct trial *t, const char *name, struct service_facts *ret, struct err *e) MUST;
