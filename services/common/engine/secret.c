#include "common/engine/secret.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char hidden[] = "***";

bool
secret_key(const char *name)
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

static bool
is_space(char c)
{
    return isspace((unsigned char)c) != 0;
}

/* Does such a word end right before `at`? */
static bool
follows_secret_word(const char *text, const char *at)
{
    static const char *const words[] = { "password", "passphrase", "secret" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);

        if ((size_t)(at - text) >= n && strncasecmp(at - n, words[i], n) == 0)
            return true;
    }
    return false;
}

/* Behind a value: in quotes, up to '&' in a URI, else up to a space. */
static const char *
value_end(const char *value, bool uri)
{
    bool quoted = *value == '\'';
    const char *p = value + quoted;

    for (; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (quoted ? *p == '\'' : is_space(*p) || (uri && *p == '&'))
            break;
    }
    return quoted && *p != '\0' ? p + 1 : p;
}

/* Where a value begins that a secret word has before `equals`, or NULL. */
static const char *
secret_value(const char *text, const char *equals)
{
    const char *word = equals, *value = equals + 1;

    while (word > text && is_space(word[-1]))
        word--;
    if (!follows_secret_word(text, word))
        return NULL;
    while (is_space(*value))
        value++;
    return value;
}

void
secret_print(const char *text, FILE *to)
{
    const char *scheme = strstr(text, "://"), *p = text;

    if (scheme != NULL) {
        const char *colon = strchr(scheme + 3, ':');
        const char *at = strrchr(scheme + 3, '@');

        if (colon != NULL && at != NULL && colon < at) {
            fprintf(to, "%.*s:%s", (int)(colon - text), text, hidden);
            p = at;
        }
    }
    while (*p != '\0') {
        const char *value = *p == '=' ? secret_value(text, p) : NULL;

        fputc(*p, to);
        p++;
        if (value != NULL) {
            fputs(hidden, to);
            p = value_end(value, scheme != NULL);
        }
    }
}
