#include "intake/drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/engine/log.h"
#include "common/engine/memory.h"

enum {
    PATH_SIZE = 4096,
    MEMORY_MAX = 64 << 20,
    RETRY_MS = 1000,
    CHUNK_ROWS = APPEND_GROUP_MAX,
    SLICE_MS = 50, /* how soon a stop is seen */
    NAMES_MAX = 9999,
};

#define CHUNK_BYTES ((size_t)4 << 20)
#define SUFFIX ".ndjson"
#define RESULT ".result" SUFFIX

struct drop {
    struct drop_options options;
    pthread_t thread;
    bool running;
    _Atomic int closing;
};

/* A file on its way. */
struct work {
    struct drop *drop;
    const char *agency;
    char name[256]; /* without the suffix */
    char path[PATH_SIZE];
    char done[PATH_SIZE]; /* folder */
    char part[PATH_SIZE]; /* the result while it is written */
    enum item_kind_of item;
    FILE *in;
    FILE *out;
    struct door_counts total;
};

static void
pause_ms(const struct drop *d, int64_t ms)
{
    for (; ms > 0 && !atomic_load(&d->closing); ms -= SLICE_MS) {
        struct timespec ts = { .tv_nsec = SLICE_MS * 1000000L };

        nanosleep(&ts, NULL);
    }
}

static bool
ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n > m && strcmp(s + n - m, end) == 0;
}

static bool
join(char *out, const char *a, const char *b, const char *c)
{
    int n =
        snprintf(out, PATH_SIZE, "%s%s%s%s", a, *a == '\0' ? "" : "/", b, c);

    return n > 0 && n < PATH_SIZE;
}

/* ---- a chunk of rows --------------------------------------------------- */

struct chunk {
    struct arena *arena;
    struct str rows[CHUNK_ROWS];
    size_t n;
    size_t first; /* row number in the file, from 1 */
};

/* Lines of at most a little over what a record may have; the rest is cut. */
static bool
read_chunk(struct work *w, struct chunk *chunk, char **line, size_t *room)
{
    size_t bytes = 0;
    ssize_t n;

    chunk->first += chunk->n;
    chunk->n = 0;
    arena_reset(chunk->arena);
    while (chunk->n < CHUNK_ROWS && bytes < CHUNK_BYTES &&
           (n = getline(line, room, w->in)) >= 0) {
        struct str text = { .p = *line, .n = (size_t)n };

        while (text.n > 0 && strchr(" \t\r\n", text.p[text.n - 1]) != NULL &&
               text.p[text.n - 1] != '\0')
            text.n--;
        if (text.n == 0)
            continue;
        if (text.n > DOOR_RECORD_MAX + 1)
            text.n = DOOR_RECORD_MAX + 1; /* R04 all the same */
        chunk->rows[chunk->n++] = arena_str(chunk->arena, text);
        bytes += text.n;
    }
    return chunk->n > 0;
}

/* Results of a chunk; written when none of it must come again. */
struct results {
    char *text;
    size_t n;
    FILE *to;
};

static void
put_result(void *self, struct str json)
{
    struct results *r = self;

    (void)fwrite(json.p, 1, json.n, r->to);
    (void)fputc('\n', r->to);
}

/* True once every row of the chunk has a result that stays. */
static bool
try_chunk(struct work *w, const struct chunk *chunk)
{
    struct results r = { .text = NULL };
    struct door_batch batch = { .item = w->item,
                                .rows = chunk->rows,
                                .n = chunk->n,
                                .first_row = chunk->first,
                                .agency = str_of(w->agency) };
    struct door_counts counts = { .accepted = 0 };
    struct err err;
    bool ok;

    r.to = open_memstream(&r.text, &r.n);
    if (r.to == NULL)
        return false;
    ok = door_rows(w->drop->options.door, &batch, put_result, &r, &counts,
                   &err) == ST_OK &&
         counts.later == 0;
    if (fclose(r.to) != 0)
        ok = false;
    if (ok) {
        ok = fwrite(r.text, 1, r.n, w->out) == r.n;
        w->total.accepted += counts.accepted;
        w->total.refused += counts.refused;
    }
    free(r.text);
    return ok;
}

/* ---- a file ------------------------------------------------------------ */

static bool
copy_rows(struct work *w)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);
    char *line = NULL;
    size_t room = 0;
    bool ok = chunk != NULL && (chunk->arena = memory_open(MEMORY_MAX)) != NULL;

    if (ok)
        chunk->first = 1;
    while (ok && read_chunk(w, chunk, &line, &room)) {
        while (!try_chunk(w, chunk) && !atomic_load(&w->drop->closing))
            pause_ms(w->drop, RETRY_MS); /* the world is not ready */
        ok = !atomic_load(&w->drop->closing);
    }
    ok = ok && !ferror(w->in);
    free(line);
    if (chunk != NULL)
        memory_close(chunk->arena);
    free(chunk);
    return ok;
}

static bool
sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* A name in done/ that is still free: NAME, NAME.2, NAME.3, ... */
static bool
free_name(const struct work *w, char base[PATH_SIZE])
{
    for (int i = 1; i <= NAMES_MAX; i++) {
        char number[16] = "", path[PATH_SIZE];
        struct stat st;

        if (i > 1)
            (void)snprintf(number, sizeof number, ".%d", i);
        if (!join(base, w->done, w->name, number) ||
            !join(path, "", base, SUFFIX))
            return false;
        if (lstat(path, &st) != 0 && errno == ENOENT)
            return true;
    }
    return false;
}

/* The result first: a file in done/ always has one beside it. */
static bool
finish(struct work *w)
{
    char base[PATH_SIZE], result[PATH_SIZE], done[PATH_SIZE];

    if (fflush(w->out) != 0 || fsync(fileno(w->out)) != 0)
        return false;
    return free_name(w, base) && join(result, "", base, RESULT) &&
           join(done, "", base, SUFFIX) && rename(w->part, result) == 0 &&
           sync_folder(w->done) && rename(w->path, done) == 0 &&
           sync_folder(w->done);
}

static bool
open_work(struct work *w, const char *folder)
{
    struct stat st;
    int fd;

    if (!join(w->path, folder, w->name, SUFFIX) ||
        !join(w->done, folder, "done", "") ||
        !join(w->part, w->done, w->name, RESULT ".part"))
        return false;
    if (mkdir(w->done, 0770) != 0 && errno != EEXIST)
        return false;
    fd = open(w->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        (w->in = fdopen(fd, "r")) == NULL) {
        (void)close(fd);
        return false;
    }
    w->out = fopen(w->part, "w");
    return w->out != NULL;
}

static enum item_kind_of
item_of(const char *name)
{
    if (strncmp(name, "activities", 10) == 0)
        return ITEM_ACTIVITY;
    if (strncmp(name, "screenings", 10) == 0)
        return ITEM_SCREENING;
    return ITEM_NOTIFICATION;
}

static void
take_file(struct drop *d, const char *folder, const char *agency,
          const char *file)
{
    struct work *w = calloc(1, sizeof *w);
    size_t n = strlen(file) - strlen(SUFFIX);
    bool ok = false;

    if (w == NULL || n >= sizeof w->name) {
        free(w);
        return;
    }
    w->drop = d;
    w->agency = agency;
    w->item = item_of(file);
    memcpy(w->name, file, n);
    ok = open_work(w, folder) && copy_rows(w) && finish(w);
    if (w->in != NULL)
        (void)fclose(w->in);
    if (w->out != NULL && fclose(w->out) != 0)
        ok = false;
    if (ok)
        log_info("file_taken", "agency=%s accepted=%zu refused=%zu", agency,
                 w->total.accepted, w->total.refused);
    else if (!atomic_load(&d->closing))
        log_warn("file_waits", "agency=%s errno=%d", agency, errno);
    free(w);
}

/* ---- the folders ------------------------------------------------------- */

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_file(const struct dirent *e)
{
    return e->d_name[0] != '.' && ends_with(e->d_name, SUFFIX) &&
           !ends_with(e->d_name, RESULT);
}

static int
is_folder(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static void
scan_agency(struct drop *d, const char *agency)
{
    struct dirent **files = NULL;
    char folder[PATH_SIZE];
    int n;

    if (!join(folder, d->options.folder, agency, ""))
        return;
    n = scandir(folder, &files, is_file, by_name);
    for (int i = 0; i < n; i++) {
        if (!atomic_load(&d->closing))
            take_file(d, folder, agency, files[i]->d_name);
        free(files[i]);
    }
    free(files);
}

static void *
watcher(void *self)
{
    struct drop *d = self;

    while (!atomic_load(&d->closing)) {
        struct dirent **folders = NULL;
        int n = scandir(d->options.folder, &folders, is_folder, by_name);

        for (int i = 0; i < n; i++) {
            scan_agency(d, folders[i]->d_name);
            free(folders[i]);
        }
        free(folders);
        pause_ms(d, d->options.poll_ms);
    }
    return NULL;
}

enum status
drop_open(const struct drop_options *options, struct drop **out,
          struct err *err)
{
    struct drop *d = calloc(1, sizeof *d);
    struct stat st;

    *out = NULL;
    if (d == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    if (stat(options->folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
        free(d);
        return err_set(err, ST_REJECT, "config",
                       "DROP_FOLDER is no folder that can be read");
    }
    d->options = *options;
    if (pthread_create(&d->thread, NULL, watcher, d) != 0) {
        free(d);
        return err_set(err, ST_FATAL, "memory", "no thread for the folder");
    }
    d->running = true;
    *out = d;
    return ST_OK;
}

void
drop_close(struct drop *d)
{
    if (d == NULL)
        return;
    atomic_store(&d->closing, 1);
    if (d->running)
        pthread_join(d->thread, NULL);
    free(d);
}
