#include "cli/core/finding.h"

#include <string.h>

enum { ROOM_FIRST = 64 };

static const char *const weight_words[] = {
    [FINDING_TAKEN - 1] = "taken",
    [FINDING_LEFT_OUT - 1] = "left out",
    [FINDING_ASK - 1] = "will be asked",
    [FINDING_STOPS - 1] = "stops",
};

const struct codes codes_finding_weight = {
    .name = "finding_weight",
    .words = weight_words,
    .n = sizeof weight_words / sizeof weight_words[0],
};

void
findings_add(struct arena *arena, struct findings *list,
             const struct finding *finding)
{
    if (list->n == list->room) {
        size_t room = list->room == 0 ? ROOM_FIRST : 2 * list->room;
        struct finding *more = arena_array(arena, room, sizeof *more);

        if (list->n > 0)
            memcpy(more, list->at, list->n * sizeof *more);
        list->at = more;
        list->room = room;
    }
    list->at[list->n++] = *finding;
}
