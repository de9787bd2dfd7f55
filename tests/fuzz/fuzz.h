/**
 * What fuzz targets share. A target is one file here, fuzz_NAME.c, with
 * LLVMFuzzerTestOneInput: it reads any bytes and holds what comes of them
 * against what must always be true (`always`). Its seeds are in seeds/NAME:
 * texts as they are, bytes as hex in files that end in .hex. What a target once
 * found stays there under a name that says what it was.
 *
 * Targets run from the top of the checkout (run.sh).
 */
#ifndef WAYMARK_TESTS_FUZZ_FUZZ_H
#define WAYMARK_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/str.h"
#include "intake/core/validate.h"
#include "intake/terms.h"

/* Of every target, one of the two is called before the first input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/** End with the place where `fact` was not true. */
#define always(fact) fuzz_always((fact), #fact, __FILE__, __LINE__)
void fuzz_always(bool fact, const char *text, const char *file, int line);

/** Memory for one input; empty at every call. 256 MiB at most. */
struct arena *fuzz_arena(void);

struct str fuzz_str(const uint8_t *data, size_t n);

/* When messages of targets are received: 2026-03-02T12:00:00Z. */
#define FUZZ_NOW INT64_C(1772452800000)

/** Kent's profile, the calendar and the agencies of profiles/. */
const struct terms *fuzz_terms(void);

/**
 * Hold one message against the rules, as each of the four items, and what
 * comes of it against what all results have in common.
 */
void fuzz_validate(struct arena *a, const struct raw_value *raw);

/** Cut a line off `*rest`: what the first one of a target's input says. */
struct str fuzz_line(struct str *rest);

#endif
