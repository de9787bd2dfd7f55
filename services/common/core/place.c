#include "common/core/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/core/codes.h"

void
place_write(const struct place *place, char out[PLACE_SIZE])
{
    snprintf(out, PLACE_SIZE, "%s:%s.%u:%" PRId64, topic_name(place->topic),
             service_name((enum service)place->origin.service),
             (unsigned)place->origin.incarnation, place->sequence);
}

/* What stands before `end`; `left` is then what stands behind it. */
static bool
word_before(struct str *left, char end, struct str *out)
{
    const char *p = left->n > 0 ? memchr(left->p, end, left->n) : NULL;

    if (p == NULL)
        return false;
    *out = (struct str){ .p = left->p, .n = (size_t)(p - left->p) };
    left->n -= out->n + 1;
    left->p = p + 1;
    return true;
}

static bool
read_number(struct str text, int64_t max, int64_t *out)
{
    *out = 0;
    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        int digit = text.p[i] - '0';

        if (digit < 0 || digit > 9 || *out > (max - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return true;
}

bool
place_read(struct str text, uint16_t authority, struct place *out)
{
    struct str topic, service, incarnation;
    int64_t begun;
    int written_by;

    if (!word_before(&text, ':', &topic) ||
        !word_before(&text, '.', &service) ||
        !word_before(&text, ':', &incarnation) ||
        !read_number(incarnation, UINT32_MAX, &begun) ||
        !read_number(text, INT64_MAX, &out->sequence) || out->sequence == 0)
        return false;
    out->topic = topic_find(topic);
    written_by = codes_find(&codes_service, service);
    if (str_is(service, service_name(SERVICE_NONE)))
        written_by = SERVICE_NONE;
    else if (written_by <= SERVICE_NONE || written_by >= SERVICE_N)
        return false;
    out->origin = (struct origin){ .service = (uint8_t)written_by,
                                   .authority = authority,
                                   .incarnation = (uint32_t)begun };
    return out->topic != TOPIC_NONE;
}
