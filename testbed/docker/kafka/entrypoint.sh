#!/bin/sh
# KAFKA_LOG_DIRS=x becomes log.dirs=x, as in apache/kafka.
set -eu
conf=/var/lib/kafka/server.properties
env | sed -n 's/^KAFKA_//p' | grep -v -E '^(HEAP_OPTS|OPTS)=' |
    while IFS='=' read -r key value; do
        key=$(printf %s "$key" | tr '_A-Z' '.a-z')
        printf '%s=%s\n' "$key" "$value"
    done >"$conf"
# The JVM itself reads the star.
set -f
# shellcheck disable=SC2086
set -- java ${KAFKA_HEAP_OPTS:--Xmx256m} -XX:+UseSerialGC \
    -XX:TieredStopAtLevel=1 \
    -Dlog4j2.configurationFile=file:/opt/kafka/log4j2.xml \
    -cp '/opt/kafka/libs/*'
"$@" kafka.tools.StorageTool format --ignore-formatted -c "$conf" \
    -t "${CLUSTER_ID:-AAAAAAAAAAAAAAAAAAAAAA}"
exec "$@" kafka.Kafka "$conf"
