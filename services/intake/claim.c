#include "intake/claim.h"

#include <string.h>

#include "common/engine/memory.h"
#include "intake/two_people.h"

enum { BODY_MAX = 4096, MEMORY = 1 << 20 };

/* {"queue": word, "id": notification, "act": "claim" or "release", "by": name,
 * "from": name or absent} */
static enum status
read_what(const struct json *doc, struct append_claim *out, struct err *err)
{
    struct str queue = STR_NULL, id = STR_NULL, act = STR_NULL;

    (void)json_str(json_get(doc, "queue"), &queue);
    (void)json_str(json_get(doc, "id"), &id);
    (void)json_str(json_get(doc, "act"), &act);
    out->queue = queue.p == NULL ? 0 : codes_find(&codes_queue, queue);
    out->release = str_is(act, "release");
    if (out->queue == 0)
        return err_set(err, ST_REJECT, "R15",
                       "queue: want screening, consultation or match");
    if (!out->release && !str_is(act, "claim"))
        return err_set(err, ST_REJECT, "R15", "act: want claim or release");
    if (id.p == NULL || !id_parse(id, &out->item_id))
        return err_set(err, ST_REJECT, "R03",
                       "want the notification's id as id");
    return ST_OK;
}

static enum status
read_body(struct str body, struct arena *arena, struct append_claim *out,
          struct err *err)
{
    struct json *doc = NULL;
    enum status rc = json_parse(body, BODY_MAX, &doc, err);

    if (rc == ST_OK)
        rc = read_what(doc, out, err);
    if (rc == ST_OK)
        rc = one_person_read(doc, "by", arena, &out->by, err);
    if (rc == ST_OK && json_get(doc, "from") != NULL)
        rc = one_person_read(doc, "from", arena, &out->from, err);
    json_free(doc);
    return rc;
}

static void
answer(const struct append_claim *c, struct http_response *resp)
{
    char id[ID_TEXT_SIZE], since[TIME_TEXT_SIZE];
    struct json_out out;
    size_t n = 0;
    char *text;

    json_out_init(&out, NULL);
    json_out_object(&out);
    json_out_kcstr(&out, "queue", codes_word(&codes_queue, c->queue));
    json_out_kcstr(&out, "id", id_text(c->item_id, id));
    json_out_kstr(&out, "owner", c->owner);
    if (c->owner.p != NULL)
        json_out_kcstr(&out, "since", time_text(c->since, since));
    json_out_object_end(&out);
    text = json_out_take(&out, &n);
    if (text == NULL)
        http_problem(resp, 503, "memory", "Not ready", NULL);
    else
        http_body_take(resp, 202, "application/json", text, n);
}

static void
refuse(const struct err *err, struct http_response *resp)
{
    if (strcmp(err->code, "id") == 0)
        http_problem(resp, 404, "id", "No such id", NULL);
    else if (strcmp(err->code, "claimed") == 0)
        http_problem(resp, 409, "claimed", "Another is at it", err->text);
    else
        http_problem(resp, 422, err->code, "Refused", err->text);
}

void
claim_post(const struct door *door, const struct http_request *req,
           struct http_response *resp)
{
    struct arena *arena = memory_open(MEMORY);
    struct append_claim c = { .since = TIME_NONE };
    struct err err = { .code = "memory" };
    enum status rc = ST_RETRY;

    if (arena != NULL)
        rc = read_body(req->body, arena, &c, &err);
    if (rc == ST_OK)
        rc = append_claim(door->append, &c, arena, &err);
    if (rc == ST_OK) {
        answer(&c, resp);
    } else if (rc == ST_REJECT) {
        refuse(&err, resp);
    } else {
        door_answer_later(resp, err.code);
    }
    memory_close(arena);
}
