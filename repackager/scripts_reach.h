/* scripts_reach.h - how a script's text reaches for a tool. */
#pragma once
#include "base/text.h"
#include "formats/pkg.h"

/* Not at all, in a text (as far as one line can tell), by asking whether a path is there, by its name, by a path. The later counts for more. */
enum reach { REACH_NONE, REACH_NAMED, REACH_ASKS, REACH_NAME, REACH_PATH };

/* Lines that are comments do not count, nor variables, assignments or words of which the tool's name is only a part. The absolute paths by
 * which it is asked for or called are added to `paths`, a line each, none twice. */
enum reach scripts_reach(const struct script *s, const char *word, struct text *paths);
