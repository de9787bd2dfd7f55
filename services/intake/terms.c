#include "intake/terms.h"

#include <stdlib.h>

#include "common/adapters/authorities.h"
#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "common/adapters/staff_json.h"
#include "common/core/codes.h"
#include "common/engine/memory.h"
#include "intake/core/content.h"

enum { MEMORY_MAX = 128 << 20, SHORT_HASH = 8 };

static enum status
terms_open(const struct agencies *agencies, struct terms **out, struct err *err)
{
    struct terms *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r == NULL || (r->arena = memory_open(MEMORY_MAX)) == NULL) {
        free(r);
        return err_set(err, ST_RETRY, "memory", "no memory for a profile");
    }
    r->agencies = agencies;
    *out = r;
    return ST_OK;
}

void
terms_close(struct terms *terms)
{
    while (terms != NULL) {
        struct terms *older = terms->older;

        memory_close(terms->arena);
        free(terms);
        terms = older;
    }
}

static struct config_text
copy(struct arena *arena, const struct config_text *t)
{
    return (struct config_text){ .config_kind = t->config_kind,
                                 .name = arena_str(arena, t->name),
                                 .version = arena_str(arena, t->version),
                                 .hash = arena_str(arena, t->hash),
                                 .text = arena_str(arena, t->text) };
}

static enum status
finish(struct terms *r, enum status rc, struct terms **out)
{
    if (rc != ST_OK) {
        terms_close(r);
        r = NULL;
    }
    *out = r;
    return rc;
}

static enum status
put_staff(struct terms *r, const struct config_text *text, struct err *err)
{
    if (text == NULL || text->text.p == NULL)
        return ST_OK;
    r->staff_text = copy(r->arena, text);
    r->staff = arena_alloc(r->arena, sizeof *r->staff);
    return staff_json_read(r->arena, r->staff_text.text, r->staff, err);
}

enum status
terms_of_texts(const struct terms_texts *texts, const struct agencies *agencies,
               struct terms **out, struct err *err)
{
    struct terms *r;
    enum status rc = terms_open(agencies, &r, err);

    if (rc != ST_OK)
        return rc;
    r->profile_text = copy(r->arena, texts->profile);
    r->calendar_text = copy(r->arena, texts->calendar);
    r->version = r->profile_text.version;
    rc = profile_json_read(r->arena, r->profile_text.text, &r->profile, err);
    if (rc == ST_OK)
        rc = calendar_json_read(r->arena, r->calendar_text.text, &r->calendar,
                                err);
    if (rc == ST_OK)
        rc = put_staff(r, texts->staff, err);
    return finish(r, rc, out);
}

enum status
terms_with_agencies(const struct terms *now, const struct agencies *agencies,
                    struct terms **out, struct err *err)
{
    struct terms_texts texts = { .profile = &now->profile_text,
                                 .calendar = &now->calendar_text,
                                 .staff = &now->staff_text };

    return terms_of_texts(&texts, agencies, out, err);
}

const struct config_text *
terms_text(const struct terms *terms, int config_kind)
{
    return config_kind == CONFIG_PROFILE    ? &terms->profile_text
           : config_kind == CONFIG_CALENDAR ? &terms->calendar_text
                                            : &terms->staff_text;
}

struct config_text
terms_text_of(struct arena *arena, int config_kind, struct str name,
              struct str text)
{
    char digest[CONTENT_DIGEST_SIZE];

    (void)content_digest(text, digest);
    return (struct config_text){
        .config_kind = config_kind,
        .name = name,
        .version = arena_printf(arena, "%.*s#%.*s", STR_ARG(name),
                                (int)SHORT_HASH, digest),
        .hash = arena_str(arena, str_of(digest)),
        .text = text,
    };
}

static struct config_text
profile_text_of(const struct profile *p, struct str text)
{
    return (struct config_text){ .config_kind = CONFIG_PROFILE,
                                 .name = p->id,
                                 .version = p->version_id,
                                 .hash = p->hash,
                                 .text = text };
}

static enum status
read_calendar(struct terms *r, const char *folder, struct err *err)
{
    struct str name = r->profile.calendar;
    struct str path =
        arena_printf(r->arena, "%s/%.*s.json", folder, STR_ARG(name));
    struct str text;
    enum status rc = file_read(path.p, PROFILE_BYTES_MAX, r->arena, &text, err);

    if (rc == ST_OK)
        rc = calendar_json_read(r->arena, text, &r->calendar, err);
    if (rc != ST_OK)
        return rc;
    r->calendar_text = terms_text_of(r->arena, CONFIG_CALENDAR, name, text);
    return ST_OK;
}

enum status
terms_of_files(const struct terms_files *files, struct terms **out,
               struct err *err)
{
    struct terms *r;
    struct str path, text;
    enum status rc = terms_open(files->agencies, &r, err);

    if (rc != ST_OK)
        return rc;
    path = arena_printf(r->arena, "%s/%s", files->profiles, files->profile);
    rc = file_read(path.p, PROFILE_BYTES_MAX, r->arena, &text, err);
    if (rc == ST_OK)
        rc = profile_json_read(r->arena, text, &r->profile, err);
    if (rc == ST_OK) {
        r->version = r->profile.version_id;
        r->profile_text = profile_text_of(&r->profile, text);
        rc = read_calendar(r, files->calendars, err);
    }
    if (rc != ST_OK)
        err_where(err, "%s", path.p);
    return finish(r, rc, out);
}

/* Another authority's framework by mistake would be applied to every child. */
static enum status
put_profile(struct terms *r, const struct terms *now, struct str text,
            struct err *err)
{
    struct profile *p = &r->profile;
    enum status rc = profile_json_read(r->arena, text, p, err);

    if (rc != ST_OK)
        return rc;
    if (!str_eq(p->id, now->profile.id))
        return err_set(err, ST_REJECT, "profile-ref",
                       "/profile: it is \"%.*s\", in force is \"%.*s\"",
                       STR_ARG(p->id), STR_ARG(now->profile.id));
    if (!str_eq(p->calendar, now->calendar_text.name))
        return err_set(err, ST_REJECT, "profile-ref",
                       "/calendar: in force is \"%.*s\"",
                       STR_ARG(now->calendar_text.name));
    r->profile_text = profile_text_of(p, text);
    r->calendar_text = copy(r->arena, &now->calendar_text);
    return calendar_json_read(r->arena, r->calendar_text.text, &r->calendar,
                              err);
}

/* One that begins later or ends earlier would leave running clocks without
 * days. */
static enum status
put_calendar(struct terms *r, const struct terms *now, struct str text,
             struct err *err)
{
    enum status rc = calendar_json_read(r->arena, text, &r->calendar, err);

    if (rc != ST_OK)
        return rc;
    if (r->calendar.first > now->calendar.first ||
        r->calendar.last < now->calendar.last)
        return err_set(err, ST_REJECT, "calendar",
                       "/covers: it leaves out days that the calendar in "
                       "force covers");
    r->calendar_text =
        terms_text_of(r->arena, CONFIG_CALENDAR,
                      arena_str(r->arena, now->calendar_text.name), text);
    r->profile_text = copy(r->arena, &now->profile_text);
    return profile_json_read(r->arena, r->profile_text.text, &r->profile, err);
}

/* Another staff list beside profile and calendar as they are. */
static enum status
with_staff(const struct terms *now, const struct config_text *staff,
           struct terms **out, struct err *err)
{
    struct terms_texts texts = { .profile = &now->profile_text,
                                 .calendar = &now->calendar_text,
                                 .staff = staff };

    return terms_of_texts(&texts, now->agencies, out, err);
}

enum status
terms_with(const struct terms *now, int config_kind, struct str name,
           struct str text, struct terms **out, struct err *err)
{
    struct terms *r;
    enum status rc = terms_open(now->agencies, &r, err);

    *out = NULL;
    if (rc != ST_OK)
        return rc;
    text = arena_str(r->arena, text);
    if (config_kind == CONFIG_STAFF) {
        struct config_text staff =
            terms_text_of(r->arena, CONFIG_STAFF, name, text);

        rc = with_staff(now, &staff, out, err);
        terms_close(r);
        return rc;
    }
    rc = config_kind == CONFIG_PROFILE ? put_profile(r, now, text, err)
                                       : put_calendar(r, now, text, err);
    if (rc == ST_OK)
        rc = put_staff(r, &now->staff_text, err);
    r->version = r->profile_text.version;
    return finish(r, rc, out);
}
