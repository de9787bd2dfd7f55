/**
 * What messages are held against: a profile, its calendar, the register of
 * agencies. A version is read once and never changes; a newer one stands
 * beside it until the process ends, because requests may still look at it.
 */
#ifndef WAYMARK_INTAKE_TERMS_H
#define WAYMARK_INTAKE_TERMS_H

#include "common/core/profile.h"
#include "common/engine/port.h"
#include "intake/core/agency.h"

struct terms {
    struct arena *arena; /* holds all of it; closed by terms_close */
    struct config_text profile_text;
    struct config_text calendar_text;
    struct profile profile;
    struct calendar calendar;
    const struct agencies *agencies; /* borrowed */
    struct str version;              /* "kent-2015@0.1-draft#1f2e3d4c" */
    struct terms *older;             /* the version before it, or NULL */
};

struct terms_files {
    const char *profiles;  /* folder */
    const char *profile;   /* file of it */
    const char *calendars; /* folder */
    const struct agencies *agencies;
};

/**
 * Terms from the files: what an authority begins with. ST_REJECT, code
 * "config", "profile" or "calendar", says what is wrong. The caller closes.
 */
MUST_CHECK enum status terms_of_files(const struct terms_files *files,
                                      struct terms **out, struct err *err);

/** Terms from activated texts, which are copied. The same failures. */
MUST_CHECK enum status terms_of_texts(const struct config_text *profile,
                                      const struct config_text *calendar,
                                      const struct agencies *agencies,
                                      struct terms **out, struct err *err);

/**
 * The terms in force with a new profile or calendar in their place.
 * ST_REJECT: it does not check; a profile of another name or for another
 * calendar, a calendar of another name ("profile-ref", "calendar"). The caller
 * closes.
 */
MUST_CHECK enum status terms_with(const struct terms *now, int config_kind,
                                  struct str text, struct terms **out,
                                  struct err *err);

/** A text under its name, its version ("NAME#1f2e3d4c") made of its hash. */
struct config_text terms_text_of(struct arena *arena, int config_kind,
                                 struct str name, struct str text);

/** Close a version and all older ones. NULL does nothing. */
void terms_close(struct terms *terms);

#endif
