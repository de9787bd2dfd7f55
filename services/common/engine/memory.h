/**
 * Room for arenas from the heap, with an explicit limit: what a batch may take
 * at most. Passing it is our own fault and ends the process with a log line.
 */
#ifndef WAYMARK_COMMON_ENGINE_MEMORY_H
#define WAYMARK_COMMON_ENGINE_MEMORY_H

#include "common/core/arena.h"

/** An arena that takes at most `limit` bytes from the heap. NULL if memory is out now. */
struct arena *memory_open(size_t limit);
/** Gives all its room back; NULL does nothing. */
void memory_close(struct arena *arena);

#endif
