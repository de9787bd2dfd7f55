/**
 * A workbook of tables (Office Open XML): wraps libxlsxwriter, which nobody
 * else includes. Written at once at the end; cells hold text, numbers and
 * dates, never formulas.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_XLSX_H
#define WAYMARK_COMMON_ADAPTERS_XLSX_H

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/time.h"

#define XLSX_ROWS_MAX 1048576 /* of a sheet, its headers among them */

struct xlsx;

/** A workbook that will stand at `path` (borrowed until xlsx_close). Null
 * without memory. */
struct xlsx *xlsx_open(const char *path);

/** The next sheet; cells go there from now on. */
void xlsx_sheet(struct xlsx *x, const char *name);

/* A cell; row and column from 0. `date` is shown as dd/mm/yyyy. */
void xlsx_text(struct xlsx *x, size_t row, size_t column, struct str text);
void xlsx_number(struct xlsx *x, size_t row, size_t column, int64_t number);
void xlsx_date(struct xlsx *x, size_t row, size_t column, date_d date);

/** Write it and free `x` in any case. ST_RETRY, code "file": it isn't whole,
 * or a cell was refused. NULL is fine. */
MUST_CHECK enum status xlsx_close(struct xlsx *x, struct err *err);

#endif
