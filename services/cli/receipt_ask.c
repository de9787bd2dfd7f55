/* waymark receipt: where a notification stands, as its sender may know. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/sign.h"
#include "cli/verbs.h"
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"

enum { STATUS_FOUND = 200, STATUS_LATER = 503, PATH_CHARS = 600 };

static enum status
path_of(const struct cli *cli, char *path, size_t size, struct err *err)
{
    const char *authority = cli_text(cli, "authority");
    char id[PATH_CHARS / 3], name[PATH_CHARS / 3] = "";

    if (!http_escape(str_of(cli->words[0]), id, sizeof id) ||
        (authority != NULL &&
         !http_escape(str_of(authority), name, sizeof name)))
        return err_set(err, ST_REJECT, "config", "a name is too long");
    (void)snprintf(path, size, "/v1/notifications/%s%s%s", id,
                   authority == NULL ? "" : "?authority=", name);
    return ST_OK;
}

static struct str
member(const struct json *doc, const char *name)
{
    struct str text;

    return json_str(json_get(doc, name), &text) ? text : STR_NULL;
}

static void
show_state(const struct json *doc)
{
    const struct json *holder = json_get(doc, "held_by");
    struct str outcome = member(doc, "outcome");
    struct str refusal = member(doc, "refusal");
    struct str unit = member(holder, "unit");
    bool known, seen;

    if (json_bool(json_get(doc, "state_known"), &known) && !known)
        printf("what became of it can't be asked just now\n");
    else
        printf("%.*s", STR_ARG(member(doc, "state")));
    if (member(doc, "decided_at").n > 0)
        printf(" %.*s: %.*s %.*s%.*s", STR_ARG(member(doc, "decided_at")),
               STR_ARG(member(doc, "answer")), STR_ARG(outcome),
               STR_ARG(refusal));
    printf("\nheld by %.*s, phone %.*s\n",
           STR_ARG(unit.n > 0 ? unit : STR("the duty desk")),
           STR_ARG(member(holder, "phone")));
    if (json_bool(json_get(doc, "seen_by_person"), &seen))
        printf("%s\n",
               seen ? "a person has seen it" : "nobody has seen it yet");
}

static void
show(const struct cli *cli, struct str answer)
{
    struct json *doc = NULL;
    struct err err;

    if (cli_flag(cli, "json") ||
        json_parse(answer, answer.n + 1, &doc, &err) != ST_OK) {
        printf("%.*s\n", STR_ARG(answer));
        return;
    }
    printf("received %.*s from %.*s, reference %.*s\n",
           STR_ARG(member(doc, "recorded_at")),
           STR_ARG(member(doc, "agency_id")),
           STR_ARG(member(doc, "agency_ref")));
    if (json_get(doc, "state") != NULL)
        show_state(doc);
    json_free(doc);
}

static enum cli_exit
ask(const struct cli *cli, struct http_client *client, struct err *err)
{
    char path[PATH_CHARS];
    struct http_call call = { .path = path };
    struct http_client_header header;
    struct http_answer answer = { .status = 0 };
    enum status rc = path_of(cli, path, sizeof path, err);

    if (rc == ST_OK)
        rc = sign_call(cli, &header, &call, err);
    if (rc == ST_OK)
        rc = http_client_call(client, &call, &answer, err);
    if (rc != ST_OK)
        return cli_fail(cli, rc, err);
    if (answer.status == STATUS_FOUND) {
        show(cli, answer.body);
        return CLI_DONE;
    }
    fprintf(stderr, "waymark receipt: intake says %d: %.*s\n", answer.status,
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

    if (options.base == NULL || options.base[0] == '\0')
        return cli_usage(cli,
                         "where is intake? WAYMARK_INTAKE or --intake URL");
    if (http_client_open(&options, &client, &err) != ST_OK)
        return cli_fail(cli, ST_FATAL, &err);
    code = ask(cli, client, &err);
    http_client_close(client);
    return code;
}

const struct verb verb_receipt = {
    .name = "receipt",
    .words = "ID [--authority A]",
    .help = "where a notification stands: decided, who holds it, seen or not",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "authority", .value = "A",
          .help = "whose notification, where intake has several" },
        SIGN_OPTIONS("the agency that sent it and asks"),
        SIGN_INTAKE,
    },
    .prints_data = true,
    .run = run,
};
