#include "common/core/indicators.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *const measure_words[] = {
    [MEASURE_LEVEL - 1] = "level",
    [MEASURE_CHANGE - 1] = "change",
    [MEASURE_TARGET - 1] = "target",
};

const struct codes codes_measure = {
    .name = "measure",
    .words = measure_words,
    .n = N_OF(measure_words),
};

static const char *const gap_words[] = {
    [GAP_NOT_AVAILABLE - 1] = "not_available",
    [GAP_AWAITING - 1] = "awaiting",
    [GAP_UNKNOWN - 1] = "unknown",
};

const struct codes codes_gap = {
    .name = "gap",
    .words = gap_words,
    .n = N_OF(gap_words),
};

static const char *const unit_words[] = {
    [UNIT_COUNT - 1] = "count",
    [UNIT_FRACTIONAL - 1] = "fractional",
    [UNIT_PERCENT - 1] = "percent",
    [UNIT_PER_100000 - 1] = "per_100000",
};

const struct codes codes_indicator_unit = {
    .name = "unit",
    .words = unit_words,
    .n = N_OF(unit_words),
};

/* Figures of the four reports first (EIS-12, RUT-11, KEN-12 to KEN-16, WOL-12
 * to WOL-14), then what the same feeds hold besides. */
#define EACH_INDICATOR(X)                                                      \
    X("persistent_absence_primary", UNIT_PERCENT,                              \
      "pupils of primary schools who are persistently absent")                 \
    X("persistent_absence_secondary", UNIT_PERCENT,                            \
      "pupils of secondary schools who are persistently absent")               \
    X("permanent_exclusions", UNIT_COUNT, "permanent exclusions")              \
    X("fixed_term_exclusions", UNIT_COUNT, "episodes of fixed-term exclusion") \
    X("neet", UNIT_PERCENT,                                                    \
      "young people not in education, employment or training")                 \
    X("first_time_entrants", UNIT_COUNT,                                       \
      "first-time entrants to youth justice")                                  \
    X("first_time_entrants_rate", UNIT_PER_100000,                             \
      "first-time entrants to youth justice, rate")                            \
    X("young_carers_supported", UNIT_COUNT, "young carers supported")          \
    X("lac_overall_absence", UNIT_PERCENT,                                     \
      "overall absence of looked-after children")                              \
    X("lac_persistent_absence", UNIT_PERCENT,                                  \
      "looked-after children who are persistently absent")                     \
    X("lac_permanent_exclusions", UNIT_PERCENT,                                \
      "looked-after children permanently excluded")                            \
    X("caf_training_attendees", UNIT_COUNT, "attendees of CAF training")       \
    X("commissioned_children", UNIT_COUNT,                                     \
      "children and young people in commissioned services")                    \
    X("commissioned_step_downs", UNIT_COUNT,                                   \
      "of them stepped down from social care")                                 \
    X("open_access_staff", UNIT_FRACTIONAL, "staff of open access")            \
    X("open_access_families", UNIT_COUNT,                                      \
      "children and families that open access works with")                     \
    X("two_year_offer", UNIT_PERCENT, "two-year-olds who take up the offer")   \
    X("parent_champions_recruited", UNIT_COUNT, "parent champions recruited")  \
    X("parent_champions_employed", UNIT_COUNT,                                 \
      "parent champions who moved into employment")                            \
    X("parent_champions_engaged", UNIT_COUNT,                                  \
      "people whom parent champions engaged with")                             \
    X("conference_partners", UNIT_COUNT,                                       \
      "partners at the localities' conferences")                               \
    X("attendance", UNIT_PERCENT, "sessions attended in schools")              \
    X("open_access_attendance", UNIT_COUNT, "people at open sessions")         \
    X("registered_baseline", UNIT_COUNT,                                       \
      "children of the group that a service is to reach")                      \
    X("registered_children", UNIT_COUNT, "of them registered or worked with")  \
    X("youth_justice_caseload", UNIT_COUNT,                                    \
      "young people on the caseload of youth justice")                         \
    X("audits_by_grade", UNIT_COUNT,                                           \
      "audited cases; the breakdown is theme and grade")

#define ROW(word, unit, what) { word, unit, what },
#define WORD(word, unit, what) word,

static const struct indicator indicators[] = { EACH_INDICATOR(ROW) };
const char *const indicator_words[] = { EACH_INDICATOR(WORD) NULL };

size_t
indicator_count(void)
{
    return N_OF(indicators);
}

const struct indicator *
indicator_at(size_t i)
{
    return &indicators[i];
}

const struct indicator *
indicator_find(struct str word)
{
    for (size_t i = 0; i < N_OF(indicators); i++)
        if (str_is(word, indicators[i].word))
            return &indicators[i];
    return NULL;
}
