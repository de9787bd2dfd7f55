/**
 * What the returns are made of, read from the tables of triage (who the child
 * is) and tracker (cases of social care and what was done), as they stood at
 * one moment. Children who were erased aren't read; those who were merged are
 * read as their survivor.
 */
#ifndef WAYMARK_CLI_RETURN_READ_H
#define WAYMARK_CLI_RETURN_READ_H

#include "cli/cli.h"
#include "cli/core/episodes.h"
#include "common/core/calendar.h"

struct return_source {
    struct cli *cli;
    struct pg *pg;
    int32_t shard;
    struct str authority;
    struct str la_code;       /* of the profile; null: it has none */
    struct calendar calendar; /* the one in force */
    bool has_calendar;
};

struct return_children {
    struct return_child *at; /* by child_id; in the verb's arena */
    size_t n;
};

/**
 * Connect, find the authority (--authority, or the only one) and begin a
 * transaction that sees one moment only. Statuses as in pg.h; ST_REJECT, code
 * "config": which authority is meant isn't said. The caller closes `pg`.
 */
MUST_CHECK enum status return_open(struct cli *cli, struct return_source *out,
                                   struct err *err);

/** All children with a case of social care, with their cases and deeds. */
MUST_CHECK enum status return_read(const struct return_source *src,
                                   struct return_children *out,
                                   struct err *err);

/** Bits of words that are separated by blanks. */
uint32_t return_set(const struct codes *codes, struct str words);

#endif
