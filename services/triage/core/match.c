#include "triage/core/match.h"

#include "common/core/check.h"

#include "triage/core/candidates.h"
#include "triage/core/linkage.h"
#include "triage/core/names.h"
#include "triage/core/one_child.h"

#include <string.h>

/* Unborn: expected dates this far apart may be the same child (step 8). */
#define UNBORN_DAYS 28
/* Numbers of a person: NHS number, UPN, LA child id. */
#define NUMBERS 3
#define MOTHER "mother"
/* So many other names are looked at (section 3: at most 10 in a message). */
#define ALIASES_MAX 10
/* An age in years is a birth within these of the estimate, and a mistake. */
#define ESTIMATE_DAYS 730

/* ---- names ---- */

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
    const struct linkage_model *model;
    const struct person *p;
    struct description is; /* its dob is null where only estimated */
    struct str mother;     /* of an unborn child only */
    struct linkage_person weighed;
    bool forms_are_known; /* of `weighed` */
};

struct description
triage_described(struct arena *a, const struct person *p)
{
    return (struct description){
        .forename = triage_forename_norm(a, p->forename),
        .surname = triage_norm(a, p->surname),
        .dob = p->dob_estimated ? DATE_NONE : p->dob,
        .postcode = triage_norm(a, p->postcode),
        .address = triage_address_norm(a, p),
    };
}

static struct message
message_of(struct rows *rows, struct arena *a, const struct person *p)
{
    bool unborn = p->dob == DATE_NONE && p->expected_dob != DATE_NONE;

    return (struct message){
        .rows = rows,
        .a = a,
        .p = p,
        .is = triage_described(a, p),
        .mother = unborn ? triage_mother_norm(a, p) : STR_NULL,
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

bool
triage_is_temporary_upn(struct str upn)
{
    char last;

    if (upn.n == 0)
        return false;
    last = upn.p[upn.n - 1];
    return last < '0' || last > '9';
}

/* The next child whom number `i` of the message belongs to. */
static const struct triage_identifier *
next_owner(const struct message *msg, size_t i, size_t *at)
{
    struct triage_identifier like = number_of(msg->p, i);
    const struct triage_identifier *row;

    if (like.value.p == NULL ||
        (like.kind == IDENTIFIER_UPN && triage_is_temporary_upn(like.value)))
        return NULL;
    do {
        row = rows_next(msg->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_VALUE,
                        &like, at);
    } while (row != NULL && !str_eq(row->la_code, like.la_code));
    return row;
}

static const struct triage_child *
next_of_mother(const struct message *msg, size_t *at)
{
    struct triage_child like = { .mother_norm = msg->mother };

    if (msg->mother.p == NULL)
        return NULL;
    return rows_next(msg->rows, TRIAGE_CHILD, CHILD_BY_MOTHER, &like, at);
}

static void
want_first(const struct message *msg)
{
    struct triage_child like = { .mother_norm = msg->mother };

    if (msg->mother.p != NULL)
        rows_want_group(msg->rows, TRIAGE_CHILD, CHILD_BY_MOTHER, &like);
    triage_blocks_want(msg->rows, &msg->is);
    for (size_t i = 0; i < NUMBERS; i++) {
        struct triage_identifier number = number_of(msg->p, i);

        if (number.value.p != NULL)
            rows_want_group(msg->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_VALUE,
                            &number);
    }
}

static void
want_children(const struct message *msg)
{
    struct ids found = triage_blocks_find(msg->rows, msg->a, &msg->is);
    struct triage_child like = { .dob = DATE_NONE };

    for (size_t i = 0; i < NUMBERS; i++) {
        const struct triage_identifier *owner;
        size_t at = 0;

        while ((owner = next_owner(msg, i, &at)) != NULL) {
            like.child_id = owner->child_id;
            rows_want(msg->rows, TRIAGE_CHILD, &like);
        }
    }
    for (size_t i = 0; i < found.n; i++) {
        like.child_id = found.at[i];
        rows_want(msg->rows, TRIAGE_CHILD, &like);
    }
}

void
triage_match_want(struct rows *rows, struct arena *a, const struct person *p,
                  int round)
{
    struct message msg = message_of(rows, a, p);

    if (round == 0)
        want_first(&msg);
    else if (round == 1)
        want_children(&msg);
}

/* ---- guards ---- */

/* A forename agrees with an alias as well as with the name. */
static bool
forename_similar(const struct message *msg, const struct triage_child *child)
{
    if (triage_is_typo(msg->is.forename, child->forename_norm))
        return true;
    for (size_t i = 0; i < child->aliases.n; i++)
        if (triage_is_typo(msg->is.forename,
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
    return triage_is_typo(msg->is.surname, child->surname_norm) &&
           forename_similar(msg, child);
}

static bool
dob_equal(const struct message *msg, const struct triage_child *child)
{
    return msg->is.dob != DATE_NONE && !child->dob_estimated &&
           msg->is.dob == child->dob;
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

static bool
surname_equal(const struct message *msg, const struct triage_child *child)
{
    return msg->is.surname.p != NULL &&
           str_eq(msg->is.surname, child->surname_norm);
}

/* Forms of one name, or written wrong: what tells no twins apart. */
static bool
is_form(const struct linkage_evidence *e)
{
    return e->level[LINKAGE_GIVEN] == LEVEL_NEAR;
}

/* Known to differ in more than a typing error: what guards ask for. */
static bool
forename_differs(const struct message *msg, const struct triage_child *child,
                 const struct linkage_evidence *e)
{
    return msg->is.forename.p != NULL && child->forename_norm.p != NULL &&
           !is_form(e) && !forename_similar(msg, child);
}

/* Guards of steps 6 and 7 against being the same child; NULL if none speaks. */
static const char *
guard(const struct message *msg, const struct triage_child *child,
      const struct linkage_evidence *e)
{
    if (!surname_equal(msg, child) || !forename_differs(msg, child, e))
        return NULL;
    if (dob_equal(msg, child))
        return "twin";
    if (msg->is.address.p != NULL &&
        str_eq(msg->is.address, child->address_norm) && !child->dob_estimated &&
        !dob_typo(msg->is.dob, child->dob))
        return "sibling";
    return NULL;
}

/* The other half of step 7: may be the twin, may be the child. */
static bool
is_unclear(const struct message *msg, const struct triage_child *child,
           const struct linkage_evidence *e)
{
    return surname_equal(msg, child) && dob_equal(msg, child) &&
           (e->level[LINKAGE_GIVEN] == LEVEL_MISSING ||
            e->level[LINKAGE_SEX] == LEVEL_DIFFERENT);
}

static bool
differs(struct str a, struct str b)
{
    return a.p != NULL && b.p != NULL && !str_eq(a, b);
}

/* Two valid numbers of one kind are two children, whatever else agrees. */
static bool
numbers_conflict(const struct person *p, const struct triage_child *child)
{
    return differs(p->nhs_number, child->nhs_number) ||
           (differs(p->upn, child->upn) && !triage_is_temporary_upn(p->upn));
}

/* ---- weighing ---- */

static struct str
birth_text(struct arena *a, date_d dob)
{
    char text[DATE_TEXT_SIZE];
    char *out;
    size_t n = 0;

    if (dob == DATE_NONE)
        return STR_NULL;
    out = arena_alloc(a, DATE_TEXT_SIZE);
    (void)date_text(dob, text);
    for (const char *p = text; *p != '\0'; p++)
        if (*p != '-')
            out[n++] = *p;
    return (struct str){ .p = out, .n = n };
}

static struct str
sex_text(int sex)
{
    return sex == SEX_M ? STR("m") : sex == SEX_F ? STR("f") : STR_NULL;
}

/* What follows the postcode in triage_address_norm. */
static struct str
street_of(struct str address)
{
    const char *blank =
        address.p == NULL ? NULL : memchr(address.p, ' ', address.n);
    size_t before = blank == NULL ? 0 : (size_t)(blank - address.p) + 1;

    return blank == NULL ? STR_NULL
                         : (struct str){ blank + 1, address.n - before };
}

static struct linkage_person
weighable(const struct message *msg, const struct description *is, int sex,
          struct str school, struct str nhs)
{
    struct linkage_person p = { .numbers_valid = nhs.p != NULL };

    p.at[COLUMN_GIVEN_NAME] = is->forename;
    p.at[COLUMN_SURNAME] = is->surname;
    p.at[COLUMN_BIRTH] = birth_text(msg->a, is->dob);
    p.at[COLUMN_POSTCODE] = is->postcode;
    p.at[COLUMN_ADDRESS_1] = street_of(is->address);
    p.at[COLUMN_SEX] = sex_text(sex);
    p.at[COLUMN_SCHOOL] = school;
    p.at[COLUMN_NHS_NUMBER] = nhs;
    linkage_ready(&p);
    p.rarity[COLUMN_GIVEN_NAME] =
        linkage_name_rarity(&msg->model->given, is->forename);
    p.rarity[COLUMN_SURNAME] =
        linkage_name_rarity(&msg->model->surname, is->surname);
    return p;
}

/* What tells names apart that are alike: needed where they are not equal. */
static void
know_forms(struct linkage_person *p)
{
    linkage_ready_forms(p);
    p->given_is_established =
        p->rarity[COLUMN_GIVEN_NAME] > 0 || p->forms.n > 0;
}

/* The same person under another forename. */
static struct linkage_person
renamed(const struct message *msg, const struct linkage_person *p,
        struct str forename)
{
    struct linkage_person other = *p;

    other.at[COLUMN_GIVEN_NAME] = triage_forename_norm(msg->a, forename);
    linkage_ready(&other);
    other.rarity[COLUMN_GIVEN_NAME] =
        linkage_name_rarity(&msg->model->given, other.at[COLUMN_GIVEN_NAME]);
    know_forms(&other);
    return other;
}

static void
take_better(struct linkage_evidence *best, const struct linkage_evidence *e)
{
    if (e->level[LINKAGE_GIVEN] != LEVEL_MISSING && e->total > best->total)
        *best = *e;
}

/* By the names, or by those that either also goes by. */
static struct linkage_evidence
weigh(struct message *msg, const struct triage_child *child)
{
    struct description is = triage_description(msg->a, child);
    struct linkage_person p =
        weighable(msg, &is, child->sex, child->school_urn, child->nhs_number);
    struct linkage_evidence best;

    if (str_eq(msg->is.forename, is.forename))
        return linkage_compare(msg->model, &msg->weighed, &p);
    if (!msg->forms_are_known)
        know_forms(&msg->weighed);
    msg->forms_are_known = true;
    know_forms(&p);
    best = linkage_compare(msg->model, &msg->weighed, &p);
    for (size_t i = 0; i < child->aliases.n && i < ALIASES_MAX; i++) {
        struct linkage_person other = renamed(msg, &p, child->aliases.at[i]);
        struct linkage_evidence e =
            linkage_compare(msg->model, &msg->weighed, &other);

        take_better(&best, &e);
    }
    for (size_t i = 0; i < msg->p->aliases.n && i < ALIASES_MAX; i++) {
        struct linkage_person other =
            renamed(msg, &msg->weighed, msg->p->aliases.at[i]);
        struct linkage_evidence e = linkage_compare(msg->model, &other, &p);

        take_better(&best, &e);
    }
    return best;
}

/* ---- candidates ---- */

/* A child who might be meant. */
struct candidate {
    const struct triage_child *child;
    struct id survivor; /* rows of one child don't compete */
    bool owns;          /* a number of the message */
    const char *step;   /* of steps 1 to 3 that holds for it, or NULL */
    const char *guard;  /* "twin", "sibling" or NULL */
    bool conflict;
    bool unclear;
    struct linkage_evidence e;
    enum linkage_outcome outcome; /* of step 5 */
};

struct candidates {
    struct candidate *at;
    size_t n;
    size_t room;
};

static struct candidate *
candidate_of(struct message *msg, struct candidates *c, struct id child_id)
{
    struct triage_child like = { .child_id = child_id };
    const struct triage_child *child;

    for (size_t i = 0; i < c->n; i++)
        if (id_eq(c->at[i].child->child_id, child_id))
            return &c->at[i];
    child = rows_get(msg->rows, TRIAGE_CHILD, &like);
    if (child == NULL)
        return NULL;
    if (c->n == c->room) {
        size_t room = c->room == 0 ? MATCH_CANDIDATES_MAX : c->room * 2;
        struct candidate *at = arena_array(msg->a, room, sizeof *at);

        if (c->n > 0)
            memcpy(at, c->at, c->n * sizeof *at);
        c->at = at;
        c->room = room;
    }
    c->at[c->n] = (struct candidate){ .child = child };
    return &c->at[c->n++];
}

/* Dates that are estimated from an age say that little. */
static bool
ages_differ(const struct message *msg, const struct triage_child *child)
{
    date_d apart;

    if (msg->p->dob == DATE_NONE || child->dob == DATE_NONE)
        return false;
    apart = msg->p->dob - child->dob;
    return (msg->p->dob_estimated || child->dob_estimated) &&
           (apart > ESTIMATE_DAYS || apart < -ESTIMATE_DAYS);
}

/* Without a birth there is no telling a child from one called after it. */
static enum linkage_outcome
outcome_of(const struct message *msg, const struct candidate *c)
{
    enum linkage_outcome o = linkage_decide(msg->model, &c->e);

    if (c->guard != NULL || ages_differ(msg, c->child))
        return LINKAGE_NEW;
    if (c->unclear)
        return LINKAGE_REVIEW;
    if (o == LINKAGE_SAME &&
        (c->conflict || c->e.level[LINKAGE_BIRTH] == LEVEL_MISSING))
        return LINKAGE_REVIEW;
    return o;
}

static void
judge(struct message *msg, struct candidate *c)
{
    c->survivor = triage_survivor(msg->rows, c->child->child_id);
    c->e = weigh(msg, c->child);
    c->guard = guard(msg, c->child, &c->e);
    c->unclear = is_unclear(msg, c->child, &c->e);
    c->conflict = numbers_conflict(msg->p, c->child);
    c->outcome = outcome_of(msg, c);
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
        return dob_equal(msg, child) || surname_equal(msg, child);
    }
}

static void
find_owners(struct message *msg, struct candidates *all)
{
    static const char *const steps[NUMBERS] = { "1", "2", "3" };

    for (size_t i = 0; i < NUMBERS; i++) {
        const struct triage_identifier *owner;
        size_t at = 0;

        while ((owner = next_owner(msg, i, &at)) != NULL) {
            struct candidate *c = candidate_of(msg, all, owner->child_id);

            if (c == NULL)
                continue;
            c->owns = true;
            if (c->step == NULL && confirms(msg, i, c->child))
                c->step = steps[i];
        }
    }
}

static struct candidates
find_all(struct message *msg)
{
    struct candidates all = { .n = 0 };
    struct ids found = triage_blocks_find(msg->rows, msg->a, &msg->is);

    msg->weighed = weighable(msg, &msg->is, msg->p->sex, msg->p->school_urn,
                             msg->p->nhs_number);
    find_owners(msg, &all);
    for (size_t i = 0; i < found.n; i++)
        (void)candidate_of(msg, &all, found.at[i]);
    for (size_t i = 0; i < all.n; i++)
        judge(msg, &all.at[i]);
    return all;
}

/* ---- what is kept of it ---- */

static struct str
id_str(struct arena *a, struct id id)
{
    char text[ID_TEXT_SIZE];

    return arena_str(a, str_of(id_text(id, text)));
}

static void
tell(const struct message *msg, const struct candidate *c, struct match *out)
{
    const struct linkage_evidence *e = &c->e;
    struct str *at = arena_array(msg->a, LINKAGE_N + 3, sizeof *at);
    size_t n = 0;

    if (out->status != MATCH_MATCHED)
        at[n++] = arena_printf(msg->a, "candidate=%.*s",
                               STR_ARG(id_str(msg->a, c->child->child_id)));
    for (size_t f = 0; f < LINKAGE_N; f++)
        if (e->level[f] != LEVEL_MISSING)
            at[n++] =
                arena_printf(msg->a, "%s=%s %+d", linkage_fields[f],
                             linkage_levels[e->level[f]], (int)e->weight[f]);
    at[n++] = arena_printf(msg->a, "prior=%d", (int)msg->model->prior);
    if (c->conflict)
        at[n++] = STR("guard=conflict");
    else if (c->guard != NULL)
        at[n++] = arena_printf(msg->a, "guard=%s", c->guard);
    else if (e->guard != GUARD_NONE)
        at[n++] = arena_printf(msg->a, "guard=%s", linkage_guards[e->guard]);
    out->weight = e->total;
    out->evidence = (struct texts){ .at = at, .n = n };
}

static bool
is_likelier(const struct candidate *a, const struct candidate *b)
{
    if (a->e.total != b->e.total)
        return a->e.total > b->e.total;
    return id_cmp(a->child->child_id, b->child->child_id) < 0;
}

/* Candidates that `takes` holds for, likeliest first; NULL: all. */
static size_t
pick(const struct message *msg, const struct candidates *all,
     bool (*takes)(const struct candidate *c), const struct candidate ***out)
{
    const struct candidate **at = arena_array(msg->a, all->n + 1, sizeof *at);
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        size_t to = n;

        if (takes != NULL && !takes(&all->at[i]))
            continue;
        for (n++; to > 0 && is_likelier(&all->at[i], at[to - 1]); to--)
            at[to] = at[to - 1];
        at[to] = &all->at[i];
    }
    *out = at;
    return n;
}

static bool
owns(const struct candidate *c)
{
    return c->owns;
}

static bool
may_be(const struct candidate *c)
{
    return c->outcome != LINKAGE_NEW;
}

/* A person looks at `n` of them. */
static struct match
review(const struct message *msg, const struct candidate *const *c, size_t n,
       const char *step)
{
    struct str *ids = arena_array(msg->a, n, sizeof *ids);
    struct match m = { .status = MATCH_REVIEW, .step = str_of(step) };

    if (n > MATCH_CANDIDATES_MAX)
        n = MATCH_CANDIDATES_MAX;
    for (size_t i = 0; i < n; i++)
        ids[i] = id_str(msg->a, c[i]->child->child_id);
    m.candidates = (struct texts){ .at = ids, .n = n };
    tell(msg, c[0], &m);
    return m;
}

static struct match
matched(const struct message *msg, const struct candidate *c, const char *step)
{
    struct match m = { .status = MATCH_MATCHED,
                       .step = str_of(step),
                       .child_id = c->child->child_id };

    tell(msg, c, &m);
    return m;
}

/* ---- deciding ---- */

/* Which step speaks against what a number says, NULL if none. */
static const char *
against(const struct candidate *const *owners, size_t n)
{
    const char *step = NULL;
    bool agreed = false;

    for (size_t i = 0; i < n; i++) {
        agreed |= owners[i]->step != NULL;
        if (!id_eq(owners[i]->survivor, owners[0]->survivor) ||
            owners[i]->conflict)
            return "4";
        if (owners[i]->guard != NULL)
            step = "6";
    }
    return agreed ? step : "4";
}

/*
 * Steps 1 to 4. A number alone proves nothing, and one that belongs to a child
 * with another name and birth was typed for somebody else: a person looks.
 */
static bool
match_by_numbers(const struct message *msg, const struct candidates *all,
                 struct match *out)
{
    const struct candidate **c;
    size_t n = pick(msg, all, owns, &c);
    const char *no;

    if (n == 0)
        return false;
    no = against(c, n);
    if (no != NULL) {
        *out = review(msg, c, n, no);
        return true;
    }
    for (size_t i = 0; i < n; i++)
        if (c[i]->step != NULL) {
            *out = matched(msg, c[i], c[i]->step);
            break;
        }
    return true;
}

/* Step 5, of those whom no guard has taken out. */
static bool
match_by_weight(const struct message *msg, const struct candidates *all,
                struct match *out)
{
    const struct candidate **c;
    size_t n = pick(msg, all, may_be, &c);
    bool sure = n > 0 && c[0]->outcome == LINKAGE_SAME;

    for (size_t i = 1; sure && i < n; i++)
        sure = id_eq(c[i]->survivor, c[0]->survivor) ||
               c[0]->e.total - c[i]->e.total >= LINKAGE_LEAD;
    if (n > 0)
        *out = sure ? matched(msg, c[0], "5")
                    : review(msg, c, n, c[0]->unclear ? "7" : "5");
    return n > 0;
}

/* Steps 6 and 7: a child of its own, beside the one that it is kin to. */
static bool
match_kin(const struct message *msg, const struct candidates *all,
          struct match *out)
{
    const struct candidate **c;
    size_t n = pick(msg, all, NULL, &c);
    const struct candidate *kin = NULL;

    for (size_t i = 0; i < n; i++)
        if (c[i]->guard != NULL &&
            (kin == NULL || (strcmp(c[i]->guard, "twin") == 0 &&
                             strcmp(kin->guard, "twin") != 0)))
            kin = c[i];
    if (kin == NULL)
        return false;
    *out = (struct match){
        .status = MATCH_NEW,
        .step = str_of(strcmp(kin->guard, "twin") == 0 ? "7" : "6"),
        .linked_id = kin->child->child_id,
        .link = str_of(kin->guard),
    };
    tell(msg, kin, out);
    return true;
}

static bool
match_unborn(const struct message *msg, struct match *out)
{
    struct str *ids = arena_array(msg->a, MATCH_CANDIDATES_MAX, sizeof *ids);
    const struct triage_child *child;
    size_t n = 0, at = 0;

    while (n < MATCH_CANDIDATES_MAX &&
           (child = next_of_mother(msg, &at)) != NULL) {
        date_d apart = child->expected_dob - msg->p->expected_dob;

        if (child->expected_dob != DATE_NONE && apart >= -UNBORN_DAYS &&
            apart <= UNBORN_DAYS)
            ids[n++] = id_str(msg->a, child->child_id);
    }
    if (n == 0)
        return false;
    *out = (struct match){
        .status = MATCH_REVIEW,
        .step = STR("8"),
        .weight = I32_NONE,
        .candidates = { .at = ids, .n = n },
    };
    return true;
}

bool
triage_match_foresee(struct rows *rows, struct arena *a,
                     const struct linkage_model *model, const struct person *p,
                     struct id *child_id)
{
    struct message msg = message_of(rows, a, p);
    struct ids found = triage_blocks_find(rows, a, &msg.is);
    struct match m;
    size_t n = 0;

    for (size_t i = 0; i < found.n; i++) {
        struct triage_child like = { .child_id = found.at[i] };
        const struct triage_child *c = rows_get(rows, TRIAGE_CHILD, &like);

        if (c != NULL && dob_equal(&msg, c) && surname_equal(&msg, c) &&
            str_eq(msg.is.forename, c->forename_norm)) {
            *child_id = c->child_id;
            n++;
        }
    }
    if (n == 1)
        return true;
    m = triage_match(rows, a, model, p);
    *child_id = m.child_id;
    return m.status == MATCH_MATCHED;
}

/* Nobody; the likeliest that was looked at is told all the same. */
static struct match
nobody(const struct message *msg, const struct candidates *all)
{
    struct match m = { .status = MATCH_NEW,
                       .step = STR("5"),
                       .weight = I32_NONE };
    const struct candidate **c;

    if (pick(msg, all, NULL, &c) > 0)
        tell(msg, c[0], &m);
    return m;
}

struct match
triage_match(struct rows *rows, struct arena *a,
             const struct linkage_model *model, const struct person *p)
{
    struct message msg = message_of(rows, a, p);
    struct candidates all;
    struct match m;

    msg.model = model;
    all = find_all(&msg);
    if (match_by_numbers(&msg, &all, &m) || match_by_weight(&msg, &all, &m) ||
        match_kin(&msg, &all, &m) || match_unborn(&msg, &m))
        return m;
    return nobody(&msg, &all);
}

bool
triage_doubts(struct rows *rows, struct arena *a,
              const struct linkage_model *model, const struct person *p,
              struct id child_id, struct match *out)
{
    struct message msg = message_of(rows, a, p);
    struct id survivor = triage_survivor(rows, child_id);
    struct candidates all;
    const struct candidate **c;
    const struct candidate **others;
    size_t n, n_others = 0;

    msg.model = model;
    all = find_all(&msg);
    n = pick(&msg, &all, owns, &c);
    others = arena_array(a, all.n + 1, sizeof *others);
    for (size_t i = 0; i < n; i++)
        if (!id_eq(c[i]->survivor, survivor))
            others[n_others++] = c[i];
    if (n_others == 0)
        return false;
    *out = review(&msg, others, n_others, "4");
    out->child_id = child_id;
    return true;
}
