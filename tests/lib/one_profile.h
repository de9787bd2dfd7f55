/**
 * The settings of an authority that has only ever had one version: a profile
 * of the repository with the calendar beside it. What can't be read fails the
 * test.
 */
#ifndef WAYMARK_TESTS_LIB_ONE_PROFILE_H
#define WAYMARK_TESTS_LIB_ONE_PROFILE_H

#include "common/core/profile.h"
#include "common/core/settings.h"

/* Points into itself: stays where one_profile_read filled it. */
struct one_profile {
    struct profile profile;
    struct calendar calendar;
    struct settings_version version;
    struct settings settings;
};

/** Read profiles/`name`.json; its texts live in `a`. */
void one_profile_read(struct one_profile *p, struct arena *a, const char *name);

/** The instant of a local time, "2015-06-26T07:12:05". */
time_ms one_profile_local(const struct one_profile *p, const char *text);

#endif
