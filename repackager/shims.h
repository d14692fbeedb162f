/* shims.h - small scripts that do elsewhere what a helper of maintainer scripts does at home. Each is a file in shims/, named like the tool,
 * in plain sh; the build makes the table of them. */
#pragma once

const char *shim_text(const char *name); /* NULL: there is none */
