#include "cli/activate.h"

#include <stdio.h>

#include "cli/ask.h"
#include "common/adapters/calendar_json.h"
#include "common/adapters/json.h"
#include "common/adapters/profile_json.h"
#include "common/adapters/staff_json.h"
#include "common/core/codes.h"

/* What of these a text is: each has a member that the others don't. */
static int
kind_of(struct str text)
{
    static const struct {
        const char *member;
        int kind;
    } marks[] = { { "decision_rules", CONFIG_PROFILE },
                  { "clock_changes", CONFIG_CALENDAR },
                  { "people", CONFIG_STAFF } };
    struct json *doc = NULL;
    struct err ignored;
    int kind = CONFIG_PROFILE;

    if (json_parse(text, PROFILE_BYTES_MAX, &doc, &ignored) == ST_OK)
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
            if (json_get(doc, marks[i].member) != NULL)
                kind = marks[i].kind;
    json_free(doc);
    return kind;
}

static enum status
check(struct arena *a, int kind, struct str text, struct err *err)
{
    struct profile profile;
    struct calendar calendar;
    struct staff staff;

    if (kind == CONFIG_STAFF)
        return staff_json_read(a, text, &staff, err);
    if (kind == CONFIG_CALENDAR)
        return calendar_json_read(a, text, &calendar, err);
    return profile_json_read(a, text, &profile, err);
}

static struct str
body_of(const struct cli *cli, int kind, struct str text)
{
    struct json_out out;

    json_out_init(&out, cli->arena);
    json_out_object(&out);
    json_out_kcstr(&out, "kind", codes_word(&codes_config_kind, kind));
    json_out_kstr(&out, "text", text);
    json_out_kcstr(&out, "by", cli_text(cli, "by"));
    json_out_kcstr(&out, "second", cli_text(cli, "second"));
    json_out_object_end(&out);
    return json_out_text(&out);
}

static void
show(const struct cli *cli, struct str answer)
{
    struct str version = STR("?"), at = STR("?");
    struct json *doc = NULL;
    bool repeated = false;
    struct err ignored;

    if (cli_flag(cli, "json")) {
        printf("%.*s\n", STR_ARG(answer));
        return;
    }
    if (json_parse(answer, answer.n + 1, &doc, &ignored) == ST_OK) {
        (void)json_str(json_get(doc, "version"), &version);
        (void)json_str(json_get(doc, "at"), &at);
        (void)json_bool(json_get(doc, "repeated"), &repeated);
    }
    if (repeated)
        printf("%.*s was in force already\n", STR_ARG(version));
    else
        printf("%.*s holds for all that is accepted from %.*s on\n",
               STR_ARG(version), STR_ARG(at));
    json_free(doc);
}

static enum cli_exit
send_text(const struct cli *cli, int kind, struct str text)
{
    struct ask_answer answer;
    struct err err = { .code = "" };
    enum status rc =
        ask_intake(cli, "/v1/configs", body_of(cli, kind, text), &answer, &err);

    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (answer.status != ASK_ACCEPTED)
        return ask_refused(cli, &answer);
    show(cli, answer.body);
    return CLI_DONE;
}

enum cli_exit
activate_run(struct cli *cli)
{
    const char *path = cli->words[1];
    struct err err = { .code = "" };
    struct str text;
    int kind;

    if (cli->n_words != 2)
        return cli_usage(cli, "want one file");
    if (cli_text(cli, "by") == NULL || cli_text(cli, "second") == NULL)
        return cli_usage(cli, "want --by NAME and --second NAME: two people");
    if (file_read(path, PROFILE_BYTES_MAX, cli->arena, &text, &err) != ST_OK)
        return cli_fail(cli, ST_REJECT, &err);
    kind = kind_of(text);
    if (check(cli->arena, kind, text, &err) != ST_OK) {
        printf("%s: %s: %s\n%s: refused: what is in force stays\n", path,
               err.code, err.text, path);
        return CLI_DIFFERENT;
    }
    return send_text(cli, kind, text);
}
