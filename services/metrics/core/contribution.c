#include "metrics/core/contribution.h"

#include <assert.h>

void
contribution_add(struct contributions *out, struct kpi_cell c)
{
    assert(out->n < CONTRIBUTIONS_MAX);
    if (c.district.p == NULL || c.district.n == 0)
        c.district = DISTRICT_UNKNOWN;
    if (c.age_band == 0)
        c.age_band = AGE_UNKNOWN;
    if (c.part.p == NULL)
        c.part = STR("");
    out->at[out->n++] = c;
}

static bool
has_action(const struct notification_fact *f, const char *rule_id)
{
    for (size_t i = 0; i < f->action_rules.n; i++)
        if (str_is(f->action_rules.at[i], rule_id))
            return true;
    return false;
}

static bool
is_offer(int kind)
{
    return kind == KIND_CSC_STEP_DOWN || kind == KIND_EH_STEP_UP;
}

bool
contribution_is_k01(const struct notification_fact *f)
{
    if (id_is_none(f->decision_id))
        return false;
    if (is_offer(f->kind))
        return false;
    return f->entry == ENTRY_EH || str_is(f->rule_id, "KE03") ||
           has_action(f, "A10");
}

static bool
is_firm(int status)
{
    return status == DECISION_FINAL || status == DECISION_REVISED;
}

static void
add_needs(const struct notification_fact *f, struct contributions *out)
{
    for (int need = 1; need <= codes_need.n; need++)
        if ((f->needs & SET_BIT(need)) != 0)
            contribution_add(out, (struct kpi_cell){ .kpi = KPI_K06,
                                                     .month = f->month,
                                                     .side = SIDE_EH,
                                                     .district = f->locality,
                                                     .age_band = f->age_band,
                                                     .part = str_of(codes_word(
                                                         &codes_need, need)),
                                                     .numerator = 1 });
}

void
contribution_of_notification(const struct notification_fact *f,
                             struct contributions *out)
{
    struct kpi_cell c = { .month = f->month,
                          .district = f->locality,
                          .age_band = f->age_band,
                          .numerator = 1 };

    out->n = 0;
    if (f->waits_for != 0 || f->superseded || f->repeat ||
        id_is_none(f->decision_id) || is_offer(f->kind))
        return;
    add_needs(f, out);
    if (contribution_is_k01(f)) {
        c.kpi = KPI_K01;
        c.side = SIDE_EH;
        contribution_add(out, c);
    }
    if (f->entry == ENTRY_CSC && is_firm(f->status)) {
        c.kpi = KPI_K14;
        c.side = SIDE_CSC;
        c.numerator = f->outcome == OUTCOME_CAF_TAF;
        c.denominator = 1;
        contribution_add(out, c);
    }
}

static void
add_open(const struct case_fact *f, date_d month, int64_t change,
         struct contributions *out)
{
    contribution_add(out, (struct kpi_cell){ .kpi = KPI_K10_NET,
                                             .month = month,
                                             .side = f->side,
                                             .district = f->locality,
                                             .age_band = f->opened_band,
                                             .numerator = change });
}

static void
add_closing(const struct case_fact *f, struct contributions *out)
{
    struct kpi_cell c = { .kpi = KPI_K11,
                          .month = f->closed_month,
                          .side = f->side,
                          .district = f->locality,
                          .age_band = f->closed_band,
                          .numerator = 1 };

    contribution_add(out, c);
    if (f->side == SIDE_CSC) {
        c.kpi = KPI_K21;
        c.numerator = 0;
        c.denominator = 1;
        contribution_add(out, c);
    } else if (f->close_class != CLOSE_CLASS_NEUTRAL) {
        c.kpi = KPI_K20;
        c.numerator = f->close_class == CLOSE_CLASS_POSITIVE;
        c.denominator = 1;
        contribution_add(out, c);
    }
}

static void
add_start(const struct case_fact *f, struct contributions *out)
{
    struct kpi_cell c = { .kpi = KPI_K35,
                          .month = f->opened_month,
                          .side = f->side,
                          .district = f->locality,
                          .age_band = f->opened_band,
                          .numerator = f->re_referral == TRI_YES,
                          .denominator = 1 };

    if (f->state == CASE_SCREENING)
        return;
    contribution_add(out, c);
    if (!f->intent)
        return;
    c.kpi = KPI_K17;
    c.numerator = f->converted;
    contribution_add(out, c);
}

void
contribution_of_case(const struct case_fact *f, struct contributions *out)
{
    bool ended = f->closed_month != DATE_NONE;

    out->n = 0;
    if (f->waits_for != 0 || f->screened_out || f->state == CASE_MERGED ||
        (ended && f->close_outcome == CLOSE_IN_ERROR))
        return;
    add_start(f, out);
    add_open(f, f->opened_month, 1, out);
    if (ended)
        add_open(f, f->closed_month, -1, out);
    if (f->state == CASE_CLOSED)
        add_closing(f, out);
}

void
contribution_of_handover(const struct handover_fact *f,
                         struct contributions *out)
{
    struct kpi_cell c = { .month = f->month,
                          .district = f->locality,
                          .age_band = f->age_band,
                          .numerator = 1 };

    out->n = 0;
    if (f->waits_for != 0 || f->state != HANDOVER_ACCEPTED)
        return;
    if (f->direction == DIRECTION_STEP_UP) {
        c.kpi = KPI_K13;
        c.side = SIDE_CSC;
        contribution_add(out, c);
        return;
    }
    c.kpi = KPI_K12;
    c.side = SIDE_EH;
    contribution_add(out, c);
    c.kpi = KPI_K21;
    c.side = SIDE_CSC;
    contribution_add(out, c);
}
