/** The register of agencies, profiles/agencies.json, into plain structs. */
#ifndef WAYMARK_INTAKE_AGENCIES_JSON_H
#define WAYMARK_INTAKE_AGENCIES_JSON_H

#include "common/core/arena.h"
#include "common/core/err.h"
#include "intake/core/agency.h"

/**
 * Read a register. All of `*out` is in `arena`. ST_REJECT, code "config",
 * names the agency and the member that is wrong.
 */
MUST_CHECK enum status agencies_json_read(struct arena *arena,
                                          struct str text,
                                          struct agencies *out,
                                          struct err *err);

#endif
