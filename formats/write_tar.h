/* write_tar.h - the writer of plain trees in a tar. */
#pragma once
#include "formats/writer.h"

extern const struct writer writer_tar;
