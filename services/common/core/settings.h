/**
 * What the log has activated: the profiles, each under its version, and the
 * calendar (design.md, "ConfigActivated"). Filled by the engine, which parses
 * the texts outside the core; a core only looks things up.
 */
#ifndef WAYMARK_COMMON_CORE_SETTINGS_H
#define WAYMARK_COMMON_CORE_SETTINGS_H

#include "common/core/str.h"

struct profile;  /* common/core/profile.h */
struct calendar; /* common/core/calendar.h */

struct settings_version {
    struct str version; /* "kent-2015@0.1-draft#1f2e3d4c" */
    const struct profile *profile;
};

struct settings {
    const struct settings_version *versions; /* in order of activation */
    size_t n;
    const struct calendar *calendar; /* NULL before the first ConfigActivated */
};

/** The newest profile, or NULL before the first ConfigActivated. */
const struct settings_version *settings_current(const struct settings *s);
/** The profile of a version, or NULL. */
const struct profile *settings_profile(const struct settings *s,
                                       struct str version);

#endif
