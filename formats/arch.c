/* arch.c - architecture names: one table, read both ways. Source: dpkg's cputable and tupletable, rpm's rpmrc. */
#include "formats/relation.h"
#include <string.h>

/* The first row with a name is its translation; later rows are further spellings of the other side. */
static const struct {
	const char *deb, *rpm;
} table[] = {
	{ "all", "noarch" },
	{ "amd64", "x86_64" },
	{ "i386", "i686" },
	{ "i386", "i586" },
	{ "i386", "i486" },
	{ "i386", "i386" },
	{ "arm64", "aarch64" },
	{ "armhf", "armv7hl" },
	{ "armhf", "armv7hnl" },
	{ "armhf", "armv6hl" },
	{ "armel", "armv5tel" },
	{ "armel", "armv5tejl" },
	{ "armel", "armv4t" },
	{ "ppc64el", "ppc64le" },
	{ "ppc64", "ppc64" },
	{ "powerpc", "ppc" },
	{ "s390x", "s390x" },
	{ "s390", "s390" },
	{ "riscv64", "riscv64" },
	{ "loong64", "loongarch64" },
	{ "mips", "mips" },
	{ "mipsel", "mipsel" },
	{ "mips64", "mips64" },
	{ "mips64el", "mips64el" },
	{ "alpha", "alpha" },
	{ "hppa", "parisc" },
	{ "ia64", "ia64" },
	{ "m68k", "m68k" },
	{ "sh4", "sh4" },
	{ "sparc", "sparc" },
	{ "sparc64", "sparc64" },
};

const char *arch_to_rpm(const char *deb)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (strcmp(table[i].deb, deb) == 0)
			return table[i].rpm;
	return NULL;
}

const char *arch_to_deb(const char *rpm)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (strcmp(table[i].rpm, rpm) == 0)
			return table[i].deb;
	return NULL;
}
