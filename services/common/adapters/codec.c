#include "common/adapters/codec.h"

static enum status
decode(void *self, struct str bytes, struct arena *arena,
       enum record_type *type, const void **body, struct err *err)
{
    return avro_decode(self, bytes, arena, type, body, err);
}

static enum status
encode(void *self, enum record_type type, const void *body,
       struct arena *arena, struct str *out, struct err *err)
{
    return avro_encode(self, type, body, arena, out, err);
}

static enum status
open_person(void *self, enum record_type type, const void *body,
            struct arena *arena, const struct person **out, struct err *err)
{
    const struct notification_received *n = body;
    enum record_type inner;
    const void *person = NULL;
    enum status rc;

    *out = NULL;
    if (type != REC_NOTIFICATION_RECEIVED || n->person.p == NULL)
        return ST_OK;
    rc = avro_decode(self, n->person, arena, &inner, &person, err);
    if (rc == ST_OK && inner != REC_PERSON)
        rc = err_set(err, ST_REJECT, "person", "the block is no Person");
    if (rc == ST_REJECT)
        return err_set(err, ST_REJECT, "person", "the person can't be read");
    *out = person;
    return rc;
}

void
codec_over(struct avro_codec *avro, struct codec *port)
{
    *port = (struct codec){ .self = avro,
                            .decode = decode,
                            .encode = encode,
                            .open_person = open_person };
}
