/**
 * Differences, named one by one. Only the first of a kind are printed; all
 * are counted.
 */
#ifndef WAYMARK_CLI_DIFFER_H
#define WAYMARK_CLI_DIFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/core/str.h"

/* What one service of one authority was compared over. */
struct differ {
    const char *service;
    const char *authority;
    bool json;      /* one object a line instead of a sentence */
    size_t turns;   /* replayed */
    size_t records; /* held against the log */
    size_t tables;
    size_t rows;
    size_t differences;
    size_t declared; /* what follows from an erased key: no difference */
    /* How many of each `what` there were; internal. */
    struct {
        char what[64];
        size_t n;
    } kinds[48];
};

/* One of them. Null texts are left out. */
struct difference {
    const char *what;  /* "table case", "topic casework" */
    struct str key;    /* of the row; number of the record */
    struct str column; /* or "row" for one that only one side has */
    struct str live;
    struct str replayed;
};

#define DIFFER_SHOWN_MAX 10    /* printed of one `what` */
#define DIFFER_DECLARED_MAX 20 /* and of what is declared */

/** Count it and print it. */
void differ_add(struct differ *d, const struct difference *is);

/** Count and print what can't be held against the log, and why: no difference. */
void differ_declare(struct differ *d, const struct difference *is);

/** The line that sums up. */
void differ_sum(const struct differ *d);

#endif
