#include "cli/link_weights.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/csv.h"

#define PRIOR "prior"
#define LEAST (-100000) /* millibits; nothing is as rare as 2^-100 */
#define PRIOR_MOST 100000

enum { CELLS = 4, ROWS = LINKAGE_N * (LEVEL_N - 1) + 1 };

void
link_weights_print(FILE *to, const struct linkage_model *model)
{
    fprintf(to, "field,level,same_millibits,chance_millibits\n");
    fprintf(to, PRIOR ",,%" PRId32 ",\n", model->prior);
    for (size_t f = 0; f < LINKAGE_N; f++)
        for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++)
            fprintf(to, "%s,%s,%" PRId32 ",%" PRId32 "\n", linkage_fields[f],
                    linkage_levels[l], model->same[f][l], model->chance[f][l]);
}

static size_t
find(const char *const *words, size_t n, struct str word)
{
    size_t i = 0;

    while (i < n && !str_is(word, words[i]))
        i++;
    return i;
}

static bool
read_number(struct str text, int32_t most, int32_t *out)
{
    char *end;
    long v = strtol(text.p, &end, 10); /* a cell ends in NUL */

    *out = (int32_t)v;
    return text.n > 0 && end == text.p + text.n && v >= LEAST && v <= most;
}

static bool
read_weight(struct linkage_model *model, const struct csv_row *row)
{
    size_t f, l;

    if (row->n != CELLS)
        return false;
    if (str_is(row->cells[0], PRIOR))
        return read_number(row->cells[2], PRIOR_MOST, &model->prior);
    f = find(linkage_fields, LINKAGE_N, row->cells[0]);
    l = find(linkage_levels, LEVEL_N, row->cells[1]);
    return f < LINKAGE_N && l > LEVEL_MISSING && l < LEVEL_N &&
           read_number(row->cells[2], 0, &model->same[f][l]) &&
           read_number(row->cells[3], 0, &model->chance[f][l]);
}

static enum status
read_rows(struct csv *csv, struct linkage_model *model, struct arena *arena,
          struct err *err)
{
    struct csv_row row;
    size_t n = 0;
    enum status rc = csv_next(csv, arena, &row, err); /* the header */

    while (rc == ST_OK) {
        rc = csv_next(csv, arena, &row, err);
        if (rc != ST_OK || row.end)
            break;
        if (row.code != NULL || !read_weight(model, &row))
            return err_set(err, ST_REJECT, "weights",
                           "row %zu is not FIELD,LEVEL,MILLIBITS,MILLIBITS",
                           row.number);
        n++;
    }
    if (rc == ST_OK && n != ROWS)
        rc = err_set(err, ST_REJECT, "weights", "want %d weights, not %zu",
                     (int)ROWS, n);
    return rc;
}

enum status
link_weights_read(const char *path, struct linkage_model *model,
                  struct arena *arena, struct err *err)
{
    FILE *in = fopen(path, "rb");
    struct csv *csv = NULL;
    enum status rc;

    if (in == NULL)
        return err_set(err, ST_REJECT, "file", "%s: %s", path, strerror(errno));
    rc = csv_open(in, &csv, err);
    if (rc == ST_OK)
        rc = read_rows(csv, model, arena, err);
    if (rc != ST_OK)
        err_where(err, "%s", path);
    csv_close(csv);
    (void)fclose(in);
    model->source = str_of(path);
    return rc;
}
