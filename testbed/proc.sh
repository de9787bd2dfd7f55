# shellcheck shell=bash
# Processes that outlive the shell that started them. Each is known by a
# record, a file with its pid, its start time in clock ticks since boot and the
# id of that boot: what the kernel later runs under the same pid is never taken
# for it. Sourced by bed.sh and install.sh.

# Prints the start time of a pid. Fails for one that is gone or only waits to
# be reaped.
proc_started()
{
    local line
    { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The name in brackets may hold blanks; the state follows it.
    IFS=' ' read -r -a line <<<"${line##*) }"
    case ${line[0]} in Z | X) return 1 ;; esac
    printf '%s\n' "${line[19]-}"
}

# Writes the record of a pid that runs now.
proc_record()
{
    local started
    started=$(proc_started "$2") || return 1
    printf '%s %s %s\n' "$2" "$started" \
        "$(cat /proc/sys/kernel/random/boot_id)" >"$1.new"
    mv "$1.new" "$1"
}

# Prints the pid of a record whose process still runs; fails otherwise.
proc_pid()
{
    local pid started boot
    [ -f "$1" ] && read -r pid started boot <"$1" || return 1
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
    [ "$(proc_started "$pid")" = "$started" ] || return 1
    printf '%s\n' "$pid"
}

# proc_spawn RECORD LOG COMMAND...: starts the command in a session of its own,
# with nothing of the caller's open: not the lock, not a pipe.
proc_spawn()
{
    local record=$1 log=$2
    shift 2
    (
        cd /
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            [ "$fd" -le 2 ] || eval "exec $fd>&-"
        done
        exec setsid "$@"
    ) </dev/null >>"$log" 2>&1 &
    # One that ended at once has no record, and proc_pid says so.
    proc_record "$record" $! || rm -f "$record"
}

# proc_wait RECORD SECONDS: succeeds once the process is gone.
proc_wait()
{
    local end=$((SECONDS + $2))
    while proc_pid "$1" >/dev/null; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# proc_stop RECORD SIGNAL SECONDS: signals the process and waits; kills it when
# it does not end in time. Nothing to do for one that does not run.
proc_stop()
{
    local pid
    if pid=$(proc_pid "$1"); then
        kill -s "$2" "$pid" 2>/dev/null || :
        if ! proc_wait "$1" "$3" && pid=$(proc_pid "$1"); then
            kill -s KILL "$pid" 2>/dev/null || :
            proc_wait "$1" 10
        fi
    fi
    rm -f "$1"
}
