/**
 * What the writer is asked to do, each in a transaction of its own. Called by
 * its thread only; the callers of append.h wait meanwhile.
 */
#ifndef WAYMARK_INTAKE_WORK_H
#define WAYMARK_INTAKE_WORK_H

#include "intake/group.h"

/**
 * Append the group's items. Every one has a result then: where the transaction
 * fails APPEND_LATER, but where the database refuses a value each is tried
 * alone, so that one falls only.
 */
void work_items(struct group *g);

/** append_time, append_find, append_erase, append_activate and append_claim of
 * append.h, carried out. */
MUST_CHECK enum status work_time(struct writer *w, time_ms at, time_ms *out,
                                 struct err *err);
MUST_CHECK enum status work_find(struct writer *w, struct id id,
                                 struct arena *arena,
                                 struct append_receipt *out, struct err *err);
MUST_CHECK enum status work_erase(struct writer *w, struct append_erasure *e,
                                  struct arena *arena, struct err *err);
MUST_CHECK enum status work_activate(struct writer *w,
                                     struct append_activation *act,
                                     struct arena *arena, struct err *err);
MUST_CHECK enum status work_claim(struct writer *w, struct append_claim *c,
                                  struct arena *arena, struct err *err);

#endif
