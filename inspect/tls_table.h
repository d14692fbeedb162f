/* tls_table.h - who does TLS: functions that speak it, libraries that do it for their callers, functions that verify the other side. Private to
 * inspect/. */
#pragma once
#include "base/json.h"
#include "inspect/elf.h"

/* The TLS library a function belongs to that speaks TLS ("SSL_connect": "OpenSSL"); NULL: it does not. Crypto alone is not TLS. */
const char *tls_entry(const char *function);
/* A library that speaks TLS for those who link it (libcurl, libpq); not the TLS libraries: those show by the functions that are called. */
bool tls_is_carrier(const char *soname);
/* A library that does not: the C library and the like, crypto, the TLS libraries. */
bool tls_is_plain(const char *soname);
bool tls_is_network(const char *function); /* connect, getaddrinfo, ... */

/* What a program's own code speaks TLS with, each once: ["OpenSSL", "Go crypto/tls"]. */
json_t *tls_families(const struct elf *elf);
bool tls_imports(const struct elf *elf); /* it calls functions of a TLS library outside of it */

/* Two things a TLS client has to do, whichever library it uses: see that the certificate is good, and that it is the other side's. */
enum tls_verify { TLS_VERIFY_PEER = 1, TLS_VERIFY_NAME = 2, TLS_VERIFY_OFF = 4 /* switched off */ };
unsigned tls_verifies(const struct elf *elf);
