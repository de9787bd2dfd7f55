/* A profile as JSON: what is read, and whether it is sound. */
#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = fuzz_arena();
    struct profile_faults faults = { .n = 0 };
    struct profile profile, again;
    struct calendar calendar;
    struct str text = fuzz_str(data, n);
    struct err err = { .code = "" };
    enum status rc = profile_json_check(a, text, &profile, &faults, &err);

    always(rc == ST_OK);
    for (size_t i = 0; i < faults.n; i++)
        always(faults.at[i].code[0] != '\0' && faults.at[i].why.n > 0);
    always((profile_json_read(a, text, &again, &err) == ST_OK) ==
           (faults.n == 0));
    if (calendar_json_read(a, text, &calendar, &err) == ST_OK)
        always(calendar.first <= calendar.last);
    return 0;
}
