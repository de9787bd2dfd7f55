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
#include "common/core/linkage_model.h"
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
    COLUMN_SCHOOL, /* its URN */
    COLUMN_N,
};

/** Names of the columns in a file: "given_name" and so on. */
extern const char *const linkage_columns[COLUMN_N];

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

/**
 * `p` whose texts are normalised already (name_key, a birth as eight digits,
 * year first, sex "m" or "f"): adds what is worked out of them. The forms of a
 * given name are apart because they cost the most, and say nothing beside one
 * that is equal.
 */
void linkage_ready(struct linkage_person *p);
void linkage_ready_forms(struct linkage_person *p);
/** `raw` as read (null or blank: missing); copies what it keeps. */
struct linkage_person linkage_prepare(struct arena *a,
                                      const struct str raw[COLUMN_N]);

/** log2(all / having) in millibits; 0 where one of them is 0. */
int32_t linkage_rarity(uint64_t having, uint64_t all);

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
