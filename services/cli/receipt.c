#include "cli/receipt.h"

#include "common/core/check.h"

static int32_t
warning_bits(struct texts warnings)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < warnings.n; i++)
        for (int w = 1; w <= WARNING_LAST; w++)
            if (str_is(warnings.at[i], warning_code((enum warning)w)))
                bits |= (uint32_t)1 << w;
    return (int32_t)bits;
}

static void
common_part(struct receipt *to, struct str agency_id, struct str agency_ref,
            int32_t amendment, struct id id, struct str hash, struct id key_id)
{
    to->key_id = key_id;
    to->agency_id = agency_id;
    to->agency_ref = agency_ref;
    to->amendment = amendment;
    to->item_id = id;
    to->content_hash = hash;
    to->kind = "";
}

bool
receipt_of(enum record_type type, const void *body, struct receipt *to)
{
    const struct notification_received *n = body;
    const struct activity_reported *a = body;
    const struct screening_recorded *s = body;
    const struct match_resolved *m = body;
    const struct indicator_observed *o = body;

    to->warnings = 0;
    to->recorded_at = ((const struct meta *)body)->recorded_at;
    switch (type) {
    case REC_NOTIFICATION_RECEIVED:
        common_part(to, n->agency_id, n->agency_ref, n->amendment,
                    n->notification_id, n->content_hash, n->key_id);
        to->item_kind = "notification";
        to->kind = codes_word(&codes_kind, n->kind);
        to->warnings = warning_bits(n->warnings);
        return true;
    case REC_ACTIVITY_REPORTED:
        common_part(to, a->agency_id, a->agency_ref, a->amendment,
                    a->activity_id, a->content_hash, a->key_id);
        to->item_kind = "activity";
        to->kind = codes_word(&codes_activity, a->activity);
        to->warnings = warning_bits(a->warnings);
        return true;
    case REC_SCREENING_RECORDED:
        common_part(to, s->agency_id, s->agency_ref, s->amendment,
                    s->screening_id, s->content_hash, s->key_id);
        to->item_kind = "screening";
        return true;
    case REC_MATCH_RESOLVED:
        common_part(to, m->agency_id, m->agency_ref, m->amendment,
                    m->resolution_id, m->content_hash, m->key_id);
        to->item_kind = "match";
        return true;
    case REC_INDICATOR_OBSERVED:
        common_part(to, o->agency_id, o->agency_ref, o->amendment,
                    o->indicator_id, o->content_hash, ID_NONE);
        to->item_kind = "indicator";
        to->warnings = warning_bits(o->warnings);
        return true;
    default:
        return false;
    }
}

struct str
receipt_sealed(enum record_type type, const void *body)
{
    switch (type) {
    case REC_NOTIFICATION_RECEIVED:
        return ((const struct notification_received *)body)->person;
    case REC_ACTIVITY_REPORTED:
        return ((const struct activity_reported *)body)->detail;
    case REC_SCREENING_RECORDED:
        return ((const struct screening_recorded *)body)->detail;
    case REC_MATCH_RESOLVED:
        return ((const struct match_resolved *)body)->detail;
    default:
        return STR_NULL;
    }
}
