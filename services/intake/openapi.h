/**
 * What the door takes and what it answers, as an OpenAPI 3.1 document, made
 * from the table of kinds (core/kinds.h) and the table of answers below when
 * it is asked for: nothing is described that isn't read, and whoever adds an
 * answer adds its row.
 */
#ifndef WAYMARK_INTAKE_OPENAPI_H
#define WAYMARK_INTAKE_OPENAPI_H

#include "common/adapters/json.h"
#include "intake/core/agency.h"

/* Groups of addresses that have answers in common. */
enum openapi_path {
    OPENAPI_ITEMS = 1,    /* POST of notifications, activities, ... */
    OPENAPI_RECEIPT = 2,  /* GET of one */
    OPENAPI_TIME = 4,     /* POST /v1/time */
    OPENAPI_SELF = 8,     /* GET /openapi.json */
    OPENAPI_HEALTH = 16,  /* GET /livez, /metrics */
    OPENAPI_READY = 32,   /* GET /readyz */
    OPENAPI_ERASE = 64,   /* POST /v1/erasures */
    OPENAPI_CONFIG = 128, /* POST /v1/configs */
    OPENAPI_CLAIM = 256,  /* POST /v1/claims */
};

/* One answer that may come. */
struct openapi_answer {
    unsigned paths; /* bits of enum openapi_path */
    int status;
    const char *codes; /* of a problem, parted by blanks; "" without */
    const char *what;
};

extern const struct openapi_answer openapi_answers[];
extern const size_t openapi_n_answers;

/**
 * Write the document. Examples are in the name of agencies of the register
 * that may send what they show. Allocates from `arena`.
 */
void openapi_write(struct json_out *out, struct arena *arena,
                   const struct agencies *agencies);

#endif
