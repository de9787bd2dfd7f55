#include "triage/core/match.h"

#include <string.h>

/* Unborn: expected dates this far apart may be the same child (step 8). */
#define UNBORN_DAYS 28
/* Shorter names have no room for a typing error. */
#define TYPO_MIN_CHARS 4
/* Numbers of a person: NHS number, UPN, LA child id. */
#define NUMBERS 3
#define MOTHER "mother"

/* ---- names ---- */

/* U+00C0..U+00FF without their accents; a blank is dropped. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiii"
                            "dnooooo ouuuuyty";

/* One letter of a name at s.p[*i], 0 for what doesn't count. */
static char
norm_char(struct str s, size_t *i)
{
    unsigned char c = (unsigned char)s.p[(*i)++];

    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return (char)c;
    if (c == 0xc3 && *i < s.n) { /* two bytes: U+00C0..U+00FF */
        char plain = latin[(unsigned char)s.p[(*i)++] & 0x3f];

        return plain == ' ' ? 0 : plain;
    }
    return c >= 0x80 ? (char)c : 0;
}

struct str
triage_norm(struct arena *a, struct str name)
{
    char *p;
    size_t n = 0;

    if (name.p == NULL)
        return STR_NULL;
    p = arena_alloc(a, name.n + 1);
    for (size_t i = 0; i < name.n;) {
        char c = norm_char(name, &i);

        if (c != 0)
            p[n++] = c;
    }
    return n == 0 ? STR_NULL : (struct str){ .p = p, .n = n };
}

/* Do the rests behind the first difference agree? */
static bool
rest_eq(struct str a, size_t from_a, struct str b, size_t from_b)
{
    if (from_a > a.n || from_b > b.n || a.n - from_a != b.n - from_b)
        return false;
    return memcmp(a.p + from_a, b.p + from_b, a.n - from_a) == 0;
}

bool
triage_is_typo(struct str a, struct str b)
{
    size_t i = 0;

    if (a.p == NULL || b.p == NULL)
        return false;
    if (str_eq(a, b))
        return true;
    if (a.n < TYPO_MIN_CHARS || b.n < TYPO_MIN_CHARS)
        return false;
    while (i < a.n && i < b.n && a.p[i] == b.p[i])
        i++;
    if (rest_eq(a, i + 1, b, i + 1) || rest_eq(a, i + 1, b, i) ||
        rest_eq(a, i, b, i + 1))
        return true;
    return i + 1 < a.n && i + 1 < b.n && a.p[i] == b.p[i + 1] &&
           a.p[i + 1] == b.p[i] && rest_eq(a, i + 2, b, i + 2);
}

struct str
triage_address_norm(struct arena *a, const struct person *p)
{
    struct str address = triage_norm(a, p->address);
    struct str postcode = triage_norm(a, p->postcode);

    if (address.p == NULL || postcode.p == NULL)
        return STR_NULL;
    return arena_printf(a, "%.*s %.*s", STR_ARG(postcode), STR_ARG(address));
}

struct str
triage_mother_norm(struct arena *a, const struct person *p)
{
    const struct person_member *m = p->household.at;

    for (size_t i = 0; i < p->household.n; i++)
        if (str_is(triage_norm(a, m[i].relationship), MOTHER))
            return triage_norm(a, m[i].name);
    return STR_NULL;
}

/* ---- what the message says ---- */

struct message {
    struct rows *rows;
    struct arena *a;
    const struct person *p;
    struct str forename;
    struct str surname;
    struct str address;
    struct str mother; /* of an unborn child only */
    date_d dob;        /* DATE_NONE where only estimated */
};

/* "Baby Smith" has no forename yet. */
static struct str
forename_of(struct arena *a, struct str name)
{
    struct str norm = triage_norm(a, name);

    return str_is(norm, "baby") ? STR_NULL : norm;
}

static struct message
message_of(struct rows *rows, struct arena *a, const struct person *p)
{
    bool unborn = p->dob == DATE_NONE && p->expected_dob != DATE_NONE;

    return (struct message){
        .rows = rows,
        .a = a,
        .p = p,
        .forename = forename_of(a, p->forename),
        .surname = triage_norm(a, p->surname),
        .address = triage_address_norm(a, p),
        .mother = unborn ? triage_mother_norm(a, p) : STR_NULL,
        .dob = p->dob_estimated ? DATE_NONE : p->dob,
    };
}

/* The numbers in the order of steps 1 to 3; a missing one has a null value. */
static struct triage_identifier
number_of(const struct person *p, size_t i)
{
    const struct triage_identifier numbers[NUMBERS] = {
        { .kind = IDENTIFIER_NHS, .value = p->nhs_number, .la_code = STR("") },
        { .kind = IDENTIFIER_UPN, .value = p->upn, .la_code = STR("") },
        { .kind = IDENTIFIER_LA,
          .value = p->la_code.p == NULL ? STR_NULL : p->la_child_id,
          .la_code = p->la_code },
    };

    return numbers[i];
}

/* A temporary UPN ends in a letter and says nothing (step 2). */
static bool
is_temporary(const struct triage_identifier *number)
{
    char last;

    if (number->kind != IDENTIFIER_UPN || number->value.n == 0)
        return false;
    last = number->value.p[number->value.n - 1];
    return last < '0' || last > '9';
}

static struct triage_child
like_of(const struct message *msg)
{
    return (struct triage_child){
        .surname_norm = msg->surname,
        .dob = msg->dob,
        .address_norm = msg->address,
        .mother_norm = msg->mother,
    };
}

/* Can the message be looked up by this index at all? */
static bool
has_index(const struct message *msg, int index)
{
    switch (index) {
    case CHILD_BY_BIRTH:
        return msg->surname.p != NULL && msg->dob != DATE_NONE;
    case CHILD_BY_ADDRESS:
        return msg->surname.p != NULL && msg->address.p != NULL;
    default:
        return msg->mother.p != NULL;
    }
}

static const struct triage_child *
next_child(const struct message *msg, int index, size_t *at)
{
    struct triage_child like = like_of(msg);

    if (!has_index(msg, index))
        return NULL;
    return rows_next(msg->rows, TRIAGE_CHILD, index, &like, at);
}

/* The next child whom number `i` of the message belongs to. */
static const struct triage_identifier *
next_owner(const struct message *msg, size_t i, size_t *at)
{
    struct triage_identifier like = number_of(msg->p, i);
    const struct triage_identifier *row;

    if (like.value.p == NULL || is_temporary(&like))
        return NULL;
    do {
        row = rows_next(msg->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_VALUE,
                        &like, at);
    } while (row != NULL && !str_eq(row->la_code, like.la_code));
    return row;
}

static void
want_first(const struct message *msg)
{
    struct triage_child like = like_of(msg);

    for (int index = CHILD_BY_BIRTH; index <= CHILD_BY_MOTHER; index++)
        if (has_index(msg, index))
            rows_want_group(msg->rows, TRIAGE_CHILD, index, &like);
    for (size_t i = 0; i < NUMBERS; i++) {
        struct triage_identifier number = number_of(msg->p, i);

        if (number.value.p != NULL)
            rows_want_group(msg->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_VALUE,
                            &number);
    }
}

void
triage_match_want(struct rows *rows, struct arena *a, const struct person *p,
                  int round)
{
    struct message msg = message_of(rows, a, p);
    struct triage_child like = { .dob = DATE_NONE };
    size_t at = 0;

    if (round == 0)
        want_first(&msg);
    while (round == 1 &&
           triage_match_candidate(rows, a, p, &at, &like.child_id))
        rows_want(rows, TRIAGE_CHILD, &like);
}

bool
triage_match_candidate(struct rows *rows, struct arena *a,
                       const struct person *p, size_t *at, struct id *child_id)
{
    struct message msg = message_of(rows, a, p);
    size_t n = 0;

    for (size_t i = 0; i < NUMBERS; i++) {
        const struct triage_identifier *owner;
        size_t walk = 0;

        while ((owner = next_owner(&msg, i, &walk)) != NULL) {
            if (n++ < *at)
                continue;
            *at = n;
            *child_id = owner->child_id;
            return true;
        }
    }
    for (int index = CHILD_BY_BIRTH; index <= CHILD_BY_MOTHER; index++) {
        const struct triage_child *child;
        size_t walk = 0;

        while ((child = next_child(&msg, index, &walk)) != NULL) {
            if (n++ < *at)
                continue;
            *at = n;
            *child_id = child->child_id;
            return true;
        }
    }
    return false;
}

/* ---- comparing ---- */

/* A forename agrees with an alias as well as with the name. */
static bool
forename_similar(const struct message *msg, const struct triage_child *child)
{
    if (triage_is_typo(msg->forename, child->forename_norm))
        return true;
    for (size_t i = 0; i < child->aliases.n; i++)
        if (triage_is_typo(msg->forename,
                           triage_norm(msg->a, child->aliases.at[i])))
            return true;
    for (size_t i = 0; i < msg->p->aliases.n; i++)
        if (triage_is_typo(triage_norm(msg->a, msg->p->aliases.at[i]),
                           child->forename_norm))
            return true;
    return false;
}

static bool
names_similar(const struct message *msg, const struct triage_child *child)
{
    return triage_is_typo(msg->surname, child->surname_norm) &&
           forename_similar(msg, child);
}

static bool
dob_equal(const struct message *msg, const struct triage_child *child)
{
    return msg->dob != DATE_NONE && !child->dob_estimated &&
           msg->dob == child->dob;
}

/* Digits of two dates that differ; one, or two swapped, is a typing error. */
static bool
dob_typo(date_d a, date_d b)
{
    char ta[DATE_TEXT_SIZE];
    char tb[DATE_TEXT_SIZE];

    if (a == DATE_NONE || b == DATE_NONE)
        return true; /* nothing shows that they differ */
    return triage_is_typo(str_of(date_text(a, ta)), str_of(date_text(b, tb)));
}

/* Known to differ in more than a typing error: what guards ask for. */
static bool
forename_differs(const struct message *msg, const struct triage_child *child)
{
    return msg->forename.p != NULL && child->forename_norm.p != NULL &&
           !forename_similar(msg, child);
}

static bool
sex_differs(const struct message *msg, const struct triage_child *child)
{
    bool known = (msg->p->sex == SEX_M || msg->p->sex == SEX_F) &&
                 (child->sex == SEX_M || child->sex == SEX_F);

    return known && msg->p->sex != child->sex;
}

/* Guards of steps 6 and 7 against being the same child; NULL if none speaks. */
static const char *
guard(const struct message *msg, const struct triage_child *child)
{
    bool same_surname =
        msg->surname.p != NULL && str_eq(msg->surname, child->surname_norm);

    if (!same_surname || !forename_differs(msg, child))
        return NULL;
    if (dob_equal(msg, child))
        return "twin";
    if (msg->address.p != NULL && str_eq(msg->address, child->address_norm) &&
        !child->dob_estimated && !dob_typo(msg->dob, child->dob))
        return "sibling";
    return NULL;
}

/* ---- deciding ---- */

/* Children who might be meant, each once. */
struct candidates {
    struct id *at;
    size_t n;
};

static void
add_candidate(struct message *msg, struct candidates *c, struct id child_id)
{
    struct id *at;

    for (size_t i = 0; i < c->n; i++)
        if (id_eq(c->at[i], child_id))
            return;
    at = arena_array(msg->a, c->n + 1, sizeof *at);
    if (c->n > 0)
        memcpy(at, c->at, c->n * sizeof *at);
    at[c->n] = child_id;
    *c = (struct candidates){ .at = at, .n = c->n + 1 };
}

static struct match
review(struct message *msg, const struct candidates *c, struct str step)
{
    struct str *ids = arena_array(msg->a, c->n, sizeof *ids);
    char text[ID_TEXT_SIZE];

    for (size_t i = 0; i < c->n; i++)
        ids[i] = arena_str(msg->a, str_of(id_text(c->at[i], text)));
    return (struct match){ .status = MATCH_REVIEW,
                           .step = step,
                           .candidates = { .at = ids, .n = c->n } };
}

static const struct triage_child *
child_of(const struct message *msg, struct id child_id)
{
    struct triage_child like = { .child_id = child_id };

    return rows_get(msg->rows, TRIAGE_CHILD, &like);
}

/* Does what else is known agree with number `i` (steps 1 to 3)? */
static bool
confirms(const struct message *msg, size_t i, const struct triage_child *child)
{
    switch (number_of(msg->p, i).kind) {
    case IDENTIFIER_NHS:
        return dob_equal(msg, child) || names_similar(msg, child);
    case IDENTIFIER_UPN:
        return dob_equal(msg, child);
    default:
        return dob_equal(msg, child) ||
               (msg->surname.p != NULL &&
                str_eq(msg->surname, child->surname_norm));
    }
}

/*
 * Steps 1 to 4. A number alone proves nothing, and one that belongs to a child
 * with another name and birth was typed for somebody else: a person looks.
 */
static bool
match_by_numbers(struct message *msg, struct match *out)
{
    static const char *const steps[NUMBERS] = { "1", "2", "3" };
    struct candidates owners = { .n = 0 };
    const char *step = NULL;
    bool guarded = false;

    for (size_t i = 0; i < NUMBERS; i++) {
        const struct triage_identifier *owner;
        size_t at = 0;

        while ((owner = next_owner(msg, i, &at)) != NULL) {
            const struct triage_child *child = child_of(msg, owner->child_id);

            if (child == NULL)
                continue;
            add_candidate(msg, &owners, child->child_id);
            guarded |= guard(msg, child) != NULL;
            if (step == NULL && confirms(msg, i, child))
                step = steps[i];
        }
    }
    if (owners.n == 0)
        return false;
    if (owners.n > 1 || step == NULL)
        *out = review(msg, &owners, STR("4"));
    else if (guarded)
        *out = review(msg, &owners, STR("6"));
    else
        *out = (struct match){ .status = MATCH_MATCHED,
                               .step = str_of(step),
                               .child_id = owners.at[0] };
    return true;
}

/* Same surname and birth: twin, the child itself (step 5), or unclear. */
static bool
match_by_birth(struct message *msg, struct match *out)
{
    struct candidates same = { .n = 0 };
    struct candidates unclear = { .n = 0 };
    const struct triage_child *child;
    const struct triage_child *twin = NULL;
    size_t at = 0;

    while ((child = next_child(msg, CHILD_BY_BIRTH, &at)) != NULL) {
        if (child->dob_estimated)
            continue;
        if (guard(msg, child) != NULL)
            twin = child;
        else if (msg->forename.p != NULL && !sex_differs(msg, child) &&
                 str_eq(msg->forename, child->forename_norm))
            add_candidate(msg, &same, child->child_id);
        else
            add_candidate(msg, &unclear, child->child_id);
    }
    if (same.n == 1) {
        *out = (struct match){ .status = MATCH_MATCHED,
                               .step = STR("5"),
                               .child_id = same.at[0] };
        return true;
    }
    if (same.n > 1 || unclear.n > 0) {
        *out = review(msg, same.n > 1 ? &same : &unclear, STR("7"));
        return true;
    }
    if (twin != NULL)
        *out = (struct match){ .status = MATCH_NEW,
                               .step = STR("7"),
                               .linked_id = twin->child_id,
                               .link = STR("twin") };
    return twin != NULL;
}

static bool
match_by_address(struct message *msg, struct match *out)
{
    const struct triage_child *child;
    size_t at = 0;

    while ((child = next_child(msg, CHILD_BY_ADDRESS, &at)) != NULL) {
        if (guard(msg, child) == NULL)
            continue;
        *out = (struct match){ .status = MATCH_NEW,
                               .step = STR("6"),
                               .linked_id = child->child_id,
                               .link = STR("sibling") };
        return true;
    }
    return false;
}

static bool
match_unborn(struct message *msg, struct match *out)
{
    struct candidates same = { .n = 0 };
    const struct triage_child *child;
    size_t at = 0;

    while ((child = next_child(msg, CHILD_BY_MOTHER, &at)) != NULL) {
        date_d apart = child->expected_dob - msg->p->expected_dob;

        if (child->expected_dob != DATE_NONE && apart >= -UNBORN_DAYS &&
            apart <= UNBORN_DAYS)
            add_candidate(msg, &same, child->child_id);
    }
    if (same.n > 0)
        *out = review(msg, &same, STR("8"));
    return same.n > 0;
}

struct match
triage_match(struct rows *rows, struct arena *a, const struct person *p)
{
    struct message msg = message_of(rows, a, p);
    struct match m = { .status = MATCH_NEW, .step = STR("5") };

    if (match_by_numbers(&msg, &m) || match_by_birth(&msg, &m) ||
        match_by_address(&msg, &m) || match_unborn(&msg, &m))
        return m;
    return m;
}
