/**
 * Weights from the data itself, without labels: EM over two classes (same,
 * not the same) with levels independent within a class.
 *
 * The space is all pairs. Those that no key found count as not the same, so
 * the prior is that of all pairs and keys bend no weight. How often two
 * different people agree (u) comes from pairs drawn at random, with a fixed
 * seed; how often the same person does (m) from the found ones. Pairs that a
 * guard speaks against teach nothing: siblings agree in half of everything.
 */
#ifndef WAYMARK_CLI_LINK_TRAIN_H
#define WAYMARK_CLI_LINK_TRAIN_H

#include "cli/link_pairs.h"

struct link_training {
    int rounds;
    double expected; /* pairs that are the same */
    double all;      /* pairs that there are */
};

/** Set prior and weights of *model; its limits and source stay. */
MUST_CHECK enum status link_train(const struct link_people *people,
                                  const struct link_pairs *pairs,
                                  struct linkage_model *model,
                                  struct link_training *out, struct err *err);

#endif
