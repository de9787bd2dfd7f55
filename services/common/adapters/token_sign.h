/**
 * Tokens of an agency, as intake's door wants them (intake/token.h): JWTs
 * signed with its private key.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_TOKEN_SIGN_H
#define WAYMARK_COMMON_ADAPTERS_TOKEN_SIGN_H

#include <stdint.h>

#include "common/adapters/pubkey.h"
#include "common/core/arena.h"

struct token_terms {
    const char *agency;   /* who says so */
    const char *audience; /* the door's name */
    const char *kid;      /* NULL: the agency has one key */
    int64_t seconds;      /* it is good for so long from now */
};

/**
 * A token with a jti of its own, good from now by the wall clock; its text is
 * in `arena`. Null where nothing could be signed. libsodium is initialised.
 */
struct str token_sign(const struct signkey *key,
                      const struct token_terms *terms, struct arena *arena);

#endif
