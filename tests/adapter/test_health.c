/*
 * Health: what /readyz and /metrics say of a shard, whatever state it is in.
 * Above all: a number that nobody could look up is not told as 0.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/adapters/http_client.h"
#include "common/host/health.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define LABELS "{service=\"triage\",authority=\"demo\"} "

struct row {
    const char *name;
    bool runner; /* it has one */
    int owner, caught_up;
    int64_t behind;
    const char *waits;   /* NULL: nothing was tried yet */
    const char *stopped; /* or NULL */
    int ready;
    const char *lag;  /* that is told, NULL: none is */
    const char *line; /* that must stand in the metrics, or NULL */
};

static const struct row rows[] = {
    { "an owner at the end of its log is ready, and nothing waits", true, 1, 1,
      0, "", NULL, 200, "0", "waymark_lag_known" LABELS "1\n" },
    { "an owner that works says how much waits", true, 1, 1, 7, "", NULL, 200,
      "7", "waymark_lag_known" LABELS "1\n" },
    { "one that has not seen the end is not ready, but knows what waits", true,
      1, 0, 7, "", NULL, 503, "7", NULL },
    { "one that has heard nothing yet knows nothing", true, 1, 0, 0, "", NULL,
      503, NULL, "waymark_lag_known" LABELS "0\n" },
    { "while the source can't be asked the lag is unknown, not 0", true, 0, 1,
      0, "kafka", NULL, 503, NULL, "waymark_lag_known" LABELS "0\n" },
    { "what it waits for is told", true, 0, 1, 0, "kafka", NULL, 503, NULL,
      "waymark_shard_waits{service=\"triage\",authority=\"demo\","
      "code=\"kafka\"} 1\n" },
    { "a standby is ready and knows no lag", true, 0, 0, 0, "", NULL, 200, NULL,
      "waymark_lag_known" LABELS "0\n" },
    { "before the first try it is not ready", true, 0, 0, 0, NULL, NULL, 503,
      NULL, "code=\"start\"" },
    { "without a runner it is not ready", false, 0, 0, 0, "", NULL, 503, NULL,
      "waymark_lag_known" LABELS "0\n" },
    { "one that stopped says its code and no lag", true, 1, 1, 3, "", "gap",
      503, NULL,
      "waymark_shard_stopped{service=\"triage\",authority=\"demo\","
      "code=\"gap\"} 1\n" },
};

/* The caller has `room` for the body as text. */
static int
get(const struct health *h, const char *path, char *body, size_t room)
{
    char base[64];
    struct http_client_options options = { .base = base };
    struct http_client *c = NULL;
    struct http_call call = { .path = path };
    struct http_answer answer;
    struct err err;
    int status;

    snprintf(base, sizeof base, "http://%s", health_address(h));
    assert_int_equal(http_client_open(&options, &c, &err), ST_OK);
    assert_int_equal(http_client_call(c, &call, &answer, &err), ST_OK);
    snprintf(body, room, "%.*s", STR_ARG(answer.body));
    status = answer.status;
    http_client_close(c);
    return status;
}

static void
expect_number(const char *metrics, const char *family, const char *want)
{
    char line[128];

    snprintf(line, sizeof line, "\n%s" LABELS, family);
    if (want == NULL) {
        assert_null(strstr(metrics, line));
        return;
    }
    snprintf(line, sizeof line, "\n%s" LABELS "%s\n", family, want);
    assert_non_null(strstr(metrics, line));
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct health_shard shard;
    struct health_shard *const shards[] = { &shard };
    struct runner_stats stats = { .owner = row->owner,
                                  .caught_up = row->caught_up,
                                  .behind = row->behind };
    struct health *h = NULL;
    struct err err;
    char body[16384];

    health_init(&shard, "demo");
    if (row->runner)
        health_watch(&shard, &stats);
    if (row->waits != NULL)
        health_waits(&shard, row->waits);
    if (row->stopped != NULL)
        health_stopped(&shard, row->stopped);
    assert_int_equal(
        health_serve("triage", "127.0.0.1:0", shards, 1, false, &h, &err),
        ST_OK);
    assert_int_equal(get(h, "/livez", body, sizeof body), 200);
    assert_int_equal(get(h, "/readyz", body, sizeof body), row->ready);
    assert_int_equal(get(h, "/metrics", body, sizeof body), 200);
    expect_number(body, "waymark_lag_records", row->lag);
    expect_number(body, "waymark_oldest_unprocessed_seconds",
                  row->lag == NULL ? NULL : "0.000");
    if (row->line != NULL)
        assert_non_null(strstr(body, row->line));
    health_close(h);
}

int
main(void)
{
    struct CMUnitTest tests[N_OF(rows)];

    for (size_t i = 0; i < N_OF(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
