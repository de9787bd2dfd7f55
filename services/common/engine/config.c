#include "common/engine/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_CHARS = 8192, TEXT_MAX = 4096 };

static void *
member(void *out, const struct config_entry *e)
{
    return (char *)out + e->offset;
}

static const void *
const_member(const void *values, const struct config_entry *e)
{
    return (const char *)values + e->offset;
}

static const struct config_entry *
find(const struct config_args *args, const char *name, size_t n)
{
    for (size_t i = 0; i < args->n; i++)
        if (strlen(args->entries[i].name) == n &&
            strncmp(args->entries[i].name, name, n) == 0)
            return &args->entries[i];
    return NULL;
}

static bool
is_secret(const char *name)
{
    static const char *const ends[] = { "PASSWORD", "SECRET", "KEY" };
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t m = strlen(ends[i]);

        if (n >= m && strcmp(name + n - m, ends[i]) == 0)
            return true;
    }
    return false;
}

static enum status
refuse(const struct config_entry *e, const char *value, struct err *err)
{
    if (is_secret(e->name))
        value = "(not shown)";
    if (e->type == CONFIG_INT)
        return err_set(err, ST_REJECT, "config",
                       "%s=\"%s\": want %" PRId64 "..%" PRId64 " (%s)",
                       e->name, value, e->min, e->max, e->help);
    if (e->type == CONFIG_BOOL)
        return err_set(err, ST_REJECT, "config",
                       "%s=\"%s\": want on or off (%s)", e->name, value,
                       e->help);
    return err_set(err, ST_REJECT, "config",
                   "%s=\"%s\": want %" PRId64 "..%" PRId64 " characters (%s)",
                   e->name, value, e->min, e->max > 0 ? e->max : TEXT_MAX,
                   e->help);
}

static enum status
set(const struct config_entry *e, const char *value, void *out,
    struct err *err)
{
    switch (e->type) {
    case CONFIG_INT: {
        char *end;
        long long v;

        errno = 0;
        v = strtoll(value, &end, 10);
        if (errno != 0 || *value == '\0' || *end != '\0' || v < e->min ||
            v > e->max)
            return refuse(e, value, err);
        memcpy(member(out, e), &(int64_t){ v }, sizeof(int64_t));
        return ST_OK;
    }
    case CONFIG_BOOL: {
        bool on = strcmp(value, "on") == 0;

        if (!on && strcmp(value, "off") != 0)
            return refuse(e, value, err);
        memcpy(member(out, e), &on, sizeof on);
        return ST_OK;
    }
    case CONFIG_TEXT: {
        size_t n = strlen(value);
        char *copy, *old;

        if (n < (size_t)e->min ||
            n > (size_t)(e->max > 0 ? e->max : TEXT_MAX))
            return refuse(e, value, err);
        copy = strdup(value);
        if (copy == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory");
        memcpy(&old, member(out, e), sizeof old);
        free(old);
        memcpy(member(out, e), &copy, sizeof copy);
        return ST_OK;
    }
    }
    return ST_FATAL;
}

static enum status
set_from_file(const struct config_entry *e, const char *path, void *out,
              struct err *err)
{
    char text[TEXT_MAX + 2];
    FILE *f = fopen(path, "r");
    size_t n = 0;
    bool ok;

    if (f != NULL)
        n = fread(text, 1, sizeof text - 1, f);
    ok = f != NULL && !ferror(f); /* a folder opens, but can't be read */
    if (!ok)
        (void)err_set(err, ST_REJECT, "config", "%s_FILE=\"%s\": %s", e->name,
                      path, strerror(errno));
    if (f != NULL)
        fclose(f);
    if (!ok)
        return ST_REJECT;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    text[n] = '\0';
    return set(e, text, out, err);
}

/* Key as in a file: NAME or NAME_FILE. */
static enum status
set_key(const struct config_args *args, const char *key, const char *value,
        void *out, struct err *err)
{
    size_t n = strlen(key);
    const struct config_entry *e = find(args, key, n);

    if (e != NULL)
        return set(e, value, out, err);
    if (n > 5 && strcmp(key + n - 5, "_FILE") == 0) {
        e = find(args, key, n - 5);
        if (e != NULL && e->type == CONFIG_TEXT)
            return set_from_file(e, value, out, err);
    }
    return err_set(err, ST_REJECT, "config", "%s: no such setting, see --help",
                   key);
}

static enum status
read_file(const struct config_args *args, const char *path, void *out,
          struct err *err)
{
    char line[LINE_MAX_CHARS];
    FILE *f = fopen(path, "r");
    enum status rc = ST_OK;
    int number = 0;

    if (f == NULL)
        return err_set(err, ST_REJECT, "config", "--config \"%s\": %s", path,
                       strerror(errno));
    while (rc == ST_OK && fgets(line, sizeof line, f) != NULL) {
        char *eq, *key = line;
        size_t n = strcspn(line, "\r\n");

        number++;
        line[n] = '\0';
        while (isspace((unsigned char)*key))
            key++;
        if (*key == '\0' || *key == '#')
            continue;
        eq = strchr(key, '=');
        if (eq == NULL) {
            rc = err_set(err, ST_REJECT, "config", "line %d has no '='",
                         number);
            break;
        }
        *eq = '\0';
        if (strncmp(key, "WAYMARK_", 8) == 0)
            key += 8;
        rc = set_key(args, key, eq + 1, out, err);
    }
    if (rc == ST_OK && ferror(f))
        rc = err_set(err, ST_REJECT, "config", "%s", strerror(errno));
    fclose(f);
    if (rc != ST_OK)
        err_where(err, "%s", path);
    return rc;
}

static enum status
read_environment(const struct config_args *args, void *out, struct err *err)
{
    for (size_t i = 0; i < args->n; i++) {
        const struct config_entry *e = &args->entries[i];
        char name[96];
        const char *prefix = strncmp(e->name, "PG", 2) == 0 ? "" : "WAYMARK_";
        const char *value;
        enum status rc = ST_OK;

        snprintf(name, sizeof name, "%s%s_FILE", prefix, e->name);
        value = getenv(name);
        if (value != NULL && e->type == CONFIG_TEXT)
            rc = set_from_file(e, value, out, err);
        snprintf(name, sizeof name, "%s%s", prefix, e->name);
        value = getenv(name);
        if (rc == ST_OK && value != NULL)
            rc = set(e, value, out, err);
        if (rc != ST_OK)
            return rc;
    }
    return ST_OK;
}

static bool
flag_key(const char *flag, char *key, size_t room)
{
    size_t n = 0;

    if (strncmp(flag, "--", 2) != 0)
        return false;
    for (flag += 2; *flag != '\0' && *flag != '='; flag++) {
        if (n + 1 >= room)
            return false;
        key[n++] = *flag == '-' ? '_'
                                : (char)toupper((unsigned char)*flag);
    }
    key[n] = '\0';
    return n > 0;
}

static enum status
read_flags(const struct config_args *args, bool files, void *out,
           enum config_action *action, struct err *err)
{
    for (int i = 1; i < args->argc; i++) {
        const char *arg = args->argv[i], *value = strchr(arg, '=');
        char key[96];
        enum status rc = ST_OK;

        if (strcmp(arg, "--help") == 0) {
            *action = CONFIG_HELP;
            continue;
        }
        if (strcmp(arg, "--check") == 0) {
            *action = CONFIG_CHECK;
            continue;
        }
        if (!flag_key(arg, key, sizeof key))
            return err_set(err, ST_REJECT, "config",
                           "\"%s\" is no flag, see --help", arg);
        if (value != NULL)
            value++;
        else if (i + 1 < args->argc)
            value = args->argv[++i];
        else
            return err_set(err, ST_REJECT, "config", "%s wants a value", arg);
        if (strcmp(key, "CONFIG") == 0)
            rc = files ? read_file(args, value, out, err) : ST_OK;
        else if (!files)
            rc = set_key(args, key, value, out, err);
        if (rc != ST_OK)
            return rc;
    }
    return ST_OK;
}

enum status
config_read(const struct config_args *args, void *out,
            enum config_action *action, struct err *err)
{
    enum status rc = ST_OK;

    *action = CONFIG_RUN;
    for (size_t i = 0; rc == ST_OK && i < args->n; i++)
        if (args->entries[i].dflt != NULL)
            rc = set(&args->entries[i], args->entries[i].dflt, out, err);
    if (rc == ST_OK)
        rc = read_flags(args, true, out, action, err);
    if (rc == ST_OK)
        rc = read_environment(args, out, err);
    if (rc == ST_OK)
        rc = read_flags(args, false, out, action, err);
    if (rc != ST_OK || *action == CONFIG_HELP)
        return rc;
    for (size_t i = 0; i < args->n; i++) {
        const struct config_entry *e = &args->entries[i];
        char *text;

        assert(e->type == CONFIG_TEXT || e->dflt != NULL);
        if (e->dflt != NULL)
            continue;
        memcpy(&text, const_member(out, e), sizeof text);
        if (text == NULL)
            return err_set(err, ST_REJECT, "config", "%s is missing (%s)",
                           e->name, e->help);
    }
    return ST_OK;
}

void
config_free(const struct config_entry *entries, size_t n, void *out)
{
    for (size_t i = 0; i < n; i++) {
        char *text;

        if (entries[i].type != CONFIG_TEXT)
            continue;
        memcpy(&text, const_member(out, &entries[i]), sizeof text);
        free(text);
        text = NULL;
        memcpy(member(out, &entries[i]), &text, sizeof text);
    }
}

void
config_help(const struct config_args *args, FILE *to)
{
    fprintf(to,
            "usage: %s [--config FILE] [--KEY VALUE]... [--check] [--help]\n"
            "Each KEY is also a line KEY=VALUE of FILE and an environment\n"
            "variable WAYMARK_KEY (PG* without prefix).\n\n",
            args->program);
    for (size_t i = 0; i < args->n; i++) {
        const struct config_entry *e = &args->entries[i];

        fprintf(to, "  %-18s %s", e->name, e->help);
        if (e->type == CONFIG_INT)
            fprintf(to, ", %" PRId64 "..%" PRId64, e->min, e->max);
        if (e->dflt != NULL && *e->dflt != '\0')
            fprintf(to, " (default %s)", e->dflt);
        else if (e->dflt == NULL)
            fprintf(to, " (must be given)");
        fputc('\n', to);
    }
}

void
config_print(const struct config_entry *entries, size_t n, const void *values,
             FILE *to)
{
    for (size_t i = 0; i < n; i++) {
        const void *p = const_member(values, &entries[i]);
        int64_t number;
        bool on;
        char *text;

        switch (entries[i].type) {
        case CONFIG_INT:
            memcpy(&number, p, sizeof number);
            fprintf(to, "%s=%" PRId64 "\n", entries[i].name, number);
            break;
        case CONFIG_BOOL:
            memcpy(&on, p, sizeof on);
            fprintf(to, "%s=%s\n", entries[i].name, on ? "on" : "off");
            break;
        case CONFIG_TEXT:
            memcpy(&text, p, sizeof text);
            fprintf(to, "%s=%s\n", entries[i].name,
                    is_secret(entries[i].name) && text != NULL && *text != 0
                        ? "(set)"
                    : text == NULL ? ""
                                   : text);
            break;
        }
    }
}
