/*
 * disk: what the disk alone takes to make a page durable, as PostgreSQL does at
 * the end of each transaction. What the door answers in is held against it.
 *
 *   disk FILE SECONDS RATE
 *
 * Makes FILE, writes 8 KiB into it RATE times a second at even distances, each
 * followed by fdatasync, and removes it. A wait counts from when the write was
 * due. Prints one JSON object: the waits in ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PAGE = 8192,
    PAGES = 2048, /* of the file: a segment of the WAL has as many */
    WAITS_MAX = 1000000,
};

static void
must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "disk: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
wait_until(int64_t due_us)
{
    struct timespec t = { .tv_sec = due_us / 1000000,
                          .tv_nsec = due_us % 1000000 * 1000 };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

static void
write_page(int fd, size_t no)
{
    static char page[PAGE];
    off_t at = (off_t)(no % PAGES) * PAGE;

    page[0] = (char)no;
    must(pwrite(fd, page, PAGE, at) == PAGE, "write");
}

static int
by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* How long each of the `n` took, into waits_us. */
static void
measure(int fd, size_t n, double rate, int64_t *waits_us)
{
    int64_t begin_us;

    /* The file has its length first: only pages are written then. */
    for (size_t i = 0; i < PAGES; i++)
        write_page(fd, i);
    must(fsync(fd) == 0, "fsync");
    begin_us = now_us();
    for (size_t i = 0; i < n; i++) {
        int64_t due_us = begin_us + (int64_t)((double)i * 1e6 / rate);

        wait_until(due_us);
        write_page(fd, i);
        must(fdatasync(fd) == 0, "fdatasync");
        waits_us[i] = now_us() - due_us;
    }
}

int
main(int argc, char **argv)
{
    static int64_t waits_us[WAITS_MAX];
    double n, rate;
    size_t last;
    int fd;

    if (argc != 4 || (rate = atof(argv[3])) <= 0 ||
        (n = atof(argv[2]) * rate) < 1 || n > WAITS_MAX) {
        fprintf(stderr, "usage: disk FILE SECONDS RATE\n");
        return 2;
    }
    fd = open(argv[1], O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(fd >= 0, argv[1]);
    measure(fd, (size_t)n, rate, waits_us);
    must(close(fd) == 0 && unlink(argv[1]) == 0, argv[1]);
    last = (size_t)n - 1;
    qsort(waits_us, (size_t)n, sizeof *waits_us, by_size);
    printf("{\"writes\":%zu,\"ms\":{\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,"
           "\"max\":%.2f}}\n",
           (size_t)n, (double)waits_us[last / 2] / 1000,
           (double)waits_us[last * 9 / 10] / 1000,
           (double)waits_us[last * 99 / 100] / 1000,
           (double)waits_us[last] / 1000);
    return 0;
}
