/**
 * What is JSON: a second reading of RFC 8259 for tests to hold the adapter
 * (common/adapters/json.h) against. It shares nothing with it.
 */
#ifndef WAYMARK_TESTS_LIB_RFC8259_H
#define WAYMARK_TESTS_LIB_RFC8259_H

#include <stddef.h>

#define RFC8259_DEPTH_MAX 32 /* lists inside each other */

enum rfc8259 {
    RFC8259_JSON,
    RFC8259_BAD_UTF8,
    /* JSON, but more than the adapter takes: NUL, half a pair of surrogates, a
     * number out of range, too deep. Keys that stand twice are not looked
     * for. */
    RFC8259_OVER_LIMIT,
    RFC8259_NOT_JSON,
};

/** What the `n` bytes at `p` are; one byte order mark may stand before them. */
enum rfc8259 rfc8259_verdict(const char *p, size_t n);

#endif
