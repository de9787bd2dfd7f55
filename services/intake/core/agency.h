/**
 * The register of agencies: who may send what, and what the census calls the
 * source (domain.md section 3). Plain data from profiles/agencies.json.
 */
#ifndef WAYMARK_INTAKE_CORE_AGENCY_H
#define WAYMARK_INTAKE_CORE_AGENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/codes.h"
#include "common/core/str.h"

#define AGENCY_ID_MAX 32

struct agency {
    struct str id;
    struct str name;
    int type;            /* enum agency_type */
    struct str cin_source; /* null: as its type has it */
    uint32_t kinds;      /* bits of enum kind; 0: as its type may */
    /* enum entry of each enum kind; at 0 that of the others. */
    uint8_t entry[KIND_LAST + 1];
    struct str school_urn; /* of a school, else null */
};

struct agencies {
    const struct agency *at;
    size_t n;
};

/** The agency of that id, or NULL (R01). */
const struct agency *agency_find(const struct agencies *all, struct str id);

/** May it send this kind of notification (else R02)? */
bool agency_may_send(const struct agency *agency, int kind);

/** Door of a kind that says none: enum entry, 0 if the register has none. */
int agency_entry(const struct agency *agency, int kind);

/** May it report activities and figures: all but individuals and the unknown. */
bool agency_may_act(const struct agency *agency);
/** May it record screenings and resolve matches: the authority's own. */
bool agency_may_decide(const struct agency *agency);

/**
 * CIN referral source: a person who refers says who, health its discipline;
 * otherwise the register's, else the type's. `discipline` and `who` may be 0.
 */
struct str agency_cin_source(const struct agency *agency, int discipline,
                             int who);

/** True if some agency of the register is the school with that URN. */
bool agency_knows_school(const struct agencies *all, struct str urn);

#endif
