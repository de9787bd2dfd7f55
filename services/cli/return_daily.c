/* The DfE's daily feed: batches of what changed since the last that was sent.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/return_file.h"
#include "cli/return_state.h"
#include "cli/returns.h"
#include "common/adapters/json.h"

/* What would be sent of a child. */
struct content {
    const struct return_child *of;
    struct str details; /* JSON */
    struct episode *episodes;
};

struct day {
    const struct return_source *src;
    struct content *contents;   /* of each child that has an episode */
    struct return_state now;    /* likewise */
    struct return_state before; /* what was sent */
    struct daily_change *changes;
    size_t n_changes;
    int64_t turn;
};

/* ---- contents ----------------------------------------------------------- */

static void
put_date(struct json_out *o, const char *key, date_d d)
{
    char text[DATE_TEXT_SIZE];

    if (d != DATE_NONE)
        json_out_kcstr(o, key, date_text(d, text));
}

static void
put_text(struct json_out *o, const char *key, struct str text)
{
    if (text.p != NULL)
        json_out_kstr(o, key, text);
}

static void
put_id(struct json_out *o, const char *key, struct id id)
{
    char text[ID_TEXT_SIZE];

    json_out_kcstr(o, key, id_text(id, text));
}

static struct str
details_of(struct arena *arena, const struct return_child *c)
{
    struct json_out o;

    json_out_init(&o, arena);
    json_out_object(&o);
    put_text(&o, "unique_pupil_number", c->upn);
    put_text(&o, "first_name", c->forename);
    put_text(&o, "surname", c->surname);
    put_date(&o, "date_of_birth", c->dob);
    put_date(&o, "expected_date_of_birth", c->expected_dob);
    json_out_kcstr(&o, "sex",
                   codes_word(&codes_sex, c->sex == 0 ? SEX_U : c->sex));
    json_out_kcstr(
        &o, "ethnicity",
        codes_word(&codes_ethnicity,
                   c->ethnicity == 0 ? ETHNICITY_NOBT : c->ethnicity));
    if (c->disability != 0) {
        json_out_key(&o, "disabilities");
        json_out_array(&o);
        for (int v = 1; v <= codes_disability.n; v++)
            if ((c->disability & SET_BIT(v)) != 0)
                json_out_str(&o, str_of(codes_word(&codes_disability, v)));
        json_out_array_end(&o);
    }
    put_text(&o, "postcode", c->postcode);
    json_out_kbool(&o, "purge", false);
    json_out_object_end(&o);
    return json_out_text(&o);
}

/* The lists of an episode, as the feed names them and their items' ids. */
static const struct {
    const char *list, *id;
} names[DAILY_LISTS] = {
    [DAILY_ASSESSMENTS] = { "child_and_family_assessments",
                            "child_and_family_assessment_id" },
    [DAILY_CIN_PLANS] = { "child_in_need_plans", "child_in_need_plan_id" },
    [DAILY_ENQUIRIES] = { "section_47_assessments",
                          "section_47_assessment_id" },
    [DAILY_CP_PLANS] = { "child_protection_plans", "child_protection_plan_id" },
};

static struct span
item_span(const struct episode *e, int list, size_t i)
{
    switch (list) {
    case DAILY_ASSESSMENTS:
        return e->assessments[i];
    case DAILY_CIN_PLANS:
        return e->cin_plans[i];
    case DAILY_ENQUIRIES:
        return e->enquiries[i].span;
    default:
        return e->cp_plans[i];
    }
}

static size_t
list_size(const struct episode *e, int list)
{
    const size_t n[DAILY_LISTS] = {
        [DAILY_ASSESSMENTS] = e->n_assessments,
        [DAILY_CIN_PLANS] = e->n_cin_plans,
        [DAILY_ENQUIRIES] = e->n_enquiries,
        [DAILY_CP_PLANS] = e->n_cp_plans,
    };

    return n[list];
}

static void
put_factors(struct json_out *o, uint32_t needs)
{
    const char *factors[FACTORS_MAX];
    size_t n = episode_factors(needs, factors);

    if (n == 0)
        return;
    json_out_key(o, "factors");
    json_out_array(o);
    for (size_t i = 0; i < n; i++)
        json_out_str(o, str_of(factors[i]));
    json_out_array_end(o);
}

static void
put_item(struct json_out *o, const struct episode *e, int list, size_t i)
{
    struct span s = item_span(e, list, i);

    json_out_object(o);
    put_id(o, names[list].id, s.id);
    put_date(o, "start_date", s.from);
    put_date(o, list == DAILY_ASSESSMENTS ? "authorisation_date" : "end_date",
             s.to);
    if (list == DAILY_ASSESSMENTS && s.to != DATE_NONE)
        put_factors(o, e->of->needs);
    if (list == DAILY_ENQUIRIES) {
        json_out_kbool(o, "icpc_required_flag", !e->enquiries[i].not_required);
        put_date(o, "icpc_date", e->enquiries[i].conference);
    }
    json_out_kbool(o, "purge", false);
    json_out_object_end(o);
}

static void
put_head(struct json_out *o, const struct episode *e)
{
    const struct return_case *c = e->of;

    put_id(o, "social_care_episode_id", c->case_id);
    put_date(o, "referral_date", c->received);
    json_out_kstr(o, "referral_source",
                  c->source.p == NULL ? STR("10") : c->source);
    json_out_kbool(o, "referral_no_further_action_flag", c->nfa);
    if (!c->nfa && c->closed != DATE_NONE) {
        put_date(o, "closure_date", c->closed);
        json_out_kcstr(o, "closure_reason", episode_closure_reason(e));
    }
}

static void
put_gone(struct json_out *o, int list, struct id id)
{
    json_out_object(o);
    put_id(o, names[list].id, id);
    json_out_kbool(o, "purge", true);
    json_out_object_end(o);
}

/* What is in a list, then what is gone from it; no list for neither. */
static void
put_list(struct json_out *o, const struct episode *e, int list,
         const struct daily_change_episode *change)
{
    size_t n_gone = change == NULL ? 0 : change->n_gone;
    bool any = list_size(e, list) > 0;

    for (size_t i = 0; i < n_gone; i++)
        any |= change->gone[i].list == list;
    if (!any)
        return;
    json_out_key(o, names[list].list);
    json_out_array(o);
    for (size_t i = 0; i < list_size(e, list); i++)
        put_item(o, e, list, i);
    for (size_t i = 0; i < n_gone; i++)
        if (change->gone[i].list == list)
            put_gone(o, list, change->gone[i].id);
    json_out_array_end(o);
}

/* `change` NULL: without what is gone. No activity on a referral without
 * further action, as in the census. */
static void
put_episode(struct json_out *o, const struct episode *e,
            const struct daily_change_episode *change)
{
    json_out_object(o);
    put_head(o, e);
    for (int list = 0; list < DAILY_LISTS && !e->of->nfa; list++)
        put_list(o, e, list, change);
    json_out_kbool(o, "purge", false);
    json_out_object_end(o);
}

/* ---- today -------------------------------------------------------------- */

static struct daily_episode
mark_episode(struct arena *arena, const struct episode *e)
{
    struct daily_episode mark = { .id = e->of->case_id };
    struct daily_item *items;
    struct json_out o;
    size_t room = 0;

    for (int list = 0; list < DAILY_LISTS; list++)
        room += list_size(e, list);
    items = arena_array(arena, room, sizeof *items);
    for (int list = 0; list < DAILY_LISTS && !e->of->nfa; list++)
        for (size_t i = 0; i < list_size(e, list); i++)
            items[mark.n_items++] =
                (struct daily_item){ .list = list,
                                     .id = item_span(e, list, i).id };
    mark.items = items;
    json_out_init(&o, arena);
    put_episode(&o, e, NULL);
    mark.hash = daily_hash(json_out_text(&o));
    return mark;
}

/* A child without an episode isn't told of: it has none, or an error. */
static void
make_child(struct day *d, const struct return_child *c)
{
    struct arena *arena = d->src->cli->arena;
    struct content *content = &d->contents[d->now.n];
    struct daily_child *mark = &d->now.at[d->now.n];
    struct daily_episode *episodes =
        arena_array(arena, c->n_cases, sizeof *episodes);

    *content = (struct content){
        .of = c,
        .details = details_of(arena, c),
        .episodes = arena_array(arena, c->n_cases, sizeof(struct episode)),
    };
    *mark = (struct daily_child){ .id = c->child_id, .episodes = episodes };
    mark->la_child_id = return_unique_id(arena, c->la_child_id, c->child_id);
    mark->details =
        daily_hash(arena_printf(arena, "%.*s %.*s", STR_ARG(mark->la_child_id),
                                STR_ARG(content->details)));
    for (size_t k = 0; k < c->n_cases; k++) {
        struct episode *e = &content->episodes[mark->n_episodes];

        if (c->cases[k].close_outcome == CLOSE_IN_ERROR)
            continue;
        episode_make(arena, &c->cases[k], e);
        episodes[mark->n_episodes++] = mark_episode(arena, e);
    }
    d->now.n += mark->n_episodes > 0;
}

static enum status
make_day(struct day *d, struct err *err)
{
    struct arena *arena = d->src->cli->arena;
    struct return_children children;
    struct pg_result *res = NULL;
    enum status rc = return_ask(
        d->src, "SELECT turn FROM tracker.shard WHERE shard = $1", &res, err);

    if (rc == ST_OK)
        d->turn = pg_i64(res, 0, 0);
    pg_result_close(res);
    if (rc == ST_OK)
        rc = return_read(d->src, &children, err);
    if (rc != ST_OK)
        return rc;
    d->now.at = arena_array(arena, children.n, sizeof *d->now.at);
    d->contents = arena_array(arena, children.n, sizeof *d->contents);
    for (size_t i = 0; i < children.n; i++)
        make_child(d, &children.at[i]);
    return ST_OK;
}

/* ---- batches ------------------------------------------------------------ */

static void
put_child(struct json_out *o, const struct day *d,
          const struct daily_change *change)
{
    const struct daily_child *mark =
        change->now == SIZE_MAX ? change->before : &d->now.at[change->now];

    json_out_object(o);
    json_out_kstr(o, "la_child_id", mark->la_child_id);
    put_id(o, "mis_child_id", mark->id);
    json_out_kbool(o, "purge", change->now == SIZE_MAX);
    if (change->now != SIZE_MAX) {
        json_out_key(o, "child_details");
        json_out_raw(o, d->contents[change->now].details);
    }
    if (change->n_episodes > 0) {
        json_out_key(o, "social_care_episodes");
        json_out_array(o);
    }
    for (size_t i = 0; i < change->n_episodes; i++) {
        const struct daily_change_episode *e = &change->episodes[i];

        if (e->now != NULL) {
            size_t at = (size_t)(e->now - mark->episodes);

            put_episode(o, &d->contents[change->now].episodes[at], e);
            continue;
        }
        json_out_object(o);
        put_id(o, "social_care_episode_id", e->id);
        json_out_kbool(o, "purge", true);
        json_out_object_end(o);
    }
    if (change->n_episodes > 0)
        json_out_array_end(o);
    json_out_object_end(o);
}

static const char *
batch_path(const struct day *d, size_t number)
{
    return arena_printf(d->src->cli->arena, "%s/batch-%04zu.json",
                        cli_text(d->src->cli, "out"), number + 1)
        .p;
}

static enum status
write_batch(const struct day *d, size_t number, struct err *err)
{
    size_t from = number * DAILY_BATCH_MAX;
    struct return_file f;
    struct json_out o;
    enum status rc =
        return_file_open(d->src->cli->arena, batch_path(d, number), &f, err);

    if (rc != ST_OK)
        return rc;
    json_out_init(&o, d->src->cli->arena);
    json_out_array(&o);
    for (size_t i = from; i < d->n_changes && i < from + DAILY_BATCH_MAX; i++)
        put_child(&o, d, &d->changes[i]);
    json_out_array_end(&o);
    fprintf(f.to, "%.*s\n", STR_ARG(json_out_text(&o)));
    return return_file_close(&f, err);
}

static void
say_sum(const struct day *d)
{
    size_t purged = 0;

    for (size_t i = 0; i < d->n_changes; i++)
        purged += d->changes[i].now == SIZE_MAX;
    fprintf(stderr,
            "return: %zu children known, %zu to tell of, %zu of them to "
            "purge, %zu batches\n",
            d->now.n, d->n_changes, purged,
            (d->n_changes + DAILY_BATCH_MAX - 1) / DAILY_BATCH_MAX);
}

/* Batches of a day before that had more of them: nobody is to send them. */
static void
remove_older(const struct day *d, size_t number)
{
    while (unlink(batch_path(d, number)) == 0)
        number++;
}

static enum status
write_day(const struct day *d, struct err *err)
{
    struct cli *cli = d->src->cli;
    enum status rc = ST_OK;
    size_t n = 0;

    for (; rc == ST_OK && n * DAILY_BATCH_MAX < d->n_changes; n++)
        rc = write_batch(d, n, err);
    if (rc == ST_OK)
        remove_older(d, n);
    if (rc == ST_OK)
        rc = return_state_write(cli, cli_text(cli, "state"), d->src->authority,
                                d->turn, &d->now, err);
    return rc;
}

/* ---- what can't be filled ------------------------------------------- */

static void
find(struct day *d, const struct return_child *c, struct id case_id,
     struct findings *list, const char *item, const char *why)
{
    struct finding f = { .weight = FINDING_TAKEN,
                         .child_id = c->child_id,
                         .case_id = case_id,
                         .item = item,
                         .on = DATE_NONE,
                         .why = why };

    findings_add(d->src->cli->arena, list, &f);
}

/* Of those only of whom something is sent. */
static void
find_all(struct day *d, struct findings *list)
{
    for (size_t i = 0; i < d->n_changes; i++) {
        const struct return_child *c;

        if (d->changes[i].now == SIZE_MAX)
            continue;
        c = d->contents[d->changes[i].now].of;
        if (c->la_child_id.p == NULL)
            find(d, c, ID_NONE, list, "la_child_id",
                 "the authority gave none: made of child_id");
        if (c->dob == DATE_NONE && c->expected_dob == DATE_NONE)
            find(d, c, ID_NONE, list, "date_of_birth", "not known: not sent");
        if (c->forename.p == NULL || c->surname.p == NULL)
            find(d, c, ID_NONE, list, "first_name, surname",
                 "not known: not sent");
        for (size_t k = 0; k < c->n_cases; k++)
            if (c->cases[k].source.p == NULL)
                find(d, c, c->cases[k].case_id, list, "referral_source",
                     "the agency has none: 10, unknown");
    }
}

enum status
return_daily(const struct return_source *src, enum return_end *end,
             struct err *err)
{
    struct cli *cli = src->cli;
    const char *state = cli_text(cli, "state");
    struct day d = { .src = src };
    struct findings findings = { .n = 0 };
    enum status rc;

    *end = RETURN_WRITTEN;
    if (state == NULL || (cli_text(cli, "out") == NULL &&
                          !cli_flag(cli, "sent") && !cli_flag(cli, "check")))
        return err_set(err, ST_REJECT, "config",
                       "want --state FILE with --out FOLDER, --sent or "
                       "--check");
    if (cli_flag(cli, "sent"))
        return return_state_sent(cli, state, err);
    rc = return_state_read(cli, state, src->authority, &d.before, err);
    if (rc == ST_OK)
        rc = make_day(&d, err);
    if (rc != ST_OK)
        return rc;
    d.n_changes = daily_compare(cli->arena, d.before.at, d.before.n, d.now.at,
                                d.now.n, &d.changes);
    find_all(&d, &findings);
    rc = return_report(src, &findings, err);
    if (rc != ST_OK)
        return rc;
    say_sum(&d);
    return cli_flag(cli, "check") ? ST_OK : write_day(&d, err);
}
