/* linker.h - from the raw stream of a reader to the sets stream of the writers (formats/sink.h): a hard link set becomes one entry.
 *
 * A file's other names must be known when it passes. rpm's header tells them; a tar archive tells them afterwards. Where a link comes for a
 * file that has passed without it, the linker stops passing on, learns all sets until the end, and asks for a second pass, which then knows
 * them: no body is ever held. A file's owner, mode and times are those of the entry with the body. */
#pragma once
#include "formats/sink.h"

struct linker;
/* next is borrowed. The arena (borrowed) holds the names between the passes. */
struct linker *linker_new(struct sink *next, struct arena *arena);
void linker_free(struct linker *l);
struct sink *linker_sink(struct linker *l);
/* After a good end: true when the stream must be read again (next has seen only a part of it and must be made anew). */
bool linker_wants_again(const struct linker *l);
/* Ready for the second pass, which may not ask for a third. */
void linker_again(struct linker *l, struct sink *next);
