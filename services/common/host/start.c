#include "common/host/start.h"

#include <signal.h>
#include <string.h>

#include "common/adapters/pg_store.h"
#include "common/core/record.h"
#include "common/engine/log.h"
#include "common/engine/monotonic.h"

enum { TRY_MS = 5000, PAUSE_MS = 200 };

static enum status
ensure_topics(const struct start_options *o, struct err *err)
{
    const char *names[TOPIC_N];
    struct kafka_topics topics = { .names = names,
                                   .partitions = o->partitions,
                                   .replication = o->replication,
                                   .timeout_ms = TRY_MS };

    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        names[topics.n++] = topic_name((enum topic)t);
    return kafka_ensure_topics(&o->conn, &topics, err);
}

static bool
stop_asked(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 ||
           sigismember(&pending, SIGINT) == 1;
}

enum status
start_world(const struct start_options *o,
            char cluster_id[KAFKA_CLUSTER_ID_SIZE], struct err *err)
{
    bool schema = false, topics = false, said = false;

    for (;;) {
        enum status rc = ST_OK;

        if (!schema) {
            rc = pg_store_migrate(o->conninfo, o->schema, o->service, err);
            schema = rc == ST_OK;
        }
        if (rc == ST_OK && !topics) {
            rc = ensure_topics(o, err);
            topics = rc == ST_OK;
        }
        if (rc == ST_OK)
            rc = kafka_cluster_id(&o->conn, TRY_MS, cluster_id, err);
        if (rc != ST_RETRY || stop_asked())
            return rc;
        if (!said)
            log_warn("start_waits", "code=%s why=\"%s\"", err->code,
                     err->text);
        said = true;
        monotonic_pause(PAUSE_MS);
    }
}
