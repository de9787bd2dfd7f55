#include "common/core/outbox.h"

#include <string.h>

/*
 * Entry: u8 topic, u8 has value, u16 header bytes' count of headers, u32 key,
 * u32 value, u32 headers, i64 sequence, u64 chain, then key, value, headers.
 * A header: u32 name, u32 value, then both. Little endian by bytes.
 */
enum { ENTRY_SIZE = 2 + 4 + 4 + 4 + 8 + 8, HEADER_SIZE = 8 };

static uint8_t *
put(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *p++ = (uint8_t)(v >> (8 * i));
    return p;
}

static uint64_t
get(const uint8_t **p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)(*p)[i] << (8 * i);
    *p += n;
    return v;
}

static uint8_t *
put_bytes(uint8_t *p, struct str s)
{
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p + s.n;
}

void
outbox_init(struct outbox *box, struct arena *arena, const struct tails *tails)
{
    *box = (struct outbox){ .arena = arena, .tails = *tails };
}

static uint8_t *
reserve(struct outbox *box, size_t n)
{
    if (box->n + n > box->room) {
        size_t room = box->room == 0 ? 64 * 1024 : box->room * 2;
        uint8_t *at;

        while (room < box->n + n)
            room *= 2;
        at = arena_alloc(box->arena, room);
        if (box->n > 0)
            memcpy(at, box->at, box->n);
        box->at = at;
        box->room = room;
    }
    return box->at + box->n;
}

enum status
outbox_append(struct outbox *box, enum topic topic, struct str key,
              struct str value, const struct outbox_header *headers,
              size_t n_headers, struct err *err)
{
    size_t limit =
        topic == TOPIC_DEAD_LETTERS ? DEAD_LETTER_SIZE_MAX : RECORD_SIZE_MAX;
    size_t head = 0, size;
    uint8_t *p;
    uint64_t chain;

    for (size_t i = 0; i < n_headers; i++)
        head += HEADER_SIZE + headers[i].name.n + headers[i].value.n;
    size = key.n + value.n + head;
    if (size > limit)
        return err_set(err, ST_REJECT, "size",
                       "%zu bytes for topic %s, at most %zu", size,
                       topic_name(topic), limit);
    chain = chain_next(box->tails.at[topic].chain, key, value);
    p = reserve(box, ENTRY_SIZE + size);
    p = put(p, topic, 1);
    p = put(p, value.p != NULL, 1);
    p = put(p, key.n, 4);
    p = put(p, value.n, 4);
    p = put(p, head, 4);
    p = put(p, (uint64_t)(box->tails.at[topic].sequence + 1), 8);
    p = put(p, chain, 8);
    p = put_bytes(p, key);
    p = put_bytes(p, value);
    for (size_t i = 0; i < n_headers; i++) {
        p = put(p, headers[i].name.n, 4);
        p = put(p, headers[i].value.n, 4);
        p = put_bytes(p, headers[i].name);
        p = put_bytes(p, headers[i].value);
    }
    box->n += ENTRY_SIZE + size;
    box->entries++;
    box->tails.at[topic].sequence++;
    box->tails.at[topic].chain = chain;
    return ST_OK;
}

struct outbox_mark
outbox_mark(const struct outbox *box)
{
    return (struct outbox_mark){ .n = box->n,
                                 .entries = box->entries,
                                 .tails = box->tails };
}

void
outbox_undo(struct outbox *box, struct outbox_mark mark)
{
    box->n = mark.n;
    box->entries = mark.entries;
    box->tails = mark.tails;
}

struct str
outbox_bytes(const struct outbox *box)
{
    return (struct str){ .p = box->n > 0 ? (const char *)box->at : "",
                         .n = box->n };
}

bool
outbox_next(struct str block, size_t *at, struct outbox_entry *out, bool *ok)
{
    const uint8_t *p = (const uint8_t *)block.p + *at;
    size_t left = block.n - *at, key, value, head;
    bool has_value;

    *ok = true;
    if (left == 0)
        return false;
    *ok = false;
    if (left < ENTRY_SIZE || p[0] == TOPIC_NONE || p[0] >= TOPIC_N)
        return false;
    out->topic = (enum topic)get(&p, 1);
    has_value = get(&p, 1) != 0;
    key = get(&p, 4);
    value = get(&p, 4);
    head = get(&p, 4);
    out->sequence = (int64_t)get(&p, 8);
    out->chain = get(&p, 8);
    left -= ENTRY_SIZE;
    if (key > left || value > left - key || head > left - key - value)
        return false;
    out->key = (struct str){ .p = (const char *)p, .n = key };
    out->value = has_value ? (struct str){ .p = (const char *)p + key,
                                           .n = value }
                           : STR_NULL;
    out->headers =
        (struct str){ .p = (const char *)p + key + value, .n = head };
    *at += ENTRY_SIZE + key + value + head;
    *ok = true;
    return true;
}

bool
outbox_next_header(struct str headers, size_t *at, struct outbox_header *out)
{
    const uint8_t *p = (const uint8_t *)headers.p + *at;
    size_t left = headers.n - *at, name, value;

    if (left < HEADER_SIZE)
        return false;
    name = get(&p, 4);
    value = get(&p, 4);
    left -= HEADER_SIZE;
    if (name > left || value > left - name)
        return false;
    out->name = (struct str){ .p = (const char *)p, .n = name };
    out->value = (struct str){ .p = (const char *)p + name, .n = value };
    *at += HEADER_SIZE + name + value;
    return true;
}
