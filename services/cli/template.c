/* waymark template: an empty CSV of a kind, with a row of explanations. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/csv.h"
#include "intake/core/sheet.h"

enum { PEOPLE = 3, TEXT_MAX = 2048, CHARS_MAX = 200 };

/* A template that is being printed, one row after the other. */
struct printed {
    const char *word; /* as it was asked for */
    struct sheet_options kind;
    bool explains; /* the second row */
    size_t n;
};

/* ---- explanations ------------------------------------------------------ */

struct text {
    char p[TEXT_MAX];
    size_t n;
};

static void add(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct text *t, const char *fmt, ...)
{
    size_t room = sizeof t->p - t->n;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(t->p + t->n, room, fmt, args);
    va_end(args);
    if (n > 0)
        t->n += (size_t)n < room ? (size_t)n : room - 1;
}

static void
add_codes(struct text *t, const struct codes *codes, const char *how)
{
    add(t, "%s", how);
    for (int i = 1; i <= codes->n; i++)
        add(t, " %s", codes_word(codes, i));
}

static void
add_words(struct text *t, const char *const *words)
{
    add(t, "; one of");
    for (; *words != NULL; words++)
        add(t, " %s", *words);
}

static int64_t
chars_of(const struct form_field *f)
{
    return f->max > 0 ? f->max : CHARS_MAX;
}

static void
add_type(struct text *t, const struct form_field *f)
{
    switch (f->type) {
    case FORM_TEXT:
        add(t, "; up to %" PRId64 " characters", chars_of(f));
        break;
    case FORM_LINES:
        add(t, "; up to %" PRId64 " characters, several lines if need be",
            chars_of(f));
        break;
    case FORM_REF:
        add(t, "; 1 to 64 of A-Z a-z 0-9 / _ . : -");
        break;
    case FORM_BOOL:
        add(t, "; true or false");
        break;
    case FORM_TRI:
        add(t, "; Y or N, U if unknown");
        break;
    case FORM_INSTANT:
        add(t, "; such as 26/06/2015 07:12");
        break;
    case FORM_DATE:
    case FORM_PLANNED:
        add(t, "; such as 26/06/2015");
        break;
    case FORM_INT:
        add(t, "; %" PRId64 " to %" PRId64, f->min, f->max);
        break;
    case FORM_TENTHS:
        add(t, "; such as 1.5");
        break;
    case FORM_FIGURE:
        add(t, "; such as 12, 7.8%%, na, awaiting data, unknown");
        break;
    case FORM_CODE:
        add_codes(t, f->codes, "; one of");
        break;
    case FORM_SET:
        add_codes(t, f->codes, "; several with ; between, of");
        break;
    case FORM_WORD:
        add_words(t, f->words);
        break;
    case FORM_NAMES:
        add(t, "; up to %" PRId64 " with ; between", f->max);
        break;
    case FORM_GRADES:
        add(t, "; with ; between");
        break;
    default:
        break; /* the help says it all */
    }
}

static void
explain(struct printed *t, struct text *out, const char *name,
        const struct form_field *field, bool must)
{
    if (t->n == 0)
        add(out, "# Explanations: this row may stay. ");
    if (strcmp(name, "kind") == 0 && t->kind.kind != 0) {
        add(out,
            "%s in every row; or begin the file's name with it and "
            "leave this out",
            t->word);
        return;
    }
    if (strcmp(name, "activity") == 0 && t->kind.kind != 0) {
        add(out, "Must be there: %s", t->word);
        return;
    }
    if (strcmp(name, "agency_id") == 0) {
        add(out, "%s; may be left out in the drop folder", field->help);
        return;
    }
    add(out, "%s%s", must ? "Must be there: " : "", field->help);
    add_type(out, field);
}

/* ---- the sheet --------------------------------------------------------- */

static void
put_column(void *self, const char *name, const struct form_field *field,
           bool must)
{
    struct printed *t = self;
    struct text text = { .n = 0 };

    if (t->explains)
        explain(t, &text, name, field, must);
    else
        add(&text, "%s", name);
    if (t->n++ > 0)
        (void)putchar(',');
    csv_put(stdout, ',', (struct str){ .p = text.p, .n = text.n });
}

static void
put_row(struct printed *t, bool explains)
{
    t->explains = explains;
    t->n = 0;
    sheet_columns(sheet_form(&t->kind), PEOPLE, put_column, t);
    (void)fputs("\r\n", stdout);
}

static void
list_kinds(const struct cli *cli)
{
    fprintf(stderr, "waymark %s: KIND is screening, match, activity, ",
            cli->verb->name);
    fprintf(stderr, "the word of an activity, or one of");
    for (int i = 1; i <= codes_kind.n; i++)
        fprintf(stderr, " %s", codes_word(&codes_kind, i));
    fprintf(stderr, "\n");
}

static enum cli_exit
run(struct cli *cli)
{
    struct printed t = { .word = cli->words[0] };

    if (!sheet_kind(str_of(t.word), &t.kind)) {
        list_kinds(cli);
        return CLI_USAGE;
    }
    put_row(&t, false);
    put_row(&t, true);
    return CLI_DONE;
}

const struct verb verb_template = {
    .name = "template",
    .words = "KIND",
    .help = "an empty CSV of a kind, with a row of explanations",
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
