/* config_options.h - settings inside a value: "--tls-verify=off", "[trusted=yes]", "sslmode=disable", "443 ssl". Private to inspect/. */
#pragma once
#include "inspect/config.h"

/* For each setting in the value; key is the item's and the option's: "server s1/verify". Strings live for the call. */
typedef void config_option(void *to, const struct config_item *item, const char *key, const char *value);
/* False: there are more words than are looked at. */
bool config_options(const struct config_item *item, config_option *tell, void *to);
