#include "common/core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status
err_set(struct err *err, enum status st, const char *code, const char *fmt, ...)
{
    va_list ap;
    size_t n;

    if (err == NULL)
        return st;
    *err = (struct err){ .code = "" };
    if (code != NULL) {
        n = strlen(code);
        if (n > sizeof err->code - 1)
            n = sizeof err->code - 1;
        memcpy(err->code, code, n);
    }
    va_start(ap, fmt);
    if (vsnprintf(err->text, sizeof err->text, fmt, ap) < 0)
        err->text[0] = '\0';
    va_end(ap);
    return st;
}

void
err_where(struct err *err, const char *fmt, ...)
{
    char where[sizeof err->text];
    size_t n_where;
    size_t n_text;
    va_list ap;

    if (err == NULL)
        return;
    va_start(ap, fmt);
    if (vsnprintf(where, sizeof where - 2, fmt, ap) < 0)
        where[0] = '\0';
    va_end(ap);
    n_where = strlen(where);
    where[n_where++] = ':';
    where[n_where++] = ' ';
    n_text = strlen(err->text);
    if (n_text > sizeof err->text - 1 - n_where)
        n_text = sizeof err->text - 1 - n_where;
    memmove(err->text + n_where, err->text, n_text);
    memcpy(err->text, where, n_where);
    err->text[n_where + n_text] = '\0';
}

enum status
err_recode(struct err *err, enum status st, const char *code)
{
    if (err != NULL)
        snprintf(err->code, sizeof err->code, "%s", code);
    return st;
}
