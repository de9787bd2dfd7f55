#include "triage/core/told.h"

#include "triage/core/match.h"
#include "triage/core/names.h"

/* ---- the row ------------------------------------------------------------- */

struct triage_told
triage_told_row(struct arena *a, const struct triage_child *child,
                const struct telling *telling)
{
    const struct person *p = telling->person;
    struct triage_told told;

    fields_clear(&triage_tables[TRIAGE_TOLD].fields, &told);
    told.child_id = telling->child_id;
    told.nth = child->tellings + 1;
    told.notification_id = telling->notification_id;
    told.over = telling->over;
    told.forename = p->forename;
    told.surname = p->surname;
    told.aliases = p->aliases;
    told.dob = p->dob;
    told.dob_estimated = p->dob_estimated;
    told.expected_dob = p->expected_dob;
    told.mother_norm =
        p->dob == DATE_NONE ? triage_mother_norm(a, p) : STR_NULL;
    told.sex = p->sex;
    told.ethnicity = p->ethnicity;
    told.disability = p->disability;
    told.sen = p->sen;
    told.nhs_number = p->nhs_number;
    told.upn = p->upn;
    told.la_child_id = p->la_child_id;
    told.la_code = p->la_code;
    told.postcode = p->postcode;
    told.address = p->address;
    told.school_urn = p->school_urn;
    told.looked_after_by = p->looked_after_by;
    return told;
}

/* ---- what a child gets of it --------------------------------------------- */

static void
add_text(struct str *kept, struct str told, bool over)
{
    if (told.p != NULL && (kept->p == NULL || over))
        *kept = told;
}

/* Another forename than ours is one more name that it goes by. */
static void
add_alias(struct arena *a, struct triage_child *c, struct str name)
{
    struct str *at;

    if (str_eq(name, c->forename) || triage_forename_norm(a, name).p == NULL)
        return;
    for (size_t i = 0; i < c->aliases.n; i++)
        if (str_eq(c->aliases.at[i], name))
            return;
    at = arena_array(a, c->aliases.n + 1, sizeof *at);
    for (size_t i = 0; i < c->aliases.n; i++)
        at[i] = c->aliases.at[i];
    at[c->aliases.n] = name;
    c->aliases = (struct texts){ .at = at, .n = c->aliases.n + 1 };
}

/* Names stay as first told, unless this notification made the child. */
static void
add_names(struct arena *a, struct triage_child *c, const struct triage_told *t)
{
    bool named = triage_forename_norm(a, t->forename).p != NULL;

    add_text(&c->forename, t->forename,
             t->over || (c->forename_norm.p == NULL && named));
    add_text(&c->surname, t->surname, t->over);
    add_alias(a, c, t->forename);
    for (size_t i = 0; i < t->aliases.n; i++)
        add_alias(a, c, t->aliases.at[i]);
    c->forename_norm = triage_forename_norm(a, c->forename);
    c->surname_norm = triage_norm(a, c->surname);
}

static void
add_birth(struct triage_child *c, const struct triage_told *t)
{
    if (t->dob != DATE_NONE && (c->dob == DATE_NONE || t->over ||
                                (c->dob_estimated && !t->dob_estimated))) {
        c->dob = t->dob;
        c->dob_estimated = t->dob_estimated;
    }
    if (t->expected_dob != DATE_NONE)
        c->expected_dob = t->expected_dob;
    c->mother_norm = c->dob == DATE_NONE && c->expected_dob != DATE_NONE
                         ? t->mother_norm
                         : STR_NULL;
}

/* Where it lives and learns is as last told. */
static void
add_rest(struct arena *a, struct triage_child *c, const struct triage_told *t)
{
    const struct person lives = { .address = t->address,
                                  .postcode = t->postcode };

    add_text(&c->postcode, t->postcode, true);
    add_text(&c->address, t->address, true);
    add_text(&c->address_norm, triage_address_norm(a, &lives), true);
    add_text(&c->school_urn, t->school_urn, true);
    add_text(&c->looked_after_by, t->looked_after_by, true);
    add_text(&c->la_child_id, t->la_child_id, false);
    if (t->sex != 0 && (c->sex == 0 || c->sex == SEX_U))
        c->sex = t->sex;
    if (t->ethnicity != 0 &&
        (c->ethnicity == 0 || t->ethnicity != ETHNICITY_NOBT))
        c->ethnicity = t->ethnicity;
    if (t->disability != 0)
        c->disability = t->disability;
    if (t->sen != TRI_UNKNOWN)
        c->sen = t->sen;
}

/* Numbers as first told, of which no second one may differ. */
static void
add_numbers(struct triage_child *c, const struct triage_told *t)
{
    add_text(&c->nhs_number, t->nhs_number, t->over);
    if (!triage_is_temporary_upn(t->upn))
        add_text(&c->upn, t->upn, t->over);
}

void
triage_told_add(struct arena *a, struct triage_child *child,
                const struct triage_told *told)
{
    add_names(a, child, told);
    add_birth(child, told);
    add_rest(a, child, told);
    add_numbers(child, told);
    child->told_by++;
    child->tellings = told->nth;
}

/* ---- taking one back ----------------------------------------------------- */

void
triage_told_want(struct rows *rows, struct id child_id)
{
    struct triage_told like = { .child_id = child_id };

    rows_want_group(rows, TRIAGE_TOLD, TOLD_BY_CHILD, &like);
}

const struct triage_told *
triage_told_by(struct rows *rows, struct id child_id, struct id notification_id)
{
    struct triage_told like = { .child_id = child_id };
    const struct triage_told *told;
    size_t at = 0;

    while ((told = rows_next(rows, TRIAGE_TOLD, TOLD_BY_CHILD, &like, &at)) !=
           NULL)
        if (id_eq(told->notification_id, notification_id))
            return told;
    return NULL;
}

struct triage_child
triage_told_without(struct rows *rows, struct arena *a,
                    const struct triage_child *child, struct id notification_id)
{
    struct triage_told like = { .child_id = child->child_id };
    const struct triage_told *told;
    struct triage_child left;
    size_t at = 0;

    fields_clear(&triage_tables[TRIAGE_CHILD].fields, &left);
    left.child_id = child->child_id;
    left.first_seen_at = child->first_seen_at;
    left.merged_into = child->merged_into;
    left.joined = child->joined;
    left.told_by = 0;
    while ((told = rows_next(rows, TRIAGE_TOLD, TOLD_BY_CHILD, &like, &at)) !=
           NULL)
        if (!id_eq(told->notification_id, notification_id))
            triage_told_add(a, &left, told);
    left.tellings = child->tellings;
    return left;
}

/* A null value is no text, and equal to none. */
static bool
tells(const struct triage_told *t, const struct triage_identifier *number)
{
    switch (number->kind) {
    case IDENTIFIER_NHS:
        return str_eq(t->nhs_number, number->value);
    case IDENTIFIER_UPN:
        return str_eq(t->upn, number->value);
    default:
        return str_eq(t->la_child_id, number->value) &&
               str_eq(t->la_code, number->la_code);
    }
}

bool
triage_told_number(struct rows *rows, const struct triage_identifier *number,
                   struct id notification_id)
{
    struct triage_told like = { .child_id = number->child_id };
    const struct triage_told *told;
    size_t at = 0;

    while ((told = rows_next(rows, TRIAGE_TOLD, TOLD_BY_CHILD, &like, &at)) !=
           NULL)
        if (!id_eq(told->notification_id, notification_id) &&
            tells(told, number))
            return true;
    return false;
}
