#include "common/engine/batch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Deadlines loaded for one batch; more end it early. */
enum { DUE_MAX = 2000 };

static struct mark *
find_mark(struct shard *shard, enum topic topic, struct origin origin)
{
    for (size_t i = 0; i < shard->n_marks; i++)
        if (shard->marks[i].topic == topic &&
            origin_eq(shard->marks[i].origin, origin))
            return &shard->marks[i];
    if (shard->n_marks == SHARD_MARKS_MAX)
        return NULL;
    shard->marks[shard->n_marks] = (struct mark){
        .topic = topic, .origin = origin, .heard = TIME_NONE
    };
    return &shard->marks[shard->n_marks++];
}

/* ---- admission ---------------------------------------------------------- */

bool
batch_is_writer(uint8_t service, enum topic topic)
{
    switch (topic) {
    case TOPIC_NOTIFICATIONS:
    case TOPIC_RECEIPTS:
    case TOPIC_INDICATORS:
        return service == SERVICE_INTAKE;
    case TOPIC_CASEWORK:
        return service == SERVICE_TRIAGE;
    case TOPIC_CASE_JOURNAL:
        return service == SERVICE_TRACKER;
    case TOPIC_ALERTS:
        return service == SERVICE_TRACKER || service == SERVICE_NOTIFIER;
    case TOPIC_FEEDBACK:
        return service == SERVICE_TRACKER || service == SERVICE_TRIAGE;
    case TOPIC_NONE:
    case TOPIC_DEAD_LETTERS:
    case TOPIC_N:
        break;
    }
    return false;
}

/* A record without a valid header of ours: counted as the stranger's next. */
static enum status
admit_stranger(struct item *it, struct shard *temp, enum topic topic,
               uint16_t authority, const char *why, struct err *err)
{
    struct origin stranger = { .service = SERVICE_NONE,
                               .authority = authority };
    struct mark *m = find_mark(temp, topic, stranger);

    if (m == NULL)
        return err_set(err, ST_FATAL, "marks", "more than %d origins",
                       SHARD_MARKS_MAX);
    it->kind = ITEM_POISON;
    it->link = (struct link){ .origin = stranger,
                              .sequence = ++m->sequence };
    (void)err_set(&it->why, ST_REJECT, "stranger", "%s", why);
    return ST_OK;
}

/* Is a number of this input missing? */
static bool
is_waiting(const struct batch *b, size_t input)
{
    for (size_t i = 0; i < HOLDS_MAX; i++)
        if (b->holds[i].active && b->holds[i].input == input)
            return true;
    return false;
}

static struct hold *
find_hold(struct batch *b, const struct item *it)
{
    for (size_t i = 0; i < HOLDS_MAX; i++)
        if (b->holds[i].active && b->holds[i].input == it->raw->input &&
            origin_eq(b->holds[i].origin, it->link.origin))
            return &b->holds[i];
    return NULL;
}

/* Wait for `expected`, unless this origin is waited for already. */
static void
hold(struct batch *b, const struct item *it, int64_t expected)
{
    for (size_t i = 0; find_hold(b, it) == NULL && i < HOLDS_MAX; i++)
        if (!b->holds[i].active)
            b->holds[i] = (struct hold){ .active = true,
                                         .input = it->raw->input,
                                         .origin = it->link.origin,
                                         .expected = expected,
                                         .seen = it->link.sequence };
}

static void
release(struct batch *b, const struct item *it)
{
    struct hold *h = find_hold(b, it);

    if (h != NULL)
        h->active = false;
}

static enum status
admit(struct batch *b, struct item *it, struct shard *temp, struct err *err)
{
    enum topic topic = b->def->inputs[it->raw->input];
    struct mark *m;

    it->at = TIME_NONE;
    if (it->raw->header.p == NULL || !chain_read(it->raw->header, &it->link))
        return admit_stranger(it, temp, topic, b->authority,
                              "no valid wm header", err);
    if (it->link.origin.authority != b->authority ||
        !batch_is_writer(it->link.origin.service, topic))
        return admit_stranger(it, temp, topic, b->authority,
                              "origin does not write here", err);
    m = find_mark(temp, topic, it->link.origin);
    if (m == NULL)
        return err_set(err, ST_FATAL, "marks", "more than %d origins",
                       SHARD_MARKS_MAX);
    switch (chain_admit(m, &it->link, it->raw->key, it->raw->value)) {
    case ADMIT_NEXT:
        m->sequence = it->link.sequence;
        m->chain = it->link.chain;
        release(b, it);
        it->kind = ITEM_EVENT;
        return ST_OK;
    case ADMIT_DROP:
        it->kind = ITEM_DROP;
        return ST_OK;
    case ADMIT_GAP:
        it->kind = ITEM_HELD;
        hold(b, it, m->sequence + 1);
        return ST_OK;
    case ADMIT_FORK:
        break;
    }
    return err_set(err, ST_FATAL, "fork",
                   "%s: %s %" PRId64 " does not continue the chain of %" PRId64
                   ": it never became true",
                   topic_name(topic), service_name(it->link.origin.service),
                   it->link.sequence, m->sequence);
}

/* ---- decoding ------------------------------------------------------------ */

static bool
travels_on(enum record_type type, enum topic topic)
{
    switch (topic) {
    case TOPIC_NOTIFICATIONS:
        return (type >= REC_NOTIFICATION_RECEIVED &&
                type <= REC_TIME_ADVANCED);
    case TOPIC_RECEIPTS:
        return type == REC_NOTIFICATION_ACCEPTED || type == REC_TIME_ADVANCED;
    case TOPIC_CASEWORK:
        return (type >= REC_REFERRAL_DECIDED && type <= REC_CHILD_ERASED) ||
               type == REC_CONFIG_ACTIVATED || type == REC_TIME_ADVANCED;
    case TOPIC_CASE_JOURNAL:
        return (type >= REC_CASE_CHANGED &&
                type <= REC_MISSING_EPISODE_CHANGED) ||
               type == REC_TIME_ADVANCED;
    case TOPIC_ALERTS:
        return (type >= REC_ALERT_RAISED && type <= REC_ALERT_CLEARED) ||
               type == REC_TIME_ADVANCED;
    case TOPIC_FEEDBACK:
        return type == REC_REFERRER_ANSWERED || type == REC_SCHOOL_RELAY ||
               type == REC_TIME_ADVANCED;
    case TOPIC_INDICATORS:
        return type == REC_INDICATOR_OBSERVED || type == REC_TIME_ADVANCED;
    case TOPIC_NONE:
    case TOPIC_DEAD_LETTERS:
    case TOPIC_N:
        break;
    }
    return false;
}

static enum status
say_where(const struct batch *b, const struct item *it, enum status rc,
          struct err *err)
{
    *err = it->why;
    err_where(err, "%s %" PRId64,
              topic_name(b->def->inputs[it->raw->input]), it->link.sequence);
    return rc;
}

static enum status
decode(struct batch *b, struct item *it, struct err *err)
{
    enum topic topic = b->def->inputs[it->raw->input];
    const void *body = NULL;
    enum status rc;

    it->ev = (struct event){ .topic = topic,
                             .origin = it->link.origin,
                             .sequence = it->link.sequence };
    if (it->raw->aside.p != NULL) {
        it->kind = ITEM_POISON;
        (void)err_set(&it->why, ST_REJECT, "kills", "%.*s",
                      STR_ARG(it->raw->aside));
        return ST_OK;
    }
    if (it->raw->value.p == NULL) {
        it->kind = ITEM_POISON;
        (void)err_set(&it->why, ST_REJECT, "null", "the value is null");
        return ST_OK;
    }
    rc = b->codec->decode(b->codec->self, it->raw->value, b->arena,
                          &it->ev.type, &body, &it->why);
    if (rc == ST_OK && !travels_on(it->ev.type, topic))
        rc = err_set(&it->why, ST_REJECT, "type",
                     "a %s has no place on this topic",
                     record_def(it->ev.type) == NULL
                         ? "record of no known type"
                         : record_def(it->ev.type)->fields->name);
    if (rc == ST_REJECT) {
        it->kind = ITEM_POISON;
        return ST_OK;
    }
    if (rc != ST_OK)
        return say_where(b, it, rc, err);
    it->ev.body = body;
    it->at = it->ev.type == REC_TIME_ADVANCED
                 ? ((const struct time_advanced *)body)->at
                 : event_meta(&it->ev)->recorded_at;
    return ST_OK;
}

static bool
is_refused(const struct item *it, const struct refused *refused)
{
    return refused != NULL && refused->set &&
           refused->input == it->raw->input &&
           origin_eq(refused->origin, it->link.origin) &&
           refused->sequence == it->link.sequence;
}

/* ---- persons ------------------------------------------------------------- */

static const struct notification_received *
sealed_of(const struct item *it)
{
    return it->kind == ITEM_EVENT && it->ev.type == REC_NOTIFICATION_RECEIVED
               ? it->ev.body
               : NULL;
}

/* All keys of the batch at once; while one is missing all of it waits. */
static enum status
fetch_keys(struct batch *b, struct err *err)
{
    struct id *ids;
    size_t n = 0;

    if (b->codec->fetch_keys == NULL)
        return ST_OK;
    ids = arena_array(b->arena, b->n, sizeof *ids);
    for (size_t i = 0; i < b->n; i++)
        if (sealed_of(&b->items[i]) != NULL)
            ids[n++] = sealed_of(&b->items[i])->key_id;
    return b->codec->fetch_keys(b->codec->self, ids, n, b->arena, err);
}

static enum status
open_person(struct batch *b, struct item *it, struct err *err)
{
    enum status rc =
        b->codec->open_person(b->codec->self, it->ev.type, it->ev.body,
                              b->arena, &it->ev.person, &it->why);

    if (rc == ST_REJECT && strcmp(it->why.code, "erased") == 0)
        it->ev.erased = true;
    else if (rc == ST_REJECT && strcmp(it->why.code, "lost") != 0)
        it->kind = ITEM_POISON;
    else if (rc != ST_OK && rc != ST_REJECT)
        return say_where(b, it, rc, err);
    return ST_OK;
}

/* The batch ends before the first that only a newer program can read. */
static enum status
open_persons(struct batch *b, struct err *err)
{
    enum status rc = fetch_keys(b, err);

    if (rc != ST_OK)
        return rc;
    for (size_t i = 0; rc == ST_OK && i < b->n; i++) {
        if (b->items[i].kind == ITEM_EVENT)
            rc = open_person(b, &b->items[i], err);
        if (rc != ST_OK)
            b->n = i;
    }
    return b->n == 0 ? rc : ST_OK;
}

/* With the log clock a service that waits for barriers ends its turn there. */
static bool
ends_turn(const struct batch *b, const struct item *it)
{
    return b->log_clock && b->def->barrier_inputs != 0 &&
           it->kind == ITEM_EVENT && it->ev.type == REC_TIME_ADVANCED;
}

enum status
batch_begin(struct batch *b, const struct shard *shard,
            const struct raw *raws, size_t n, const struct hold *holds,
            const struct refused *refused, struct err *err)
{
    struct shard *temp = arena_alloc(b->arena, sizeof *temp);

    *temp = *shard;
    b->next = *shard;
    memcpy(b->holds, holds, sizeof b->holds);
    b->items = arena_array(b->arena, n, sizeof *b->items);
    b->firing = TIME_NONE;
    b->rows = rows_open(b->arena, b->def->tables, b->def->n_tables);
    outbox_init(&b->box, b->arena, &shard->tails);
    for (b->n = 0; b->n < n; b->n++) {
        struct item *it = &b->items[b->n];
        enum status rc;

        it->raw = &raws[b->n];
        assert(b->n == 0 || raws[b->n - 1].input <= it->raw->input);
        rc = admit(b, it, temp, err);
        if (rc == ST_OK && it->kind == ITEM_EVENT)
            rc = decode(b, it, err);
        if (rc == ST_OK && it->kind == ITEM_EVENT && is_refused(it, refused)) {
            it->kind = ITEM_POISON;
            it->why = refused->why;
        }
        if (rc != ST_OK && b->n == 0)
            return rc;
        if (rc != ST_OK)
            break; /* first apply what came before */
        if (ends_turn(b, it)) {
            b->n++; /* rows of what comes after it would be loaded in vain */
            break;
        }
    }
    return open_persons(b, err);
}

/* ---- touching ------------------------------------------------------------ */

/* Of one input: the lowest of its origins, TIME_NONE while one has told none. */
static time_ms
heard_from(const struct batch *b, enum topic topic)
{
    time_ms heard = TIME_NEVER;

    for (size_t m = 0; m < b->next.n_marks; m++) {
        const struct mark *mark = &b->next.marks[m];

        if (mark->topic == topic && mark->origin.service != SERVICE_NONE &&
            mark->heard < heard)
            heard = mark->heard;
    }
    return heard == TIME_NEVER ? TIME_NONE : heard;
}

static time_ms
heard_of(const struct batch *b)
{
    time_ms heard = TIME_NEVER;

    for (size_t i = 0; i < b->def->n_inputs; i++) {
        time_ms of_input = heard_from(b, b->def->inputs[i]);

        if (of_input < heard)
            heard = of_input;
    }
    return heard;
}

static struct step
make_step(struct batch *b, struct out *out)
{
    return (struct step){
        .arena = b->scratch,
        .rows = b->rows,
        .out = out,
        .settings = b->configurer->settings,
        .authority = b->authority,
        .authority_name = b->authority_name,
        .now = b->next.now,
        .heard = heard_of(b),
    };
}

bool
batch_touch(struct batch *b, int round)
{
    struct step step = make_step(b, NULL);
    struct event *evs;
    size_t n = 0;
    time_ms until = b->next.now;

    if (round >= SERVICE_TOUCH_ROUNDS)
        return false;
    arena_reset(b->scratch);
    evs = arena_array(b->scratch, b->n, sizeof *evs);
    for (size_t i = 0; i < b->n; i++) {
        if (b->items[i].at > until) /* a refused one's deadlines fire too */
            until = b->items[i].at;
        if (b->items[i].kind == ITEM_EVENT)
            evs[n++] = b->items[i].ev;
    }
    step.now = until; /* as far as this batch may get */
    if (round == 0 && b->def->due_table >= 0 && until != TIME_NONE)
        rows_want_due(b->rows, (size_t)b->def->due_table, until, DUE_MAX);
    return b->def->touch(&step, evs, n, round) || round == 0;
}

/* ---- giving out ---------------------------------------------------------- */

static bool
is_after(const struct cause *c, const struct mark *m)
{
    return c->topic != (int)m->topic ? c->topic > (int)m->topic
                                     : c->service > m->origin.service;
}

static struct items
seen_so_far(struct batch *b)
{
    struct cause *at = arena_array(b->scratch, META_SEEN_MAX, sizeof *at);
    size_t n = 0;

    /* By topic and service: the order of marks differs after a restart, and
     * a replay must give the same bytes. */
    for (size_t i = 0; i < b->next.n_marks && n < META_SEEN_MAX; i++) {
        const struct mark *m = &b->next.marks[i];
        size_t k = n;

        if (m->origin.service == SERVICE_NONE)
            continue;
        for (; k > 0 && is_after(&at[k - 1], m); k--)
            at[k] = at[k - 1];
        at[k] = (struct cause){ .topic = (int)m->topic,
                                .service = m->origin.service,
                                .sequence = m->sequence };
        n++;
    }
    return (struct items){ .at = at, .n = n };
}

static void
fill_meta(struct batch *b, enum topic topic, struct meta *meta)
{
    const struct item *it = b->current;
    const struct meta *in = it->ev.body == NULL ? NULL : event_meta(&it->ev);
    const struct settings_version *v =
        settings_current(b->configurer->settings);
    struct origin origin = { .service = (uint8_t)b->def->service,
                             .authority = b->authority,
                             .incarnation = b->incarnation };

    meta->id = record_id(origin, topic, b->box.tails.at[topic].sequence + 1);
    meta->source =
        record_source(b->scratch, b->authority_name, b->def->service);
    if (meta->recorded_at == TIME_NONE || meta->recorded_at == 0)
        meta->recorded_at = b->firing != TIME_NONE ? b->firing
                            : in != NULL           ? in->recorded_at
                                                   : b->next.now;
    if (meta->occurred_at == TIME_NONE || meta->occurred_at == 0)
        meta->occurred_at = meta->recorded_at;
    meta->cause = (struct cause){ .topic = (int)it->ev.topic,
                                  .service = it->link.origin.service,
                                  .sequence = it->link.sequence };
    meta->seen = seen_so_far(b);
    if (meta->trace_parent.p == NULL && in != NULL && b->firing == TIME_NONE)
        meta->trace_parent = in->trace_parent;
    if (meta->profile_version.p == NULL)
        meta->profile_version = v != NULL ? v->version
                                : in != NULL ? in->profile_version
                                             : STR_NULL;
}

static bool
gives(const struct service_def *def, enum topic topic)
{
    for (size_t i = 0; i < def->n_outputs; i++)
        if (def->outputs[i] == topic)
            return true;
    return false;
}

static enum status
give_out(void *self, enum topic topic, struct id key, enum record_type type,
         void *body, struct err *err)
{
    struct batch *b = self;
    struct str value, key_str = id_part(&key);
    enum status rc;

    if (!gives(b->def, topic))
        return err_set(err, ST_FATAL, "topic", "%s does not write %s",
                       service_name(b->def->service), topic_name(topic));
    fill_meta(b, topic, body);
    rc = b->codec->encode(b->codec->self, type, body, b->scratch, &value, err);
    if (rc != ST_OK)
        return rc;
    return outbox_append(&b->box, topic, key_str, value, NULL, 0, err);
}

static enum status
dead_letter(struct batch *b, const struct item *it, const struct err *why,
            struct err *err)
{
    struct str at = arena_printf(
        b->scratch, "%s:%s.%u:%" PRId64,
        topic_name(b->def->inputs[it->raw->input]),
        service_name(it->link.origin.service),
        (unsigned)it->link.origin.incarnation, it->link.sequence);
    struct outbox_header headers[] = {
        { .name = STR("wm-code"), .value = str_of(why->code) },
        { .name = STR("wm-reason"), .value = str_of(why->text) },
        { .name = STR("wm-place"), .value = at },
        { .name = STR("wm-by"),
          .value = str_of(service_name(b->def->service)) },
    };
    struct str key = it->raw->key, value = it->raw->value;
    size_t room = DEAD_LETTER_SIZE_MAX - 4096; /* the rest for the headers */

    b->poisoned++;
    if (key.n > room)
        key.n = room;
    if (value.n > room - key.n)
        value.n = room - key.n;
    return outbox_append(&b->box, TOPIC_DEAD_LETTERS, key, value, headers,
                         sizeof headers / sizeof headers[0], err);
}

static enum status
give_reject(void *self, const struct err *why, struct err *err)
{
    struct batch *b = self;

    return dead_letter(b, b->current, why, err);
}

/* ---- stepping ------------------------------------------------------------ */

static void
range_text(struct batch *b, const char *text, size_t n)
{
    if (b->range_n + n + 2 > b->range_room) {
        size_t room = b->range_room * 2 + 256;
        char *p = arena_alloc(b->arena, room);

        if (b->range_n > 0)
            memcpy(p, b->range_text, b->range_n);
        b->range_text = p;
        b->range_room = room;
    }
    if (b->range_n > 0)
        b->range_text[b->range_n++] = ' ';
    memcpy(b->range_text + b->range_n, text, n);
    b->range_n += n;
    b->ranges = (struct str){ .p = b->range_text, .n = b->range_n };
}

static void
range_close(struct batch *b)
{
    char text[96];
    size_t n;

    if (b->range.to == 0)
        return;
    n = (size_t)snprintf(text, sizeof text, "%s:%s.%u:%" PRId64 "-%" PRId64,
                         topic_name(b->def->inputs[b->range.input]),
                         service_name(b->range.origin.service),
                         (unsigned)b->range.origin.incarnation, b->range.from,
                         b->range.to);
    b->range.to = 0;
    range_text(b, text, n);
}

/* The record whose deadlines did not all fit: replay needs it to fire them. */
static void
range_ahead(struct batch *b, const struct item *it)
{
    char text[96];
    size_t n = (size_t)snprintf(text, sizeof text, "~%s:%s.%u:%" PRId64,
                                topic_name(b->def->inputs[it->raw->input]),
                                service_name(it->link.origin.service),
                                (unsigned)it->link.origin.incarnation,
                                it->link.sequence);

    range_text(b, text, n);
}

static void
range_add(struct batch *b, const struct item *it)
{
    if (b->range.to != 0 && b->range.input == it->raw->input &&
        origin_eq(b->range.origin, it->link.origin) &&
        b->range.to + 1 == it->link.sequence) {
        b->range.to++;
        return;
    }
    range_close(b);
    b->range.input = it->raw->input;
    b->range.origin = it->link.origin;
    b->range.from = b->range.to = it->link.sequence;
}

static bool
same_deadline(const struct table *t, const void *a, const void *b)
{
    const struct fields key = { .at = t->fields.at, .n = t->n_key };
    const struct fields due = { .at = &t->fields.at[t->due], .n = 1 };

    return fields_eq(&key, a, b) && fields_eq(&due, a, b);
}

/* How the batch stood before an item or a deadline. */
struct before {
    size_t rows;
    struct outbox_mark box;
    size_t poisoned;
    size_t n_configs;
    size_t n_new_configs;
};

static struct before
before(struct batch *b)
{
    return (struct before){ .rows = rows_mark(b->rows),
                            .box = outbox_mark(&b->box),
                            .poisoned = b->poisoned,
                            .n_configs = b->next.n_configs,
                            .n_new_configs = b->n_new_configs };
}

static void
undo(struct batch *b, const struct before *was)
{
    rows_undo(b->rows, was->rows);
    outbox_undo(&b->box, was->box);
    b->poisoned = was->poisoned;
    if (b->next.n_configs == was->n_configs)
        return;
    b->configurer->forget(b->configurer->self, was->n_configs);
    b->next.n_configs = was->n_configs;
    b->n_new_configs = was->n_new_configs;
}

/* Everything that is due up to `until` fires, in (due, key) order. */
static enum status
fire_due(struct batch *b, struct out *out, time_ms until, struct err *err)
{
    const void *row;
    bool more = false;
    size_t due;
    size_t offset;

    if (b->def->due_table < 0)
        return ST_OK;
    due = (size_t)b->def->due_table;
    offset = b->def->tables[due].fields.at[b->def->tables[due].due].offset;
    while ((row = rows_first_due(b->rows, due, until, &more)) != NULL) {
        struct before was = before(b);
        struct step step;
        const void *next;
        time_ms at;
        enum status rc;

        if (more)
            break;
        arena_reset(b->scratch);
        memcpy(&at, (const char *)row + offset, sizeof at);
        if (at > b->next.now)
            b->next.now = at;
        step = make_step(b, out);
        b->firing = at;
        rc = b->def->fire(&step, row, err);
        b->firing = TIME_NONE;
        b->short_of_rows = rows_short(b->rows);
        if (b->short_of_rows) {
            undo(b, &was);
            return ST_OK;
        }
        if (rc == ST_OK)
            rc = rows_miss(b->rows, err);
        if (rc != ST_OK) /* a deadline can't be poison: it is our own */
            return rc == ST_REJECT ? ST_FATAL : rc;
        next = rows_first_due(b->rows, due, until, &more);
        if (next != NULL && same_deadline(&b->def->tables[due], next, row))
            return err_set(err, ST_FATAL, "stuck",
                           "a deadline of %s fired and did not move",
                           b->def->tables[due].fields.name);
        b->fired++;
        if (outbox_bytes(&b->box).n > OUTBOX_SIZE_MAX) {
            b->stopped_for_due = true;
            return ST_OK;
        }
    }
    b->stopped_for_due = more;
    return ST_OK;
}

static void
mark_applied(struct batch *b, const struct item *it)
{
    struct mark *m =
        find_mark(&b->next, b->def->inputs[it->raw->input], it->link.origin);

    assert(m != NULL); /* batch_begin saw every origin */
    m->sequence = it->link.sequence;
    m->chain = it->link.chain;
}

static void
move_offset(struct batch *b, const struct item *it)
{
    if (!b->held[it->raw->input])
        b->next.offsets[it->raw->input] = it->raw->offset + 1;
}

/* TimeAdvanced goes on to every topic of ours, behind what it caused. */
static enum status
pass_time_on(struct batch *b, struct out *out, time_ms at, struct err *err)
{
    for (size_t i = 0; i < b->def->n_outputs; i++) {
        struct time_advanced rec = { .at = at };
        enum status rc;

        fields_clear(&fields_time_advanced, &rec);
        rec.at = at;
        rec.meta.recorded_at = at;
        rec.meta.occurred_at = at;
        rec.meta.subject = b->authority_name;
        rc = out_add(out, b->def->outputs[i], ID_NONE, REC_TIME_ADVANCED, &rec,
                     err);
        if (rc != ST_OK)
            return rc;
    }
    return ST_OK;
}

static enum status
activate(struct batch *b, const struct config_activated *rec, struct err *err)
{
    struct config_text text = { .config_kind = rec->config_kind,
                                .name = rec->name,
                                .version = rec->version,
                                .hash = rec->hash,
                                .text = rec->text };
    enum status rc =
        b->configurer->activate(b->configurer->self, &text, err);

    if (rc != ST_OK)
        return rc;
    if (b->configs == NULL)
        b->configs = arena_array(b->arena, b->n, sizeof *b->configs);
    b->configs[b->n_new_configs++] = text;
    b->next.n_configs++;
    return ST_OK;
}

static enum status
apply(struct batch *b, struct out *out, const struct item *it,
      const struct recalled *said, struct err *err)
{
    struct step step;
    enum status rc = ST_OK;

    if (it->at != TIME_NONE && it->at > b->next.now)
        b->next.now = it->at;
    mark_applied(b, it);
    if (it->ev.type == REC_TIME_ADVANCED) {
        struct mark *m = find_mark(&b->next, it->ev.topic, it->link.origin);

        m->heard = it->at;
    }
    if (it->ev.type == REC_CONFIG_ACTIVATED && it->raw->input == 0)
        rc = activate(b, it->ev.body, err);
    step = make_step(b, out);
    step.said = said;
    if (rc == ST_OK)
        rc = b->def->step(&step, &it->ev, err);
    if (rc == ST_OK)
        rc = rows_miss(b->rows, err);
    if (rc == ST_OK && it->ev.type == REC_TIME_ADVANCED && it->raw->input == 0)
        rc = pass_time_on(b, out, it->at, err);
    return rc;
}

static enum status
hear_witness(struct batch *b, const struct item *it, const struct before *was,
             struct err *err)
{
    if (b->witness == NULL || b->witness->stand_in == NULL ||
        it->kind != ITEM_EVENT)
        return ST_OK;
    return b->witness->stand_in(b->witness->self, &it->ev, was->box, &b->box,
                                err);
}

/* In a recovery what was decided about somebody erased is the log's to say. */
static enum status
apply_or_recall(struct batch *b, struct out *out, const struct item *it,
                const struct before *was, struct err *err)
{
    const struct recalled *said = NULL;
    enum status recalled, rc = apply(b, out, it, NULL, err);

    if (b->witness == NULL || b->witness->recall == NULL ||
        (rc != ST_OK && rc != ST_REJECT) || rows_short(b->rows))
        return rc;
    if (rc == ST_REJECT)
        undo(b, was);
    recalled = b->witness->recall(b->witness->self, &it->ev, was->box, &b->box,
                                  b->scratch, &said, err);
    if (recalled != ST_OK || said == NULL)
        return recalled != ST_OK ? recalled : rc;
    undo(b, was);
    return apply(b, out, it, said, err);
}

/* One item. Effects of a record that turns out to be poison are undone. */
static enum status
apply_or_bury(struct batch *b, struct out *out, struct item *it,
              struct err *err)
{
    struct before was = before(b);
    enum status rc = ST_REJECT;

    arena_reset(b->scratch);
    if (it->kind == ITEM_EVENT)
        rc = apply_or_recall(b, out, it, &was, &it->why);
    b->short_of_rows = rows_short(b->rows);
    if (b->short_of_rows) {
        undo(b, &was);
        return ST_OK;
    }
    if (rc == ST_OK)
        return hear_witness(b, it, &was, err);
    if (rc != ST_REJECT) {
        *err = it->why;
        err_where(err, "%s %" PRId64, topic_name(it->ev.topic),
                  it->link.sequence);
        return rc;
    }
    undo(b, &was);
    mark_applied(b, it);
    rc = dead_letter(b, it, &it->why, err);
    return rc == ST_OK ? hear_witness(b, it, &was, err) : rc;
}

enum status
batch_step(struct batch *b, struct err *err)
{
    struct out out = { .add = give_out, .reject = give_reject, .self = b };
    enum status rc = ST_OK;

    b->short_of_rows = false;
    for (size_t i = 0; b->consumed == 0 && i < b->def->n_inputs; i++)
        b->held[i] = is_waiting(b, i);
    while (rc == ST_OK && b->consumed < b->n) {
        struct item *it = &b->items[b->consumed];
        bool barrier = false;

        if (it->kind == ITEM_HELD) {
            b->held[it->raw->input] = true;
            b->consumed++;
            continue;
        }
        if (it->kind == ITEM_DROP) {
            move_offset(b, it);
            b->consumed++;
            b->dropped++;
            continue;
        }
        b->current = it;
        if (it->at != TIME_NONE && it->at > b->next.now)
            rc = fire_due(b, &out, it->at, err);
        /* Time stands before the record, so that the rest of its instant's
         * deadlines fires when the next turn comes to it. */
        if ((b->stopped_for_due || b->short_of_rows) && b->next.now >= it->at)
            b->next.now = it->at - 1;
        if (rc != ST_OK || b->stopped_for_due || b->short_of_rows)
            break;
        rc = apply_or_bury(b, &out, it, err);
        if (rc != ST_OK || b->short_of_rows)
            break;
        range_add(b, it);
        if (!is_waiting(b, it->raw->input))
            b->held[it->raw->input] = false;
        move_offset(b, it);
        b->consumed++;
        b->applied++;
        if (ends_turn(b, it)) {
            if (it->raw->input == 0)
                b->next.barrier = it->at;
            else if (it->at >= b->next.barrier)
                b->next.barrier = TIME_NONE;
            barrier = true;
        }
        if (barrier || outbox_bytes(&b->box).n > OUTBOX_SIZE_MAX - RECORD_SIZE_MAX)
            break;
    }
    if (b->short_of_rows)
        return rc;
    range_close(b);
    if (b->stopped_for_due)
        range_ahead(b, b->current);
    b->next.tails = b->box.tails;
    return rc;
}
