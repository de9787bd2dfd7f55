# shellcheck shell=bash
# Kafka brokers of one bed, in the folder $kafka: settings, data, log and
# record of node N are N.properties, N/, N.log and N.pid. Node N answers on
# $base+10(N-1), its controller one port above. Sourced by bed.sh and
# install.sh, which set $here (this folder), $jars, $kafka, $base and $brokers.
# shellcheck disable=SC2154

kafka_words() # Sets $java, the command in front of a main class.
{
    local path
    path=$(printf '%s\n' "$jars"/*.jar | LC_ALL=C sort | paste -sd:)
    java=(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms64m
        "-Xmx${WAYMARK_KAFKA_HEAP:-128m}" -XX:-UsePerfData
        -Xlog:cds=off -Xlog:cds+dynamic=off -Xlog:class+path=off -Xshare:auto
        "-XX:ErrorFile=$kafka/crash_%p.log"
        "-Dlog4j2.configurationFile=file:$here/log4j2.xml")
    # The archive fits one JVM and one class path; otherwise it is ignored.
    if [ -n "${archive_at_exit-}" ]; then
        java+=("-XX:ArchiveClassesAtExit=$archive_at_exit")
    elif [ -f "$jars/kafka.jsa" ]; then
        java+=("-XX:SharedArchiveFile=$jars/kafka.jsa")
    fi
    java+=(-cp "$path")
}

kafka_port() # node
{
    printf '%s\n' $((base + 10 * $1 - 10))
}

kafka_bootstrap()
{
    local node list=''
    for ((node = 1; node <= brokers; node++)); do
        list=$list,127.0.0.1:$(kafka_port "$node")
    done
    printf '%s\n' "${list#,}"
}

kafka_settings() # node
{
    local i text voters='' rf=1 isr=1 port
    if [ "$brokers" -ge 3 ]; then
        rf=3 isr=2
    fi
    for ((i = 1; i <= brokers; i++)); do
        voters=$voters,$i@127.0.0.1:$(($(kafka_port "$i") + 1))
    done
    port=$(kafka_port "$1")
    text=$(cat "$here/server.properties.in")
    text=${text//@NODE@/"$1"}
    text=${text//@PORT@/"$port"}
    text=${text//@CPORT@/"$((port + 1))"}
    text=${text//@VOTERS@/"${voters#,}"}
    text=${text//@DIR@/"$kafka/$1"}
    text=${text//@RF@/"$rf"}
    text=${text//@MINISR@/"$isr"}
    printf '%s\n' "$text" >"$kafka/$1.properties"
}

# The cluster's own name, drawn once: services refuse another cluster's data.
kafka_cluster_id()
{
    [ -s "$kafka/cluster.id" ] ||
        # One that begins with a hyphen would be taken for an option.
        head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-22 |
            sed 's/^-/A/' >"$kafka/cluster.id"
    cat "$kafka/cluster.id"
}

# Formats the node's data folder, once. The file N.formatted says that it was
# done to the end.
kafka_format() # node
{
    [ ! -f "$kafka/$1.formatted" ] || return 0
    rm -rf "${kafka:?}/$1"
    "${java[@]}" kafka.tools.StorageTool format -t "$(kafka_cluster_id)" \
        -c "$kafka/$1.properties" >"$kafka/$1.log" 2>&1 </dev/null &&
        : >"$kafka/$1.formatted"
}

# Is this pid node N of this bed, and not of a copy of it elsewhere?
kafka_is() # node pid
{
    local words=()
    { mapfile -d '' words <"/proc/$2/cmdline"; } 2>/dev/null
    [ "${#words[@]}" -gt 2 ] && [ "${words[-2]}" = kafka.Kafka ] &&
        [ "${words[-1]}" = "$kafka/$1.properties" ]
}

# Prints the pid of a node that runs; fails for one that does not. A broker
# whose start was cut off before its record was written is looked for.
kafka_pid() # node
{
    local file pid
    if pid=$(proc_pid "$kafka/$1.pid") && kafka_is "$1" "$pid"; then
        printf '%s\n' "$pid"
        return 0
    fi
    for file in /proc/[0-9]*; do
        pid=${file#/proc/}
        if kafka_is "$1" "$pid" && proc_record "$kafka/$1.pid" "$pid"; then
            printf '%s\n' "$pid"
            return 0
        fi
    done
    return 1
}

kafka_stop() # node signal seconds
{
    ! kafka_pid "$1" >/dev/null || proc_stop "$kafka/$1.pid" "$2" "$3"
}

# How many of the brokers run.
kafka_count()
{
    local node n=0
    for ((node = 1; node <= brokers; node++)); do
        ! kafka_pid "$node" >/dev/null || n=$((n + 1))
    done
    printf '%s\n' "$n"
}

kafka_launch() # node
{
    proc_spawn "$kafka/$1.pid" "$kafka/$1.log" \
        "${java[@]}" kafka.Kafka "$kafka/$1.properties"
}

# Waits until the broker takes part in the cluster: from then on it lists its
# topics. The bound is generous for a machine that does other work.
kafka_wait() # node
{
    local end=$((SECONDS + 90)) address
    address=127.0.0.1:$(kafka_port "$1")
    until kcat -b "$address" -L -m 1 >/dev/null 2>&1 </dev/null; do
        if ! proc_pid "$kafka/$1.pid" >/dev/null ||
            [ "$SECONDS" -ge "$end" ]; then
            echo "broker $1 does not answer; the end of its log:" >&2
            tail -n 8 "$kafka/$1.log" >&2
            return 1
        fi
        sleep 0.1
    done
}

# Takes the hundred ports from $base, or others where those are in use, and
# keeps them until kafka_release.
kafka_reserve()
{
    coproc RESERVE { exec "$here/reserve-ports" "$base"; }
    if ! IFS= read -r base <&"${RESERVE[0]-}"; then
        echo 'no hundred ports are free between 49100 and 65000' >&2
        return 1
    fi
}

kafka_release()
{
    local in=${RESERVE[1]-} pid=${RESERVE_PID-}
    [ -z "$in" ] || eval "exec $in>&-"
    [ -z "$pid" ] || wait "$pid" || :
}

# Formats, starts and awaits every node named. The ports are those of $base.
kafka_start() # node...
{
    local node pid pids=() rc=0
    kafka_cluster_id >/dev/null
    for node in "$@"; do
        kafka_settings "$node"
        kafka_format "$node" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || rc=1
    done
    if [ $rc -ne 0 ]; then
        echo "formatting failed: see $kafka" >&2
        return 1
    fi
    for node in "$@"; do
        kafka_launch "$node"
    done
    for node in "$@"; do
        kafka_wait "$node" || rc=1
    done
    return $rc
}
