#include "common/core/profile.h"

#include <string.h>

#define POSTCODE_SIZE 8 /* the longest has 7 characters without its space */
/* What domain.md section 5 and every profile's levels_of_need allow. */
#define NEEDS_MAX 24
#define LEVEL_MAX 4
#define EPISODES_MAX 1000 /* more than 90 days can hold */
#define INWARD_CHARS 3    /* after the space of a postcode */

/* Nothing open, or the outcome of the open early help case. */
static const char *const eh_status_words[] = {
    "none",
    "nfa",
    "universal",
    "single_agency",
    "caf_taf",
    "eh_intensive",
    "social_care_referral",
    "strategy_discussion",
};

static const struct codes codes_eh_status = {
    .name = "eh_status",
    .words = eh_status_words,
    .n = sizeof eh_status_words / sizeof eh_status_words[0],
};

const struct rule_input profile_inputs[] = {
    { .name = "entry", .kind = VALUE_TEXT, .words = &codes_entry },
    { .name = "kind", .kind = VALUE_TEXT, .words = &codes_kind },
    { .name = "need_count", .kind = VALUE_INT, .max = NEEDS_MAX },
    { .name = "level", .kind = VALUE_INT, .min = 1, .max = LEVEL_MAX },
    { .name = "csc_threshold",
      .kind = VALUE_TEXT,
      .words = &codes_csc_threshold },
    { .name = "immediate_danger", .kind = VALUE_BOOL },
    { .name = "harm", .kind = VALUE_TEXT, .words = &codes_harm },
    { .name = "disabled", .kind = VALUE_BOOL },
    { .name = "impaired", .kind = VALUE_BOOL },
    { .name = "csc_status", .kind = VALUE_TEXT, .words = &codes_csc_status },
    { .name = "eh_status", .kind = VALUE_TEXT, .words = &codes_eh_status },
    { .name = "risk_grade", .kind = VALUE_TEXT, .words = &codes_risk_grade },
    { .name = "missing_30d", .kind = VALUE_INT, .max = EPISODES_MAX },
    { .name = "missing_90d", .kind = VALUE_INT, .max = EPISODES_MAX },
    { .name = "consent", .kind = VALUE_TEXT, .words = &codes_consent },
    { .name = "info_only", .kind = VALUE_BOOL },
    { .name = "da", .kind = VALUE_BOOL },
    { .name = "single_agency_able", .kind = VALUE_BOOL },
    { .name = "risk_of_csc", .kind = VALUE_TEXT, .words = &codes_risk_of_csc },
    { .name = "re_referral", .kind = VALUE_BOOL },
};

const size_t profile_n_inputs =
    sizeof profile_inputs / sizeof profile_inputs[0];

const struct clock_spec *
profile_clock(const struct profile *p, const char *id)
{
    for (size_t i = 0; i < p->n_clocks; i++)
        if (strcmp(p->clocks[i].spec.id, id) == 0)
            return &p->clocks[i].spec;
    return NULL;
}

struct clock_setting
profile_clock_setting(const struct profile *p, const struct calendar *cal)
{
    return (struct clock_setting){
        .cal = cal,
        .closures = p->closures,
        .school_closed = p->school_closed,
        .office = p->office,
    };
}

const struct profile_locality *
profile_locality(const struct profile *p, struct str id)
{
    for (size_t i = 0; i < p->n_localities; i++)
        if (str_eq(p->localities[i].id, id))
            return &p->localities[i];
    return NULL;
}

static const struct profile_postcode *
find_prefix(const struct profile *p, struct str prefix)
{
    size_t low = 0;
    size_t high = p->n_postcodes;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(p->postcodes[mid].prefix, prefix);

        if (order == 0)
            return &p->postcodes[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Cutting inside a run of digits would name another district: CT11, CT1. */
static bool
cuts_a_number(const char *code, size_t n, size_t outward)
{
    return n > 0 && n < outward && is_digit(code[n - 1]) && is_digit(code[n]);
}

const struct profile_locality *
profile_locality_of_postcode(const struct profile *p, struct str postcode)
{
    char code[POSTCODE_SIZE];
    size_t n = 0;
    size_t outward;

    for (size_t i = 0; i < postcode.n; i++) {
        if (postcode.p[i] == ' ')
            continue;
        if (n == sizeof code)
            return NULL;
        code[n++] = postcode.p[i];
    }
    if (n <= INWARD_CHARS)
        return NULL;
    outward = n - INWARD_CHARS;
    for (n = outward; n > 0; n--) {
        const struct profile_postcode *found;

        if (cuts_a_number(code, n, outward))
            continue;
        found = find_prefix(p, (struct str){ .p = code, .n = n });
        if (found != NULL)
            return profile_locality(p, found->locality);
    }
    return NULL;
}

bool
profile_is_auto_final(const struct profile *p, struct str rule_id)
{
    for (size_t i = 0; i < p->auto_final.n; i++)
        if (str_eq(p->auto_final.at[i], rule_id))
            return true;
    return false;
}
