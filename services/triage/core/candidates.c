#include "triage/core/candidates.h"

#include "triage/core/compare.h"
#include "triage/core/names.h"

#include <string.h>
#include <xxhash.h>

enum block_kind {
    SURNAME_BIRTH = 1,
    FORENAME_BIRTH,
    POSTCODE_YEAR,
    NAMES,
    SURNAME_ADDRESS,
};

/* A child's five, and two more that a message looks into. */
enum { BLOCKS_MAX = 7, DATE_DIGITS = 8, YEAR_DIGITS = 4 };

struct blocks {
    int64_t at[BLOCKS_MAX];
    size_t n;
};

/* ---- keys ---------------------------------------------------------------- */

/* Two texts as one number; none where one is missing. */
static void
add(struct blocks *b, enum block_kind kind, struct str one, struct str two)
{
    uint64_t hash;
    int64_t block;

    if (one.n == 0 || two.n == 0)
        return;
    hash = XXH3_64bits_withSeed(one.p, one.n, (XXH64_hash_t)kind);
    hash = XXH3_64bits_withSeed(two.p, two.n, hash);
    memcpy(&block, &hash, sizeof block);
    b->at[b->n++] = block == I64_NONE ? 0 : block;
}

/* The name itself where it has no sound in Latin letters. */
static struct str
sound_of(struct str name, char out[COMPARE_SOUND_SIZE])
{
    compare_sound(name, out);
    return out[0] == '\0' ? name : str_of(out);
}

/* "20080501", or null. */
static struct str
digits_of(date_d dob, char out[DATE_TEXT_SIZE])
{
    char text[DATE_TEXT_SIZE];
    size_t n = 0;

    if (dob == DATE_NONE)
        return STR_NULL;
    (void)date_text(dob, text);
    for (const char *p = text; *p != '\0'; p++)
        if (*p != '-')
            out[n++] = *p;
    return (struct str){ .p = out, .n = n };
}

static struct blocks
blocks_of(const struct description *d)
{
    struct blocks b = { .n = 0 };
    char sound[COMPARE_SOUND_SIZE];
    char text[DATE_TEXT_SIZE];
    struct str birth = digits_of(d->dob, text);
    struct str year =
        birth.n == 0 ? STR_NULL : (struct str){ text, YEAR_DIGITS };

    add(&b, SURNAME_BIRTH, sound_of(d->surname, sound), birth);
    add(&b, FORENAME_BIRTH, sound_of(d->forename, sound), birth);
    add(&b, POSTCODE_YEAR, d->postcode, year);
    add(&b, NAMES, d->surname, d->forename);
    add(&b, SURNAME_ADDRESS, d->surname, d->address);
    return b;
}

/* Day and month the other way round, null where that is no other date. */
static struct str
swapped(struct str birth, char out[DATE_DIGITS])
{
    if (birth.n != DATE_DIGITS || memcmp(birth.p + 6, "12", 2) > 0 ||
        memcmp(birth.p + 4, birth.p + 6, 2) == 0)
        return STR_NULL;
    memcpy(out, birth.p, 4);
    memcpy(out + 4, birth.p + 6, 2);
    memcpy(out + 6, birth.p + 4, 2);
    return (struct str){ .p = out, .n = DATE_DIGITS };
}

/* Where a message looks: as a child's, and for what is easily mixed up. */
static struct blocks
looks_of(const struct description *d)
{
    struct blocks b = blocks_of(d);
    char sound[COMPARE_SOUND_SIZE];
    char text[DATE_TEXT_SIZE];
    char other[DATE_DIGITS];
    struct str birth = digits_of(d->dob, text);

    add(&b, SURNAME_BIRTH, sound_of(d->surname, sound), swapped(birth, other));
    add(&b, SURNAME_BIRTH, sound_of(d->forename, sound), birth);
    return b;
}

struct description
triage_description(struct arena *a, const struct triage_child *child)
{
    return (struct description){
        .forename = child->forename_norm,
        .surname = child->surname_norm,
        .dob = child->dob_estimated ? DATE_NONE : child->dob,
        .postcode = triage_norm(a, child->postcode),
        .address = child->address_norm,
    };
}

/* ---- rows ---------------------------------------------------------------- */

static void
want(struct rows *rows, const struct blocks *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct triage_block like = { .block = b->at[i] };

        rows_want_group(rows, TRIAGE_BLOCK, BLOCK_BY_VALUE, &like);
    }
}

void
triage_blocks_want(struct rows *rows, const struct description *d)
{
    struct blocks b = looks_of(d);

    want(rows, &b);
}

void
triage_blocks_want_of(struct rows *rows, const struct description *d)
{
    struct blocks b = blocks_of(d);

    want(rows, &b);
}

static bool
holds(const struct ids *ids, struct id id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (id_eq(ids->at[i], id))
            return true;
    return false;
}

/* How many children a block has; their ids into `out`. */
static size_t
read_block(struct rows *rows, int64_t block, struct id out[BLOCK_CHILDREN_MAX])
{
    struct triage_block like = { .block = block };
    const struct triage_block *row;
    size_t n = 0, at = 0;

    while (n < BLOCK_CHILDREN_MAX &&
           (row = rows_next(rows, TRIAGE_BLOCK, BLOCK_BY_VALUE, &like, &at)) !=
               NULL)
        out[n++] = row->child_id;
    return n;
}

struct ids
triage_blocks_find(struct rows *rows, struct arena *a,
                   const struct description *d)
{
    struct blocks b = looks_of(d);
    struct id found[BLOCK_CHILDREN_MAX];
    struct id all[BLOCKS_MAX * BLOCK_CHILDREN_MAX];
    struct ids ids = { .at = all };
    struct id *kept;

    for (size_t i = 0; i < b.n; i++) {
        size_t n = read_block(rows, b.at[i], found);

        for (size_t k = 0; n < BLOCK_CHILDREN_MAX && k < n; k++)
            if (!holds(&ids, found[k]))
                all[ids.n++] = found[k];
    }
    kept = arena_array(a, ids.n, sizeof *kept);
    memcpy(kept, all, ids.n * sizeof *kept);
    return (struct ids){ .at = kept, .n = ids.n };
}

static bool
has(const struct blocks *b, int64_t block)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->at[i] == block)
            return true;
    return false;
}

void
triage_blocks_keep(struct rows *rows, struct id child_id,
                   const struct description *was, const struct description *now)
{
    struct blocks old = { .n = 0 };
    struct blocks new = blocks_of(now);
    struct id found[BLOCK_CHILDREN_MAX];

    if (was != NULL)
        old = blocks_of(was);
    for (size_t i = 0; i < old.n; i++) {
        struct triage_block row = { .block = old.at[i], .child_id = child_id };

        if (!has(&new, row.block))
            rows_delete(rows, TRIAGE_BLOCK, &row);
    }
    for (size_t i = 0; i < new.n; i++) {
        struct triage_block row = { .block = new.at[i], .child_id = child_id };

        if (!has(&old, row.block) &&
            read_block(rows, row.block, found) < BLOCK_CHILDREN_MAX)
            rows_put(rows, TRIAGE_BLOCK, &row);
    }
}
