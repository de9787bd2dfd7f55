/**
 * What a message says: the same for mail and hook, and never a name. Ids,
 * rule, role, unit, times and a link; an agency also reads its own reference.
 */
#ifndef WAYMARK_NOTIFIER_LETTER_H
#define WAYMARK_NOTIFIER_LETTER_H

#include "common/core/arena.h"
#include "common/core/id.h"
#include "common/core/time.h"

/* A row of the table notice; texts borrowed. */
struct notice {
    struct id notice_id;
    int rung;
    struct str purpose; /* alert, answer, relay, incident, test */
    struct str rule;
    struct str told;
    struct str unit;
    struct str party;
    struct str subject_kind;
    struct id subject_id;
    struct str reference;
    struct id alert_id;
    time_ms due_at;
    time_ms made_at;
    bool urgent;
};

struct letter_options {
    const char *link_base; /* "https://HOST/PATH"; "" for no links */
    const char *ack_key;   /* "" for no link to acknowledge */
    struct str authority;
    struct str person; /* whom it is for */
    struct id message_id;
    time_ms expires_at; /* of the links */
};

/* Both NUL-terminated beyond their length. */
struct letter_text {
    struct str subject; /* ASCII */
    struct str body;
};

/** A mail about one or several notices; of one purpose where several. */
struct letter_text letter_mail(struct arena *arena,
                               const struct letter_options *options,
                               const struct notice *notices, size_t n);
/** A hook's JSON. */
struct str letter_json(struct arena *arena,
                       const struct letter_options *options,
                       const struct notice *notices, size_t n);

/** What a rule is about, in a few words; "alert" for one without. */
const char *letter_about(struct str rule);

#endif
