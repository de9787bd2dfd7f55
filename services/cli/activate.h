/** waymark profile activate: a part of verb `profile` (profile.c). */
#ifndef WAYMARK_CLI_ACTIVATE_H
#define WAYMARK_CLI_ACTIVATE_H

#include "cli/cli.h"

/**
 * Put the file that words[1] names into force, by --by and --second: a profile,
 * a calendar or a staff list, told by its members. One that does not check is
 * not sent.
 */
enum cli_exit activate_run(struct cli *cli);

#endif
