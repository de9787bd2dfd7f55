#include "metrics/core/kpi.h"

#include "common/core/codes.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const char *const kpi_words[] = {
    [KPI_K01 - 1] = "K01",         [KPI_K10 - 1] = "K10",
    [KPI_K10_NET - 1] = "K10_net", [KPI_K11 - 1] = "K11",
    [KPI_K12 - 1] = "K12",         [KPI_K13 - 1] = "K13",
    [KPI_K20 - 1] = "K20",         [KPI_K21 - 1] = "K21",
};

const struct codes codes_kpi = {
    .name = "kpi",
    .words = kpi_words,
    .n = N_OF(kpi_words),
};

#define EH SET_BIT(SIDE_EH)
#define CSC SET_BIT(SIDE_CSC)

static const struct {
    const char *title;
    const char *unit;
    uint32_t sides;
    bool is_ratio;
} kpis[] = {
    [KPI_K01] = { .title = "notifications to early help",
                  .unit = "notifications", .sides = EH },
    [KPI_K10] = { .title = "cases open at month end",
                  .unit = "cases", .sides = EH | CSC },
    [KPI_K10_NET] = { .title = "change of cases open",
                      .unit = "cases", .sides = EH | CSC },
    [KPI_K11] = { .title = "cases closed in the month",
                  .unit = "cases", .sides = EH | CSC },
    [KPI_K12] = { .title = "cases stepped down to early help",
                  .unit = "cases", .sides = EH },
    [KPI_K13] = { .title = "cases stepped up to social care",
                  .unit = "cases", .sides = CSC },
    [KPI_K20] = { .title = "early help cases closed with a positive outcome",
                  .unit = "cases", .sides = EH, .is_ratio = true },
    [KPI_K21] = { .title = "social care cases closed by stepping down",
                  .unit = "cases", .sides = CSC, .is_ratio = true },
};

static bool
is_kpi(int kpi)
{
    return kpi > 0 && kpi < N_OF(kpis);
}

bool
kpi_is_ratio(int kpi)
{
    return is_kpi(kpi) && kpis[kpi].is_ratio;
}

uint32_t
kpi_sides(int kpi)
{
    return is_kpi(kpi) ? kpis[kpi].sides : 0;
}

const char *
kpi_title(int kpi)
{
    return is_kpi(kpi) ? kpis[kpi].title : "";
}

const char *
kpi_unit(int kpi)
{
    return is_kpi(kpi) ? kpis[kpi].unit : "";
}
