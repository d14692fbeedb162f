/* writer.c - every format we write. One file and one line here a format. */
#include "formats/writer.h"
#include "formats/rpm_write.h"
#include "formats/write_deb.h"
#include "formats/write_directory.h"
#include "formats/write_pacman.h"
#include "formats/write_tar.h"
#include <string.h>

const struct writer *const writers[] = { &writer_apk, &writer_deb, &writer_directory, &writer_pacman, &writer_rpm,
	&writer_tar, NULL };

const struct writer *writer_named(const char *name)
{
	for (const struct writer *const *w = writers; *w; w++)
		if (strcmp((*w)->name, name) == 0)
			return *w;
	return NULL;
}
