#include "common/host/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum status
crash_read(struct crash *c, const char *text, struct err *err)
{
    const char *colon = strchr(text, ':');
    size_t n = colon == NULL ? 0 : (size_t)(colon - text);
    const char *how = colon == NULL ? NULL : strchr(colon + 1, ':');

    if (text[0] == '\0')
        return ST_OK;
    if (n == 0 || n >= sizeof c->place || atol(colon + 1) < 1 ||
        (how != NULL && strcmp(how, ":stop") != 0))
        return err_set(err, ST_REJECT, "config",
                       "CRASH_AT=\"%s\": want PLACE:N or PLACE:N:stop", text);
    c->signal = how == NULL ? SIGKILL : SIGSTOP;
    memcpy(c->place, text, n);
    atomic_store(&c->left, atol(colon + 1));
    return ST_OK;
}

void
crash_here(struct crash *c, const char *place)
{
    if (strcmp(place, c->place) == 0 && atomic_fetch_sub(&c->left, 1) == 1)
        raise(c->signal);
}
