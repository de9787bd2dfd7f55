/* waymark dead-letters: what could not be applied, and why. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/set_aside.h"
#include "cli/stream.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"

enum { CLUSTER_MS = 10000 };

/* "triage:17": the record that was asked for. */
struct wanted {
    struct str by;
    int64_t number;
};

static bool
read_wanted(struct str word, struct wanted *out)
{
    const char *colon = memchr(word.p, ':', word.n);

    if (colon == NULL)
        return false;
    out->by = (struct str){ .p = word.p, .n = (size_t)(colon - word.p) };
    out->number = atoll(colon + 1);
    return out->number > 0;
}

static void
print_json(const struct authority *a, const struct stream_record *r)
{
    struct json_out o;

    json_out_init(&o, NULL);
    json_out_object(&o);
    json_out_kstr(&o, "authority", a->name);
    json_out_kcstr(&o, "by", service_name(r->link.origin.service));
    json_out_kint(&o, "number", r->link.sequence);
    json_out_kstr(&o, "place", r->place);
    json_out_kstr(&o, "code", r->code);
    json_out_kstr(&o, "reason", r->reason);
    json_out_kint(&o, "bytes", (int64_t)r->value.n);
    json_out_object_end(&o);
    printf("%.*s\n", STR_ARG(json_out_text(&o)));
    json_out_free(&o);
}

static void
print_one(const struct cli *cli, const struct authority *a,
          const struct stream_record *r)
{
    if (cli_flag(cli, "json"))
        print_json(a, r);
    else
        printf("%.*s %s:%" PRId64 "  %.*s  %.*s  %zu bytes  %.*s\n",
               STR_ARG(a->name), service_name(r->link.origin.service),
               r->link.sequence, STR_ARG(r->place), STR_ARG(r->code),
               r->value.n, STR_ARG(r->reason));
}

/* Content may name a child: only where it was asked for. */
static void
print_content(const struct cli *cli, const struct stream_record *r)
{
    if (cli_flag(cli, "content") && r->value.n > 0)
        fwrite(r->value.p, 1, r->value.n, stdout);
}

static enum status
walk(const struct cli *cli, const struct kafka_conn *conn,
     const struct authority *a, const struct wanted *wanted, size_t *n,
     struct err *err)
{
    struct stream_options options = { .conn = *conn,
                                      .topic = TOPIC_DEAD_LETTERS,
                                      .authority = a->partition };
    struct stream *s = NULL;
    enum status rc = stream_open(&options, &s, err);

    while (rc == ST_OK) {
        struct stream_record *r = NULL;

        rc = stream_next(s, &r, err);
        if (rc != ST_OK || r == NULL)
            break;
        if (wanted == NULL ||
            (r->link.sequence == wanted->number &&
             str_is(wanted->by, service_name(r->link.origin.service)))) {
            print_one(cli, a, r);
            if (wanted != NULL)
                print_content(cli, r);
            ++*n;
        }
        stream_record_free(r);
    }
    stream_close(s);
    return rc;
}

static enum cli_exit
say_set_aside(const struct cli *cli, const char *service, const char *authority,
              const struct set_aside *done)
{
    if (cli_flag(cli, "json"))
        printf("{\"put_aside\":{\"service\":\"%s\",\"authority\":\"%s\","
               "\"place\":\"%s\",\"number\":%" PRId64 ",\"confirmed\":%s}}\n",
               service, authority, done->place, done->letter,
               done->confirmed ? "true" : "false");
    else
        printf("%s: %s is dead letter %s:%" PRId64 "%s\n", authority,
               done->place, service, done->letter,
               done->confirmed ? "" : ", published when the service starts");
    return CLI_DONE;
}

static enum cli_exit
put_aside(struct cli *cli)
{
    char cluster_id[KAFKA_CLUSTER_ID_SIZE];
    const char *name = cli_text(cli, "authority");
    struct set_aside_options options = { .cluster_id = cluster_id,
                                         .conninfo = cli_text(cli, "pgconn"),
                                         .by = cli_text(cli, "by"),
                                         .second = cli_text(cli, "second") };
    struct err err = { .code = "" };
    struct authorities all = { .n = 0 };
    const struct authority *authority = NULL;
    struct set_aside done;
    enum status rc;

    options.def = cli->n_words == 2 ? cli_service(cli->words[1]) : NULL;
    if (options.def == NULL || name == NULL)
        return cli_usage(cli, "put-aside wants triage, tracker, metrics or "
                              "notifier, and --authority");
    if (options.by == NULL || options.second == NULL ||
        strcasecmp(options.by, options.second) == 0)
        return cli_usage(cli, "want --by NAME and --second NAME: two people");
    if (!cli_number(cli, "lease-ms", 0, 600000, &options.lease_ms))
        return CLI_USAGE;
    rc = cli_authorities(cli, &all, &err);
    if (rc == ST_OK &&
        (authority = authorities_find(&all, str_of(name))) == NULL)
        return cli_usage(cli, "authority \"%s\" is not in authorities.json",
                         name);
    if (rc == ST_OK)
        rc = cli_kafka(cli, &options.conn, &err);
    if (rc == ST_OK)
        rc = kafka_cluster_id(&options.conn, CLUSTER_MS, cluster_id, &err);
    if (rc == ST_OK) {
        options.authority = authority->partition;
        options.authority_name = authority->name.p;
        options.log_clock = authority->log_clock;
        rc = set_aside(&options, &done, &err);
    }
    if (rc == ST_REJECT) {
        fprintf(stderr, "waymark dead-letters: %s: %s\n", err.code, err.text);
        return CLI_DIFFERENT;
    }
    return rc == ST_OK ? say_set_aside(cli, cli->words[1], name, &done)
                       : cli_fail(cli, rc, &err);
}

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct authorities all = { .n = 0 };
    struct kafka_conn conn;
    struct wanted wanted;
    bool show = strcmp(cli->words[0], "show") == 0;
    int32_t shard = -1;
    size_t n = 0;
    enum status rc;

    if (strcmp(cli->words[0], "put-aside") == 0)
        return put_aside(cli);
    if (!show && strcmp(cli->words[0], "list") != 0)
        return cli_usage(cli, "want list, show or put-aside");
    if (show &&
        (cli->n_words != 2 || !read_wanted(str_of(cli->words[1]), &wanted)))
        return cli_usage(cli, "show wants SERVICE:NUMBER as list prints it");
    rc = cli_kafka(cli, &conn, &err);
    if (rc == ST_OK)
        rc = cli_authorities(cli, &all, &err);
    if (rc == ST_OK)
        rc = cli_shard(cli, &shard, &err);
    for (size_t i = 0; rc == ST_OK && i < all.n; i++)
        if (shard < 0 || all.at[i].partition == shard)
            rc = walk(cli, &conn, &all.at[i], show ? &wanted : NULL, &n, &err);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (!show && !cli_flag(cli, "json"))
        printf("dead letters: %zu\n", n);
    return show && n == 0 ? CLI_DIFFERENT : CLI_DONE;
}

const struct verb verb_dead_letters = {
    .name = "dead-letters",
    .words = "list | show SERVICE:NUMBER | put-aside SERVICE",
    .help = "what could not be applied: place, code, reason",
    .min_words = 1,
    .max_words = 2,
    .options = {
        { .name = "content",
          .help = "show: the bytes as they came, which may name a child" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
        { .name = "by", .value = "NAME", .help = "put-aside: who decides it" },
        { .name = "second", .value = "NAME",
          .help = "put-aside: who agrees: another" },
        { .name = "lease-ms", .value = "N", .env = "WAYMARK_LEASE_MS",
          .dflt = "5000", .help = "put-aside: the services' lease, ms" },
    },
    .prints_data = true,
    .run = run,
};
