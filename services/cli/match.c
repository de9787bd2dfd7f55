/* waymark match: record linkage on any files; weights without labels. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/link_children.h"
#include "cli/link_decide.h"
#include "cli/link_file.h"
#include "cli/link_pairs.h"
#include "cli/link_train.h"
#include "cli/link_weights.h"
#include "cli/verbs.h"
#include "common/adapters/csv.h"
#include "common/adapters/json.h"
#include "common/engine/monotonic.h"

#define PROBABILITY "%.6f"

enum mode { MODE_LINK, MODE_DEDUPE, MODE_TRAIN, MODE_N };

static const char *const modes[MODE_N] = {
    [MODE_LINK] = "link",
    [MODE_DEDUPE] = "dedupe",
    [MODE_TRAIN] = "train",
};

struct work {
    struct cli *cli;
    enum mode mode;
    struct link_people people;
    struct link_pairs pairs;
    struct linkage_model model;
    struct link_training training;
    struct links links;
    FILE *reviews; /* or NULL */
    int64_t area;  /* children who live there; 0: the records are in files */
    int64_t started_ms;
};

/* ---- showing ----------------------------------------------------------- */

static double
probability(int32_t total)
{
    return 1 / (1 + exp2(-total / 1000.0));
}

static void
put_row(const struct work *w, FILE *to, const struct link *l)
{
    csv_put(to, ',', w->people.ids[l->a]);
    (void)fputc(',', to);
    csv_put(to, ',', w->people.ids[l->b]);
    fprintf(to, "," PROBABILITY, probability(l->total));
}

static void
print_evidence(struct json_out *o, const struct work *w, const struct link *l)
{
    struct linkage_evidence e =
        linkage_compare(&w->model, &w->people.at[l->a], &w->people.at[l->b]);

    json_out_kint(o, "total_millibits", e.total);
    json_out_kint(o, "prior_millibits", w->model.prior);
    json_out_key(o, "evidence");
    json_out_array(o);
    for (size_t f = 0; f < LINKAGE_N; f++) {
        if (e.level[f] == LEVEL_MISSING)
            continue;
        json_out_object(o);
        json_out_kcstr(o, "field", linkage_fields[f]);
        json_out_kcstr(o, "level", linkage_levels[e.level[f]]);
        json_out_kint(o, "weight_millibits", e.weight[f]);
        json_out_object_end(o);
    }
    json_out_array_end(o);
}

static void
print_json(const struct work *w, const struct link *l)
{
    struct json_out o;
    char text[32];

    json_out_init(&o, NULL);
    json_out_object(&o);
    json_out_kstr(&o, "id_a", w->people.ids[l->a]);
    json_out_kstr(&o, "id_b", w->people.ids[l->b]);
    json_out_key(&o, "probability");
    snprintf(text, sizeof text, PROBABILITY, probability(l->total));
    json_out_number(&o, text);
    json_out_kbool(&o, "chained", l->chained);
    print_evidence(&o, w, l);
    json_out_object_end(&o);
    printf("%.*s\n", STR_ARG(json_out_text(&o)));
    json_out_free(&o);
}

static void
print_links(const struct work *w)
{
    bool json = cli_flag(w->cli, "json");

    if (!json)
        printf("id_a,id_b,probability\n");
    if (w->reviews != NULL)
        fprintf(w->reviews, "id_a,id_b,probability,guard\n");
    for (size_t i = 0; i < w->links.n; i++) {
        const struct link *l = &w->links.at[i];

        if (l->outcome == LINKAGE_SAME && json) {
            print_json(w, l);
        } else if (l->outcome == LINKAGE_SAME) {
            put_row(w, stdout, l);
            printf("\n");
        } else if (w->reviews != NULL) {
            put_row(w, w->reviews, l);
            fprintf(w->reviews, ",%s\n", linkage_guards[l->guard]);
        }
    }
}

/* What it took, on stderr: stdout is data. */
static void
say_summary(const struct work *w)
{
    size_t same = 0, review = 0;

    for (size_t i = 0; i < w->links.n; i++) {
        same += w->links.at[i].outcome == LINKAGE_SAME;
        review += w->links.at[i].outcome == LINKAGE_REVIEW;
    }
    fprintf(stderr,
            "match: %zu records%s, %" PRIu64 " pairs compared, %zu kept; "
            "%d rounds; %zu links, %zu for people to look at; %" PRId64 " ms\n",
            w->people.n, w->people.children ? " of children" : "",
            w->pairs.compared, w->pairs.n, w->training.rounds, same, review,
            monotonic_ms() - w->started_ms);
    if (w->pairs.cut)
        fprintf(stderr,
                "match: more than %d likely pairs: the rest was left out\n",
                LINK_PAIRS_MAX);
}

/* ---- working ----------------------------------------------------------- */

static enum status
read_files(struct work *w, struct err *err)
{
    const char *map = cli_text(w->cli, "map");
    enum status rc = ST_OK;

    for (size_t i = 1; rc == ST_OK && i < w->cli->n_words; i++) {
        rc = link_read(&w->people, w->cli->words[i], map, w->cli->arena, err);
        if (i == 1)
            w->people.n_first = w->people.n;
    }
    return rc == ST_OK ? link_count(&w->people, err) : rc;
}

static enum status
read_children(struct work *w, struct err *err)
{
    struct pg *pg = NULL;
    int32_t shard = -1;
    enum status rc = cli_shard(w->cli, &shard, err);

    if (rc == ST_OK)
        rc = cli_pg(w->cli, &pg, err);
    if (rc == ST_OK)
        rc = link_children_read(&w->people, pg, shard, w->cli->arena, err);
    pg_close(pg);
    return rc == ST_OK ? link_count(&w->people, err) : rc;
}

static enum status
set_weights(struct work *w, struct err *err)
{
    const char *weights = cli_text(w->cli, "weights");

    if (weights != NULL)
        return link_weights_read(weights, &w->model, w->cli->arena, err);
    w->model.source = STR("EM on the files, without labels");
    return link_train(&w->people, &w->pairs, &w->model, &w->training, err);
}

static enum status
decide(struct work *w, struct err *err)
{
    struct link_rules rules = {
        .one_to_one = cli_flag(w->cli, "one-to-one"),
        .chains = w->mode == MODE_DEDUPE,
    };

    return link_decide(&w->people, &w->pairs, &w->model, &rules, &w->links,
                       err);
}

static void
set_children(struct work *w)
{
    const char *people = cli_text(w->cli, "people");

    w->people.children = strcmp(people, "children") == 0 ||
                         (strcmp(people, "auto") == 0 &&
                          link_are_children(&w->people, w->cli->arena));
    w->model.children = w->people.children;
}

static bool
has_no_pairs(const struct work *w)
{
    const struct link_people *p = &w->people;

    return p->n < 2 ||
           (w->cli->n_words > 2 && (p->n_first == 0 || p->n_first == p->n));
}

static enum status
work(struct work *w, struct err *err)
{
    enum status rc = w->area > 0 ? read_children(w, err) : read_files(w, err);

    if (rc == ST_OK && has_no_pairs(w) && w->area == 0)
        return ST_OK;
    if (rc == ST_OK && w->area == 0)
        set_children(w);
    if (rc == ST_OK)
        rc = link_pairs_find(&w->people, &w->pairs, err);
    if (rc == ST_OK)
        rc = set_weights(w, err);
    if (rc == ST_OK && w->mode != MODE_TRAIN)
        rc = decide(w, err);
    return rc;
}

/* ---- the verb ---------------------------------------------------------- */

static bool
read_mode(struct work *w)
{
    static const size_t files[MODE_N][2] = {
        [MODE_LINK] = { 2, 2 },
        [MODE_DEDUPE] = { 1, 1 },
        [MODE_TRAIN] = { 0, 2 },
    };
    size_t n = w->cli->n_words - 1;

    for (size_t m = 0; m < MODE_N; m++)
        if (strcmp(w->cli->words[0], modes[m]) == 0 && n >= files[m][0] &&
            n <= files[m][1]) {
            w->mode = (enum mode)m;
            return true;
        }
    (void)cli_usage(w->cli,
                    "want link A.csv B.csv, dedupe A.csv or train A.csv");
    return false;
}

/* Without a file it is the authority's own children, of so many. */
static bool
read_area(struct work *w)
{
    const char *text = cli_text(w->cli, "area");
    char *end = NULL;

    if (w->mode != MODE_TRAIN || w->cli->n_words > 1)
        return true;
    if (text != NULL)
        w->area = strtoll(text, &end, 10);
    if (cli_text(w->cli, "authority") != NULL && text != NULL && end != text &&
        *end == '\0' && w->area >= 2 && w->area <= LINK_AREA_MOST)
        return true;
    (void)cli_usage(w->cli, "train without a file: want --authority A and "
                            "--area N, the children who live there");
    return false;
}

/* From "0.99" to millibits, rounded up: no pair below it is let through. */
static bool
read_threshold(struct work *w)
{
    const char *text = cli_text(w->cli, "threshold");
    char *end;
    double p = strtod(text, &end);

    if (end == text || *end != '\0' || !(p > 0.5) || !(p < 1)) {
        (void)cli_usage(w->cli,
                        "--threshold \"%s\": want more than 0.5, less than 1",
                        text);
        return false;
    }
    w->model.same_from = (int32_t)ceil(log2(p / (1 - p)) * 1000);
    return true;
}

static bool
check_people(const struct cli *cli)
{
    const char *people = cli_text(cli, "people");

    if (strcmp(people, "children") == 0 || strcmp(people, "any") == 0 ||
        strcmp(people, "auto") == 0)
        return true;
    (void)cli_usage(cli, "--people \"%s\": want children, any or auto", people);
    return false;
}

static enum cli_exit
run(struct cli *cli)
{
    struct work w = { .cli = cli,
                      .model = linkage_default,
                      .started_ms = monotonic_ms() };
    const char *reviews = cli_text(cli, "reviews");
    struct err err = { .code = "" };
    enum status rc;

    if (!read_mode(&w) || !read_area(&w) || !read_threshold(&w) ||
        !check_people(cli))
        return CLI_USAGE;
    if (reviews != NULL && (w.reviews = fopen(reviews, "w")) == NULL)
        return cli_usage(cli, "--reviews: %s can't be written", reviews);
    rc = work(&w, &err);
    if (rc == ST_OK && w.area > 0)
        link_children_print(stdout, &w.model, w.people.n, w.area);
    else if (rc == ST_OK && w.mode == MODE_TRAIN)
        link_weights_print(stdout, &w.model);
    else if (rc == ST_OK)
        print_links(&w);
    if (rc == ST_OK)
        say_summary(&w);
    if (w.reviews != NULL && fclose(w.reviews) != 0 && rc == ST_OK)
        rc = err_set(&err, ST_RETRY, "file", "%s can't be written", reviews);
    links_free(&w.links);
    link_pairs_free(&w.pairs);
    link_free(&w.people);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_match = {
    .name = "match",
    .words = "link A.csv B.csv | dedupe A.csv | train [A.csv [B.csv]]",
    .help = "records of one person, within a file or across two",
    .min_words = 1,
    .max_words = 3,
    .options = {
        { .name = "map", .value = "COLUMN=HEADING,...",
          .help = "what the file calls a column" },
        { .name = "threshold", .value = "P", .dflt = "0.99",
          .help = "least probability of a link" },
        { .name = "one-to-one",
          .help = "nobody is in a file twice" },
        { .name = "people", .value = "WHO", .dflt = "auto",
          .help = "children, any, or auto: by their dates of birth" },
        { .name = "weights", .value = "FILE",
          .help = "of `match train`, in place of training" },
        { .name = "authority", .value = "A",
          .help = "train on what was told of its own children" },
        { .name = "area", .value = "N",
          .help = "with it: how many children live there" },
        { .name = "reviews", .value = "FILE",
          .help = "CSV of pairs for people to look at" },
    },
    .prints_data = true,
    .run = run,
};
