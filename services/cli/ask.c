#include "cli/ask.h"

#include <stdio.h>

#include "cli/sign.h"
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"

enum { STATUS_LATER = 503, NAME_MAX_CHARS = 200 };

static enum status
path_of(const struct cli *cli, const char *path, struct str *out,
        struct err *err)
{
    const char *authority = cli_text(cli, "authority");
    char name[NAME_MAX_CHARS];

    *out = str_of(path);
    if (authority == NULL)
        return ST_OK;
    if (!http_escape(str_of(authority), name, sizeof name))
        return err_set(err, ST_REJECT, "config", "--authority is too long");
    *out = arena_printf(cli->arena, "%s?authority=%s", path, name);
    return ST_OK;
}

static enum status
call_once(const struct cli *cli, const struct http_call *call,
          struct ask_answer *out, struct err *err)
{
    struct http_client_options options = { .base = cli_text(cli, "intake") };
    struct http_client *client = NULL;
    struct http_answer answer = { .status = 0 };
    enum status rc;

    if (options.base == NULL || options.base[0] == '\0')
        return err_set(err, ST_REJECT, "config",
                       "where is intake? WAYMARK_INTAKE or --intake URL");
    rc = http_client_open(&options, &client, err);
    if (rc == ST_OK)
        rc = http_client_call(client, call, &answer, err);
    if (rc == ST_OK)
        *out =
            (struct ask_answer){ .status = answer.status,
                                 .body = arena_str(cli->arena, answer.body) };
    http_client_close(client);
    return rc;
}

enum status
ask_intake(const struct cli *cli, const char *path, struct str body,
           struct ask_answer *out, struct err *err)
{
    struct http_client_header header;
    struct http_call call = { .content_type = "application/json",
                              .body = body };
    struct str full;
    enum status rc = path_of(cli, path, &full, err);

    if (rc != ST_OK)
        return rc;
    call.path = full.p;
    rc = sign_call(cli, &header, &call, err);
    return rc == ST_OK ? call_once(cli, &call, out, err) : rc;
}

/* A problem says its reason in `detail`, else in `title`. */
static struct str
reason_of(const struct cli *cli, struct str body)
{
    struct json *doc = NULL;
    struct str reason = STR_NULL, code = STR("?");
    struct err ignored;

    if (json_parse(body, body.n + 1, &doc, &ignored) != ST_OK)
        return body;
    (void)json_str(json_get(doc, "code"), &code);
    if (!json_str(json_get(doc, "detail"), &reason))
        (void)json_str(json_get(doc, "title"), &reason);
    reason = reason.p == NULL ? body
                              : arena_printf(cli->arena, "%.*s: %.*s",
                                             STR_ARG(code), STR_ARG(reason));
    json_free(doc);
    return reason;
}

enum cli_exit
ask_refused(const struct cli *cli, const struct ask_answer *answer)
{
    fprintf(stderr, "waymark %s: intake says %d: %.*s\n", cli->verb->name,
            answer->status, STR_ARG(reason_of(cli, answer->body)));
    return answer->status == STATUS_LATER ? CLI_WORLD : CLI_DIFFERENT;
}
