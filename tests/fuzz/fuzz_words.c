/* What is read letter by letter: numbers of people, postcodes, dates, times,
 * cells, ids, names. All readers see every input. */
#include <string.h>

#include "common/core/check.h"
#include "common/core/id.h"
#include "intake/core/cell.h"
#include "intake/core/sheet.h"
#include "tests/fuzz/fuzz.h"

/* What was tidied once is good and stays as it is. */
#define TIDY(name, size)                                                       \
    static void tidy_##name(struct str text)                                   \
    {                                                                          \
        char once[size], again[size];                                          \
        struct check c = check_##name(text, once);                             \
                                                                               \
        always(memchr(once, '\0', sizeof once) != NULL);                       \
        if (c.result != CHECK_GOOD && c.result != CHECK_TEMPORARY) {           \
            always(once[0] == '\0');                                           \
            return;                                                            \
        }                                                                      \
        always(check_##name(str_of(once), again).result == c.result);          \
        always(strcmp(once, again) == 0);                                      \
    }
TIDY(nhs_number, CHECK_NHS_SIZE)
TIDY(upn, CHECK_UPN_SIZE)
TIDY(la_child_id, CHECK_LA_CHILD_ID_SIZE)
TIDY(postcode, CHECK_POSTCODE_SIZE)

static void
read_times(struct str text)
{
    const struct zone *zone = &fuzz_terms()->calendar.zone;
    char once[TIME_TEXT_SIZE], again[TIME_TEXT_SIZE];
    struct err err;
    time_ms t, back;
    date_d d, day;

    if (time_parse(zone, text, &t, &err) == ST_OK) {
        always(time_parse(zone, str_of(time_text(t, once)), &back, &err) ==
               ST_OK);
        always(back == t);
        always(time_parse(zone, str_of(time_text_local(zone, t, again)), &back,
                          &err) == ST_OK);
        always(back == t);
    }
    if (date_parse(text, &d)) {
        char as_text[DATE_TEXT_SIZE];

        always(str_eq(str_of(date_text(d, as_text)), text));
        always(date_of(date_ymd(d), &day) && day == d);
        always(date_age_years(d, d) == 0);
    }
}

static void
read_ids(struct str text)
{
    char once[ID_TEXT_SIZE];
    struct id id, back;

    if (!id_parse(text, &id)) {
        always(id_is_none(id));
        return;
    }
    always(id_parse(str_of(id_text(id, once)), &back) && id_eq(id, back));
}

static void
read_cells(struct arena *a, struct str text)
{
    struct str trimmed = cell_trim(text);
    struct sheet_options options = { .item = ITEM_NOTIFICATION };

    always(trimmed.n <= text.n && str_eq(cell_trim(trimmed), trimmed));
    (void)cell_word(a, text);
    (void)cell_instant(a, text);
    (void)cell_date(a, text);
    (void)sheet_is_note(&text, 1);
    (void)sheet_is_blank(&text, 1);
    if (sheet_kind(text, &options))
        always(options.item >= ITEM_NOTIFICATION && options.item <= ITEM_INDICATOR);
}

static void
read_names(struct arena *a, struct str text)
{
    enum check_text name = check_name(text);
    enum check_text lines = check_free_text(text, CHECK_CONCERN_MAX);
    struct str key = name_key(a, text);

    if (name == CHECK_TEXT_GOOD)
        always(lines == CHECK_TEXT_GOOD);
    always((name == CHECK_TEXT_NOT_UTF8) == (lines == CHECK_TEXT_NOT_UTF8) ||
           name == CHECK_TEXT_CONTROL);
    if (name == CHECK_TEXT_GOOD)
        always(str_eq(name_key(a, key), key));
    if (check_agency_ref(text))
        always(text.n >= 1 && text.n <= 64 && name == CHECK_TEXT_GOOD);
    always(!check_digits(text, 6) || text.n == 6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = fuzz_arena();
    struct str text = fuzz_str(data, n);

    tidy_nhs_number(text);
    tidy_upn(text);
    tidy_la_child_id(text);
    tidy_postcode(text);
    read_times(text);
    read_ids(text);
    read_cells(a, text);
    read_names(a, text);
    return 0;
}
