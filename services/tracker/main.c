#include "common/host/host.h"
#include "tracker/core/tracker.h"

int
main(int argc, char **argv)
{
    return host_main(&tracker_service, argc, argv);
}
