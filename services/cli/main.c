/* waymark: the command line tool. main() finds the verb and runs it. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/engine/memory.h"

enum { MEMORY_MAX = 1 << 30 };

static const struct verb *const verbs[] = {
    &verb_send,      &verb_template, &verb_status,    &verb_case,
    &verb_alerts,    &verb_why,      &verb_scorecard, &verb_dead_letters,
    &verb_reconcile, &verb_balance,  &verb_republish, &verb_recover,
    &verb_token,     &verb_profile,  &verb_clock,     &verb_erase,
    &verb_match,     &verb_receipt,  &verb_due,       &verb_handovers,
    &verb_missing,   &verb_caseload, &verb_act,       &verb_ack,
    &verb_queue,     &verb_backtest, &verb_keys,      &verb_simulate,
    &verb_figures,   &verb_rebuild,  &verb_return,    &verb_import,
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static void
help(FILE *to)
{
    fprintf(to, "usage: waymark VERB [WORDS] [--option VALUE]\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-13s %s\n", verbs[i]->name, verbs[i]->help);
    fprintf(to, "\nwaymark VERB --help says more. Exit codes: 0 done, 1 a "
                "check found differences,\n2 usage, 3 the world is not "
                "ready.\n");
}

static const struct verb *
find_verb(const char *name)
{
    for (size_t i = 0; i < N_VERBS; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

int
main(int argc, char **argv)
{
    struct cli cli = { .verb = NULL };
    enum cli_exit code = CLI_USAGE;

    if (argc < 2) {
        help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help(stdout);
        return CLI_DONE;
    }
    cli.verb = find_verb(argv[1]);
    if (cli.verb == NULL) {
        fprintf(stderr, "waymark: there is no verb \"%s\"\n", argv[1]);
        help(stderr);
        return CLI_USAGE;
    }
    cli.arena = memory_open(MEMORY_MAX);
    if (cli.arena == NULL)
        return CLI_WORLD;
    if (cli_read(&cli, argc - 2, argv + 2)) {
        if (cli_flag(&cli, "help")) {
            cli_help(&cli, cli.verb);
            code = CLI_DONE;
        } else {
            code = cli.verb->run(&cli);
        }
    }
    memory_close(cli.arena);
    if (fflush(stdout) != 0 || ferror(stdout))
        code = CLI_WORLD;
    return (int)code;
}
