#include "intake/lobby.h"

#include <pthread.h>
#include <stdlib.h>

/* An agency with requests behind the door. */
struct guest {
    struct str agency_id;
    size_t n;
};

struct lobby {
    pthread_mutex_t lock;
    size_t places;
    size_t taken;
    struct guest *guests; /* as many as places at most */
    size_t n_guests;
    int64_t n_busy;
    int64_t n_share;
};

enum status
lobby_open(size_t places, struct lobby **out, struct err *err)
{
    struct lobby *a = calloc(1, sizeof *a);

    *out = NULL;
    if (a != NULL)
        a->guests = calloc(places, sizeof *a->guests);
    if (a == NULL || a->guests == NULL) {
        free(a);
        return err_set(err, ST_FATAL, "memory", "no memory for places");
    }
    a->places = places;
    pthread_mutex_init(&a->lock, NULL);
    *out = a;
    return ST_OK;
}

void
lobby_close(struct lobby *a)
{
    if (a == NULL)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a->guests);
    free(a);
}

/* NULL where it has no place. */
static struct guest *
find(struct lobby *a, struct str agency_id)
{
    for (size_t i = 0; i < a->n_guests; i++)
        if (str_eq(a->guests[i].agency_id, agency_id))
            return &a->guests[i];
    return NULL;
}

/* What one of `n` agencies may have: never none. */
static size_t
share_of(const struct lobby *a, size_t n)
{
    size_t share = n <= 1 ? a->places - a->places / 4 : a->places / n;

    return share > 0 ? share : 1;
}

const char *
lobby_enter(struct lobby *a, struct str agency_id)
{
    const char *code = NULL;
    struct guest *g = NULL;

    pthread_mutex_lock(&a->lock);
    if (agency_id.p != NULL)
        g = find(a, agency_id);
    if (g != NULL && g->n >= share_of(a, a->n_guests))
        code = LOBBY_SHARE;
    else if (a->taken == a->places)
        code = LOBBY_BUSY;
    if (code == NULL && agency_id.p != NULL && g == NULL) {
        g = &a->guests[a->n_guests++];
        *g = (struct guest){ .agency_id = agency_id };
    }
    if (code == NULL && g != NULL)
        g->n++;
    a->taken += code == NULL;
    a->n_busy += code != NULL && code[0] == LOBBY_BUSY[0];
    a->n_share += code != NULL && code[0] == LOBBY_SHARE[0];
    pthread_mutex_unlock(&a->lock);
    return code;
}

void
lobby_leave(struct lobby *a, struct str agency_id)
{
    struct guest *g = NULL;

    pthread_mutex_lock(&a->lock);
    a->taken--;
    if (agency_id.p != NULL)
        g = find(a, agency_id);
    if (g != NULL && --g->n == 0)
        *g = a->guests[--a->n_guests];
    pthread_mutex_unlock(&a->lock);
}

void
lobby_print(struct lobby *a, FILE *to)
{
    pthread_mutex_lock(&a->lock);
    fprintf(to,
            "# HELP waymark_intake_shed_total Requests that found no place, "
            "by code.\n# TYPE waymark_intake_shed_total counter\n"
            "waymark_intake_shed_total{service=\"intake\",code=\"%s\"} %lld\n"
            "waymark_intake_shed_total{service=\"intake\",code=\"%s\"} %lld\n",
            LOBBY_BUSY, (long long)a->n_busy, LOBBY_SHARE,
            (long long)a->n_share);
    pthread_mutex_unlock(&a->lock);
}
