#include "cli/services.h"

#include "metrics/core/metrics.h"
#include "notifier/core/notifier.h"
#include "tracker/core/tracker.h"
#include "triage/core/triage.h"

const struct service_def *const cli_services[] = {
    &triage_service,
    &tracker_service,
    &metrics_service,
    &notifier_service,
};
const size_t cli_services_n = sizeof cli_services / sizeof cli_services[0];
