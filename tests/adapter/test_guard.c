/* A guarded client reaches public addresses only, whatever a name says. */
#include "common/adapters/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct row {
    const char *name;
    const char *base;
    bool loopback;
    enum status want;
    const char *code;
};

/* Nothing listens on port 1: who gets as far as to knock is told to retry. */
static const struct row rows[] = {
    { "loopback is refused", "https://127.0.0.1:1", false, ST_REJECT,
      "address" },
    { "by name too", "https://localhost:1", false, ST_REJECT, "address" },
    { "by version 6 too", "https://[::1]:1", false, ST_REJECT, "address" },
    { "and in a version 6 address", "https://[::ffff:127.0.0.1]:1", false,
      ST_REJECT, "address" },
    { "unless it is a test", "https://127.0.0.1:1", true, ST_RETRY, "connect" },
    { "a test opens no other private network", "https://10.0.0.1:1", true,
      ST_REJECT, "address" },
    { "10/8 is refused to its last address", "https://10.255.255.255:1", false,
      ST_REJECT, "address" },
    { "172.16/12 from its first", "https://172.16.0.0:1", false, ST_REJECT,
      "address" },
    { "to its last", "https://172.31.255.255:1", false, ST_REJECT, "address" },
    { "192.168/16 is refused", "https://192.168.1.1:1", false, ST_REJECT,
      "address" },
    { "so is what a carrier shares", "https://100.127.255.255:1", false,
      ST_REJECT, "address" },
    { "where machines of a cloud ask about themselves",
      "https://169.254.169.254:1", false, ST_REJECT, "address" },
    { "nobody's address is refused", "https://0.0.0.0:1", false, ST_REJECT,
      "address" },
    { "and many's", "https://224.0.0.1:1", false, ST_REJECT, "address" },
    { "a link's own addresses", "https://[fe80::1]:1", false, ST_REJECT,
      "address" },
    { "a site's own addresses", "https://[fd00::1]:1", false, ST_REJECT,
      "address" },
    { "a tunnel's", "https://[2002:7f00:1::]:1", false, ST_REJECT, "address" },
    { "other numbers for loopback", "https://2130706433:1", false, ST_REJECT,
      "address" },
    { "http is refused whoever it leads to", "http://127.0.0.1:1", true,
      ST_FATAL, "http" },
};

static void
is_guarded(void **s)
{
    const struct row *r = *s;
    struct http_client_options options = { .base = r->base,
                                           .timeout_ms = 2000,
                                           .guarded = true,
                                           .loopback = r->loopback };
    struct http_call call = { .path = "/" };
    struct http_answer answer;
    struct http_client *c = NULL;
    struct err err = { .code = "" };

    assert_int_equal(http_client_open(&options, &c, &err), ST_OK);
    assert_int_equal(http_client_call(c, &call, &answer, &err), r->want);
    assert_string_equal(err.code, r->code);
    http_client_close(c);
}

int
main(void)
{
    struct CMUnitTest tests[N_OF(rows)];

    for (size_t i = 0; i < N_OF(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = is_guarded,
                                        .initial_state = (void *)&rows[i] };
    return _cmocka_run_group_tests("guard", tests, N_OF(rows), NULL, NULL);
}
