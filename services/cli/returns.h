/**
 * The statutory returns, one function each; returns.c chooses, reads the
 * options and tells what could not be filled.
 */
#ifndef WAYMARK_CLI_RETURNS_H
#define WAYMARK_CLI_RETURNS_H

#include "cli/core/finding.h"
#include "cli/return_read.h"

/**
 * What could not be filled, as CSV to --report or stderr, and how much of it
 * in one line on stderr. ST_RETRY, code "file": it can't be written.
 */
MUST_CHECK enum status return_report(const struct return_source *src,
                                     const struct findings *list,
                                     struct err *err);

/* What a return says when it is done. */
enum return_end {
    RETURN_WRITTEN, /* or, with --check, could be */
    RETURN_STOPPED, /* it would not validate: nothing was written */
};

/** CIN census as XML (--year). ST_REJECT, code "config": a bad option, or the
 * profile has no la_code. */
MUST_CHECK enum status return_cin(const struct return_source *src,
                                  enum return_end *end, struct err *err);

/** The DfE's daily feed: batches into --out of what changed since --state.
 * ST_REJECT, code "config": a bad option; "state": the file is none. */
MUST_CHECK enum status return_daily(const struct return_source *src,
                                    enum return_end *end, struct err *err);

/** Annex A: --lists as a workbook (--out) and one CSV a list (--csv).
 * ST_REJECT, code "config": a bad option. */
MUST_CHECK enum status return_annex(const struct return_source *src,
                                    enum return_end *end, struct err *err);

#endif
