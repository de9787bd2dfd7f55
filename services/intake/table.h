/**
 * A CSV file on its way through the door: rows as the core's sheets have
 * them, chunk by chunk, and what was refused as a file to be mended.
 */
#ifndef WAYMARK_INTAKE_TABLE_H
#define WAYMARK_INTAKE_TABLE_H

#include "common/adapters/csv.h"
#include "intake/core/sheet.h"

/* Where a row came from. */
struct table_source {
    struct str raw;   /* its bytes, in the chunk's arena */
    bool whole;       /* they are all of it; else the file has them */
    int64_t from, to; /* where */
};

struct table_chunk {
    struct sheet_row *rows; /* both in the arena */
    struct table_source *sources;
    size_t n;
    size_t notes; /* rows of explanations */
    bool end;     /* no row comes after these */
};

struct table;

/**
 * Read the headings. `in` is borrowed until table_close; of `options` the
 * texts are. ST_REJECT: `problems`, in the arena, say every reason against the
 * file. ST_RETRY: it can't be read now.
 */
MUST_CHECK enum status table_open(FILE *in, const struct sheet_options *options,
                                  struct table **out, struct arena *arena,
                                  struct problems *problems, struct err *err);
void table_close(struct table *t);

/** Up to `max` further rows of about CHUNK_BYTES at most. ST_RETRY: the file
 * can't be read. */
MUST_CHECK enum status table_next(struct table *t, struct arena *arena,
                                  size_t max, struct table_chunk *out,
                                  struct err *err);

/** Do at most `max` rows follow? The next one stays what it was; `arena` is
 * reset. ST_RETRY: the file can't be read. */
MUST_CHECK enum status table_is_within(struct table *t, struct arena *arena,
                                       size_t max, bool *is, struct err *err);

struct csv_place table_tell(const struct table *t);
/** Only to where table_tell was, of the same file. */
MUST_CHECK enum status table_seek(struct table *t, struct csv_place place,
                                  struct err *err);

/**
 * The headings of a file of refused rows: error_code, error_field,
 * error_detail, then those that came. Mended, it can be sent as it is: these
 * three are not read.
 */
void table_put_headings(const struct table *t, FILE *to);
/**
 * A refused row: every reason (codes and fields with a blank, details with a
 * semicolon between), then its cells as they came. False: the file can't be
 * read.
 */
bool table_put_row(const struct table *t, FILE *to, struct arena *arena,
                   const struct table_source *source,
                   const struct problems *problems,
                   const struct raw_value *raw);

#endif
