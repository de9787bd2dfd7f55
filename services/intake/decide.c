#include "intake/decide.h"

#include <stdio.h>
#include <string.h>

#include "common/engine/log.h"
#include "intake/give.h"

static void
look_again(struct group *g, struct append_item *it, struct arena *arena)
{
    const struct terms *r = writer_terms(g->writer);
    const struct zone *zone = &r->calendar.zone;
    bool refused = it->v.problems.n > 0;
    struct validate_against against;

    if (it->terms == r && it->looked_at != TIME_NONE &&
        zone_date(zone, it->looked_at) == zone_date(zone, g->recorded) &&
        (!refused || it->looked_at == g->recorded))
        return;
    against =
        (struct validate_against){ .arena = arena,
                                   .authority = g->writer->options.authority,
                                   .agencies = r->agencies,
                                   .staff = r->staff,
                                   .profile = &r->profile,
                                   .calendar = &r->calendar,
                                   .received = g->recorded };
    validate(&against, it->item, it->raw, &it->v);
}

void
decide_refuse(struct append_item *it, struct arena *arena, const char *code,
              const char *pointer, const char *detail)
{
    struct problem *p = arena_alloc(arena, sizeof *p);

    (void)snprintf(p->code, sizeof p->code, "%s", code);
    p->pointer = str_of(pointer);
    p->detail = str_of(detail);
    it->v.problems = (struct problems){ .at = p, .n = 1 };
    it->result = APPEND_REFUSED;
}

/* W11 and W12, and the receipt of the same key if there is one. */
static const struct known *
hold_against_known(struct group *g, struct append_item *it, struct id ref)
{
    int32_t amendment = it->v.key.amendment;
    bool before = amendment == 0, later = false;

    for (size_t i = 0; i < g->n_known; i++) {
        const struct known *k = &g->known[i];

        if (!id_eq(k->ref, ref))
            continue;
        if (id_eq(k->id, it->v.id))
            return k;
        before |= k->amendment == amendment - 1;
        later |= k->amendment > amendment;
    }
    if (!before)
        it->v.warnings |= (uint32_t)1 << WARNING_AMENDMENT_GAP;
    if (later)
        it->v.warnings |= (uint32_t)1 << WARNING_SUPERSEDED;
    return NULL;
}

static void
repeat(struct append_item *it, const struct known *k, struct arena *arena)
{
    if (memcmp(k->hash, it->hash, sizeof k->hash) != 0) {
        decide_refuse(it, arena, "R08", "/agency_ref",
                      "this key was used with other content");
        return;
    }
    it->result = APPEND_REPEATED;
    it->id = k->id;
    it->recorded_at = k->recorded_at;
    it->warnings = k->warnings | (uint32_t)1 << WARNING_REPEAT;
}

void
decide_item(struct group *g, struct append_item *it, struct arena *arena)
{
    struct outbox_mark mark = outbox_mark(&g->box);
    const struct known *k;
    struct err err = { .code = "" };
    struct id ref;
    enum status rc;

    look_again(g, it, arena);
    if (it->v.problems.n > 0) {
        it->result = APPEND_REFUSED;
        return;
    }
    ref = group_ref(it->item, it->v.key.agency_id, it->v.key.agency_ref);
    k = hold_against_known(g, it, ref);
    if (k != NULL) {
        repeat(it, k, arena);
        return;
    }
    rc = give_item(g, it, &err);
    if (rc != ST_OK) {
        outbox_undo(&g->box, mark);
        if (rc == ST_REJECT) {
            decide_refuse(it, arena, "R04", "", "too large once it is read");
        } else {
            it->result = APPEND_BROKEN;
            log_error("item_broken", "authority=%.*s code=%s why=\"%s\"",
                      STR_ARG(g->writer->options.authority), err.code,
                      err.text);
        }
        return;
    }
    it->result = APPEND_ACCEPTED;
    it->id = it->v.id;
    it->recorded_at = g->recorded;
    it->warnings = it->v.warnings;
    g->n_accepted++;
    g->known[g->n_known] = (struct known){
        .id = it->id,
        .ref = ref,
        .amendment = it->v.key.amendment,
        .recorded_at = g->recorded,
        .warnings = it->warnings,
        .item = it,
        .sequence = g->box.tails.at[give_topic(it->item)].sequence,
    };
    memcpy(g->known[g->n_known++].hash, it->hash, sizeof it->hash);
}
