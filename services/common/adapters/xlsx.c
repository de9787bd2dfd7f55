#include "common/adapters/xlsx.h"

#include <stdlib.h>
#include <string.h>

#include <xlsxwriter.h>

struct xlsx {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *day;
    lxw_error first; /* that a cell met */
};

struct xlsx *
xlsx_open(const char *path)
{
    struct xlsx *x = calloc(1, sizeof *x);

    if (x == NULL)
        return NULL;
    x->book = workbook_new(path);
    if (x->book == NULL) {
        free(x);
        return NULL;
    }
    x->day = workbook_add_format(x->book);
    format_set_num_format(x->day, "dd/mm/yyyy");
    return x;
}

static void
note(struct xlsx *x, lxw_error e)
{
    if (x->first == LXW_NO_ERROR)
        x->first = e;
}

void
xlsx_sheet(struct xlsx *x, const char *name)
{
    x->sheet = workbook_add_worksheet(x->book, name);
    if (x->sheet == NULL)
        note(x, LXW_ERROR_MEMORY_MALLOC_FAILED);
}

void
xlsx_text(struct xlsx *x, size_t row, size_t column, struct str text)
{
    char *copy = strndup(text.p == NULL ? "" : text.p, text.n);

    if (copy == NULL)
        note(x, LXW_ERROR_MEMORY_MALLOC_FAILED);
    else if (x->sheet != NULL)
        note(x, worksheet_write_string(x->sheet, (lxw_row_t)row,
                                       (lxw_col_t)column, copy, NULL));
    free(copy);
}

void
xlsx_number(struct xlsx *x, size_t row, size_t column, int64_t number)
{
    if (x->sheet != NULL)
        note(x,
             worksheet_write_number(x->sheet, (lxw_row_t)row, (lxw_col_t)column,
                                    (double)number, NULL));
}

void
xlsx_date(struct xlsx *x, size_t row, size_t column, date_d date)
{
    struct ymd at = date_ymd(date);
    lxw_datetime day = { .year = at.year, .month = at.month, .day = at.day };

    if (x->sheet != NULL)
        note(x, worksheet_write_datetime(x->sheet, (lxw_row_t)row,
                                         (lxw_col_t)column, &day, x->day));
}

enum status
xlsx_close(struct xlsx *x, struct err *err)
{
    lxw_error e;

    if (x == NULL)
        return ST_OK;
    e = workbook_close(x->book); /* frees it */
    if (x->first != LXW_NO_ERROR)
        e = x->first;
    free(x);
    return e == LXW_NO_ERROR
               ? ST_OK
               : err_set(err, ST_RETRY, "file", "xlsx: %s", lxw_strerror(e));
}
