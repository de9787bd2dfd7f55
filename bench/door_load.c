/*
 * door_load: how many notifications intake's door accepts, and how long each
 * waits for its answer. One thread drives many keep-alive connections, so that
 * the sender costs little beside what is measured.
 *
 *   door_load PORT AUTHORITY KIND CONNECTIONS SECONDS RATE BYTES [KEY AUDIENCE]
 *
 * KIND is school_referral, health_referral or police_missing_reported. With
 * RATE 0 every connection sends as soon as it has its answer; else RATE a
 * second in all are due at even distances, and an answer's time counts from
 * when its message was due, whether a connection was free or not. With KEY
 * (PEM) each is signed, as an agency would.
 *
 * Prints one JSON object: what was answered, and the times of 202 in ms.
 */
#include <sodium.h>

#include "common/adapters/pubkey.h"
#include "common/core/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 2048,
    MESSAGE_MAX = 8192,
    ANSWER_MAX = 8192,
    TOKEN_S = 60,
    AFTER_S = 5, /* how long the last answers are waited for */
};

struct options {
    int port;
    const char *authority;
    const char *kind;
    const char *agency; /* that sends this kind */
    size_t n;
    double seconds;
    double rate;
    size_t bytes;
    struct signkey *key; /* NULL: unsigned */
    const char *audience;
};

struct connection {
    int fd;
    bool busy;
    int64_t due_us;
    char answer[ANSWER_MAX];
    size_t answer_n;
};

struct load {
    struct options o;
    int epoll;
    struct connection *at;
    int64_t begin_us, end_us;
    size_t next, busy;
    int64_t *waits_us; /* of 202 */
    size_t n_waits, room;
    size_t later, refused;
};

static void
must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "door_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- messages ------------------------------------------------------------ */

static size_t
base64url(const void *from, size_t n, char *to)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

    sodium_bin2base64(to, sodium_base64_ENCODED_LEN(n, variant), from, n,
                      variant);
    return strlen(to);
}

/* A token of its own for every message: each is good once. */
static size_t
token(const struct options *o, char *to, size_t size)
{
    uint8_t signature[SIGNATURE_BYTES_MAX];
    char part[512], jti[33];
    time_t now = time(NULL);
    size_t n;

    (void)snprintf(jti, sizeof jti, "%08" PRIx32 "%08" PRIx32,
                   randombytes_random(), randombytes_random());
    n = (size_t)snprintf(part, sizeof part, "{\"alg\":\"%s\"}",
                         signkey_algorithm(o->key));
    n = base64url(part, n, to);
    to[n++] = '.';
    n += base64url(part,
                   (size_t)snprintf(part, sizeof part,
                                    "{\"iss\":\"%s\",\"sub\":\"%s\","
                                    "\"aud\":\"%s\",\"exp\":%lld,"
                                    "\"jti\":\"%s\"}",
                                    o->agency, o->agency, o->audience,
                                    (long long)now + TOKEN_S, jti),
                   to + n);
    must(n + 800 < size, "token");
    {
        size_t m =
            signkey_sign(o->key, (struct str){ .p = to, .n = n }, signature);

        must(m > 0, "sign");
        to[n++] = '.';
        n += base64url(signature, m, to + n);
    }
    return n;
}

/* What only this kind has. */
static const char *
more_of(const struct options *o, const char *sent_at, char *to, size_t size)
{
    to[0] = '\0';
    if (strcmp(o->kind, "police_missing_reported") == 0)
        (void)snprintf(to, size,
                       "\"episode_ref\":\"E-%d-%zu\",\"reported_at\":\"%s\","
                       "\"risk_grade\":\"medium\",",
                       getpid(), (size_t)now_us(), sent_at);
    return to;
}

/* Message `no`, about as long as asked for. */
static size_t
body_of(const struct options *o, size_t no, char *to, size_t size)
{
    char sent_at[32], more[256];
    time_t now = time(NULL);
    struct tm tm;
    size_t n;

    strftime(sent_at, sizeof sent_at, "%Y-%m-%dT%H:%M:%SZ",
             gmtime_r(&now, &tm));
    n = (size_t)snprintf(
        to, size,
        "{\"agency_id\":\"%s\",\"agency_ref\":\"DL-%lld-%d-%zu\","
        "\"kind\":\"%s\",\"sent_at\":\"%s\",%s\"child\":{"
        "\"forename\":\"Testchild\",\"surname\":\"Number%zu\","
        "\"dob\":\"2012-03-01\"},\"concern\":\"",
        o->agency, (long long)now, getpid(), no, o->kind, sent_at,
        more_of(o, sent_at, more, sizeof more), no);
    for (; n + 2 < o->bytes && n + 2 < size; n++)
        to[n] = n % 7 == 0 ? ' ' : 'x';
    to[n++] = '"';
    to[n++] = '}';
    return n;
}

static void
send_next(struct load *l, struct connection *c, int64_t due_us)
{
    static char body[MESSAGE_MAX], bearer[MESSAGE_MAX], text[3 * MESSAGE_MAX];
    size_t n = body_of(&l->o, l->next++, body, sizeof body), m, sent = 0;

    bearer[0] = '\0';
    if (l->o.key != NULL) {
        m = (size_t)snprintf(bearer, sizeof bearer, "Authorization: Bearer ");
        m += token(&l->o, bearer + m, sizeof bearer - m);
        memcpy(bearer + m, "\r\n", 3);
    }
    m = (size_t)snprintf(text, sizeof text,
                         "POST /v1/notifications HTTP/1.1\r\n"
                         "Host: 127.0.0.1\r\nWaymark-Authority: %s\r\n%s"
                         "Content-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n%.*s",
                         l->o.authority, bearer, n, (int)n, body);
    while (sent < m) {
        ssize_t k = send(c->fd, text + sent, m - sent, MSG_NOSIGNAL);

        must(k > 0 || errno == EAGAIN, "send");
        sent += k > 0 ? (size_t)k : 0;
    }
    c->busy = true;
    c->due_us = due_us;
    c->answer_n = 0;
    l->busy++;
}

/* ---- answers ------------------------------------------------------------- */

/* Is it all there? Each has a Content-Length. */
static bool
is_whole(struct connection *c)
{
    const char *head_end, *length;

    c->answer[c->answer_n] = '\0';
    head_end = strstr(c->answer, "\r\n\r\n");
    if (head_end == NULL)
        return false;
    length = strstr(c->answer, "Content-Length: ");
    must(length != NULL && length < head_end, "an answer without length");
    return c->answer_n ==
           (size_t)(head_end + 4 - c->answer) + (size_t)atol(length + 16);
}

static void
note(struct load *l, const struct connection *c)
{
    int status = atoi(c->answer + strlen("HTTP/1.1 "));

    l->busy--;
    if (status == 503 || status == 429) {
        l->later++;
        return;
    }
    if (status != 202) {
        if (l->refused++ == 0)
            fprintf(stderr, "door_load: %s\n", c->answer);
        return;
    }
    if (l->n_waits == l->room) {
        l->room = l->room * 2 + 4096;
        l->waits_us = realloc(l->waits_us, l->room * sizeof *l->waits_us);
        must(l->waits_us != NULL, "memory");
    }
    l->waits_us[l->n_waits++] = now_us() - c->due_us;
}

static void
hear(struct load *l, struct connection *c)
{
    ssize_t n =
        recv(c->fd, c->answer + c->answer_n, ANSWER_MAX - 1 - c->answer_n, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    must(n > 0, "the door closed a connection");
    c->answer_n += (size_t)n;
    if (!is_whole(c))
        return;
    c->busy = false;
    note(l, c);
    if (l->o.rate <= 0 && now_us() < l->end_us)
        send_next(l, c, now_us());
}

/* ---- the whole ----------------------------------------------------------- */

static void
open_all(struct load *l)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)l->o.port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int on = 1;

    l->epoll = epoll_create1(0);
    l->at = calloc(l->o.n, sizeof *l->at);
    must(l->epoll >= 0 && l->at != NULL, "memory");
    for (size_t i = 0; i < l->o.n; i++) {
        struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &l->at[i] };
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0,
             "connect");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
        l->at[i].fd = fd;
        must(epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) == 0, "epoll");
    }
}

static struct connection *
a_free_one(struct load *l)
{
    static size_t last;

    for (size_t i = 0; i < l->o.n; i++) {
        struct connection *c = &l->at[(last + i) % l->o.n];

        if (!c->busy) {
            last = (last + i + 1) % l->o.n;
            return c;
        }
    }
    return NULL;
}

/* Send all that is due; returns for how many ms nothing else will be. */
static int
send_due(struct load *l)
{
    double gap_us = 1e6 / l->o.rate;

    for (;;) {
        int64_t due_us = l->begin_us + (int64_t)((double)l->next * gap_us);
        int64_t left_us = due_us - now_us();
        struct connection *c;

        if (due_us >= l->end_us)
            return 20;
        if (left_us > 0)
            return (int)(left_us / 1000);
        c = a_free_one(l);
        if (c == NULL)
            return 1;
        send_next(l, c, due_us);
    }
}

static void
run(struct load *l)
{
    struct epoll_event events[64];

    l->begin_us = now_us();
    l->end_us = l->begin_us + (int64_t)(l->o.seconds * 1e6);
    for (size_t i = 0; l->o.rate <= 0 && i < l->o.n; i++)
        send_next(l, &l->at[i], now_us());
    while (now_us() < l->end_us || l->busy > 0) {
        int wait_ms = l->o.rate > 0 ? send_due(l) : 20;
        int n = epoll_wait(l->epoll, events, 64, wait_ms);

        for (int i = 0; i < n; i++)
            hear(l, events[i].data.ptr);
        if (now_us() > l->end_us + AFTER_S * 1000000)
            break;
    }
}

static int
by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double
at_ms(const struct load *l, double p)
{
    size_t i = (size_t)(p * (double)l->n_waits);

    if (l->n_waits == 0)
        return 0;
    return (double)l->waits_us[i < l->n_waits ? i : l->n_waits - 1] / 1000;
}

static void
print(struct load *l)
{
    double s = (double)(now_us() - l->begin_us) / 1e6;

    qsort(l->waits_us, l->n_waits, sizeof *l->waits_us, by_size);
    printf("{\"sent\":%zu,\"accepted\":%zu,\"later\":%zu,\"refused\":%zu,"
           "\"unanswered\":%zu,\"seconds\":%.2f,\"per_second\":%.0f,"
           "\"ms\":{\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"max\":%.2f}}\n",
           l->next, l->n_waits, l->later, l->refused, l->busy, s,
           (double)l->n_waits / s, at_ms(l, 0.5), at_ms(l, 0.9), at_ms(l, 0.99),
           at_ms(l, 1));
}

static struct signkey *
read_key(const char *path)
{
    static char pem[16384];
    FILE *in = fopen(path, "r");
    struct signkey *key = NULL;
    struct err err;
    size_t n;

    must(in != NULL && sodium_init() >= 0, path);
    n = fread(pem, 1, sizeof pem, in);
    fclose(in);
    must(signkey_of_pem((struct str){ .p = pem, .n = n }, &key, &err) == ST_OK,
         "key");
    return key;
}

static const char *
agency_of(const char *kind)
{
    if (strcmp(kind, "police_missing_reported") == 0)
        return "kent-police";
    return strcmp(kind, "health_referral") == 0 ? "health-trust"
                                                : "school-oakfield";
}

int
main(int argc, char **argv)
{
    static struct load l;

    if (argc != 8 && argc != 10) {
        fprintf(stderr,
                "usage: door_load PORT AUTHORITY KIND CONNECTIONS SECONDS "
                "RATE BYTES [KEY AUDIENCE]\n");
        return 2;
    }
    l.o = (struct options){ .port = atoi(argv[1]),
                            .authority = argv[2],
                            .kind = argv[3],
                            .agency = agency_of(argv[3]),
                            .n = (size_t)atol(argv[4]),
                            .seconds = atof(argv[5]),
                            .rate = atof(argv[6]),
                            .bytes = (size_t)atol(argv[7]) };
    must(l.o.n > 0 && l.o.n <= CONNECTIONS_MAX, "CONNECTIONS");
    if (argc == 10) {
        l.o.key = read_key(argv[8]);
        l.o.audience = argv[9];
    }
    open_all(&l);
    run(&l);
    print(&l);
    for (size_t i = 0; i < l.o.n; i++)
        (void)close(l.at[i].fd);
    signkey_close(l.o.key);
    free(l.at);
    free(l.waits_us);
    return 0;
}
