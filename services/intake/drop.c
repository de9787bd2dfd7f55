#include "intake/drop.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/engine/monotonic.h"
#include "intake/dropped.h"

enum {
    PATH_SIZE = 4096,
    SLICE_MS = 50, /* how soon a stop is seen */
};

struct drop {
    struct drop_options options;
    pthread_t thread;
    bool running;
    _Atomic int closing;
};

static void
pause_ms(const struct drop *d, int64_t ms)
{
    for (; ms > 0 && !atomic_load(&d->closing); ms -= SLICE_MS)
        monotonic_pause(SLICE_MS);
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
    return dropped_can_be(e->d_name);
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
    int n = snprintf(folder, sizeof folder, "%s/%s", d->options.folder, agency);

    if (n < 0 || n >= (int)sizeof folder)
        return;
    n = scandir(folder, &files, is_file, by_name);
    for (int i = 0; i < n; i++) {
        struct dropped_file file = { .folder = folder,
                                     .agency = agency,
                                     .name = files[i]->d_name,
                                     .door = d->options.door,
                                     .stop = &d->closing };

        if (!atomic_load(&d->closing))
            (void)dropped_take(&file);
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
