#!/bin/bash
# run.sh [DIR]: files of JSON and of what is none, each sent to intake's door as
# a body: alone, as a line of NDJSON and packed. Names say what they are: y_ is
# JSON, n_ is not, i_ may be either. Nothing is behind the door, no database and
# no broker: what is sound is told to come again or refused for what it says.
#
#   n_  400 and R03 or R17, or 413 and R04, always
#   y_  never unreadable, but for what is refused on purpose: a key that stands
#       twice, a NUL (also escaped), a number out of range; these are listed
#   i_  one of the two
#
# For each within SECONDS_MAX, and all of them within GROWTH_MAX_KB of memory.
# Without DIR the cases are made here: the usual mistakes, and much of it.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build/gcc}
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
SECONDS_MAX=2 GROWTH_MAX_KB=65536
work=$(mktemp -d)
pid=
finish()
{
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
export LC_ALL=C

# ---- cases of our own -----------------------------------------------------------

# shellcheck disable=SC2059
put() { printf -- "$2" >"$work/own/$1"; } # name, format
many() { head -c "$2" /dev/zero | tr '\0' "$1"; } # character, number
own()
{
    mkdir -p "$work/own"
    put y_object '{"a":[1,-0.5e+3,true,false,null,"x"],"b":{}}'
    put y_list ' [ ] '
    put y_escapes '["\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"]'
    put y_pair '["\\ud83d\\ude00"]'
    put y_noncharacter '["\xf4\x8f\xbf\xbf"]'
    put y_del '["a\x7fb"]'
    put y_text '"alone"'
    put y_number '-0'
    put y_limit_twice '{"a":1,"a":1}'
    put y_limit_nul '["\\u0000"]'
    put n_nothing ''
    put n_blank ' \t\r\n'
    put n_comma '[1,]'
    put n_two '{} {}'
    put n_open '{"a":[1'
    put n_quotes "{'a':1}"
    put n_word '[True]'
    put n_nan '[NaN]'
    put n_infinity '-Infinity'
    put n_comment '[1]//x'
    put n_zeros '[01]'
    put n_minus '[-]'
    put n_point '[1.]'
    put n_hex '[0x1]'
    put n_plus '[+1]'
    put n_escape '["\\x41"]'
    put n_half_escape '["\\u12"]'
    put n_tab '["a\tb"]'
    put n_break '["a\nb"]'
    put n_nul_byte '["a\0b"]'
    put n_nul_behind '[1]\0'
    put n_utf8_cut '["\xc3"]'
    put n_utf8_long '["\xc0\xaf"]'
    put n_utf8_surrogate '["\xed\xa0\x80"]'
    put n_utf8_above '["\xf4\x90\x80\x80"]'
    put n_utf16 '\xff\xfe[\0]\0'
    put n_form_feed '[\f1]'
    put i_high_alone '["\\ud800"]'
    put i_low_alone '["\\udc00"]'
    put i_swapped '["\\udc00\\ud800"]'
    put i_mark '\xef\xbb\xbf{}'
    put i_exponent '[1e9999]'
    put i_long_number '[123456789012345678901234567890]'
    many '[' 100000 >"$work/own/n_deep_open"
    many '{' 100000 | sed 's/{/{"a":/g' >"$work/own/n_deep_objects"
    { many '[' 100000 && many ']' 100000; } >"$work/own/i_deep"
    { many '[' 33 && many ']' 33; } >"$work/own/i_33_deep"
    many ' ' 10485760 >"$work/own/n_blanks"
    { many ' ' 10485760 && printf '{}'; } >"$work/own/i_blanks_before"
    { printf '{"a":"' && many x 10485760 && printf '"}'; } >"$work/own/i_long_text"
    { printf '"' && many '\134' 1000001 && printf '"'; } >"$work/own/n_backslashes"
    { printf '[1' && many 9 1000000 && printf ']'; } >"$work/own/i_digits"
    { printf '[0' && many , 2000000 && printf ']'; } >"$work/own/n_commas"
    { printf '[1' && many x 2000000 | sed 's/x/,1/g' && printf ']'; } >"$work/own/i_many_records"
    { printf '{"a":0' && seq 200000 | sed 's/.*/,"a":&/' | tr -d '\n' && printf '}'; } >"$work/own/i_one_key"
    seq 3000000 | sed 's/.*/1/' >"$work/own/i_many_lines"
    local what i=0
    for what in 0 '[]' '{}' '""' '{"a":0}'; do # as large as records may be
        i=$((i + 1))
        { printf '[%s' "$what" && many x $((261000 / (${#what} + 1))) | sed "s/x/,$what/g" && printf ']\n'; } >"$work/row"
        for _ in $(seq 60); do cat "$work/row"; done >"$work/own/i_rows_full_$i"
    done
}

dir=${1-}
if [ -z "$dir" ]; then
    own
    dir=$work/own
fi
ls "$dir"/[yni]_* >/dev/null 2>&1 || {
    echo "json-suite: no files y_*, n_*, i_* in $dir" >&2
    exit 2
}

# ---- a door with nothing behind it -------------------------------------------------

(umask 077 && head -c 32 /dev/urandom | base64 >"$work/seal.key")
env -i PATH="$PATH" WAYMARK_KAFKA=127.0.0.1:1 PGCONN='host=127.0.0.1 port=1' \
    WAYMARK_AUTHORITIES=demo-live WAYMARK_AUTH=open WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789 \
    WAYMARK_SEAL_KEY_FILE="$work/seal.key" "$build/bin/waymark-intake" 2>"$work/log" &
pid=$!
at=
for _ in $(seq 200); do
    at=$(sed -n 's/.*"event":"service_up".*"listen":"\([^"]*\)".*/\1/p' "$work/log")
    [ -z "$at" ] || break
    sleep 0.05
done
[ -n "$at" ] || {
    cat "$work/log" >&2
    exit 1
}
peak_kb() { awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null || echo 999999999; }

# ---- how each is answered -----------------------------------------------------------

slowest=0 slowest_name=-
post() { # file, type, curl words...: sets status, codes and seconds
    local file=$1 type=$2
    shift 2
    rm -f "$work/answer"
    read -r status seconds < <(curl -s -m 30 -o "$work/answer" -w '%{http_code} %{time_total}\n' \
        -H "Content-Type: $type" -H 'Expect:' --data-binary "@$file" "$@" "http://$at/v1/notifications")
    # The first rows of a long list are enough.
    codes=$(head -c 4000 "$work/answer" 2>/dev/null | grep -oE '"code":"R(03|04|17)"|"status":400|"status":413' |
        sort -u | tr -dc 'R0-9\n' | tr '\n' ' ')
    if awk -v a="$seconds" -v b="$slowest" 'BEGIN { exit !(a > b) }'; then
        slowest=$seconds slowest_name=${file##*/}
    fi
}
verdict() # read, unreadable, or what should not be
{
    case "$status $codes" in
    '400 '*R03* | '400 '*R17* | '413 '*R04*) echo unreadable ;;
    '207 '*R03*400* | '207 '*R17*400* | '207 '*R04*413*) echo unreadable ;;
    '207 '* | '422 '* | '503 '*) echo read ;;
    *) echo "$status ${codes:-without code}" ;;
    esac
}
declare -A n
limits=()
hold() # file, how it was sent, verdict
{
    local name=${1##*/} want
    case $name in
    n_*) want='unreadable' ;;
    y_*) want='read' ;;
    *) want=$3 ;;
    esac
    case $name in y_*limit* | y_*duplicated_key* | y_*escaped_null* | y_*null_escape*) ;; *) false ;; esac &&
        [ "$3" = unreadable ] && limits+=("$name") want=$3
    case $3 in read | unreadable) ;; *) want='one of the two' ;; esac
    claim "$name, $2" "$3" "$want"
    claim "$name, $2, within $SECONDS_MAX s" \
        "$(awk -v s="$seconds" -v m=$SECONDS_MAX 'BEGIN { print (s < m ? "yes" : s) }')" yes
    n[${name:0:2}-$3]=$((${n[${name:0:2}-$3]:-0} + 1))
}

before=$(peak_kb)
files=0
for file in "$dir"/[yni]_*; do
    files=$((files + 1))
    post "$file" application/json
    hold "$file" alone "$(verdict)"
    gzip -c "$file" >"$work/packed"
    post "$work/packed" application/json -H 'Content-Encoding: gzip'
    hold "$file" packed "$(verdict)"
    # As lines it may fall apart into several; it has an answer, in time.
    post "$file" application/x-ndjson
    claim "${file##*/}, as lines, has an answer" \
        "$(case $status in 207 | 400 | 413 | 503) echo yes ;; *) echo "$status" ;; esac)" yes
done
claim 'intake lives' "$(kill -0 "$pid" 2>/dev/null && echo yes)" yes
growth=$(($(peak_kb) - before))
claim "memory grew by less than $((GROWTH_MAX_KB / 1024)) MB" "$([ "$growth" -lt $GROWTH_MAX_KB ] && echo yes)" yes
kill "$pid"
wait "$pid"
pid=

printf '%-4s %8s %12s %8s\n' what read unreadable other
for what in y_ n_ i_; do
    other=0
    for key in "${!n[@]}"; do
        case $key in "$what"-read | "$what"-unreadable) ;; "$what"-*) other=$((other + n[$key])) ;; esac
    done
    printf '%-4s %8d %12d %8d\n' "$what" "${n[$what-read]:-0}" "${n[$what-unreadable]:-0}" "$other"
done
[ ${#limits[@]} -eq 0 ] || echo "refused on purpose: $(printf '%s\n' "${limits[@]}" | sort -u | tr '\n' ' ')"
echo "$files files, alone, packed and as lines; the slowest $slowest s ($slowest_name); memory grew by $((growth / 1024)) MB"
claims_end json-suite
