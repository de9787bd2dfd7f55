/**
 * Weights of record linkage as data (domain.md section 4, step 5; how they are
 * used: triage/core/linkage.h). A profile names its own, with their source, so
 * that a decision's weights are those of its profile version.
 *
 * All weights are integers in millibits (1000 are a factor of 2), so that every
 * machine decides alike.
 */
#ifndef WAYMARK_COMMON_CORE_LINKAGE_MODEL_H
#define WAYMARK_COMMON_CORE_LINKAGE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/str.h"

/* What is compared. */
enum linkage_field {
    LINKAGE_GIVEN,
    LINKAGE_SURNAME,
    LINKAGE_BIRTH,
    LINKAGE_SEX,
    LINKAGE_NUMBER,
    LINKAGE_NHS_NUMBER,
    LINKAGE_PHONE,
    LINKAGE_STREET_NUMBER,
    LINKAGE_ADDRESS_1,
    LINKAGE_ADDRESS_2,
    LINKAGE_PLACE, /* suburb and postcode as one: they depend on each other */
    LINKAGE_STATE, /* where the place doesn't say it already */
    LINKAGE_SCHOOL,
    LINKAGE_N,
};

extern const char *const linkage_fields[LINKAGE_N];

/* clang-format off */
/*
 * Levels. What a field's level means:
 *
 *            given, surname        birth          numbers      address      place
 *  EQUAL     equal                 equal          equal        equal        both equal
 *  TYPO      one typing error,     one typing     one typing   one typing   one equal, the
 *            or very like          error          error        error        other nearly
 *  NEAR      nickname; one begins  one year off   -            one begins   postcode equal
 *            the other                                         the other
 *  PART      like                  two digits or  two typing   like         suburb equal, or
 *                                  parts          errors                    postcode nearly
 *  SWAPPED   given and surname     day, month     -            lines        suburb, postcode
 *  DIFFERENT else                  else           else         else         else
 */
/* clang-format on */
enum linkage_level {
    LEVEL_MISSING,
    LEVEL_EQUAL,
    LEVEL_TYPO,
    LEVEL_NEAR,
    LEVEL_PART,
    LEVEL_SWAPPED,
    LEVEL_DIFFERENT,
    LEVEL_N,
};

extern const char *const linkage_levels[LEVEL_N];

/* A name that many have. */
struct linkage_name {
    struct str name; /* as name_key() gives it */
    int32_t rarity;  /* -log2 of the share of people who have it, millibits */
};

struct linkage_names {
    const struct linkage_name *at; /* ascending by name */
    size_t n;
};

/* Weights as data. */
struct linkage_model {
    int32_t same[LINKAGE_N][LEVEL_N];   /* log2 m, millibits, at most 0 */
    int32_t chance[LINKAGE_N][LEVEL_N]; /* log2 u, millibits, at most 0 */
    int32_t prior;       /* log2 odds that two who are compared are one */
    int32_t same_from;   /* total from which they are the same */
    int32_t review_from; /* total from which a person looks */
    bool children;       /* they have siblings and twins: more guards */
    /* Names of which the share is known: where both have such a one, it stands
     * for `chance`. */
    struct linkage_names given;
    struct linkage_names surname;
    struct str source; /* where the weights come from */
};

/**
 * Weights to begin with; set the prior for your data. A profile that names none
 * has these, so they stay as they are: a replay must find them unchanged.
 */
extern const struct linkage_model linkage_default;
/* log2(0.99 / 0.01) and log2(1): domain.md section 4, step 5. */
#define LINKAGE_SAME_FROM 6630
#define LINKAGE_REVIEW_FROM 0
/* Weights lie in -LINKAGE_WEIGHT_MOST..0: nothing is as rare as 2^-100. */
#define LINKAGE_WEIGHT_MOST 100000

/** The rarity of a name in the list, 0 for one that is not in it. */
int32_t linkage_name_rarity(const struct linkage_names *names, struct str name);

/** log2(v) in millibits, rounded down; v at least 1. */
int32_t linkage_log2(uint64_t v);

/**
 * log2(p / (1 - p)) in millibits of a probability in parts per million; of 0
 * and 1 that of one part in a million.
 */
int32_t linkage_odds(int ppm);

#endif
