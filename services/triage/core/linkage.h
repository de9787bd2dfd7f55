/**
 * Record linkage: do two descriptions mean one person? (domain.md section 4,
 * step 5; I. P. Fellegi, A. B. Sunter, A Theory for Record Linkage, JASA 1969.)
 *
 * Each field is compared to a level. A level weighs log2(m/u): m how often the
 * same person shows it, u how often two different people do. Where both have
 * the same value, its own rarity stands for u (a rare surname says more). What
 * is missing says nothing. The sum with the prior is compared with two limits:
 * same, review, new. Guards stand over the sum.
 *
 * All weights are integers in millibits (1000 are a factor of 2). Where they
 * come from is data too: `source`. This module stores nothing and reads no
 * clock; texts live in the caller's arena.
 */
#ifndef WAYMARK_TRIAGE_CORE_LINKAGE_H
#define WAYMARK_TRIAGE_CORE_LINKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/str.h"

#include "triage/core/compare.h"

/* What is told about a person; the order of linkage_columns. */
enum linkage_column {
    COLUMN_GIVEN_NAME,
    COLUMN_SURNAME,
    COLUMN_BIRTH,
    COLUMN_STREET_NUMBER,
    COLUMN_ADDRESS_1,
    COLUMN_ADDRESS_2,
    COLUMN_SUBURB,
    COLUMN_POSTCODE,
    COLUMN_STATE,
    COLUMN_NUMBER,     /* soc_sec_id: a number without check digit known */
    COLUMN_NHS_NUMBER, /* counts as valid by its check digit only */
    COLUMN_SEX,
    COLUMN_PHONE,
    COLUMN_N,
};

/** Names of the columns in a file: "given_name" and so on. */
extern const char *const linkage_columns[COLUMN_N];

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
    LINKAGE_N,
};

extern const char *const linkage_fields[LINKAGE_N];

/*
 * Levels. What a field's level means:
 *
 *            given, surname      birth        numbers     address     place
 *  EQUAL     equal               equal        equal       equal       both
 * equal TYPO      one typing error    one typing   one typing  one typing  one
 * equal, the or very like        error        error       error       other
 * nearly NEAR      nickname; one       year one     -           one begins
 * postcode equal begins the other    off                      the other PART
 * like                two digits   two typing  like        suburb equal, or or
 * parts     errors                  postcode nearly SWAPPED   given and surname
 * day, month   -           lines       suburb, postcode DIFFERENT else else
 * else        else        else
 */
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

/* Names with at least this similarity are "very like" or "like". */
#define LINKAGE_VERY_LIKE 9200
#define LINKAGE_LIKE 8000
/* A given name that so many others of the data have is no typing error. */
#define LINKAGE_ESTABLISHED 5

/* A description, ready to be compared. Texts are in the caller's arena. */
struct linkage_person {
    struct str at[COLUMN_N]; /* normalised; null where nothing was said */
    char sound_given[COMPARE_SOUND_SIZE];
    char sound_surname[COMPARE_SOUND_SIZE];
    struct forms forms;        /* of the given name */
    bool numbers_valid;        /* the NHS number passes its check digit */
    bool given_is_established; /* LINKAGE_ESTABLISHED; set by the caller */
    /*
     * -log2 of the share of people who have the very same value, in millibits,
     * by column; 0 where it is not known. Set by the caller, see
     * linkage_rarity.
     */
    int32_t rarity[COLUMN_N];
};

/** `raw` as read (null or blank: missing); copies what it keeps. */
struct linkage_person linkage_prepare(struct arena *a,
                                      const struct str raw[COLUMN_N]);

/** log2(all / having) in millibits; 0 where one of them is 0. */
int32_t linkage_rarity(uint64_t having, uint64_t all);
/** log2(v) in millibits, rounded down; v at least 1. */
int32_t linkage_log2(uint64_t v);

/* Weights as data. */
struct linkage_model {
    int32_t same[LINKAGE_N][LEVEL_N];   /* log2 m, millibits, at most 0 */
    int32_t chance[LINKAGE_N][LEVEL_N]; /* log2 u, millibits, at most 0 */
    int32_t prior;       /* log2 odds that two who are compared are one */
    int32_t same_from;   /* total from which they are the same */
    int32_t review_from; /* total from which a person looks */
    bool children;       /* they have siblings and twins: more guards */
    const char *source;  /* where the weights come from */
};

/** Weights to begin with; set the prior for your data. */
extern const struct linkage_model linkage_default;
/* log2(0.99 / 0.01) and log2(1): domain.md section 4, step 5. */
#define LINKAGE_SAME_FROM 6630
#define LINKAGE_REVIEW_FROM 0

/*
 * Among adults a given name may be written wrong like anything else. Children
 * have siblings and twins who agree in all but the given name, so theirs are
 * guarded more: GUARD_SIBLING whatever else agrees, and the last four.
 */
enum linkage_guard {
    GUARD_NONE,
    GUARD_SIBLING,  /* given names differ in more than typing, and (unless
                       children) number or sex differ as well */
    GUARD_CONFLICT, /* two valid numbers of a kind that differ */
    GUARD_SEX,      /* boy and girl */
    GUARD_UNNAMED,  /* a given name is missing */
    GUARD_ALIKE,    /* given names are alike and no known forms of each other,
                       sound different or are names of their own, and no number
                       is equal: twins may be called so */
    GUARD_THIN,     /* another birth, or another surname and not the very same
                       birth, and no number is equal */
};

extern const char *const linkage_guards[];

struct linkage_evidence {
    uint8_t level[LINKAGE_N];  /* enum linkage_level */
    int32_t weight[LINKAGE_N]; /* millibits */
    int32_t total;             /* with the prior */
    enum linkage_guard guard;
};

enum linkage_outcome { LINKAGE_NEW, LINKAGE_REVIEW, LINKAGE_SAME };

/** Rarity of the value that both have in a field, 0 where none counts. */
int32_t linkage_rare(const struct linkage_person *a,
                     const struct linkage_evidence *e,
                     enum linkage_field field);
/** Only the levels. */
void linkage_levels_of(const struct linkage_person *a,
                       const struct linkage_person *b,
                       struct linkage_evidence *out);
/** What speaks against these levels, whatever they weigh. */
enum linkage_guard linkage_guard_of(const struct linkage_person *a,
                                    const struct linkage_person *b,
                                    const struct linkage_evidence *e,
                                    bool children);
/** Weights, total and guard of levels that are set. */
void linkage_weigh(const struct linkage_model *m,
                   const struct linkage_person *a,
                   const struct linkage_person *b, struct linkage_evidence *e);
/** All of it. */
struct linkage_evidence linkage_compare(const struct linkage_model *m,
                                        const struct linkage_person *a,
                                        const struct linkage_person *b);

/**
 * By the two limits. What a guard speaks against is never the same: a child's
 * sibling is new, unless a number says the opposite; else a person looks,
 * where the total asks for it.
 */
enum linkage_outcome linkage_decide(const struct linkage_model *m,
                                    const struct linkage_evidence *e);

#define LINKAGE_LEAD 10000 /* millibits: a thousand times likelier */

/**
 * One description against all who may be meant (`n` of them): whom, in *which.
 * Review where two may be the same and the first does not lead by
 * LINKAGE_LEAD.
 */
enum linkage_outcome linkage_choose(const struct linkage_model *m,
                                    const struct linkage_evidence *e, size_t n,
                                    size_t *which);

#endif
