#include "common/adapters/csv.h"

#include <csv.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 << 10 };

struct csv {
    FILE *in;
    struct csv_parser parser;
    bool parsing;    /* the parser holds memory */
    iconv_t windows; /* from Windows-1252; (iconv_t)-1: UTF-8 */
    bool check_utf8; /* some row is broken */
    char delimiter;
    size_t mark;
    int64_t size;
    int64_t at; /* of the next byte */
    struct csv_place place;
    bool ended;
    /* The row that is being read. */
    struct arena *arena;
    struct str cells[CSV_CELLS_MAX];
    size_t n; /* as many as there were */
    char *raw;
};

/* ---- what encoding ----------------------------------------------------- */

/* A walk over bytes that may be UTF-8. */
struct utf8 {
    int left;                /* continuation bytes that are due */
    unsigned char low, high; /* range of the next one */
    int64_t good, bad; /* sequences of several bytes; bytes that fit none */
};

static void
utf8_lead(struct utf8 *u, unsigned char c)
{
    u->low = 0x80;
    u->high = 0xBF;
    if (c < 0x80)
        return;
    if (c >= 0xC2 && c <= 0xDF) {
        u->left = 1;
    } else if (c >= 0xE0 && c <= 0xEF) {
        u->left = 2;
        u->low = c == 0xE0 ? 0xA0 : 0x80;  /* no overlong forms */
        u->high = c == 0xED ? 0x9F : 0xBF; /* no surrogates */
    } else if (c >= 0xF0 && c <= 0xF4) {
        u->left = 3;
        u->low = c == 0xF0 ? 0x90 : 0x80;
        u->high = c == 0xF4 ? 0x8F : 0xBF; /* up to U+10FFFF */
    } else {
        u->bad++;
    }
}

static void
utf8_walk(struct utf8 *u, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];

        if (u->left == 0) {
            utf8_lead(u, c);
        } else if (c >= u->low && c <= u->high) {
            u->low = 0x80;
            u->high = 0xBF;
            u->good += --u->left == 0;
        } else {
            u->bad++;
            u->left = 0;
            utf8_lead(u, c);
        }
    }
}

static bool
is_utf8(struct str s)
{
    struct utf8 u = { .left = 0 };

    utf8_walk(&u, s.p, s.n);
    return u.bad == 0 && u.left == 0;
}

static enum status
settle_encoding(struct csv *c, struct err *err)
{
    struct utf8 u = { .left = 0 };
    char *block = malloc(BLOCK_SIZE);
    size_t n;

    if (block == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for a file");
    while ((n = fread(block, 1, BLOCK_SIZE, c->in)) > 0) {
        if (c->size == 0) {
            if (n >= 3 && memcmp(block, "\xEF\xBB\xBF", 3) == 0)
                c->mark = 3;
            else if (n >= 2 && (memcmp(block, "\xFF\xFE", 2) == 0 ||
                                memcmp(block, "\xFE\xFF", 2) == 0))
                break;
        }
        c->size += (int64_t)n;
        if (c->size > CSV_FILE_MAX)
            break;
        utf8_walk(&u, block, n);
    }
    free(block);
    if (ferror(c->in))
        return err_set(err, ST_RETRY, "file", "the file can't be read");
    if (c->size > CSV_FILE_MAX)
        return err_set(err, ST_REJECT, "R04", "larger than %d MiB",
                       (int)(CSV_FILE_MAX >> 20));
    if (n > 0)
        return err_set(err, ST_REJECT, "R17",
                       "UTF-16: save it as CSV UTF-8 instead");
    u.bad += u.left > 0;
    c->check_utf8 = u.bad > 0;
    if (c->mark > 0 || u.bad == 0 || u.good > u.bad)
        return ST_OK;
    c->windows = iconv_open("UTF-8", "CP1252");
    if (c->windows == (iconv_t)-1)
        return err_set(err, ST_RETRY, "memory",
                       "iconv doesn't know Windows-1252");
    return ST_OK;
}

/* ---- what delimiter ---------------------------------------------------- */

static void
settle_delimiter(struct csv *c)
{
    static const char delimiters[] = { ',', ';', '\t' };
    size_t counts[sizeof delimiters] = { 0 };
    bool quoted = false, any = false;
    int ch;

    c->delimiter = ',';
    for (size_t i = 0; i < CSV_ROW_MAX && (ch = getc(c->in)) != EOF; i++) {
        if (!quoted && (ch == '\n' || ch == '\r')) {
            if (any)
                break;
            continue;
        }
        any = true;
        if (ch == '"')
            quoted = !quoted;
        for (size_t d = 0; d < sizeof delimiters && !quoted; d++)
            counts[d] += ch == delimiters[d];
    }
    for (size_t d = 1, most = 0; d < sizeof delimiters; d++)
        if (counts[d] > counts[most]) {
            most = d;
            c->delimiter = delimiters[d];
        }
}

/* ---- libcsv ------------------------------------------------------------ */

/* A tab is a delimiter, and else part of the text. */
static int
is_blank(unsigned char ch)
{
    return ch == ' ';
}

static void
drop_parser(struct csv *c)
{
    if (c->parsing)
        csv_free(&c->parser);
    c->parsing = false;
}

static enum status
start_parser(struct csv *c, struct err *err)
{
    if (c->parsing)
        return ST_OK;
    c->parsing = csv_init(&c->parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
    if (!c->parsing)
        return err_set(err, ST_RETRY, "memory", "no memory for a parser");
    csv_set_delim(&c->parser, (unsigned char)c->delimiter);
    csv_set_space_func(&c->parser, is_blank);
    return ST_OK;
}

static void
on_cell(void *p, size_t n, void *self)
{
    struct csv *c = self;

    if (c->n < CSV_CELLS_MAX)
        c->cells[c->n] = arena_str(c->arena, (struct str){ .p = p, .n = n });
    c->n++;
}

static void
on_row(int by, void *self)
{
    (void)by;
    (void)self; /* the row's end was seen before */
}

/* ---- rows -------------------------------------------------------------- */

static int
next_byte(struct csv *c)
{
    int ch = getc_unlocked(c->in);

    c->at += ch != EOF;
    return ch;
}

static void
put_back(struct csv *c, int ch)
{
    if (ch == EOF)
        return;
    (void)ungetc(ch, c->in);
    c->at--;
}

static bool
is_break(int ch)
{
    return ch == '\n' || ch == '\r' || ch == EOF;
}

/* The parser forgets what it has read. */
static void
bad_row(struct csv *c, struct csv_row *row, const char *code,
        const char *detail)
{
    drop_parser(c);
    row->code = code;
    row->detail = detail;
    row->n = 0;
}

/*
 * Bytes up to a line break (left in the file) or the end, onto the row; false
 * once the row is too long.
 */
static bool
add_line(struct csv *c, size_t *n)
{
    int ch = next_byte(c);

    for (; *n < CSV_ROW_MAX && !is_break(ch); ch = next_byte(c))
        c->raw[(*n)++] = (char)ch;
    put_back(c, ch);
    return is_break(ch);
}

static void
skip_line(struct csv *c)
{
    int ch = next_byte(c);

    while (!is_break(ch))
        ch = next_byte(c);
    put_back(c, ch);
}

/* A quote that is never closed: all that is left belongs to this row. */
static void
give_up(struct csv *c, struct csv_row *row)
{
    bad_row(c, row, "C05",
            "a quote is opened here and not closed within 64 KiB: all that "
            "follows was not read");
    row->to = c->size;
    c->place.offset = c->size;
    c->ended = true;
}

/* "\r\n" is one line break; `to` has room for two, or is NULL. */
static size_t
take_break(struct csv *c, char *to)
{
    char bytes[2];
    size_t n = 0;
    int ch = next_byte(c);

    if (ch != EOF)
        bytes[n++] = (char)ch;
    if (ch == '\r') {
        ch = next_byte(c);
        if (ch == '\n')
            bytes[n++] = '\n';
        else
            put_back(c, ch);
    }
    if (to != NULL)
        memcpy(to, bytes, n);
    return n;
}

static enum status
no_memory(struct err *err)
{
    return err_set(err, ST_RETRY, "memory", "no memory for a row");
}

/* One row's bytes into c->raw and its cells; *n is how many bytes. */
static enum status
read_row(struct csv *c, struct csv_row *row, size_t *n, struct err *err)
{
    bool quoted = false, fits;
    size_t from = 0;

    *n = 0;
    do {
        fits = add_line(c, n);
        for (size_t i = from; i < *n; i++)
            quoted ^= c->raw[i] == '"';
        if (!fits && !quoted) {
            skip_line(c);
            bad_row(c, row, "R04", "the row is longer than 64 KiB");
            return ST_OK;
        }
        if (fits && csv_parse(&c->parser, c->raw + from, *n - from, on_cell,
                              on_row, c) != *n - from) {
            if (csv_error(&c->parser) != CSV_EPARSE)
                return no_memory(err);
            bad_row(c, row, "C05",
                    "a quote inside a cell: double it, and put the cell in "
                    "quotes");
            return ST_OK;
        }
        from = *n;
        if (quoted && fits && *n < CSV_ROW_MAX)
            *n += take_break(c, c->raw + *n);
        if (quoted && *n == from) {
            give_up(c, row); /* too long, or the end of the file */
            return ST_OK;
        }
    } while (quoted);
    if (csv_fini(&c->parser, on_cell, on_row, c) != 0)
        return no_memory(err);
    return ST_OK;
}

static bool
is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] & 0x80) != 0)
            return false;
    return true;
}

static void
decode(struct csv *c, struct csv_row *row)
{
    struct str *cells = c->cells;

    for (size_t i = 0; i < c->n; i++) {
        size_t room = cells[i].n * 3, left = room, in_n = cells[i].n;
        char *text, *to, *from;

        if (is_ascii(cells[i]))
            continue;
        text = to = arena_alloc(c->arena, room + 1);
        from = arena_copy(c->arena, cells[i].p, cells[i].n);
        if (iconv(c->windows, &from, &in_n, &to, &left) == (size_t)-1) {
            bad_row(c, row, "R17", "a byte that Windows-1252 doesn't have");
            return;
        }
        cells[i] = (struct str){ .p = text, .n = room - left };
    }
}

static void
check_text(struct csv *c, struct csv_row *row)
{
    if (row->code != NULL)
        return;
    if (c->n > CSV_CELLS_MAX)
        bad_row(c, row, "R04", "more than 256 cells");
    else if (memchr(row->raw.p, '\0', row->raw.n) != NULL)
        bad_row(c, row, "R17", "a NUL byte");
    else if (c->windows != (iconv_t)-1)
        decode(c, row);
    else if (c->check_utf8 && !is_utf8(row->raw))
        bad_row(c, row, "R17", "the text is not UTF-8");
}

/* Blank lines are counted, as a spreadsheet shows them. */
static bool
skip_blank_lines(struct csv *c)
{
    int ch = next_byte(c);

    for (; ch == '\n' || ch == '\r'; ch = next_byte(c)) {
        put_back(c, ch);
        (void)take_break(c, NULL);
        c->place.number++;
    }
    put_back(c, ch);
    return ch != EOF;
}

/* After a row or before the end. */
static enum status
rest(struct csv *c, struct err *err)
{
    if (ferror(c->in))
        return err_set(err, ST_RETRY, "file", "the file can't be read");
    c->place.offset = c->at;
    return ST_OK;
}

enum status
csv_next(struct csv *c, struct arena *arena, struct csv_row *out,
         struct err *err)
{
    size_t n = 0;
    enum status rc;

    *out = (struct csv_row){ .end = true };
    if (c->ended)
        return ST_OK;
    if (!skip_blank_lines(c)) {
        c->ended = true;
        return rest(c, err);
    }
    rc = start_parser(c, err);
    if (rc != ST_OK)
        return rc;
    c->arena = arena;
    c->n = 0;
    *out = (struct csv_row){ .number = ++c->place.number, .from = c->at };
    rc = read_row(c, out, &n, err);
    out->raw = arena_str(arena, (struct str){ .p = c->raw, .n = n });
    if (rc == ST_OK && !c->ended) {
        out->to = c->at;
        (void)take_break(c, NULL);
        rc = rest(c, err);
    }
    if (rc != ST_OK)
        return rc;
    check_text(c, out);
    if (out->code == NULL) {
        struct str *cells = arena_array(arena, c->n, sizeof *cells);

        memcpy(cells, c->cells, c->n * sizeof *cells);
        out->cells = cells;
        out->n = c->n;
    }
    return ST_OK;
}

/* ---- opening ----------------------------------------------------------- */

enum status
csv_open(FILE *in, struct csv **out, struct err *err)
{
    struct csv *c = calloc(1, sizeof *c);
    enum status rc = ST_OK;

    *out = NULL;
    if (c == NULL || (c->raw = malloc(CSV_ROW_MAX + 4)) == NULL) {
        free(c);
        return no_memory(err);
    }
    c->in = in;
    c->windows = (iconv_t)-1;
    rewind(in);
    rc = settle_encoding(c, err);
    if (rc == ST_OK) {
        c->place.offset = (int64_t)c->mark;
        rc = csv_seek(c, c->place, err);
    }
    if (rc == ST_OK) {
        settle_delimiter(c);
        rc = csv_seek(c, c->place, err);
    }
    if (rc != ST_OK) {
        csv_close(c);
        return rc;
    }
    *out = c;
    return ST_OK;
}

void
csv_close(struct csv *c)
{
    if (c == NULL)
        return;
    drop_parser(c);
    if (c->windows != (iconv_t)-1)
        (void)iconv_close(c->windows);
    free(c->raw);
    free(c);
}

struct csv_place
csv_tell(const struct csv *c)
{
    return c->place;
}

enum status
csv_seek(struct csv *c, struct csv_place place, struct err *err)
{
    clearerr(c->in);
    if (place.offset < 0 || place.offset > c->size ||
        fseeko(c->in, (off_t)place.offset, SEEK_SET) != 0)
        return err_set(err, ST_RETRY, "file", "the file can't be read");
    c->place = place;
    c->at = place.offset;
    c->ended = false;
    return ST_OK;
}

char
csv_delimiter(const struct csv *c)
{
    return c->delimiter;
}

size_t
csv_mark(const struct csv *c)
{
    return c->mark;
}

/* ---- writing ----------------------------------------------------------- */

struct str
csv_raw_without(const struct csv *c, struct arena *arena, struct str raw,
                const bool *without, size_t n)
{
    char *to = arena_alloc(arena, raw.n + 1);
    size_t cell = 0, from = 0, kept = 0, cells_kept = 0;
    bool quoted = false;

    for (size_t i = 0; i <= raw.n; i++) {
        if (i < raw.n && raw.p[i] == '"')
            quoted = !quoted;
        if (i < raw.n && (quoted || raw.p[i] != c->delimiter))
            continue;
        if (cell >= n || !without[cell]) {
            if (cells_kept++ > 0)
                to[kept++] = c->delimiter;
            memcpy(to + kept, raw.p + from, i - from);
            kept += i - from;
        }
        cell++;
        from = i + 1;
    }
    return (struct str){ .p = to, .n = kept };
}

void
csv_put(FILE *to, char delimiter, struct str cell)
{
    bool quote = false;

    for (size_t i = 0; i < cell.n; i++)
        quote |=
            strchr("\"\r\n ,;\t", cell.p[i]) != NULL || cell.p[i] == delimiter;
    if (quote)
        (void)csv_fwrite(to, cell.p, cell.n);
    else
        (void)fwrite(cell.p, 1, cell.n, to);
}
