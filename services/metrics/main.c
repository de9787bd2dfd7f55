#include "common/host/host.h"
#include "metrics/core/metrics.h"

int
main(int argc, char **argv)
{
    return host_main(&metrics_service, argc, argv);
}
