/* waymark erase: the key of one record goes, and with it whom it is about. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/sign.h"
#include "cli/verbs.h"
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"

enum { STATUS_ACCEPTED = 202, STATUS_LATER = 503, PATH_MAX_CHARS = 400 };

static struct str
body_of(struct arena *arena, const char *id, const char *by, const char *second)
{
    struct json_out out;
    struct str text;

    json_out_init(&out, NULL);
    json_out_object(&out);
    json_out_kcstr(&out, "id", id);
    json_out_kcstr(&out, "by", by);
    json_out_kcstr(&out, "second", second);
    json_out_object_end(&out);
    text = arena_str(arena, json_out_text(&out));
    json_out_free(&out);
    return text;
}

static enum status
path_of(const char *authority, char *path, size_t size, struct err *err)
{
    char name[PATH_MAX_CHARS / 2];

    if (authority == NULL) {
        (void)snprintf(path, size, "/v1/erasures");
        return ST_OK;
    }
    if (!http_escape(str_of(authority), name, sizeof name))
        return err_set(err, ST_REJECT, "config", "--authority is too long");
    (void)snprintf(path, size, "/v1/erasures?authority=%s", name);
    return ST_OK;
}

/* The members of intake's answer, for people. */
static void
show(const struct cli *cli, struct str answer)
{
    struct str id = STR("?"), at = STR("?"), by = STR("?"), second = STR("?");
    struct json *doc = NULL;
    struct err err;

    if (cli_flag(cli, "json")) {
        printf("%.*s\n", STR_ARG(answer));
        return;
    }
    if (json_parse(answer, answer.n + 1, &doc, &err) == ST_OK) {
        (void)json_str(json_get(doc, "id"), &id);
        (void)json_str(json_get(doc, "erased_at"), &at);
        (void)json_str(json_get(doc, "by"), &by);
        (void)json_str(json_get(doc, "second"), &second);
    }
    printf("%.*s: erased %.*s by %.*s and %.*s\n", STR_ARG(id), STR_ARG(at),
           STR_ARG(by), STR_ARG(second));
    json_free(doc);
}

static enum cli_exit
ask(const struct cli *cli, struct http_client *client, struct err *err)
{
    char path[PATH_MAX_CHARS];
    struct http_call call = {
        .path = path,
        .content_type = "application/json",
        .body = body_of(cli->arena, cli->words[0], cli_text(cli, "by"),
                        cli_text(cli, "second")),
    };
    struct http_client_header header;
    struct http_answer answer = { .status = 0 };
    enum status rc =
        path_of(cli_text(cli, "authority"), path, sizeof path, err);

    if (rc == ST_OK)
        rc = sign_call(cli, &header, &call, err);
    if (rc == ST_OK)
        rc = http_client_call(client, &call, &answer, err);
    if (rc != ST_OK)
        return cli_fail(cli, rc, err);
    if (answer.status == STATUS_ACCEPTED) {
        show(cli, answer.body);
        return CLI_DONE;
    }
    fprintf(stderr, "waymark erase: intake says %d: %.*s\n", answer.status,
            STR_ARG(answer.body));
    return answer.status == STATUS_LATER ? CLI_WORLD : CLI_DIFFERENT;
}

static enum cli_exit
run(struct cli *cli)
{
    struct http_client_options options = { .base = cli_text(cli, "intake") };
    struct http_client *client = NULL;
    struct err err = { .code = "" };
    enum cli_exit code;

    if (cli_text(cli, "by") == NULL || cli_text(cli, "second") == NULL)
        return cli_usage(cli, "want --by NAME and --second NAME: two people");
    if (options.base == NULL || options.base[0] == '\0')
        return cli_usage(cli, "where is intake? WAYMARK_INTAKE or --intake URL");
    if (http_client_open(&options, &client, &err) != ST_OK)
        return cli_fail(cli, ST_FATAL, &err);
    code = ask(cli, client, &err);
    http_client_close(client);
    return code;
}

const struct verb verb_erase = {
    .name = "erase",
    .words = "ID --by NAME --second NAME [--authority A]",
    .help = "erase the key of a notification: nobody can read its persons "
            "again",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "by", .value = "NAME", .help = "who erases" },
        { .name = "second", .value = "NAME", .help = "who agrees: another" },
        { .name = "authority", .value = "A",
          .help = "whose notification, where intake has several" },
        { .name = "agency", .value = "ID",
          .help = "the authority's own that asks" },
        { .name = "key", .value = "FILE", .env = "WAYMARK_SIGN_KEY",
          .help = "sign as --agency with this private key, PEM" },
        { .name = "kid", .value = "KID",
          .help = "its name in the register, where there are several" },
        { .name = "audience", .value = "NAME", .env = "WAYMARK_AUDIENCE",
          .help = "the door's name, as the authority gives it" },
        { .name = "intake", .value = "URL", .env = "WAYMARK_INTAKE",
          .help = "intake's address" },
    },
    .prints_data = true,
    .run = run,
};
