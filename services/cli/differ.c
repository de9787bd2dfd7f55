#include "cli/differ.h"

#include <stdio.h>
#include <string.h>

#include "common/adapters/json.h"

enum { VALUE_SHOWN_MAX = 120 };

static struct str
cut(struct str s)
{
    if (s.n > VALUE_SHOWN_MAX)
        s.n = VALUE_SHOWN_MAX;
    return s;
}

static void
print_json(const struct differ *d, const struct difference *is, bool declared)
{
    struct json_out o;

    json_out_init(&o, NULL);
    json_out_object(&o);
    json_out_kcstr(&o, "service", d->service);
    json_out_kcstr(&o, "authority", d->authority);
    json_out_kcstr(&o, "what", is->what);
    json_out_kstr(&o, "key", is->key);
    json_out_kstr(&o, "column", is->column);
    json_out_kstr(&o, "live", is->live);
    json_out_kstr(&o, "replayed", is->replayed);
    json_out_kbool(&o, "declared", declared);
    json_out_object_end(&o);
    printf("%.*s\n", STR_ARG(json_out_text(&o)));
    json_out_free(&o);
}

/* Which of its kind it is, from 1. */
static size_t
count_kind(struct differ *d, const char *what)
{
    size_t i = 0, last = sizeof d->kinds / sizeof d->kinds[0] - 1;

    while (i < last && d->kinds[i].n > 0 && strcmp(d->kinds[i].what, what) != 0)
        i++;
    if (d->kinds[i].n == 0)
        snprintf(d->kinds[i].what, sizeof d->kinds[i].what, "%s", what);
    return ++d->kinds[i].n;
}

void
differ_add(struct differ *d, const struct difference *is)
{
    d->differences++;
    if (count_kind(d, is->what) > DIFFER_SHOWN_MAX)
        return;
    if (d->json) {
        print_json(d, is, false);
        return;
    }
    printf("%s %s: %s", d->service, d->authority, is->what);
    if (is->key.p != NULL)
        printf(" %.*s", STR_ARG(is->key));
    if (is->column.p != NULL)
        printf(": %.*s", STR_ARG(is->column));
    if (is->live.p != NULL || is->replayed.p != NULL)
        printf(
            ": live %.*s, replayed %.*s",
            STR_ARG(is->live.p != NULL ? cut(is->live) : STR("null")),
            STR_ARG(is->replayed.p != NULL ? cut(is->replayed) : STR("null")));
    printf("\n");
}

void
differ_declare(struct differ *d, const struct difference *is)
{
    if (++d->declared > DIFFER_DECLARED_MAX)
        return;
    if (d->json)
        print_json(d, is, true);
    else
        printf("%s %s: declared: %s %.*s: %.*s\n", d->service, d->authority,
               is->what, STR_ARG(is->key), STR_ARG(is->column));
}

void
differ_sum(const struct differ *d)
{
    for (size_t i = 0; i < sizeof d->kinds / sizeof d->kinds[0]; i++)
        if (!d->json && d->kinds[i].n > DIFFER_SHOWN_MAX)
            printf("%s %s: %s: %zu more differences\n", d->service,
                   d->authority, d->kinds[i].what,
                   d->kinds[i].n - DIFFER_SHOWN_MAX);
    if (!d->json && d->declared > DIFFER_DECLARED_MAX)
        printf("%s %s: declared: %zu more\n", d->service, d->authority,
               d->declared - DIFFER_DECLARED_MAX);
    if (d->json)
        printf("{\"service\":\"%s\",\"authority\":\"%s\",\"turns\":%zu,"
               "\"records\":%zu,\"tables\":%zu,\"rows\":%zu,"
               "\"differences\":%zu,\"declared\":%zu}\n",
               d->service, d->authority, d->turns, d->records, d->tables,
               d->rows, d->differences, d->declared);
    else
        printf("%s %s: turns %zu, records %zu, tables %zu, rows %zu, "
               "differences %zu",
               d->service, d->authority, d->turns, d->records, d->tables,
               d->rows, d->differences);
    if (!d->json && d->declared > 0)
        printf(", declared %zu", d->declared);
    if (!d->json)
        printf("\n");
}
