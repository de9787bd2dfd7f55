/* Many records, a line each. */
#include <string.h>

#include "common/adapters/json.h"
#include "intake/door.h"
#include "intake/raw_json.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = fuzz_arena();
    struct str body = fuzz_str(data, n);
    const char *end = body.p;
    struct str *rows;
    size_t n_rows = 0;
    struct err err = { .code = "" };

    always(door_split(a, body, true, &rows, &n_rows, &err) == ST_OK);
    always(n_rows <= n);
    for (size_t i = 0; i < n_rows; i++) {
        struct json *doc = NULL;

        /* In order, of the body, never two lines, never a blank one. */
        always(rows[i].n > 0 && rows[i].p >= end &&
               rows[i].p + rows[i].n <= body.p + body.n);
        always(memchr(rows[i].p, '\n', rows[i].n) == NULL);
        end = rows[i].p + rows[i].n;
        if (json_parse(rows[i], DOOR_RECORD_MAX, &doc, &err) == ST_OK) {
            struct raw_value raw = raw_of_json(a, doc);

            fuzz_validate(a, &raw);
        }
        json_free(doc);
    }
    return 0;
}
