#include "tests/lib/one_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "common/adapters/authorities.h"

/* Of the folder that WAYMARK_ROOT names, else of the present one. */
static struct str
project_file(struct arena *a, const char *folder, const char *name)
{
    const char *root = getenv("WAYMARK_ROOT");
    struct str path = arena_printf(a, "%s/%s/%s.json",
                                   root == NULL ? "." : root, folder, name);
    struct err err = { .code = "" };
    struct str text;

    if (file_read(path.p, PROFILE_BYTES_MAX, a, &text, &err) != ST_OK)
        fail_msg("%s; set WAYMARK_ROOT", err.text);
    return text;
}

void
one_profile_read(struct one_profile *p, struct arena *a, const char *name)
{
    struct str profile = project_file(a, "profiles", name);
    struct str calendar = project_file(a, "calendars", "england-and-wales");
    struct err err = { .code = "" };

    if (profile_json_read(a, profile, &p->profile, &err) != ST_OK)
        fail_msg("%s: %s", name, err.text);
    if (calendar_json_read(a, calendar, &p->calendar, &err) != ST_OK)
        fail_msg("england-and-wales: %s", err.text);
    p->version = (struct settings_version){ .version = p->profile.version_id,
                                            .profile = &p->profile };
    p->settings = (struct settings){ .versions = &p->version,
                                     .n = 1,
                                     .calendar = &p->calendar };
}

time_ms
one_profile_local(const struct one_profile *p, const char *text)
{
    struct err err = { .text = "" };
    time_ms at;

    if (time_parse(&p->calendar.zone, str_of(text), &at, &err) != ST_OK)
        fail_msg("%s: %s", text, err.text);
    return at;
}
