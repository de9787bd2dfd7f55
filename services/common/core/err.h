/**
 * Why something failed: a stable code for machines and a sentence for people.
 *
 * The place that knows the reason writes it; callers pass the status up and
 * may add where. A text never holds personal values: ids, codes, numbers and
 * names of fields only.
 */
#ifndef WAYMARK_COMMON_CORE_ERR_H
#define WAYMARK_COMMON_CORE_ERR_H

#include "common/core/status.h"

struct err {
    char code[16];  /* stable: "R05", "gap", "fence"; "" where none is due */
    char text[400]; /* one sentence, no full stop, NUL-terminated */
};

/**
 * Write the reason and return `st`, so that a function can end with
 * `return err_set(err, ST_REJECT, "R05", "reference has %zu characters", n);`.
 * `code` may be NULL. `err` may be NULL: then only the status is returned.
 * Longer texts are cut.
 */
enum status err_set(struct err *err, enum status st, const char *code,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** Keep the text, give it another status and code; returns `st`. `err` may be NULL. */
enum status err_recode(struct err *err, enum status st, const char *code);

/** Put "where: " before the text that is there. Keeps code; `err` may be NULL. */
void err_where(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
