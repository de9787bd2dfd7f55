/**
 * The SQL files of services/NAME/sql as bytes of the program, in the order of
 * their numbers; services/common/sql holds the engine's own tables, which
 * every service that keeps state has in its schema.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_SQL_H
#define WAYMARK_COMMON_ADAPTERS_SQL_H

#include <stddef.h>

struct sql_text {
    const char *service; /* folder: "common", "triage", ... */
    const char *file;    /* "001_tables.sql" */
    const char *text;    /* NUL-terminated */
};

extern const struct sql_text sql_embedded[];
extern const size_t sql_embedded_n;

#endif
