/* waymark erase: the key of one record goes, and with it whom it is about. */
#include <stdio.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"

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
run(struct cli *cli)
{
    struct ask_answer answer;
    struct err err = { .code = "" };
    enum status rc;

    if (cli_text(cli, "by") == NULL || cli_text(cli, "second") == NULL)
        return cli_usage(cli, "want --by NAME and --second NAME: two people");
    rc = ask_intake(cli, "/v1/erasures",
                    body_of(cli->arena, cli->words[0], cli_text(cli, "by"),
                            cli_text(cli, "second")),
                    &answer, &err);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (answer.status != ASK_ACCEPTED)
        return ask_refused(cli, &answer);
    show(cli, answer.body);
    return CLI_DONE;
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
        ASK_OPTIONS,
    },
    .prints_data = true,
    .run = run,
};
