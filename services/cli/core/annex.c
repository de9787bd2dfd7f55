#include "cli/core/annex.h"

#include <string.h>

#define CHILD_HEADERS                                                          \
    "Child Unique ID", "Gender", "Ethnicity", "Date of Birth",                 \
        "Age of Child (Years)"

static const char *const contact_headers[] = { CHILD_HEADERS, "Date of Contact",
                                               "Contact Source" };
static const char *const help_headers[] = {
    CHILD_HEADERS, "Assessment start date", "Assessment completion date",
    "Organisation completing assessment"
};
static const char *const referral_headers[] = {
    CHILD_HEADERS,
    "Date of referral",
    "Referral Source",
    "Referral NFA?",
    "Number of Referrals in Last 12 Months",
    "Allocated Team",
    "Allocated Worker"
};

static const char *const genders[] = {
    [0] = "c) Not stated/recorded",
    [SEX_M] = "a) Male",
    [SEX_F] = "b) Female",
    [SEX_U] = "c) Not stated/recorded",
};

/* In the order of enum ethnicity. */
static const char ethnicity_letters[] = "abcdefghijklmnopqrst";

/* Codes of the CIN census with the words of the list. */
static const struct {
    const char *code;
    const char *word;
} sources[] = {
    { "1A", "a) 1A: Individual" },
    { "1B", "b) 1B: Individual" },
    { "1C", "c) 1C: Individual" },
    { "1D", "d) 1D: Individual" },
    { "2A", "e) 2A: Schools" },
    { "2B", "f) 2B: Education services" },
    { "3A", "g) 3A: Health services" },
    { "3B", "h) 3B: Health services" },
    { "3C", "i) 3C: Health services" },
    { "3D", "j) 3D: Health services" },
    { "3E", "k) 3E: Health services" },
    { "3F", "l) 3F: Health services" },
    { "4", "m) 4: Housing" },
    { "5A", "n) 5A: LA services" },
    { "5B", "o) 5B: LA services" },
    { "5C", "p) 5C: LA services" },
    { "5D", "p1) 5D: LA services" },
    { "6", "q) 6: Police" },
    { "7", "r) 7: Other legal agency" },
    { "8", "s) 8: Other" },
    { "9", "t) 9: Anonymous" },
};
enum { N_SOURCES = sizeof sources / sizeof sources[0] };

#define UNKNOWN_SOURCE "u) 10: Unknown"

/* A list that grows, and the row that is being made. */
struct making {
    struct arena *arena;
    struct annex_list *list;
    struct findings *findings;
    const struct annex_entry *e;
    date_d as_at;
    struct annex_cell *row;
    size_t column;
};

static void
find(struct making *m, const char *why)
{
    struct finding f = {
        .weight = FINDING_TAKEN,
        .child_id = m->e->child_id,
        .case_id = m->e->case_id,
        .item = m->list->headers[m->column],
        .on = m->e->on,
        .why = why,
    };

    findings_add(m->arena, m->findings, &f);
}

static void
put_text(struct making *m, struct str text)
{
    m->row[m->column++] =
        (struct annex_cell){ .kind = text.n == 0 ? ANNEX_EMPTY : ANNEX_TEXT,
                             .text = text };
}

static void
put_date(struct making *m, date_d d)
{
    m->row[m->column++] =
        (struct annex_cell){ .kind = d == DATE_NONE ? ANNEX_EMPTY : ANNEX_DATE,
                             .date = d };
}

static void
put_number(struct making *m, int64_t n)
{
    m->row[m->column++] =
        (struct annex_cell){ .kind = ANNEX_NUMBER, .number = n };
}

/* Text that may not be blank. */
static void
put_wanted(struct making *m, struct str text, const char *instead,
           const char *why)
{
    if (text.n == 0)
        find(m, why);
    put_text(m, text.n == 0 ? str_of(instead) : text);
}

/* ---- cells -------------------------------------------------------------- */

static void
put_child(struct making *m)
{
    const struct annex_entry *e = m->e;
    int v = e->ethnicity == 0 ? ETHNICITY_NOBT : e->ethnicity;

    put_text(m, e->unique_id);
    if (e->sex == 0)
        find(m, "not known: c)");
    put_text(m, str_of(genders[e->sex]));
    put_text(m, arena_printf(m->arena, "%c) %s", ethnicity_letters[v - 1],
                             codes_word(&codes_ethnicity, v)));
    if (e->dob == DATE_NONE)
        find(m, "not known, or not born yet: blank");
    put_date(m, e->dob);
    if (e->dob == DATE_NONE || e->dob > m->as_at)
        put_text(m, STR_NULL);
    else
        put_number(m, date_age_years(e->dob, m->as_at));
}

static void
put_source(struct making *m)
{
    for (size_t i = 0; i < N_SOURCES; i++)
        if (str_is(m->e->source, sources[i].code)) {
            put_text(m, str_of(sources[i].word));
            return;
        }
    find(m, "the agency has none: u)");
    put_text(m, STR(UNKNOWN_SOURCE));
}

/* Referrals of the same child in the 12 months before this one. */
static int64_t
earlier(const struct annex_entry *entries, size_t i)
{
    date_d since = date_add_months(entries[i].on, -12);
    int64_t n = 0;

    for (size_t k = i; k > 0; k--) {
        const struct annex_entry *e = &entries[k - 1];

        if (!id_eq(e->child_id, entries[i].child_id))
            break;
        n += e->on >= since;
    }
    return n;
}

static void
put_contact(struct making *m, const struct annex_entry *entries, size_t i)
{
    (void)entries;
    (void)i;
    put_date(m, m->e->on);
    put_source(m);
}

static void
put_help(struct making *m, const struct annex_entry *entries, size_t i)
{
    (void)entries;
    (void)i;
    put_date(m, m->e->on);
    put_date(m, m->e->completed > m->as_at ? DATE_NONE : m->e->completed);
    put_wanted(m, m->e->organisation, "Not recorded", "nobody named one");
}

static void
put_referral(struct making *m, const struct annex_entry *entries, size_t i)
{
    put_date(m, m->e->on);
    put_source(m);
    put_text(m, m->e->nfa ? STR("a) Yes") : STR("b) No"));
    put_number(m, earlier(entries, i));
    if (m->e->nfa) { /* nobody works it */
        put_text(m, STR("Not allocated"));
        put_text(m, STR("Not allocated"));
        return;
    }
    put_wanted(m, m->e->unit, "Not allocated", "no unit has the case");
    put_wanted(m, m->e->worker, "Not allocated", "no worker has the case");
}

/* ---- lists -------------------------------------------------------------- */

static const struct {
    const char *const *headers;
    size_t n;
    void (*put)(struct making *m, const struct annex_entry *entries, size_t i);
} lists[ANNEX_LISTS] = {
    { contact_headers, sizeof contact_headers / sizeof contact_headers[0],
      put_contact },
    { help_headers, sizeof help_headers / sizeof help_headers[0], put_help },
    { referral_headers, sizeof referral_headers / sizeof referral_headers[0],
      put_referral },
};

date_d
annex_first_day(date_d as_at)
{
    return date_add_months(as_at, -6);
}

static bool
is_in(int number, date_d as_at, const struct annex_entry *e)
{
    date_d first = annex_first_day(as_at);

    if (e->on > as_at)
        return false;
    return e->on >= first ||
           (number == 2 && e->completed != DATE_NONE && e->completed >= first);
}

void
annex_make(struct arena *arena, int number, date_d as_at,
           const struct annex_entry *entries, size_t n, struct annex_list *out,
           struct findings *findings)
{
    struct making m = {
        .arena = arena, .list = out, .findings = findings, .as_at = as_at
    };

    *out = (struct annex_list){
        .number = number,
        .headers = lists[number - 1].headers,
        .n_columns = lists[number - 1].n,
        .cells = arena_array(arena, n * lists[number - 1].n,
                             sizeof(struct annex_cell)),
    };
    for (size_t i = 0; i < n; i++) {
        if (!is_in(number, as_at, &entries[i]))
            continue;
        m.e = &entries[i];
        m.row = &out->cells[out->n_rows++ * out->n_columns];
        m.column = 0;
        put_child(&m);
        lists[number - 1].put(&m, entries, i);
    }
}

char *
annex_date(date_d d, char out[ANNEX_DATE_SIZE])
{
    char text[DATE_TEXT_SIZE]; /* 2025-12-31 */

    date_text(d, text);
    memcpy(out, text + 8, 2);
    out[2] = '/';
    memcpy(out + 3, text + 5, 2);
    out[5] = '/';
    memcpy(out + 6, text, 4);
    out[10] = '\0';
    return out;
}
