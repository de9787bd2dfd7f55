/**
 * Rows of a CSV file (RFC 4180, and what spreadsheets make of it). The only
 * file that knows libcsv and iconv.
 *
 * The delimiter is found on the first line: of comma, semicolon and tab the
 * one that is there most. The text is UTF-8, with or without a byte order
 * mark, or else Windows-1252. Which one is settled once for the file: what is
 * valid UTF-8 is that; so is a file in which valid sequences outnumber broken
 * bytes, and the rows with broken ones are bad. Quotes are read strictly: a
 * quote inside a cell is doubled, and the cell stands in quotes.
 *
 * A bad row blocks no other, and nothing is guessed: where a quote is never
 * closed the file ends with that row. Reasons never hold a value.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_CSV_H
#define WAYMARK_COMMON_ADAPTERS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/core/arena.h"
#include "common/core/err.h"

#define CSV_FILE_MAX ((int64_t)512 << 20) /* bytes, R04 */
#define CSV_ROW_MAX ((size_t)64 << 10)    /* bytes of a row, R04 */
#define CSV_CELLS_MAX 256                 /* of a row, R04 */

struct csv_row {
    bool end;         /* there was no row any more; all else is void */
    size_t number;    /* as a spreadsheet counts, from 1, blank ones too */
    int64_t from, to; /* bytes of the file, without the line break */
    struct str raw;   /* these bytes, at most CSV_ROW_MAX; in the arena */
    const struct str *cells; /* UTF-8, in the arena; none in a bad row */
    size_t n;
    const char *code;   /* NULL, or why the row is bad: R04, R17, C05 */
    const char *detail; /* the same for people */
};

/* A place between two rows. */
struct csv_place {
    int64_t offset;
    size_t number; /* of the row before */
};

struct csv;

/**
 * Begin at the start of `in`, which can be sought in and is borrowed until
 * csv_close. ST_REJECT: R04 too long, R17 no text that is read here (UTF-16).
 * ST_RETRY: it can't be read.
 */
MUST_CHECK enum status csv_open(FILE *in, struct csv **out, struct err *err);
void csv_close(struct csv *c);

/** The next row; lines without any byte are counted and left out. ST_RETRY:
 * the file can't be read, or there is no memory. */
MUST_CHECK enum status csv_next(struct csv *c, struct arena *arena,
                                struct csv_row *out, struct err *err);

/** Where the next row begins. */
struct csv_place csv_tell(const struct csv *c);
/** Go on at a place of the same file. */
MUST_CHECK enum status csv_seek(struct csv *c, struct csv_place place,
                                struct err *err);

/** ',', ';' or '\t'. */
char csv_delimiter(const struct csv *c);
/** Bytes before the first row: the byte order mark, or 0. */
size_t csv_mark(const struct csv *c);

/**
 * The raw row without those cells whose place is true in `without` (`n` of
 * them; further cells stay). For a row without a code.
 */
struct str csv_raw_without(const struct csv *c, struct arena *arena,
                           struct str raw, const bool *without, size_t n);

/** One cell, in quotes where it must be. */
void csv_put(FILE *to, char delimiter, struct str cell);

#endif
