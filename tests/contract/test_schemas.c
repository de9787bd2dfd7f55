/*
 * schemas/ against the structs of records.h, and its versions against each
 * other. Run from the top of the tree.
 */
#include "common/core/records.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium/crypto_hash_sha256.h>

#define LOCK_MAX 256
#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct lock_line {
    int32_t id;
    char name[64];
    int version;
    char file[96];
    char sha[65];
};

struct lock {
    struct lock_line line[LOCK_MAX];
    size_t n;
};

static struct lock lock;

/* The whole file; the caller frees it. */
static char *
read_file(const char *name, size_t *n)
{
    char path[256];
    char *text = NULL;
    FILE *f;

    (void)snprintf(path, sizeof path, "schemas/%s", name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n = (size_t)ftell(f);
    rewind(f);
    text = calloc(1, *n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *n, f), *n);
    (void)fclose(f);
    return text;
}

static json_t *
read_schema(const char *name)
{
    size_t n;
    char *text = read_file(name, &n);
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

    free(text);
    assert_non_null(json);
    return json;
}

static int
load_lock(void **state)
{
    FILE *f = fopen("schemas/ids.lock", "r");
    char text[512];

    (void)state;
    if (f == NULL)
        return -1;
    while (fgets(text, sizeof text, f) != NULL) {
        struct lock_line *l = &lock.line[lock.n];

        if (text[0] == '#')
            continue;
        if (lock.n == LOCK_MAX ||
            sscanf(text, "%" SCNd32 " %63s %d %95s %64s", &l->id, l->name,
                   &l->version, l->file, l->sha) != 5)
            return -1;
        lock.n++;
    }
    return fclose(f);
}

/* The line of the newest version, or NULL. */
static const struct lock_line *
newest(const char *name)
{
    const struct lock_line *found = NULL;

    for (size_t i = 0; i < lock.n; i++) {
        const struct lock_line *l = &lock.line[i];

        if (strcmp(l->name, name) == 0 &&
            (found == NULL || l->version > found->version))
            found = l;
    }
    return found;
}

/* ---- a schema against a struct ---- */

static void check_record(const json_t *json, const struct fields *fields);

static void
expect(bool ok, const struct fields *fields, const struct field *f,
       const char *why)
{
    if (!ok)
        fail_msg("%s.%s: %s", fields->name, f == NULL ? "" : f->name, why);
}

static bool
is_word(const json_t *json, const char *word)
{
    return json_is_string(json) && strcmp(json_string_value(json), word) == 0;
}

static bool
is_logical(const json_t *json, const char *type, const char *logical)
{
    return is_word(json_object_get(json, "type"), type) &&
           is_word(json_object_get(json, "logicalType"), logical);
}

/* A named type stands whole where it is first used, then by its name. */
static bool
is_uuid(const json_t *json)
{
    return is_word(json, "Uuid") ||
           (is_word(json_object_get(json, "type"), "fixed") &&
            is_word(json_object_get(json, "name"), "Uuid") &&
            json_integer_value(json_object_get(json, "size")) ==
                (json_int_t)sizeof(struct id));
}

static bool
is_record(const json_t *json, const struct fields *sub)
{
    if (is_word(json, sub->name))
        return true;
    if (!json_is_object(json))
        return false;
    check_record(json, sub);
    return true;
}

static bool
is_list(const json_t *json, const struct fields *sub)
{
    const json_t *items = json_object_get(json, "items");

    return is_word(json_object_get(json, "type"), "array") &&
           (sub == NULL ? is_word(items, "string") : is_record(items, sub));
}

static bool
is_type(const json_t *json, const struct field *f)
{
    switch (f->type) {
    case F_ID:
        return is_uuid(json);
    case F_TEXT:
    case F_CODE:
        return is_word(json, "string");
    case F_BYTES:
        return is_word(json, "bytes");
    case F_I32:
        return is_word(json, "int");
    case F_I64:
        return is_word(json, "long");
    case F_BOOL:
    case F_TRI:
        return is_word(json, "boolean");
    case F_TIME:
        return is_logical(json, "long", "timestamp-millis");
    case F_DATE:
        return is_logical(json, "int", "date");
    case F_SET:
    case F_TEXTS:
        return is_list(json, NULL);
    case F_RECORD:
        return is_record(json, f->sub);
    case F_RECORDS:
        return is_list(json, f->sub);
    }
    return false;
}

static void
check_default(const json_t *json, const struct fields *fields,
              const struct field *f)
{
    const json_t *dflt = json_object_get(json, "default");

    if ((f->flags & F_NULLABLE) != 0)
        expect(json_is_null(dflt), fields, f, "default isn't null");
    else if (f->type == F_BOOL)
        expect(json_is_false(dflt), fields, f, "default isn't false");
    else if (f->type == F_SET || f->type == F_TEXTS || f->type == F_RECORDS)
        expect(json_is_array(dflt) && json_array_size(dflt) == 0, fields, f,
               "default isn't the empty list");
    else
        expect(dflt == NULL, fields, f, "a mandatory field has a default");
}

static void
check_field(const json_t *json, const struct fields *fields,
            const struct field *f)
{
    const json_t *type = json_object_get(json, "type");
    const json_t *doc = json_object_get(json, "doc");

    expect(is_word(json_object_get(json, "name"), f->name), fields, f,
           "another name stands here");
    expect(json_string_length(doc) > 0, fields, f, "has no doc");
    if ((f->flags & F_NULLABLE) != 0) {
        expect(json_is_array(type) && json_array_size(type) == 2 &&
                   is_word(json_array_get(type, 0), "null"),
               fields, f, "is no union of null and a value");
        type = json_array_get(type, 1);
    }
    expect(is_type(type, f), fields, f, "has another type");
    check_default(json, fields, f);
}

static void
check_record(const json_t *json, const struct fields *fields)
{
    const json_t *list = json_object_get(json, "fields");

    expect(is_word(json_object_get(json, "type"), "record"), fields, NULL,
           "is no record");
    expect(is_word(json_object_get(json, "name"), fields->name), fields, NULL,
           "has another name");
    expect(json_array_size(list) == fields->n, fields, NULL,
           "has another number of fields");
    for (size_t i = 0; i < fields->n; i++)
        check_field(json_array_get(list, i), fields, &fields->at[i]);
}

static void
every_schema_says_what_its_struct_says(void **state)
{
    (void)state;
    for (int t = REC_NONE + 1; t < REC_N; t++) {
        const struct record_def *def = record_def((enum record_type)t);
        const struct lock_line *l = newest(def->fields->name);
        json_t *json;

        expect(l != NULL, def->fields, NULL, "is not in ids.lock");
        expect(l->id == def->schema_id, def->fields, NULL,
               "record_def has another id than ids.lock");
        json = read_schema(l->file);
        expect(is_word(json_object_get(json, "namespace"), "uk.waymark"),
               def->fields, NULL, "has another namespace");
        check_record(json, def->fields);
        json_decref(json);
    }
}

static void
every_record_begins_with_meta(void **state)
{
    (void)state;
    for (int t = REC_NONE + 1; t < REC_N; t++) {
        const struct record_def *def = record_def((enum record_type)t);

        assert_int_equal(def->type, t);
        assert_int_equal(record_find(str_of(def->fields->name)), t);
        if (t == REC_PERSON)
            continue;
        expect(def->fields->at[0].sub == &fields_meta &&
                   def->fields->at[0].offset == 0,
               def->fields, NULL, "doesn't begin with meta");
    }
}

static void
check_names(const struct fields *fields, bool sealed)
{
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->at[i];

        expect(sealed || (f->flags & F_PERSONAL) == 0 ||
                   strcmp(f->name, "subject_la_child_id") == 0,
               fields, f, "is personal and not sealed");
        expect((f->flags & F_LENIENT) == 0 || (f->flags & F_NULLABLE) != 0,
               fields, f, "reads as null but must not be null");
        expect((f->type == F_CODE || f->type == F_SET) == (f->codes != NULL),
               fields, f, "has a list of words it doesn't need, or none");
        expect(f->type != F_SET || f->codes->n <= 32, fields, f,
               "has more words than bits");
        for (size_t j = 0; j < i; j++)
            expect(strcmp(f->name, fields->at[j].name) != 0, fields, f,
                   "is there twice");
        if (f->sub != NULL)
            check_names(f->sub, sealed);
    }
}

static void
nothing_personal_stands_outside_the_sealed_block(void **state)
{
    (void)state;
    for (int t = REC_NONE + 1; t < REC_N; t++)
        check_names(record_def((enum record_type)t)->fields, t == REC_PERSON);
}

static void
every_schema_is_locked(void **state)
{
    DIR *dir = opendir("schemas");
    const struct dirent *entry;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        const char *end = strrchr(entry->d_name, '.');
        bool found = end == NULL || strcmp(end, ".avsc") != 0;

        for (size_t i = 0; !found && i < lock.n; i++)
            found = strcmp(lock.line[i].file, entry->d_name) == 0;
        if (!found)
            fail_msg("%s is not in ids.lock", entry->d_name);
    }
    (void)closedir(dir);
}

static void
no_locked_schema_was_changed(void **state)
{
    (void)state;
    assert_true(lock.n >= REC_N - 1);
    for (size_t i = 0; i < lock.n; i++) {
        const struct lock_line *l = &lock.line[i];
        unsigned char hash[crypto_hash_sha256_BYTES];
        char hex[2 * sizeof hash + 1];
        size_t n;
        char *text = read_file(l->file, &n);

        (void)crypto_hash_sha256(hash, (const unsigned char *)text, n);
        for (size_t b = 0; b < sizeof hash; b++)
            (void)snprintf(hex + 2 * b, 3, "%02x", (unsigned)hash[b]);
        free(text);
        if (strcmp(hex, l->sha) != 0)
            fail_msg("%s differs from ids.lock", l->file);
        if (i > 0 && l->id <= l[-1].id)
            fail_msg("ids.lock: %d doesn't rise", (int)l->id);
    }
}

/* ---- a version against another ---- */

static bool compatible(const json_t *a, const json_t *b);

static const json_t *
field_named(const json_t *list, const char *name)
{
    size_t i;
    const json_t *f;

    json_array_foreach(list, i, f)
    {
        if (is_word(json_object_get(f, "name"), name))
            return f;
    }
    return NULL;
}

/* Each field of `a` is in `b` with the same type, or can be left out. */
static bool
fields_fit(const json_t *a, const json_t *b)
{
    size_t i;
    const json_t *f;

    json_array_foreach(a, i, f)
    {
        const char *name = json_string_value(json_object_get(f, "name"));
        const json_t *g = field_named(b, name);

        if (g == NULL && json_object_get(f, "default") == NULL)
            return false;
        if (g != NULL &&
            !compatible(json_object_get(f, "type"), json_object_get(g, "type")))
            return false;
    }
    return true;
}

/*
 * Can each be read as the other? Narrower than Avro, which also lets an int
 * become a long: a type stays, fields with a default come and go.
 */
static bool
compatible(const json_t *a, const json_t *b)
{
    static const char *const keys[] = { "type", "name", "size", "items",
                                        "logicalType" };
    const json_t *x = json_object_get(a, "fields");
    const json_t *y = json_object_get(b, "fields");

    if (!json_is_object(a) || !json_is_object(b)) {
        if (!json_is_array(a) || !json_is_array(b))
            return json_equal(a, b) == 1;
        if (json_array_size(a) != json_array_size(b))
            return false;
        for (size_t i = 0; i < json_array_size(a); i++) {
            if (!compatible(json_array_get(a, i), json_array_get(b, i)))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < N_OF(keys); i++) {
        const json_t *p = json_object_get(a, keys[i]);
        const json_t *q = json_object_get(b, keys[i]);

        if ((p == NULL) != (q == NULL) || (p != NULL && !compatible(p, q)))
            return false;
    }
    return (x == NULL) == (y == NULL) &&
           (x == NULL || (fields_fit(x, y) && fields_fit(y, x)));
}

static void
every_version_can_be_read_as_every_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < lock.n; i++) {
        for (size_t j = 0; j < i; j++) {
            json_t *a;
            json_t *b;

            if (strcmp(lock.line[i].name, lock.line[j].name) != 0)
                continue;
            assert_int_not_equal(lock.line[i].version, lock.line[j].version);
            a = read_schema(lock.line[i].file);
            b = read_schema(lock.line[j].file);
            if (!compatible(a, b))
                fail_msg("%s and %s can't be read as each other",
                         lock.line[i].file, lock.line[j].file);
            json_decref(a);
            json_decref(b);
        }
    }
}

/* ---- what is frozen ---- */

/* "NotificationReceived.v1.avsc". */
static bool
read_frozen_name(const char *file, char name[64], int *version)
{
    int n = 0;

    return sscanf(file, "%63[A-Za-z].v%d.avsc%n", name, version, &n) == 2 &&
           file[n] == '\0';
}

static const struct lock_line *
line_of(const char *name, int version)
{
    for (size_t i = 0; i < lock.n; i++)
        if (strcmp(lock.line[i].name, name) == 0 &&
            lock.line[i].version == version)
            return &lock.line[i];
    return NULL;
}

static void
check_frozen(const char *file)
{
    char path[128], name[64], now[80];
    size_t n, n_locked;
    char *text, *locked;
    const struct lock_line *l;
    json_t *a, *b;
    int version;

    if (!read_frozen_name(file, name, &version))
        fail_msg("frozen/%s: want NAME.vN.avsc", file);
    l = line_of(name, version);
    if (l == NULL)
        fail_msg("frozen/%s is not in ids.lock", file);
    (void)snprintf(path, sizeof path, "frozen/%s", file);
    text = read_file(path, &n);
    locked = read_file(l->file, &n_locked);
    if (n != n_locked || memcmp(text, locked, n) != 0)
        fail_msg("%s was changed after it was frozen: schemas/version.sh %s",
                 l->file, name);
    free(text);
    free(locked);
    (void)snprintf(now, sizeof now, "%s.avsc", name);
    a = read_schema(path);
    b = read_schema(now);
    if (!compatible(a, b))
        fail_msg("%s can't be read as %s, or not the other way", now, path);
    json_decref(a);
    json_decref(b);
}

static void
what_is_frozen_stays_and_can_be_read_for_ever(void **state)
{
    DIR *dir = opendir("schemas/frozen");
    const struct dirent *entry;
    int n = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        check_frozen(entry->d_name);
        n++;
    }
    (void)closedir(dir);
    assert_true(n >= REC_N - 1); /* a version of each record */
}

/* Three changes that somebody might make to a record as it is, and one that
 * he may. */
static void
a_real_record_takes_additions_only(void **state)
{
    json_t *now = read_schema("NotificationReceived.avsc"), *changed, *field;
    json_t *list;

    (void)state;
    changed = json_deep_copy(now);
    list = json_object_get(changed, "fields");
    field = json_array_get(list, json_array_size(list) - 1);
    assert_int_equal(json_object_set_new(field, "name", json_string("renamed")),
                     0);
    json_object_del(field, "default"); /* a name without default is kept */
    assert_false(compatible(now, changed));
    json_decref(changed);

    changed = json_deep_copy(now);
    list = json_object_get(changed, "fields");
    assert_int_equal(
        json_array_append_new(
            list, json_pack("{s:s,s:s}", "name", "new_one", "type", "string")),
        0);
    assert_false(compatible(now, changed));
    json_decref(changed);

    changed = json_deep_copy(now);
    list = json_object_get(changed, "fields");
    field = (json_t *)(uintptr_t)field_named(list, "sent_at");
    assert_int_equal(json_object_set_new(field, "type", json_string("int")), 0);
    assert_false(compatible(now, changed));
    json_decref(changed);

    changed = json_deep_copy(now);
    list = json_object_get(changed, "fields");
    assert_int_equal(json_array_append_new(
                         list, json_pack("{s:s,s:[s,s],s:n}", "name", "new_one",
                                         "type", "null", "string", "default")),
                     0);
    assert_true(compatible(now, changed));
    json_decref(changed);
    json_decref(now);
}

#define HEAD "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
#define ID "{\"name\":\"id\",\"type\":\"string\"}"
#define UNIT                                                                   \
    "{\"name\":\"unit\",\"type\":[\"null\",\"string\"],\"default\":null}"

static const char base[] = HEAD ID "," UNIT "]}";

static const struct {
    const char *what;
    const char *schema;
    bool fits;
} changes[] = {
    { "nothing", HEAD ID "," UNIT "]}", true },
    { "a doc",
      HEAD "{\"name\":\"id\",\"type\":\"string\",\"doc\":\"x\"}," UNIT "]}",
      true },
    { "the order", HEAD UNIT "," ID "]}", true },
    { "an optional field more",
      HEAD ID "," UNIT ",{\"name\":\"n\",\"type\":[\"null\",\"int\"],"
              "\"default\":null}]}",
      true },
    { "an optional field less", HEAD ID "]}", true },
    { "a mandatory field more",
      HEAD ID "," UNIT ",{\"name\":\"n\",\"type\":\"int\"}]}", false },
    { "a mandatory field less", HEAD UNIT "]}", false },
    { "a field renamed",
      HEAD "{\"name\":\"key\",\"type\":\"string\"}," UNIT "]}", false },
    { "a type", HEAD "{\"name\":\"id\",\"type\":\"bytes\"}," UNIT "]}", false },
    { "a mandatory field now optional",
      HEAD "{\"name\":\"id\",\"type\":[\"null\",\"string\"],"
           "\"default\":null}," UNIT "]}",
      false },
    { "the order of a union",
      HEAD ID ",{\"name\":\"unit\",\"type\":[\"string\",\"null\"]}]}", false },
    { "the record's name",
      "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" ID "," UNIT "]}",
      false },
};

static void
a_planted_break_is_found(void **state)
{
    json_t *a = json_loads(base, 0, NULL);

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < N_OF(changes); i++) {
        json_t *b = json_loads(changes[i].schema, 0, NULL);

        assert_non_null(b);
        if (compatible(a, b) != changes[i].fits)
            fail_msg("changing %s", changes[i].what);
        json_decref(b);
    }
    json_decref(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schema_says_what_its_struct_says),
        cmocka_unit_test(every_record_begins_with_meta),
        cmocka_unit_test(nothing_personal_stands_outside_the_sealed_block),
        cmocka_unit_test(every_schema_is_locked),
        cmocka_unit_test(no_locked_schema_was_changed),
        cmocka_unit_test(every_version_can_be_read_as_every_other),
        cmocka_unit_test(what_is_frozen_stays_and_can_be_read_for_ever),
        cmocka_unit_test(a_real_record_takes_additions_only),
        cmocka_unit_test(a_planted_break_is_found),
    };

    return cmocka_run_group_tests_name("schemas", tests, load_lock, NULL);
}
