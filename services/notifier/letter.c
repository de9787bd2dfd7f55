#include "notifier/letter.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/adapters/json.h"
#include "notifier/link.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { LINK_MAX = 700 };

/* domain.md section 8, and notifier's own incidents. */
static const struct {
    const char *rule;
    const char *about;
} abouts[] = {
    { "D01", "no worker" },
    { "D02", "no activity" },
    { "D03", "assessment late" },
    { "D04", "plan late" },
    { "D05", "review late" },
    { "D06", "open too long" },
    { "D07", "short case came back" },
    { "D08", "hand-over unanswered" },
    { "D09", "intent not converted" },
    { "D10", "return interview" },
    { "D11", "missing three times" },
    { "D12", "re-referral" },
    { "D13", "caseload over the norm" },
    { "D14", "referrer not answered" },
    { "D15", "tracker review missed" },
    { "D16", "missing child without decision" },
    { "D17", "school told late" },
    { "D18", "pause too long" },
    { "D19", "match review waiting" },
    { "D20", "step-down without panel" },
    { "A01", "domestic abuse incident" },
    { "still", "time stands still in the log" },
    { "lag", "records wait unread" },
    { "dead-letters", "new dead letters" },
    { "delivery", "somebody could not be told" },
    { "held", "deliveries are held for a person" },
    { "test", "test of this channel" },
};

const char *
letter_about(struct str rule)
{
    for (size_t i = 0; i < N_OF(abouts); i++)
        if (str_is(rule, abouts[i].rule))
            return abouts[i].about;
    return "alert";
}

/* An agency's own text may hold anything; a mail's lines may not. */
static struct str
plain(struct arena *arena, struct str s)
{
    char *p = arena_copy(arena, s.p == NULL ? "" : s.p, s.n);

    for (size_t i = 0; i < s.n; i++)
        if (p[i] < ' ' || p[i] > '~')
            p[i] = '?';
    return (struct str){ .p = p, .n = s.n };
}

static struct str
add(struct arena *arena, struct str text, const char *name, struct str value)
{
    if (value.p == NULL || value.n == 0)
        return text;
    return arena_printf(arena, "%.*s%s: %.*s\n", STR_ARG(text), name,
                        STR_ARG(value));
}

static struct str
id_or_null(struct arena *arena, struct id id)
{
    char text[ID_TEXT_SIZE];

    return id_is_none(id) ? STR_NULL
                          : arena_str(arena, str_of(id_text(id, text)));
}

static struct str
time_or_null(struct arena *arena, time_ms at)
{
    char text[TIME_TEXT_SIZE];

    return at == TIME_NONE ? STR_NULL
                           : arena_str(arena, str_of(time_text(at, text)));
}

static bool
is_purpose(const struct notice *n, const char *purpose)
{
    return str_is(n->purpose, purpose);
}

/* What can be looked at: alerts and incidents; null without a base. */
static struct str
look_link(struct arena *arena, const struct letter_options *o,
          const struct notice *n)
{
    char id[ID_TEXT_SIZE];

    if (o->link_base[0] == '\0' || id_is_none(n->alert_id))
        return STR_NULL;
    return arena_printf(arena, "%s/alerts/%s", o->link_base,
                        id_text(n->alert_id, id));
}

static struct str
ack_link(struct arena *arena, const struct letter_options *o,
         const struct notice *n)
{
    struct link link = { .authority = o->authority,
                         .person = o->person,
                         .expires_at = o->expires_at };
    char text[LINK_MAX];

    if (is_purpose(n, "alert")) {
        link.kind = 'a';
        link.id = n->alert_id;
    } else if (is_purpose(n, "incident")) {
        link.kind = 'i';
        link.id = n->alert_id;
    }
    if (o->link_base[0] == '\0' || o->ack_key[0] == '\0' || link.kind == '\0' ||
        !link_make(&link, o->link_base, o->ack_key, text, sizeof text))
        return STR_NULL;
    return arena_str(arena, str_of(text));
}

static struct str
one(struct arena *arena, const struct letter_options *o, const struct notice *n)
{
    struct str text =
        arena_printf(arena, "%.*s: %s\n", STR_ARG(n->rule),
                     is_purpose(n, "answer") ? "answer to your notification"
                                             : letter_about(n->rule));

    text = add(arena, text, "Unit", n->unit);
    text = add(arena, text, "For", n->told);
    text = add(arena, text, "About", n->subject_kind);
    text = add(arena, text, "Id", id_or_null(arena, n->subject_id));
    text = add(arena, text, "Reference", plain(arena, n->reference));
    text = add(arena, text, "Due", time_or_null(arena, n->due_at));
    text = add(arena, text, "Since", time_or_null(arena, n->made_at));
    text = add(arena, text, "Look", look_link(arena, o, n));
    return add(arena, text, "I have seen it", ack_link(arena, o, n));
}

struct letter_text
letter_mail(struct arena *arena, const struct letter_options *options,
            const struct notice *notices, size_t n)
{
    struct letter_text out = { .body = STR("") };

    if (n == 1)
        out.subject = arena_printf(
            arena, "Waymark%s: %.*s %s%s%.*s",
            notices[0].urgent ? " URGENT" : "", STR_ARG(notices[0].rule),
            is_purpose(&notices[0], "answer") ? "answer"
                                              : letter_about(notices[0].rule),
            notices[0].unit.n > 0 ? ", " : "", STR_ARG(notices[0].unit));
    else
        out.subject = arena_printf(arena, "Waymark: %zu alerts", n);
    out.subject = plain(arena, out.subject);
    for (size_t i = 0; i < n; i++)
        out.body = arena_printf(arena, "%.*s%s%.*s", STR_ARG(out.body),
                                i == 0 ? "" : "\n",
                                STR_ARG(one(arena, options, &notices[i])));
    out.body = arena_printf(arena,
                            "%.*s\nThis message names nobody: open the "
                            "link to see whom it is about.\n",
                            STR_ARG(out.body));
    return out;
}

struct str
letter_json(struct arena *arena, const struct letter_options *options,
            const struct notice *notices, size_t n)
{
    struct json_out o;

    json_out_init(&o, arena);
    json_out_object(&o);
    json_out_kstr(&o, "message_id", id_or_null(arena, options->message_id));
    json_out_kstr(&o, "authority", options->authority);
    json_out_key(&o, "notices");
    json_out_array(&o);
    for (size_t i = 0; i < n; i++) {
        const struct notice *t = &notices[i];

        json_out_object(&o);
        json_out_kstr(&o, "notice_id", id_or_null(arena, t->notice_id));
        json_out_kint(&o, "rung", t->rung);
        json_out_kstr(&o, "purpose", t->purpose);
        json_out_kstr(&o, "rule", t->rule);
        json_out_kstr(&o, "told", t->told);
        json_out_kstr(&o, "unit", t->unit);
        json_out_kstr(&o, "subject_kind", t->subject_kind);
        json_out_kstr(&o, "subject_id", id_or_null(arena, t->subject_id));
        json_out_kstr(&o, "alert_id", id_or_null(arena, t->alert_id));
        json_out_kstr(&o, "reference", t->reference);
        json_out_kstr(&o, "due_at", time_or_null(arena, t->due_at));
        json_out_kstr(&o, "made_at", time_or_null(arena, t->made_at));
        json_out_kbool(&o, "urgent", t->urgent);
        json_out_kstr(&o, "link", look_link(arena, options, t));
        json_out_kstr(&o, "acknowledge", ack_link(arena, options, t));
        json_out_object_end(&o);
    }
    json_out_array_end(&o);
    json_out_object_end(&o);
    return json_out_text(&o);
}
