/*
 * Intake's door, whole: addresses, headers, JSON, lists, NDJSON, CSV, packed
 * bodies. There is no database behind it: what is sound is told to come again,
 * what is not is refused with its reasons.
 *
 * The first line is a request line and headers with blanks between (METHOD
 * PATH TYPE CODING), the rest a body; or the first byte is '!', and the rest
 * goes onto the connection as it is.
 */
#include <stdio.h>
#include <string.h>

#include "intake/http.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/socket.h"

static struct socket_door place;

static struct terms *
own_terms(void)
{
    const struct terms_files files = { .profiles = "profiles",
                                       .profile = "kent-2015.json",
                                       .calendars = "calendars",
                                       .agencies = fuzz_terms()->agencies };
    struct terms *terms = NULL;
    struct err err;

    always(terms_of_files(&files, &terms, &err) == ST_OK);
    return terms;
}

static void
open_door(void)
{
    static struct served served;
    struct append_options append = { .schema = "intake",
                                     .authority = STR("kent-2015"),
                                     .partition = 1,
                                     .terms = own_terms() };
    struct intake_http_options options = {
        .listen = socket_bind(&place), .threads = 2, .served = &served, .n = 1
    };
    struct intake_http *http;
    struct err err;

    served.door = (struct door){ .authority = append.authority,
                                 .partition = 1,
                                 .hash_key = STR("only-for-tests-0123456789") };
    always(append_open(&append, &served.door.append, &err) == ST_OK);
    always(intake_http_open(&options, &http, &err) == ST_OK);
}

/* The next word of the first line, or a usual one. */
static struct str
word(struct str *line, const char *usual)
{
    const char *end = line->n == 0 ? NULL : memchr(line->p, ' ', line->n);
    size_t n = end == NULL ? line->n : (size_t)(end - line->p);
    struct str w = { .p = line->p, .n = n };

    n += end != NULL;
    *line = (struct str){ .p = line->p + n, .n = line->n - n };
    return w.n == 0 ? str_of(usual) : w;
}

static struct str
request(struct arena *a, struct str body)
{
    struct str line = fuzz_line(&body);
    struct str method = word(&line, "POST");
    struct str path = word(&line, "/v1/notifications");
    struct str type = word(&line, "application/json");
    struct str coding = word(&line, "identity");
    struct str head = arena_printf(
        a,
        "%.*s %.*s HTTP/1.1\r\nHost: x\r\nContent-Type: %.*s\r\n"
        "Content-Encoding: %.*s\r\nContent-Length: %zu\r\n\r\n",
        STR_ARG(method), STR_ARG(path), STR_ARG(type), STR_ARG(coding), body.n);
    char *p = arena_alloc(a, head.n + body.n);

    memcpy(p, head.p, head.n);
    memcpy(p + head.n, body.p, body.n);
    return (struct str){ .p = p, .n = head.n + body.n };
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = fuzz_str(data, n);

    if (place.path[0] == '\0')
        open_door();
    if (n > 0 && data[0] == '!')
        text = fuzz_str(data + 1, n - 1);
    else
        text = request(fuzz_arena(), text);
    (void)socket_exchange(&place, text);
    return 0;
}
