#include "intake/erase.h"

#include <string.h>

#include "common/engine/memory.h"
#include "intake/two_people.h"

enum { BODY_MAX = 4096, MEMORY = 1 << 20 };

static enum status
read_body(struct str body, struct arena *arena, struct append_erasure *out,
          struct err *err)
{
    struct json *doc = NULL;
    struct str text;
    enum status rc = json_parse(body, BODY_MAX, &doc, err);

    if (rc == ST_OK && (!json_str(json_get(doc, "id"), &text) ||
                        !id_parse(text, &out->item_id)))
        rc = err_set(err, ST_REJECT, "R03", "want the record's id as id");
    if (rc == ST_OK)
        rc = two_people_read(doc, "erase", arena, &out->by, &out->second_by,
                             err);
    json_free(doc);
    return rc;
}

static void
answer(const struct append_erasure *e, struct http_response *resp)
{
    char id[ID_TEXT_SIZE], at[TIME_TEXT_SIZE];
    struct json_out out;
    size_t n = 0;
    char *text;

    json_out_init(&out, NULL);
    json_out_object(&out);
    json_out_kcstr(&out, "id", id_text(e->item_id, id));
    json_out_kcstr(&out, "erased_at", time_text(e->at, at));
    json_out_kstr(&out, "by", e->by);
    json_out_kstr(&out, "second", e->second_by);
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
    else if (strcmp(err->code, "no_key") == 0)
        http_problem(resp, 409, "no_key", "Nothing to erase", err->text);
    else
        http_problem(resp, 422, err->code, "Refused", err->text);
}

void
erase_post(const struct door *door, const struct http_request *req,
           struct http_response *resp)
{
    struct arena *arena = memory_open(MEMORY);
    struct append_erasure e = { .at = TIME_NONE };
    struct err err = { .code = "memory" };
    enum status rc = ST_RETRY;

    if (arena != NULL)
        rc = read_body(req->body, arena, &e, &err);
    if (rc == ST_OK)
        rc = append_erase(door->append, &e, arena, &err);
    if (rc == ST_OK) {
        answer(&e, resp);
    } else if (rc == ST_REJECT) {
        refuse(&err, resp);
    } else {
        door_answer_later(resp, err.code);
    }
    memory_close(arena);
}
