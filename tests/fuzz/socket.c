#include "tests/fuzz/socket.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

/* An end of what was sent that comes with its last byte is seen late by
 * libmicrohttpd, when the connection was idle long enough. */
enum { BEFORE_END_MS = 1, QUIET_MS = 200 };

static char made[64];

static void
remove_it(void)
{
    (void)unlink(made);
}

const char *
socket_bind(struct socket_door *door)
{
    static char bind_to[80];

    (void)snprintf(made, sizeof made, "/tmp/waymark-fuzz-%d.sock",
                   (int)getpid());
    memcpy(door->path, made, sizeof door->path);
    (void)snprintf(bind_to, sizeof bind_to, "unix:%s", made);
    always(atexit(remove_it) == 0);
    return bind_to;
}

static int
connect_to(const struct socket_door *door)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(to.sun_path, door->path, sizeof door->path);
    always(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

/* The server may have closed already: then the rest interests nobody. */
static void
send_all(int fd, struct str text)
{
    while (text.n > 0) {
        ssize_t n = send(fd, text.p, text.n, MSG_NOSIGNAL);

        if (n <= 0)
            break;
        text = (struct str){ .p = text.p + n, .n = text.n - (size_t)n };
    }
}

static bool
has_answer(int fd, int wait_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, wait_ms) == 1;
}

static void
look_at_answers(const char *text, size_t n)
{
    static const char start[] = "HTTP/1.";

    if (n >= strlen(start))
        always(memcmp(text, start, strlen(start)) == 0);
    for (size_t i = 0; i + 13 <= n; i++)
        always(memcmp(text + i, "HTTP/1.1 500 ", 13) != 0);
}

bool
socket_exchange(const struct socket_door *door, struct str text)
{
    static char answer[1 << 20];
    int fd = connect_to(door);
    size_t n = 0;
    ssize_t got = 1;

    send_all(fd, text);
    (void)has_answer(fd, BEFORE_END_MS);
    (void)shutdown(fd, SHUT_WR);
    while (got > 0 && has_answer(fd, QUIET_MS)) {
        got = recv(fd, answer + n, sizeof answer - n, 0);
        if (got > 0)
            n += (size_t)got;
        if (n == sizeof answer)
            n = 0; /* of so many the first are enough */
    }
    (void)close(fd);
    look_at_answers(answer, n);
    return got <= 0;
}
