/* One record as JSON: parser, grammar, forms, kinds and content. */
#include <string.h>

#include "common/adapters/json.h"
#include "intake/door.h"
#include "intake/raw_json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/rfc8259.h"

static bool
is_reading_code(const char *code)
{
    return strcmp(code, "R03") == 0 || strcmp(code, "R04") == 0 ||
           strcmp(code, "R17") == 0;
}

/* The whole text, a record or a list of them, as a list's reader sees it. */
static void
look_at_list(struct arena *a, struct str text, const struct json *doc)
{
    struct str *rows;
    size_t n = 0;
    struct err err = { .code = "" };
    enum status rc = door_split(a, text, false, &rows, &n, &err);

    if (doc != NULL && json_type_of(doc) == JSON_T_ARRAY)
        always(rc == ST_OK && n == json_size(doc));
    else
        always(rc == ST_REJECT || doc == NULL);
    for (size_t i = 0; rc == ST_OK && doc != NULL && i < n; i++) {
        struct json *row = NULL;

        always(json_parse(rows[i], text.n, &row, &err) == ST_OK);
        always(json_type_of(row) == json_type_of(json_at(doc, i)));
        json_free(row);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = fuzz_arena();
    struct str text = fuzz_str(data, n);
    enum rfc8259 verdict = rfc8259_verdict(text.p, text.n);
    struct err err = { .code = "" };
    struct json *doc = NULL;
    enum status rc = json_parse(text, DOOR_RECORD_MAX, &doc, &err);

    always(rc == ST_OK || (rc == ST_REJECT && is_reading_code(err.code)));
    always(rc != ST_OK || verdict == RFC8259_JSON);
    always((rc == ST_OK) == (doc != NULL));
    look_at_list(a, text, doc);
    if (rc == ST_OK) {
        struct raw_value raw = raw_of_json(a, doc);

        fuzz_validate(a, &raw);
    }
    json_free(doc);
    return 0;
}
