#include "common/adapters/token_sign.h"

#include <sodium.h>
#include <time.h>

#include "common/adapters/json.h"

enum { JTI_BYTES = 16 };

static struct str
base64url(struct str bytes, struct arena *arena)
{
    size_t room = sodium_base64_encoded_len(
        bytes.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *to = arena_alloc(arena, room);

    (void)sodium_bin2base64(to, room, (const unsigned char *)bytes.p, bytes.n,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_of(to);
}

static struct str
header_of(const struct signkey *key, const char *kid, struct arena *arena)
{
    struct json_out o;

    json_out_init(&o, arena);
    json_out_object(&o);
    json_out_kcstr(&o, "alg", signkey_algorithm(key));
    json_out_kcstr(&o, "typ", "JWT");
    if (kid != NULL)
        json_out_kcstr(&o, "kid", kid);
    json_out_object_end(&o);
    return base64url(json_out_text(&o), arena);
}

static struct str
claims_of(const struct token_terms *terms, struct arena *arena)
{
    char jti[2 * JTI_BYTES + 1];
    uint8_t drawn[JTI_BYTES];
    struct json_out o;

    randombytes_buf(drawn, sizeof drawn);
    (void)sodium_bin2hex(jti, sizeof jti, drawn, sizeof drawn);
    json_out_init(&o, arena);
    json_out_object(&o);
    json_out_kcstr(&o, "iss", terms->agency);
    json_out_kcstr(&o, "sub", terms->agency);
    json_out_kcstr(&o, "aud", terms->audience);
    json_out_kint(&o, "exp", (int64_t)time(NULL) + terms->seconds);
    json_out_kcstr(&o, "jti", jti);
    json_out_object_end(&o);
    return base64url(json_out_text(&o), arena);
}

struct str
token_sign(const struct signkey *key, const struct token_terms *terms,
           struct arena *arena)
{
    struct str header = header_of(key, terms->kid, arena);
    struct str claims = claims_of(terms, arena);
    struct str content =
        arena_printf(arena, "%.*s.%.*s", STR_ARG(header), STR_ARG(claims));
    uint8_t bytes[SIGNATURE_BYTES_MAX];
    struct str signature = { .p = (const char *)bytes };

    signature.n = signkey_sign(key, content, bytes);
    if (signature.n == 0)
        return STR_NULL;
    signature = base64url(signature, arena);
    return arena_printf(arena, "%.*s.%.*s", STR_ARG(content),
                        STR_ARG(signature));
}
