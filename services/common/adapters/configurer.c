#include "common/adapters/configurer.h"

#include <stdlib.h>

#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "common/core/profile.h"
#include "common/engine/memory.h"

enum { TEXTS_MAX = 4096, TEXT_MEMORY = 64 << 20 };

/* One activated text; what it became lives in its own arena. */
struct text {
    int kind;
    struct arena *arena;
    struct str version;
    struct profile profile;
    struct calendar calendar;
};

struct configurer_texts {
    struct text *texts[TEXTS_MAX];
    size_t n;
    struct settings_version versions[TEXTS_MAX];
    struct settings settings;
};

/* Settings are what the first n texts make of them. */
static void
settle(struct configurer_texts *c)
{
    c->settings = (struct settings){ .versions = c->versions };
    for (size_t i = 0; i < c->n; i++) {
        struct text *t = c->texts[i];

        if (t->kind == CONFIG_PROFILE)
            c->versions[c->settings.n++] = (struct settings_version){
                .version = t->version, .profile = &t->profile
            };
        else if (t->kind == CONFIG_CALENDAR)
            c->settings.calendar = &t->calendar;
    }
}

static void
text_free(struct text *t)
{
    if (t == NULL)
        return;
    memory_close(t->arena);
    free(t);
}

static enum status
activate(void *self, const struct config_text *in, struct err *err)
{
    struct configurer_texts *c = self;
    struct text *t;
    enum status rc = ST_OK;

    if (c->n == TEXTS_MAX)
        return err_set(err, ST_FATAL, "config", "more than %d texts",
                       TEXTS_MAX);
    t = calloc(1, sizeof *t);
    if (t == NULL || (t->arena = memory_open(TEXT_MEMORY)) == NULL) {
        free(t);
        return err_set(err, ST_RETRY, "memory", "no memory for a text");
    }
    t->kind = in->config_kind;
    t->version = arena_str(t->arena, in->version);
    if (in->config_kind == CONFIG_PROFILE)
        rc = profile_json_read(t->arena, in->text, &t->profile, err);
    else if (in->config_kind == CONFIG_CALENDAR)
        rc = calendar_json_read(t->arena, in->text, &t->calendar, err);
    if (rc != ST_OK) {
        text_free(t);
        return rc;
    }
    c->texts[c->n++] = t;
    settle(c);
    return ST_OK;
}

static void
forget(void *self, size_t n)
{
    struct configurer_texts *c = self;

    while (c->n > n)
        text_free(c->texts[--c->n]);
    settle(c);
}

struct configurer_texts *
configurer_open(struct configurer *port)
{
    struct configurer_texts *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    settle(c);
    *port = (struct configurer){ .self = c,
                                 .activate = activate,
                                 .forget = forget,
                                 .settings = &c->settings };
    return c;
}

void
configurer_close(struct configurer_texts *c)
{
    if (c == NULL)
        return;
    forget(c, 0);
    free(c);
}
