/* urls.h - addresses in text: their scheme, whether it is encrypted, host and path. Private to inspect/. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

struct url {
	bool is_clear;     /* http, ftp, ldap, mqtt, ws, ...; else https and the like */
	const char *clear; /* the scheme without encryption: "http"; static */
	char host[128];    /* lower case, with a port that is not the usual one */
	char rest[256];    /* path and what follows */
};
/* The next address in *at (up to end), which moves behind it; false: no more. */
bool url_next(const char **at, const char *end, struct url *ret);
bool url_is_here(const struct url *u);    /* this machine, a template: nothing that goes over a network that is known */
bool url_is_local(const struct url *u);   /* this machine, a template, or a name that stands for no machine */
bool url_is_example(const struct url *u); /* example.com and its like: a place to fill in */
bool url_is_name(const struct url *u);    /* a namespace, DTD, schema, licence: a name in the form of an address */
