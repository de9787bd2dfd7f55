#include "common/host/exit_code.h"

#include <stddef.h>
#include <string.h>

int
exit_code_of(const char *err_code)
{
    static const struct {
        const char *code;
        enum exit_code exit;
    } rows[] = {
        { "gap", EXIT_GAP },       { "fork", EXIT_FORK },
        { "schema", EXIT_SCHEMA }, { "restore", EXIT_RESTORE },
        { "config", EXIT_CONFIG }, { "kills", EXIT_KILLS },
        { "rights", EXIT_WORLD },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].code, err_code) == 0)
            return (int)rows[i].exit;
    return EXIT_BUG;
}
