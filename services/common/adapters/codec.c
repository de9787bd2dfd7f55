#include "common/adapters/codec.h"

#include <stdlib.h>
#include <string.h>

#include "common/adapters/person_keys.h"

enum { WAIT_MS = 10000 }; /* for the keys of one batch */

struct avro_port {
    struct codec_options options;
    struct pg *pg; /* NULL until keys are asked for */
    /* Of the batch under way, in its arena. */
    struct person_keys keys;
};

static enum status
decode(void *self, struct str bytes, struct arena *arena,
       enum record_type *type, const void **body, struct err *err)
{
    struct avro_port *c = self;

    return avro_decode(c->options.avro, bytes, arena, type, body, err);
}

static enum status
encode(void *self, enum record_type type, const void *body, struct arena *arena,
       struct str *out, struct err *err)
{
    struct avro_port *c = self;

    return avro_encode(c->options.avro, type, body, arena, out, err);
}

/* ---- keys -------------------------------------------------------------- */

static enum status
connect(struct avro_port *c, struct err *err)
{
    struct pg_options options = { .conninfo = c->options.conninfo,
                                  .application_name = "waymark-keys",
                                  .wait_ms = WAIT_MS,
                                  .plan_by_key = true };

    if (c->pg != NULL && !pg_is_lost(c->pg))
        return ST_OK;
    pg_close(c->pg);
    c->pg = NULL;
    return pg_open(&options, &c->pg, err);
}

/* Intake has not made its table yet, or not shown it to us: "not there" is
 * never "erased". */
static bool
has_no_table(const char *sqlstate)
{
    return strcmp(sqlstate, "42P01") == 0 || strcmp(sqlstate, "3F000") == 0 ||
           strcmp(sqlstate, "42501") == 0;
}

static enum status
load(struct avro_port *c, const struct id *ids, size_t n, struct arena *arena,
     struct err *err)
{
    enum status rc = connect(c, err);

    if (rc == ST_OK)
        rc = person_keys_load(c->pg, c->options.schema, c->options.shard, ids,
                              n, arena, &c->keys, err);
    if (rc == ST_FATAL && c->pg != NULL && has_no_table(pg_sqlstate(c->pg)))
        rc = err_recode(err, ST_RETRY, "no_key");
    return rc;
}

static enum status
fetch_keys(void *self, const struct id *ids, size_t n, struct arena *arena,
           struct err *err)
{
    struct avro_port *c = self;
    const struct person_key *found;
    size_t wanted = 0;
    enum status rc;

    c->keys = (struct person_keys){ .n = 0 };
    for (size_t i = 0; i < n; i++)
        wanted += !id_is_none(ids[i]);
    if (wanted == 0)
        return ST_OK;
    if (c->options.seal == NULL)
        return err_set(err, ST_FATAL, "config", "no key opens its persons");
    rc = load(c, ids, n, arena, err);
    for (size_t i = 0; rc == ST_OK && i < n && !c->options.go_on_without; i++)
        if (!id_is_none(ids[i]))
            rc = person_keys_find(&c->keys, ids[i], &found, err);
    return rc;
}

/* ---- persons ----------------------------------------------------------- */

/* ST_REJECT, code "erased": its key is gone. */
static enum status
unseal(const struct avro_port *c, const struct notification_received *n,
       struct arena *arena, struct str *out, struct err *err)
{
    struct seal_name name = { .key_id = n->key_id,
                              .record_id = n->notification_id };
    struct seal_key key;
    enum status rc;

    if (id_is_none(n->key_id)) {
        *out = n->person;
        return ST_OK;
    }
    rc = person_keys_open(&c->keys, c->options.seal, n->key_id, &key, err);
    if (rc == ST_RETRY && c->options.go_on_without)
        return err_recode(err, ST_REJECT, "lost");
    if (rc == ST_OK)
        rc = seal_read(&key, &name, n->person, arena, out, err);
    seal_forget(&key, sizeof key);
    return rc;
}

static enum status
open_person(void *self, enum record_type type, const void *body,
            struct arena *arena, const struct person **out, struct err *err)
{
    const struct notification_received *n = body;
    struct avro_port *c = self;
    enum record_type inner;
    const void *person = NULL;
    struct str plain;
    enum status rc;

    *out = NULL;
    if (type != REC_NOTIFICATION_RECEIVED || n->person.p == NULL)
        return ST_OK;
    rc = unseal(c, n, arena, &plain, err);
    if (rc == ST_REJECT &&
        (strcmp(err->code, "erased") == 0 || strcmp(err->code, "lost") == 0))
        return rc;
    if (rc == ST_OK)
        rc = avro_decode(c->options.avro, plain, arena, &inner, &person, err);
    if (rc == ST_OK && inner != REC_PERSON)
        rc = err_set(err, ST_REJECT, "person", "the block is no Person");
    if (rc == ST_REJECT)
        return err_set(err, ST_REJECT, "person", "the person can't be read");
    *out = person;
    return rc;
}

/* ---- the whole --------------------------------------------------------- */

enum status
codec_open(const struct codec_options *options, struct avro_port **out,
           struct codec *port, struct err *err)
{
    struct avro_port *c = calloc(1, sizeof *c);

    *out = c;
    if (c == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    c->options = *options;
    *port = (struct codec){ .self = c,
                            .decode = decode,
                            .encode = encode,
                            .fetch_keys = fetch_keys,
                            .open_person = open_person };
    return ST_OK;
}

void
codec_close(struct avro_port *c)
{
    if (c == NULL)
        return;
    pg_close(c->pg);
    free(c);
}
