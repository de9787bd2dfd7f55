#include "intake/dropped.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "common/adapters/http.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "intake/table.h"

enum {
    PATH_SIZE = 4096,
    NAME_SIZE = 256,
    MEMORY_MAX = 96 << 20,
    RETRY_MS = 1000,
    SLICE_MS = 50, /* how soon a stop is seen */
    CHUNK_ROWS = APPEND_GROUP_MAX,
    NAMES_MAX = 9999,
    STATE_SIZE = 1024,
};

#define CHUNK_BYTES ((size_t)4 << 20)
#define STATE_MARK "waymark-dropped-1"

/* A file that grows; `hash` is over its `n` bytes. */
struct part {
    char path[PATH_SIZE];
    FILE *to;
    int64_t n;
    XXH3_state_t *hash;
};

/* How far a file is, and what became of its rows. */
struct progress {
    struct csv_place place; /* of NDJSON: number is that of the last row */
    size_t accepted, repeated, rejected, notes;
    int64_t result_n, rejected_n;
    uint64_t result_hash, rejected_hash;
    int finished; /* number of the name in done/; 0: still being read */
};

/* A row of a chunk, whichever form it came in. */
struct chunk {
    struct arena *arena;
    struct str lines[CHUNK_ROWS];
    struct table_source sources[CHUNK_ROWS]; /* of lines */
    size_t n;
    int64_t offset; /* of the line after these */
    struct table_chunk sheet;
    bool end;
};

struct work {
    const struct dropped_file *file;
    enum item_kind_of item;
    struct sheet_options sheet;
    bool csv;
    char base[NAME_SIZE]; /* name without ending */
    char ending[8];       /* ".csv" as it stands there */
    char path[PATH_SIZE];
    char done[PATH_SIZE]; /* folder */
    char state[PATH_SIZE];
    struct stat identity;
    FILE *in;
    struct table *table;
    struct part result;
    struct part rejected;
    struct progress progress;
    struct chunk *chunk;
};

/* ---- names ------------------------------------------------------------- */

static const char *
ending_of(const char *name)
{
    static const char *const endings[] = { ".ndjson", ".csv" };
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t m = strlen(endings[i]);

        if (n > m && strcasecmp(name + n - m, endings[i]) == 0)
            return name + n - m;
    }
    return NULL;
}

bool
dropped_can_be(const char *name)
{
    return name[0] != '.' && ending_of(name) != NULL;
}

/* FOLDER/NAME and what stands behind it. */
static bool
path_of(char out[PATH_SIZE], const char *folder, const char *before,
        const char *name, const char *behind)
{
    int n = snprintf(out, PATH_SIZE, "%s/%s%s%s", folder, before, name, behind);

    return n > 0 && n < PATH_SIZE;
}

static bool
name_all(struct work *w)
{
    const struct dropped_file *f = w->file;
    const char *ending = ending_of(f->name);
    size_t n = (size_t)(ending - f->name);

    if (n >= sizeof w->base)
        return false;
    memcpy(w->base, f->name, n);
    (void)snprintf(w->ending, sizeof w->ending, "%s", ending);
    w->csv = strcasecmp(ending, ".csv") == 0;
    sheet_of_name(f->name, &w->sheet);
    w->sheet.agency = str_of(f->agency);
    w->item = w->sheet.item;
    return path_of(w->path, f->folder, "", f->name, "") &&
           path_of(w->done, f->folder, "", "done", "") &&
           path_of(w->state, w->done, ".", f->name, ".state") &&
           path_of(w->result.path, w->done, ".", f->name, ".result") &&
           path_of(w->rejected.path, w->done, ".", f->name, ".rejected");
}

/* ---- what grows -------------------------------------------------------- */

static bool
part_put(struct part *p, const char *text, size_t n)
{
    if (fwrite(text, 1, n, p->to) != n)
        return false;
    (void)XXH3_64bits_update(p->hash, text, n);
    p->n += (int64_t)n;
    return true;
}

/* Begin it again, or behind its first `n` bytes if these have that hash. */
static bool
part_open(struct part *p, int64_t n, uint64_t hash)
{
    char block[4096];
    size_t got;

    p->hash = XXH3_createState();
    p->to = fopen(p->path, n > 0 ? "r+" : "w+");
    if (p->hash == NULL || p->to == NULL)
        return false;
    (void)XXH3_64bits_reset(p->hash);
    for (; p->n < n; p->n += (int64_t)got) {
        int64_t left = n - p->n;
        size_t want =
            left < (int64_t)sizeof block ? (size_t)left : sizeof block;

        got = fread(block, 1, want, p->to);
        if (got == 0)
            return false;
        (void)XXH3_64bits_update(p->hash, block, got);
    }
    if (n > 0 && XXH3_64bits_digest(p->hash) != hash)
        return false;
    return fseeko(p->to, (off_t)n, SEEK_SET) == 0 &&
           ftruncate(fileno(p->to), (off_t)n) == 0;
}

static void
part_close(struct part *p)
{
    if (p->to != NULL)
        (void)fclose(p->to);
    if (p->hash != NULL)
        (void)XXH3_freeState(p->hash);
    p->to = NULL;
    p->hash = NULL;
    p->n = 0;
}

/* ---- where it was left ------------------------------------------------- */

static bool
write_state(struct work *w)
{
    struct progress *p = &w->progress;
    char next[PATH_SIZE];
    FILE *to;
    int rc;

    p->result_n = w->result.n;
    p->rejected_n = w->rejected.n;
    p->result_hash = XXH3_64bits_digest(w->result.hash);
    p->rejected_hash = XXH3_64bits_digest(w->rejected.hash);
    if (fflush(w->result.to) != 0 || fflush(w->rejected.to) != 0 ||
        !path_of(next, w->done, ".", w->file->name, ".state.new") ||
        (to = fopen(next, "w")) == NULL)
        return false;
    rc = fprintf(to,
                 STATE_MARK " %ju %jd %jd.%09ld %" PRId64
                            " %zu %zu %zu %zu %zu %" PRId64 " %" PRIx64
                            " %" PRId64 " %" PRIx64 " %d\n",
                 (uintmax_t)w->identity.st_ino, (intmax_t)w->identity.st_size,
                 (intmax_t)w->identity.st_mtim.tv_sec,
                 w->identity.st_mtim.tv_nsec, p->place.offset, p->place.number,
                 p->accepted, p->repeated, p->rejected, p->notes, p->result_n,
                 p->result_hash, p->rejected_n, p->rejected_hash, p->finished);
    return fclose(to) == 0 && rc > 0 && rename(next, w->state) == 0;
}

/* False: there is none of this very file. */
static bool
read_state(const struct work *w, struct progress *p)
{
    char line[STATE_SIZE] = "";
    uintmax_t ino;
    intmax_t size, seconds;
    long nanoseconds;
    FILE *from = fopen(w->state, "r");
    int n = 0;

    if (from == NULL)
        return false;
    if (fgets(line, sizeof line, from) != NULL)
        n = sscanf(line,
                   STATE_MARK " %ju %jd %jd.%ld %" SCNd64
                              " %zu %zu %zu %zu %zu %" SCNd64 " %" SCNx64
                              " %" SCNd64 " %" SCNx64 " %d",
                   &ino, &size, &seconds, &nanoseconds, &p->place.offset,
                   &p->place.number, &p->accepted, &p->repeated, &p->rejected,
                   &p->notes, &p->result_n, &p->result_hash, &p->rejected_n,
                   &p->rejected_hash, &p->finished);
    (void)fclose(from);
    return n == 15 && ino == w->identity.st_ino &&
           size == w->identity.st_size &&
           seconds == w->identity.st_mtim.tv_sec &&
           nanoseconds == w->identity.st_mtim.tv_nsec;
}

static bool
open_parts(struct work *w)
{
    struct progress *p = &w->progress;

    if (read_state(w, p)) {
        if (p->finished > 0)
            return true;
        if (part_open(&w->result, p->result_n, p->result_hash) &&
            part_open(&w->rejected, p->rejected_n, p->rejected_hash))
            return true;
        part_close(&w->result);
        part_close(&w->rejected);
    }
    *p = (struct progress){ .finished = 0 };
    return part_open(&w->result, 0, 0) && part_open(&w->rejected, 0, 0);
}

static bool
open_file(struct work *w)
{
    int fd = open(w->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (fstat(fd, &w->identity) != 0 || !S_ISREG(w->identity.st_mode) ||
        (w->in = fdopen(fd, "r")) == NULL) {
        (void)close(fd);
        return false;
    }
    return true;
}

/* ---- reading ----------------------------------------------------------- */

/*
 * A line of at most a little over what a record may have; of more the rest
 * goes by. False at the end.
 */
static bool
read_line(struct work *w, char *text, struct str *out,
          struct table_source *source)
{
    struct chunk *c = w->chunk;
    size_t n = 0, seen = 0;
    int ch;

    source->from = c->offset;
    while ((ch = getc_unlocked(w->in)) != EOF && ch != '\n') {
        if (n <= DOOR_RECORD_MAX)
            text[n++] = (char)ch;
        seen++;
    }
    source->to = source->from + (int64_t)seen;
    source->whole = n == seen;
    c->offset = source->to + (ch == '\n');
    while (n > 0 && memchr(" \t\r", text[n - 1], 3) != NULL)
        n--;
    *out = arena_str(c->arena, (struct str){ .p = text, .n = n });
    source->raw = *out;
    return ch != EOF || seen > 0;
}

static bool
read_lines(struct work *w, char *text)
{
    struct chunk *c = w->chunk;
    size_t bytes = 0;

    while (!c->end && c->n < CHUNK_ROWS && bytes < CHUNK_BYTES) {
        if (!read_line(w, text, &c->lines[c->n], &c->sources[c->n]))
            c->end = true;
        else if (c->lines[c->n].n > 0)
            bytes += c->lines[c->n++].n;
    }
    return !ferror(w->in);
}

static bool
read_chunk(struct work *w, char *text)
{
    struct chunk *c = w->chunk;
    struct err err;

    arena_reset(c->arena);
    c->n = 0;
    if (!w->csv)
        return read_lines(w, text);
    if (table_next(w->table, c->arena, CHUNK_ROWS, &c->sheet, &err) != ST_OK)
        return false;
    c->n = c->sheet.n;
    c->end = c->sheet.end;
    return true;
}

/* ---- results ----------------------------------------------------------- */

/* Of one chunk; written when none of it must come again. */
struct results {
    struct work *work;
    FILE *result;
    FILE *rejected;
    size_t at; /* row of the chunk */
    bool ok;
};

static void
put_rejected(struct results *r, const struct door_told *told)
{
    struct work *w = r->work;
    const struct chunk *c = w->chunk;

    if (w->csv) {
        r->ok &=
            table_put_row(w->table, r->rejected, c->arena,
                          &c->sheet.sources[r->at], told->problems, told->raw);
        return;
    }
    /* A line that is too long is not worth a copy: it stands in done/. */
    if (!c->sources[r->at].whole)
        return;
    (void)fwrite(c->lines[r->at].p, 1, c->lines[r->at].n, r->rejected);
    (void)fputc('\n', r->rejected);
}

static void
put_result(void *self, const struct door_told *told)
{
    struct results *r = self;

    (void)fwrite(told->json.p, 1, told->json.n, r->result);
    (void)fputc('\n', r->result);
    if (told->status != 202 && told->status != 503)
        put_rejected(r, told);
    r->at++;
}

/* Refused rows of a CSV file stand below the headings that it came with. */
static bool
put_headings(struct work *w)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    bool ok;

    if (to == NULL)
        return false;
    table_put_headings(w->table, to);
    ok = fclose(to) == 0 && part_put(&w->rejected, text, n);
    free(text);
    return ok;
}

static void
add_counts(struct work *w, const struct door_counts *counts)
{
    struct progress *p = &w->progress;

    p->accepted += counts->accepted - counts->repeated;
    p->repeated += counts->repeated;
    p->rejected += counts->refused;
}

enum tried {
    TRIED_TRUE = 1, /* every row has a result that stays */
    TRIED_LATER,    /* the world is not ready */
    TRIED_BROKEN,   /* results can't be written: from where it was noted */
};

static enum tried
try_chunk(struct work *w)
{
    struct chunk *c = w->chunk;
    char *result = NULL, *rejected = NULL;
    size_t n_result = 0, n_rejected = 0;
    struct results r = { .work = w, .ok = true };
    struct door_batch batch = { .item = w->item,
                                .rows = c->lines,
                                .sheet = w->csv ? c->sheet.rows : NULL,
                                .n = c->n,
                                .first_row = w->progress.place.number + 1,
                                .agency = str_of(w->file->agency) };
    struct door_counts counts = { .accepted = 0 };
    enum tried tried = TRIED_BROKEN;
    struct err err;

    r.result = open_memstream(&result, &n_result);
    r.rejected = open_memstream(&rejected, &n_rejected);
    if (r.result != NULL && r.rejected != NULL &&
        door_rows(w->file->door, &batch, put_result, &r, &counts, &err) ==
            ST_OK)
        tried = counts.later > 0 ? TRIED_LATER : TRIED_TRUE;
    if (r.result != NULL && fclose(r.result) != 0)
        r.ok = false;
    if (r.rejected != NULL && fclose(r.rejected) != 0)
        r.ok = false;
    if (tried == TRIED_TRUE) {
        add_counts(w, &counts);
        if (w->csv && n_rejected > 0 && w->rejected.n == 0)
            r.ok = r.ok && put_headings(w);
        if (!r.ok || !part_put(&w->result, result, n_result) ||
            !part_put(&w->rejected, rejected, n_rejected))
            tried = TRIED_BROKEN;
    }
    free(result);
    free(rejected);
    return tried;
}

/* ---- a file ------------------------------------------------------------ */

static bool
stopping(const struct work *w)
{
    return atomic_load(w->file->stop) != 0;
}

static void
pause_ms(const struct work *w, int64_t ms)
{
    for (; ms > 0 && !stopping(w); ms -= SLICE_MS)
        monotonic_pause(SLICE_MS);
}

static bool
copy_chunk(struct work *w)
{
    struct progress *p = &w->progress;
    enum tried tried = TRIED_TRUE;

    if (w->chunk->n > 0)
        while ((tried = try_chunk(w)) == TRIED_LATER && !stopping(w))
            pause_ms(w, RETRY_MS);
    if (tried != TRIED_TRUE)
        return false;
    if (w->csv) {
        p->place = table_tell(w->table);
        p->notes += w->chunk->sheet.notes;
    } else {
        p->place.offset = w->chunk->offset;
        p->place.number += w->chunk->n;
    }
    return write_state(w);
}

static bool
copy_rows(struct work *w)
{
    char *text = malloc(DOOR_RECORD_MAX + 2);
    bool ok = text != NULL;

    w->chunk->offset = w->progress.place.offset;
    while (ok && !w->chunk->end && !stopping(w))
        ok = read_chunk(w, text) && copy_chunk(w);
    free(text);
    return ok && w->chunk->end;
}

/* The file as a whole is refused: its result says why, and no more. */
static bool
refuse_file(struct work *w, const struct problems *problems)
{
    struct json_out out;
    struct str text;
    bool ok;

    json_out_init(&out, NULL);
    json_out_object(&out);
    json_out_kint(&out, "row", 1);
    json_out_kint(&out, "status", 400);
    http_problem_type(&out, "unreadable");
    json_out_kcstr(&out, "title", "Not readable");
    json_out_kcstr(&out, "code", "unreadable");
    door_errors(&out, w->chunk->arena, problems, NULL, true);
    json_out_object_end(&out);
    text = json_out_text(&out);
    ok = text.p != NULL && part_put(&w->result, text.p, text.n) &&
         part_put(&w->result, "\n", 1);
    json_out_free(&out);
    log_warn("file_refused", "agency=%s code=%s reasons=%zu", w->file->agency,
             problems->at[0].code, problems->n);
    return ok;
}

static bool
read_all(struct work *w)
{
    struct problems problems = { .at = NULL };
    struct err err = { .code = "" };
    enum status rc = ST_OK;

    if (w->csv) {
        rc = table_open(w->in, &w->sheet, &w->table, w->chunk->arena, &problems,
                        &err);
        if (rc == ST_REJECT)
            return refuse_file(w, &problems);
        if (rc == ST_OK && w->progress.place.offset > 0)
            rc = table_seek(w->table, w->progress.place, &err);
    } else if (fseeko(w->in, (off_t)w->progress.place.offset, SEEK_SET) != 0) {
        rc = ST_RETRY;
    }
    if (w->progress.place.offset > 0)
        log_info("file_resumed", "agency=%s row=%zu", w->file->agency,
                 w->progress.place.number);
    return rc == ST_OK && copy_rows(w);
}

static bool
put_totals(struct work *w)
{
    const struct progress *p = &w->progress;
    struct json_out out;
    struct str text;
    bool ok;

    json_out_init(&out, NULL);
    json_out_object(&out);
    json_out_kcstr(&out, "file", w->file->name);
    json_out_kint(&out, "read",
                  (int64_t)(p->accepted + p->repeated + p->rejected));
    json_out_kint(&out, "accepted", (int64_t)p->accepted);
    json_out_kint(&out, "repeated", (int64_t)p->repeated);
    json_out_kint(&out, "rejected", (int64_t)p->rejected);
    if (w->csv)
        json_out_kint(&out, "explanations", (int64_t)p->notes);
    json_out_object_end(&out);
    text = json_out_text(&out);
    ok = text.p != NULL && part_put(&w->result, text.p, text.n) &&
         part_put(&w->result, "\n", 1);
    json_out_free(&out);
    return ok;
}

/* ---- into done/ -------------------------------------------------------- */

static bool
sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* done/NAME.csv, or for the second of that name done/NAME.2.csv. */
static bool
done_name(const struct work *w, int number, const char *what,
          const char *ending, char out[PATH_SIZE])
{
    char behind[64], digits[16] = "";

    if (number > 1)
        (void)snprintf(digits, sizeof digits, ".%d", number);
    (void)snprintf(behind, sizeof behind, "%s%s%s", digits, what, ending);
    return path_of(out, w->done, "", w->base, behind);
}

static int
free_number(const struct work *w)
{
    for (int i = 1; i <= NAMES_MAX; i++) {
        char path[PATH_SIZE];
        struct stat st;

        if (!done_name(w, i, "", w->ending, path))
            return 0;
        if (lstat(path, &st) != 0 && errno == ENOENT)
            return i;
    }
    return 0;
}

static bool
move(const char *from, const char *to)
{
    return rename(from, to) == 0 || errno == ENOENT; /* was moved before */
}

/* What is complete goes where it is read; can be done again from any point. */
static bool
move_all(struct work *w)
{
    const struct progress *p = &w->progress;
    char result[PATH_SIZE], rejected[PATH_SIZE], done[PATH_SIZE];
    bool ok = done_name(w, p->finished, ".result", ".ndjson", result) &&
              done_name(w, p->finished, ".rejected", w->ending, rejected) &&
              done_name(w, p->finished, "", w->ending, done);

    /* The results first: a file in done/ always has them beside it. */
    ok = ok && move(w->result.path, result);
    if (ok && p->rejected_n == 0)
        (void)unlink(w->rejected.path);
    else
        ok = ok && move(w->rejected.path, rejected);
    ok = ok && sync_folder(w->done) && rename(w->path, done) == 0 &&
         sync_folder(w->done);
    if (ok)
        (void)unlink(w->state);
    return ok;
}

static bool
finish(struct work *w)
{
    struct progress *p = &w->progress;

    if (p->finished == 0) {
        if (!put_totals(w) || fflush(w->result.to) != 0 ||
            fflush(w->rejected.to) != 0 || fsync(fileno(w->result.to)) != 0 ||
            fsync(fileno(w->rejected.to)) != 0)
            return false;
        p->finished = free_number(w);
        if (p->finished == 0 || !write_state(w))
            return false;
    }
    return move_all(w);
}

static bool
take(struct work *w)
{
    if (!name_all(w) || (mkdir(w->done, 0770) != 0 && errno != EEXIST) ||
        !open_file(w) || !open_parts(w))
        return false;
    w->chunk = calloc(1, sizeof *w->chunk);
    if (w->chunk == NULL || (w->chunk->arena = memory_open(MEMORY_MAX)) == NULL)
        return false;
    return (w->progress.finished > 0 || read_all(w)) && finish(w);
}

bool
dropped_take(const struct dropped_file *file)
{
    struct work *w = calloc(1, sizeof *w);
    bool ok;

    if (w == NULL)
        return false;
    w->file = file;
    ok = take(w);
    if (ok)
        log_info("file_taken",
                 "agency=%s accepted=%zu repeated=%zu rejected=%zu",
                 file->agency, w->progress.accepted, w->progress.repeated,
                 w->progress.rejected);
    else if (!stopping(w))
        log_warn("file_waits", "agency=%s errno=%d", file->agency, errno);
    table_close(w->table);
    part_close(&w->result);
    part_close(&w->rejected);
    if (w->in != NULL)
        (void)fclose(w->in);
    if (w->chunk != NULL)
        memory_close(w->chunk->arena);
    free(w->chunk);
    free(w);
    return ok;
}
