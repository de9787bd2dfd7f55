/**
 * Files of people for `waymark match`: any CSV with a header. The first column
 * is the record's id, the others are known by name (linkage_columns), or by
 * the names that --map gives them.
 */
#ifndef WAYMARK_CLI_LINK_FILE_H
#define WAYMARK_CLI_LINK_FILE_H

#include "common/core/arena.h"
#include "common/core/err.h"
#include "triage/core/linkage.h"

#define LINK_RECORDS_MAX 2000000

/* The records of one or two files, those of the first before the second's. */
struct link_people {
    struct linkage_person *at; /* owned */
    struct str *ids;           /* owned; texts in the arena */
    size_t n, room;
    size_t n_first; /* records of the first file; n where there is one */
    bool columns[COLUMN_N]; /* some file has it */
    bool children;          /* guard them as children */
};

/**
 * Add the records of a file; `map` is "COLUMN=HEADING,..." or NULL. ST_REJECT:
 * the file is no such CSV, a row is bad, or it has none of the columns.
 * ST_RETRY: it can't be read. Texts are kept in `arena`.
 */
MUST_CHECK enum status link_read(struct link_people *people, const char *path,
                                 const char *map, struct arena *arena,
                                 struct err *err);
/**
 * Add one record as it was told. Keeps copies in `arena`. ST_REJECT, "size":
 * over LINK_RECORDS_MAX; ST_RETRY: no memory.
 */
MUST_CHECK enum status link_add(struct link_people *people, struct str id,
                                const struct str raw[COLUMN_N],
                                struct arena *arena, struct err *err);
/** How rare every value is, and which given names are established. */
MUST_CHECK enum status link_count(struct link_people *people, struct err *err);
/**
 * Are these children? All were born (1 in 100 may be written wrong) within the
 * LINK_CHILDHOOD years that services for children reach to.
 */
bool link_are_children(const struct link_people *people, struct arena *arena);
#define LINK_CHILDHOOD 26 /* years: 0 to 25, with special needs */
void link_free(struct link_people *people);

#endif
