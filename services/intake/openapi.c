#include "intake/openapi.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/http.h"
#include "common/core/check.h"
#include "intake/core/example.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define SCHEMA "#/components/schemas/"
#define FORMS_MAX 16    /* objects inside others, each described once */
#define REASONS 19      /* R01 .. R19 come at once */
#define SHEET_REASONS 6 /* C01 .. C06, of CSV */
#define TEXT_DEFAULT                                                           \
    200 /* code points of a text without a limit of its own                    \
         */

#define ACTS (OPENAPI_TIME | OPENAPI_ERASE | OPENAPI_CONFIG | OPENAPI_CLAIM)
#define ALL_V1 (OPENAPI_ITEMS | OPENAPI_RECEIPT | ACTS)
#define ASKED (OPENAPI_SELF | OPENAPI_HEALTH | OPENAPI_READY)
#define EVERY (ALL_V1 | ASKED)

const struct openapi_answer openapi_answers[] = {
    { OPENAPI_ITEMS, 202, "",
      "Accepted: stored for good. The same again gives the same receipt." },
    { OPENAPI_ITEMS, 207, "",
      "A list was read: what became of each of its records, in order." },
    { OPENAPI_RECEIPT, 200, "",
      "The receipt, and of a notification where it stands." },
    { OPENAPI_SELF, 200, "", "This document." },
    { OPENAPI_HEALTH | OPENAPI_READY, 200, "", "Yes; or the figures." },
    { OPENAPI_TIME, 202, "", "The clock stands there now." },
    { OPENAPI_ERASE, 202, "",
      "Its key is gone. The same again is answered the same." },
    { OPENAPI_CLAIM, 202, "", "Who has it now; nobody where it was given up." },
    { OPENAPI_CONFIG, 202, "",
      "It holds for all that is accepted from here on." },
    { OPENAPI_ITEMS, 400, "unreadable authority kind gzip request",
      "Not JSON or no such sheet, no known authority was named, or the request "
      "is ambiguous." },
    { OPENAPI_RECEIPT | ACTS, 400, "authority request",
      "No known authority was named, or the request is ambiguous." },
    { ASKED, 400, "request", "The request is ambiguous." },
    { ALL_V1, 401,
      "token_missing token_twice token_large token_shape token_base64 "
      "token_json token_header token_alg token_iss token_agency token_kid "
      "token_signature token_audience token_time token_expired token_far "
      "token_early token_jti token_replay cert_untrusted cert_shape "
      "cert_unknown",
      "Nobody known sends this: sign a new token." },
    { OPENAPI_ITEMS, 403, "refused",
      "Another agency's record, or of a kind that yours may not send (R02)." },
    { ACTS, 403, "R23", "For the authority's own agencies only." },
    { OPENAPI_CLAIM, 404, "id", "Nothing was accepted with that id." },
    { OPENAPI_RECEIPT | OPENAPI_ERASE, 404, "id",
      "You never sent anything with that id." },
    { EVERY, 405, "method", "Not for this method; Allow says for which." },
    { OPENAPI_TIME, 409, "clock time",
      "The clock is the wall's, or stands later already." },
    { OPENAPI_ERASE, 409, "no_key", "Nothing in it is sealed." },
    { OPENAPI_CLAIM, 409, "claimed", "Another has it; the detail says who." },
    { OPENAPI_ITEMS, 413, "unreadable R04",
      "A record above 256 KiB or 2,000 values, or a request above 16 MiB, "
      "packed or not, or 100,000 records." },
    { OPENAPI_RECEIPT | ACTS | ASKED, 413, "R04", "A request above 16 MiB." },
    { OPENAPI_ITEMS, 415, "media_type content_encoding",
      "Neither JSON, NDJSON nor CSV; or packed, but not by gzip." },
    { OPENAPI_ITEMS, 422, "refused",
      "Refused: every reason, with the field. Mend it and send it again." },
    { OPENAPI_TIME, 422, "R03 R04 R09 R16 R17", "No instant." },
    { OPENAPI_ERASE, 422, "R02 R03 R04 R17 R18 R23",
      "No id and no two people, or theirs are not the roles: to erase takes by "
      "and second." },
    { OPENAPI_CLAIM, 422, "R02 R03 R04 R15 R17", "No id, queue, act or name." },
    { OPENAPI_CONFIG, 422, "R02 R03 R04 R15 R17 R18 R23 profile calendar staff",
      "It does not check, or there are no two people, or theirs are not the "
      "roles; what was in force stays." },
    { OPENAPI_ITEMS, 429, "share",
      "You have more under way than your share: send it again after "
      "Retry-After. Messages about missing children are taken all the same." },
    { OPENAPI_ITEMS, 500, "fault internal",
      "Our own fault, written down; it was not accepted." },
    { EVERY & ~(unsigned)OPENAPI_ITEMS, 500, "internal", "Our own fault." },
    { OPENAPI_ITEMS, 503, "not_ready clock restore memory busy",
      "Not now: send it again after Retry-After. For a missing child ring "
      "duty_phone. A list of which nothing was taken is answered as with "
      "207." },
    { OPENAPI_RECEIPT | ACTS, 503, "not_ready clock restore memory busy",
      "Not now: ask again after Retry-After." },
    { OPENAPI_SELF | OPENAPI_HEALTH, 503, "memory busy", "Not now." },
    { OPENAPI_READY, 503, "busy", "Not ready." },
};
const size_t openapi_n_answers = N_OF(openapi_answers);

/* ---- values -------------------------------------------------------------- */

static void
put_raw(struct json_out *out, const struct raw_value *v)
{
    switch (v->type) {
    case RAW_NULL:
        json_out_null(out);
        break;
    case RAW_BOOL:
        json_out_bool(out, str_is(v->text, "true"));
        break;
    case RAW_NUMBER:
        json_out_raw(out, v->text);
        break;
    case RAW_STRING:
        json_out_str(out, v->text);
        break;
    case RAW_ARRAY:
        json_out_array(out);
        for (size_t i = 0; i < v->n; i++)
            put_raw(out, &v->at[i]);
        json_out_array_end(out);
        break;
    case RAW_OBJECT:
        json_out_object(out);
        for (size_t i = 0; i < v->n; i++) {
            json_out_key(out, v->at[i].name.p);
            put_raw(out, &v->at[i]);
        }
        json_out_object_end(out);
        break;
    }
}

/* A member whose value is the only string of a list. */
static void
put_words(struct json_out *out, const char *key, const struct codes *codes,
          const char *const *words, const struct form_alias *also)
{
    json_out_key(out, key);
    json_out_array(out);
    for (int i = 0; codes != NULL && i < codes->n; i++)
        json_out_str(out, str_of(codes->words[i]));
    for (; words != NULL && *words != NULL; words++)
        json_out_str(out, str_of(*words));
    for (; also != NULL && also->from != NULL; also++)
        json_out_str(out, str_of(also->from));
    json_out_array_end(out);
}

static void
put_ref(struct json_out *out, const char *schema)
{
    char path[160];

    (void)snprintf(path, sizeof path, SCHEMA "%s", schema);
    json_out_object(out);
    json_out_kcstr(out, "$ref", path);
    json_out_object_end(out);
}

/* ---- fields -------------------------------------------------------------- */

/* Objects inside others: described once each, under a name. */
struct parts {
    const struct form *at[FORMS_MAX];
    char names[FORMS_MAX][40];
    size_t n;
};

static const char *
name_of_part(struct parts *parts, const struct form *form, const char *field)
{
    size_t n = parts->n;
    bool taken = false;

    for (size_t i = 0; i < n; i++) {
        if (parts->at[i] == form)
            return parts->names[i];
        taken |= strcmp(parts->names[i] + strlen("part_"), field) == 0;
    }
    assert(n < FORMS_MAX); /* our own tables */
    parts->at[n] = form;
    if (taken)
        (void)snprintf(parts->names[n], sizeof parts->names[n], "part_%s_%zu",
                       field, n);
    else
        (void)snprintf(parts->names[n], sizeof parts->names[n], "part_%s",
                       field);
    parts->n++;
    return parts->names[n];
}

static void
put_type(struct json_out *out, const char *type)
{
    json_out_kcstr(out, "type", type);
}

static void
put_text_limits(struct json_out *out, const struct form_field *f)
{
    put_type(out, "string");
    if (f->min > 0)
        json_out_kint(out, "minLength", f->min);
    json_out_kint(out, "maxLength", f->max > 0 ? f->max : TEXT_DEFAULT);
}

static void
put_digits(struct json_out *out, const struct form_field *f)
{
    char pattern[32];

    put_type(out, "string");
    (void)snprintf(pattern, sizeof pattern, "^[0-9]{%d}$", (int)f->max);
    json_out_kcstr(out, "pattern", pattern);
}

static void
put_list_limits(struct json_out *out, int64_t min, int64_t max)
{
    put_type(out, "array");
    if (min > 0)
        json_out_kint(out, "minItems", min);
    if (max > 0)
        json_out_kint(out, "maxItems", max);
}

static void
put_tenths(struct json_out *out, const struct form_field *f)
{
    char most[32];

    put_type(out, "number");
    json_out_kint(out, "minimum", 0);
    (void)snprintf(most, sizeof most, "%d.%d", (int)(f->max / 10),
                   (int)(f->max % 10));
    json_out_key(out, "maximum");
    json_out_number(out, most);
    json_out_key(out, "multipleOf");
    json_out_number(out, "0.1");
}

static void
put_many(struct json_out *out, const struct form_field *f, struct parts *parts)
{
    put_list_limits(out, f->type == FORM_GRADES ? f->max : 0,
                    f->type == FORM_SET ? 0 : f->max);
    json_out_key(out, "items");
    if (f->type == FORM_LIST) {
        put_ref(out, name_of_part(parts, f->sub, f->name));
        return;
    }
    json_out_object(out);
    if (f->type == FORM_GRADES) {
        put_type(out, "integer");
        json_out_kint(out, "minimum", 1);
        json_out_kint(out, "maximum", 4);
    } else {
        put_type(out, "string");
        if (f->type == FORM_SET)
            put_words(out, "enum", f->codes, NULL, NULL);
        else
            json_out_kint(out, "maxLength", CHECK_NAME_MAX);
    }
    json_out_object_end(out);
}

static const char *
pattern_of(enum form_type type)
{
    switch (type) {
    case FORM_REF:
        return "^[A-Za-z0-9/_.:-]{1,64}$";
    case FORM_LA_CHILD_ID:
        return "^[A-Za-z0-9]{1,20}$";
    default:
        return NULL;
    }
}

static const char *
format_of(enum form_type type)
{
    switch (type) {
    case FORM_INSTANT:
        return "date-time";
    case FORM_DATE:
    case FORM_PLANNED:
        return "date";
    case FORM_ID:
        return "uuid";
    default:
        return NULL;
    }
}

static void
put_plain(struct json_out *out, const struct form_field *f)
{
    put_type(out, "string");
    if (pattern_of(f->type) != NULL)
        json_out_kcstr(out, "pattern", pattern_of(f->type));
    if (format_of(f->type) != NULL)
        json_out_kcstr(out, "format", format_of(f->type));
}

static void
put_shape(struct json_out *out, const struct form_field *f, struct parts *parts)
{
    static const char *const tri[] = { "Y", "N", "U", NULL };
    static const char *const on_off[] = { "Y", "N", NULL };

    switch (f->type) {
    case FORM_TEXT:
    case FORM_LINES:
        put_text_limits(out, f);
        break;
    case FORM_BOOL:
        put_type(out, "boolean");
        break;
    case FORM_TRI:
        put_type(out, "string");
        put_words(out, "enum", NULL, f->aliases == NULL ? tri : on_off,
                  f->aliases);
        break;
    case FORM_INT:
        put_type(out, "integer");
        json_out_kint(out, "minimum", f->min);
        json_out_kint(out, "maximum", f->max);
        break;
    case FORM_TENTHS:
        put_tenths(out, f);
        break;
    case FORM_FIGURE:
        json_out_key(out, "type");
        json_out_raw(out, STR("[\"string\",\"number\"]"));
        json_out_kint(out, "maxLength", f->max);
        break;
    case FORM_CODE:
    case FORM_WORD:
        put_type(out, "string");
        put_words(out, "enum", f->codes, f->words, f->aliases);
        break;
    case FORM_DIGITS:
        put_digits(out, f);
        break;
    case FORM_SET:
    case FORM_NAMES:
    case FORM_GRADES:
    case FORM_LIST:
        put_many(out, f, parts);
        break;
    case FORM_OBJECT:
        break;
    default:
        put_plain(out, f);
        break;
    }
}

/* What a bad value leads to: a reason to refuse or a warning. */
static const char *
answer_to_bad(const struct form_field *f)
{
    if (f->refuse != NULL)
        return f->refuse;
    if ((f->flags & (FORM_MUST | FORM_STRICT)) != 0)
        return f->codes != NULL || f->words != NULL || f->type == FORM_TRI
                   ? "R15"
                   : "R03";
    switch (f->type) {
    case FORM_TEXT:
    case FORM_LINES:
    case FORM_BOOL:
    case FORM_NAMES:
    case FORM_GRADES:
    case FORM_OBJECT:
    case FORM_LIST:
        return "R03";
    case FORM_NHS_NUMBER:
        return "W01";
    case FORM_UPN:
        return "W02";
    case FORM_LA_CHILD_ID:
        return "W04";
    case FORM_POSTCODE:
        return "W05";
    default:
        return warning_code(f->warning == WARNING_NONE ? WARNING_OPTIONAL_CODE
                                                       : f->warning);
    }
}

static void
put_field(struct json_out *out, const struct form_field *f, struct parts *parts)
{
    json_out_key(out, f->name);
    json_out_object(out);
    if (f->type == FORM_OBJECT) {
        char path[160];

        (void)snprintf(path, sizeof path, SCHEMA "%s",
                       name_of_part(parts, f->sub, f->name));
        json_out_kcstr(out, "$ref", path);
    }
    put_shape(out, f, parts);
    json_out_kcstr(out, "description", f->help);
    json_out_kcstr(out, "x-bad-value", answer_to_bad(f));
    json_out_object_end(out);
}

static void
put_required(struct json_out *out, const struct form *form)
{
    size_t n = 0;

    for (size_t i = 0; i < form->n; i++)
        n += (form->at[i].flags & FORM_MUST) != 0 &&
             form->at[i].waived_by == WARNING_NONE;
    if (n == 0)
        return;
    json_out_key(out, "required");
    json_out_array(out);
    for (size_t i = 0; i < form->n; i++)
        if ((form->at[i].flags & FORM_MUST) != 0 &&
            form->at[i].waived_by == WARNING_NONE)
            json_out_str(out, str_of(form->at[i].name));
    json_out_array_end(out);
}

/* A form's own fields; what it is joined to stands beside it. */
static void
put_members(struct json_out *out, const struct form *form, struct parts *parts)
{
    put_type(out, "object");
    put_required(out, form);
    json_out_key(out, "properties");
    json_out_object(out);
    for (size_t i = 0; i < form->n; i++)
        put_field(out, &form->at[i], parts);
}

static void
put_common(struct json_out *out, const char *name, const struct form *form,
           struct parts *parts)
{
    json_out_key(out, name);
    json_out_object(out);
    put_members(out, form, parts);
    json_out_object_end(out);
    json_out_object_end(out);
}

static void
put_closed(struct json_out *out, const char *name, const struct form *form,
           struct parts *parts)
{
    json_out_key(out, name);
    json_out_object(out);
    put_members(out, form, parts);
    json_out_object_end(out);
    json_out_kbool(out, "additionalProperties", false);
    json_out_object_end(out);
}

/* A kind: what all have, its own fields, and the code that says which. */
static void
put_kind(struct json_out *out, const char *prefix, const char *common,
         const char *member, const char *code, const struct form *form,
         struct parts *parts)
{
    static const struct form nothing = { .at = NULL, .n = 0 };
    char name[80];

    (void)snprintf(name, sizeof name, "%s%s", prefix, code);
    json_out_key(out, name);
    json_out_object(out);
    json_out_key(out, "allOf");
    json_out_array(out);
    put_ref(out, common);
    json_out_array_end(out);
    put_members(out, form->also != NULL ? form : &nothing, parts);
    json_out_key(out, member);
    json_out_object(out);
    json_out_kcstr(out, "const", code);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_kbool(out, "unevaluatedProperties", false);
    json_out_object_end(out);
}

/* One of many, told apart by a member. */
static void
put_any(struct json_out *out, const char *name, const char *prefix,
        const char *member, const struct codes *codes)
{
    char one[128];

    json_out_key(out, name);
    json_out_object(out);
    json_out_key(out, "oneOf");
    json_out_array(out);
    for (int i = 0; i < codes->n; i++) {
        (void)snprintf(one, sizeof one, "%s%s", prefix, codes->words[i]);
        put_ref(out, one);
    }
    json_out_array_end(out);
    json_out_key(out, "discriminator");
    json_out_object(out);
    json_out_kcstr(out, "propertyName", member);
    json_out_key(out, "mapping");
    json_out_object(out);
    for (int i = 0; i < codes->n; i++) {
        (void)snprintf(one, sizeof one, SCHEMA "%s%s", prefix, codes->words[i]);
        json_out_kcstr(out, codes->words[i], one);
    }
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

/* ---- answers ------------------------------------------------------------- */

static const char receipt_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"agency_id\",\"agency_ref\","
    "\"amendment\",\"recorded_at\",\"warnings\",\"repeated\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"format\":\"uuid\"},"
    "\"agency_id\":{\"type\":\"string\"},\"agency_ref\":{\"type\":\"string\"},"
    "\"amendment\":{\"type\":\"integer\"},"
    "\"recorded_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"warnings\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
    "\"pattern\":\"^W[01][0-9]$\"}},"
    "\"repeated\":{\"type\":\"boolean\"}}}";

/* What a receipt says when it is asked for: receipt.c. */
static const char standing_schema[] =
    "{\"allOf\":[{\"$ref\":\"" SCHEMA "receipt\"}],\"properties\":{"
    "\"state\":{\"type\":\"string\",\"enum\":[\"received\",\"waiting\","
    "\"decided\"],\"description\":\"waiting: rules have decided, a person "
    "still has to\"},"
    "\"state_known\":{\"type\":\"boolean\",\"description\":\"false: what "
    "became of it can't be asked just now; it was received all the same\"},"
    "\"decided_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"answer\":{\"type\":\"string\",\"enum\":[\"outcome\","
    "\"being_helped\",\"no_further_action\",\"next_steps\",\"received\","
    "\"withheld\",\"refused\"],\"description\":\"how much this agency is "
    "told\"},"
    "\"outcome\":{\"type\":\"string\"},"
    "\"refusal\":{\"type\":\"string\",\"pattern\":\"^R2[0-3]$\"},"
    "\"seen_by_person\":{\"type\":\"boolean\"},"
    "\"held_by\":{\"type\":\"object\",\"required\":[\"phone\"],"
    "\"properties\":{\"unit\":{\"type\":\"string\"},\"phone\":{\"type\":"
    "\"string\"}}}}}";

static const char row_schema[] =
    "{\"type\":\"object\",\"required\":[\"row\",\"status\"],\"properties\":{"
    "\"row\":{\"type\":\"integer\",\"description\":\"From 1 in NDJSON, from 0 "
    "in an array, in CSV as a spreadsheet "
    "counts\"},\"status\":{\"type\":\"integer\",\"enum\":[202,400,403,413,"
    "422,429,500,503]}},\"anyOf\":[{\"$ref\":\"" SCHEMA "receipt\"},"
    "{\"$ref\":\"" SCHEMA "problem\"}]}";

static const char erase_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"by\",\"second\"],"
    "\"properties\":{\"id\":{\"type\":\"string\",\"format\":\"uuid\"},\"by\":{"
    "\"type\":\"string\",\"minLength\":1,\"maxLength\":200},\"second\":{"
    "\"type\":\"string\",\"minLength\":1,\"maxLength\":200}}}";
static const char erased_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"erased_at\",\"by\","
    "\"second\"],\"properties\":{\"id\":{\"type\":\"string\",\"format\":"
    "\"uuid\"},\"erased_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"by\":{\"type\":\"string\"},\"second\":{\"type\":\"string\"}}}";

static const char claim_schema[] =
    "{\"type\":\"object\",\"required\":[\"queue\",\"id\",\"act\",\"by\"],"
    "\"properties\":{\"queue\":{\"type\":\"string\",\"enum\":[\"screening\","
    "\"consultation\",\"match\"]},\"id\":{\"type\":\"string\",\"format\":"
    "\"uuid\"},\"act\":{\"type\":\"string\",\"enum\":[\"claim\",\"release\"]},"
    "\"by\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200},\"from\":{"
    "\"type\":\"string\",\"minLength\":1,\"maxLength\":200,\"description\":"
    "\"Take it from this owner\"}}}";
static const char claimed_schema[] =
    "{\"type\":\"object\",\"required\":[\"queue\",\"id\",\"owner\"],"
    "\"properties\":{\"queue\":{\"type\":\"string\"},\"id\":{\"type\":"
    "\"string\","
    "\"format\":\"uuid\"},\"owner\":{\"type\":[\"string\",\"null\"]},\"since\":"
    "{"
    "\"type\":\"string\",\"format\":\"date-time\"}}}";

static const char config_schema[] =
    "{\"type\":\"object\",\"required\":[\"kind\",\"text\",\"by\",\"second\"],"
    "\"properties\":{\"kind\":{\"type\":\"string\",\"enum\":[\"profile\","
    "\"calendar\",\"staff\"]},\"text\":{\"type\":\"string\",\"description\":"
    "\"The whole file\"},\"by\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":200},\"second\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":200}}}";
static const char activated_schema[] =
    "{\"type\":\"object\",\"required\":[\"kind\",\"name\",\"version\",\"hash\","
    "\"at\",\"repeated\"],\"properties\":{\"kind\":{\"type\":\"string\"},"
    "\"name\":{\"type\":\"string\"},\"version\":{\"type\":\"string\"},\"hash\":"
    "{"
    "\"type\":\"string\"},\"at\":{\"type\":\"string\",\"format\":"
    "\"date-time\"},\"repeated\":{\"type\":\"boolean\"}}}";

static const char at_schema[] =
    "{\"type\":\"object\",\"required\":[\"at\"],\"properties\":{\"at\":{"
    "\"type\":\"string\",\"format\":\"date-time\"}}}";

static void
put_problem_schema(struct json_out *out)
{
    char code[8];

    json_out_key(out, "problem");
    json_out_object(out);
    json_out_kcstr(out, "description",
                   "RFC 9457. Never repeats a personal value.");
    put_type(out, "object");
    json_out_key(out, "required");
    json_out_raw(out, STR("[\"type\",\"title\",\"status\",\"code\"]"));
    json_out_key(out, "properties");
    json_out_object(out);
    json_out_key(out, "type");
    json_out_raw(out, STR("{\"type\":\"string\",\"format\":\"uri-reference\","
                          "\"pattern\":\"^" HTTP_PROBLEMS "#\"}"));
    json_out_key(out, "title");
    json_out_raw(out, STR("{\"type\":\"string\"}"));
    json_out_key(out, "status");
    json_out_raw(out, STR("{\"type\":\"integer\"}"));
    json_out_key(out, "code");
    json_out_raw(out, STR("{\"type\":\"string\"}"));
    json_out_key(out, "detail");
    json_out_raw(out, STR("{\"type\":\"string\"}"));
    json_out_key(out, "retry_after");
    json_out_raw(out, STR("{\"type\":\"integer\",\"description\":\"s\"}"));
    json_out_key(out, "duty_phone");
    json_out_raw(out, STR("{\"type\":\"string\"}"));
    json_out_key(out, "errors");
    json_out_object(out);
    put_type(out, "array");
    json_out_key(out, "items");
    json_out_object(out);
    put_type(out, "object");
    json_out_key(out, "required");
    json_out_raw(out, STR("[\"code\",\"pointer\",\"detail\"]"));
    json_out_key(out, "properties");
    json_out_object(out);
    json_out_key(out, "code");
    json_out_object(out);
    json_out_key(out, "enum");
    json_out_array(out);
    for (int r = 1; r <= REASONS; r++) {
        (void)snprintf(code, sizeof code, "R%02d", r);
        json_out_str(out, str_of(code));
    }
    for (int c = 1; c <= SHEET_REASONS; c++) {
        (void)snprintf(code, sizeof code, "C%02d", c);
        json_out_str(out, str_of(code));
    }
    json_out_array_end(out);
    json_out_object_end(out);
    json_out_key(out, "pointer");
    json_out_raw(out, STR("{\"type\":\"string\"}"));
    json_out_key(out, "column");
    json_out_raw(out, STR("{\"type\":\"string\",\"description\":\"Of CSV\"}"));
    json_out_key(out, "detail");
    json_out_raw(out, STR("{\"type\":\"string\"}"));
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

/* A problem of this status: its codes are named. */
static void
put_problem(struct json_out *out, const char *codes)
{
    json_out_key(out, "application/problem+json");
    json_out_object(out);
    json_out_key(out, "schema");
    json_out_object(out);
    json_out_key(out, "allOf");
    json_out_array(out);
    put_ref(out, "problem");
    json_out_array_end(out);
    json_out_key(out, "properties");
    json_out_object(out);
    json_out_key(out, "code");
    json_out_object(out);
    json_out_key(out, "enum");
    json_out_array(out);
    while (*codes != '\0') {
        size_t n = strcspn(codes, " ");

        json_out_str(out, (struct str){ .p = codes, .n = n });
        codes += n + (codes[n] == ' ');
    }
    json_out_array_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

static void
put_schema(struct json_out *out, const char *media, const char *schema)
{
    json_out_key(out, media);
    json_out_object(out);
    json_out_key(out, "schema");
    if (schema[0] == '{')
        json_out_raw(out, str_of(schema));
    else
        put_ref(out, schema);
    json_out_object_end(out);
}

#define ROWS "{\"type\":\"array\",\"items\":{\"$ref\":\"" SCHEMA "row\"}}"

static void
put_content(struct json_out *out, enum openapi_path path,
            const struct openapi_answer *a)
{
    json_out_key(out, "content");
    json_out_object(out);
    if (a->codes[0] != '\0')
        put_problem(out, a->codes);
    if (path == OPENAPI_ITEMS &&
        (a->status == 207 || a->status == 429 || a->status == 503))
        put_schema(out, "application/json", ROWS);
    else if (path == OPENAPI_READY && (a->status == 200 || a->status == 503))
        put_schema(out, "text/plain", "{\"type\":\"string\"}");
    else if (path == OPENAPI_HEALTH && a->status == 200)
        put_schema(out, "text/plain", "{\"type\":\"string\"}");
    else if (path == OPENAPI_SELF && a->status == 200)
        put_schema(out, "application/json", "{\"type\":\"object\"}");
    else if (path == OPENAPI_TIME && a->status == 202)
        put_schema(out, "application/json", at_schema);
    else if (path == OPENAPI_ERASE && a->status == 202)
        put_schema(out, "application/json", erased_schema);
    else if (path == OPENAPI_RECEIPT && a->status == 200)
        put_schema(out, "application/json", "standing");
    else if (path == OPENAPI_CLAIM && a->status == 202)
        put_schema(out, "application/json", claimed_schema);
    else if (path == OPENAPI_CONFIG && a->status == 202)
        put_schema(out, "application/json", activated_schema);
    else if (a->codes[0] == '\0')
        put_schema(out, "application/json", "receipt");
    json_out_object_end(out);
}

static void
put_header(struct json_out *out, const char *name, const char *type,
           const char *what)
{
    json_out_key(out, "headers");
    json_out_object(out);
    json_out_key(out, name);
    json_out_object(out);
    json_out_kcstr(out, "description", what);
    json_out_key(out, "schema");
    json_out_object(out);
    put_type(out, type);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

static void
put_responses(struct json_out *out, enum openapi_path path)
{
    json_out_key(out, "responses");
    json_out_object(out);
    for (size_t i = 0; i < N_OF(openapi_answers); i++) {
        const struct openapi_answer *a = &openapi_answers[i];
        char status[8];

        if ((a->paths & (unsigned)path) == 0)
            continue;
        (void)snprintf(status, sizeof status, "%d", a->status);
        json_out_key(out, status);
        json_out_object(out);
        json_out_kcstr(out, "description", a->what);
        if (a->status == 503 || a->status == 429)
            put_header(out, "Retry-After", "integer", "Seconds");
        if (a->status == 401)
            put_header(out, "WWW-Authenticate", "string", "Bearer");
        if (a->status == 405)
            put_header(out, "Allow", "string", "Its method");
        put_content(out, path, a);
        json_out_object_end(out);
    }
    json_out_object_end(out);
}

/* ---- addresses ----------------------------------------------------------- */

/* One address for records. */
struct door_path {
    enum item_kind_of item;
    const char *path;
    const char *schema;        /* of one */
    const struct codes *codes; /* kinds or activities; NULL: there is one */
    const char *summary;
};

static const struct door_path door_paths[] = {
    { ITEM_NOTIFICATION, "/v1/notifications", "any_notification", &codes_kind,
      "Send notifications about children" },
    { ITEM_ACTIVITY, "/v1/activities", "any_activity", &codes_activity,
      "Say what workers did" },
    { ITEM_SCREENING, "/v1/screenings", "screening", NULL,
      "Confirm or change a provisional decision" },
    { ITEM_MATCH, "/v1/matches", "match", NULL,
      "Say which child a notification is about" },
    { ITEM_INDICATOR, "/v1/indicators", "indicator", NULL,
      "Send figures that you counted yourselves" },
};

static bool
may_send(const struct agency *agency, enum item_kind_of item, int code)
{
    if (item == ITEM_NOTIFICATION)
        return agency_may_send(agency, code);
    return item == ITEM_ACTIVITY || item == ITEM_INDICATOR
               ? agency_may_act(agency)
               : agency_may_decide(agency);
}

static void
put_example(struct json_out *out, struct arena *arena,
            const struct agencies *agencies, const struct door_path *p,
            int code, bool least)
{
    struct example_options options = { .item = p->item,
                                       .code = code,
                                       .least = least };
    const char *word = code == 0 ? codes_word(&codes_item, (int)p->item)
                                 : codes_word(p->codes, code);
    struct raw_value value;
    char name[80];

    for (size_t i = 0; i < agencies->n && options.agency_id.p == NULL; i++)
        if (may_send(&agencies->at[i], p->item, code))
            options.agency_id = agencies->at[i].id;
    if (options.agency_id.p == NULL)
        return; /* nobody here may send it */
    (void)snprintf(name, sizeof name, "%s%s", word, least ? "_least" : "");
    value = example_of(arena, &options);
    json_out_key(out, name);
    json_out_object(out);
    json_out_kcstr(out, "summary",
                   least ? "Only what must be there" : "All fields");
    json_out_key(out, "value");
    put_raw(out, &value);
    json_out_object_end(out);
}

static void
put_examples(struct json_out *out, struct arena *arena,
             const struct agencies *agencies, const struct door_path *p)
{
    int from = p->codes == NULL ? 0 : 1;
    int to = p->codes == NULL ? 0 : p->codes->n;

    json_out_key(out, "examples");
    json_out_object(out);
    for (int code = from; code <= to; code++) {
        put_example(out, arena, agencies, p, code, false);
        put_example(out, arena, agencies, p, code, true);
    }
    json_out_object_end(out);
}

static void
put_body(struct json_out *out, struct arena *arena,
         const struct agencies *agencies, const struct door_path *p)
{
    json_out_key(out, "requestBody");
    json_out_object(out);
    json_out_kbool(out, "required", true);
    json_out_key(out, "content");
    json_out_object(out);
    json_out_key(out, "application/json");
    json_out_object(out);
    json_out_key(out, "schema");
    json_out_object(out);
    json_out_key(out, "oneOf");
    json_out_array(out);
    put_ref(out, p->schema);
    json_out_object(out);
    put_type(out, "array");
    json_out_key(out, "items");
    put_ref(out, p->schema);
    json_out_object_end(out);
    json_out_array_end(out);
    json_out_object_end(out);
    put_examples(out, arena, agencies, p);
    json_out_object_end(out);
    put_schema(out, "application/x-ndjson",
               "{\"type\":\"string\",\"description\":\"One record a line\"}");
    put_schema(out, "text/csv",
               "{\"type\":\"string\",\"description\":\"Headings are paths of "
               "fields with dots; ?kind= and ?agency= are for rows that "
               "don't say\"}");
    json_out_object_end(out);
    json_out_object_end(out);
}

static void
put_parameters(struct json_out *out, bool with_id)
{
    static const char authority[] =
        "{\"name\":\"Waymark-Authority\",\"in\":\"header\",\"required\":false,"
        "\"description\":\"Where the address serves several authorities; "
        "?authority= says the same\",\"schema\":{\"type\":\"string\"}}";
    static const char id[] =
        "{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{"
        "\"type\":\"string\",\"format\":\"uuid\"}}";

    json_out_key(out, "parameters");
    json_out_array(out);
    if (with_id)
        json_out_raw(out, str_of(id));
    json_out_raw(out, str_of(authority));
    json_out_array_end(out);
}

static void
begin_operation(struct json_out *out, const char *path, const char *method,
                const char *id, const char *summary)
{
    json_out_key(out, path);
    json_out_object(out);
    json_out_key(out, method);
    json_out_object(out);
    json_out_kcstr(out, "operationId", id);
    json_out_kcstr(out, "summary", summary);
    if (strncmp(path, "/v1/", 4) == 0) {
        json_out_key(out, "security");
        json_out_raw(out, str_of("[{\"token\":[]},{\"certificate\":[]}]"));
    }
}

static void
end_operation(struct json_out *out, enum openapi_path path)
{
    put_responses(out, path);
    json_out_object_end(out);
    json_out_object_end(out);
}

static void
put_door(struct json_out *out, struct arena *arena,
         const struct agencies *agencies, const struct door_path *p)
{
    begin_operation(out, p->path, "post", p->path + strlen("/v1/"), p->summary);
    put_parameters(out, false);
    put_body(out, arena, agencies, p);
    end_operation(out, OPENAPI_ITEMS);
}

static void
put_json_body(struct json_out *out, const char *schema)
{
    json_out_key(out, "requestBody");
    json_out_object(out);
    json_out_kbool(out, "required", true);
    json_out_key(out, "content");
    json_out_object(out);
    put_schema(out, "application/json", schema);
    json_out_object_end(out);
    json_out_object_end(out);
}

static void
put_time(struct json_out *out)
{
    begin_operation(out, "/v1/time", "post", "time",
                    "Set the clock, where it is not the wall's");
    put_parameters(out, false);
    put_json_body(out, at_schema);
    end_operation(out, OPENAPI_TIME);
}

static void
put_erasures(struct json_out *out)
{
    begin_operation(out, "/v1/erasures", "post", "erasures",
                    "Erase whom a record is about: two people, for ever");
    put_parameters(out, false);
    put_json_body(out, erase_schema);
    end_operation(out, OPENAPI_ERASE);
}

static void
put_configs(struct json_out *out)
{
    begin_operation(out, "/v1/configs", "post", "configs",
                    "Put a profile, calendar or staff list into force: two "
                    "people");
    put_parameters(out, false);
    put_json_body(out, config_schema);
    end_operation(out, OPENAPI_CONFIG);
}

static void
put_claims(struct json_out *out)
{
    begin_operation(out, "/v1/claims", "post", "claims",
                    "Claim an item of a work queue, or give it up");
    put_parameters(out, false);
    put_json_body(out, claim_schema);
    end_operation(out, OPENAPI_CLAIM);
}

static void
put_paths(struct json_out *out, struct arena *arena,
          const struct agencies *agencies)
{
    static const char *const health[] = { "/livez", "/readyz", "/metrics",
                                         HTTP_PROBLEMS };

    json_out_key(out, "paths");
    json_out_object(out);
    for (size_t i = 0; i < N_OF(door_paths); i++)
        put_door(out, arena, agencies, &door_paths[i]);
    begin_operation(out, "/v1/notifications/{id}", "get", "receipt",
                    "The receipt of what was accepted, and where it stands");
    put_parameters(out, true);
    end_operation(out, OPENAPI_RECEIPT);
    put_time(out);
    put_erasures(out);
    put_configs(out);
    put_claims(out);
    begin_operation(out, "/openapi.json", "get", "openapi", "This document");
    end_operation(out, OPENAPI_SELF);
    for (size_t i = 0; i < N_OF(health); i++) {
        begin_operation(out, health[i], "get", health[i] + 1,
                        "For whoever runs it");
        end_operation(out, strcmp(health[i], "/readyz") == 0 ? OPENAPI_READY
                                                             : OPENAPI_HEALTH);
    }
    json_out_object_end(out);
}

static const char security_schemes[] =
    "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\","
    "\"bearerFormat\":\"JWT\",\"description\":\"Signed by the agency, RS256 "
    "or ES256: iss and sub its id, aud this door, exp at most 5 minutes "
    "ahead, jti used once\"},\"certificate\":{\"type\":\"mutualTLS\"}}";

/* ---- the document -------------------------------------------------------- */

static void
put_schemas(struct json_out *out)
{
    struct parts parts = { .n = 0 };

    json_out_key(out, "schemas");
    json_out_object(out);
    put_common(out, "notification", kinds_common(), &parts);
    put_common(out, "activity", kinds_activity(0), &parts);
    for (int i = 1; i <= codes_kind.n; i++)
        put_kind(out, "", "notification", "kind", codes_word(&codes_kind, i),
                 kinds_notification(i), &parts);
    for (int i = 1; i <= codes_activity.n; i++)
        put_kind(out, "activity_", "activity", "activity",
                 codes_word(&codes_activity, i), kinds_activity(i), &parts);
    put_any(out, "any_notification", "", "kind", &codes_kind);
    put_any(out, "any_activity", "activity_", "activity", &codes_activity);
    put_closed(out, "screening", kinds_screening(), &parts);
    put_closed(out, "match", kinds_match(), &parts);
    put_closed(out, "indicator", kinds_indicator(), &parts);
    for (size_t i = 0; i < parts.n; i++) /* a part may name further ones */
        put_closed(out, parts.names[i], parts.at[i], &parts);
    json_out_key(out, "receipt");
    json_out_raw(out, str_of(receipt_schema));
    json_out_key(out, "standing");
    json_out_raw(out, str_of(standing_schema));
    json_out_key(out, "row");
    json_out_raw(out, str_of(row_schema));
    put_problem_schema(out);
    json_out_object_end(out);
}

void
openapi_write(struct json_out *out, struct arena *arena,
              const struct agencies *agencies)
{
    json_out_object(out);
    json_out_kcstr(out, "openapi", "3.1.0");
    json_out_key(out, "info");
    json_out_object(out);
    json_out_kcstr(out, "title", "Waymark intake");
    json_out_kcstr(out, "version", "1");
    json_out_kcstr(
        out, "description",
        "The door for notifications about children. A field left out, null or "
        "blank is unknown, never \"no\". x-bad-value names what a bad value "
        "leads to: R, the record is refused with that reason; W, the value is "
        "left out with that warning. Addresses that are not here are answered "
        "with 404 and the code path. A child in danger is a phone call: 999, "
        "then the duty desk.");
    json_out_object_end(out);
    put_paths(out, arena, agencies);
    json_out_key(out, "components");
    json_out_object(out);
    put_schemas(out);
    json_out_key(out, "securitySchemes");
    json_out_raw(out, str_of(security_schemes));
    json_out_object_end(out);
    json_out_object_end(out);
}
