#include "metrics/core/kpi.h"

#include "common/core/codes.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const char *const kpi_words[] = {
    "K01", "K02", "K03", "K04", "K05",     "K06", "K07", "K08", "K09",
    "K10", "K11", "K12", "K13", "K14",     "K15", "K16", "K17", "K18",
    "K19", "K20", "K21", "K22", "K23",     "K24", "K25", "K26", "K27",
    "K28", "K29", "K30", "K31", "K32",     "K33", "K34", "K35", "K36",
    "K37", "K38", "K39", "K40", "K10_net",
};
_Static_assert(sizeof kpi_words / sizeof kpi_words[0] == KPI_K10_NET,
               "a word an indicator");

const struct codes codes_kpi = {
    .name = "kpi",
    .words = kpi_words,
    .n = N_OF(kpi_words),
};

#define EH SET_BIT(SIDE_EH)
#define CSC SET_BIT(SIDE_CSC)

#define SPLITS "locality, age band at the event"
#define STANDARD "counts 1 to 4 and what would reveal them (CD)"

/* Definitions: domain.md section 9 and the reports it names. */
static const struct kpi_def kpis[] = {
    [KPI_K01] = {
        .title = "notifications to early help",
        .unit = "notifications",
        .numerator = "notifications of entry eh, or passed on by KE03 or "
            "A10: the highest amendment once, a missing episode "
            "once",
        .period = "month in which the first amendment was received",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K02] = {
        .title = "children with a request",
        .unit = "children",
        .numerator = "different children of whom a notification to early "
            "help (K01) was received",
        .period = "received in the period",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K03] = {
        .title = "children with a request, by who they are",
        .unit = "children",
        .numerator = "of the children of K02, those of this gender, "
            "ethnicity, SEN or age band at the first request",
        .denominator = "children of K02",
        .period = "received in the period",
        .splits = "gender, ethnicity, SEN, age band",
        .part = "who the child is",
        .suppression = STANDARD,
        .comparator = "SEN: 20 % of the whole population at any one time "
            "(EIS Workflow)",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K04] = {
        .title = "children with a request, by source",
        .unit = "children",
        .numerator = "of the children of K02, those whose first request "
            "came from this type of agency",
        .denominator = "children of K02",
        .period = "received in the period",
        .splits = "type of agency",
        .part = "source",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K05] = {
        .title = "allocations by core offer",
        .unit = "cases",
        .numerator = "allocations with this core offer",
        .period = "month of the allocation",
        .splits = SPLITS,
        .part = "core offer",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K06] = {
        .title = "presenting issues",
        .unit = "issues",
        .numerator = "notifications that stand and name this need; each "
            "has a need once",
        .period = "month in which the first amendment was received",
        .splits = "locality, age band",
        .part = "need",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K07] = {
        .title = "allocations by risk of entering social care",
        .unit = "cases",
        .numerator = "allocations with this risk_of_csc",
        .period = "month of the allocation",
        .splits = "locality, age band",
        .part = "risk",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K08] = {
        .title = "allocations by linked KPI",
        .unit = "cases",
        .numerator = "allocations with this linked KPI",
        .period = "month of the allocation",
        .splits = "locality, age band",
        .part = "linked KPI",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K09] = {
        .title = "young people at open sessions",
        .unit = "children",
        .numerator = "different children who attended a session with open "
            "access",
        .period = "session in the period",
        .splits = "locality, age band",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K10] = {
        .title = "cases open at month end",
        .unit = "cases",
        .numerator = "cases neither ended nor merged, those in screening "
            "among them",
        .period = "the last instant of the month",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH | CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K11] = {
        .title = "cases closed in the month",
        .unit = "cases",
        .numerator = "cases closed, without those closed in error or from "
            "screening",
        .period = "month of closing",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH | CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K12] = {
        .title = "cases stepped down to early help",
        .unit = "cases",
        .numerator = "step-downs that early help accepted",
        .period = "month of acceptance",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K13] = {
        .title = "cases stepped up to social care",
        .unit = "cases",
        .numerator = "step-ups that social care accepted",
        .period = "month of acceptance",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_LESS_IS_BETTER,
    },
    [KPI_K14] = {
        .title = "social care referrals that became a CAF",
        .unit = "referrals",
        .numerator = "final decisions of entry csc with outcome caf_taf",
        .denominator = "final decisions of entry csc: the highest amendment "
            "once, a missing episode once, offers between the "
            "sides left out",
        .period = "month in which the first amendment was received",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K15] = {
        .title = "people engaged",
        .unit = "children",
        .numerator = "different children with more than 3 sessions or more"
            " than 9 hours",
        .period = "sessions in the period",
        .splits = "locality, age band",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K16] = {
        .title = "targeted single-agency support",
        .unit = "children",
        .numerator = "children with a single-agency service on at the end "
            "of the period: all, without CAF or social care, "
            "beside social care",
        .period = "the last instant of the period",
        .splits = "locality, age band",
        .part = "all, alone, beside social care",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K17] = {
        .title = "intents that became a CAF",
        .unit = "cases",
        .numerator = "of the intents opened, those for which the CAF came",
        .denominator = "intents to CAF opened",
        .period = "month in which the case opened",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K18] = {
        .title = "programme funnel",
        .unit = "children",
        .numerator = "children brought to this stage of this programme",
        .period = "month of the change",
        .splits = "locality, age band",
        .part = "programme and stage",
        .suppression = STANDARD,
        .comparator = "target: the programme's own (RUT 3.16 d: 30)",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .overlap = true,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K19] = {
        .title = "audit grades",
        .unit = "audits",
        .numerator = "audits with this grade for this judgement, 1 "
            "outstanding to 4 inadequate",
        .period = "month of the audit",
        .splits = "locality",
        .part = "judgement and grade",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .overlap = true,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K20] = {
        .title = "early help cases closed with a positive outcome",
        .unit = "cases",
        .numerator = "closed with a positive outcome by the profile",
        .denominator = "early help cases closed whose outcome is not neutral",
        .period = "month of closing",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K21] = {
        .title = "social care cases closed by stepping down",
        .unit = "cases",
        .numerator = "step-downs that early help accepted",
        .denominator = "cases that social care closed",
        .period = "month of closing, of acceptance",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K22] = {
        .title = "units, staff, caseload, weeks, cases",
        .unit = "cases",
        .numerator = "units with open cases, workers with open cases, open"
            " cases with a worker, weeks open of the closed, "
            "cases opened",
        .period = "at the end of the period; closed, opened in it",
        .splits = "",
        .part = "measure",
        .suppression = STANDARD,
        .comparator = "13 or 14 cases a worker, 20 weeks (KEN 3.8)",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K23] = {
        .title = "reach: registered of a group of children",
        .unit = "children",
        .numerator = "of the group, those with this service on at some "
            "time up to the end of the period",
        .denominator = "children of the group: known to social care, lac, "
            "cp, cin, with an early help notification",
        .period = "in the period",
        .splits = "group, service",
        .part = "group and service",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K24] = {
        .title = "youth justice caseload known to social care",
        .unit = "children",
        .numerator = "of the caseload, those known to social care; those "
            "who came from another authority",
        .denominator = "children with the service youth_justice on in the "
            "period",
        .period = "in the period",
        .splits = "",
        .part = "known, other authority, either",
        .suppression = STANDARD,
        .comparator = "",
        .sides = CSC,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_LESS_IS_BETTER,
    },
    [KPI_K25] = {
        .title = "commissioned services",
        .unit = "children",
        .numerator = "of the children, those stepped down from social care",
        .denominator = "children with a commissioned service of this "
            "provider on in the period",
        .period = "in the period",
        .splits = "provider",
        .part = "provider",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K26] = {
        .title = "MASH to early help",
        .unit = "children",
        .numerator = "children of whom a notification of entry mash went "
            "to early help; the referrals that resulted",
        .period = "received in the period",
        .splits = SPLITS,
        .part = "children, referrals",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K27] = {
        .title = "children worked with",
        .unit = "children",
        .numerator = "different children with an early help case past "
            "screening open at some time",
        .period = "in the period",
        .splits = "locality, age band",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K28] = {
        .title = "how the cases of a period ended",
        .unit = "cases",
        .numerator = "of these, closed otherwise than by stepping up; "
            "stepped up",
        .denominator = "early help cases open at some time in the period",
        .period = "in the period",
        .splits = "locality",
        .part = "closed, stepped up",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K29] = {
        .title = "step-ups beside days open, by locality",
        .unit = "cases",
        .numerator = "early help cases stepped up",
        .denominator = "early help cases closed, with their median of days "
            "open",
        .period = "closed in the period",
        .splits = "locality",
        .part = "days open",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_LESS_IS_BETTER,
    },
    [KPI_K30] = {
        .title = "starts",
        .unit = "cases",
        .numerator = "cases opened past screening",
        .period = "month in which the case opened",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH | CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K31] = {
        .title = "early help assessments by agency",
        .unit = "assessments",
        .numerator = "assessments started by this organisation",
        .period = "month of the start",
        .splits = "locality, age band",
        .part = "organisation",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K32] = {
        .title = "presenting challenges by locality",
        .unit = "issues",
        .numerator = "as K06, by locality",
        .period = "as K06",
        .splits = "locality",
        .part = "need",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K33] = {
        .title = "domestic abuse notices supported",
        .unit = "notifications",
        .numerator = "of these, with a safety plan, and with the school "
            "told",
        .denominator = "domestic abuse notices that stand (police_encompass)",
        .period = "received in the period",
        .splits = "locality",
        .part = "safety plan, school told, both",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K34] = {
        .title = "children looked after",
        .unit = "children",
        .numerator = "looked after at the date; entries; leavers",
        .period = "at the end of the period; in it",
        .splits = "locality, age band",
        .part = "at date, entries, leavers",
        .suppression = STANDARD,
        .comparator = "",
        .sides = CSC,
        .from = KPI_FROM_FACTS,
        .overlap = true,
        .direction = KPI_LESS_IS_BETTER,
    },
    [KPI_K35] = {
        .title = "re-referrals",
        .unit = "cases",
        .numerator = "of the cases opened, those with an earlier referral "
            "in the 12 months before",
        .denominator = "cases opened past screening",
        .period = "month in which the case opened",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH | CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_LESS_IS_BETTER,
    },
    [KPI_K36] = {
        .title = "observed elsewhere",
        .unit = "as observed",
        .numerator = "as observed; a gap stays a gap, never 0",
        .period = "as observed",
        .splits = "agency",
        .suppression = "as observed",
        .comparator = "as observed",
        .sides = EH | CSC,
        .from = KPI_OBSERVED,
        .direction = KPI_NEUTRAL,
    },
    [KPI_K37] = {
        .title = "limits kept",
        .unit = "clocks",
        .numerator = "of these, stopped at or before they were due",
        .denominator = "clocks that stopped; planning figures (T16) left out",
        .period = "month of stopping",
        .splits = "clock",
        .part = "clock",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH | CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K38] = {
        .title = "return home interviews in 72 hours",
        .unit = "episodes",
        .numerator = "of these, with an interview held by 72 hours after "
            "the child was found",
        .denominator = "missing episodes found, not cancelled",
        .period = "month in which the child was found",
        .splits = "locality, age band",
        .suppression = STANDARD,
        .comparator = "63 % national average (Missing People 2023-24)",
        .sides = EH,
        .from = KPI_FROM_CELLS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K39] = {
        .title = "open cases a worker",
        .unit = "cases",
        .numerator = "open cases of this worker",
        .period = "the last instant of the period",
        .splits = "unit",
        .part = "worker",
        .suppression = STANDARD,
        .comparator = "13 or 14 (KEN 3.8)",
        .sides = EH | CSC,
        .from = KPI_FROM_FACTS,
        .direction = KPI_LESS_IS_BETTER,
    },
    [KPI_K40] = {
        .title = "referrers answered in one working day",
        .unit = "referrals",
        .numerator = "of these, answered by the end of the next working "
            "day",
        .denominator = "referrals whose answer was written (clock T1)",
        .period = "month of the answer",
        .splits = "",
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH | CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_MORE_IS_BETTER,
    },
    [KPI_K10_NET] = {
        .title = "change of cases open",
        .unit = "cases",
        .numerator = "opened less ended",
        .period = "month of opening, of ending",
        .splits = SPLITS,
        .suppression = STANDARD,
        .comparator = "",
        .sides = EH | CSC,
        .from = KPI_FROM_CELLS,
        .direction = KPI_NEUTRAL,
    },
};

const struct kpi_def *
kpi_def(int kpi)
{
    return kpi > 0 && kpi < N_OF(kpis) ? &kpis[kpi] : NULL;
}

bool
kpi_is_ratio(int kpi)
{
    const struct kpi_def *def = kpi_def(kpi);

    return def != NULL && def->denominator != NULL;
}

bool
kpi_has_parts(int kpi)
{
    const struct kpi_def *def = kpi_def(kpi);

    return def != NULL && def->part != NULL && kpi != KPI_K32;
}

uint32_t
kpi_sides(int kpi)
{
    const struct kpi_def *def = kpi_def(kpi);

    return def == NULL ? 0 : def->sides;
}

const char *
kpi_title(int kpi)
{
    const struct kpi_def *def = kpi_def(kpi);

    return def == NULL ? "" : def->title;
}

const char *
kpi_unit(int kpi)
{
    const struct kpi_def *def = kpi_def(kpi);

    return def == NULL ? "" : def->unit;
}
