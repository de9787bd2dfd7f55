#include "common/core/out.h"

enum status
out_add(struct out *out, enum topic topic, struct id key,
        enum record_type type, void *body, struct err *err)
{
    return out->add(out->self, topic, key, type, body, err);
}

enum status
out_reject(struct out *out, const struct err *why, struct err *err)
{
    return out->reject(out->self, why, err);
}
