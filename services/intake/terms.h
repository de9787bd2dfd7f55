/**
 * What messages are held against: a profile, its calendar, the authority's
 * staff list where one was activated, the register of agencies. A version is
 * read once and never changes; a newer one stands beside it until the process
 * ends, because requests may still look at it.
 */
#ifndef WAYMARK_INTAKE_TERMS_H
#define WAYMARK_INTAKE_TERMS_H

#include "common/core/profile.h"
#include "common/core/staff.h"
#include "common/engine/port.h"
#include "intake/core/agency.h"

struct terms {
    struct arena *arena; /* holds all of it; closed by terms_close */
    struct config_text profile_text;
    struct config_text calendar_text;
    struct config_text staff_text; /* no text: none was activated */
    struct profile profile;
    struct calendar calendar;
    struct staff *staff;             /* NULL: likewise */
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

/* Activated texts. Borrowed. */
struct terms_texts {
    const struct config_text *profile;
    const struct config_text *calendar;
    const struct config_text *staff; /* NULL or without text: none */
};

/** Terms from activated texts, which are copied. The same failures, "staff". */
MUST_CHECK enum status terms_of_texts(const struct terms_texts *texts,
                                      const struct agencies *agencies,
                                      struct terms **out, struct err *err);

/** The terms in force with another register of agencies. */
MUST_CHECK enum status terms_with_agencies(const struct terms *now,
                                           const struct agencies *agencies,
                                           struct terms **out, struct err *err);

/**
 * The terms in force with a new profile, calendar or staff list of the
 * authority `name` in their place. ST_REJECT: it does not check ("profile",
 * "calendar", "staff", ...); a profile of another name or for another
 * calendar, a calendar of another name ("profile-ref", "calendar"). The caller
 * closes.
 */
MUST_CHECK enum status terms_with(const struct terms *now, int config_kind,
                                  struct str name, struct str text,
                                  struct terms **out, struct err *err);
/** The text of that kind that these terms were read from. */
const struct config_text *terms_text(const struct terms *terms,
                                     int config_kind);

/** A text under its name, its version ("NAME#1f2e3d4c") made of its hash. */
struct config_text terms_text_of(struct arena *arena, int config_kind,
                                 struct str name, struct str text);

/** Close a version and all older ones. NULL does nothing. */
void terms_close(struct terms *terms);

#endif
