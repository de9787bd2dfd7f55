/* Notifier: wires turns, staff lists, sender and acknowledgements together. */
#include <stdlib.h>
#include <string.h>

#include "common/adapters/staff_json.h"
#include "common/engine/memory.h"
#include "common/host/host.h"
#include "notifier/ack.h"
#include "notifier/core/notifier.h"
#include "notifier/sender.h"

enum { STAFF_MEMORY = 64 << 20, SECRET_MIN = 16, SERVED_MAX = 64 };

struct notifier_config {
    char *smtp;
    char *smtp_user;
    char *smtp_password;
    char *smtp_from;
    char *ca_file;
    char *hook_secret;
    char *link_base;
    char *ack_key;
    char *ack_listen;
    char *ack_intake;
    char *ack_agency;
    char *ack_sign_key;
    char *ack_audience;
    bool smtp_plain;
    bool hook_loopback;
    int64_t send_timeout_ms;
    int64_t retry_first_ms;
    int64_t give_up_s;
    int64_t urgent_give_up_s;
    int64_t hold_after_s;
    int64_t link_hours;
    int64_t send_poll_ms;
    int64_t watch_ms;
    int64_t still_s;
};
_Static_assert(sizeof(struct notifier_config) <= HOST_PART_CONFIG_MAX,
               "settings of the part");

#define AT(member) offsetof(struct notifier_config, member)

static const struct config_entry entries[] = {
    { .name = "SMTP",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "smtp://HOST:PORT (STARTTLS) or smtps://; may be empty where "
              "nobody has a mail address",
      .offset = AT(smtp) },
    { .name = "SMTP_USER",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "login; empty: none",
      .offset = AT(smtp_user) },
    { .name = "SMTP_PASSWORD",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "of the login",
      .offset = AT(smtp_password) },
    { .name = "SMTP_FROM",
      .type = CONFIG_TEXT,
      .dflt = "waymark@waymark.invalid",
      .min = 3,
      .max = 200,
      .help = "sender's address",
      .offset = AT(smtp_from) },
    { .name = "SMTP_PLAIN",
      .type = CONFIG_BOOL,
      .dflt = "off",
      .help = "on: no TLS, for a relay on this machine",
      .offset = AT(smtp_plain) },
    { .name = "CA_CERTS",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "certificates that are trusted, PEM; empty: the system's",
      .offset = AT(ca_file) },
    { .name = "HOOK_SECRET",
      .type = CONFIG_TEXT,
      .dflt = "",
      .max = 200,
      .help = "signs web hooks, at least 16 characters; may be empty where "
              "nobody has a web hook",
      .offset = AT(hook_secret) },
    { .name = "HOOK_LOOPBACK",
      .type = CONFIG_BOOL,
      .dflt = "off",
      .help = "for tests: web hooks may go to this machine",
      .offset = AT(hook_loopback) },
    { .name = "LINK_BASE",
      .type = CONFIG_TEXT,
      .dflt = "",
      .max = 300,
      .help = "https://HOST/PATH of links in messages; empty: none",
      .offset = AT(link_base) },
    { .name = "ACK_KEY",
      .type = CONFIG_TEXT,
      .dflt = "",
      .max = 200,
      .help = "signs links to acknowledge, at least 16 characters; empty: "
              "none",
      .offset = AT(ack_key) },
    { .name = "ACK_LISTEN",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "address of the door behind these links; empty: none",
      .offset = AT(ack_listen) },
    { .name = "ACK_INTAKE",
      .type = CONFIG_TEXT,
      .dflt = "http://127.0.0.1:8080",
      .help = "intake's door, that takes acknowledgements",
      .offset = AT(ack_intake) },
    { .name = "ACK_AGENCY",
      .type = CONFIG_TEXT,
      .dflt = "early-help",
      .min = 1,
      .max = 60,
      .help = "in whose name they are sent",
      .offset = AT(ack_agency) },
    { .name = "ACK_SIGN_WITH",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "PEM file of its private key; empty: intake's door is open",
      .offset = AT(ack_sign_key) },
    { .name = "ACK_AUDIENCE",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "intake's name in tokens",
      .offset = AT(ack_audience) },
    { .name = "LINK_HOURS",
      .type = CONFIG_INT,
      .dflt = "168",
      .min = 1,
      .max = 8760,
      .help = "how long such a link is good, hours",
      .offset = AT(link_hours) },
    { .name = "SEND_TIMEOUT_MS",
      .type = CONFIG_INT,
      .dflt = "10000",
      .min = 100,
      .max = 120000,
      .help = "for one attempt, ms",
      .offset = AT(send_timeout_ms) },
    { .name = "RETRY_FIRST_MS",
      .type = CONFIG_INT,
      .dflt = "30000",
      .min = 100,
      .max = 1800000,
      .help = "wait before the second attempt, then doubling, ms",
      .offset = AT(retry_first_ms) },
    { .name = "GIVE_UP_S",
      .type = CONFIG_INT,
      .dflt = "14400",
      .min = 1,
      .max = 86400,
      .help = "then the next on the ladder is told, s",
      .offset = AT(give_up_s) },
    { .name = "URGENT_GIVE_UP_S",
      .type = CONFIG_INT,
      .dflt = "300",
      .min = 1,
      .max = 14400,
      .help = "the same for what is urgent, s",
      .offset = AT(urgent_give_up_s) },
    { .name = "HOLD_AFTER_S",
      .type = CONFIG_INT,
      .dflt = "3600",
      .min = 10,
      .max = 604800,
      .help = "what is overdue by more waits for a person, s",
      .offset = AT(hold_after_s) },
    { .name = "SEND_POLL_MS",
      .type = CONFIG_INT,
      .dflt = "250",
      .min = 10,
      .max = 10000,
      .help = "how often it looks for what is due, ms",
      .offset = AT(send_poll_ms) },
    { .name = "WATCH_MS",
      .type = CONFIG_INT,
      .dflt = "5000",
      .min = 100,
      .max = 60000,
      .help = "how often it looks at the others, ms",
      .offset = AT(watch_ms) },
    { .name = "STILL_S",
      .type = CONFIG_INT,
      .dflt = "60",
      .min = 1,
      .max = 3600,
      .help = "time in the log older than this stands still, s",
      .offset = AT(still_s) },
};

struct notifier {
    struct arena *arena;
    struct staff staff[SERVED_MAX];
    struct sender_options options;
    struct sender *sender;
    struct ack_options ack_options;
    struct ack *ack; /* NULL without ACK_LISTEN */
};

/* ---- settings
 * ---------------------------------------------------------------- */

/* Where anybody of these lists hears by this channel. */
static bool
anybody(const struct staff *s, struct str scheme)
{
    for (size_t i = 0; i < s->n_people; i++)
        if (str_starts(s->people[i].address, scheme))
            return true;
    for (size_t i = 0; i < s->n_parties; i++)
        if (str_starts(s->parties[i].address, scheme))
            return true;
    return false;
}

static enum status
check_channels(const struct notifier_config *c, const struct staff *s,
               struct err *err)
{
    if (c->smtp[0] == '\0' && anybody(s, STR("mailto:")))
        return err_set(err, ST_REJECT, "config",
                       "SMTP is empty, and the staff list has mail addresses");
    if (strlen(c->hook_secret) < SECRET_MIN && anybody(s, STR("https://")))
        return err_set(err, ST_REJECT, "config",
                       "HOOK_SECRET: want %d characters or more", SECRET_MIN);
    return ST_OK;
}

static enum status
check_texts(const struct notifier_config *c, struct err *err)
{
    if (c->smtp[0] != '\0' && strncmp(c->smtp, "smtp://", 7) != 0 &&
        strncmp(c->smtp, "smtps://", 8) != 0)
        return err_set(err, ST_REJECT, "config",
                       "SMTP: want smtp://HOST:PORT or smtps://HOST:PORT");
    if (strchr(c->smtp_from, '@') == NULL)
        return err_set(err, ST_REJECT, "config", "SMTP_FROM: want an address");
    if (c->link_base[0] != '\0' && strncmp(c->link_base, "https://", 8) != 0)
        return err_set(err, ST_REJECT, "config", "LINK_BASE: want https://");
    if (c->ack_key[0] != '\0' && strlen(c->ack_key) < SECRET_MIN)
        return err_set(err, ST_REJECT, "config",
                       "ACK_KEY: want %d characters or more", SECRET_MIN);
    if (c->ack_listen[0] != '\0' && c->ack_key[0] == '\0')
        return err_set(err, ST_REJECT, "config",
                       "ACK_LISTEN wants ACK_KEY, which signs the links");
    if (c->ack_sign_key[0] != '\0' && c->ack_audience[0] == '\0')
        return err_set(err, ST_REJECT, "config",
                       "ACK_SIGN_WITH wants ACK_AUDIENCE");
    return ST_OK;
}

static struct sender_options
options_of(struct notifier *n, const struct notifier_config *c,
           const struct host_world *world)
{
    return (struct sender_options){
        .world = world,
        .staff = n->staff,
        .mail = { .url = c->smtp,
                  .user = c->smtp_user,
                  .password = c->smtp_password,
                  .ca_file = c->ca_file,
                  .plain = c->smtp_plain,
                  .timeout_ms = (int)c->send_timeout_ms },
        .mail_from = c->smtp_from,
        .hook = { .secret = c->hook_secret,
                  .ca_file = c->ca_file,
                  .loopback = c->hook_loopback,
                  .timeout_ms = (int)c->send_timeout_ms },
        .limits = { .retry_first_ms = c->retry_first_ms,
                    .give_up_ms = c->give_up_s * 1000,
                    .urgent_give_up_ms = c->urgent_give_up_s * 1000,
                    .hold_after_ms = c->hold_after_s * 1000,
                    /* Twice the time-out: a silent server is taken leave of. */
                    .lease_ms = c->send_timeout_ms * 2 + 3000 },
        .link_base = c->link_base,
        .ack_key = c->ack_key,
        .link_hours = c->link_hours,
        .poll_ms = c->send_poll_ms,
        .watch_ms = c->watch_ms,
        .still_ms = c->still_s * 1000,
    };
}

static struct ack_options
ack_options_of(const struct notifier_config *c, const struct host_world *world)
{
    return (struct ack_options){ .world = world,
                                 .listen = c->ack_listen,
                                 .any_address = world->any_address,
                                 .key = c->ack_key,
                                 .intake = c->ack_intake,
                                 .agency = c->ack_agency,
                                 .sign_key = c->ack_sign_key,
                                 .audience = c->ack_audience };
}

/* Nobody is told of an authority whose time comes from outside: it has no
 * staff list. */
static enum status
check(void *self, const void *config, const struct host_world *world,
      struct err *err)
{
    struct notifier *n = self;
    enum status rc = check_texts(config, err);

    n->arena = memory_open(STAFF_MEMORY);
    if (n->arena == NULL)
        return err_set(err, ST_REJECT, "memory", "no memory");
    for (size_t i = 0; rc == ST_OK && i < world->n && i < SERVED_MAX; i++) {
        const struct authority *a = world->authorities[i];

        if (a->log_clock)
            continue;
        rc = staff_read(world->profiles, a->name, n->arena, &n->staff[i], err);
        if (rc == ST_OK)
            rc = check_channels(config, &n->staff[i], err);
        if (rc != ST_OK)
            err_where(err, "authority %.*s", STR_ARG(a->name));
    }
    n->options = options_of(n, config, world);
    n->ack_options = ack_options_of(config, world);
    return rc;
}

/* ---- the part
 * ------------------------------------------------------------------ */

static enum status
start(void *self, struct err *err)
{
    struct notifier *n = self;

    enum status rc = ST_OK;

    if (n->ack_options.listen[0] != '\0')
        rc = ack_open(&n->ack_options, &n->ack, err);
    return rc == ST_OK ? sender_open(&n->options, &n->sender, err) : rc;
}

static void
stop(void *self)
{
    struct notifier *n = self;

    ack_close(n->ack);
    n->ack = NULL;
    sender_close(n->sender);
    n->sender = NULL;
}

static void
metrics(void *self, FILE *to)
{
    struct notifier *n = self;

    if (n->sender != NULL)
        sender_metrics(n->sender, to);
}

int
main(int argc, char **argv)
{
    struct notifier n = { .arena = NULL };
    struct host_part part = { .entries = entries,
                              .n_entries = sizeof entries / sizeof entries[0],
                              .check = check,
                              .start = start,
                              .stop = stop,
                              .metrics = metrics,
                              .self = &n };
    int code = host_main_with(&notifier_service, &part, argc, argv);

    memory_close(n.arena);
    return code;
}
