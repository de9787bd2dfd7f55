#include "cli/link_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/adapters/csv.h"
#include "common/engine/memory.h"

enum { ROW_MEMORY = 4 << 20, NO_CELL = CSV_CELLS_MAX };

/* ---- headings ---------------------------------------------------------- */

/* Which cell of a row holds which column. */
struct headings {
    size_t cell[COLUMN_N]; /* NO_CELL: the file hasn't got it */
};

/* What this file calls the column: "COLUMN=HEADING,..." or its own name. */
static struct str
heading_of(const char *map, size_t column)
{
    const char *name = linkage_columns[column];
    size_t n = strlen(name), length;

    for (const char *p = map; p != NULL && *p != '\0'; p += length) {
        length = strcspn(p, ",");
        if (length > n && memcmp(p, name, n) == 0 && p[n] == '=')
            return (struct str){ .p = p + n + 1, .n = length - n - 1 };
        length += p[length] == ',';
    }
    return str_of(name);
}

/* Every word of the map is a column that there is. */
static enum status
check_map(const char *map, struct err *err)
{
    size_t length;

    for (const char *p = map; p != NULL && *p != '\0'; p += length) {
        bool known = false;

        length = strcspn(p, ",");
        for (size_t c = 0; c < COLUMN_N; c++) {
            size_t n = strlen(linkage_columns[c]);

            known |= length > n && memcmp(p, linkage_columns[c], n) == 0 &&
                     p[n] == '=';
        }
        if (!known)
            return err_set(err, ST_REJECT, "map",
                           "--map: \"%.*s\" is not COLUMN=HEADING", (int)length,
                           p);
        length += p[length] == ',';
    }
    return ST_OK;
}

static enum status
read_headings(struct link_people *people, const struct csv_row *row,
              const char *map, struct headings *out, struct err *err)
{
    size_t found = 0;

    for (size_t c = 0; c < COLUMN_N; c++) {
        out->cell[c] = NO_CELL;
        for (size_t i = row->n; i-- > 1;) /* the first cell is the id */
            if (str_eq(row->cells[i], heading_of(map, c)))
                out->cell[c] = i;
        found += out->cell[c] != NO_CELL;
        people->columns[c] |= out->cell[c] != NO_CELL;
    }
    return found > 0 ? ST_OK
                     : err_set(err, ST_REJECT, "columns",
                               "no column has a name that is known; see --map");
}

/* ---- records ----------------------------------------------------------- */

static enum status
make_room(struct link_people *people, struct err *err)
{
    size_t room = people->room == 0 ? 1024 : people->room * 2;
    struct linkage_person *at;
    struct str *ids;

    if (people->n < people->room)
        return ST_OK;
    if (people->n >= LINK_RECORDS_MAX)
        return err_set(err, ST_REJECT, "size", "more than %d records",
                       LINK_RECORDS_MAX);
    at = realloc(people->at, room * sizeof *at);
    if (at != NULL)
        people->at = at;
    ids = at == NULL ? NULL : realloc(people->ids, room * sizeof *ids);
    if (ids == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for %zu records",
                       room);
    people->ids = ids;
    people->room = room;
    return ST_OK;
}

enum status
link_add(struct link_people *people, struct str id,
         const struct str raw[COLUMN_N], struct arena *arena, struct err *err)
{
    enum status rc = make_room(people, err);

    if (rc != ST_OK)
        return rc;
    people->ids[people->n] = arena_str(arena, id);
    people->at[people->n++] = linkage_prepare(arena, raw);
    return ST_OK;
}

static enum status
add_record(struct link_people *people, const struct headings *h,
           const struct csv_row *row, struct arena *arena, struct err *err)
{
    struct str raw[COLUMN_N];

    for (size_t c = 0; c < COLUMN_N; c++)
        raw[c] = h->cell[c] < row->n ? row->cells[h->cell[c]] : STR_NULL;
    return link_add(people, row->cells[0], raw, arena, err);
}

static enum status
next_row(struct csv *csv, struct arena *scratch, struct csv_row *row,
         struct err *err)
{
    enum status rc;

    arena_reset(scratch);
    rc = csv_next(csv, scratch, row, err);
    if (rc == ST_OK && !row->end && row->code != NULL)
        rc = err_set(err, ST_REJECT, row->code, "row %zu: %s", row->number,
                     row->detail);
    return rc;
}

static enum status
read_rows(struct link_people *people, struct csv *csv, const char *map,
          struct arena *arena, struct arena *scratch, struct err *err)
{
    struct headings h;
    struct csv_row row;
    enum status rc = next_row(csv, scratch, &row, err);

    if (rc == ST_OK && row.end)
        rc = err_set(err, ST_REJECT, "empty", "the file is empty");
    if (rc == ST_OK)
        rc = read_headings(people, &row, map, &h, err);
    while (rc == ST_OK) {
        rc = next_row(csv, scratch, &row, err);
        if (rc != ST_OK || row.end)
            break;
        rc = add_record(people, &h, &row, arena, err);
    }
    return rc;
}

enum status
link_read(struct link_people *people, const char *path, const char *map,
          struct arena *arena, struct err *err)
{
    struct arena *scratch = memory_open(ROW_MEMORY);
    struct csv *csv = NULL;
    FILE *in = fopen(path, "rb");
    enum status rc = check_map(map, err);

    if (rc == ST_OK && in == NULL)
        rc = err_set(err, ST_REJECT, "file", "%s", strerror(errno));
    if (rc == ST_OK && scratch == NULL)
        rc = err_set(err, ST_RETRY, "memory", "no memory");
    if (rc == ST_OK)
        rc = csv_open(in, &csv, err);
    if (rc == ST_OK)
        rc = read_rows(people, csv, map, arena, scratch, err);
    if (rc != ST_OK)
        err_where(err, "%s", path);
    csv_close(csv);
    memory_close(scratch);
    if (in != NULL)
        (void)fclose(in);
    return rc;
}

void
link_free(struct link_people *people)
{
    free(people->at);
    free(people->ids);
    *people = (struct link_people){ .at = NULL };
}

/* ---- how rare ---------------------------------------------------------- */

struct value {
    uint64_t hash;
    uint32_t person;
};

static int
by_hash(const void *a, const void *b)
{
    const struct value *x = a, *y = b;

    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void
count_column(struct link_people *people, size_t column, struct value *values)
{
    size_t n = 0, to;

    for (size_t i = 0; i < people->n; i++) {
        struct str s = people->at[i].at[column];

        if (s.p != NULL)
            values[n++] = (struct value){ .hash = XXH3_64bits(s.p, s.n),
                                          .person = (uint32_t)i };
    }
    qsort(values, n, sizeof *values, by_hash);
    for (size_t from = 0; from < n; from = to) {
        for (to = from; to < n && values[to].hash == values[from].hash; to++)
            ;
        /* Of a pair that shares a value: how many others have it, and one. */
        for (size_t i = from; i < to; i++) {
            struct linkage_person *p = &people->at[values[i].person];
            size_t others = to - from > 1 ? to - from - 1 : 1;

            p->rarity[column] = linkage_rarity(others, n);
            if (column == COLUMN_GIVEN_NAME)
                p->given_is_established = to - from > LINKAGE_ESTABLISHED;
        }
    }
}

enum status
link_count(struct link_people *people, struct err *err)
{
    struct value *values = calloc(people->n + 1, sizeof *values);

    if (values == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory to count values");
    for (size_t c = 0; c < COLUMN_N; c++)
        count_column(people, c, values);
    free(values);
    return ST_OK;
}

/* ---- children ---------------------------------------------------------- */

static int
year_of(struct str birth)
{
    int year = 0;

    for (size_t i = 0; i < 4; i++)
        year = year * 10 + (birth.p[i] - '0');
    return year;
}

bool
link_are_children(const struct link_people *people, struct arena *arena)
{
    enum { YEARS = 10000 };
    size_t *births = arena_array(arena, YEARS, sizeof *births);
    size_t n = 0, within = 0, most = 0;

    for (size_t i = 0; i < people->n; i++) {
        struct str birth = people->at[i].at[COLUMN_BIRTH];

        if (birth.p == NULL)
            continue;
        births[year_of(birth)]++;
        n++;
    }
    for (size_t y = 0; y < YEARS; y++) {
        within += births[y];
        within -= y >= LINK_CHILDHOOD ? births[y - LINK_CHILDHOOD] : 0;
        most = within > most ? within : most;
    }
    return n > 0 && most * 100 >= n * 99;
}
