#include "intake/activate.h"

#include <stdio.h>
#include <string.h>

#include "common/adapters/profile_json.h"
#include "common/engine/memory.h"
#include "intake/two_people.h"

/* A text in JSON takes six bytes a character at most. */
enum { MEMORY = 32 << 20 };
#define BODY_MAX (6 * PROFILE_BYTES_MAX)

static enum status
read_kind(const struct json *doc, int *kind, struct err *err)
{
    struct str word = STR_NULL;

    (void)json_str(json_get(doc, "kind"), &word);
    *kind = word.p == NULL ? 0 : codes_find(&codes_config_kind, word);
    if (*kind == CONFIG_PROFILE || *kind == CONFIG_CALENDAR ||
        *kind == CONFIG_STAFF)
        return ST_OK;
    return err_set(err, ST_REJECT, "R15",
                   "kind: want profile, calendar or staff");
}

static enum status
read_body(struct str body, struct arena *arena, struct append_activation *out,
          struct err *err)
{
    struct json *doc = NULL;
    enum status rc = json_parse(body, BODY_MAX, &doc, err);

    if (rc == ST_OK)
        rc = read_kind(doc, &out->config_kind, err);
    if (rc == ST_OK && !json_str(json_get(doc, "text"), &out->text))
        rc = err_set(err, ST_REJECT, "R03", "want the file's text as text");
    if (rc == ST_OK)
        out->text = arena_str(arena, out->text);
    if (rc == ST_OK)
        rc = two_people_read(doc, "activate", arena, &out->by, &out->second_by,
                             err);
    json_free(doc);
    return rc;
}

static void
answer(const struct append_activation *act, struct http_response *resp)
{
    char at[TIME_TEXT_SIZE];
    struct json_out out;
    size_t n = 0;
    char *text;

    json_out_init(&out, NULL);
    json_out_object(&out);
    json_out_kcstr(&out, "kind",
                   codes_word(&codes_config_kind, act->config_kind));
    json_out_kstr(&out, "name", act->name);
    json_out_kstr(&out, "version", act->version);
    json_out_kstr(&out, "hash", act->hash);
    json_out_kcstr(&out, "at", time_text(act->at, at));
    json_out_kbool(&out, "repeated", act->repeated);
    json_out_object_end(&out);
    text = json_out_take(&out, &n);
    if (text == NULL)
        http_problem(resp, 503, "memory", "Not ready", NULL);
    else
        http_body_take(resp, 202, "application/json", text, n);
}

/* What does not check has one code; its detail begins with the fault's. */
static void
refuse(const struct append_activation *act, const struct err *err,
       struct http_response *resp)
{
    bool asked_wrongly = err->code[0] == 'R';
    char detail[sizeof err->code + sizeof err->text + 2];

    (void)snprintf(detail, sizeof detail, "%s: %s", err->code, err->text);
    http_problem(resp, 422,
                 asked_wrongly
                     ? err->code
                     : codes_word(&codes_config_kind, act->config_kind),
                 "Refused", asked_wrongly ? err->text : detail);
}

void
activate_post(const struct door *door, const struct http_request *req,
              struct http_response *resp)
{
    struct arena *arena = memory_open(MEMORY);
    struct append_activation act = { .at = TIME_NONE };
    struct err err = { .code = "memory" };
    enum status rc = ST_RETRY;

    if (arena != NULL)
        rc = read_body(req->body, arena, &act, &err);
    if (rc == ST_OK)
        rc = append_activate(door->append, &act, arena, &err);
    if (rc == ST_OK) {
        answer(&act, resp);
    } else if (rc == ST_REJECT) {
        refuse(&act, &err, resp);
    } else {
        door_answer_later(resp, err.code);
    }
    memory_close(arena);
}
