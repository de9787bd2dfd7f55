#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/authorities.h"
#include "common/engine/memory.h"
#include "intake/agencies_json.h"
#include "intake/core/content.h"

enum { MEMORY_MAX = 256 << 20, REGISTER_MAX = 16 << 20 };

void
fuzz_always(bool fact, const char *text, const char *file, int line)
{
    if (fact)
        return;
    fprintf(stderr, "%s:%d: not always true: %s\n", file, line, text);
    abort();
}

struct arena *
fuzz_arena(void)
{
    static struct arena *a;

    if (a == NULL)
        a = memory_open(MEMORY_MAX);
    always(a != NULL);
    arena_reset(a);
    return a;
}

struct str
fuzz_str(const uint8_t *data, size_t n)
{
    return (struct str){ .p = (const char *)data, .n = n };
}

static const struct terms *
read_terms(void)
{
    static struct agencies agencies;
    static struct arena *a; /* what the agencies are in */
    const struct terms_files files = { .profiles = "profiles",
                                       .profile = "kent-2015.json",
                                       .calendars = "calendars",
                                       .agencies = &agencies };
    struct terms *terms = NULL;
    struct err err = { .code = "" };
    struct str text;
    enum status rc;

    a = memory_open(MEMORY_MAX);
    rc = file_read("profiles/agencies.json", REGISTER_MAX, a, &text, &err);
    if (rc == ST_OK)
        rc = agencies_json_read(a, text, &agencies, &err);
    if (rc == ST_OK)
        rc = terms_of_files(&files, &terms, &err);
    if (rc != ST_OK)
        fprintf(stderr, "%s\n", err.text);
    always(rc == ST_OK);
    return terms;
}

const struct terms *
fuzz_terms(void)
{
    static const struct terms *terms;

    if (terms == NULL)
        terms = read_terms();
    return terms;
}

/* ---- messages ------------------------------------------------------------ */

/* A code, a JSON pointer, and a sentence that can be shown. */
static void
look_at_problem(const struct problem *p)
{
    always(strlen(p->code) == 3 && (p->code[0] == 'R' || p->code[0] == 'C'));
    always(p->pointer.p != NULL && p->detail.p != NULL && p->detail.n > 0);
    always(p->pointer.n == 0 || p->pointer.p[0] == '/');
    always(memchr(p->detail.p, '\0', p->detail.n) == NULL);
}

static void
look_at_message(struct arena *a, enum item_kind_of item,
                const struct raw_value *raw)
{
    const struct terms *terms = fuzz_terms();
    const struct validate_against against = { .arena = a,
                                              .authority = STR("kent-2015"),
                                              .agencies = terms->agencies,
                                              .profile = &terms->profile,
                                              .calendar = &terms->calendar,
                                              .received = FUZZ_NOW };
    struct validated v;

    validate(&against, item, raw, &v);
    for (size_t i = 0; i < v.problems.n; i++)
        look_at_problem(&v.problems.at[i]);
    always((v.problems.n == 0) == (v.record.any != NULL));
    always(v.warnings >> 1 >> WARNING_LAST == 0);
    if (v.problems.n > 0)
        return;
    always(!id_is_none(v.id));
    always(agency_find(terms->agencies, v.key.agency_id) != NULL);
    always(v.key.agency_ref.n > 0 && v.key.amendment >= 0);
}

void
fuzz_validate(struct arena *a, const struct raw_value *raw)
{
    uint8_t once[CONTENT_HASH_SIZE], again[CONTENT_HASH_SIZE];
    const struct str key = STR("only-for-tests-0123456789");

    for (int item = ITEM_NOTIFICATION; item <= ITEM_INDICATOR; item++) {
        look_at_message(a, (enum item_kind_of)item, raw);
        content_hash(a, key, (enum item_kind_of)item, raw, once);
        content_hash(a, key, (enum item_kind_of)item, raw, again);
        always(memcmp(once, again, sizeof once) == 0);
    }
}

struct str
fuzz_line(struct str *rest)
{
    const char *end = rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);
    size_t n = end == NULL ? rest->n : (size_t)(end - rest->p);
    struct str line = { .p = rest->p, .n = n };

    n += end != NULL;
    *rest = (struct str){ .p = rest->p + n, .n = rest->n - n };
    return line;
}
