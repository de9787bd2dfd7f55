#include "cli/core/episodes.h"

#include <string.h>

struct str
return_unique_id(struct arena *arena, struct str la_child_id,
                 struct id child_id)
{
    char text[ID_TEXT_SIZE];
    char digits[20];
    size_t n = sizeof digits;

    if (la_child_id.p != NULL)
        return la_child_id;
    id_text(child_id, text);
    for (size_t i = strlen(text); i > 0 && n > 0; i--)
        if (text[i - 1] != '-')
            digits[--n] = text[i - 1];
    return arena_str(arena, (struct str){ .p = digits, .n = sizeof digits });
}

/* ---- an episode, step by step ------------------------------------------- */

/* What runs at this point of the walk; -1 for none. */
struct walk {
    struct episode *e;
    long assessment;
    long cin_plan;
    long cp_plan;
    long enquiry;
};

static long
begin_span(struct span *list, size_t *n, const struct return_deed *d)
{
    list[*n] = (struct span){ .from = d->on, .to = DATE_NONE, .id = d->id };
    return (long)(*n)++;
}

static void
end_span(struct span *list, long *at, date_d on)
{
    if (*at >= 0)
        list[*at].to = on;
    *at = -1;
}

static void
end_enquiry(struct walk *w, date_d on, bool conference)
{
    struct enquiry *q;

    if (w->enquiry < 0)
        return;
    q = &w->e->enquiries[w->enquiry];
    q->span.to = on;
    q->conference = conference ? on : DATE_NONE;
    q->not_required = !conference;
    w->enquiry = -1;
}

/* A conference shows that one was needed after all. */
static void
conference_held(struct walk *w, date_d on)
{
    struct episode *e = w->e;

    if (w->enquiry < 0 && e->n_enquiries > 0 &&
        e->enquiries[e->n_enquiries - 1].not_required)
        w->enquiry = (long)e->n_enquiries - 1;
    if (w->enquiry >= 0)
        end_enquiry(w, on, true);
    else if (e->conference == DATE_NONE)
        e->conference = on;
}

static void
begin_enquiry(struct walk *w, const struct return_deed *d)
{
    struct episode *e = w->e;

    if (w->enquiry >= 0)
        return;
    e->enquiries[e->n_enquiries] = (struct enquiry){
        .span = { .from = d->on, .to = DATE_NONE, .id = d->id },
        .conference = DATE_NONE,
    };
    w->enquiry = (long)e->n_enquiries++;
}

static void
activity(struct walk *w, const struct return_deed *d)
{
    struct episode *e = w->e;

    switch (d->activity) {
    case ACTIVITY_ASSESSMENT_STARTED:
        if (w->assessment < 0)
            w->assessment = begin_span(e->assessments, &e->n_assessments, d);
        break;
    case ACTIVITY_ASSESSMENT_COMPLETED:
        end_span(e->assessments, &w->assessment, d->on);
        end_enquiry(w, d->on, false);
        break;
    case ACTIVITY_STRATEGY_STARTED:
        begin_enquiry(w, d);
        break;
    case ACTIVITY_ICPC_HELD:
        conference_held(w, d->on);
        break;
    case ACTIVITY_PLAN_AGREED:
    case ACTIVITY_CIN_PLAN_STARTED:
        end_enquiry(w, d->on, false);
        if (w->cin_plan < 0 && w->cp_plan < 0)
            w->cin_plan = begin_span(e->cin_plans, &e->n_cin_plans, d);
        break;
    default:
        break;
    }
}

/* What social care is to the child after the activity, and what that ends. */
static void
status_after(struct walk *w, const struct return_deed *d, int before, int after)
{
    struct episode *e = w->e;

    if (after == CSC_CP || after == CSC_LAC)
        end_span(e->cin_plans, &w->cin_plan, d->on);
    if (after == CSC_CP && w->cp_plan < 0)
        w->cp_plan = begin_span(e->cp_plans, &e->n_cp_plans, d);
    if (before == CSC_CP && after != CSC_CP)
        end_span(e->cp_plans, &w->cp_plan, d->on);
}

void
episode_make(struct arena *arena, const struct return_case *c,
             struct episode *out)
{
    struct walk w = { .e = out, -1, -1, -1, -1 };

    *out = (struct episode){
        .of = c,
        .assessments = arena_array(arena, c->n_deeds, sizeof(struct span)),
        .cin_plans = arena_array(arena, c->n_deeds, sizeof(struct span)),
        .cp_plans = arena_array(arena, c->n_deeds, sizeof(struct span)),
        .enquiries = arena_array(arena, c->n_deeds, sizeof(struct enquiry)),
        .conference = DATE_NONE,
    };
    for (size_t i = 0; i < c->n_deeds; i++) {
        int after =
            i + 1 < c->n_deeds ? c->deeds[i + 1].status_before : c->csc_status;

        activity(&w, &c->deeds[i]);
        status_after(&w, &c->deeds[i], c->deeds[i].status_before, after);
    }
    if (c->closed == DATE_NONE)
        return;
    end_span(out->cin_plans, &w.cin_plan, c->closed);
    end_span(out->cp_plans, &w.cp_plan, c->closed);
    end_enquiry(&w, c->closed, false);
}

/* ---- why it was closed -------------------------------------------------- */

/* RC8 and RC9 hold only for a case of nothing but an assessment. */
static bool
is_assessment_alone(const struct episode *e)
{
    return e->n_assessments > 0 && e->n_cin_plans == 0 && e->n_cp_plans == 0 &&
           e->n_enquiries == 0 && e->conference == DATE_NONE;
}

const char *
episode_closure_reason(const struct episode *e)
{
    /* domain.md section 6 has the outcomes; the rest is RC7. */
    static const char *const reasons[] = {
        [CLOSE_DIED] = "RC2",
        [CLOSE_MOVED_AWAY] = "RC5",
        [CLOSE_NFA_AFTER_ASSESSMENT] = "RC8",
        [CLOSE_STEPPED_DOWN] = "RC9",
        [CLOSE_RC1] = "RC1",
        [CLOSE_RC2] = "RC2",
        [CLOSE_RC3] = "RC3",
        [CLOSE_RC4] = "RC4",
        [CLOSE_RC5] = "RC5",
        [CLOSE_RC6] = "RC6",
        [CLOSE_RC7] = "RC7",
        [CLOSE_RC8] = "RC8",
        [CLOSE_RC9] = "RC9",
    };
    const struct return_case *c = e->of;
    const char *reason = NULL;

    if (c->closed == DATE_NONE)
        return NULL;
    if (c->state == CASE_TRANSFERRED)
        return "RC5";
    if (c->close_outcome > 0 && c->close_outcome <= CLOSE_RC9)
        reason = reasons[c->close_outcome];
    if (reason == NULL)
        return "RC7";
    if ((strcmp(reason, "RC8") == 0 || strcmp(reason, "RC9") == 0) &&
        !is_assessment_alone(e))
        return "RC7";
    return reason;
}

/* ---- factors ------------------------------------------------------------ */

/*
 * Codes of the census guide's table of factors, in its order. A need that
 * could be either of two of them (whether alcohol or drugs, what kind of
 * exploitation or disability) is none of these (docs/returns.md).
 */
static const struct {
    enum need need;
    const char *code;
} factors[] = {
    { NEED_F_DOMESTIC_ABUSE, "3B" }, { NEED_C_EMOTIONAL, "4A" },
    { NEED_P_MENTAL_HEALTH, "4B" },  { NEED_C_HEALTH, "6A" },
    { NEED_C_YOUNG_CARER, "7A" },    { NEED_C_MISSING, "10A" },
    { NEED_C_BEHAVIOUR, "14A" },     { NEED_C_SELF_HARM, "15A" },
    { NEED_F_NEGLECT, "16A" },
};
enum { N_FACTORS = sizeof factors / sizeof factors[0] };

size_t
episode_factors(uint32_t needs, const char *out[FACTORS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < N_FACTORS; i++)
        if ((needs & SET_BIT(factors[i].need)) != 0) {
            out[n++] = factors[i].code;
            needs &= ~SET_BIT(factors[i].need);
        }
    if (needs != 0)
        out[n++] = "20";
    return n;
}
