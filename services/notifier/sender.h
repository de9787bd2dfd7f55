/**
 * Tells people: threads beside the turns that take due messages from the
 * database, send them, and note every attempt (docs/decisions.md, "Sending is
 * outside the turn"). By the wall clock. Any number of processes may send for
 * one authority: each message is taken by one.
 *
 * One thread groups notices, watches (watch.h) and sends; a second one sends
 * what is urgent, so that a server that hangs holds up no missing child.
 *
 * A message is sent at least once: whoever dies between sending and noting it
 * leaves it to be sent again, with the same Message-ID, when its lease is over.
 *
 * Where the database is away for `still_ms`, nothing can be taken or noted:
 * then duty is told so straight from memory, once an hour.
 */
#ifndef WAYMARK_NOTIFIER_SENDER_H
#define WAYMARK_NOTIFIER_SENDER_H

#include <stdio.h>

#include "common/adapters/mail.h"
#include "common/host/host.h"
#include "notifier/desk.h"
#include "notifier/hook.h"

struct sender_options {
    const struct host_world *world;
    const struct staff *staff; /* one an authority, as world->authorities */
    struct mail_options mail;
    const char *mail_from;
    struct hook_options hook;
    struct desk_limits limits;
    const char *link_base;
    const char *ack_key;
    int64_t link_hours;
    int64_t poll_ms;
    int64_t watch_ms;
    int64_t still_ms; /* time in the log older than this is an incident */
};

struct sender;

/** Begin; options and all they point to are borrowed until the close. */
MUST_CHECK enum status sender_open(const struct sender_options *options,
                                   struct sender **out, struct err *err);
/** End after the attempts under way. NULL is fine. */
void sender_close(struct sender *s);
/** Prometheus text. */
void sender_metrics(struct sender *s, FILE *to);

#endif
