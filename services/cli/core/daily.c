#include "cli/core/daily.h"

#include <string.h>

#include <xxhash.h>

uint64_t
daily_hash(struct str content)
{
    return XXH3_64bits(content.p == NULL ? "" : content.p, content.n);
}

static const struct daily_episode *
episode_of(const struct daily_child *c, struct id id)
{
    for (size_t i = 0; c != NULL && i < c->n_episodes; i++)
        if (id_eq(c->episodes[i].id, id))
            return &c->episodes[i];
    return NULL;
}

static bool
has_item(const struct daily_episode *e, const struct daily_item *item)
{
    for (size_t i = 0; i < e->n_items; i++)
        if (e->items[i].list == item->list && id_eq(e->items[i].id, item->id))
            return true;
    return false;
}

/* Items of an episode that today's no longer has. */
static void
find_gone(struct arena *arena, const struct daily_episode *before,
          struct daily_change_episode *out)
{
    if (before == NULL)
        return;
    out->gone = arena_array(arena, before->n_items, sizeof *out->gone);
    for (size_t i = 0; i < before->n_items; i++)
        if (!has_item(out->now, &before->items[i]))
            out->gone[out->n_gone++] = before->items[i];
}

/* True if there is anything to send. */
static bool
compare_child(struct arena *arena, const struct daily_child *before,
              const struct daily_child *now, struct daily_change *out)
{
    size_t room = now->n_episodes + (before == NULL ? 0 : before->n_episodes);

    out->episodes = arena_array(arena, room, sizeof *out->episodes);
    for (size_t i = 0; i < now->n_episodes; i++) {
        const struct daily_episode *e = &now->episodes[i];
        const struct daily_episode *was = episode_of(before, e->id);
        struct daily_change_episode *to = &out->episodes[out->n_episodes];

        if (was != NULL && was->hash == e->hash)
            continue;
        *to = (struct daily_change_episode){ .now = e, .id = e->id };
        find_gone(arena, was, to);
        out->n_episodes++;
    }
    for (size_t i = 0; before != NULL && i < before->n_episodes; i++)
        if (episode_of(now, before->episodes[i].id) == NULL)
            out->episodes[out->n_episodes++] =
                (struct daily_change_episode){ .id = before->episodes[i].id };
    return before == NULL || before->details != now->details ||
           out->n_episodes > 0;
}

size_t
daily_compare(struct arena *arena, const struct daily_child *before,
              size_t n_before, const struct daily_child *now, size_t n_now,
              struct daily_change **out)
{
    size_t n = 0;
    size_t b = 0;

    *out = arena_array(arena, n_before + n_now, sizeof **out);
    for (size_t i = 0; i < n_now || b < n_before;) {
        int order = i == n_now      ? 1
                    : b == n_before ? -1
                                    : id_cmp(now[i].id, before[b].id);
        struct daily_change *c = &(*out)[n];

        *c = (struct daily_change){ .now = order > 0 ? SIZE_MAX : i,
                                    .before = order < 0 ? NULL : &before[b] };
        n += order > 0 || compare_child(arena, c->before, &now[i], c);
        i += order <= 0;
        b += order >= 0;
    }
    return n;
}
