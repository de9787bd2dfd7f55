/**
 * What a return could not be filled with as it stands, child by child: told
 * before the file is written (domain.md section 10, docs/returns.md).
 */
#ifndef WAYMARK_CLI_CORE_FINDING_H
#define WAYMARK_CLI_CORE_FINDING_H

#include "common/core/arena.h"
#include "common/core/field.h"
#include "common/core/id.h"
#include "common/core/time.h"

/* What became of it. */
enum finding_weight {
    FINDING_TAKEN = 1, /* the file says what its guide has for "not known" */
    FINDING_LEFT_OUT,  /* that part isn't in the file */
    FINDING_ASK,       /* the file says it; who gets it will ask about it */
    FINDING_STOPS,     /* the child can't be in a file that validates */
};
extern const struct codes codes_finding_weight;

struct finding {
    int weight; /* enum finding_weight */
    struct id child_id;
    struct id case_id; /* none: about the child itself */
    const char *item;  /* element or column of the file */
    date_d on;         /* the day that it is about; DATE_NONE: none */
    const char *why;   /* with the number of the rule, if it has one */
};

/* Grows in the arena; begins as all zeros. */
struct findings {
    struct finding *at;
    size_t n;
    size_t room; /* internal */
};

/** Append one. Texts are borrowed. */
void findings_add(struct arena *arena, struct findings *list,
                  const struct finding *finding);

#endif
