#include "intake/receipt.h"

#include "common/core/feedback.h"
#include "common/engine/memory.h"

enum { MEMORY_MAX = 1 << 20 };

static const char *
state_word(const struct progress_state *s)
{
    return s->decided ? "decided" : s->looked_at ? "waiting" : "received";
}

static void
put_holder(struct json_out *out, const struct progress_state *s,
           struct str phone)
{
    json_out_key(out, "held_by");
    json_out_object(out);
    if (s->unit.n > 0)
        json_out_kstr(out, "unit", s->unit);
    json_out_kstr(out, "phone", phone);
    json_out_object_end(out);
}

static void
put_decision(struct json_out *out, const struct progress_state *s)
{
    char at[TIME_TEXT_SIZE];

    json_out_kcstr(out, "decided_at", time_text(s->decided_at, at));
    json_out_kcstr(out, "answer", codes_word(&codes_answer, s->answer));
    if (s->outcome != 0)
        json_out_kcstr(out, "outcome", codes_word(&codes_outcome, s->outcome));
    if (s->refusal.n > 0)
        json_out_kstr(out, "refusal", s->refusal);
}

/* The public hears that it was received, and no more. */
static void
put_state(struct json_out *out, const struct door *door,
          const struct append_receipt *r, const struct progress_state *s)
{
    const struct terms *terms = append_terms(door->append);
    const struct agency *agency = agency_find(terms->agencies, r->agency_id);
    struct progress_state told = *s;

    if (feedback_is_receipt_only(agency == NULL ? 0 : agency->type))
        told = (struct progress_state){ .known = true };
    json_out_kcstr(out, "state", state_word(&told));
    json_out_kbool(out, "state_known", told.known);
    if (told.decided)
        put_decision(out, &told);
    if (told.looked_at || told.decided)
        json_out_kbool(out, "seen_by_person", told.seen);
    put_holder(out, &told, terms->profile.duty_phone);
}

static void
answer(const struct door *door, const struct append_receipt *r,
       const struct progress_state *s, struct http_response *resp)
{
    struct json_out out;
    size_t n = 0;
    char *text;

    json_out_init(&out, NULL);
    json_out_object(&out);
    door_put_receipt(&out, r, false);
    if (r->item == ITEM_NOTIFICATION)
        put_state(&out, door, r, s);
    json_out_object_end(&out);
    text = json_out_take(&out, &n);
    if (text == NULL)
        http_problem(resp, 503, "memory", "Not ready", NULL);
    else
        http_body_take(resp, 200, "application/json", text, n);
}

/* ST_REJECT: there is none, or none for this agency. */
static enum status
find(const struct door *door, struct str agency_id, struct str id_text,
     struct arena *arena, struct append_receipt *out, struct err *err)
{
    struct id id;
    enum status rc;

    if (!id_parse(id_text, &id))
        return err_set(err, ST_REJECT, "id", "no id");
    if (arena == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    rc = append_find(door->append, id, arena, out, err);
    if (rc == ST_OK && (!out->found || (agency_id.p != NULL &&
                                        !str_eq(out->agency_id, agency_id))))
        rc = err_set(err, ST_REJECT, "id", "none for this agency");
    return rc;
}

void
receipt_get(const struct door *door, struct progress *progress,
            struct str agency_id, struct str id, struct http_response *resp)
{
    struct arena *arena = memory_open(MEMORY_MAX);
    struct append_receipt receipt = { .found = false };
    struct progress_state state = { .decided_at = TIME_NONE };
    struct err err = { .code = "" };
    enum status rc = find(door, agency_id, id, arena, &receipt, &err);

    if (rc == ST_OK && progress != NULL && receipt.item == ITEM_NOTIFICATION)
        progress_ask(progress, door->partition, &receipt, arena, &state);
    if (rc == ST_OK) {
        answer(door, &receipt, &state, resp);
    } else if (rc == ST_REJECT) {
        http_problem(resp, 404, "id", "No such id", NULL);
    } else {
        door_answer_later(resp, err.code);
    }
    memory_close(arena);
}
