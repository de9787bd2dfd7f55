/**
 * The catalogue of indicators (domain.md section 9): what each of K01 to K40
 * counts, as data. What a figure means is printed from here and nowhere else.
 */
#ifndef WAYMARK_METRICS_CORE_KPI_H
#define WAYMARK_METRICS_CORE_KPI_H

#include <stdbool.h>

#include "common/core/field.h"

/* Value n is Kn. */
enum kpi {
    KPI_K01 = 1, /* notifications to early help */
    KPI_K02,     /* children with a request */
    KPI_K03,     /* the same by gender, ethnicity, SEN, age */
    KPI_K04,     /* the same by source */
    KPI_K05,     /* allocations by core offer */
    KPI_K06,     /* issues by need */
    KPI_K07,     /* allocations by risk of entering social care */
    KPI_K08,     /* allocations by linked KPI */
    KPI_K09,     /* young people at open sessions */
    KPI_K10,     /* open at month end: a level, kept as KPI_K10_NET */
    KPI_K11,     /* closed in the month */
    KPI_K12,     /* accepted step-downs */
    KPI_K13,     /* accepted step-ups */
    KPI_K14,     /* social care referrals that became a CAF */
    KPI_K15,     /* engaged for more than 3 sessions or 9 hours */
    KPI_K16,     /* targeted single-agency support */
    KPI_K17,     /* intents converted */
    KPI_K18,     /* programme funnel */
    KPI_K19,     /* audit grades */
    KPI_K20,     /* positive of the early help closures that aren't neutral */
    KPI_K21,     /* step-downs of the cases that social care closed */
    KPI_K22,     /* units, staff, caseload, weeks, cases */
    KPI_K23,     /* registered of a group of children */
    KPI_K24,     /* youth justice caseload known to social care */
    KPI_K25,     /* commissioned services: children, step-downs of them */
    KPI_K26,     /* MASH to early help */
    KPI_K27,     /* children worked with */
    KPI_K28,     /* closed, stepped up of the cases open in the period */
    KPI_K29,     /* step-up share beside days open, by locality */
    KPI_K30,     /* starts */
    KPI_K31,     /* assessments by agency */
    KPI_K32,     /* needs by locality */
    KPI_K33,     /* domestic abuse notices with plan, school told */
    KPI_K34,     /* looked after */
    KPI_K35,     /* re-referrals of the starts */
    KPI_K36,     /* observed elsewhere */
    KPI_K37,     /* clocks that stopped in time */
    KPI_K38,     /* return home interviews in 72 hours */
    KPI_K39,     /* open cases a worker */
    KPI_K40,     /* referrers answered in a working day */
    KPI_K10_NET, /* opened less ended in the month; K10 is its running sum */
};
#define KPI_LAST KPI_K40

/* "K01", ... "K40", "K10_net" */
extern const struct codes codes_kpi;

/* Where its figures come from. */
enum kpi_from {
    /* kpi_cell: counted as facts change, a row a month; months add up. */
    KPI_FROM_CELLS = 1,
    /* Facts, asked for a period: it counts different children or cases of a
     * period, or what stood at a date, and no sum of months gives that. */
    KPI_FROM_FACTS,
    /* Somebody else counted it. */
    KPI_OBSERVED,
};

enum kpi_direction {
    KPI_NEUTRAL = 1, /* neither more nor less of it is better */
    KPI_MORE_IS_BETTER,
    KPI_LESS_IS_BETTER,
};

struct kpi_def {
    const char *title; /* "cases closed in the month" */
    const char *unit;  /* what is counted: "cases", "children" */
    const char *numerator;
    const char *denominator; /* NULL: it is a count */
    const char *period;      /* which instant puts a thing into which month */
    const char *splits;      /* by what it can be had, besides the month */
    const char *part;        /* what its parts are, "clock"; NULL: no parts */
    const char *suppression;
    const char *comparator; /* "" where none is published */
    uint32_t sides;         /* for which it is counted, bits of enum side */
    enum kpi_from from;
    enum kpi_direction direction;
    bool overlap; /* its parts are no parts of one whole: they have no sum */
};

/** Its line of the catalogue; NULL for what is none. */
const struct kpi_def *kpi_def(int kpi);

/** True for a share of two counts (K20, K21); false for a count, which has
 * no denominator, and for what is none. */
bool kpi_is_ratio(int kpi);

/** True where a scorecard has a line a part, not a line a district. */
bool kpi_has_parts(int kpi);

/** Sides that it is counted for, as bits of enum side; 0 for none. */
uint32_t kpi_sides(int kpi);

/** What is counted, for people: "cases closed in the month". "" for none. */
const char *kpi_title(int kpi);

/** The unit of the count: "notifications", "cases". "" for none. */
const char *kpi_unit(int kpi);

#endif
