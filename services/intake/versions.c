#include "intake/versions.h"

#include <string.h>

#include "common/engine/log.h"
#include "intake/core/role.h"
#include "intake/give.h"

/* What it says under its name and hash, and what the terms become by it. */
static enum status
read_new(struct group *g, const struct append_activation *act,
         struct config_text *out, struct err *err)
{
    enum status rc =
        terms_with(writer_terms(g->writer), act->config_kind,
                   g->writer->options.authority, act->text, &g->newer, err);

    if (rc == ST_OK)
        *out = *terms_text(g->newer, act->config_kind);
    return rc;
}

static enum status
ask_right(const struct group *g, const struct append_activation *act,
          struct err *err)
{
    if (role_may_govern(writer_terms(g->writer)->staff, act->by,
                        act->second_by))
        return ST_OK;
    return err_set(err, ST_REJECT, "R23",
                   "the roles of these two may not activate");
}

/*
 * What the log has of that name: is the newest the very same text, and did
 * another text ever go by that version? The hash stands behind "#".
 */
static enum status
look_for_twin(struct group *g, const struct config_text *text, bool *same,
              struct err *err)
{
    const char *mark = memchr(text->version.p, '#', text->version.n);
    size_t n =
        mark == NULL ? text->version.n : (size_t)(mark - text->version.p) + 1;
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    writer_params(g->writer, &p);
    pg_add_text(&p, str_of(codes_word(&codes_config_kind, text->config_kind)));
    pg_add_text(&p, text->hash);
    pg_add_text(&p, (struct str){ .p = text->version.p, .n = n });
    rc = pg_query(g->writer->pg, NULL,
                  "SELECT coalesce((SELECT hash = $3 FROM config WHERE "
                  "shard = $1 AND config_kind = $2 ORDER BY n DESC LIMIT 1), "
                  "false), EXISTS (SELECT FROM config WHERE shard = $1 AND "
                  "config_kind = $2 AND hash <> $3 AND "
                  "starts_with(version, $4))",
                  &p, &res, err);
    if (rc == ST_OK) {
        *same = pg_bool(res, 0, 0);
        if (!*same && text->config_kind == CONFIG_PROFILE && pg_bool(res, 0, 1))
            rc = err_set(err, ST_REJECT, "profile-twin",
                         "/version: \"%.*s\" is in the log with another "
                         "text: a changed profile has a version of its own",
                         (int)(n - 1), text->version.p);
    }
    pg_result_close(res);
    return rc;
}

static void
answer(const struct group *g, const struct config_text *text,
       struct append_activation *act, struct arena *arena)
{
    act->name = arena_str(arena, text->name);
    act->version = arena_str(arena, text->version);
    act->hash = arena_str(arena, text->hash);
    act->at = g->recorded;
}

static enum status
activate(struct group *g, struct append_activation *act, struct arena *arena,
         struct err *err)
{
    struct config_text text = { .config_kind = act->config_kind };
    struct give_text said = { .text = &text,
                              .by = act->by,
                              .second_by = act->second_by };
    enum status rc = ask_right(g, act, err);

    if (rc == ST_OK)
        rc = read_new(g, act, &text, err);
    if (rc == ST_OK)
        rc = look_for_twin(g, &text, &act->repeated, err);
    if (rc != ST_OK)
        return rc;
    if (act->config_kind == CONFIG_PROFILE)
        said.in_force = text.version;
    answer(g, &text, act, arena);
    if (!act->repeated)
        rc = give_config(g, &said, err);
    if (rc != ST_OK || act->repeated)
        return rc;
    rc = group_commit(g, err);
    if (rc == ST_OK)
        log_info("config_activated", "authority=%.*s kind=%s version=%.*s",
                 STR_ARG(g->writer->options.authority),
                 codes_word(&codes_config_kind, act->config_kind),
                 STR_ARG(act->version));
    return rc;
}

enum status
versions_activate(struct group *g, struct append_activation *act,
                  struct arena *arena, struct err *err)
{
    enum status rc = group_begin(g, err);

    if (rc == ST_OK)
        rc = writer_learn(g->writer, g->n_configs, err);
    if (rc == ST_OK && g->recorded == TIME_NONE)
        rc = err_set(err, ST_RETRY, "clock", "nobody has said what time it is");
    if (rc == ST_OK)
        rc = give_introduction(g, err);
    if (rc == ST_OK)
        rc = activate(g, act, arena, err);
    if (rc != ST_OK || act->repeated)
        writer_rollback(g->writer);
    terms_close(g->newer); /* of what did not become true */
    g->newer = NULL;
    return rc;
}
