#include "triage/core/linkage.h"

#include <string.h>

#include "common/core/check.h"

enum {
    TYPO_MIN = 3,    /* shorter names have no room for a typing error */
    TYPOS_2_MIN = 6, /* nor these for two */
    BEGIN_MIN = 3,   /* letters of a name that another begins with */
    SOUND_LIKE = 7000,
    PHONE_DIGITS = 9, /* at the end: without country code or 0 */
    BIRTH_SIZE = 8,
};

const char *const linkage_columns[COLUMN_N] = {
    [COLUMN_GIVEN_NAME] = "given_name",
    [COLUMN_SURNAME] = "surname",
    [COLUMN_BIRTH] = "date_of_birth",
    [COLUMN_STREET_NUMBER] = "street_number",
    [COLUMN_ADDRESS_1] = "address_1",
    [COLUMN_ADDRESS_2] = "address_2",
    [COLUMN_SUBURB] = "suburb",
    [COLUMN_POSTCODE] = "postcode",
    [COLUMN_STATE] = "state",
    [COLUMN_NUMBER] = "soc_sec_id",
    [COLUMN_NHS_NUMBER] = "nhs_number",
    [COLUMN_SEX] = "sex",
    [COLUMN_PHONE] = "phone",
    [COLUMN_SCHOOL] = "school_urn",
};

const char *const linkage_guards[] = {
    [GUARD_NONE] = "none",         [GUARD_SIBLING] = "sibling",
    [GUARD_CONFLICT] = "conflict", [GUARD_SEX] = "sex",
    [GUARD_UNNAMED] = "unnamed",   [GUARD_ALIKE] = "alike",
    [GUARD_THIN] = "thin",
};

/* The column whose value can be rare; COLUMN_N for none. */
static const enum linkage_column rare_column[LINKAGE_N] = {
    [LINKAGE_GIVEN] = COLUMN_GIVEN_NAME,
    [LINKAGE_SURNAME] = COLUMN_SURNAME,
    [LINKAGE_BIRTH] = COLUMN_BIRTH,
    [LINKAGE_SEX] = COLUMN_N,
    [LINKAGE_NUMBER] = COLUMN_NUMBER,
    [LINKAGE_NHS_NUMBER] = COLUMN_NHS_NUMBER,
    [LINKAGE_PHONE] = COLUMN_PHONE,
    [LINKAGE_STREET_NUMBER] = COLUMN_STREET_NUMBER,
    [LINKAGE_ADDRESS_1] = COLUMN_ADDRESS_1,
    [LINKAGE_ADDRESS_2] = COLUMN_ADDRESS_2,
    [LINKAGE_PLACE] = COLUMN_POSTCODE,
    [LINKAGE_STATE] = COLUMN_N,
    [LINKAGE_SCHOOL] = COLUMN_N,
};

/* ---- getting ready ----------------------------------------------------- */

static struct str
null_if_empty(struct str s)
{
    return s.n == 0 ? STR_NULL : s;
}

/* What people write where they have no name. */
static struct str
name_of(struct arena *a, struct str raw)
{
    static const char *const no_names[] = { "baby", "unknown", "notknown" };
    struct str key = null_if_empty(name_key(a, raw));

    for (size_t i = 0; i < sizeof no_names / sizeof no_names[0]; i++)
        if (str_is(key, no_names[i]))
            return STR_NULL;
    return key;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct str
digits_of(struct arena *a, struct str raw)
{
    char *p = arena_alloc(a, raw.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < raw.n; i++)
        if (is_digit(raw.p[i]))
            p[n++] = raw.p[i];
    return n == 0 ? STR_NULL : (struct str){ .p = p, .n = n };
}

/* Year first; "31/12/2019" and "31.12.2019" are turned. */
static struct str
birth_of(struct arena *a, struct str raw)
{
    struct str digits = digits_of(a, raw);
    size_t first = 0;
    char *turned;

    if (digits.n != BIRTH_SIZE)
        return STR_NULL;
    while (first < raw.n && is_digit(raw.p[first]))
        first++;
    if (first != 2)
        return digits;
    turned = arena_alloc(a, BIRTH_SIZE);
    memcpy(turned, digits.p + 4, 4);
    memcpy(turned + 4, digits.p + 2, 2);
    memcpy(turned + 6, digits.p, 2);
    return (struct str){ .p = turned, .n = BIRTH_SIZE };
}

static struct str
phone_of(struct arena *a, struct str raw)
{
    struct str d = digits_of(a, raw);

    return d.n <= PHONE_DIGITS ? d
                               : (struct str){ .p = d.p + d.n - PHONE_DIGITS,
                                               .n = PHONE_DIGITS };
}

/* m or f; M, male, 1; F, female, 2 (codes of the Department for Education). */
static struct str
sex_of(struct arena *a, struct str raw)
{
    struct str key = name_key(a, raw);

    if (key.n > 0 && (key.p[0] == 'm' || key.p[0] == '1'))
        return STR("m");
    if (key.n > 0 && (key.p[0] == 'f' || key.p[0] == '2'))
        return STR("f");
    return STR_NULL;
}

struct linkage_person
linkage_prepare(struct arena *a, const struct str raw[COLUMN_N])
{
    struct linkage_person p = { .numbers_valid = false };
    char nhs[CHECK_NHS_SIZE];

    for (size_t c = 0; c < COLUMN_N; c++)
        p.at[c] = null_if_empty(name_key(a, raw[c]));
    p.at[COLUMN_GIVEN_NAME] = name_of(a, raw[COLUMN_GIVEN_NAME]);
    p.at[COLUMN_SURNAME] = name_of(a, raw[COLUMN_SURNAME]);
    p.at[COLUMN_BIRTH] = birth_of(a, raw[COLUMN_BIRTH]);
    p.at[COLUMN_PHONE] = phone_of(a, raw[COLUMN_PHONE]);
    p.at[COLUMN_SEX] = sex_of(a, raw[COLUMN_SEX]);
    p.numbers_valid =
        check_nhs_number(raw[COLUMN_NHS_NUMBER], nhs).result == CHECK_GOOD;
    p.at[COLUMN_NHS_NUMBER] =
        p.numbers_valid ? arena_str(a, str_of(nhs)) : STR_NULL;
    linkage_ready(&p);
    linkage_ready_forms(&p);
    return p;
}

void
linkage_ready(struct linkage_person *p)
{
    compare_sound(p->at[COLUMN_GIVEN_NAME], p->sound_given);
    compare_sound(p->at[COLUMN_SURNAME], p->sound_surname);
}

void
linkage_ready_forms(struct linkage_person *p)
{
    p->forms = compare_forms(p->at[COLUMN_GIVEN_NAME]);
}

/* ---- logarithms -------------------------------------------------------- */

int32_t
linkage_rarity(uint64_t having, uint64_t all)
{
    int32_t r;

    if (having == 0 || all == 0)
        return 0;
    r = linkage_log2(all) - linkage_log2(having);
    return r < 0 ? 0 : r;
}

/* ---- levels ------------------------------------------------------------ */

static bool
begins(struct str longer, struct str with)
{
    return with.n >= BEGIN_MIN && longer.n > with.n && str_starts(longer, with);
}

static bool
has_typo(struct str a, struct str b)
{
    return a.n >= TYPO_MIN && b.n >= TYPO_MIN && compare_typos(a, b, 1) == 1;
}

/* Names and lines of an address, without what only names have. */
static enum linkage_level
text_level(struct str a, struct str b)
{
    int like;

    if (a.p == NULL || b.p == NULL)
        return LEVEL_MISSING;
    if (str_eq(a, b))
        return LEVEL_EQUAL;
    like = compare_names(a, b);
    if (like >= LINKAGE_VERY_LIKE || has_typo(a, b))
        return LEVEL_TYPO;
    if (begins(a, b) || begins(b, a))
        return LEVEL_NEAR;
    if (like >= LINKAGE_LIKE || (a.n >= TYPOS_2_MIN && b.n >= TYPOS_2_MIN &&
                                 compare_typos(a, b, 2) <= 2))
        return LEVEL_PART;
    return LEVEL_DIFFERENT;
}

static enum linkage_level
or_sound(enum linkage_level level, struct str a, struct str b,
         const char *sound_a, const char *sound_b)
{
    if (level == LEVEL_DIFFERENT && sound_a[0] != '\0' &&
        strcmp(sound_a, sound_b) == 0 && compare_names(a, b) >= SOUND_LIKE)
        return LEVEL_PART;
    return level;
}

static bool
is_initial(struct str a, struct str b)
{
    return a.n > 0 && b.n > 0 && (a.n == 1) != (b.n == 1) && a.p[0] == b.p[0];
}

static enum linkage_level
given_level(const struct linkage_person *a, const struct linkage_person *b)
{
    struct str x = a->at[COLUMN_GIVEN_NAME], y = b->at[COLUMN_GIVEN_NAME];
    enum linkage_level level = text_level(x, y);

    if (level > LEVEL_EQUAL &&
        (compare_is_nickname(&a->forms, &b->forms) || is_initial(x, y)))
        return LEVEL_NEAR;
    return or_sound(level, x, y, a->sound_given, b->sound_given);
}

static enum linkage_level
surname_level(const struct linkage_person *a, const struct linkage_person *b)
{
    struct str x = a->at[COLUMN_SURNAME], y = b->at[COLUMN_SURNAME];

    return or_sound(text_level(x, y), x, y, a->sound_surname, b->sound_surname);
}

static bool
is_close(enum linkage_level level)
{
    return level == LEVEL_EQUAL || level == LEVEL_TYPO;
}

/* x1, x2 are y2, y1: both alike, or one equal and the other missing. */
static bool
is_crossed(struct str x1, struct str x2, struct str y1, struct str y2)
{
    enum linkage_level first = text_level(x1, y2);
    enum linkage_level second = text_level(x2, y1);

    return (is_close(first) && is_close(second)) ||
           (first == LEVEL_EQUAL && second == LEVEL_MISSING) ||
           (first == LEVEL_MISSING && second == LEVEL_EQUAL);
}

static bool
says_no(uint8_t level)
{
    return level == LEVEL_MISSING || level == LEVEL_DIFFERENT;
}

/* Two fields that somebody may have filled in the wrong order. */
static void
pair_levels(const struct linkage_person *a, const struct linkage_person *b,
            enum linkage_column first, enum linkage_column second,
            uint8_t *first_level, uint8_t *second_level)
{
    if (!says_no(*first_level) || !says_no(*second_level))
        return;
    if (!is_crossed(a->at[first], a->at[second], b->at[first], b->at[second]))
        return;
    *first_level = LEVEL_SWAPPED;
    *second_level = LEVEL_SWAPPED;
}

static enum linkage_level
birth_level(struct str a, struct str b)
{
    static const enum linkage_level levels[] = {
        [BIRTH_EQUAL] = LEVEL_EQUAL,     [BIRTH_TYPO] = LEVEL_TYPO,
        [BIRTH_SWAPPED] = LEVEL_SWAPPED, [BIRTH_YEAR] = LEVEL_NEAR,
        [BIRTH_PART] = LEVEL_PART,       [BIRTH_DIFFERENT] = LEVEL_DIFFERENT,
    };

    if (a.p == NULL || b.p == NULL)
        return LEVEL_MISSING;
    return levels[compare_births(a, b)];
}

/* Numbers: how many typing errors, of at most `most` (1 or 2). */
static enum linkage_level
digits_level(struct str a, struct str b, int most)
{
    static const enum linkage_level levels[] = { LEVEL_EQUAL, LEVEL_TYPO,
                                                 LEVEL_PART };
    int typos;

    if (a.p == NULL || b.p == NULL)
        return LEVEL_MISSING;
    if (str_eq(a, b))
        return LEVEL_EQUAL;
    if (a.n < 2 || b.n < 2)
        return LEVEL_DIFFERENT;
    typos = compare_typos(a, b, most);
    return typos > most ? LEVEL_DIFFERENT : levels[typos];
}

/* No typing errors: with a check digit two valid numbers are two numbers. */
static enum linkage_level
exact_level(struct str a, struct str b)
{
    if (a.p == NULL || b.p == NULL)
        return LEVEL_MISSING;
    return str_eq(a, b) ? LEVEL_EQUAL : LEVEL_DIFFERENT;
}

/* Of a British postcode: all but the last three. */
static bool
same_outward(struct str a, struct str b)
{
    return a.n > 4 && a.n == b.n && (a.p[0] < '0' || a.p[0] > '9') &&
           memcmp(a.p, b.p, a.n - 3) == 0;
}

static enum linkage_level
place_level(const struct linkage_person *a, const struct linkage_person *b)
{
    struct str sa = a->at[COLUMN_SUBURB], sb = b->at[COLUMN_SUBURB];
    struct str pa = a->at[COLUMN_POSTCODE], pb = b->at[COLUMN_POSTCODE];
    enum linkage_level suburb = text_level(sa, sb);
    enum linkage_level code = digits_level(pa, pb, 1);

    if (suburb == LEVEL_MISSING && code == LEVEL_MISSING)
        return LEVEL_MISSING;
    if (suburb == LEVEL_EQUAL && code == LEVEL_EQUAL)
        return LEVEL_EQUAL;
    if ((is_close(suburb) && code == LEVEL_EQUAL) ||
        (suburb == LEVEL_EQUAL && is_close(code)))
        return LEVEL_TYPO;
    if (code == LEVEL_EQUAL)
        return LEVEL_NEAR;
    if (is_close(suburb) || code == LEVEL_TYPO || same_outward(pa, pb))
        return LEVEL_PART;
    if ((sa.p != NULL && str_eq(sa, pb)) || (pa.p != NULL && str_eq(pa, sb)))
        return LEVEL_SWAPPED;
    return LEVEL_DIFFERENT;
}

/* ---- guards ------------------------------------------------------------ */

static bool
sexes_differ(const struct linkage_evidence *e)
{
    return e->level[LINKAGE_SEX] == LEVEL_DIFFERENT;
}

static bool
has_equal_number(const struct linkage_evidence *e)
{
    return e->level[LINKAGE_NUMBER] == LEVEL_EQUAL ||
           e->level[LINKAGE_NHS_NUMBER] == LEVEL_EQUAL;
}

/* Alike and yet maybe two names: Jayden and Hayden, "J" for Jack or James. */
static bool
are_two_names(const struct linkage_person *a, const struct linkage_person *b,
              uint8_t level)
{
    if (level != LEVEL_TYPO && level != LEVEL_NEAR && level != LEVEL_PART)
        return false;
    if (compare_is_nickname(&a->forms, &b->forms))
        return false;
    return (a->given_is_established && b->given_is_established) ||
           strcmp(a->sound_given, b->sound_given) != 0;
}

/* With the given name alone there are too many children who share a house. */
static bool
is_thin(const struct linkage_evidence *e)
{
    uint8_t birth = e->level[LINKAGE_BIRTH];

    return birth == LEVEL_DIFFERENT ||
           (birth != LEVEL_EQUAL && says_no(e->level[LINKAGE_SURNAME]));
}

/* Another given name, and with adults something else that tells them apart. */
static bool
are_siblings(const struct linkage_evidence *e, bool children)
{
    return e->level[LINKAGE_GIVEN] == LEVEL_DIFFERENT &&
           (children || sexes_differ(e) ||
            e->level[LINKAGE_NUMBER] == LEVEL_DIFFERENT);
}

enum linkage_guard
linkage_guard_of(const struct linkage_person *a, const struct linkage_person *b,
                 const struct linkage_evidence *e, bool children)
{
    uint8_t given = e->level[LINKAGE_GIVEN];

    if (are_siblings(e, children))
        return GUARD_SIBLING;
    if (e->level[LINKAGE_NHS_NUMBER] == LEVEL_DIFFERENT)
        return GUARD_CONFLICT;
    if (!children)
        return GUARD_NONE;
    if (sexes_differ(e))
        return GUARD_SEX;
    if (given == LEVEL_MISSING)
        return GUARD_UNNAMED;
    if (has_equal_number(e))
        return GUARD_NONE;
    if (are_two_names(a, b, given))
        return GUARD_ALIKE;
    return is_thin(e) ? GUARD_THIN : GUARD_NONE;
}

/* ---- comparing --------------------------------------------------------- */

void
linkage_levels_of(const struct linkage_person *a,
                  const struct linkage_person *b, struct linkage_evidence *out)
{
    uint8_t *level = out->level;

    memset(out, 0, sizeof *out);
    level[LINKAGE_GIVEN] = given_level(a, b);
    level[LINKAGE_SURNAME] = surname_level(a, b);
    pair_levels(a, b, COLUMN_GIVEN_NAME, COLUMN_SURNAME, &level[LINKAGE_GIVEN],
                &level[LINKAGE_SURNAME]);
    level[LINKAGE_BIRTH] =
        birth_level(a->at[COLUMN_BIRTH], b->at[COLUMN_BIRTH]);
    level[LINKAGE_SEX] = exact_level(a->at[COLUMN_SEX], b->at[COLUMN_SEX]);
    level[LINKAGE_NUMBER] =
        digits_level(a->at[COLUMN_NUMBER], b->at[COLUMN_NUMBER], 2);
    level[LINKAGE_NHS_NUMBER] =
        exact_level(a->at[COLUMN_NHS_NUMBER], b->at[COLUMN_NHS_NUMBER]);
    level[LINKAGE_PHONE] =
        digits_level(a->at[COLUMN_PHONE], b->at[COLUMN_PHONE], 1);
    level[LINKAGE_STREET_NUMBER] = digits_level(a->at[COLUMN_STREET_NUMBER],
                                                b->at[COLUMN_STREET_NUMBER], 1);
    level[LINKAGE_ADDRESS_1] =
        text_level(a->at[COLUMN_ADDRESS_1], b->at[COLUMN_ADDRESS_1]);
    level[LINKAGE_ADDRESS_2] =
        text_level(a->at[COLUMN_ADDRESS_2], b->at[COLUMN_ADDRESS_2]);
    pair_levels(a, b, COLUMN_ADDRESS_1, COLUMN_ADDRESS_2,
                &level[LINKAGE_ADDRESS_1], &level[LINKAGE_ADDRESS_2]);
    level[LINKAGE_PLACE] = place_level(a, b);
    level[LINKAGE_SCHOOL] =
        exact_level(a->at[COLUMN_SCHOOL], b->at[COLUMN_SCHOOL]);
    if (says_no(level[LINKAGE_PLACE]))
        level[LINKAGE_STATE] =
            digits_level(a->at[COLUMN_STATE], b->at[COLUMN_STATE], 1);
}

/* ---- weights ----------------------------------------------------------- */

/* Two fields that were swapped are one observation, told by the first. */
static bool
is_told(const struct linkage_evidence *e, size_t field)
{
    return e->level[field] == LEVEL_SWAPPED &&
           (field == LINKAGE_SURNAME || field == LINKAGE_ADDRESS_2);
}

int32_t
linkage_rare(const struct linkage_person *a, const struct linkage_evidence *e,
             enum linkage_field field)
{
    return e->level[field] == LEVEL_EQUAL && rare_column[field] != COLUMN_N
               ? a->rarity[rare_column[field]]
               : 0;
}

void
linkage_weigh(const struct linkage_model *m, const struct linkage_person *a,
              const struct linkage_person *b, struct linkage_evidence *e)
{
    e->total = m->prior;
    for (size_t f = 0; f < LINKAGE_N; f++) {
        uint8_t level = e->level[f];
        int32_t rare = linkage_rare(a, e, (enum linkage_field)f);

        e->weight[f] = 0;
        if (level == LEVEL_MISSING || is_told(e, f))
            continue;
        e->weight[f] =
            m->same[f][level] + (rare > 0 ? rare : -m->chance[f][level]);
        e->total += e->weight[f];
    }
    e->guard = linkage_guard_of(a, b, e, m->children);
}

struct linkage_evidence
linkage_compare(const struct linkage_model *m, const struct linkage_person *a,
                const struct linkage_person *b)
{
    struct linkage_evidence e;

    linkage_levels_of(a, b, &e);
    linkage_weigh(m, a, b, &e);
    return e;
}

/* ---- deciding ---------------------------------------------------------- */

enum linkage_outcome
linkage_decide(const struct linkage_model *m, const struct linkage_evidence *e)
{
    if (e->total < m->review_from)
        return LINKAGE_NEW;
    if (m->children && e->guard == GUARD_SIBLING && !has_equal_number(e))
        return LINKAGE_NEW;
    return e->guard != GUARD_NONE || e->total < m->same_from ? LINKAGE_REVIEW
                                                             : LINKAGE_SAME;
}

enum linkage_outcome
linkage_choose(const struct linkage_model *m, const struct linkage_evidence *e,
               size_t n, size_t *which)
{
    enum linkage_outcome best = LINKAGE_NEW;
    size_t at = n;

    for (size_t i = 0; i < n; i++) {
        enum linkage_outcome o = linkage_decide(m, &e[i]);

        if (o != LINKAGE_NEW && (at == n || e[i].total > e[at].total)) {
            at = i;
            best = o;
        }
    }
    *which = at;
    for (size_t i = 0; i < n && best == LINKAGE_SAME; i++)
        if (i != at && linkage_decide(m, &e[i]) != LINKAGE_NEW &&
            e[at].total - e[i].total < LINKAGE_LEAD)
            best = LINKAGE_REVIEW;
    return best;
}
