#include "triage/core/go_live.h"

bool
triage_is_go_live(const struct notification_received *n)
{
    return n->kind == KIND_GO_LIVE;
}

void
triage_go_live_decide(struct arena *a, const struct frame *f,
                      const struct triage_child *child,
                      const struct notification_received *n,
                      struct triage_decision *d)
{
    bool has_case = n->opened_at != TIME_NONE;

    d->rule_id = STR(GO_LIVE_RULE);
    d->status = DECISION_FINAL;
    d->outcome = has_case ? n->outcome : OUTCOME_NFA;
    d->rule_outcome = d->outcome;
    d->side = has_case ? n->side : SIDE_EH;
    d->entry =
        d->side == SIDE_CSC ? ENTRY_CSC : ENTRY_EH; /* no door: its own */
    d->unit = n->unit;
    d->csc_status = n->csc_status;
    d->screened_by = n->by;
    d->second_by = n->second_by;
    d->locality = triage_locality(f->profile, child);
    d->age_band = triage_age_band(child, zone_date(f->zone, d->recorded_at));
    d->need_count = __builtin_popcount(d->needs);
    d->profile_version = f->version->version;
    if (has_case)
        d->received_at = n->opened_at;
    triage_count_decision(a, d);
}
