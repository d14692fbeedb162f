/* ports.h - what the ports of a test root speak. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

enum port_speaks { PORT_SILENT, PORT_CLEARTEXT, PORT_STARTTLS, PORT_TLS };
/* Whom a port is asked for: a proxy goes there on our behalf, which is no doing of its own. No name of the world (RFC 6761). */
#define PORT_ASKED_FOR "sluice-test.invalid"
const char *port_speaks_name(enum port_speaks s);
/* A line of /proc/net/tcp or tcp6: false when it does not listen. The address in network order. */
bool port_parse(const char *line, bool is_v6, uint8_t ret_address[16], unsigned *ret_port, unsigned long *ret_inode);
/* The address of such a line, as it stands there in hex digits. */
bool port_address(const char *hex, bool is_v6, uint8_t ret[16]);
