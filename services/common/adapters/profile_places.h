/**
 * Where in an authority a case goes: localities and their units, routes by
 * outcome, the map of postcodes (domain.md section 5, Routing).
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PROFILE_PLACES_H
#define WAYMARK_COMMON_ADAPTERS_PROFILE_PLACES_H

#include "common/adapters/reader.h"
#include "common/core/profile.h"

/** Read "organisation" and "postcode_map" into `p`. */
void profile_places_read(struct reader *r, const struct json *top,
                         struct profile *p);

#endif
