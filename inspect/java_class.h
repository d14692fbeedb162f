/* java_class.h - the few things of a Java class that its names do not tell. Private to inspect/. Any bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Has it a method that accepts every certificate (a checkServerTrusted that does nothing) or every name (a HostnameVerifier that says yes)? */
bool java_class_accepts_all(const unsigned char *bytes, size_t len);
