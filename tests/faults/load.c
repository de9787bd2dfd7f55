/*
 * load.c: agencies that never give up. Sends made-up notifications to intake
 * over HTTP and writes down what was answered 202, which is what the fault
 * tests hold against every table and topic.
 *
 * Message i is a function of seed and i alone, so a repeat is the same bytes.
 * Whatever isn't an answer (connection lost, 503) is tried again, as an agency
 * would, at the next address. Ledger: agency, reference, amendment, id,
 * separated by tabs, one line a message, flushed before the next is sent.
 *
 * With --key every attempt carries a token of its own, signed for --audience in
 * the name of --agency, or of the agency that the message names: one key then
 * stands in the register for all of them. Without it nothing is signed.
 */
#include <sodium.h>

#include "common/adapters/pubkey.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    TARGETS_MAX = 8,
    THREADS_MAX = 32,
    BODY_MAX = 300 * 1024,
    ANSWER_MAX = 64 * 1024,
    HEAD_MAX = 4096,
    KEY_FILE_MAX = 16384,
    JTI_BYTES = 16,
    TOKEN_S = 60, /* how long a token is good */
    WAIT_S = 10,
    PAUSE_MS = 100,
};

struct options {
    const char *path;
    const char *prefix;  /* of references */
    const char *sent_at; /* RFC 3339 */
    const char *ledger;
    const char *kind; /* "mixed", or "pairs": two agencies, one child */
    const char *key;  /* PEM file, NULL: unsigned */
    const char *audience;
    const char *agency; /* that signs, NULL: that of the message */
    struct sockaddr_in targets[TARGETS_MAX];
    size_t n_targets;
    uint64_t seed;
    long first, count;
    long rate; /* a second, 0: as fast as it goes */
    long threads;
    long repeats;   /* per cent that are sent again, unchanged */
    long give_up_s; /* on one message */
    long pad;       /* bytes of concern, to make a message large */
};

struct totals {
    long accepted, repeats, unequal, refused, retried, given_up;
    int64_t longest_ms;
};

struct load {
    struct options o;
    pthread_mutex_t lock;
    FILE *ledger;
    long next;
    int64_t start_ms;
    struct totals totals;
};

struct text {
    char *p;
    size_t n, room;
};

static int64_t
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
pause_ms(int64_t ms)
{
    struct timespec ts = { .tv_sec = (time_t)(ms / 1000),
                           .tv_nsec = (long)(ms % 1000) * 1000000L };

    if (ms > 0)
        nanosleep(&ts, NULL);
}

/* splitmix64: the same number for the same seed and message, for ever. */
static uint64_t
draw(uint64_t seed, long i, uint64_t which)
{
    uint64_t z =
        seed * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)i + (which << 48);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- messages ------------------------------------------------------------ */

static void add(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(t->p + t->n, t->room - t->n, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= t->room - t->n)
        abort();
    t->n += (size_t)n;
}

/* A number with its check digit; false where there is none for these nine. */
static bool
nhs_number(long child, char out[11])
{
    int sum = 0, check;

    snprintf(out, 11, "%09ld", 400000000L + child % 99999999L);
    for (int i = 0; i < 9; i++)
        sum += (out[i] - '0') * (10 - i);
    check = (11 - sum % 11) % 11;
    if (check == 10)
        return false;
    out[9] = (char)('0' + check);
    out[10] = '\0';
    return true;
}

/* Made up from the number. No two have a part in common: children of one day of
 * birth whose surnames begin alike are one to linkage, and these are not. */
static void
surname(long child, char out[8])
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz";
    uint64_t left = (uint64_t)child * UINT64_C(612345677) % 1280000000;

    for (int i = 0; i < 7; i++, left /= 20)
        out[i] = letters[left % 20];
    out[0] = (char)(out[0] - 'a' + 'A');
    out[7] = '\0';
}

static void
add_child(struct text *t, const struct options *o, long child)
{
    uint64_t r = draw(o->seed, child, 1);
    char nhs[11], name[8];

    surname(child, name);
    add(t,
        "\"child\":{\"forename\":\"Testchild\",\"surname\":\"%s\","
        "\"dob\":\"%d-%02d-%02d\",\"sex\":\"%s\"",
        name, 2010 + (int)(r % 12), 1 + (int)(r / 16 % 12),
        1 + (int)(r / 512 % 28), r & 1 ? "M" : "F");
    if (nhs_number(child, nhs))
        add(t, ",\"nhs_number\":\"%s\"", nhs);
    add(t, "}");
}

struct kind {
    const char *agency;
    const char *kind;
    const char *more;
};

static const struct kind kinds[] = {
    { "school-oakfield", "school_referral",
      "\"needs\":[\"c_attendance\",\"p_parenting\"],\"level\":2," },
    { "school-millbrook", "school_referral",
      "\"needs\":[\"c_behaviour\",\"f_poverty\",\"f_housing\"],\"level\":3,"
      "\"consent\":\"given\"," },
    { "health-trust", "health_referral",
      "\"needs\":[\"c_health\"],\"single_agency_able\":\"Y\"," },
    { "mash-desk", "mash_feed",
      "\"rag\":\"amber\",\"csc_threshold\":\"met\"," },
    { "kent-police", "police_ppn", "\"ppn_risk\":\"medium\"," },
    { "family-charity", "voluntary_referral",
      "\"needs\":[\"f_domestic_abuse\"],\"harm\":\"likely\"," },
    { "public-form", "self_referral", "\"who\":\"1A\"," },
    { "other-la", "other_la", "\"from_la\":\"887\"," },
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static void
begin(struct text *t, const struct options *o, long i, const char *agency,
      const char *kind)
{
    add(t,
        "{\"agency_id\":\"%s\",\"agency_ref\":\"%s-%ld\",\"kind\":\"%s\","
        "\"sent_at\":\"%s\",",
        agency, o->prefix, i, kind, o->sent_at);
}

/* An even message says that the child is missing, the odd one that it is found.
 */
static void
add_missing(struct text *t, const struct options *o, long i)
{
    bool found = (i & 1) != 0;

    begin(t, o, i, "kent-police",
          found ? "police_missing_found" : "police_missing_reported");
    add(t, "\"episode_ref\":\"EP-%s-%ld\",", o->prefix, i / 2);
    if (found)
        add(t, "\"found_at\":\"%s\",", o->sent_at);
    else
        add(t, "\"reported_at\":\"%s\",\"risk_grade\":\"%s\",", o->sent_at,
            i & 2 ? "high" : "medium");
    add_child(t, o, i / 2);
}

static void
message(struct text *t, const struct options *o, long i)
{
    uint64_t r = draw(o->seed, i, 0);
    const struct kind *k = &kinds[r % N_KINDS];
    long child = i;

    t->n = 0;
    if (strcmp(o->kind, "pairs") == 0) {
        k = &kinds[(size_t)(i & 1)];
        child = 1000000 + i / 2;
    } else if (r / 16 % 5 == 0 && draw(o->seed, i ^ 1, 0) / 16 % 5 == 0) {
        add_missing(t, o, i);
        add(t, "}");
        return;
    } else if (r / 128 % 4 == 0) {
        child = i - (long)(r / 512 % 20); /* another agency, the same child */
    }
    begin(t, o, i, k->agency, k->kind);
    add(t, "%s", k->more);
    if (o->pad > 0) {
        add(t, "\"concern\":\"");
        for (long n = 0; n < o->pad; n++)
            add(t, "x");
        add(t, "\",");
    }
    add_child(t, o, child < 0 ? 0 : child);
    add(t, "}");
}

struct line {
    const struct options *o;
    struct signkey *key; /* NULL: unsigned */
    size_t target;
    int fd; /* -1: not connected */
    char answer[ANSWER_MAX];
};

/* ---- who sends -----------------------------------------------------------
 */

/* NULL without --key. Each thread has its own; without one nothing is to be
 * sent, so a bad key ends the program. */
static struct signkey *
open_key(const struct options *o)
{
    struct err err = { .code = "" };
    struct signkey *key = NULL;
    char pem[KEY_FILE_MAX];
    size_t n = 0;
    FILE *f;

    if (o->key == NULL)
        return NULL;
    f = fopen(o->key, "r");
    if (f != NULL) {
        n = fread(pem, 1, sizeof pem, f);
        fclose(f);
    }
    if (signkey_of_pem((struct str){ .p = pem, .n = n }, &key, &err) != ST_OK) {
        fprintf(stderr, "load: %s: %s\n", o->key, err.text);
        exit(2);
    }
    sodium_memzero(pem, sizeof pem);
    return key;
}

static void
add_base64url(struct text *t, const void *bytes, size_t n)
{
    char out[2 * HEAD_MAX];

    add(t, "%s",
        sodium_bin2base64(out, sizeof out, bytes, n,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING));
}

/* A JSON Web Token that was never used before (services/intake/token.h). */
static void
add_token(struct text *t, const struct line *l, const char *agency)
{
    uint8_t drawn[JTI_BYTES], signature[SIGNATURE_BYTES_MAX];
    char part[1024], jti[2 * JTI_BYTES + 1];
    struct str content = { .p = t->p + t->n };
    int n;

    randombytes_buf(drawn, sizeof drawn);
    sodium_bin2hex(jti, sizeof jti, drawn, sizeof drawn);
    n = snprintf(part, sizeof part, "{\"alg\":\"%s\",\"typ\":\"JWT\"}",
                 signkey_algorithm(l->key));
    add_base64url(t, part, (size_t)n);
    n = snprintf(part, sizeof part,
                 "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\","
                 "\"exp\":%" PRId64 ",\"jti\":\"%s\"}",
                 agency, agency, l->o->audience, (int64_t)time(NULL) + TOKEN_S,
                 jti);
    if (n < 0 || (size_t)n >= sizeof part)
        abort();
    add(t, ".");
    add_base64url(t, part, (size_t)n);
    content.n = (size_t)(t->p + t->n - content.p);
    n = (int)signkey_sign(l->key, content, signature);
    if (n == 0)
        abort();
    add(t, ".");
    add_base64url(t, signature, (size_t)n);
}

/* ---- talking to intake -----------------------------------------------------
 */

static void
hang_up(struct line *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->target = (l->target + 1) % l->o->n_targets;
}

static bool
dial(struct line *l)
{
    const struct sockaddr_in *to = &l->o->targets[l->target];
    struct timeval wait = { .tv_sec = WAIT_S };
    int one = 1;

    if (l->fd >= 0)
        return true;
    l->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (l->fd < 0)
        return false;
    setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(l->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(l->fd, (const struct sockaddr *)(const void *)to,
                   sizeof *to) == 0;
}

static bool
put(struct line *l, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = send(l->fd, p, n, MSG_NOSIGNAL);

        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

/* Reads one answer whole. Its status, or -1. *body points into the line. */
static int
hear(struct line *l, const char **body)
{
    size_t n = 0, want = SIZE_MAX;
    int status = -1;

    while (n < want) {
        ssize_t got = recv(l->fd, l->answer + n, ANSWER_MAX - 1 - n, 0);
        char *end, *length;

        if (got <= 0)
            return -1;
        n += (size_t)got;
        l->answer[n] = '\0';
        end = strstr(l->answer, "\r\n\r\n");
        if (want != SIZE_MAX || end == NULL)
            continue;
        if (sscanf(l->answer, "HTTP/1.1 %d", &status) != 1)
            return -1;
        length = strcasestr(l->answer, "\r\ncontent-length:");
        *body = end + 4;
        want = (size_t)(end + 4 - l->answer);
        if (length != NULL && length < end)
            want += strtoul(length + 17, NULL, 10);
        if (want >= ANSWER_MAX)
            return -1;
    }
    return status;
}

static bool
text_member(const char *json, const char *name, char *out, size_t room)
{
    const char *p = strstr(json, name);
    size_t n;

    if (p == NULL || (p = strchr(p + strlen(name), ':')) == NULL ||
        (p = strchr(p, '"')) == NULL)
        return false;
    n = strcspn(p + 1, "\"");
    if (n >= room)
        return false;
    memcpy(out, p + 1, n);
    out[n] = '\0';
    return true;
}

static void
add_head(struct text *head, const struct line *l, const struct text *body)
{
    char agency[64] = "";

    add(head,
        "POST %s HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n",
        l->o->path, body->n);
    if (l->key != NULL) {
        (void)text_member(body->p, "\"agency_id\"", agency, sizeof agency);
        add(head, "Authorization: Bearer ");
        add_token(head, l, l->o->agency != NULL ? l->o->agency : agency);
        add(head, "\r\n");
    }
    add(head, "\r\n");
}

/* HTTP status of one attempt, -1 where there was no answer. */
static int
attempt(struct line *l, const struct text *t, const char **body)
{
    char bytes[HEAD_MAX];
    struct text head = { .p = bytes, .room = sizeof bytes };
    int status = -1;

    add_head(&head, l, t);
    if (dial(l) && put(l, head.p, head.n) && put(l, t->p, t->n))
        status = hear(l, body);
    if (status < 0 || strcasestr(l->answer, "\r\nconnection: close") != NULL)
        hang_up(l);
    return status;
}

/* ---- the load ---------------------------------------------------------------
 */

static void
note(struct load *ld, const struct text *t, const char *body, bool repeat,
     int64_t ms)
{
    char agency[64] = "", ref[96] = "", id[64] = "-";

    (void)text_member(t->p, "\"agency_id\"", agency, sizeof agency);
    (void)text_member(t->p, "\"agency_ref\"", ref, sizeof ref);
    (void)text_member(body, "\"id\"", id, sizeof id);
    pthread_mutex_lock(&ld->lock);
    if (repeat)
        ld->totals.repeats++;
    else
        ld->totals.accepted++;
    if (ms > ld->totals.longest_ms)
        ld->totals.longest_ms = ms;
    fprintf(ld->ledger, "%s\t%s\t0\t%s\n", agency, ref, id);
    fflush(ld->ledger);
    pthread_mutex_unlock(&ld->lock);
}

/* Until it is answered, one way or the other. */
static void
deliver(struct load *ld, struct line *l, const struct text *t, bool repeat)
{
    int64_t start = now_ms();
    const char *body = "";
    int status;

    for (;;) {
        status = attempt(l, t, &body);
        if (status == 202 || status == 200) {
            note(ld, t, body, repeat, now_ms() - start);
            return;
        }
        pthread_mutex_lock(&ld->lock);
        if (status >= 400 && status < 500 && status != 408 && status != 429) {
            if (ld->totals.refused++ < 3)
                fprintf(stderr, "refused %d: %s\n%.*s\n", status, body,
                        (int)(t->n < 1000 ? t->n : 1000), t->p);
            pthread_mutex_unlock(&ld->lock);
            return;
        }
        ld->totals.retried++;
        pthread_mutex_unlock(&ld->lock);
        if (now_ms() - start > ld->o.give_up_s * 1000)
            break;
        if (status >= 0)
            hang_up(l); /* the other instance may be able to */
        pause_ms(PAUSE_MS);
    }
    pthread_mutex_lock(&ld->lock);
    ld->totals.given_up++;
    pthread_mutex_unlock(&ld->lock);
}

static void *
agency(void *self)
{
    struct load *ld = self;
    const struct options *o = &ld->o;
    struct text t = { .p = malloc(BODY_MAX), .room = BODY_MAX };
    struct line *l = calloc(1, sizeof *l);
    long i;

    if (t.p == NULL || l == NULL)
        abort();
    *l = (struct line){ .o = o, .key = open_key(o), .fd = -1 };
    for (;;) {
        pthread_mutex_lock(&ld->lock);
        i = ld->next < o->count ? ld->next++ : -1;
        pthread_mutex_unlock(&ld->lock);
        if (i < 0)
            break;
        if (o->rate > 0)
            pause_ms(ld->start_ms + i * 1000 / o->rate - now_ms());
        message(&t, o, o->first + i);
        deliver(ld, l, &t, false);
        if ((long)(draw(o->seed, o->first + i, 2) % 100) < o->repeats) {
            long back = (long)(draw(o->seed, i, 3) % 50);

            message(&t, o, o->first + (i > back ? i - back : i));
            deliver(ld, l, &t, true);
        }
    }
    if (l->fd >= 0)
        close(l->fd);
    signkey_close(l->key);
    free(l);
    free(t.p);
    return NULL;
}

static bool
read_targets(struct options *o, char *list)
{
    for (char *save, *one = strtok_r(list, ",", &save); one != NULL;
         one = strtok_r(NULL, ",", &save)) {
        char *colon = strrchr(one, ':');
        struct sockaddr_in *to = &o->targets[o->n_targets];

        if (colon == NULL || o->n_targets == TARGETS_MAX)
            return false;
        *colon = '\0';
        to->sin_family = AF_INET;
        to->sin_port = htons((uint16_t)atoi(colon + 1));
        if (inet_pton(AF_INET, one, &to->sin_addr) != 1)
            return false;
        o->n_targets++;
    }
    return o->n_targets > 0;
}

static int
usage(void)
{
    fputs("usage: load --to HOST:PORT,... --path PATH --ledger FILE "
          "--sent-at INSTANT [--prefix TEXT] [--kind mixed|pairs] [--seed N] "
          "[--first N] [--count N] [--rate N] [--threads N] [--repeats N] "
          "[--give-up SECONDS] [--pad BYTES] [--key FILE --audience NAME "
          "[--agency ID]] [--show]\n",
          stderr);
    return 2;
}

static bool
read_options(struct load *ld, int argc, char **argv, bool *show)
{
    struct options *o = &ld->o;
    struct {
        const char *name;
        const char **text;
        long *number;
    } rows[] = {
        { "--path", &o->path, NULL },
        { "--prefix", &o->prefix, NULL },
        { "--sent-at", &o->sent_at, NULL },
        { "--ledger", &o->ledger, NULL },
        { "--kind", &o->kind, NULL },
        { "--key", &o->key, NULL },
        { "--audience", &o->audience, NULL },
        { "--agency", &o->agency, NULL },
        { "--first", NULL, &o->first },
        { "--count", NULL, &o->count },
        { "--rate", NULL, &o->rate },
        { "--threads", NULL, &o->threads },
        { "--repeats", NULL, &o->repeats },
        { "--give-up", NULL, &o->give_up_s },
        { "--pad", NULL, &o->pad },
    };
    bool ok = true;

    for (int i = 1; ok && i < argc; i++) {
        bool known = false;

        if (strcmp(argv[i], "--show") == 0) {
            *show = true;
            continue;
        }
        if (i + 1 == argc)
            return false;
        if (strcmp(argv[i], "--to") == 0) {
            ok = known = read_targets(o, argv[i + 1]);
        } else if (strcmp(argv[i], "--seed") == 0) {
            o->seed = strtoull(argv[i + 1], NULL, 10);
            known = true;
        }
        for (size_t r = 0; !known && r < sizeof rows / sizeof rows[0]; r++)
            if (strcmp(argv[i], rows[r].name) == 0) {
                if (rows[r].text != NULL)
                    *rows[r].text = argv[i + 1];
                else
                    *rows[r].number = atol(argv[i + 1]);
                known = true;
            }
        ok = ok && known;
        i++;
    }
    return ok && o->sent_at != NULL &&
           (o->key == NULL || o->audience != NULL) && o->pad < BODY_MAX / 2 &&
           (*show ||
            (o->n_targets > 0 && o->path != NULL && o->ledger != NULL)) &&
           o->threads > 0 && o->threads <= THREADS_MAX;
}

/* The bodies alone, one a line. */
static int
show_bodies(const struct options *o)
{
    struct text t = { .p = malloc(BODY_MAX), .room = BODY_MAX };

    if (t.p == NULL)
        abort();
    for (long i = 0; i < o->count; i++) {
        message(&t, o, o->first + i);
        puts(t.p);
    }
    free(t.p);
    return 0;
}

int
main(int argc, char **argv)
{
    static struct load ld = {
        .o = { .prefix = "F",
               .kind = "mixed",
               .seed = 1,
               .count = 100,
               .threads = 4,
               .give_up_s = 120 },
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    pthread_t threads[THREADS_MAX];
    bool show = false;

    if (!read_options(&ld, argc, argv, &show))
        return usage();
    if (show)
        return show_bodies(&ld.o);
    if (ld.o.key != NULL && sodium_init() < 0)
        abort();
    ld.ledger = fopen(ld.o.ledger, "a");
    if (ld.ledger == NULL) {
        fprintf(stderr, "load: %s: %s\n", ld.o.ledger, strerror(errno));
        return 2;
    }
    ld.start_ms = now_ms();
    for (long i = 0; i < ld.o.threads; i++)
        if (pthread_create(&threads[i], NULL, agency, &ld) != 0)
            abort();
    for (long i = 0; i < ld.o.threads; i++)
        pthread_join(threads[i], NULL);
    fclose(ld.ledger);
    printf("accepted=%ld repeats=%ld refused=%ld retried=%ld given_up=%ld "
           "longest_ms=%" PRId64 " seconds=%.1f\n",
           ld.totals.accepted, ld.totals.repeats, ld.totals.refused,
           ld.totals.retried, ld.totals.given_up, ld.totals.longest_ms,
           (double)(now_ms() - ld.start_ms) / 1000);
    return ld.totals.refused == 0 && ld.totals.given_up == 0 ? 0 : 1;
}
