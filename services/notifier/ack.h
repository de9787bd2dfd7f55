/**
 * The door behind the links in messages. GET /ack shows a page with one
 * button: mail readers fetch links by themselves, so looking changes nothing.
 * POST /ack acknowledges: an alert of the log by the activity
 * `alert_acknowledged` at intake, in the name of whoever was told; an incident
 * of notifier's own in its table. nginx stands before it with HTTPS.
 */
#ifndef WAYMARK_NOTIFIER_ACK_H
#define WAYMARK_NOTIFIER_ACK_H

#include "common/host/host.h"

/* Borrowed until ack_close. */
struct ack_options {
    const struct host_world *world;
    const char *listen; /* "127.0.0.1:8081" */
    bool any_address;
    const char *key;      /* of the links */
    const char *intake;   /* "http://127.0.0.1:8080" */
    const char *agency;   /* in whose name intake is spoken to */
    const char *sign_key; /* PEM file of the agency's; "": no token */
    const char *audience; /* of the token: intake's name */
};

struct ack;

/** ST_REJECT where the sign key is none; ST_FATAL where it can't listen. */
MUST_CHECK enum status ack_open(const struct ack_options *options,
                                struct ack **out, struct err *err);
/** NULL is fine. */
void ack_close(struct ack *a);

#endif
