/* arch.c - architecture names: one table, read every way. */
#include "formats/arch.h"
#include "base/base.h"
#include <string.h>

/* By enum family: deb, rpm, pacman, apk; NULL: that family has no such machine. The first row with a name is its translation; later rows
 * are further spellings of one side. */
static const char *const table[][FAMILY_NONE] = {
	{ "all", "noarch", "any", "noarch" },
	{ "amd64", "x86_64", "x86_64", "x86_64" },
	{ "amd64", "x86_64_v2", "x86_64_v2", NULL },
	{ "amd64", "x86_64_v3", "x86_64_v3", NULL },
	{ "amd64", "x86_64_v4", "x86_64_v4", NULL },
	{ "i386", "i686", "i686", "x86" },
	{ "i386", "i586", "i586", "x86" },
	{ "i386", "i486", "i486", "x86" },
	{ "i386", "i386", "i386", "x86" },
	{ "arm64", "aarch64", "aarch64", "aarch64" },
	{ "armhf", "armv7hl", "armv7h", "armv7" },
	{ "armhf", "armv7hnl", "armv7h", "armv7" },
	{ "armhf", "armv6hl", "armv6h", "armhf" },
	{ "armel", "armv5tel", "arm", "armel" },
	{ "armel", "armv5tejl", "arm", "armel" },
	{ "armel", "armv4t", NULL, "armel" },
	{ "ppc64el", "ppc64le", "ppc64le", "ppc64le" },
	{ "ppc64", "ppc64", "ppc64", "ppc64" },
	{ "powerpc", "ppc", "powerpc", "ppc" },
	{ "s390x", "s390x", NULL, "s390x" },
	{ "s390", "s390", NULL, NULL },
	{ "riscv64", "riscv64", "riscv64", "riscv64" },
	{ "loong64", "loongarch64", "loong64", "loongarch64" },
	{ "mips", "mips", NULL, "mips" },
	{ "mipsel", "mipsel", NULL, "mipsel" },
	{ "mips64", "mips64", NULL, "mips64" },
	{ "mips64el", "mips64el", NULL, "mips64el" },
	{ "alpha", "alpha", NULL, NULL },
	{ "hppa", "parisc", NULL, NULL },
	{ "ia64", "ia64", NULL, NULL },
	{ "m68k", "m68k", NULL, NULL },
	{ "sh4", "sh4", NULL, NULL },
	{ "sparc", "sparc", NULL, NULL },
	{ "sparc64", "sparc64", NULL, NULL },
};

static const char *look_up(enum family from, enum family into, const char *name)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i][from] && strcmp(table[i][from], name) == 0)
			return table[i][into];
	return NULL;
}

const char *arch_from(enum family f, const char *native)
{
	static const enum family order[] = { FAMILY_RPM, FAMILY_DEB, FAMILY_PACMAN, FAMILY_APK };
	const char *rpm = NULL;

	if (f != FAMILY_NONE)
		return look_up(f, FAMILY_RPM, native);
	for (size_t i = 0; i < COUNT(order) && !rpm; i++)
		rpm = look_up(order[i], FAMILY_RPM, native);
	return rpm;
}

const char *arch_into(enum family f, const char *rpm)
{
	return look_up(FAMILY_RPM, f == FAMILY_NONE ? FAMILY_RPM : f, rpm);
}

const char *arch_to_rpm(const char *deb)
{
	return arch_from(FAMILY_DEB, deb);
}

const char *arch_to_deb(const char *rpm)
{
	return arch_into(FAMILY_DEB, rpm);
}
