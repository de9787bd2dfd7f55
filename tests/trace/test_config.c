/*
 * Configuration: where a value comes from, which source counts, and what the
 * start says about a value that is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/engine/config.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { WORDS_MAX = 4, PATH_SIZE = 64 };

struct values {
    int64_t poll_ms;
    bool loud;
    char *name;
    char *word;
    char *password;
    char *pgconn;
};

#define AT(member) offsetof(struct values, member)

static const struct config_entry entries[] = {
    { .name = "POLL_MS",
      .type = CONFIG_INT,
      .dflt = "100",
      .min = 10,
      .max = 10000,
      .help = "longest wait, ms",
      .offset = AT(poll_ms) },
    { .name = "LOUD",
      .type = CONFIG_BOOL,
      .dflt = "off",
      .help = "say more",
      .offset = AT(loud) },
    { .name = "NAME",
      .type = CONFIG_TEXT,
      .min = 1,
      .help = "whose it is",
      .offset = AT(name) },
    { .name = "WORD",
      .type = CONFIG_TEXT,
      .dflt = "abc",
      .min = 3,
      .max = 5,
      .help = "three to five letters",
      .offset = AT(word) },
    { .name = "DOOR_PASSWORD",
      .type = CONFIG_TEXT,
      .dflt = "",
      .max = 8,
      .help = "opens the door",
      .offset = AT(password) },
    { .name = "PGCONN",
      .type = CONFIG_TEXT,
      .dflt = "",
      .help = "where the database is",
      .offset = AT(pgconn) },
};

#define ALL_BUT_POLL "LOUD=off\nNAME=n\nWORD=abc\nDOOR_PASSWORD=\nPGCONN=\n"

/* What is given; "@" stands for the path of a file that holds `secret`. */
struct row {
    const char *name;
    const char *file; /* of --config, NULL: none */
    const char *secret;
    const char *env[WORDS_MAX]; /* NAME=VALUE */
    const char *flags[WORDS_MAX];
    const char *want;          /* all values, or the reason */
    enum config_action action; /* 0: CONFIG_RUN */
    bool refused;
};

static const struct row rows[] = {
    { .name = "what nobody gives has its default",
      .flags = { "--name=n" },
      .want = "POLL_MS=100\n" ALL_BUT_POLL },
    { .name = "a file gives values, with spaces, comments and prefix",
      .file = "# a comment=1\n\n  POLL_MS=20\r\n   \n"
              "WAYMARK_LOUD=on\nNAME=a = b\nWORD=five5\nPGCONN=x",
      .want = "POLL_MS=20\nLOUD=on\nNAME=a = b\nWORD=five5\n"
              "DOOR_PASSWORD=\nPGCONN=x\n" },
    { .name = "the later line of a file counts",
      .file = "NAME=n\nPOLL_MS=20\nPOLL_MS=30\n",
      .want = "POLL_MS=30\n" ALL_BUT_POLL },
    { .name = "the environment counts more than the file",
      .file = "NAME=n\nPOLL_MS=20\n",
      .env = { "WAYMARK_POLL_MS=30" },
      .want = "POLL_MS=30\n" ALL_BUT_POLL },
    { .name = "a flag counts more than the environment",
      .file = "NAME=n\nPOLL_MS=20\n",
      .env = { "WAYMARK_POLL_MS=30" },
      .flags = { "--poll-ms", "40" },
      .want = "POLL_MS=40\n" ALL_BUT_POLL },
    { .name = "what begins with PG has no prefix in the environment",
      .env = { "PGCONN=x", "POLL_MS=77", "WAYMARK_NAME=n" },
      .want = "POLL_MS=100\nLOUD=off\nNAME=n\nWORD=abc\nDOOR_PASSWORD=\n"
              "PGCONN=x\n" },
    { .name = "a flag may stand in one word",
      .flags = { "--name=n", "--poll-ms=50" },
      .want = "POLL_MS=50\n" ALL_BUT_POLL },
    { .name = "the lowest value is taken",
      .flags = { "--name=n", "--poll-ms=10" },
      .want = "POLL_MS=10\n" ALL_BUT_POLL },
    { .name = "the highest value is taken",
      .flags = { "--name=n", "--poll-ms=10000" },
      .want = "POLL_MS=10000\n" ALL_BUT_POLL },
    { .name = "a file gives a secret, its line ends off",
      .secret = "sesame\r\n\n",
      .flags = { "--name=n", "--door-password-file=@" },
      .want = "POLL_MS=100\nLOUD=off\nNAME=n\nWORD=abc\n"
              "DOOR_PASSWORD=***\nPGCONN=\n" },
    { .name = "a file is named in the environment",
      .secret = "four\n",
      .env = { "WAYMARK_WORD_FILE=@", "WAYMARK_NAME=n" },
      .want = "POLL_MS=100\nLOUD=off\nNAME=n\nWORD=***\n"
              "DOOR_PASSWORD=\nPGCONN=\n" },
    { .name = "a file is named in the file",
      .file = "NAME=n\nWORD_FILE=@\n",
      .secret = "four",
      .want = "POLL_MS=100\nLOUD=off\nNAME=n\nWORD=***\n"
              "DOOR_PASSWORD=\nPGCONN=\n" },
    { .name = "a value counts more than a file of the same source",
      .secret = "four",
      .env = { "WAYMARK_WORD=abcd", "WAYMARK_WORD_FILE=@", "WAYMARK_NAME=n" },
      .want = "POLL_MS=100\nLOUD=off\nNAME=n\nWORD=abcd\n"
              "DOOR_PASSWORD=\nPGCONN=\n" },
    { .name = "--check asks for a check",
      .flags = { "--check", "--name=n" },
      .want = "POLL_MS=100\n" ALL_BUT_POLL,
      .action = CONFIG_CHECK },
    { .name = "--help needs no value",
      .flags = { "--help" },
      .want = "POLL_MS=100\nLOUD=off\nNAME=\nWORD=abc\nDOOR_PASSWORD=\n"
              "PGCONN=\n",
      .action = CONFIG_HELP },

    { .name = "a number with a unit is refused with its range",
      .env = { "WAYMARK_POLL_MS=5s" },
      .want = "POLL_MS=\"5s\": want 10..10000 (longest wait, ms)",
      .refused = true },
    { .name = "a number below the range is refused",
      .flags = { "--poll-ms=9" },
      .want = "POLL_MS=\"9\": want 10..10000 (longest wait, ms)",
      .refused = true },
    { .name = "a number above the range is refused",
      .flags = { "--poll-ms=10001" },
      .want = "POLL_MS=\"10001\": want 10..10000 (longest wait, ms)",
      .refused = true },
    { .name = "no number is refused",
      .flags = { "--poll-ms=" },
      .want = "POLL_MS=\"\": want 10..10000 (longest wait, ms)",
      .refused = true },
    { .name = "a number beyond all numbers is refused",
      .flags = { "--poll-ms=99999999999999999999" },
      .want = "POLL_MS=\"99999999999999999999\": want 10..10000 "
              "(longest wait, ms)",
      .refused = true },
    { .name = "a number with a space behind it is refused",
      .file = "POLL_MS=20 \n",
      .want = "@: POLL_MS=\"20 \": want 10..10000 (longest wait, ms)",
      .refused = true },
    { .name = "a switch is on or off",
      .flags = { "--loud=yes" },
      .want = "LOUD=\"yes\": want on or off (say more)",
      .refused = true },
    { .name = "a text that is too short is refused",
      .flags = { "--word=ab" },
      .want = "WORD=\"ab\": want 3..5 characters (three to five letters)",
      .refused = true },
    { .name = "a text that is too long is refused",
      .flags = { "--word=abcdef" },
      .want = "WORD=\"abcdef\": want 3..5 characters (three to five letters)",
      .refused = true },
    { .name = "a secret that is too long is refused and not told",
      .flags = { "--door-password=ninechars" },
      .want = "DOOR_PASSWORD=\"(not shown)\": want 0..8 characters "
              "(opens the door)",
      .refused = true },
    { .name = "what must be given and is not is refused",
      .want = "NAME is missing (whose it is)",
      .refused = true },
    { .name = "an unknown flag is refused",
      .flags = { "--poll=5" },
      .want = "POLL: no such setting, see --help",
      .refused = true },
    { .name = "what only begins like a setting is refused",
      .secret = "four",
      .flags = { "--word-name=@" },
      .want = "WORD_NAME: no such setting, see --help",
      .refused = true },
    { .name = "a short unknown key is refused",
      .flags = { "--a=b" },
      .want = "A: no such setting, see --help",
      .refused = true },
    { .name = "a mistyped variable is refused with the nearest key",
      .env = { "WAYMARK_NAME=n", "WAYMARK_POL_MS=50" },
      .want = "WAYMARK_POL_MS: no such setting, is it WAYMARK_POLL_MS? "
              "See --help",
      .refused = true },
    { .name = "a variable that is like no key is refused",
      .env = { "WAYMARK_NAME=n", "WAYMARK_ELEPHANT=" },
      .want = "WAYMARK_ELEPHANT: no such setting, see --help",
      .refused = true },
    { .name = "a variable of PG's does not take the prefix",
      .env = { "WAYMARK_NAME=n", "WAYMARK_PGCONN=y" },
      .want = "WAYMARK_PGCONN: no such setting, is it PGCONN? See --help",
      .refused = true },
    { .name = "a variable with a file is refused where the key has none",
      .env = { "WAYMARK_NAME=n", "WAYMARK_POLL_MS_FILE=@" },
      .secret = "20",
      .want = "WAYMARK_POLL_MS_FILE: no such setting, see --help",
      .refused = true },
    { .name = "--help answers whatever the environment holds",
      .env = { "WAYMARK_POL_MS=50" },
      .flags = { "--help" },
      .want = "POLL_MS=100\nLOUD=off\nNAME=\nWORD=abc\nDOOR_PASSWORD=\n"
              "PGCONN=\n",
      .action = CONFIG_HELP },
    { .name = "what other programs read from one environment is passed over",
      .env = { "WAYMARK_NAME=n", "WAYMARK_BED=check", "WAYMARK_CALENDARS=c",
               "WAYMARK_INTAKE_HASH_KEY_FILE=/none" },
      .want = "POLL_MS=100\n" ALL_BUT_POLL },
    { .name = "what only begins like the prefix is nobody's",
      .env = { "WAYMARK_NAME=n", "WAYMARKER=1", "WAYMARK=2" },
      .want = "POLL_MS=100\n" ALL_BUT_POLL },
    { .name = "a value in the place of a file is shown",
      .secret = "four",
      .file = "NAME=n\nWORD_FILE=@\n",
      .flags = { "--word=abcd" },
      .want = "POLL_MS=100\nLOUD=off\nNAME=n\nWORD=abcd\nDOOR_PASSWORD=\n"
              "PGCONN=\n" },
    { .name = "a text of a file that is too long is not told",
      .secret = "abcdef",
      .flags = { "--name=n", "--word-file=@" },
      .want = "WORD=\"(not shown)\": want 3..5 characters "
              "(three to five letters)",
      .refused = true },
    { .name = "a password is not told where its text is refused",
      .flags = { "--name=n", "--word=password=x" },
      .want = "WORD=\"password=***\": want 3..5 characters "
              "(three to five letters)",
      .refused = true },
    { .name = "an unknown key of a file is refused",
      .file = "NAME=n\nPOLLMS=5\n",
      .want = "@: POLLMS: no such setting, is it POLL_MS? See --help",
      .refused = true },
    { .name = "a number has no file",
      .secret = "20",
      .flags = { "--poll-ms-file=@" },
      .want = "POLL_MS_FILE: no such setting, see --help",
      .refused = true },
    { .name = "a line without a value is refused",
      .file = "NAME=n\n\nPOLL_MS\n",
      .want = "@: line 3 has no '='",
      .refused = true },
    { .name = "a word that is no flag is refused",
      .flags = { "start" },
      .want = "\"start\" is no flag, see --help",
      .refused = true },
    { .name = "two hyphens alone are no flag",
      .flags = { "--" },
      .want = "\"--\" is no flag, see --help",
      .refused = true },
    { .name = "a flag without a value is refused",
      .flags = { "--name=n", "--poll-ms" },
      .want = "--poll-ms wants a value",
      .refused = true },
    { .name = "a configuration file that is not there is refused",
      .flags = { "--config", "no/such/file" },
      .want = "--config \"no/such/file\": No such file or directory",
      .refused = true },
    { .name = "a folder is no configuration file",
      .flags = { "--config", "." },
      .want = ".: Is a directory",
      .refused = true },
    { .name = "a file of a value that is not there is refused",
      .flags = { "--word-file=no/such/file" },
      .want = "WORD_FILE=\"no/such/file\": No such file or directory",
      .refused = true },
    { .name = "a folder is no file of a value",
      .flags = { "--door-password-file=." },
      .want = "DOOR_PASSWORD_FILE=\".\": Is a directory",
      .refused = true },
};

static void
write_file(char path[PATH_SIZE], const char *text)
{
    int fd;

    snprintf(path, PATH_SIZE, "%s/test_config_XXXXXX", P_tmpdir);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* The caller frees it. */
static char *
replace(const char *text, const char *path)
{
    const char *at = strchr(text, '@');
    char *out = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&out, &n);

    assert_non_null(to);
    if (at == NULL)
        fprintf(to, "%s", text);
    else
        fprintf(to, "%.*s%s%s", (int)(at - text), text, path, at + 1);
    fclose(to);
    return out;
}

/* The environment of a row; back to what it was with `path` NULL. */
static void
set_environment(const struct row *row, const char *path)
{
    for (size_t i = 0; i < WORDS_MAX && row->env[i] != NULL; i++) {
        char *pair = replace(row->env[i], path == NULL ? "" : path);
        char *eq = strchr(pair, '=');

        *eq = '\0';
        if (path == NULL)
            unsetenv(pair);
        else
            setenv(pair, eq + 1, 1);
        free(pair);
    }
}

static void
expect_values(const struct config_args *args, const struct values *values,
              const char *want)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    assert_non_null(to);
    config_print(args, values, to);
    fclose(to);
    assert_string_equal(text, want);
    free(text);
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    char secret[PATH_SIZE] = "", file[PATH_SIZE] = "";
    char *argv[3 + WORDS_MAX] = { NULL };
    char *content = NULL, *want;
    struct config_args args = { .program = "waymark-test",
                                .entries = entries,
                                .n = N_OF(entries),
                                .argv = argv };
    struct values values = { .name = NULL };
    enum config_action action = CONFIG_HELP; /* which it must set */
    struct err err = { .code = "" };
    enum status rc;

    if (row->secret != NULL)
        write_file(secret, row->secret);
    argv[args.argc++] = strdup("waymark-test");
    if (row->file != NULL) {
        content = replace(row->file, secret);
        write_file(file, content);
        argv[args.argc++] = strdup("--config");
        argv[args.argc++] = strdup(file);
    }
    for (size_t i = 0; i < WORDS_MAX && row->flags[i] != NULL; i++)
        argv[args.argc++] = replace(row->flags[i], secret);
    set_environment(row, secret);

    rc = config_read(&args, &values, &action, &err);
    want = replace(row->want, file);
    if (row->refused) {
        assert_int_equal(rc, ST_REJECT);
        assert_string_equal(err.code, "config");
        assert_string_equal(err.text, want);
    } else {
        if (rc != ST_OK)
            fail_msg("%s", err.text);
        assert_int_equal(action, row->action == 0 ? CONFIG_RUN : row->action);
        expect_values(&args, &values, want);
    }

    config_free(entries, N_OF(entries), &values);
    assert_null(values.name);
    set_environment(row, NULL);
    for (int i = 0; i < args.argc; i++)
        free(argv[i]);
    free(content);
    free(want);
    if (secret[0] != '\0')
        unlink(secret);
    if (file[0] != '\0')
        unlink(file);
}

static void
help_is_the_table(void **state)
{
    struct config_args args = { .program = "waymark-test",
                                .entries = entries,
                                .n = N_OF(entries) };
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    (void)state;
    assert_non_null(to);
    config_help(&args, to);
    fclose(to);
    assert_non_null(strstr(text, "usage: waymark-test [--config FILE]"));
    assert_non_null(strstr(
        text, "\n"
              "  POLL_MS            longest wait, ms, 10..10000 (default 100)\n"
              "  LOUD               say more (default off)\n"
              "  NAME               whose it is (must be given)\n"
              "  WORD               three to five letters (default abc)\n"
              "  DOOR_PASSWORD      opens the door\n"
              "  PGCONN             where the database is\n"));
    free(text);
}

static void
a_text_without_a_limit_has_4096_characters(void **state)
{
    char flag[4200] = "--pgconn=";
    char *argv[] = { flag, flag };
    size_t prefix = strlen(flag);

    (void)state;
    for (size_t n = 4096; n <= 4097; n++) {
        struct config_args args = { .program = "waymark-test",
                                    .entries = entries,
                                    .n = N_OF(entries),
                                    .argc = 2,
                                    .argv = argv };
        struct values values = { .name = strdup("given") };
        enum config_action action;
        struct err err = { .code = "" };

        memset(flag + prefix, 'x', n);
        assert_int_equal(config_read(&args, &values, &action, &err),
                         n == 4096 ? ST_OK : ST_REJECT);
        config_free(entries, N_OF(entries), &values);
    }
}

static void
secrets_are_not_printed(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *want;
    } rows_of[] = {
        { "PASSWORD", "told", "PASSWORD=***\n" },
        { "X_SECRET", "told", "X_SECRET=***\n" },
        { "A_KEY", "told", "A_KEY=***\n" },
        { "A_KEY", "", "A_KEY=\n" },
        { "KEYS", "told", "KEYS=told\n" },
        { "SECRETARY", "told", "SECRETARY=told\n" },
        { "PGCONN", "host=h password=p dbname=d",
          "PGCONN=host=h password=*** dbname=d\n" },
        { "PGCONN", "password = 'a b\\'c' host=h",
          "PGCONN=password =*** host=h\n" },
        { "PGCONN", "password=a\\ b&c host=h", "PGCONN=password=*** host=h\n" },
        { "PGCONN", "password='open host=h", "PGCONN=password=***\n" },
        { "PGCONN", "password=", "PGCONN=password=***\n" },
        { "PGCONN", "sslpassword=p user=u", "PGCONN=sslpassword=*** user=u\n" },
        { "PGCONN", "PASSWORD=p", "PGCONN=PASSWORD=***\n" },
        { "PGCONN", "passfile=/f user=password",
          "PGCONN=passfile=/f user=password\n" },
        { "PGCONN", "postgresql://u:p@h:5432/d",
          "PGCONN=postgresql://u:***@h:5432/d\n" },
        { "PGCONN", "postgresql://u:p@s@h/d",
          "PGCONN=postgresql://u:***@h/d\n" },
        { "PGCONN", "postgresql://u@h:5432/d",
          "PGCONN=postgresql://u@h:5432/d\n" },
        { "PGCONN", "postgresql://h:5432/d", "PGCONN=postgresql://h:5432/d\n" },
        { "PGCONN", "postgresql://h/d?password=p&user=u",
          "PGCONN=postgresql://h/d?password=***&user=u\n" },
        { "PGCONN", "postgresql://u:p@h/d?sslpassword=q",
          "PGCONN=postgresql://u:***@h/d?sslpassword=***\n" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(rows_of); i++) {
        struct config_entry e = { .name = rows_of[i].name,
                                  .type = CONFIG_TEXT };
        struct config_args args = { .entries = &e, .n = 1 };
        char *value = strdup(rows_of[i].value);
        char *text = NULL;
        size_t n = 0;
        FILE *to = open_memstream(&text, &n);

        assert_non_null(to);
        config_print(&args, &value, to);
        fclose(to);
        assert_string_equal(text, rows_of[i].want);
        free(text);
        free(value);
    }
}

int
main(void)
{
    struct CMUnitTest tests[3 + N_OF(rows)] = {
        cmocka_unit_test(help_is_the_table),
        cmocka_unit_test(a_text_without_a_limit_has_4096_characters),
        cmocka_unit_test(secrets_are_not_printed),
    };
    size_t n = 3;

    for (size_t i = 0; i < N_OF(rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
                                          .test_func = test_row,
                                          .initial_state = (void *)&rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
