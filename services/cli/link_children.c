#include "cli/link_children.h"

#include <inttypes.h>

const uint8_t link_live_fields[LINK_LIVE_N] = {
    LINKAGE_GIVEN,      LINKAGE_SURNAME, LINKAGE_BIRTH,     LINKAGE_SEX,
    LINKAGE_NHS_NUMBER, LINKAGE_PLACE,   LINKAGE_ADDRESS_1, LINKAGE_SCHOOL,
};

/* ---- reading ------------------------------------------------------------- */

enum { PAGE = 20000, N_KEYS = 2 };

/* The columns behind the keys: what triage compares, in the order of `told`. */
static const char page_sql[] =
    "SELECT child_id, nth, forename, surname, to_char(dob, 'YYYY-MM-DD'), sex, "
    "nhs_number, postcode, address, school_urn FROM triage.child_told "
    "WHERE shard = $1 AND ($2::uuid IS NULL OR (child_id, nth) > ($2, $3)) "
    "ORDER BY child_id, nth LIMIT $4";

static const enum linkage_column told[] = {
    COLUMN_GIVEN_NAME, COLUMN_SURNAME,  COLUMN_BIRTH,     COLUMN_SEX,
    COLUMN_NHS_NUMBER, COLUMN_POSTCODE, COLUMN_ADDRESS_1, COLUMN_SCHOOL,
};
enum { N_TOLD = sizeof told / sizeof told[0] };

static enum status
add_page(struct link_people *people, const struct pg_result *res,
         struct arena *arena, struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        struct str raw[COLUMN_N] = { { .p = NULL } };

        for (size_t c = 0; c < N_TOLD; c++)
            raw[told[c]] = pg_text(res, i, N_KEYS + c);
        rc = link_add(people, STR(""), raw, arena, err);
    }
    return rc;
}

enum status
link_children_read(struct link_people *people, struct pg *pg, int32_t shard,
                   struct arena *arena, struct err *err)
{
    struct id last = ID_NONE;
    int32_t nth = 0;
    size_t n = PAGE;
    enum status rc =
        pg_exec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);

    while (rc == ST_OK && n == PAGE) {
        struct pg_result *res = NULL;
        struct pg_params p;

        pg_params_init(&p, arena);
        pg_add_i32(&p, shard);
        pg_add_id(&p, last);
        pg_add_i32(&p, nth);
        pg_add_i32(&p, PAGE);
        rc = pg_query(pg, NULL, page_sql, &p, &res, err);
        n = rc == ST_OK ? pg_n_rows(res) : 0;
        if (rc == ST_OK)
            rc = add_page(people, res, arena, err);
        if (n > 0) {
            last = pg_id(res, n - 1, 0);
            nth = pg_i32(res, n - 1, 1);
        }
        pg_result_close(res);
    }
    for (size_t c = 0; c < N_TOLD; c++)
        people->columns[told[c]] = true;
    people->n_first = people->n;
    people->children = true;
    return rc == ST_OK ? pg_exec(pg, "COMMIT", err) : rc;
}

/* ---- showing ------------------------------------------------------------- */

static void
print_field(FILE *to, const struct linkage_model *model, size_t field)
{
    const char *between = "";

    fprintf(to, "        \"%s\": {", linkage_fields[field]);
    for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++) {
        if (linkage_default.same[field][l] == 0)
            continue; /* the field has no such level */
        fprintf(to, "%s\"%s\": [%" PRId32 ", %" PRId32 "]", between,
                linkage_levels[l], model->same[field][l],
                model->chance[field][l]);
        between = ", ";
    }
    fprintf(to, "}");
}

void
link_children_print(FILE *to, const struct linkage_model *model, size_t n_told,
                    int64_t area)
{
    fprintf(to,
            "{\n  \"linkage\": {\n    \"value\": {\n      \"prior\": %" PRId32
            ",\n      \"weights\": {\n",
            -linkage_log2((uint64_t)area));
    for (size_t f = 0; f < LINK_LIVE_N; f++) {
        print_field(to, model, link_live_fields[f]);
        fprintf(to, "%s\n", f + 1 < LINK_LIVE_N ? "," : "");
    }
    fprintf(to,
            "      }\n    },\n    \"source\": \"EM without labels on what %zu "
            "messages told of the authority's own children (waymark match "
            "train); prior: one in %" PRId64 " children of the area\"\n  "
            "}\n}\n",
            n_told, area);
}
