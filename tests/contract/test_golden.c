/*
 * Messages of every version that was ever frozen, as they lie on the topics of
 * an authority: tests/data/golden/NAME.vN.bin. Run from the top of the tree;
 * with GOLDEN=write those that are missing are made.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/adapters/avro.h"
#include "common/core/records.h"
#include "common/engine/memory.h"
#include "tests/lib/any_record.h"

#define FOLDER "tests/data/golden"

enum { MEMORY_MAX = 16 << 20, MESSAGE_MAX = 1 << 16, SEED = 20150626 };

struct world {
    struct arena *arena;
    struct avro_codec *codec;
};

static int
setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct err err;

    if (w == NULL || (w->arena = memory_open(MEMORY_MAX)) == NULL ||
        (w->codec = avro_open(&err)) == NULL)
        return -1;
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    avro_close(w->codec);
    memory_close(w->arena);
    free(w);
    return 0;
}

static int
version_of(const struct record_def *def)
{
    for (size_t i = 0; i < schemas_embedded_n; i++)
        if (schemas_embedded[i].id == def->schema_id)
            return schemas_embedded[i].version;
    fail_msg("%s has no schema", def->fields->name);
    return 0;
}

static void
path_of(const struct record_def *def, char *path, size_t size)
{
    (void)snprintf(path, size, FOLDER "/%s.v%d.bin", def->fields->name,
                   version_of(def));
}

static struct str
read_message(const char *path, char *room)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    if (f == NULL)
        fail_msg("%s is not there: GOLDEN=write makes it", path);
    n = fread(room, 1, MESSAGE_MAX, f);
    (void)fclose(f);
    assert_true(n > 5 && n < MESSAGE_MAX);
    return (struct str){ .p = room, .n = n };
}

static void
write_missing(const struct world *w, const struct record_def *def,
              const char *path)
{
    const char *want = getenv("GOLDEN");
    FILE *f = fopen(path, "rb");
    struct str text;
    struct err err;

    if (f != NULL) {
        (void)fclose(f);
        return;
    }
    if (want == NULL || strcmp(want, "write") != 0)
        return;
    assert_int_equal(avro_encode(w->codec, def->type,
                                 any_record_of(w->arena, def->type, SEED),
                                 w->arena, &text, &err),
                     ST_OK);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
}

static void
each_record_of_today_is_written_as_it_was(void **state)
{
    struct world *w = *state;
    static char room[MESSAGE_MAX];

    for (int t = REC_NONE + 1; t < REC_N; t++) {
        const struct record_def *def = record_def((enum record_type)t);
        enum record_type type;
        const void *body;
        struct str golden, again;
        struct err err;
        char path[160];

        path_of(def, path, sizeof path);
        write_missing(w, def, path);
        golden = read_message(path, room);
        if (avro_decode(w->codec, golden, w->arena, &type, &body, &err) !=
            ST_OK)
            fail_msg("%s: %s", path, err.text);
        assert_int_equal(type, t);
        assert_int_equal(
            avro_encode(w->codec, type, body, w->arena, &again, &err), ST_OK);
        if (!str_eq(golden, again))
            fail_msg("%s is not written back to the same bytes", path);
    }
}

static void
every_message_that_was_kept_can_be_read(void **state)
{
    struct world *w = *state;
    static char room[MESSAGE_MAX];
    DIR *dir = opendir(FOLDER);
    const struct dirent *entry;
    int n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        const char *dot = strchr(entry->d_name, '.');
        enum record_type type;
        const void *body;
        struct err err;
        char path[sizeof FOLDER + sizeof entry->d_name];

        if (entry->d_name[0] == '.' || dot == NULL)
            continue;
        (void)snprintf(path, sizeof path, FOLDER "/%s", entry->d_name);
        if (avro_decode(w->codec, read_message(path, room), w->arena, &type,
                        &body, &err) != ST_OK)
            fail_msg("%s: %s", path, err.text);
        assert_int_equal(
            type,
            record_find((struct str){ .p = entry->d_name,
                                      .n = (size_t)(dot - entry->d_name) }));
        n++;
    }
    (void)closedir(dir);
    assert_true(n >= REC_N - 1);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_of_today_is_written_as_it_was),
        cmocka_unit_test(every_message_that_was_kept_can_be_read),
    };

    return cmocka_run_group_tests_name("golden", tests, setup, teardown);
}
