/* Contributions of what staff did, of limits and of missing episodes. */
#include "metrics/core/contribution.h"

/* The five judgements of an audit, in the order of its grades (RUT 3.14). */
static const char *const judgements[] = { "assessment", "effectiveness",
                                          "monitoring", "recording",
                                          "overall" };
#define N_JUDGEMENTS (sizeof judgements / sizeof judgements[0])

static void
add_part(struct contributions *out, const struct kpi_cell *like, int kpi,
         struct str part)
{
    struct kpi_cell c = *like;

    if (part.n == 0)
        return;
    c.kpi = kpi;
    c.part = part;
    contribution_add(out, c);
}

static void
add_grades(struct arena *arena, const struct activity_fact *f,
           const struct kpi_cell *like, struct contributions *out)
{
    for (size_t i = 0; i < f->grades.n && i < N_JUDGEMENTS; i++)
        add_part(out, like, KPI_K19,
                 arena_printf(arena, "%s/%.*s", judgements[i],
                              STR_ARG(f->grades.at[i])));
}

static void
add_stage(struct arena *arena, const struct activity_fact *f,
          const struct kpi_cell *like, struct contributions *out)
{
    if (f->programme.n == 0 || f->programme_stage == 0)
        return;
    add_part(
        out, like, KPI_K18,
        arena_printf(arena, "%.*s/%s", STR_ARG(f->programme),
                     codes_word(&codes_programme_stage, f->programme_stage)));
}

void
contribution_of_activity(struct arena *arena, const struct activity_fact *f,
                         struct contributions *out)
{
    const struct kpi_cell like = { .month = f->month,
                                   .side = SIDE_EH,
                                   .district = f->locality,
                                   .age_band = f->age_band,
                                   .numerator = 1 };

    out->n = 0;
    if (f->waits_for != 0 || f->corrected)
        return;
    if (f->activity == ACTIVITY_ALLOCATED) {
        add_part(out, &like, KPI_K05, f->core_offer);
        add_part(out, &like, KPI_K07,
                 str_of(codes_word(&codes_risk_of_csc, f->risk_of_csc)));
        add_part(out, &like, KPI_K08, f->linked_kpi);
    } else if (f->activity == ACTIVITY_ASSESSMENT_STARTED) {
        add_part(out, &like, KPI_K31, f->organisation);
    } else if (f->activity == ACTIVITY_PROGRAMME_CHANGED) {
        add_stage(arena, f, &like, out);
    } else if (f->activity == ACTIVITY_AUDIT_RECORDED) {
        add_grades(arena, f, &like, out);
    }
}

void
contribution_of_clock(const struct clock_fact *f, struct contributions *out)
{
    out->n = 0;
    if (f->waits_for != 0 || f->stopped_at == TIME_NONE ||
        f->late == TRI_UNKNOWN)
        return;
    contribution_add(out, (struct kpi_cell){ .kpi = KPI_K37,
                                             .month = f->month,
                                             .side = SIDE_EH,
                                             .part = f->clock,
                                             .numerator = f->late == TRI_NO,
                                             .denominator = 1 });
}

void
contribution_of_episode(const struct episode_fact *f, struct contributions *out)
{
    bool found = f->state == EPISODE_FOUND || f->state == EPISODE_DONE ||
                 f->state == EPISODE_CLOSED;
    bool held = f->rhi_state == RHI_HELD && f->rhi_at != TIME_NONE &&
                f->rhi_at <= f->rhi_due_at;

    out->n = 0;
    if (f->waits_for != 0 || !found || f->found_at == TIME_NONE)
        return;
    contribution_add(out, (struct kpi_cell){ .kpi = KPI_K38,
                                             .month = f->month,
                                             .side = SIDE_EH,
                                             .district = f->locality,
                                             .age_band = f->age_band,
                                             .numerator = held,
                                             .denominator = 1 });
}
