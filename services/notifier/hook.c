#include "notifier/hook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/http_client.h"
#include "common/adapters/staff_json.h"
#include "notifier/link.h"

enum {
    BASE_MAX = 400,
    STAMP_SIZE = 24,
    SIGNATURE_SIZE = LINK_HEX_SIZE + 4,
    ANSWER_MAX = 1 << 20,
};

static bool
is_allowed(const struct hook *h)
{
    struct str host = staff_hook_host(h->address);

    for (size_t i = 0; host.p != NULL && i < h->hosts->n; i++)
        if (str_eq(h->hosts->at[i], host))
            return true;
    return false;
}

/* "https://HOST:PORT"; the path begins behind it. */
static bool
split(struct str address, char base[BASE_MAX], const char **path)
{
    const char *slash = strchr(address.p + sizeof "https://" - 1, '/');
    size_t n = slash == NULL ? address.n : (size_t)(slash - address.p);

    if (n >= BASE_MAX)
        return false;
    memcpy(base, address.p, n);
    base[n] = '\0';
    *path = slash == NULL ? "/" : slash;
    return true;
}

static bool
sign(const struct hook_options *o, const struct hook *h, char stamp[STAMP_SIZE],
     char signature[SIGNATURE_SIZE])
{
    char hex[LINK_HEX_SIZE];
    char *text;
    int k = snprintf(stamp, STAMP_SIZE, "%" PRId64, h->at / SECOND_MS);
    size_t n = (size_t)k;

    text = malloc(n + 1 + h->body.n);
    if (text == NULL)
        return false;
    memcpy(text, stamp, n);
    text[n] = '.';
    memcpy(text + n + 1, h->body.p, h->body.n);
    link_sign(o->secret, (struct str){ .p = text, .n = n + 1 + h->body.n },
              hex);
    free(text);
    (void)snprintf(signature, SIGNATURE_SIZE, "v1=%s", hex);
    return true;
}

static enum status
outcome(int status, struct err *err)
{
    char code[16];

    if (status >= 200 && status < 300)
        return ST_OK;
    (void)snprintf(code, sizeof code, "http-%d", status);
    if (status == 408 || status == 425 || status == 429 || status >= 500)
        return err_set(err, ST_RETRY, code, "the receiver says %d", status);
    return err_set(err, ST_REJECT, code, "the receiver says %d", status);
}

static enum status
call(const struct hook_options *o, const struct hook *h, const char *base,
     const char *path, struct err *err)
{
    char id[ID_TEXT_SIZE], stamp[STAMP_SIZE], signature[SIGNATURE_SIZE];
    struct http_client_options options = { .base = base,
                                           .timeout_ms = o->timeout_ms,
                                           .max_body = ANSWER_MAX,
                                           .guarded = true,
                                           .loopback = o->loopback };
    struct http_client_header headers[] = {
        { .name = "Waymark-Message", .value = id },
        { .name = "Waymark-Timestamp", .value = stamp },
        { .name = "Waymark-Signature", .value = signature },
    };
    struct http_call post = { .path = path,
                              .content_type = "application/json",
                              .body = h->body,
                              .headers = headers,
                              .n_headers = 3 };
    struct http_client *client = NULL;
    struct http_answer answer;
    enum status rc;

    (void)id_text(h->message_id, id);
    if (!sign(o, h, stamp, signature))
        return err_set(err, ST_RETRY, "memory", "no memory for a hook");
    if (o->ca_file[0] != '\0')
        options.ca_file = o->ca_file;
    rc = http_client_open(&options, &client, err);
    if (rc == ST_OK)
        rc = http_client_call(client, &post, &answer, err);
    if (rc == ST_OK)
        rc = outcome(answer.status, err);
    else if (rc == ST_FATAL) /* a certificate may be mended meanwhile */
        rc = err_recode(err, ST_RETRY, "tls");
    else if (strcmp(err->code, "size") == 0)
        rc = err_recode(err, ST_RETRY, "size");
    http_client_close(client);
    return rc;
}

enum status
hook_send(const struct hook_options *options, const struct hook *hook,
          struct err *err)
{
    char base[BASE_MAX];
    const char *path;

    if (!is_allowed(hook) || !split(hook->address, base, &path))
        return err_set(err, ST_REJECT, "host",
                       "hook_hosts does not allow this host");
    return call(options, hook, base, path, err);
}
