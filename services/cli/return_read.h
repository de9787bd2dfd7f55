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

/* For what a return reads beside. */

/* Of a row k of tracker.cases: a referral to social care (domain.md section
 * 10): what became one, or ended as nfa at its door. */
#define RETURN_IS_REFERRAL                                                     \
    "(k.side = 'csc' AND k.outcome IN ('social_care_referral', "               \
    "'strategy_discussion') AND k.state NOT IN ('screening', 'merged') OR "    \
    "k.entry = 'csc' AND k.outcome = 'nfa' AND k.state = 'closed')"

/** Rows of a statement whose $1 is the shard. The caller closes *res. */
MUST_CHECK enum status return_ask(const struct return_source *src,
                                  const char *sql, struct pg_result **res,
                                  struct err *err);
/** A text of theirs in the verb's arena, null for NULL. */
struct str return_text(const struct return_source *src,
                       const struct pg_result *res, size_t row, size_t column);
/** A word of theirs as its code's value, 0 for NULL. */
int return_code(const struct codes *codes, const struct pg_result *res,
                size_t row, size_t column);
/** Bits of words that are separated by blanks. */
uint32_t return_set(const struct codes *codes, struct str words);

#endif
