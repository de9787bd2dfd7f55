/*
 * A made-up population through triage's own step, batch by batch, with rows in
 * memory: is each message given to the child that it is about?
 *
 *     triage PROFILE CALENDAR FILE.csv...
 *
 * A file has tests/linkage/population's columns; the number behind the first
 * hyphen of an id is the child. Prints one line a file:
 *
 *     FILE messages known same false missed review right-review new seconds
 *
 * `false` are messages given to another child than theirs, `missed` those about
 * a known child that were taken for a new one, `review` those that a person
 * must look at, `right-review` those of them that name the child among their
 * candidates. Of each false one its evidence goes to stderr. Ends with 1 where
 * there was a false one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "common/core/calendar.h"
#include "common/core/check.h"
#include "common/core/records.h"
#include "common/core/service.h"
#include "common/core/settings.h"
#include "common/engine/memory.h"
#include "common/engine/shelf.h"

#include "triage/core/match.h"
#include "triage/core/triage.h"

enum { BATCH = 500, CELLS = 10, LINE = 4096, SLOTS = 1 << 21 };

/* Which child a row was made for. */
struct truth {
    struct id child_id;
    long number; /* 0: free */
};

struct count {
    long messages, known, same, wrong, missed, review, right_review, fresh;
};

struct run {
    struct arena *keep;  /* settings */
    struct arena *batch; /* of one batch */
    struct shelf *shelf;
    struct settings settings;
    struct settings_version version;
    struct profile profile;
    struct calendar calendar;
    struct truth *truths;
    bool *is_known; /* by number */
    long n_known;
    int64_t sequence;
    struct count count;
    struct {
        long number[BATCH];
        struct event events[BATCH];
        size_t n, at;
    } b;
};

static void
fail(const char *what, const char *why)
{
    fprintf(stderr, "population: %s: %s\n", what, why);
    exit(2);
}

static struct str
file_text(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = arena_alloc(a, 1 << 20);
    size_t n;

    if (in == NULL)
        fail(path, "can't be read");
    n = fread(text, 1, 1 << 20, in);
    (void)fclose(in);
    return (struct str){ .p = text, .n = n };
}

/* ---- who is who ---------------------------------------------------------- */

static struct truth *
truth_of(struct run *r, struct id child_id)
{
    size_t i;

    memcpy(&i, child_id.b, sizeof i);
    i &= SLOTS - 1;
    while (r->truths[i].number != 0 && !id_eq(r->truths[i].child_id, child_id))
        i = (i + 1) & (SLOTS - 1);
    return &r->truths[i];
}

static bool
names_it(struct run *r, struct texts candidates, long number)
{
    for (size_t i = 0; i < candidates.n; i++) {
        struct id id;

        if (id_parse(candidates.at[i], &id) &&
            truth_of(r, id)->number == number)
            return true;
    }
    return false;
}

static void
count_review(struct run *r, const struct triage_decision *d, struct rows *rows,
             long number)
{
    struct triage_review like = { .notification_id = d->notification_id };
    const struct triage_review *review = rows_get(rows, TRIAGE_REVIEW, &like);

    r->count.review++;
    r->count.right_review +=
        review != NULL && names_it(r, review->candidates, number);
}

static void
tell_false(const struct triage_decision *d, long number, long given)
{
    fprintf(stderr, "false: message about %ld given to %ld, step %.*s:", number,
            given, STR_ARG(d->match_step));
    for (size_t i = 0; i < d->evidence.n; i++)
        fprintf(stderr, " %.*s,", STR_ARG(d->evidence.at[i]));
    fprintf(stderr, " sum %d\n", (int)d->match_weight);
}

static void
score(struct run *r, struct rows *rows, const struct notification_received *n,
      long number)
{
    struct triage_decision like = { .agency_id = n->agency_id,
                                    .agency_ref = n->agency_ref };
    const struct triage_decision *d = rows_get(rows, TRIAGE_DECISION, &like);
    struct truth *t = truth_of(r, d->child_id);
    bool known = r->is_known[number];

    r->count.messages++;
    r->count.known += known;
    if (d->match_status == MATCH_MATCHED) {
        r->count.same += t->number == number;
        r->count.wrong += t->number != number;
        if (t->number != number)
            tell_false(d, number, t->number);
    } else {
        *t = (struct truth){ .child_id = d->child_id, .number = number };
        if (d->match_status == MATCH_REVIEW)
            count_review(r, d, rows, number);
        else
            r->count.fresh += !known;
        r->count.missed += d->match_status == MATCH_NEW && known;
    }
    r->is_known[number] = true;
}

/* ---- batches ------------------------------------------------------------- */

static enum status
give(void *self, enum topic topic, struct id key, enum record_type type,
     void *body, struct err *err)
{
    (void)self, (void)topic, (void)key, (void)type, (void)body, (void)err;
    return ST_OK;
}

static enum status
refuse(void *self, const struct err *why, struct err *err)
{
    (void)self, (void)why, (void)err;
    return ST_OK;
}

static void
play(struct run *r)
{
    struct out out = { .add = give, .reject = refuse };
    struct rows *rows = rows_open(r->batch, triage_tables, TRIAGE_TABLE_N);
    struct step step = { .arena = r->batch,
                         .rows = rows,
                         .out = &out,
                         .settings = &r->settings,
                         .authority = 1,
                         .authority_name = STR("population") };
    struct err err = { .code = "" };
    bool again = true;

    for (int round = 0; again && round < SERVICE_TOUCH_ROUNDS; round++) {
        again = triage_service.touch(&step, r->b.events, r->b.n, round);
        shelf_load(r->shelf, rows);
    }
    for (size_t i = 0; i < r->b.n; i++) {
        const struct event *ev = &r->b.events[i];
        size_t mark = rows_mark(rows);

        if (triage_service.step(&step, ev, &err) != ST_OK && !rows_short(rows))
            fail(err.code, err.text);
        if (rows_short(rows)) {
            rows_undo(rows, mark);
            shelf_load(r->shelf, rows);
            i--;
            continue;
        }
        score(r, rows, ev->body, r->b.number[i]);
    }
    if (rows_miss(rows, &err) != ST_OK)
        fail(err.code, err.text);
    shelf_keep(r->shelf, rows);
    arena_reset(r->batch);
    r->b.n = 0;
}

/* ---- messages ------------------------------------------------------------ */

static struct str
cell(struct run *r, const char *text)
{
    return text[0] == '\0' ? STR_NULL : arena_str(r->batch, str_of(text));
}

static struct person *
person_of(struct run *r, char *cells[CELLS])
{
    struct person *p = arena_alloc(r->batch, sizeof *p);

    fields_clear(&fields_person, p);
    p->forename = cell(r, cells[1]);
    p->surname = cell(r, cells[2]);
    if (!date_parse(str_of(cells[3]), &p->dob))
        p->dob = DATE_NONE;
    p->sex = cells[4][0] == 'M' ? SEX_M : cells[4][0] == 'F' ? SEX_F : 0;
    if (cells[6][0] != '\0')
        p->address = arena_printf(r->batch, "%s %s", cells[5], cells[6]);
    p->postcode = cell(r, cells[7]);
    p->nhs_number = cell(r, cells[9]);
    return p;
}

static void
add(struct run *r, char *cells[CELLS])
{
    struct notification_received *n = arena_alloc(r->batch, sizeof *n);
    struct str parts[1];

    fields_clear(&fields_notification_received, n);
    n->agency_id = STR("population");
    n->agency_ref = arena_printf(r->batch, "P-%lld", (long long)++r->sequence);
    n->amendment = 0;
    n->agency_type = AGENCY_SCHOOL;
    n->kind = KIND_SCHOOL_REFERRAL;
    n->entry = ENTRY_EH;
    parts[0] = n->agency_ref;
    n->notification_id = id_derive("notification", parts, 1);
    n->meta.recorded_at = (time_ms)1750000000000 + r->sequence;
    n->meta.occurred_at = n->meta.recorded_at;
    r->b.number[r->b.n] = strtol(strchr(cells[0], '-') + 1, NULL, 10);
    if (r->b.number[r->b.n] < 1 || r->b.number[r->b.n] >= r->n_known)
        fail(cells[0], "is no child");
    r->b.events[r->b.n++] = (struct event){ .type = REC_NOTIFICATION_RECEIVED,
                                            .topic = TOPIC_NOTIFICATIONS,
                                            .body = n,
                                            .person = person_of(r, cells) };
}

static void
play_file(struct run *r, const char *path)
{
    FILE *in = fopen(path, "r");
    char line[LINE];
    clock_t begun = clock();

    if (in == NULL || fgets(line, sizeof line, in) == NULL)
        fail(path, "can't be read");
    r->count = (struct count){ .messages = 0 };
    while (fgets(line, sizeof line, in) != NULL) {
        char *cells[CELLS], *p = line;

        line[strcspn(line, "\r\n")] = '\0';
        for (size_t i = 0; i < CELLS; i++) {
            size_t n = strcspn(p, ",");

            cells[i] = p;
            p += n + (p[n] == ',');
            cells[i][n] = '\0';
        }
        add(r, cells);
        if (r->b.n == BATCH)
            play(r);
    }
    if (r->b.n > 0)
        play(r);
    (void)fclose(in);
    printf("%s %ld %ld %ld %ld %ld %ld %ld %ld %.2f\n", path, r->count.messages,
           r->count.known, r->count.same, r->count.wrong, r->count.missed,
           r->count.review, r->count.right_review, r->count.fresh,
           (double)(clock() - begun) / CLOCKS_PER_SEC);
}

int
main(int argc, char **argv)
{
    static struct run r;
    struct err err = { .code = "" };
    long wrong = 0;

    if (argc < 4)
        fail("usage", "triage PROFILE CALENDAR FILE.csv...");
    r.keep = memory_open((size_t)64 << 20);
    r.batch = memory_open((size_t)1 << 30);
    r.n_known = SLOTS;
    r.is_known = calloc((size_t)r.n_known, sizeof *r.is_known);
    r.truths = calloc(SLOTS, sizeof *r.truths);
    r.shelf = shelf_open(triage_tables, TRIAGE_TABLE_N);
    if (r.is_known == NULL || r.truths == NULL)
        fail("memory", "there is none");
    /* Each message has a reference of its own: nothing looks at it again. */
    shelf_skip(r.shelf, TRIAGE_DECISION);
    shelf_skip(r.shelf, TRIAGE_STANDING);
    if (profile_json_read(r.keep, file_text(r.keep, argv[1]), &r.profile,
                          &err) != ST_OK ||
        calendar_json_read(r.keep, file_text(r.keep, argv[2]), &r.calendar,
                           &err) != ST_OK)
        fail(err.code, err.text);
    r.version = (struct settings_version){ .version = r.profile.version_id,
                                           .profile = &r.profile };
    r.settings = (struct settings){ .versions = &r.version,
                                    .n = 1,
                                    .calendar = &r.calendar };
    for (int i = 3; i < argc; i++) {
        play_file(&r, argv[i]);
        wrong += r.count.wrong;
    }
    shelf_close(r.shelf);
    return wrong > 0;
}
