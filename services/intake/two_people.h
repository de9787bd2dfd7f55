/**
 * What only two people may do (domain.md section 11): who does it and who
 * agrees, as a request names them.
 */
#ifndef WAYMARK_INTAKE_TWO_PEOPLE_H
#define WAYMARK_INTAKE_TWO_PEOPLE_H

#include "common/adapters/json.h"
#include "common/core/arena.h"

#define TWO_PEOPLE_NAME_MAX 200 /* bytes of a person's name */

/** The name of one person, in `arena`, likewise. ST_REJECT: R02, R03. */
MUST_CHECK enum status one_person_read(const struct json *doc,
                                       const char *member, struct arena *arena,
                                       struct str *out, struct err *err);

/**
 * The members `by` and `second`, in `arena`, without blanks around them.
 * `act` is what they do, for the reason. ST_REJECT: R02, R03, or R18 where the
 * two are one person.
 */
MUST_CHECK enum status two_people_read(const struct json *doc, const char *act,
                                       struct arena *arena, struct str *by,
                                       struct str *second, struct err *err);

#endif
