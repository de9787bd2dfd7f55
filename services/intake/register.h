/**
 * The register of agencies as it was read from its file: who may send what,
 * and by which keys and certificates each proves who it is. What was read
 * before stays until the end, because requests may still look at it.
 */
#ifndef WAYMARK_INTAKE_REGISTER_H
#define WAYMARK_INTAKE_REGISTER_H

#include "intake/core/agency.h"
#include "intake/token.h"

struct agency_register {
    struct arena *arena; /* holds agencies */
    struct agencies agencies;
    struct token_keys *keys;
    struct agency_register *older; /* read before, or NULL */
};

/**
 * Read FOLDER/agencies.json; on success *all is what was read, before the
 * ones that it was. ST_REJECT, code "config": it says what is wrong and where,
 * and *all is as before. Begin with NULL; the caller owns.
 */
MUST_CHECK enum status register_read(const char *folder,
                                     struct agency_register **all,
                                     struct err *err);
/** All of them. NULL does nothing. */
void register_close(struct agency_register *all);

#endif
