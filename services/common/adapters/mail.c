#include "common/adapters/mail.h"

#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_DEFAULT_MS = 30000, CONNECT_MAX_MS = 10000 };

/* The message as it goes over the line, and how far it went. */
struct letter {
    char *text;
    size_t n;
    size_t at;
};

static size_t
on_read(char *to, size_t size, size_t count, void *self)
{
    struct letter *l = self;
    size_t n = l->n - l->at < size * count ? l->n - l->at : size * count;

    memcpy(to, l->text + l->at, n);
    l->at += n;
    return n;
}

/* No header line may begin another one. */
static bool
is_line(const char *s)
{
    return s != NULL && strpbrk(s, "\r\n") == NULL;
}

static enum status
write_letter(const struct mail *m, struct letter *l, struct err *err)
{
    FILE *to;

    if (!is_line(m->from) || !is_line(m->to) || !is_line(m->message_id) ||
        !is_line(m->date) || !is_line(m->subject))
        return err_set(err, ST_FATAL, "mail", "a header has a line break");
    to = open_memstream(&l->text, &l->n);
    if (to == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for a letter");
    fprintf(to,
            "Date: %s\r\nFrom: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n"
            "Message-ID: <%s>\r\nAuto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\n",
            m->date, m->from, m->to, m->subject, m->message_id);
    for (const char *p = m->body; *p != '\0'; p++) {
        if (*p == '\n')
            fputc('\r', to);
        fputc(*p, to);
    }
    fclose(to);
    return ST_OK;
}

static CURLcode
set_up(CURL *h, const struct mail_options *o)
{
    long timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_DEFAULT_MS;
    CURLcode e = CURLE_OK;

    (void)curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, timeout_ms);
    (void)curl_easy_setopt(
        h, CURLOPT_CONNECTTIMEOUT_MS,
        timeout_ms < CONNECT_MAX_MS ? timeout_ms : CONNECT_MAX_MS);
    /* Without it a server that says nothing holds up our good-bye for two
     * minutes more: the time-out above does not count for that. */
    (void)curl_easy_setopt(h, CURLOPT_FTP_RESPONSE_TIMEOUT,
                           timeout_ms / 1000 + 1);
    (void)curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
    e = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (e == CURLE_OK)
        e = curl_easy_setopt(h, CURLOPT_PROXY, "");
    if (e == CURLE_OK)
        e = curl_easy_setopt(h, CURLOPT_URL, o->url);
    if (e == CURLE_OK)
        e = curl_easy_setopt(
            h, CURLOPT_USE_SSL,
            (long)(o->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (e == CURLE_OK && o->ca_file != NULL && o->ca_file[0] != '\0')
        e = curl_easy_setopt(h, CURLOPT_CAINFO, o->ca_file);
    if (e == CURLE_OK && o->user != NULL && o->user[0] != '\0')
        e = curl_easy_setopt(h, CURLOPT_USERNAME, o->user);
    if (e == CURLE_OK && o->user != NULL && o->user[0] != '\0')
        e = curl_easy_setopt(h, CURLOPT_PASSWORD,
                             o->password == NULL ? "" : o->password);
    return e;
}

/* What the failure means for the message; never what the server wrote. */
static enum status
outcome(CURLcode e, long said, struct err *err)
{
    char code[8];

    switch (e) {
    case CURLE_OK:
        return ST_OK;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(err, ST_FATAL, "mail", "%s", curl_easy_strerror(e));
    case CURLE_LOGIN_DENIED:
        return err_set(err, ST_RETRY, "login", "the server denies the login");
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, ST_RETRY, "timeout", "no answer in time");
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return err_set(err, ST_RETRY, "connect", "%s", curl_easy_strerror(e));
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return err_set(err, ST_RETRY, "tls", "%s", curl_easy_strerror(e));
    default:
        break;
    }
    if (said < 400 || said > 599)
        return err_set(err, ST_RETRY, "cut", "%s", curl_easy_strerror(e));
    (void)snprintf(code, sizeof code, "%ld", said);
    return err_set(err, said < 500 ? ST_RETRY : ST_REJECT, code,
                   "the server says %ld", said);
}

static enum status
post(CURL *h, const struct mail *mail, struct letter *letter, struct err *err)
{
    struct curl_slist *to = curl_slist_append(NULL, mail->to);
    long said = 0;
    CURLcode e;

    if (to == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for a letter");
    (void)curl_easy_setopt(h, CURLOPT_MAIL_FROM, mail->from);
    (void)curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
    (void)curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read);
    (void)curl_easy_setopt(h, CURLOPT_READDATA, letter);
    (void)curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    e = curl_easy_perform(h);
    (void)curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &said);
    curl_slist_free_all(to);
    return outcome(e, said, err);
}

enum status
mail_send(const struct mail_options *options, const struct mail *mail,
          struct err *err)
{
    struct letter letter = { .text = NULL };
    CURL *h = curl_easy_init();
    enum status rc = ST_OK;
    CURLcode e;

    if (h == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for a letter");
    e = set_up(h, options);
    if (e != CURLE_OK)
        rc = err_set(err, ST_FATAL, "mail", "%s", curl_easy_strerror(e));
    if (rc == ST_OK)
        rc = write_letter(mail, &letter, err);
    if (rc == ST_OK)
        rc = post(h, mail, &letter, err);
    free(letter.text);
    curl_easy_cleanup(h);
    return rc;
}
