/* family.h - which package manager's words something is written in: its versions, relations, script calls and architecture names.
 *
 * A format belongs to one family at most: ipk speaks deb's words, a source rpm rpm's. Archives and directories have none. */
#pragma once

enum family { FAMILY_DEB, FAMILY_RPM, FAMILY_PACMAN, FAMILY_APK, FAMILY_NONE, FAMILIES };
/* By a reader's or writer's name. */
enum family family_of(const char *format);
const char *family_name(enum family f); /* "deb", "rpm", "pacman", "apk", "none" */
