/**
 * Configuration is a table: name, type, default, range, unit, help.
 *
 * A value comes from the default, a KEY=VALUE file (--config FILE), the
 * environment, or a flag, the later over the earlier. KEY is upper case with
 * underscores; as an environment variable it has the prefix WAYMARK_ unless it
 * begins with PG; as a flag it is --lower-case-with-hyphens. A name that ends
 * in _FILE next to a CONFIG_TEXT of the same name gives the file that holds
 * the value. An unreadable value stops the start, with key, value and range,
 * and so does an unknown key, in a file, as a flag, or as a variable of the
 * environment that begins with WAYMARK_. One environment serves all programs
 * of Waymark: keys that only another one reads are not looked at (config.c
 * has the list).
 */
#ifndef WAYMARK_COMMON_ENGINE_CONFIG_H
#define WAYMARK_COMMON_ENGINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/core/err.h"

#define CONFIG_ENTRIES_MAX 48

enum config_type {
    CONFIG_INT = 1, /* int64_t */
    CONFIG_TEXT,    /* char * (owned by the config) */
    CONFIG_BOOL,    /* bool: "on" or "off" */
};

struct config_entry {
    const char *name;
    enum config_type type;
    const char *dflt; /* NULL (CONFIG_TEXT only): must be given */
    int64_t min, max; /* CONFIG_INT; CONFIG_TEXT: length, max 0 is 4096 */
    const char *help; /* with its unit */
    size_t offset;    /* of the member in the service's struct */
};

enum config_action {
    CONFIG_RUN,   /* go on */
    CONFIG_CHECK, /* --check: all values are fine; print them and exit 0 */
    CONFIG_HELP,  /* --help was asked */
};

struct config_args {
    const char *program;
    const struct config_entry *entries;
    size_t n;
    int argc;
    char **argv;
    /* Set by config_read: entry i's value came from the file that KEY_FILE
     * names, so config_print hides it. */
    bool from_file[CONFIG_ENTRIES_MAX];
};

/**
 * Read all values into `out`, a zeroed struct that the entries describe.
 * ST_REJECT, code "config", names the key, the value and the range; a value
 * that config_print would hide is not named. Free what it holds with
 * config_free, after a failure too.
 */
MUST_CHECK enum status config_read(struct config_args *args, void *out,
                                   enum config_action *action, struct err *err);
void config_free(const struct config_entry *entries, size_t n, void *out);

/** The table as help text. */
void config_help(const struct config_args *args, FILE *to);
/**
 * All values as KEY=VALUE lines. "***" stands for what is secret: passwords
 * inside a text (secret.h), all of a value whose key ends in PASSWORD, KEY or
 * SECRET, and all that was read from a KEY_FILE.
 */
void config_print(const struct config_args *args, const void *values, FILE *to);

#endif
