/* entry_mode.c - from S_IFMT to an entry's type. */
#include "formats/entry_mode.h"
#include <sys/stat.h>

bool entry_type_of_mode(uint32_t mode, enum entry_type *ret)
{
	static const struct {
		uint32_t bits;
		enum entry_type type;
	} types[] = { { S_IFREG, ENTRY_FILE }, { S_IFDIR, ENTRY_DIR }, { S_IFLNK, ENTRY_SYMLINK },
		{ S_IFCHR, ENTRY_CHAR }, { S_IFBLK, ENTRY_BLOCK }, { S_IFIFO, ENTRY_FIFO } };

	for (size_t i = 0; i < COUNT(types); i++)
		if ((mode & S_IFMT) == types[i].bits) {
			*ret = types[i].type;
			return true;
		}
	return false;
}

bool entry_type_archived(uint32_t mode, enum entry_type *ret)
{
	return entry_type_of_mode((mode & S_IFMT) == S_IFSOCK ? S_IFIFO : mode, ret);
}
