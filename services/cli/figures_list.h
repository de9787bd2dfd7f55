/**
 * How each published figure is measured: which indicator, over which days,
 * which of its parts. No value stands here; what is published is read from a
 * file, what is counted comes from metrics.
 */
#ifndef WAYMARK_CLI_FIGURES_LIST_H
#define WAYMARK_CLI_FIGURES_LIST_H

#include <stddef.h>

enum figure_op {
    FIGURE_SUM = 1,    /* numerators of the parts */
    FIGURE_OF,         /* denominators of the part */
    FIGURE_PERCENT,    /* numerators of the parts / denominators of one */
    FIGURE_SHARE,      /* numerators of the parts / those of all parts */
    FIGURE_TOP,        /* the part of the kind with the most, of the base */
    FIGURE_EACH,       /* numerators of the part / those of part `of` */
    FIGURE_WEEKS,      /* days of the part a case, in weeks */
    FIGURE_BAND,       /* numerators of an age band */
    FIGURE_BAND_SHARE, /* of all bands */
    FIGURE_GRADES,     /* grades of a judgement, in rising order */
    FIGURE_ABOVE,      /* districts above the average, and their days open */
    FIGURE_TOP_PLACES, /* the two districts with the most */
    FIGURE_TOP_NEEDS,  /* the three parts with the most, by district */
    FIGURE_LEVELS,     /* lowest and highest at the ends of the months */
    FIGURE_TABLE,      /* by district, to be read */
    FIGURE_OBSERVED,   /* somebody else counted it: `part` is its indicator,
                          with ":change" or ":target" where it is one, `side`
                          the area, `of` the breakdown */
    FIGURE_STATED,     /* a target or the like: nothing to count */
};

struct measure {
    const char *figure; /* "EIS-02" */
    /* Where its published value stands, below "value" or "rows": members and
     * positions with '>' between; "" for the whole. */
    const char *path;
    const char *kpi;
    const char *side; /* NULL: all */
    const char *part; /* several with ';' between; NULL: all; a beginning of
                         parts where the op says so; an age band */
    const char *of;   /* FIGURE_EACH: the part below; FIGURE_TOP: what the
                         published label stands for */
    const char *from, *to; /* days, both included */
    enum figure_op op;
};

/* A report that contradicts itself, or a reading of it. */
struct figure_note {
    const char *figure;
    int contradiction; /* its number, from 1; 0: a note */
    const char *text;
};

extern const struct measure measures[];
extern const size_t measures_n;
extern const struct figure_note figure_notes[];
extern const size_t figure_notes_n;

#endif
