/**
 * The cores that the checker replays. The tool is the one program that links
 * several services' cores; it calls them only through struct service_def.
 */
#ifndef WAYMARK_CLI_SERVICES_H
#define WAYMARK_CLI_SERVICES_H

#include <stddef.h>

#include "common/core/service.h"

/* In the order of the flow. */
extern const struct service_def *const cli_services[];
extern const size_t cli_services_n;

#endif
