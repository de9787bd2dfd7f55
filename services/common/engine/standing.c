#include "common/engine/standing.h"

#include <inttypes.h>
#include <string.h>

void
standing_init(struct standing *s, const enum topic *outputs, size_t n)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < n; i++)
        s->topics[s->n++] = outputs[i];
    s->topics[s->n++] = TOPIC_DEAD_LETTERS;
}

enum status
standing_check(const struct standing *s, const struct tails *tails,
               struct err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        const char *name = topic_name(s->topics[i]);
        int64_t given = tails->at[s->topics[i]].sequence;

        if (s->log[i].sequence > given)
            return err_set(err, ST_FATAL, "restore",
                           "%s holds our %" PRId64
                           ", the database has given out %" PRId64
                           ": see `waymark recover`",
                           name, s->log[i].sequence, given);
        if (given > 0 && s->log[i].sequence == given &&
            s->log[i].chain != tails->at[s->topics[i]].chain)
            return err_set(err, ST_FATAL, "fork",
                           "%s: %" PRId64 " is not what was committed", name,
                           given);
    }
    return ST_OK;
}

void
standing_again(struct standing *s, struct str block)
{
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    while (outbox_next(block, &at, &e, &ok))
        for (size_t i = 0; i < s->n; i++)
            if (s->topics[i] == e.topic && s->again[i] == 0)
                s->again[i] = e.sequence;
}

enum status
standing_whole(const struct standing *s, const struct tails *tails,
               struct err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        int64_t next = s->log[i].sequence + 1;
        int64_t given = tails->at[s->topics[i]].sequence;
        int64_t from = s->again[i] > 0 ? s->again[i] : given + 1;

        if (next < from)
            return err_set(err, ST_FATAL, "gap",
                           "%s: our %" PRId64 " to %" PRId64
                           " are lost, republish from %" PRId64,
                           topic_name(s->topics[i]), next, from - 1, next);
    }
    return ST_OK;
}
