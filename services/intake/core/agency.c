#include "intake/core/agency.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define MISSING_KINDS                                                          \
    (SET_BIT(KIND_POLICE_MISSING_REPORTED) |                                   \
     SET_BIT(KIND_POLICE_MISSING_RISK_CHANGED) |                               \
     SET_BIT(KIND_POLICE_MISSING_FOUND) |                                      \
     SET_BIT(KIND_POLICE_MISSING_CANCELLED))

/* What a type may send and what the census calls it, where no row says. */
struct type_row {
    uint32_t kinds;
    const char *cin_source;
};

static const struct type_row types[] = {
    [AGENCY_SCHOOL] = { SET_BIT(KIND_SCHOOL_REFERRAL), "2A" },
    [AGENCY_EDUCATION] = { SET_BIT(KIND_SCHOOL_REFERRAL), "2B" },
    [AGENCY_HEALTH] = { SET_BIT(KIND_HEALTH_REFERRAL), "3A" },
    [AGENCY_HOUSING] = { SET_BIT(KIND_HOUSING_REFERRAL), "4" },
    [AGENCY_SOCIAL_CARE] = { SET_BIT(KIND_CSC_STEP_DOWN) |
                                 SET_BIT(KIND_GO_LIVE),
                             "5A" },
    [AGENCY_OTHER_INTERNAL] = { SET_BIT(KIND_SCHOOL_REFERRAL) |
                                    SET_BIT(KIND_HOUSING_REFERRAL) |
                                    SET_BIT(KIND_VOLUNTARY_REFERRAL),
                                "5B" },
    [AGENCY_OTHER_AUTHORITY] = { SET_BIT(KIND_OTHER_LA), "5C" },
    [AGENCY_EARLY_HELP] = { SET_BIT(KIND_EH_STEP_UP) | SET_BIT(KIND_GO_LIVE),
                            "5D" },
    [AGENCY_POLICE] = { MISSING_KINDS | SET_BIT(KIND_POLICE_PPN) |
                            SET_BIT(KIND_POLICE_ENCOMPASS),
                        "6" },
    [AGENCY_OTHER_LEGAL] = { SET_BIT(KIND_VOLUNTARY_REFERRAL), "7" },
    [AGENCY_VOLUNTARY] = { SET_BIT(KIND_VOLUNTARY_REFERRAL), "8" },
    [AGENCY_INDIVIDUAL] = { SET_BIT(KIND_SELF_REFERRAL), "1D" },
    [AGENCY_MASH] = { SET_BIT(KIND_MASH_FEED), "5B" },
    [AGENCY_ANONYMOUS] = { SET_BIT(KIND_SELF_REFERRAL), "9" },
    [AGENCY_UNKNOWN] = { SET_BIT(KIND_SELF_REFERRAL), "10" },
};

static const struct type_row *
type_of(const struct agency *agency)
{
    static const struct type_row none = { 0, "10" };

    if (agency->type <= 0 || (size_t)agency->type >= N_OF(types))
        return &none;
    return &types[agency->type];
}

const struct agency *
agency_find(const struct agencies *all, struct str id)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->at[i].id, id))
            return &all->at[i];
    return NULL;
}

bool
agency_may_send(const struct agency *agency, int kind)
{
    uint32_t kinds =
        agency->kinds != 0 ? agency->kinds : type_of(agency)->kinds;

    return kind > 0 && (kinds & SET_BIT(kind)) != 0;
}

int
agency_entry(const struct agency *agency, int kind)
{
    if (kind > 0 && (size_t)kind < N_OF(agency->entry) &&
        agency->entry[kind] != 0)
        return agency->entry[kind];
    return agency->entry[0];
}

bool
agency_may_act(const struct agency *agency)
{
    return agency->type != AGENCY_INDIVIDUAL &&
           agency->type != AGENCY_ANONYMOUS && agency->type != AGENCY_UNKNOWN;
}

bool
agency_may_decide(const struct agency *agency)
{
    return agency->type == AGENCY_SOCIAL_CARE ||
           agency->type == AGENCY_EARLY_HELP || agency->type == AGENCY_MASH ||
           agency->type == AGENCY_OTHER_INTERNAL;
}

struct str
agency_cin_source(const struct agency *agency, int discipline, int who)
{
    if (agency->type == AGENCY_INDIVIDUAL && who != 0)
        return str_of(codes_word(&codes_who, who));
    if (agency->type == AGENCY_HEALTH && discipline != 0)
        return str_of(codes_word(&codes_discipline, discipline));
    if (agency->cin_source.p != NULL)
        return agency->cin_source;
    return str_of(type_of(agency)->cin_source);
}

bool
agency_knows_school(const struct agencies *all, struct str urn)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].school_urn.p != NULL &&
            str_eq(all->at[i].school_urn, urn))
            return true;
    return false;
}
