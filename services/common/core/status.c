#include "common/core/status.h"

const char *
status_name(enum status st)
{
    switch (st) {
    case ST_OK:
        return "ok";
    case ST_REJECT:
        return "reject";
    case ST_RETRY:
        return "retry";
    case ST_FATAL:
        return "fatal";
    }
    return "unknown";
}
