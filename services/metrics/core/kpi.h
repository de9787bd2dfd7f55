/**
 * The indicators that are counted from facts (domain.md section 9), their
 * codes in tables, and what kind of figure each one is.
 */
#ifndef WAYMARK_METRICS_CORE_KPI_H
#define WAYMARK_METRICS_CORE_KPI_H

#include <stdbool.h>

#include "common/core/field.h"

enum kpi {
    KPI_K01 = 1, /* notifications to early help */
    KPI_K10,     /* open at month end: a level, kept as KPI_K10_NET */
    KPI_K10_NET, /* opened less ended in the month; K10 is its running sum */
    KPI_K11,     /* closed in the month */
    KPI_K12,     /* accepted step-downs */
    KPI_K13,     /* accepted step-ups */
    KPI_K20,     /* positive of the early help closures that aren't neutral */
    KPI_K21,     /* step-downs of the cases that social care closed */
};

/* "K01", ... "K10_net" */
extern const struct codes codes_kpi;

/**
 * True for a share of two counts (K20, K21); false for a count, which has
 * no denominator.
 */
bool kpi_is_ratio(int kpi);

/** Sides that it is counted for, as bits of enum side; 0 for none. */
uint32_t kpi_sides(int kpi);

/** What is counted, for people: "cases closed in the month". "" for none. */
const char *kpi_title(int kpi);

/** The unit of the count: "notifications", "cases". "" for none. */
const char *kpi_unit(int kpi);

#endif
