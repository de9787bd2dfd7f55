/* Room from the heap: up to the limit, and given back whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/engine/memory.h"

enum { LIMIT = 1 << 20 };

/* How a process ends that takes `n` bytes twice: its signal, 0 for none. */
static int
signal_of(size_t n)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = { 0, 0 };
        struct arena *arena = memory_open(LIMIT);
        int quiet = open("/dev/null", O_WRONLY);

        setrlimit(RLIMIT_CORE, &none); /* it may end on purpose */
        signal(SIGABRT, SIG_DFL);
        dup2(quiet, STDERR_FILENO);
        memset(arena_alloc(arena, n), 1, n);
        memset(arena_alloc(arena, n), 1, n);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
what_the_limit_allows_is_given(void **state)
{
    struct arena *arena = memory_open(LIMIT);
    char *p;

    (void)state;
    assert_non_null(arena);
    p = arena_alloc(arena, LIMIT / 2);
    memset(p, 1, LIMIT / 2);
    arena_reset(arena);
    for (int i = 0; i < 100; i++) { /* the same room again and again */
        assert_non_null(arena_alloc(arena, LIMIT / 2));
        arena_reset(arena);
    }
    memory_close(arena);
    memory_close(NULL);
}

static void
what_passes_the_limit_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(signal_of(LIMIT / 2 - 1024), 0);
    assert_int_equal(signal_of(LIMIT / 2), SIGABRT);
    assert_int_equal(signal_of(2 * LIMIT), SIGABRT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_limit_allows_is_given),
        cmocka_unit_test(what_passes_the_limit_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
