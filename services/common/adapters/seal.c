#include "common/adapters/seal.h"

#include <sodium.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    MASTER_ID_BYTES = 8,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    WRAPPED_NONCE_AT = 1 + MASTER_ID_BYTES,
    WRAPPED_AT = WRAPPED_NONCE_AT + SEAL_NONCE_BYTES,
    SEALED_AT = 1 + SEAL_NONCE_BYTES,
    FILE_MAX = 4096,
};

_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
               "a key is the cipher's");
_Static_assert(SEAL_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
               "a nonce is the cipher's");
_Static_assert(SEAL_WRAPPED_BYTES == WRAPPED_AT + SEAL_KEY_BYTES + TAG_BYTES,
               "a wrapped key is its parts");
_Static_assert(SEAL_EXTRA_BYTES == SEALED_AT + TAG_BYTES,
               "what sealing adds is its parts");

struct master {
    uint8_t id[MASTER_ID_BYTES];
    uint8_t key[SEAL_KEY_BYTES];
};

struct seal {
    size_t n;
    struct master at[SEAL_MASTERS_MAX];
};

/* What the tag vouches for beside the bytes; the use comes first, so that a
 * wrapped key never passes for sealed bytes. */
struct bound {
    uint8_t use;
    uint8_t version;
    uint8_t key_id[16]; /* or the first of the range */
    /* Id of the record; or of the master key, shard and digits. */
    uint8_t other[16];
};

_Static_assert(sizeof(struct bound) == 34, "no byte is left out");

static struct bound
bind_wrapped(const struct seal_range *range,
             const uint8_t master_id[MASTER_ID_BYTES])
{
    struct bound b = { .use = 'k', .version = VERSION };
    uint8_t *behind = b.other + MASTER_ID_BYTES;

    memcpy(b.key_id, range->first.b, sizeof b.key_id);
    memcpy(b.other, master_id, MASTER_ID_BYTES);
    for (int i = 0; i < 4; i++)
        behind[i] = (uint8_t)((uint32_t)range->shard >> (24 - 8 * i) & 0xff);
    behind[4] = (uint8_t)range->digits;
    return b;
}

static struct bound
bind_sealed(const struct seal_name *name)
{
    struct bound b = { .use = 'p', .version = VERSION };

    memcpy(b.key_id, name->key_id.b, sizeof b.key_id);
    memcpy(b.other, name->record_id.b, sizeof b.other);
    return b;
}

/* ---- the file of master keys --------------------------------------------- */

/* A reason never holds anything of the file's. */
static enum status
no_file(struct err *err, const char *path, const char *why)
{
    return err_set(err, ST_REJECT, "config", "%s: %s", path, why);
}

static enum status
check_file(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return no_file(err, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return no_file(err, path, "want a plain file");
    if ((st.st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return no_file(err, path,
                       "others may read it or its group write it: want "
                       "mode 0400, 0440, 0600 or 0640");
    return ST_OK;
}

static enum status
read_file(const char *path, char text[FILE_MAX], size_t *n, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum status rc;
    ssize_t got = 1;

    *n = 0;
    if (fd < 0)
        return no_file(err, path, strerror(errno));
    rc = check_file(fd, path, err);
    while (rc == ST_OK && got > 0 && *n < FILE_MAX) {
        got = read(fd, text + *n, FILE_MAX - *n);
        if (got > 0)
            *n += (size_t)got;
        else if (got < 0 && errno != EINTR)
            rc = no_file(err, path, strerror(errno));
        else if (got < 0)
            got = 1;
    }
    if (rc == ST_OK && *n == FILE_MAX)
        rc = no_file(err, path, "too long to be master keys");
    close(fd);
    return rc;
}

/* 32 bytes as hex, or as base64 of either alphabet. */
static bool
read_key(struct str line, uint8_t key[SEAL_KEY_BYTES])
{
    static const int variants[] = { sodium_base64_VARIANT_ORIGINAL,
                                    sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                                    sodium_base64_VARIANT_URLSAFE,
                                    sodium_base64_VARIANT_URLSAFE_NO_PADDING };
    size_t n = 0;

    if (line.n == (size_t)2 * SEAL_KEY_BYTES)
        return sodium_hex2bin(key, SEAL_KEY_BYTES, line.p, line.n, NULL, &n,
                              NULL) == 0 &&
               n == SEAL_KEY_BYTES;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (sodium_base642bin(key, SEAL_KEY_BYTES, line.p, line.n, NULL, &n,
                              NULL, variants[i]) == 0 &&
            n == SEAL_KEY_BYTES)
            return true;
    return false;
}

static void
name_master(struct master *m)
{
    static const unsigned char use[] = "waymark master key";
    int rc = crypto_generichash(m->id, sizeof m->id, use, sizeof use, m->key,
                                sizeof m->key);

    assert(rc == 0);
    (void)rc;
}

static const struct master *
find_master(const struct seal *seal, const uint8_t id[MASTER_ID_BYTES])
{
    for (size_t i = 0; i < seal->n; i++)
        if (memcmp(seal->at[i].id, id, MASTER_ID_BYTES) == 0)
            return &seal->at[i];
    return NULL;
}

/* Why the line is no further master key; NULL where it is one. */
static const char *
add_master(struct seal *seal, struct str line)
{
    struct master *m = &seal->at[seal->n];

    if (seal->n == SEAL_MASTERS_MAX)
        return "too many master keys";
    if (!read_key(line, m->key))
        return "want 32 bytes as 64 hex digits or as base64";
    if (sodium_is_zero(m->key, sizeof m->key))
        return "the key is nothing but zeros";
    name_master(m);
    if (find_master(seal, m->id) != NULL)
        return "the same key stands there twice";
    seal->n++;
    return NULL;
}

static struct str
trim(struct str s)
{
    while (s.n > 0 && strchr(" \t\r", s.p[s.n - 1]) != NULL)
        s.n--;
    while (s.n > 0 && strchr(" \t", s.p[0]) != NULL) {
        s.p++;
        s.n--;
    }
    return s;
}

static enum status
read_masters(struct seal *seal, const char *path, struct str text,
             struct err *err)
{
    size_t at = 0;

    for (int number = 1; at < text.n; number++) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        size_t n = end == NULL ? text.n - at : (size_t)(end - text.p) - at;
        struct str line = trim((struct str){ text.p + at, n });
        const char *why = NULL;

        at += n + 1;
        if (line.n > 0 && line.p[0] != '#')
            why = add_master(seal, line);
        if (why != NULL)
            return err_set(err, ST_REJECT, "config", "%s line %d: %s", path,
                           number, why);
    }
    if (seal->n == 0)
        return no_file(err, path, "no master key in it");
    return ST_OK;
}

enum status
seal_open(const char *path, struct seal **out, struct err *err)
{
    struct seal *seal;
    char text[FILE_MAX];
    enum status rc;
    size_t n;

    *out = NULL;
    if (sodium_init() < 0)
        return err_set(err, ST_FATAL, "sodium", "libsodium can't start");
    seal = sodium_malloc(sizeof *seal);
    if (seal == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for master keys");
    memset(seal, 0, sizeof *seal);
    rc = read_file(path, text, &n, err);
    if (rc == ST_OK)
        rc = read_masters(seal, path, (struct str){ text, n }, err);
    sodium_memzero(text, sizeof text);
    if (rc != ST_OK) {
        sodium_free(seal);
        return rc;
    }
    (void)sodium_mprotect_readonly(seal);
    *out = seal;
    return ST_OK;
}

void
seal_close(struct seal *seal)
{
    sodium_free(seal);
}

/* ---- keys ---------------------------------------------------------------- */

void
seal_draw(void *out, size_t size)
{
    randombytes_buf(out, size);
}

void
seal_forget(void *secret, size_t size)
{
    sodium_memzero(secret, size);
}

/* Encrypts into `to`, which has room for the tag as well. */
static void
encrypt(uint8_t *to, struct str plain, const struct bound *bound,
        const uint8_t *nonce, const uint8_t *key)
{
    int rc = crypto_aead_xchacha20poly1305_ietf_encrypt(
        to, NULL, (const unsigned char *)plain.p, plain.n,
        (const unsigned char *)bound, sizeof *bound, NULL, nonce, key);

    assert(rc == 0);
    (void)rc;
}

static bool
decrypt(uint8_t *to, const uint8_t *from, size_t n, const struct bound *bound,
        const uint8_t *nonce, const uint8_t *key)
{
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               to, NULL, NULL, from, n, (const unsigned char *)bound,
               sizeof *bound, nonce, key) == 0;
}

struct str
seal_wrap(const struct seal *seal, const struct seal_range *range,
          const struct seal_key *key, const uint8_t nonce[SEAL_NONCE_BYTES],
          struct arena *arena)
{
    const struct master *m = &seal->at[0];
    struct bound bound = bind_wrapped(range, m->id);
    uint8_t *to = arena_alloc(arena, SEAL_WRAPPED_BYTES);

    to[0] = VERSION;
    memcpy(to + 1, m->id, MASTER_ID_BYTES);
    memcpy(to + WRAPPED_NONCE_AT, nonce, SEAL_NONCE_BYTES);
    encrypt(to + WRAPPED_AT,
            (struct str){ (const char *)key->b, SEAL_KEY_BYTES }, &bound, nonce,
            m->key);
    return (struct str){ (const char *)to, SEAL_WRAPPED_BYTES };
}

static enum status
check_version(struct str bytes, const char *what, struct err *err)
{
    if (bytes.n > 0 && (uint8_t)bytes.p[0] != VERSION)
        return err_set(err, ST_FATAL, "format",
                       "%s has version %d, this program knows %d", what,
                       (uint8_t)bytes.p[0], VERSION);
    return ST_OK;
}

enum status
seal_unwrap(const struct seal *seal, const struct seal_range *range,
            struct str wrapped, struct seal_key *out, struct err *err)
{
    const uint8_t *p = (const uint8_t *)wrapped.p;
    const struct master *m;
    struct bound bound;
    enum status rc;

    if (p == NULL)
        return err_set(err, ST_REJECT, "erased", "the key was erased");
    rc = check_version(wrapped, "the wrapped key", err);
    if (rc != ST_OK)
        return rc;
    if (wrapped.n != SEAL_WRAPPED_BYTES)
        return err_set(err, ST_REJECT, "format",
                       "a wrapped key of %zu bytes: want %d", wrapped.n,
                       SEAL_WRAPPED_BYTES);
    m = find_master(seal, p + 1);
    if (m == NULL)
        return err_set(err, ST_FATAL, "sealed",
                       "the master key that wrapped it is not in the file");
    bound = bind_wrapped(range, m->id);
    if (!decrypt(out->b, p + WRAPPED_AT, wrapped.n - WRAPPED_AT, &bound,
                 p + WRAPPED_NONCE_AT, m->key))
        return err_set(err, ST_REJECT, "sealed",
                       "the wrapped key is another's, or was changed");
    return ST_OK;
}

bool
seal_is_current(const struct seal *seal, struct str wrapped)
{
    return wrapped.n == SEAL_WRAPPED_BYTES && wrapped.p[0] == VERSION &&
           memcmp(wrapped.p + 1, seal->at[0].id, MASTER_ID_BYTES) == 0;
}

/* ---- what they seal ------------------------------------------------------ */

struct str
seal_write(const struct seal_key *key, const struct seal_name *name,
           const uint8_t nonce[SEAL_NONCE_BYTES], struct str plain,
           struct arena *arena)
{
    struct bound bound = bind_sealed(name);
    uint8_t *to = arena_alloc(arena, plain.n + SEAL_EXTRA_BYTES);

    to[0] = VERSION;
    memcpy(to + 1, nonce, SEAL_NONCE_BYTES);
    encrypt(to + SEALED_AT, plain, &bound, nonce, key->b);
    return (struct str){ (const char *)to, plain.n + SEAL_EXTRA_BYTES };
}

enum status
seal_read(const struct seal_key *key, const struct seal_name *name,
          struct str sealed, struct arena *arena, struct str *out,
          struct err *err)
{
    const uint8_t *p = (const uint8_t *)sealed.p;
    struct bound bound = bind_sealed(name);
    enum status rc = check_version(sealed, "the sealed field", err);
    uint8_t *plain;

    if (rc != ST_OK)
        return rc;
    if (sealed.n < SEAL_EXTRA_BYTES)
        return err_set(err, ST_REJECT, "format",
                       "a sealed field of %zu bytes: want %d or more", sealed.n,
                       SEAL_EXTRA_BYTES);
    plain = arena_alloc(arena, sealed.n - SEAL_EXTRA_BYTES);
    if (!decrypt(plain, p + SEALED_AT, sealed.n - SEALED_AT, &bound, p + 1,
                 key->b))
        return err_set(err, ST_REJECT, "sealed",
                       "the key is another's, or the field was changed");
    *out = (struct str){ (const char *)plain, sealed.n - SEAL_EXTRA_BYTES };
    return ST_OK;
}
