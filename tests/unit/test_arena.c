/* Memory of a batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/core/arena.h"

#define CHUNK ((size_t)64 * 1024)

/* Where the room comes from, and what was asked for. */
struct world {
    size_t calls;
    size_t released;
    size_t last_size;
    jmp_buf end; /* an impossible size ends the process: here, the test */
};

static void *
more(void *self, size_t size)
{
    struct world *w = self;
    void *p;

    w->calls++;
    w->last_size = size;
    if (size == SIZE_MAX)
        longjmp(w->end, 1);
    p = malloc(size);
    if (p == NULL)
        abort();
    memset(p, 0xa5, size);
    return p;
}

static void
release(void *self, void *room)
{
    struct world *w = self;

    w->released++;
    free(room);
}

static void
test_zeroed_and_aligned(void **state)
{
    struct world w = { .calls = 0 };
    struct arena a;

    (void)state;
    arena_init(&a, more, &w);
    assert_int_equal(w.calls, 0);
    for (int turn = 0; turn < 2; turn++) {
        for (size_t size = 0; size < 100; size++) {
            unsigned char *p = arena_alloc(&a, size);

            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xff, size);
        }
        arena_reset(&a);
    }
    arena_release(&a, release);
}

static void
test_chunks(void **state)
{
    struct world w = { .calls = 0 };
    struct arena a;

    (void)state;
    arena_init(&a, more, &w);
    (void)arena_alloc(&a, 1);
    assert_int_equal(w.last_size, CHUNK);
    (void)arena_alloc(&a, 10 * CHUNK);
    assert_true(w.last_size > 10 * CHUNK);
    assert_int_equal(w.calls, 2);
    assert_int_equal(a.held, CHUNK + w.last_size);
    arena_release(&a, release);
    assert_int_equal(w.released, 2);
    assert_int_equal(a.held, 0);
    assert_int_equal(a.used, 0);
}

static void
test_room_stays(void **state)
{
    struct world w = { .calls = 0 };
    struct arena a;
    size_t held;
    size_t calls;

    (void)state;
    arena_init(&a, more, &w);
    for (int i = 0; i < 40; i++)
        (void)arena_alloc(&a, 3000);
    (void)arena_alloc(&a, 3 * CHUNK);
    held = a.held;
    calls = w.calls;
    for (int batch = 0; batch < 10; batch++) {
        arena_reset(&a);
        assert_int_equal(a.used, 0);
        /* The large piece at another place each time. */
        for (int i = 0; i < 40; i++) {
            if (i == batch * 4)
                (void)arena_alloc(&a, 3 * CHUNK);
            (void)arena_alloc(&a, 3000);
        }
    }
    assert_int_equal(a.held, held);
    assert_int_equal(w.calls, calls);
    arena_release(&a, release);
    assert_int_equal(w.released, calls);
}

static void
test_pieces_are_apart(void **state)
{
    struct world w = { .calls = 0 };
    struct arena a;
    unsigned char *p[500];

    (void)state;
    arena_init(&a, more, &w);
    for (size_t i = 0; i < 500; i++) {
        p[i] = arena_alloc(&a, 700 + i);
        memset(p[i], (int)(i % 251) + 1, 700 + i);
    }
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(p[i][0], i % 251 + 1);
        assert_int_equal(p[i][699 + i], i % 251 + 1);
    }
    arena_release(&a, release);
}

static void
test_copies(void **state)
{
    struct world w = { .calls = 0 };
    struct arena a;
    struct str s;
    char *copy;

    (void)state;
    arena_init(&a, more, &w);
    copy = arena_copy(&a, "abc", 2);
    assert_string_equal(copy, "ab");
    assert_string_equal(arena_copy(&a, NULL, 0), "");
    s = arena_str(&a, STR("text"));
    assert_int_equal(s.n, 4);
    assert_int_equal(s.p[4], '\0');
    assert_null(arena_str(&a, STR_NULL).p);
    assert_non_null(arena_str(&a, STR("")).p);
    for (int width = 250; width < 260; width++) {
        s = arena_printf(&a, "%0*d", width, 7);
        assert_int_equal(s.n, width);
        assert_int_equal(s.p[s.n - 1], '7');
        assert_int_equal(s.p[s.n], '\0');
    }
    arena_release(&a, release);
}

static void
test_impossible(void **state)
{
    struct world w = { .calls = 0 };
    struct arena a;

    (void)state;
    arena_init(&a, more, &w);
    if (setjmp(w.end) == 0) {
        (void)arena_array(&a, SIZE_MAX / 8 + 1, 8);
        fail_msg("an overflow gave room");
    }
    assert_int_equal(w.last_size, SIZE_MAX);
    w.last_size = 0;
    if (setjmp(w.end) == 0) {
        (void)arena_alloc(&a, SIZE_MAX - 1);
        fail_msg("more than memory can have gave room");
    }
    assert_int_equal(w.last_size, SIZE_MAX);
    assert_non_null(arena_array(&a, SIZE_MAX, 0));
    assert_non_null(arena_array(&a, 3, 8));
    arena_release(&a, release);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        { .name = "a piece is zeroed and aligned, before and after a reset",
          .test_func = test_zeroed_and_aligned },
        { .name = "room comes in chunks, larger for larger pieces",
          .test_func = test_chunks },
        { .name = "like batches need no further room",
          .test_func = test_room_stays },
        { .name = "pieces do not overlap", .test_func = test_pieces_are_apart },
        { .name = "copies end in NUL and null stays null",
          .test_func = test_copies },
        { .name = "an overflow asks for SIZE_MAX",
          .test_func = test_impossible },
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
