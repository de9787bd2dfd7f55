#include "common/engine/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/engine/secret.h"

enum { LINE_MAX_CHARS = 8192, TEXT_MAX = 4096, NAME_MAX_CHARS = 96 };

static const char prefix[] = "WAYMARK_";
enum { PREFIX_N = sizeof prefix - 1 };

/*
 * What another program reads from an environment that all share: services,
 * then the command line, compose and the bed. A new setting goes here too;
 * tests/pipeline/13-settings.sh finds one that is missing.
 */
static const char *const others[] = {
    "ANY_ADDRESS",      "AUTHORITIES",      "BATCH_MAX",
    "BEAT_MS",          "CALENDARS",        "CLOCK_TICK_MS",
    "CRASH_AT",         "DROP_AUTHORITY",   "DROP_FOLDER",
    "DROP_POLL_MS",     "INSTANCE",         "INTAKE_HASH_KEY",
    "INTAKE_SCHEMA",    "TRIAGE_SCHEMA",    "TRACKER_SCHEMA",
    "SEAL_KEY",         "PROFILE",
    "KAFKA",            "LEASE_MS",         "LISTEN",
    "MEMORY_MB",        "PROFILES",         "QUEUE_KB",
    "REPLICATION",      "SCHEMA",           "THREADS",
    "WAIT_MS",          "INTAKE",           "DROP",
    "IMAGE",            "INTAKE_PORT",      "KAFKA_PORT",
    "METRICS_PORT",     "POSTGRES_PORT",    "SECRETS",
    "TRACKER_PORT",     "TRIAGE_PORT",      "USER",
    "BED",              "KAFKA_HEAP",       "METRICS_HEALTH",
    "ROOT",             "TRACKER_HEALTH",   "TRIAGE_HEALTH",
    "AUTH",             "AUDIENCE",         "TOKEN_SKEW_MS",
    "TOKENS",           "SIGN_KEY",         "CLI",
    "SMTP",             "SMTP_USER",        "SMTP_PASSWORD",
    "SMTP_FROM",        "SMTP_PLAIN",       "CA_CERTS",
    "HOOK_SECRET",      "HOOK_LOOPBACK",    "LINK_BASE",
    "ACK_KEY",          "ACK_LISTEN",       "ACK_INTAKE",
    "ACK_AGENCY",       "ACK_SIGN_WITH",    "ACK_AUDIENCE",
    "LINK_HOURS",       "SEND_TIMEOUT_MS",  "RETRY_FIRST_MS",
    "GIVE_UP_S",        "URGENT_GIVE_UP_S", "HOLD_AFTER_S",
    "SEND_POLL_MS",     "WATCH_MS",         "STILL_S",
    "NOTIFIER_HEALTH",  "NOTIFIER_PORT",    "DOOR",
    "NAME",             "TLS",
};
enum { N_OTHERS = sizeof others / sizeof others[0] };

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

static enum status
refuse_text(const struct config_args *args, const struct config_entry *e,
            const char *value, struct err *err)
{
    char *shown = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&shown, &n);

    if (to != NULL) {
        if (secret_key(e->name) || args->from_file[e - args->entries])
            fputs("(not shown)", to);
        else
            secret_print(value, to);
        fclose(to);
    }
    (void)err_set(err, ST_REJECT, "config",
                  "%s=\"%.200s\": want %" PRId64 "..%" PRId64
                  " characters (%s)",
                  e->name, shown == NULL ? "" : shown, e->min,
                  e->max > 0 ? e->max : TEXT_MAX, e->help);
    free(shown);
    return ST_REJECT;
}

static enum status
refuse(const struct config_args *args, const struct config_entry *e,
       const char *value, struct err *err)
{
    if (e->type == CONFIG_INT)
        return err_set(err, ST_REJECT, "config",
                       "%s=\"%s\": want %" PRId64 "..%" PRId64 " (%s)", e->name,
                       value, e->min, e->max, e->help);
    if (e->type == CONFIG_BOOL)
        return err_set(err, ST_REJECT, "config",
                       "%s=\"%s\": want on or off (%s)", e->name, value,
                       e->help);
    return refuse_text(args, e, value, err);
}

static enum status
set(const struct config_args *args, const struct config_entry *e,
    const char *value, void *out, struct err *err)
{
    switch (e->type) {
    case CONFIG_INT: {
        char *end;
        long long v;

        errno = 0;
        v = strtoll(value, &end, 10);
        if (errno != 0 || *value == '\0' || *end != '\0' || v < e->min ||
            v > e->max)
            return refuse(args, e, value, err);
        memcpy(member(out, e), &(int64_t){ v }, sizeof(int64_t));
        return ST_OK;
    }
    case CONFIG_BOOL: {
        bool on = strcmp(value, "on") == 0;

        if (!on && strcmp(value, "off") != 0)
            return refuse(args, e, value, err);
        memcpy(member(out, e), &on, sizeof on);
        return ST_OK;
    }
    case CONFIG_TEXT: {
        size_t n = strlen(value);
        char *copy, *old;

        if (n < (size_t)e->min || n > (size_t)(e->max > 0 ? e->max : TEXT_MAX))
            return refuse(args, e, value, err);
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

/* A value that stands where the key stands. */
static enum status
set_plain(struct config_args *args, const struct config_entry *e,
          const char *value, void *out, struct err *err)
{
    args->from_file[e - args->entries] = false;
    return set(args, e, value, out, err);
}

static enum status
set_from_file(struct config_args *args, const struct config_entry *e,
              const char *path, void *out, struct err *err)
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
    args->from_file[e - args->entries] = true;
    return set(args, e, text, out, err);
}

/* Characters to put in, take out or change until a is b. */
static size_t
distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_CHARS + 1], n = strlen(b);

    if (n > NAME_MAX_CHARS)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);

            corner = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

/* Nearest key of the table, NULL where none is like it: a third is another. */
static const char *
nearest(const struct config_args *args, const char *key)
{
    size_t least = strlen(key) / 3 + 1;
    const char *name = NULL;

    for (size_t i = 0; i < args->n; i++) {
        size_t d = distance(key, args->entries[i].name);

        if (d < least) {
            least = d;
            name = args->entries[i].name;
        }
    }
    return name;
}

/* `before`: what stands before a key there, "" or the prefix. */
static enum status
unknown(const struct config_args *args, const char *before, const char *key,
        struct err *err)
{
    const char *name = nearest(args, key);

    if (name == NULL)
        return err_set(err, ST_REJECT, "config",
                       "%s%s: no such setting, see --help", before, key);
    return err_set(err, ST_REJECT, "config",
                   "%s%s: no such setting, is it %s%s? See --help", before, key,
                   strncmp(name, "PG", 2) == 0 ? "" : before, name);
}

/* Entry of a key, with *file for NAME_FILE of a text; NULL for none. */
static const struct config_entry *
entry_of(const struct config_args *args, const char *key, bool *file)
{
    size_t n = strlen(key);
    const struct config_entry *e = find(args, key, n);

    *file = false;
    if (e != NULL || n <= 5 || strcmp(key + n - 5, "_FILE") != 0)
        return e;
    e = find(args, key, n - 5);
    *file = true;
    return e != NULL && e->type == CONFIG_TEXT ? e : NULL;
}

/* Key as in a file: NAME or NAME_FILE. */
static enum status
set_key(struct config_args *args, const char *key, const char *value, void *out,
        struct err *err)
{
    bool file;
    const struct config_entry *e = entry_of(args, key, &file);

    if (e == NULL)
        return unknown(args, "", key, err);
    return file ? set_from_file(args, e, value, out, err)
                : set_plain(args, e, value, out, err);
}

static enum status
read_file(struct config_args *args, const char *path, void *out,
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
            rc =
                err_set(err, ST_REJECT, "config", "line %d has no '='", number);
            break;
        }
        *eq = '\0';
        if (strncmp(key, prefix, PREFIX_N) == 0)
            key += PREFIX_N;
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
read_environment(struct config_args *args, void *out, struct err *err)
{
    for (size_t i = 0; i < args->n; i++) {
        const struct config_entry *e = &args->entries[i];
        char name[NAME_MAX_CHARS];
        const char *before = strncmp(e->name, "PG", 2) == 0 ? "" : prefix;
        const char *value;
        enum status rc = ST_OK;

        snprintf(name, sizeof name, "%s%s_FILE", before, e->name);
        value = getenv(name);
        if (value != NULL && e->type == CONFIG_TEXT)
            rc = set_from_file(args, e, value, out, err);
        snprintf(name, sizeof name, "%s%s", before, e->name);
        value = getenv(name);
        if (rc == ST_OK && value != NULL)
            rc = set_plain(args, e, value, out, err);
        if (rc != ST_OK)
            return rc;
    }
    return ST_OK;
}

/* Another program's, with or without _FILE. */
static bool
is_others(const char *key)
{
    size_t n = strlen(key);

    if (n > 5 && strcmp(key + n - 5, "_FILE") == 0)
        n -= 5;
    for (size_t i = 0; i < N_OTHERS; i++)
        if (strlen(others[i]) == n && strncmp(others[i], key, n) == 0)
            return true;
    return false;
}

/* A mistyped key must not leave its default in force unnoticed. */
static enum status
check_environment(const struct config_args *args, struct err *err)
{
    extern char **environ;

    for (char **at = environ; at != NULL && *at != NULL; at++) {
        char key[NAME_MAX_CHARS];
        bool file;
        const struct config_entry *e;

        if (strncmp(*at, prefix, PREFIX_N) != 0)
            continue;
        snprintf(key, sizeof key, "%.*s", (int)strcspn(*at + PREFIX_N, "="),
                 *at + PREFIX_N);
        e = entry_of(args, key, &file);
        if ((e == NULL && !is_others(key)) ||
            (e != NULL && strncmp(key, "PG", 2) == 0))
            return unknown(args, prefix, key, err);
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
        key[n++] = *flag == '-' ? '_' : (char)toupper((unsigned char)*flag);
    }
    key[n] = '\0';
    return n > 0;
}

static enum status
read_flags(struct config_args *args, bool files, void *out,
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
config_read(struct config_args *args, void *out, enum config_action *action,
            struct err *err)
{
    enum status rc = ST_OK;

    assert(args->n <= CONFIG_ENTRIES_MAX);
    memset(args->from_file, 0, sizeof args->from_file);
    *action = CONFIG_RUN;
    for (size_t i = 0; rc == ST_OK && i < args->n; i++)
        if (args->entries[i].dflt != NULL)
            rc = set(args, &args->entries[i], args->entries[i].dflt, out, err);
    if (rc == ST_OK)
        rc = read_flags(args, true, out, action, err);
    if (rc == ST_OK)
        rc = read_environment(args, out, err);
    if (rc == ST_OK)
        rc = read_flags(args, false, out, action, err);
    if (rc != ST_OK || *action == CONFIG_HELP)
        return rc;
    rc = check_environment(args, err);
    if (rc != ST_OK)
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

static void
print_text(const struct config_args *args, size_t i, const char *text, FILE *to)
{
    const struct config_entry *e = &args->entries[i];

    fprintf(to, "%s=", e->name);
    if (text != NULL && *text != '\0' &&
        (secret_key(e->name) || args->from_file[i]))
        fputs("***", to);
    else if (text != NULL)
        secret_print(text, to);
    fputc('\n', to);
}

void
config_print(const struct config_args *args, const void *values, FILE *to)
{
    for (size_t i = 0; i < args->n; i++) {
        const struct config_entry *e = &args->entries[i];
        const void *p = const_member(values, e);
        int64_t number;
        bool on;
        char *text;

        switch (e->type) {
        case CONFIG_INT:
            memcpy(&number, p, sizeof number);
            fprintf(to, "%s=%" PRId64 "\n", e->name, number);
            break;
        case CONFIG_BOOL:
            memcpy(&on, p, sizeof on);
            fprintf(to, "%s=%s\n", e->name, on ? "on" : "off");
            break;
        case CONFIG_TEXT:
            memcpy(&text, p, sizeof text);
            print_text(args, i, text, to);
            break;
        }
    }
}
