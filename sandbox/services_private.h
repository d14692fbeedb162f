/* services_private.h - what the two ways of starting services share. */
#pragma once
#include "sandbox/services.h"

/* "name action", one a line: what policy-rc.d was asked. */
#define ASKED "/run/sluice/asked-to-start"

/* "x.service", "x.socket", ...: a unit that starts something. */
bool service_is_unit(const char *name);
int service_facts_plain(struct trial *t, const char *name, struct service_facts *ret, struct err *e) MUST;
