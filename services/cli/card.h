/**
 * A month's scorecard as `waymark scorecard` prints it: what is asked, what is
 * read from metrics, and the table made of it. Formats are files of their own.
 */
#ifndef WAYMARK_CLI_CARD_H
#define WAYMARK_CLI_CARD_H

#include "cli/cli.h"
#include "common/adapters/json.h"
#include "common/core/profile.h"
#include "metrics/core/kpi.h"
#include "metrics/core/scorecard.h"

/* The month, and twelve before it, so that a year ago is among them. */
#define CARD_MONTHS 13
#define CARD_NOW (CARD_MONTHS - 1)

enum card_status {
    CARD_PROVISIONAL = 1, /* its month has not ended on all inputs */
    CARD_FINAL,
    CARD_AWAITING, /* nothing that it counts was ever heard of */
};

/* One figure that others counted (K36), of its newest period. */
struct card_observed {
    struct str indicator, area, breakdown, measure, definition, agency_id;
    date_d period_from, period_to; /* both days are in it */
    struct str value;              /* as it was sent; "" with a gap */
    int gap;                       /* enum gap, 0: there is a value */
    int unit;                      /* enum indicator_unit */
    struct str status;             /* "final", "provisional" */
    bool typed_total;              /* a sum that the sender typed */
    bool is_small;                 /* a count below options.suppress_below */
    bool hidden;
};

struct card {
    struct cli *cli;
    struct pg *pg;
    const char *schema; /* "metrics", or another time's */
    int32_t shard;
    struct str authority;
    struct profile profile;
    bool has_profile;
    bool frozen;           /* as months were fixed */
    date_d frozen_through; /* DATE_NONE: no month yet */
    struct scorecard_options options;
    struct scorecard made; /* of the month */
    /* Made like it, by month, oldest first; [CARD_NOW] is `made`. Indicators
     * asked of the facts are in the month's alone. */
    struct scorecard months[CARD_MONTHS];
    /* The month as it was frozen; n = 0 where it is not yet, or is `made`. */
    struct scorecard fixed;
    struct card_observed *observed; /* none where K36 is not on the card */
    size_t n_observed;
};

/** Which authority, its profile, how far months are frozen. */
MUST_CHECK enum status card_begin(struct card *c, struct err *err);

/** Read and make all of it; options.month and .district are set. */
MUST_CHECK enum status card_read(struct card *c, struct err *err);

/**
 * Read what others counted, of each series the last period that began by the
 * month's end; with a district what names it as its area. Nothing where K36 is
 * not on the card or months are asked for as they were fixed.
 */
MUST_CHECK enum status card_observed_read(struct card *c, struct err *err);

/** Of one month's card the same line, NULL where it has none. */
const struct scorecard_line *card_like(const struct scorecard *card,
                                       const struct scorecard_line *line);

enum card_status card_status(const struct card *c,
                             const struct scorecard_line *line);
/** "provisional", "final", "awaiting data". */
const char *card_status_word(enum card_status status);

/** "12", "175/252 69.4%", "*" where hidden. The text is the arena's. */
struct str card_value(struct arena *arena, const struct scorecard_value *v);

/** First of an indicator and side: the line of the whole. */
bool card_is_head(const struct scorecard *card, size_t line);

/**
 * Has the line a figure of its own? The first line of an indicator whose parts
 * overlap has none.
 */
bool card_has_figure(const struct scorecard_line *line);

/** "2015-06" */
const char *card_month(date_d month, char out[DATE_TEXT_SIZE]);

/** The printable page, on stdout. */
void card_html(const struct card *c);

/* What others counted, in each format: on stdout, or a member "observed". */
void card_observed_text(const struct card *c);
void card_observed_csv(const struct card *c);
void card_observed_json(const struct card *c, struct json_out *out);
void card_observed_html(const struct card *c);

/** `--unit`: the outcome tracker of a unit and its caseload. */
MUST_CHECK enum status card_unit(struct card *c, const char *unit, bool html,
                                 struct err *err);

#endif
