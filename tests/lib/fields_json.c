#include "tests/lib/fields_json.h"

#include <inttypes.h>
#include <string.h>

static void
put_text(FILE *out, struct str s)
{
    putc('"', out);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c < 0x20 || c == '"' || c == '\\')
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

static void
put_texts(FILE *out, const struct texts *t)
{
    putc('[', out);
    for (size_t i = 0; i < t->n; i++) {
        if (i > 0)
            putc(',', out);
        put_text(out, t->at[i]);
    }
    putc(']', out);
}

static void
put_set(FILE *out, const struct codes *codes, uint32_t set)
{
    const char *comma = "";

    putc('[', out);
    for (int v = 1; v <= codes->n; v++)
        if ((set & SET_BIT(v)) != 0) {
            fprintf(out, "%s\"%s\"", comma, codes_word(codes, v));
            comma = ",";
        }
    putc(']', out);
}

static void
put_value(FILE *out, const struct field *f, const void *at)
{
    char text[TIME_TEXT_SIZE + ID_TEXT_SIZE];

    switch (f->type) {
    case F_ID:
        fprintf(out, "\"%s\"", id_text(*(const struct id *)at, text));
        break;
    case F_TEXT:
    case F_BYTES:
        put_text(out, *(const struct str *)at);
        break;
    case F_I32:
        fprintf(out, "%" PRId32, *(const int32_t *)at);
        break;
    case F_I64:
        fprintf(out, "%" PRId64, *(const int64_t *)at);
        break;
    case F_BOOL:
        fputs(*(const bool *)at ? "true" : "false", out);
        break;
    case F_TRI:
        fputs(*(const enum tri *)at == TRI_YES ? "true" : "false", out);
        break;
    case F_TIME:
        fprintf(out, "\"%s\"", time_text(*(const time_ms *)at, text));
        break;
    case F_DATE:
        fprintf(out, "\"%s\"", date_text(*(const date_d *)at, text));
        break;
    case F_CODE:
        fprintf(out, "\"%s\"", codes_word(f->codes, *(const int *)at));
        break;
    case F_SET:
        put_set(out, f->codes, *(const uint32_t *)at);
        break;
    case F_TEXTS:
        put_texts(out, at);
        break;
    case F_RECORD:
        fields_json(out, f->sub, at);
        break;
    case F_RECORDS:
        break;
    }
}

void
fields_json(FILE *out, const struct fields *f, const void *record)
{
    const char *comma = "";

    putc('{', out);
    for (size_t i = 0; i < f->n; i++) {
        const void *at = (const char *)record + f->at[i].offset;

        if (f->at[i].type == F_RECORDS || field_is_null(&f->at[i], at))
            continue;
        fprintf(out, "%s\"%s\":", comma, f->at[i].name);
        put_value(out, &f->at[i], at);
        comma = ",";
    }
    putc('}', out);
}
