#include "common/host/host.h"
#include "triage/core/triage.h"

int
main(int argc, char **argv)
{
    return host_main(&triage_service, argc, argv);
}
