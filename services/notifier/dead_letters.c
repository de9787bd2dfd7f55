#include "notifier/dead_letters.h"

#include <inttypes.h>

#include "common/core/record.h"

enum {
    READ_MS = 2000,
    TAKE_MAX = 200, /* letters looked at; more are counted alone */
    KINDS_MAX = 8,  /* told apart; the others are left out */
    TAKE_BYTES = 8 << 20,
    QUEUE_KB = 1024,
};

/* Letters with one code from one service. */
struct kind {
    struct str code;
    struct str by;
    size_t n;
};

struct kinds {
    struct kind at[KINDS_MAX];
    size_t n;
};

/* A header is as long as its sender made it. */
static struct str
header(const struct kafka_record *r, const char *name, struct arena *arena)
{
    struct str text = kafka_record_header(r, name);

    if (text.n == 0)
        return STR("unknown");
    return arena_str(
        arena, (struct str){ .p = text.p, .n = text.n < 32 ? text.n : 32 });
}

static void
count(struct kinds *kinds, const struct kafka_record *r, struct arena *arena)
{
    struct str code = header(r, "wm-code", arena);
    struct str by = header(r, "wm-by", arena);
    size_t i = 0;

    while (i < kinds->n &&
           !(str_eq(kinds->at[i].code, code) && str_eq(kinds->at[i].by, by)))
        i++;
    if (i == KINDS_MAX)
        return;
    if (i == kinds->n)
        kinds->at[kinds->n++] = (struct kind){ .code = code, .by = by };
    kinds->at[i].n++;
}

static enum status
read_kinds(const struct dead_letters *which, struct arena *arena,
           struct kinds *out, struct err *err)
{
    struct kafka_reader_options options = { .conn = *which->conn,
                                            .queue_kb = QUEUE_KB };
    struct kafka_part part = { .topic = topic_name(TOPIC_DEAD_LETTERS),
                               .partition = which->partition,
                               .next_offset = which->from };
    struct kafka_take take = { .max = TAKE_MAX,
                               .max_bytes = TAKE_BYTES,
                               .timeout_ms = READ_MS };
    struct kafka_record *records =
        arena_array(arena, TAKE_MAX, sizeof *records);
    struct kafka_reader *reader = NULL;
    int64_t next = which->from;
    size_t n = 1, read = 0;
    enum status rc = kafka_reader_open(&options, &reader, err);

    if (rc == ST_OK)
        rc = kafka_reader_assign(reader, &part, 1, err);
    while (rc == ST_OK && n > 0 && next < which->to && read < TAKE_MAX) {
        rc = kafka_reader_take(reader, &take, records, &n, err);
        for (size_t i = 0; rc == ST_OK && i < n; i++) {
            if (records[i].offset < which->to)
                count(out, &records[i], arena);
            next = records[i].offset + 1;
            read++;
        }
    }
    kafka_reader_close(reader);
    return rc;
}

struct str
dead_letters_told(const struct dead_letters *which, struct arena *arena)
{
    struct kinds kinds = { .n = 0 };
    struct str told =
        arena_printf(arena, "%" PRId64 " new", which->to - which->from);
    struct err ignored;

    if (read_kinds(which, arena, &kinds, &ignored) != ST_OK)
        return told;
    for (size_t i = 0; i < kinds.n; i++)
        told = arena_printf(arena, "%.*s%s %zu %.*s of %.*s", STR_ARG(told),
                            i == 0 ? ":" : ",", kinds.at[i].n,
                            STR_ARG(kinds.at[i].code), STR_ARG(kinds.at[i].by));
    return told;
}
