/**
 * The door: records as JSON texts or rows of a sheet go in, a result for each
 * comes out, when it is true. HTTP requests and files of the drop folder come
 * this way alike; one bad row never blocks the others.
 */
#ifndef WAYMARK_INTAKE_DOOR_H
#define WAYMARK_INTAKE_DOOR_H

#include "common/adapters/http.h"
#include "common/adapters/json.h"
#include "intake/append.h"
#include "intake/core/sheet.h"

#define DOOR_RECORD_MAX ((size_t)256 << 10) /* bytes of one record, R04 */
#define DOOR_VALUES_MAX 2000                /* in it, lists among them, R04 */
#define DOOR_BATCH_MAX ((size_t)16 << 20)   /* of one request */
#define DOOR_ROWS_MAX 100000                /* records of one request, R04 */
#define DOOR_RETRY_AFTER_S 5

/* One authority's door. */
struct door {
    struct str authority;
    uint16_t partition;
    bool log_clock;
    struct append *append;
    struct str hash_key; /* for content_hash */
};

struct door_batch {
    enum item_kind_of item;
    const struct str *rows;        /* one record each */
    const struct sheet_row *sheet; /* in place of rows: their own numbers */
    size_t n;
    size_t first_row;  /* number of rows[0] in its file, for the result */
    struct str agency; /* rows of others are refused; null: any */
    bool proved;       /* `agency` sends it itself: R02 is 403, else 422 */
    const char *later; /* code: nothing is appended, all is APPEND_LATER */
    const char *shed;  /* code (lobby.h): the same, but for missing children */
    struct str trace_parent;
};

/* How many ended how. */
struct door_counts {
    size_t accepted; /* repeats included */
    size_t repeated;
    size_t refused;
    size_t later;
};

/* What became of a row; all is borrowed for the call. */
struct door_told {
    size_t row;
    int status;
    bool repeated;
    const struct problems *problems; /* where it was refused */
    const struct raw_value *raw;     /* for sheet_column_of, may be of no use */
    struct str json;                 /* the same as the sender is told */
};

/**
 * Take one record; the answer is a JSON object: a receipt or a problem.
 * Returns the HTTP status: 202, 400, 403, 413, 422, 429, 500, 503.
 */
int door_one(const struct door *door, const struct door_batch *one,
             struct json_out *out);

/**
 * Take many; each gives an object with `row` and `status`, in order. `each` is
 * called for every one. ST_RETRY without memory: what was told of is true.
 */
MUST_CHECK enum status
door_rows(const struct door *door, const struct door_batch *batch,
          void (*each)(void *self, const struct door_told *told), void *self,
          struct door_counts *counts, struct err *err);

/** Reasons as JSON, the member `errors`; with `sheet` they name columns. */
void door_errors(struct json_out *out, struct arena *arena,
                 const struct problems *problems, const struct raw_value *raw,
                 bool sheet);

/** What senders are told for a code of APPEND_LATER or ST_RETRY: "clock",
 * "restore" (somebody must act first), else "not_ready". */
const char *door_later_code(const char *why);
/** 503 with it and Retry-After: nothing was done, the same may come again. */
void door_answer_later(struct http_response *resp, const char *why);

/** A receipt's members into an open JSON object, as door_one gives them. */
void door_put_receipt(struct json_out *out,
                      const struct append_receipt *receipt, bool repeated);

/**
 * The rows of a JSON array or, with `lines`, of NDJSON (blank lines don't
 * count). The list is in `arena`, the texts are parts of `body`, a byte order
 * mark before it is passed over. ST_REJECT R03 or R17 where the array as a
 * whole is no JSON: nobody can say where its rows would end; R04 above
 * DOOR_ROWS_MAX rows. A row that is JSON and wrong otherwise is answered on its
 * own.
 */
MUST_CHECK enum status door_split(struct arena *arena, struct str body,
                                  bool lines, struct str **rows, size_t *n,
                                  struct err *err);

/** The problem that answers a body that door_split refused; its status, 400 or
 * 413. */
int door_unreadable(struct json_out *out, const struct err *why);

#endif
