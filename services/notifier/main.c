#include "common/host/host.h"
#include "notifier/core/notifier.h"

int
main(int argc, char **argv)
{
    return host_main(&notifier_service, argc, argv);
}
