#include "cli/link_pairs.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What two records may agree in. */
enum token {
    TOKEN_GIVEN, /* by sound, as the surname */
    TOKEN_SURNAME,
    TOKEN_BIRTH,
    TOKEN_NUMBER,
    TOKEN_NHS_NUMBER,
    TOKEN_PHONE,
    TOKEN_STREET_NUMBER,
    TOKEN_ADDRESS_1,
    TOKEN_ADDRESS_2,
    TOKEN_SUBURB,
    TOKEN_POSTCODE,
    TOKEN_N,
};

static const enum linkage_column token_column[TOKEN_N] = {
    [TOKEN_GIVEN] = COLUMN_GIVEN_NAME,
    [TOKEN_SURNAME] = COLUMN_SURNAME,
    [TOKEN_BIRTH] = COLUMN_BIRTH,
    [TOKEN_NUMBER] = COLUMN_NUMBER,
    [TOKEN_NHS_NUMBER] = COLUMN_NHS_NUMBER,
    [TOKEN_PHONE] = COLUMN_PHONE,
    [TOKEN_STREET_NUMBER] = COLUMN_STREET_NUMBER,
    [TOKEN_ADDRESS_1] = COLUMN_ADDRESS_1,
    [TOKEN_ADDRESS_2] = COLUMN_ADDRESS_2,
    [TOKEN_SUBURB] = COLUMN_SUBURB,
    [TOKEN_POSTCODE] = COLUMN_POSTCODE,
};

/* One token, or two; keys 0 to TOKEN_N - 1 are single. */
#define KEYS (TOKEN_N + TOKEN_N * (TOKEN_N - 1) / 2)

struct entry {
    uint64_t hash;
    uint32_t person;
};

struct search {
    const struct link_people *people;
    struct link_pairs *out;
    uint64_t (*tokens)[TOKEN_N]; /* 0: nothing was said */
    uint8_t (*used)[KEYS]; /* the record's group under that key was searched */
    struct entry *entries;
    uint16_t keys[KEYS]; /* bits of tokens */
};

/* ---- tokens and keys --------------------------------------------------- */

static struct str
token_text(const struct linkage_person *p, size_t token)
{
    if (token == TOKEN_GIVEN && p->sound_given[0] != '\0')
        return str_of(p->sound_given);
    if (token == TOKEN_SURNAME && p->sound_surname[0] != '\0')
        return str_of(p->sound_surname);
    return p->at[token_column[token]];
}

static void
set_tokens(struct search *s)
{
    size_t k = 0;

    for (size_t i = 0; i < s->people->n; i++)
        for (size_t t = 0; t < TOKEN_N; t++) {
            struct str text = token_text(&s->people->at[i], t);

            if (text.p != NULL)
                s->tokens[i][t] = XXH3_64bits(text.p, text.n) | 1;
        }
    for (size_t t = 0; t < TOKEN_N; t++)
        s->keys[k++] = (uint16_t)(1 << t);
    for (size_t t = 0; t < TOKEN_N; t++)
        for (size_t v = 0; v < t; v++)
            s->keys[k++] = (uint16_t)(1 << t | 1 << v);
}

/* Of all tokens of a key; 0 where one is missing. */
static uint64_t
key_hash(const struct search *s, size_t person, size_t key)
{
    uint64_t hash = 0;

    for (size_t t = 0; t < TOKEN_N; t++) {
        if ((s->keys[key] >> t & 1) == 0)
            continue;
        if (s->tokens[person][t] == 0)
            return 0;
        hash = hash * UINT64_C(0x9e3779b97f4a7c15) + s->tokens[person][t];
    }
    return hash | 1;
}

/* ---- pairs ------------------------------------------------------------- */

int
link_level(const struct link_pair *pair, size_t field)
{
    return (int)(pair->levels >> 4 * field & 15);
}

struct link_pair
link_pair_of(const struct link_people *people, uint32_t a, uint32_t b)
{
    struct link_pair pair = { .a = a, .b = b };
    struct linkage_evidence e;

    linkage_levels_of(&people->at[a], &people->at[b], &e);
    pair.guard = (uint8_t)linkage_guard_of(&people->at[a], &people->at[b], &e,
                                           people->children);
    for (size_t f = 0; f < LINKAGE_N; f++) {
        int32_t rare = linkage_rare(&people->at[a], &e, (enum linkage_field)f);

        pair.levels |= (uint64_t)e.level[f] << 4 * f;
        pair.rare += rare;
        if (rare > 0)
            pair.rare_in |= (uint16_t)(1 << f);
    }
    return pair;
}

/* More for than against by the weights to begin with, whatever the prior. */
static bool
is_worth_it(const struct link_pair *pair)
{
    int32_t sum = 0;

    for (size_t f = 0; f < LINKAGE_N; f++) {
        int level = link_level(pair, f);

        if (level != LEVEL_MISSING)
            sum += linkage_default.same[f][level] -
                   linkage_default.chance[f][level];
    }
    return sum > 0;
}

static enum status
keep(struct link_pairs *out, const struct link_pair *pair, struct err *err)
{
    if (out->n == LINK_PAIRS_MAX) {
        out->cut = true;
        return ST_OK;
    }
    if (out->n == out->room) {
        size_t room = out->room == 0 ? 4096 : out->room * 2;
        struct link_pair *at = realloc(out->at, room * sizeof *at);

        if (at == NULL)
            return err_set(err, ST_RETRY, "memory", "no memory for %zu pairs",
                           room);
        out->at = at;
        out->room = room;
    }
    out->at[out->n++] = *pair;
    return ST_OK;
}

/* Was the pair found by an earlier key? */
static bool
is_known(const struct search *s, uint32_t a, uint32_t b, size_t key)
{
    unsigned common = 0;

    for (size_t t = 0; t < TOKEN_N; t++)
        if (s->tokens[a][t] != 0 && s->tokens[a][t] == s->tokens[b][t])
            common |= 1u << t;
    for (size_t k = 0; k < key; k++)
        if (s->used[a][k] && (s->keys[k] & common) == s->keys[k])
            return true;
    return false;
}

static enum status
add_pair(struct search *s, uint32_t a, uint32_t b, size_t key, struct err *err)
{
    struct link_pair pair;
    size_t first = s->people->n_first;

    if (first < s->people->n && (a < first) == (b < first))
        return ST_OK;
    if (is_known(s, a, b, key))
        return ST_OK;
    s->out->compared++;
    pair = link_pair_of(s->people, a < b ? a : b, a < b ? b : a);
    return is_worth_it(&pair) ? keep(s->out, &pair, err) : ST_OK;
}

static int
by_hash(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->person < y->person ? -1 : x->person > y->person;
}

static enum status
search_group(struct search *s, const struct entry *group, size_t n, size_t key,
             struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i && rc == ST_OK; j++)
            rc = add_pair(s, group[i].person, group[j].person, key, err);
    for (size_t i = 0; i < n; i++)
        s->used[group[i].person][key] = 1;
    return rc;
}

static enum status
search_key(struct search *s, size_t key, struct err *err)
{
    size_t most = key < TOKEN_N ? LINK_GROUP_ONE : LINK_GROUP_TWO;
    size_t n = 0, to;
    enum status rc = ST_OK;

    for (size_t i = 0; i < s->people->n; i++) {
        uint64_t hash = key_hash(s, i, key);

        if (hash != 0)
            s->entries[n++] =
                (struct entry){ .hash = hash, .person = (uint32_t)i };
    }
    qsort(s->entries, n, sizeof *s->entries, by_hash);
    for (size_t from = 0; rc == ST_OK && from < n; from = to) {
        for (to = from; to < n && s->entries[to].hash == s->entries[from].hash;
             to++)
            ;
        if (to - from > 1 && to - from <= most)
            rc = search_group(s, s->entries + from, to - from, key, err);
    }
    return rc;
}

enum status
link_pairs_find(const struct link_people *people, struct link_pairs *out,
                struct err *err)
{
    struct search s = { .people = people, .out = out };
    enum status rc = ST_OK;

    s.tokens = calloc(people->n + 1, sizeof *s.tokens);
    s.used = calloc(people->n + 1, sizeof *s.used);
    s.entries = calloc(people->n + 1, sizeof *s.entries);
    if (s.tokens == NULL || s.used == NULL || s.entries == NULL)
        rc = err_set(err, ST_RETRY, "memory", "no memory for keys");
    else
        set_tokens(&s);
    for (size_t key = 0; rc == ST_OK && key < KEYS; key++)
        rc = search_key(&s, key, err);
    free(s.tokens);
    free(s.used);
    free(s.entries);
    return rc;
}

void
link_pairs_free(struct link_pairs *pairs)
{
    free(pairs->at);
    *pairs = (struct link_pairs){ .at = NULL };
}
